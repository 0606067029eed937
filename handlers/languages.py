"""Which language a page speaks: the staff member's own, else the browser's, else Traditional Chinese."""

from pathlib import Path

from flask import Flask, g, has_request_context, request
from flask_babel import Babel

DEFAULT = "zh_Hant_TW"  # the language the texts are written in; it needs no catalogue
LANGUAGES = {"zh_Hant_TW": "繁體中文", "en": "English", "ja": "日本語"}
CATALOGUES = Path(__file__).resolve().parent.parent / "translations"
_TAGS = {"zh-tw": DEFAULT, "zh-hant": DEFAULT, "zh-hk": DEFAULT, "zh": DEFAULT, "en": "en", "ja": "ja"}


def init_app(app: Flask) -> None:
    """Let pages be translated. Nothing runs for a request that shows no text."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(CATALOGUES)
    app.config["BABEL_DEFAULT_LOCALE"] = DEFAULT
    Babel(app, locale_selector=choose)


def choose() -> str:
    """Return the language of the present request."""
    if not has_request_context():
        return DEFAULT
    person = g.get("staff")
    if person is not None and person.language in LANGUAGES:
        return str(person.language)
    return _browsers() or DEFAULT


def _browsers() -> str | None:
    """Return the first language of the browser's list that we speak."""
    for tag, _ in request.accept_languages:
        lowered = tag.lower()
        parts = lowered.split("-")
        for known in (lowered, "-".join(parts[:2]), parts[0]):
            if known in _TAGS:
                return _TAGS[known]
    return None
