"""Quizzes and surveys: the list, the editor with its map and its trial, and the ways to start one."""

import json
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from markupsafe import Markup
from sqlalchemy.orm import Session

from bot.errors import ConflictError, FieldFault, InvalidInputError
from bot.services import accounts, quiz_figures, quiz_trials, quizzes, tags, tracked_links
from bot.services.plays import Play, play_at
from bot.services.quiz_questions import list_versions
from handlers.admin import display, quiz_drafts, quiz_maps, quiz_rows, quiz_samples, quiz_words, words
from handlers.admin.access import allow, current_actor
from handlers.admin.form_trees import Tree, text
from handlers.admin.quiz_forms import QuizForm
from handlers.processes import current_runtime
from models import ChatSource, Quiz, Role

blueprint = Blueprint("quizzes", __name__, url_prefix="/quizzes")
SHORT = 24  # characters of a question in a list of questions


@blueprint.get("")
@allow(Role.VIEWER)
def index() -> ResponseReturnValue:
    """Show every quiz with what came of it."""
    runtime = current_runtime()
    with runtime.db() as session:
        listed = quizzes.list_quizzes(session)
        counts = quiz_figures.count_attempts(session, [quiz.id for quiz in listed])
    return render_template(
        "admin/quizzes/index.html",
        quizzes=listed,
        counts=counts,
        state_of=lambda quiz: quiz_words.state_of(quiz, runtime.now()),
        samples=quiz_words.SAMPLES,
    )


@blueprint.get("/new")
@allow(Role.MARKETER)
def new() -> ResponseReturnValue:
    """Show the editor with a sample, a copy, or one empty question."""
    runtime, copied = current_runtime(), request.args.get("copy", type=int)
    if copied:
        with runtime.db() as session:
            content = quizzes.content_of(session, quizzes.get_quiz(session, copied))
        form = QuizForm.from_content(content, runtime.settings.zone)
        form.name, form.keywords = gettext("%(name)s 的複本", name=form.name), []
    else:
        sample = quiz_samples.make(request.args.get("sample", ""))
        form = QuizForm.from_content(sample, runtime.settings.zone)
        if not form.questions:
            quiz_drafts.operate(form, "add")
            form.questions[0]["is_new"] = ""
    return _editor(form)


@blueprint.post("/new")
@allow(Role.MARKETER)
def create() -> ResponseReturnValue:
    """Save a new quiz."""
    return _save(None)


@blueprint.get("/<int:quiz_id>")
@allow(Role.VIEWER)
def edit(quiz_id: int) -> ResponseReturnValue:
    """Show a quiz in the editor."""
    runtime = current_runtime()
    with runtime.db() as session:
        quiz = quizzes.get_quiz(session, quiz_id)
        content = quizzes.content_of(session, quiz)
        newest = _newest(session, quiz_id)
    form = QuizForm.from_content(content, runtime.settings.zone, newest)
    form.seen = quiz.updated_at.isoformat()
    return _editor(form, quiz=quiz, warnings=quizzes.warnings(content))


@blueprint.post("/<int:quiz_id>")
@allow(Role.MARKETER)
def change(quiz_id: int) -> ResponseReturnValue:
    """Save a quiz."""
    return _save(quiz_id)


@blueprint.post("/<int:quiz_id>/toggle")
@allow(Role.MARKETER)
def toggle(quiz_id: int) -> ResponseReturnValue:
    """Switch a quiz on or off; htmx swaps in the switch."""
    runtime = current_runtime()
    with runtime.db.begin() as session:
        quiz = quizzes.toggle(session, quiz_id, by=current_actor(), now=runtime.now())
    return render_template("admin/quizzes/_switch.html", quiz=quiz)


@blueprint.post("/<int:quiz_id>/delete")
@allow(Role.MARKETER)
def delete(quiz_id: int) -> ResponseReturnValue:
    """Delete a quiz; one that something else uses stays, and the page says what uses it."""
    runtime = current_runtime()
    with runtime.db.begin() as session:
        quizzes.delete(session, quiz_id, by=current_actor(), now=runtime.now())
    flash(gettext("已刪除。好友作答過的紀錄仍然保留。"))
    return redirect(url_for("admin.quizzes.index"))


