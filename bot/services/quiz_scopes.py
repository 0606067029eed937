"""Which part of a quiz's attempts and answers is looked at."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select

from models import QuizAnswer, QuizAttempt

Rows = Select[*tuple[Any, ...]]


@dataclass(frozen=True)
class Scope:
    """Which attempts are counted: those of a quiz, begun in a period, on one version."""

    quiz_id: int
    since: datetime | None = None
    until: datetime | None = None  # the first moment after the period
    version_id: int | None = None

    @property
    def is_narrow(self) -> bool:
        """Whether some of the quiz's attempts are left out."""
        return (self.since or self.until or self.version_id) is not None

    def attempts(self) -> list[ColumnElement[bool]]:
        """Return the conditions on an attempt."""
        conditions: list[ColumnElement[bool]] = [QuizAttempt.quiz_id == self.quiz_id]
        if self.since is not None:
            conditions.append(QuizAttempt.started_at >= self.since)
        if self.until is not None:
            conditions.append(QuizAttempt.started_at < self.until)
        if self.version_id is not None:
            conditions.append(QuizAttempt.version_id == self.version_id)
        return conditions

    def answers(self, query: Rows, answer: type[QuizAnswer] = QuizAnswer) -> Rows:
        """Return a query over answers with its conditions; attempts are joined only where they narrow it."""
        query = query.where(answer.quiz_id == self.quiz_id)
        if not self.is_narrow:
            return query
        return query.join(QuizAttempt, QuizAttempt.id == answer.attempt_id).where(*self.attempts())
