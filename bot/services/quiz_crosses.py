"""Two questions against each other: how many of those who answered this also answered that."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, SQLColumnExpression, Subquery, case, func, literal, select
from sqlalchemy.orm import Session, aliased

from bot.services.quiz_questions import Question
from bot.services.quiz_scopes import Rows, Scope
from models import QuizAnswer, QuizAttempt

MOST_VALUES = 12  # written answers with a line of their own; the others share one
LENGTH_OF_MONTH = 7  # 2026-11 of 2026-11-20
OTHERS = "\x1f"
ANSWERED = "\x1e"
PERSONAL = ("phone", "picture")  # everybody's own: only that there was an answer is counted


@dataclass(frozen=True)
class Line:
    """A row or a column. `text` is None for all other values, and for whatever was sent where that is personal."""

    key: str
    text: str | None
    is_others: bool = False


@dataclass(frozen=True)
class CrossTable:
    """Attempts that answered both questions; whoever took several choices stands in several cells."""

    row_question: Question
    column_question: Question
    rows: list[Line]
    columns: list[Line]
    cells: dict[tuple[str, str], int]
    row_totals: dict[str, int]
    column_totals: dict[str, int]
    total: int

    def count(self, row: Line, column: Line) -> int:
        """Return one cell."""
        return self.cells.get((row.key, column.key), 0)

    def share(self, row: Line, column: Line) -> float | None:
        """Return a cell's share of its row; None where nobody stands in the row."""
        total = self.row_totals.get(row.key, 0)
        return self.count(row, column) / total if total else None


@dataclass(frozen=True)
class _Side:
    """One of the two questions in the statement."""

    question: Question
    answer: type[QuizAnswer]
    line: SQLColumnExpression[str]
    top: tuple[str, ...]

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return what answers to this question that say something have in common."""
        answer = self.answer
        same = answer.question_key == self.question.key
        if self.question.has_choices:
            return [same, answer.choice_key != ""]
        return [same, answer.choice_key == "", answer.value.is_not(None)]

    def lines(self, counted: set[str]) -> list[Line]:
        """Return every choice there is, or the values that were counted."""
        if self.question.has_choices:
            return [Line(key, text) for key, text in self.question.choices.items()]
        lines = [Line(value, value) for value in self.top if value in counted]
        lines += [Line(ANSWERED, None)] if ANSWERED in counted else []
        return lines + ([Line(OTHERS, None, is_others=True)] if OTHERS in counted else [])


def cross(session: Session, scope: Scope, row: Question, column: Question) -> CrossTable:
    """Count the attempts for each pair of answers to two different questions, on the database."""
    rows, columns = _side(session, scope, row), _side(session, scope, column)
    joined = _joined(scope, rows, columns, is_sqlite=session.get_bind().dialect.name == "sqlite")
    lines = (joined.c.row_line, joined.c.column_line)
    counted = session.execute(select(*lines, func.count()).group_by(*lines))
    cells = {(row_key, column_key): count for row_key, column_key, count in counted}
    if "multiple" in (row.kind, column.kind):
        row_totals, column_totals = (_totals(session, joined, line) for line in ("row_line", "column_line"))
        total = session.scalar(select(func.count(joined.c.attempt_id.distinct()))) or 0
    else:
        row_totals, column_totals = _sums(cells, 0), _sums(cells, 1)
        total = sum(cells.values())
    return CrossTable(
        row_question=row,
        column_question=column,
        rows=rows.lines(set(row_totals)),
        columns=columns.lines(set(column_totals)),
        cells=cells,
        row_totals=row_totals,
        column_totals=column_totals,
        total=total,
    )


def _joined(scope: Scope, rows: _Side, columns: _Side, *, is_sqlite: bool) -> Subquery:
    """Return one row for each attempt and pair of answers: `row_line`, `column_line`, `attempt_id`.

    The second answer is of the same attempt, hence of the same quiz. SQLite is not told so: it would look it up by
    the index of the quiz, among all answers to the question, instead of by its attempt.
    """
    attempt = rows.answer.attempt_id
    query: Rows = select(rows.line.label("row_line"), columns.line.label("column_line"), attempt.label("attempt_id"))
    query = query.join_from(rows.answer, columns.answer, columns.answer.attempt_id == attempt)
    query = query.where(rows.answer.quiz_id == scope.quiz_id, *rows.conditions(), *columns.conditions())
    if not is_sqlite:
        query = query.where(columns.answer.quiz_id == scope.quiz_id)
    if scope.is_narrow:
        query = query.join(QuizAttempt, QuizAttempt.id == attempt).where(*scope.attempts())
    return query.subquery()


def _totals(session: Session, joined: Subquery, line: str) -> dict[str, int]:
    """Return how many attempts stand in each row, or column; each once, whatever it chose."""
    query = select(joined.c[line], func.count(joined.c.attempt_id.distinct())).group_by(joined.c[line])
    return {key: count for key, count in session.execute(query)}  # noqa: C416 a row is no pair to mypy


def _sums(cells: dict[tuple[str, str], int], place: int) -> dict[str, int]:
    sums: dict[str, int] = {}
    for keys, count in cells.items():
        sums[keys[place]] = sums.get(keys[place], 0) + count
    return sums


def _side(session: Session, scope: Scope, question: Question) -> _Side:
    answer = aliased(QuizAnswer)
    if question.has_choices:
        return _Side(question, answer, answer.choice_key, ())
    if question.kind in PERSONAL:
        return _Side(question, answer, literal(ANSWERED), ())
    value = func.substr(answer.value, 1, LENGTH_OF_MONTH) if question.kind == "date" else answer.value
    top = _top_values(session, scope, question)
    return _Side(question, answer, case((value.in_(top), value), else_=OTHERS), top)


def _top_values(session: Session, scope: Scope, question: Question) -> tuple[str, ...]:
    """Return what was written most often; dates by month, numbers and dates in their order."""
    written = QuizAnswer.value
    value = func.substr(written, 1, LENGTH_OF_MONTH) if question.kind == "date" else written
    query = scope.answers(select(value, func.count())).where(
        QuizAnswer.question_key == question.key, QuizAnswer.choice_key == "", QuizAnswer.value.is_not(None)
    )
    found = session.execute(query.group_by(value).order_by(func.count().desc(), value).limit(MOST_VALUES))
    values = [text for text, _ in found]
    if question.kind == "number":
        return tuple(sorted(values, key=_as_number))
    return tuple(sorted(values) if question.kind == "date" else values)


def _as_number(written: str) -> float:
    try:
        return float(written)
    except ValueError:
        return 0.0
