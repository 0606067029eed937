"""Conditions of a segment as one sentence."""

import json
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as translate

from handlers.admin.segment_choices import Choices
from handlers.admin.segment_openers import local

LONGEST_JSON = 120
Phrase = Callable[[dict[str, Any], bool, "Speaker"], str]


def gettext(text: str, **values: object) -> str:
    """Return a text in the language of the page."""
    return str(translate(text, **values))


class Speaker:
    """Knows the names of what conditions name by id, and the zone of their times."""

    def __init__(self, choices: Choices, zone: ZoneInfo) -> None:
        self.choices = choices
        self.zone = zone

    def sentence(self, conditions: Any) -> str:
        """Say whom conditions hold for."""
        if conditions == {"all": []}:
            return gettext("所有好友")
        return self._part(conditions, is_outer=True)

    def name(self, kind: str, key: object) -> str:
        """Return the name of a thing in brackets; of one that is not there its number."""
        return quoted(self.choices.of(kind).get(str(key)) or gettext("（已不存在）#%(id)s", id=key))

    def _part(self, node: Any, *, is_outer: bool = False) -> str:
        is_negated = _is_only(node, "not")
        inside = node["not"] if is_negated else node
        for key, joint in (("all", gettext("，且")), ("any", gettext("，或"))):
            if _is_only(inside, key) and isinstance(inside[key], list):
                return self._group(inside[key], key, joint, is_negated=is_negated, is_outer=is_outer)
        if is_negated and _is_only(inside, "not"):
            return gettext("不符合（%(conditions)s）", conditions=self._part(inside, is_outer=True))
        return self._leaf(inside, is_negated)

    def _group(self, items: list[Any], key: str, joint: str, *, is_negated: bool, is_outer: bool) -> str:
        if not items:
            return gettext("所有好友") if (key == "all") != is_negated else gettext("沒有任何好友")
        said = joint.join(self._part(item) for item in items)
        if is_negated and key == "any":
            return gettext("都不符合（%(conditions)s）", conditions=said)
        if is_negated:
            return gettext("沒有全部符合（%(conditions)s）", conditions=said)
        return said if is_outer or len(items) == 1 else f"（{said}）"

    def _leaf(self, leaf: Any, is_negated: bool) -> str:
        for kind, phrase in PHRASES.items():
            if isinstance(leaf, dict) and kind in leaf:
                return phrase(leaf, is_negated, self)
        written = json.dumps(leaf, ensure_ascii=False)
        written = written if len(written) <= LONGEST_JSON else f"{written[:LONGEST_JSON]}…"
        return f"{gettext('並非') if is_negated else ''}{gettext('其他條件')} {written}"


def quoted(words: object) -> str:
    """Put words into brackets."""
    return f"「{words}」"


def _is_only(node: Any, key: str) -> bool:
    return isinstance(node, dict) and set(node) == {key}


def _named(kind: str, said: Callable[..., str], denied: Callable[..., str]) -> Phrase:
    """A leaf that names one thing."""

    def phrase(leaf: dict[str, Any], is_negated: bool, speaker: Speaker) -> str:
        words = (denied if is_negated else said)(name=speaker.name(kind, leaf[kind]))
        return words + _lately(leaf)

    return phrase


def _lately(leaf: dict[str, Any]) -> str:
    days = leaf.get("within_days")
    return "" if days is None else gettext("（最近 %(days)s 天）", days=days)


def _attribute(leaf: dict[str, Any], is_negated: bool, speaker: Speaker) -> str:  # noqa: ARG001 as every phrase
    name = quoted(leaf["attribute"])
    test = next((key for key in leaf if key != "attribute"), "")
    value = leaf.get(test)
    words = {
        "is": gettext("是"),
        "is_not": gettext("不是"),
        "in": gettext("是其中之一："),
        "less_than": gettext("小於"),
        "more_than": gettext("大於"),
    }
    if test == "exists":
        said = gettext("有填") if value else gettext("沒有填")
    else:
        values = value if isinstance(value, list) else [value]
        said = f"{words.get(test, test)}{'、'.join(quoted(_value(one)) for one in values)}"
    return f"{gettext('並非') if is_negated else ''}{gettext('屬性')}{name}{said}"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return gettext("是") if value else gettext("否")
    return str(value)


