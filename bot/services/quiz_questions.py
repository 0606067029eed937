"""What was asked in a quiz over all its versions: questions, choices and results, which answers name by key."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import QuizVersion

WITH_CHOICES = ("single", "multiple")


@dataclass(frozen=True)
class Question:
    """A question as it was last asked."""

    key: str
    text: str
    kind: str
    choices: Mapping[str, str]  # text by key, those of former versions at the end
    is_former: bool = False  # the newest version asks it no more
    versions: Mapping[int, str] = field(default_factory=dict)  # its kind by the id of each version that asks it

    @property
    def has_choices(self) -> bool:
        """Whether friends choose; else they write, or send a picture."""
        return self.kind in WITH_CHOICES

    @property
    def kinds(self) -> frozenset[str]:
        """Every kind it ever had."""
        return frozenset(self.versions.values())


def list_versions(session: Session, quiz_id: int) -> list[QuizVersion]:
    """Return a quiz's versions, the newest first."""
    rows = select(QuizVersion).where(QuizVersion.quiz_id == quiz_id).order_by(QuizVersion.number.desc())
    return list(session.scalars(rows))


def questions_of(versions: Iterable[QuizVersion]) -> list[Question]:
    """Return what the newest version asks, in its order, and then what only older ones asked."""
    found: dict[str, dict[str, Any]] = {}
    for age, version in enumerate(versions):
        for question in version.questions:
            known = found.setdefault(
                question["key"],
                {"text": question["text"], "kind": question["kind"], "choices": {}, "former": age > 0, "versions": {}},
            )
            known["versions"][version.id] = question["kind"]
            for choice in question.get("choices") or []:
                known["choices"].setdefault(choice["key"], choice["text"])
    return [
        Question(key, known["text"], known["kind"], known["choices"], known["former"], known["versions"])
        for key, known in found.items()
    ]


def result_names(versions: Iterable[QuizVersion]) -> dict[str, str]:
    """Return the name of each result by its key, as it was last called."""
    names: dict[str, str] = {}
    for version in versions:
        for result in version.results:
            names.setdefault(result["key"], result["name"])
    return names
