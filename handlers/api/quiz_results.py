"""What came of a quiz, over the API."""

from datetime import date, timedelta
from typing import Annotated

from flask import Blueprint
from pydantic import BeforeValidator, Field, StringConstraints

from bot.errors import FieldFault, InvalidInputError, NotFoundError
from bot.services import quiz_answer_lists, quiz_crosses, quiz_figures, quizzes
from bot.services.quiz_answer_lists import Place
from bot.services.quiz_crosses import CrossTable, Line
from bot.services.quiz_figures import NumberFigures, QuestionFigures
from bot.services.quiz_questions import Question, list_versions, questions_of
from bot.services.quiz_scopes import Scope
from bot.services.reports import start_of
from handlers.api.operations import Call, operation
from handlers.api.places import at_of, written
from handlers.api.shapes import Answer, Moment, PageQuery, Query
from models import QuizVersion, Role

blueprint = Blueprint("api_quiz_results", __name__)

FIRST_YEAR, LAST_YEAR, WRITTEN_DAY = 2000, 8999, 10
PLACE = r"^[0-9]{1,17}-[0-9]{1,18}$"
Key = Annotated[str, StringConstraints(min_length=1, max_length=20)]


def _read_day(value: object) -> object:
    """Only 2026-11-20 is a day; numbers and other spellings of it are not."""
    return value if isinstance(value, date) or (isinstance(value, str) and len(value) == WRITTEN_DAY) else ""


Day = Annotated[date, BeforeValidator(_read_day)]


class ResultsQuery(Query):
    """Attempts begun from one day to another, both within, on one version; without them all."""

    from_: Day | None = Field(default=None, alias="from")
    to: Day | None = None
    version: int | None = Field(default=None, ge=1, le=2**31 - 1)


class CrossQuery(ResultsQuery):
    """Two questions."""

    row: Key
    column: Key


class WrittenQuery(PageQuery):
    """Which part of the answers."""

    after: Annotated[str, StringConstraints(pattern=PLACE)] | None = None


class NumbersAnswer(Answer):
    """What numbers come to."""

    average: float
    min: float
    max: float


class ChoiceResult(Answer):
    """One choice."""

    key: str
    text: str
    friends: int
    answers: int = Field(description="作答次數；同一位好友可能不只一次")
    percent: float = Field(description="占回答這一題的作答")


class QuestionResult(Answer):
    """One question."""

    key: str
    text: str
    kind: str
    is_former: bool = Field(description="只有舊版本問過")
    answered: int
    skipped: int
    dropped: int = Field(description="停在這一題的作答")
    choices: list[ChoiceResult]
    numbers: NumbersAnswer | None


class ResultCount(Answer):
    """One result; key and name are null for those who finished without one."""

    key: str | None
    name: str | None
    attempts: int
    percent: float = Field(description="占完成的作答")


class QuizResults(Answer):
    """What came of a quiz."""

    started: int
    finished: int
    running: int
    ended: int
    score: NumbersAnswer | None
    results: list[ResultCount]
    questions: list[QuestionResult]


class CrossLine(Answer):
    """A row or a column; the text is null for all other values, and for phone numbers and pictures."""

    key: str
    text: str | None
    total: int


class CrossAnswer(Answer):
    """Attempts that answered both questions: `counts` by row, and in each by column."""

    rows: list[CrossLine]
    columns: list[CrossLine]
    counts: list[list[int]]
    total: int


class WrittenAnswer(Answer):
    """What one friend wrote."""

    line_user_id: str
    value: str
    answered_at: Moment


class WrittenPage(Answer):
    """Some of what was written."""

    items: list[WrittenAnswer]
    next: str | None


@blueprint.get("/quizzes/<int:quiz_id>/results")
@operation(
    "讀取測驗的結果",
    details="開始、完成、每一題停在哪裡與每個選項的數量；可限定開始作答的日期與版本。",
    role=Role.VIEWER,
    answer=QuizResults,
    query=ResultsQuery,
    writes=False,
)
def results(call: Call, quiz_id: int, query: ResultsQuery) -> QuizResults:
    """Counted on the database."""
    scope, versions = _asked(call, quiz_id, query)
    figures = quiz_figures.figures(call.session, scope, versions)
    return QuizResults(
        started=figures.started,
        finished=figures.finished,
        running=figures.running,
        ended=figures.ended,
        score=_numbers(figures.scores),
        results=[
            ResultCount(key=one.key, name=one.name, attempts=one.attempts, percent=_percent(one.share))
            for one in figures.results
        ],
        questions=[_question(one) for one in figures.questions],
    )