@blueprint.post("/build")
@allow(Role.MARKETER)
def build() -> ResponseReturnValue:
    """Do what a button of the editor says, and give its questions and results back with everything typed in them."""
    form = QuizForm.from_form(request.form)
    quiz_drafts.operate(form, request.args.get("op", ""))
    return render_template("admin/quizzes/_body.html", is_part=True, **_shown(form))


@blueprint.post("/map")
@allow(Role.MARKETER)
def draw_map() -> ResponseReturnValue:
    """Draw the branches as they are being typed."""
    form = QuizForm.from_form(request.form)
    return render_template("admin/quizzes/_map.html", map=quiz_maps.draw(form.questions))


@blueprint.post("/try")
@allow(Role.MARKETER)
def try_out() -> ResponseReturnValue:
    """Play what is being typed; nothing is stored."""
    runtime = current_runtime()
    content, _ = QuizForm.from_form(request.form).content(runtime.settings.zone)
    trial = quiz_trials.play(
        content,
        _trial_answers(),
        _trial_answer(),
        name=gettext("王小明"),
        today=runtime.now().astimezone(runtime.settings.zone).date(),
    )
    ids = [one for one in (*trial.tags, *(trial.outcome.tags if trial.outcome else ())) if isinstance(one, int)]
    with runtime.db() as session:
        names: Mapping[int, str] = tags.names_of(session, ids)
        account = accounts.get_account(session)
    return render_template(
        "admin/quizzes/_trial.html",
        trial_said=_trial_said,
        trial=trial,
        tag_names=names,
        account_name=account.display_name,
        typed=_trial_typed(),
    )


@blueprint.get("/<int:quiz_id>/share")
@allow(Role.VIEWER)
def share(quiz_id: int) -> ResponseReturnValue:
    """Show every way to start a quiz, with the QR code of its page."""
    quiz, play = _quiz_and_play(quiz_id)
    url = play.page_url(ChatSource.QUIZ, quiz.code)
    return render_template(
        "admin/quizzes/share.html",
        quiz=quiz,
        page_url=url,
        terms_url=play.terms_url(ChatSource.QUIZ, quiz.code),
        start=f"quiz:start:{quiz.code}",
        has_liff=play.liff_id is not None,
        matches=words.MATCHES,
        qr=Markup(tracked_links.qr_svg(url)),  # noqa: S704 drawn by us from our own address
    )


@blueprint.get("/<int:quiz_id>/qr.<kind>")
@allow(Role.VIEWER)
def qr(quiz_id: int, kind: str) -> ResponseReturnValue:
    """Give the QR code of a quiz's page as a file, for print or for a page."""
    quiz, play = _quiz_and_play(quiz_id)
    url = play.page_url(ChatSource.QUIZ, quiz.code)
    if kind == "svg":
        answer = Response(tracked_links.qr_svg(url), mimetype="image/svg+xml")
    else:
        answer = Response(tracked_links.qr_png(url, scale=20), mimetype="image/png")
    suffix = "svg" if kind == "svg" else "png"
    answer.headers["Content-Disposition"] = f'attachment; filename="{quiz.code}.{suffix}"'
    return answer


def _quiz_and_play(quiz_id: int) -> tuple[Quiz, Play]:
    runtime = current_runtime()
    with runtime.db() as session:
        quiz = quizzes.get_quiz(session, quiz_id)
    return quiz, play_at(runtime.settings, now=runtime.now())


def _save(quiz_id: int | None) -> ResponseReturnValue:
    runtime = current_runtime()
    form = QuizForm.from_form(request.form)
    try:
        with runtime.db.begin() as session:
            quiz, is_new_version = _store(session, form, quiz_id)
    except InvalidInputError as error:
        return _editor(form, quiz_id=quiz_id, faults=error.faults), 422
    except ConflictError as error:
        return _editor(form, quiz_id=quiz_id, refusal=display.said(error)), 409
    said = gettext("已儲存「%(name)s」。", name=quiz.name)
    if is_new_version:
        said += gettext("正在作答的好友會繼續用舊版做完，新的作答從這一版開始。")
    flash(said)
    return redirect(url_for("admin.quizzes.edit", quiz_id=quiz.id))


