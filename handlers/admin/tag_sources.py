"""Who or what put a tag on a friend, in words, with the page where it is kept."""

from typing import Any

from flask import url_for
from flask_babel import gettext

from bot.services.tag_origins import Origin
from handlers.admin import words
from models import TagSource

PAGES = {
    TagSource.KEYWORD_RULE: ("admin.keyword_rules.edit", "rule_id"),
    TagSource.LINK: ("admin.links.show", "link_id"),
    TagSource.IMPORT: ("admin.tags.imports.show", "import_id"),
    TagSource.QUIZ: ("admin.quizzes.edit", "quiz_id"),
    TagSource.GAME: ("admin.games.edit", "game_id"),
    TagSource.REFERRAL: ("admin.referrals.edit", "program_id"),
}
SIDES = {"inviter": "邀請了好友", "invited": "受邀加入"}


def said(origin: Origin) -> str:
    """Return one sentence: 測驗「膚質」：「哪一種膚質？」選了「乾性」."""
    kind = words.of(origin.source)
    if origin.source is TagSource.GREETING:
        return kind
    if origin.name is None:
        return kind if origin.id is None and origin.source in (TagSource.IMPORT, TagSource.API) else _gone(kind)
    named = str(gettext("%(kind)s「%(name)s」", kind=kind, name=origin.name))
    more = _more(origin)
    return str(gettext("%(named)s：%(more)s", named=named, more=more)) if more else named


def page_of(origin: Origin) -> str | None:
    """Return the address of the page where staff keep what put it there; None if there is none."""
    if origin.source is TagSource.GREETING:
        return url_for("admin.greeting.show")
    if origin.id is None or origin.source not in PAGES:
        return None
    endpoint, place = PAGES[origin.source]
    values: dict[str, Any] = {place: origin.id}
    return url_for(endpoint, **values)


def _gone(kind: str) -> str:
    said: str = gettext("%(kind)s（已刪除）", kind=kind)
    return said


def _more(origin: Origin) -> str:
    """Return what is known beyond the name: the choice, the result, the prize, the side."""
    if origin.result:
        return str(gettext("結果是「%(result)s」", result=origin.result))
    if origin.question and origin.choice:
        return str(gettext("「%(question)s」選了「%(choice)s」", question=origin.question, choice=origin.choice))
    if origin.source is TagSource.GAME and origin.detail:
        return str(gettext("抽中「%(prize)s」", prize=origin.detail))
    if origin.source is TagSource.REFERRAL and origin.detail:
        step = origin.detail.removeprefix("step:")
        if step != origin.detail:
            return str(gettext("邀請滿 %(friends)s 位", friends=step))
        return str(gettext(SIDES[origin.detail])) if origin.detail in SIDES else ""
    return ""
