"""What came of a quiz: the page of results, cross tables, answers one by one, Excel."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from tempfile import TemporaryFile
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session

from bot.errors import ConflictError
from bot.services import (
    friend_tags,
    quiz_answer_lists,
    quiz_crosses,
    quiz_figures,
    quizzes,
    segments,
    tracked_links,
)
from bot.services.quiz_answer_lists import Place
from bot.services.quiz_figures import ChoiceFigures, ResultFigures
from bot.services.quiz_questions import Question, list_versions, questions_of
from bot.services.quiz_scopes import Scope
from bot.services.reports import start_of
from handlers.admin import display, quiz_tables, quiz_words
from handlers.admin.access import allow, current_actor
from handlers.processes import current_runtime
from models import Quiz, QuizVersion, Role

blueprint = Blueprint("quiz_results", __name__, url_prefix="/quizzes/<int:quiz_id>/results")
PER_PAGE = 50
LONGEST_PART = 40  # of a quiz's name in that of a segment, beside a choice of up to 60 characters
LONGEST_ID = 19  # digits of a number that every database knows
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Asked:
    """Which results somebody wants to see."""

    quiz: Quiz
    versions: Sequence[QuizVersion]  # all of them, the newest first
    chosen: QuizVersion | None
    scope: Scope
    kept: dict[str, str]  # the choices, for the addresses of other pages

    @property
    def shown(self) -> Sequence[QuizVersion]:
        """The versions whose questions are shown."""
        return [self.chosen] if self.chosen else self.versions

    def question(self, key: str) -> Question:
        """Return a question; one that was never asked is not found."""
        found = next((one for one in questions_of(self.shown) if one.key == key), None)
        if found is None:
            abort(404)
        return found


@blueprint.get("")
@allow(Role.VIEWER)
def show(quiz_id: int) -> ResponseReturnValue:
    """Show who began, who finished, where they left, and what they chose."""
    with current_runtime().db() as session:
        asked = _asked(session, quiz_id)
        figures = quiz_figures.figures(session, asked.scope, asked.shown)
    return render_template(
        "admin/quizzes/results.html",
        asked=asked,
        quiz=asked.quiz,
        figures=figures,
        kinds=quiz_words.KINDS,
        bars_of=_bars,
    )


@blueprint.get("/cross")
@allow(Role.VIEWER)
def cross(quiz_id: int) -> ResponseReturnValue:
    """Show two questions against each other; htmx asks for it."""
    row, column = request.args.get("row", ""), request.args.get("column", "")
    with current_runtime().db() as session:
        asked = _asked(session, quiz_id)
        if not row or not column or row == column:
            return render_template("admin/quizzes/_cross.html", table=None)
        table = quiz_crosses.cross(session, asked.scope, asked.question(row), asked.question(column))
    return render_template("admin/quizzes/_cross.html", table=table)


@blueprint.get("/answers/<question_key>")
@allow(Role.VIEWER)
def answers(quiz_id: int, question_key: str) -> ResponseReturnValue:
    """Show what friends wrote, the newest first."""
    with current_runtime().db() as session:
        asked = _asked(session, quiz_id)
        question, place = asked.question(question_key), _place(request.args.get("after"))
        found = quiz_answer_lists.list_written(session, asked.scope, question_key, limit=PER_PAGE + 1, after=place)
    rows = found[:PER_PAGE]
    following = f"{rows[-1].started_at.isoformat()}_{rows[-1].attempt_id}" if len(found) > PER_PAGE else None
    return render_template(
        "admin/quizzes/answers.html",
        asked=asked,
        quiz=asked.quiz,
        question=question,
        rows=rows,
        following=following,
        is_first=place is None,
    )


@blueprint.get("/friends/<question_key>/<choice_key>")
@allow(Role.VIEWER)
def choosers(quiz_id: int, question_key: str, choice_key: str) -> ResponseReturnValue:
    """Show the friends who took a choice, whenever that was."""
    after = request.args.get("after", type=int)
    with current_runtime().db() as session:
        asked = _asked(session, quiz_id)
        question = asked.question(question_key)
        if choice_key not in question.choices:
            abort(404)
        found = quiz_answer_lists.list_choosers(
            session, quiz_id, question_key, choice_key, limit=PER_PAGE + 1, after=after
        )
        shown = found[:PER_PAGE]
        tags_of = friend_tags.tags_of_many(session, [friend.id for friend in shown], now=current_runtime().now())
        links = {link.id: link for link in tracked_links.list_links(session)}
    return render_template(
        "admin/quizzes/choosers.html",
        quiz=asked.quiz,
        question=question,
        choice_key=choice_key,
        friends=shown,
        tags_of=tags_of,
        links=links,
        following=shown[-1].id if len(found) > PER_PAGE else None,
        is_first=after is None,
    )


@blueprint.post("/friends/<question_key>/<choice_key>")
@allow(Role.MARKETER)
def make_segment(quiz_id: int, question_key: str, choice_key: str) -> ResponseReturnValue:
    """Make a segment of everybody who takes this choice, now or later."""
    runtime = current_runtime()
    answered = {"quiz": quiz_id, "question": question_key, "choice": choice_key}
    try:
        with runtime.db.begin() as session:
            asked = _asked(session, quiz_id)
            words = asked.question(question_key).choices.get(choice_key) or abort(404)
            segment = segments.create(
                session,
                gettext("%(quiz)s：%(choice)s", quiz=asked.quiz.name[:LONGEST_PART], choice=words),
                {"all": [{"answered": answered}]},
                by=current_actor(),
                now=runtime.now(),
            )
    except ConflictError as error:
        flash(display.said(error), "error")
        return redirect(request.url)
    flash(gettext("已新增分眾「%(name)s」。", name=segment.name))
    return redirect(url_for("admin.segments.show", segment_id=segment.id))


@blueprint.get("/quiz.xlsx")
@allow(Role.VIEWER)
def table(quiz_id: int) -> ResponseReturnValue:
    """Give everything as an Excel file: one sheet of attempts, one of counts."""
    runtime = current_runtime()
    with runtime.db() as session:
        asked = _asked(session, quiz_id)
        figures = quiz_figures.figures(session, asked.scope, asked.shown)
    file = TemporaryFile()  # noqa: SIM115 closed by the answer
    rows = quiz_answer_lists.stream(runtime.db, asked.scope)
    quiz_tables.write(file, figures, questions_of(asked.shown), rows, zone=runtime.settings.zone)
    file.seek(0)
    return send_file(file, XLSX, as_attachment=True, download_name=f"{asked.quiz.name}.xlsx")


def _bars(counted: Sequence[ChoiceFigures | ResultFigures]) -> list[tuple[str, float, str]]:
    """Return the rows of a chart: words, share, and the share in words."""
    rows = []
    for one in counted:
        word = one.text if isinstance(one, ChoiceFigures) else one.name or gettext("沒有結果")
        rows.append((str(word), one.share or 0.0, display.percent(one.share or 0.0)))
    return rows


def _asked(session: Session, quiz_id: int) -> Asked:
    """Read the period and the version from the address; what is none of either is left out."""
    quiz, versions = quizzes.get_quiz(session, quiz_id), list_versions(session, quiz_id)
    zone = current_runtime().settings.zone
    first_on, last_on = (_day(request.args.get(name, "")) for name in ("from", "to"))
    chosen = next((one for one in versions if one.number == request.args.get("version", type=int)), None)
    kept: dict[str, Any] = {"from": first_on, "to": last_on, "version": chosen.number if chosen else None}
    return Asked(
        quiz=quiz,
        versions=versions,
        chosen=chosen,
        scope=Scope(
            quiz_id,
            since=start_of(first_on, zone) if first_on else None,
            until=start_of(last_on + timedelta(days=1), zone) if last_on else None,
            version_id=chosen.id if chosen else None,
        ),
        kept={name: str(value) for name, value in kept.items() if value is not None},
    )


def _day(written: str) -> date | None:
    try:
        day = date.fromisoformat(written)
    except ValueError:
        return None
    return day if 2000 <= day.year < 9000 else None


def _place(written: str | None) -> Place | None:
    """Return where a page begins, as `answers` wrote it."""
    at, _, attempt_id = (written or "").partition("_")
    try:
        moment = datetime.fromisoformat(at)
        return Place(moment, int(attempt_id)) if moment.tzinfo and len(attempt_id) < LONGEST_ID else None
    except ValueError:
        return None
