"""How values are shown: times in the account's zone, numbers with their commas, words for states."""

import hashlib
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, g, url_for
from flask_babel import get_locale, gettext
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from bot.errors import BotError, FieldFault
from bot.messages import Fault, plain_text, sentence
from handlers.admin import action_forms, flex_styles, message_forms, words
from handlers.admin.access import can
from handlers.admin.menu import open_entries
from handlers.admin.pieces import action_value, listed, pieces
from handlers.processes import current_runtime
from models import Role

STATIC = Path(__file__).parent / "static"


def init_app(app: Flask, blueprint: Blueprint) -> None:
    """Give the templates their filters and words; only pages of the admin ask for the rest."""
    app.jinja_env.filters.update(moment=moment, day=day, count=count, percent=percent, in_words=words.of, brief=brief)
    app.jinja_env.tests["under"] = lambda value, name: value == name or str(value).startswith(f"{name}.")
    app.jinja_env.globals.update(
        csrf_token=generate_csrf,
        asset=asset,
        icon=icon,
        said=said,
        can=lambda role: can(Role(role)),
        flex_styles=flex_styles,
        pieces=pieces,
        listed=listed,
        action_value=action_value,
        action_kinds=action_forms.SIMPLE,
        message_kinds=message_forms.KINDS,
        sendable_stickers=message_forms.SENDABLE_STICKERS,
    )
    blueprint.context_processor(_page)


def moment(value: datetime | None) -> str:
    """Write a moment as 2026/11/20 14:30 in the account's time zone."""
    return value.astimezone(current_runtime().settings.zone).strftime("%Y/%m/%d %H:%M") if value else "—"


def day(value: date | None) -> str:
    """Write a day as 2026/11/20."""
    return value.strftime("%Y/%m/%d") if value else "—"


def count(value: int | None) -> str:
    """Write a number with commas; a missing one as a dash."""
    return "—" if value is None else f"{value:,}"


def percent(value: float | None) -> str:
    """Write a share as 1.3%; one that cannot be known as 無法統計."""
    return gettext("無法統計") if value is None else f"{value * 100:.1f}%"


def brief(messages: object, most: int = 80) -> str:
    """Write messages as one short line."""
    return plain_text(messages, most=most, locale=locale_tag())


def said(error: BotError | FieldFault) -> str:
    """Translate what went wrong, then fill in its values."""
    values = {
        name: sentence(value, locale_tag()) if isinstance(value, Fault) else value
        for name, value in dict(error.values).items()
    }
    text = str(gettext(error.text))
    return text % values if values else text


def translated(text: str) -> str:
    """Say a text of ours that a row keeps, such as why a message failed, in the language of this page."""
    return str(gettext(text)) if text else ""


def locale_tag() -> str:
    """The language of this page, as messages know it: zh-TW, en or ja."""
    language = str(get_locale() or "zh")
    return language if language in ("en", "ja") else "zh-TW"


@lru_cache(maxsize=64)
def _version(filename: str) -> str:
    return hashlib.sha256((STATIC / filename).read_bytes()).hexdigest()[:12]


def asset(filename: str) -> str:
    """Return the address of a file, which changes with its contents."""
    return url_for("admin.static", filename=filename, v=_version(filename))


def icon(name: str) -> Markup:
    """Return a small picture beside words; readers of the page do not hear it."""
    address = asset("vendor/icons.svg")
    return Markup('<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>').format(
        address, name
    )


def _page() -> dict[str, Any]:
    person = g.get("staff")
    return {
        "staff": person,
        "csp_nonce": g.get("csp_nonce"),
        "menu": open_entries() if person else [],
        "language_tag": locale_tag(),
    }
