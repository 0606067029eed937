"""Which attributes friends have, and what stands in them: offered where staff write conditions."""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services.usages import live_versions
from models import Friend
from models.friend import IN_SAMPLE

LOOKED_AT = 2_000  # of the sample of one in a hundred, and again of the newest friends
MOST_VALUES = 30  # beyond this an attribute is a free text or a number, and is not offered by its values
LONGEST_VALUE = 40
Value = tuple[str, str]  # kind, as written


@dataclass(frozen=True)
class KnownAttribute:
    """An attribute and its usual values, the most frequent first; none where nearly every friend has another."""

    name: str
    kind: str  # "number", "yes" for yes and no, empty for texts: what most values are
    values: tuple[str, ...]


def list_known(session: Session) -> list[KnownAttribute]:
    """Return the attributes of a stable sample and of the newest friends, and those that quizzes fill in."""
    attributes = select(Friend.attributes).order_by(Friend.id.desc()).limit(LOOKED_AT)
    counts: dict[str, Counter[Value]] = {name: Counter() for name in _filled_by_quizzes(session)}
    for rows in (attributes, attributes.where(IN_SAMPLE)):
        for known in session.scalars(rows):
            for name, value in known.items():
                counts.setdefault(name, Counter())[_kind_of(value), str(value)] += 1
    return [_known(name, values) for name, values in sorted(counts.items())]


def _known(name: str, values: Counter[Value]) -> KnownAttribute:
    kinds: Counter[str] = Counter()
    for (kind, _), count in values.items():
        kinds[kind] += count
    usual = kinds.most_common(1)[0][0] if kinds else ""
    words = [word for (kind, word), _ in values.most_common() if kind == usual and len(word) <= LONGEST_VALUE]
    return KnownAttribute(name, usual, tuple(words) if len(values) <= MOST_VALUES and usual != "yes" else ())


def _kind_of(value: object) -> str:
    if isinstance(value, bool):
        return "yes"
    return "number" if isinstance(value, int | float) else ""


def _filled_by_quizzes(session: Session) -> set[str]:
    questions = (question for _, version in live_versions(session) for question in version.questions)
    return {str(question["attribute"]) for question in questions if question.get("attribute")}