def _store(session: Session, form: QuizForm, quiz_id: int | None) -> tuple[Quiz, bool]:
    """Return the quiz, and whether attempts may run on an older version now. Raises as `quizzes.change` does."""
    runtime, by = current_runtime(), current_actor()
    now = runtime.now()
    content, faults = form.content(runtime.settings.zone)
    if faults:
        raise InvalidInputError(faults)
    if quiz_id is None:
        return quizzes.create(session, content, by=by, now=now), False
    present = quizzes.get_quiz(session, quiz_id, will_change=True)
    before, seen = present.version, present.updated_at.isoformat()
    if form.seen and form.seen != seen:
        form.seen = seen
        raise ConflictError("您編輯的時候，有人改過這份測驗。再按一次「儲存」會用您的內容取代。")
    quiz = quizzes.change(session, quiz_id, vars(content), by=by, now=now)
    return quiz, quiz.version != before


def _editor(
    form: QuizForm,
    *,
    quiz: Quiz | None = None,
    quiz_id: int | None = None,
    faults: tuple[FieldFault, ...] = (),
    warnings: list[FieldFault] | None = None,
    refusal: str | None = None,
) -> str:
    return render_template(
        "admin/quizzes/edit.html",
        quiz=quiz,
        quiz_id=quiz.id if quiz else quiz_id,
        refusal=refusal,
        matches=words.MATCHES,
        spare=0,
        trial=quiz_trials.Trial(),
        tag_names={},
        warnings=form.placed(warnings or []),
        **_shown(form, faults),
    )


def _shown(form: QuizForm, faults: tuple[FieldFault, ...] = ()) -> dict[str, Any]:
    with current_runtime().db() as session:
        all_tags = tags.list_tags(session)
        account = accounts.get_account(session)
    return {
        "form": form,
        "faults": form.placed(faults),
        "kinds": quiz_words.KINDS,
        "letter": quiz_maps.letter,
        "all_tags": all_tags,
        "all_tag_names": {tag.id: tag.name for tag in all_tags},
        "ticked": quiz_rows.tag_ids,
        "account_name": account.display_name,
        "attributes": quiz_words.ATTRIBUTES,
        "where": quiz_words.where,
        "trial_said": _trial_said,
        "nexts": [(text(row, "key"), _brief(row, place)) for place, row in enumerate(form.questions)],
        "map": quiz_maps.draw(form.questions),
    }


def _brief(row: Tree, place: int) -> str:
    asked = text(row, "text").strip()
    brief = asked if len(asked) <= SHORT else asked[: SHORT - 1] + "…"
    return str(gettext("第 %(number)s 題", number=place + 1)) + (f"　{brief}" if brief else "")


def _newest(session: Session, quiz_id: int) -> dict[str, int]:
    versions = list_versions(session, quiz_id)
    return quiz_rows.newest_numbers([(version.questions, version.results) for version in versions])


def _trial_answers() -> list[dict[str, Any]]:
    """Return the answers of the trial so far; none when it begins anew."""
    if request.args.get("do") == "start":
        return []
    try:
        given = json.loads(request.form.get("trial_answers", "[]"))
    except ValueError:
        return []
    return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []


def _trial_answer() -> dict[str, Any] | None:
    """Return the newest answer; None where somebody only looks."""
    if request.args.get("do") != "answer":
        return None
    question, tapped = request.args.get("question"), request.args.get("choice")
    if request.args.get("skip"):
        return {"question": question, "choices": [], "value": ""}
    choices = [tapped] if tapped else request.form.getlist("trial_choices")
    return {"question": question, "choices": choices, "value": _trial_typed()}


def _trial_said(refusal: str, values: Mapping[str, object]) -> str:
    """Say why an answer of the trial was not taken."""
    return str(gettext(refusal)) % dict(values)


def _trial_typed() -> str:
    return request.form.get("trial_value", "")[:5000]
