"""Keys of other systems: shown once, taken back at any time."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from bot.errors import InvalidInputError
from bot.services import api_tokens
from handlers.admin.access import allow, current_actor
from handlers.admin.fault_places import by_field
from handlers.processes import current_runtime
from models import Role

blueprint = Blueprint("api_tokens", __name__, url_prefix="/api-tokens")


@blueprint.get("")
@allow(Role.OWNER)
def index() -> ResponseReturnValue:
    """Show every token, never the token itself."""
    return _page()


@blueprint.post("")
@allow(Role.OWNER)
def create() -> ResponseReturnValue:
    """Make a token and show it, this one time."""
    runtime = current_runtime()
    name, given = request.form.get("name", ""), request.form.get("role", "")
    role = Role(given) if given in list(Role) else Role.VIEWER
    try:
        with runtime.db.begin() as session:
            _, plain = api_tokens.create(session, name, role, by=current_actor(), now=runtime.now())
    except InvalidInputError as error:
        return _page(typed={"name": name, "role": role.value}, faults=by_field(error.faults, {})), 422
    return _page(plain=plain)


@blueprint.post("/<int:token_id>/revoke")
@allow(Role.OWNER)
def revoke(token_id: int) -> ResponseReturnValue:
    """Take a token back at once."""
    runtime = current_runtime()
    with runtime.db.begin() as session:
        token = api_tokens.revoke(session, token_id, by=current_actor(), now=runtime.now())
    flash(gettext("已撤銷「%(name)s」。", name=token.name))
    return redirect(url_for("admin.api_tokens.index"))


def _page(
    *,
    plain: str | None = None,
    typed: dict[str, str] | None = None,
    faults: dict[str, list[str]] | None = None,
) -> str:
    runtime = current_runtime()
    with runtime.db() as session:
        listed = api_tokens.list_tokens(session)
    return render_template(
        "admin/api_tokens/index.html",
        tokens=listed,
        plain=plain,
        roles=list(Role),
        typed=typed or {},
        faults=faults or {},
        public_url=runtime.settings.public_url,
    )
