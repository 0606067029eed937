"""What is wrong with names, messages, keywords and hours, in the form in which everything else is refused."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.errors import FieldFault
from bot.messages import Fault, check
from bot.messages.shapes import is_encodable
from bot.rules.keywords import Keyword, Match, check_keywords

LONGEST_NAME = 100
VARIABLES = frozenset({"name"})


def as_field_faults(faults: Iterable[Fault]) -> list[FieldFault]:
    """Turn faults into those of fields.

    The whole sentence stands in `values` as the fault itself: as text it is Chinese, and whoever shows it may say it
    in another language with `bot.messages.sentence`.
    """
    return [FieldFault(fault.place, "%(sentence)s", (("sentence", fault),)) for fault in faults]


def faults_of_messages(messages: Sequence[Any], *, root: str, may_be_empty: bool = False) -> list[FieldFault]:
    """Return what LINE would refuse in messages that a friend is to get."""
    if may_be_empty and not messages:
        return []
    return as_field_faults(check(list(messages), variables=VARIABLES, root=root))


def faults_of_keywords(
    keywords: Sequence[Mapping[str, str]], *, root: str, may_be_empty: bool = False
) -> list[FieldFault]:
    """Return what is wrong with `{"text": …, "match": …}` as staff wrote them."""
    possible = {match.value for match in Match}
    faults = [
        FieldFault(f"{root}[{position}].match", "比對方式只能是 exact、contains、prefix 或 pattern。")
        for position, one in enumerate(keywords)
        if one["match"] not in possible
    ]
    if faults or (may_be_empty and not keywords):
        return faults
    written = [Keyword(one["text"], Match(one["match"])) for one in keywords]
    return as_field_faults(check_keywords(written, root=root))


def faults_of_name(name: str) -> list[FieldFault]:
    """Return what is wrong with the name of a rule or a quiz, its spaces tidied already."""
    if not name:
        return [FieldFault("name", "請填寫名稱。")]
    if len(name) > LONGEST_NAME:
        return [FieldFault("name", "名稱最多 %(most)s 個字。", (("most", LONGEST_NAME),))]
    if not is_encodable(name) or "\x00" in name:
        return [FieldFault("name", "名稱含有無法使用的字元。")]
    return []
