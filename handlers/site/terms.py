"""`/terms/g|q|r/<code>`: the public terms (活動辦法) of games, quizzes and referral programmes; nobody logs in."""

from collections.abc import Callable
from datetime import datetime
from types import MappingProxyType

from flask import Blueprint, Response

from bot.errors import BotError
from bot.services import terms
from bot.services.terms import Terms
from handlers.processes import current_runtime
from handlers.site import headers, pages

blueprint = Blueprint("terms", __name__, url_prefix="/terms", template_folder="templates")
blueprint.before_request(pages.check_code)
blueprint.after_request(headers.add_to_page)
blueprint.register_error_handler(BotError, pages.refuse)

READERS: MappingProxyType[str, Callable[..., Terms]] = MappingProxyType(
    {"g": terms.game_terms, "q": terms.quiz_terms, "r": terms.referral_terms}
)


@blueprint.get("/<any(g, q, r):kind>/<code>")
def show(kind: str, code: str) -> Response:
    """Show what holds today."""
    runtime = current_runtime()
    settings = runtime.settings
    with runtime.db() as session:
        found = READERS[kind](session, code, now=runtime.now(), zone=settings.zone)

    def moment(value: datetime) -> str:
        return value.astimezone(settings.zone).strftime("%Y/%m/%d %H:%M")

    return pages.show_public("site/terms.html", terms=found, moment=moment)