@blueprint.get("/quizzes/<int:quiz_id>/results/cross")
@operation(
    "交叉分析兩個題目",
    details="以作答計算；文字與數字的題目列出最常見的值，其餘合併。",
    role=Role.VIEWER,
    answer=CrossAnswer,
    query=CrossQuery,
    writes=False,
)
def cross(call: Call, quiz_id: int, query: CrossQuery) -> CrossAnswer:
    """Two different questions."""
    scope, versions = _asked(call, quiz_id, query)
    if query.row == query.column:
        raise InvalidInputError([FieldFault("column", "請選兩個不同的題目。")])
    asked = {question.key: question for question in questions_of(versions)}
    missing = [name for name in ("row", "column") if getattr(query, name) not in asked]
    if missing:
        raise InvalidInputError([FieldFault(name, "這份測驗沒有這一題。") for name in missing])
    return _cross(quiz_crosses.cross(call.session, scope, asked[query.row], asked[query.column]))


@blueprint.get("/quizzes/<int:quiz_id>/questions/<question_key>/answers")
@operation(
    "列出一題的文字回答",
    details="文字、數字、日期、電話與照片的題目；由新的作答到舊的。",
    role=Role.VIEWER,
    answer=WrittenPage,
    query=WrittenQuery,
    writes=False,
)
def list_written(call: Call, quiz_id: int, question_key: str, query: WrittenQuery) -> WrittenPage:
    """Newest attempts first."""
    quizzes.get_quiz(call.session, quiz_id)
    _existing(question_key, questions_of(list_versions(call.session, quiz_id)))
    found = quiz_answer_lists.list_written(
        call.session, Scope(quiz_id), question_key, limit=query.limit + 1, after=_place(query.after)
    )
    shown = found[: query.limit]
    items = [
        WrittenAnswer(line_user_id=one.friend.line_user_id, value=one.value, answered_at=one.answered_at)
        for one in shown
    ]
    following = f"{written(shown[-1].started_at)}-{shown[-1].attempt_id}" if len(found) > query.limit else None
    return WrittenPage(items=items, next=following)


def _asked(call: Call, quiz_id: int, query: ResultsQuery) -> tuple[Scope, list[QuizVersion]]:
    """Return what is counted, and the versions whose questions are shown. Raises NotFoundError, InvalidInputError."""
    quizzes.get_quiz(call.session, quiz_id)
    versions, zone = list_versions(call.session, quiz_id), call.runtime.settings.zone
    for name, day in (("from", query.from_), ("to", query.to)):
        if day is not None and not FIRST_YEAR <= day.year <= LAST_YEAR:
            limits = (("first", FIRST_YEAR), ("last", LAST_YEAR))
            raise InvalidInputError([FieldFault(name, "年份要在 %(first)s 與 %(last)s 之間。", limits)])
    chosen = [one for one in versions if one.number == query.version]
    if query.version is not None and not chosen:
        raise InvalidInputError([FieldFault("version", "這份測驗沒有這個版本。")])
    scope = Scope(
        quiz_id,
        since=start_of(query.from_, zone) if query.from_ else None,
        until=start_of(query.to + timedelta(days=1), zone) if query.to else None,
        version_id=chosen[0].id if chosen else None,
    )
    return scope, chosen or versions


def _existing(key: str, questions: list[Question]) -> None:
    if key not in {question.key for question in questions}:
        raise NotFoundError("這份測驗沒有這一題。")


def _question(one: QuestionFigures) -> QuestionResult:
    return QuestionResult(
        key=one.question.key,
        text=one.question.text,
        kind=one.question.kind,
        is_former=one.question.is_former,
        answered=one.answered,
        skipped=one.skipped,
        dropped=one.dropped,
        choices=[
            ChoiceResult(
                key=choice.key,
                text=choice.text,
                friends=choice.friends,
                answers=choice.answers,
                percent=_percent(choice.share),
            )
            for choice in one.choices
        ],
        numbers=_numbers(one.numbers),
    )


def _cross(table: CrossTable) -> CrossAnswer:
    def line(one: Line, totals: dict[str, int]) -> CrossLine:
        key = one.key if one.text is not None else ("others" if one.is_others else "answered")
        return CrossLine(key=key, text=one.text, total=totals.get(one.key, 0))

    return CrossAnswer(
        rows=[line(one, table.row_totals) for one in table.rows],
        columns=[line(one, table.column_totals) for one in table.columns],
        counts=[[table.count(row, column) for column in table.columns] for row in table.rows],
        total=table.total,
    )


def _numbers(found: NumberFigures | None) -> NumbersAnswer | None:
    return None if found is None else NumbersAnswer(average=found.average, min=found.least, max=found.most)


def _percent(share: float | None) -> float:
    return round((share or 0.0) * 100, 2)


def _place(after: str | None) -> Place | None:
    if after is None:
        return None
    at, attempt_id = after.split("-")
    return Place(at_of(at), int(attempt_id))