def _followed(leaf: dict[str, Any], is_negated: bool, speaker: Speaker) -> str:
    span = leaf["followed"] if isinstance(leaf["followed"], dict) else {}
    denied = gettext("並非") if is_negated else ""
    if "within_days" in span:
        return denied + gettext("最近 %(days)s 天內加入", days=span["within_days"])
    after, before = (_moment(span.get(name), speaker.zone) for name in ("after", "before"))
    if after and before:
        return denied + gettext("在 %(after)s 到 %(before)s 之間加入", after=after, before=before)
    if after:
        return denied + gettext("在 %(moment)s 之後加入", moment=after)
    return denied + gettext("在 %(moment)s 之前加入", moment=before)


def _quiz(leaf: dict[str, Any], is_negated: bool, speaker: Speaker) -> str:
    quiz, key = speaker.name("quiz", leaf["quiz"]), leaf.get("result")
    if key is None:
        said = gettext("沒做完測驗%(quiz)s", quiz=quiz) if is_negated else gettext("做完測驗%(quiz)s", quiz=quiz)
        return str(said) + _lately(leaf)
    result = quoted(speaker.choices.quiz_parts(leaf["quiz"]).results.get(key, key))
    said = gettext("測驗%(quiz)s的結果是%(result)s", quiz=quiz, result=result)
    denied = gettext("測驗%(quiz)s的結果不是%(result)s", quiz=quiz, result=result)
    return str(denied if is_negated else said) + _lately(leaf)


def _answered(leaf: dict[str, Any], is_negated: bool, speaker: Speaker) -> str:
    given = leaf["answered"] if isinstance(leaf["answered"], dict) else {}
    parts, question, choice = speaker.choices.quiz_parts(given.get("quiz")), given.get("question"), given.get("choice")
    places = {
        "quiz": speaker.name("quiz", given.get("quiz")),
        "question": quoted(parts.questions.get(str(question), question)),
        "choice": quoted(parts.choices.get(str(question), {}).get(str(choice), choice)),
    }
    if choice is None:
        said, denied = gettext("回答了測驗%(quiz)s的%(question)s"), gettext("沒回答測驗%(quiz)s的%(question)s")
    else:
        said = gettext("在測驗%(quiz)s的%(question)s選了%(choice)s")
        denied = gettext("在測驗%(quiz)s的%(question)s沒選%(choice)s")
    return str(denied if is_negated else said) % places + _lately(given)


def _random(leaf: dict[str, Any], is_negated: bool, speaker: Speaker) -> str:  # noqa: ARG001 as every phrase
    given = leaf["random"] if isinstance(leaf["random"], dict) else {}
    said = gettext("不在隨機抽出的 %(percent)s%% 裡") if is_negated else gettext("隨機抽出的 %(percent)s%%")
    return str(said) % {"percent": given.get("percent")}


def _moment(written: object, zone: ZoneInfo) -> str:
    shown = local(written, zone)
    return shown.replace("-", "/").replace("T", " ") if shown else ""


def _sayings(said: str, denied: str) -> tuple[Callable[..., str], Callable[..., str]]:
    return (lambda name: gettext(said, name=name), lambda name: gettext(denied, name=name))


PHRASES: dict[str, Phrase] = {
    "tag": _named("tag", *_sayings("貼有標籤%(name)s", "沒有標籤%(name)s")),
    "attribute": _attribute,
    "followed": _followed,
    "source": _named("source", *_sayings("從%(name)s加入", "不是從%(name)s加入")),
    "quiz": _quiz,
    "answered": _answered,
    "keyword": _named("keyword", *_sayings("說過關鍵字%(name)s", "沒說過關鍵字%(name)s")),
    "segment": _named("segment", *_sayings("屬於分眾%(name)s", "不屬於分眾%(name)s")),
    "uploaded": _named("uploaded", *_sayings("在上傳名單%(name)s裡", "不在上傳名單%(name)s裡")),
    "random": _random,
}
