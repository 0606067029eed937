"""Referral programmes: the list, the editor with its preview, what came of them."""

from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session

from bot.errors import ConflictError, FieldFault, InvalidInputError
from bot.services import accounts, invitations, referral_figures, referrals, tags
from bot.services.plays import Play, play_at
from handlers.admin import display, referral_results, words
from handlers.admin.access import allow, current_actor
from handlers.admin.fault_places import by_field
from handlers.admin.referral_forms import ReferralForm
from handlers.processes import current_runtime
from models import ChatSource, ReferralProgram, Role

blueprint = Blueprint("referrals", __name__, url_prefix="/referrals")
blueprint.register_blueprint(referral_results.blueprint)
PIECES = {"keywords": "_keywords.html", "steps": "_steps.html"}
SAMPLE_NAME = "王小明"


@dataclass(frozen=True)
class State:
    """Whether a programme counts, as the list says it."""

    words: str
    is_on: bool = False


@blueprint.get("")
@allow(Role.VIEWER)
def index() -> ResponseReturnValue:
    """Show every programme with what came of it."""
    play = _play()
    with current_runtime().db() as session:
        programs = referrals.list_programs(session)
        figures = referral_figures.figures_of(session, [program.id for program in programs])
    return render_template(
        "admin/referrals/index.html",
        programs=programs,
        figures=figures,
        has_login=play.has_login,
        states={program.id: _state(program, play) for program in programs},
        matches=words.MATCHES,
    )


@blueprint.get("/new")
@allow(Role.MARKETER)
def new() -> ResponseReturnValue:
    """Show an empty editor; `copy` fills it in."""
    runtime = current_runtime()
    copied = request.args.get("copy", type=int)
    form = ReferralForm.blank()
    if copied:
        with runtime.db() as session:
            program = referrals.get_program(session, copied)
        form = ReferralForm.from_content(referrals.content_of(program), runtime.settings.zone)
        form.name, form.enabled = gettext("%(name)s 的複本", name=program.name), False
    return _editor(form)


@blueprint.post("/new")
@allow(Role.MARKETER)
def create() -> ResponseReturnValue:
    """Save a new programme."""
    return _save(None)


@blueprint.get("/<int:program_id>")
@allow(Role.VIEWER)
def edit(program_id: int) -> ResponseReturnValue:
    """Show a programme in the editor."""
    runtime = current_runtime()
    with runtime.db() as session:
        program = referrals.get_program(session, program_id)
    content, zone = referrals.content_of(program), runtime.settings.zone
    return _editor(ReferralForm.from_content(content, zone, seen=program.updated_at), program=program)


@blueprint.post("/<int:program_id>")
@allow(Role.MARKETER)
def change(program_id: int) -> ResponseReturnValue:
    """Save a programme."""
    return _save(program_id)


@blueprint.post("/<int:program_id>/toggle")
@allow(Role.MARKETER)
def toggle(program_id: int) -> ResponseReturnValue:
    """Switch a programme on or off; htmx swaps in the switch."""
    runtime = current_runtime()
    with runtime.db.begin() as session:
        program = referrals.toggle(session, program_id, by=current_actor(), now=runtime.now())
    return render_template("admin/referrals/_switch.html", program=program)


@blueprint.post("/<int:program_id>/delete")
@allow(Role.MARKETER)
def delete(program_id: int) -> ResponseReturnValue:
    """Take a programme away; whatever leads to it is named instead."""
    runtime = current_runtime()
    with runtime.db.begin() as session:
        referrals.delete(session, program_id, by=current_actor(), now=runtime.now())
    flash(gettext("已刪除這個好友邀請活動。已經發出的連結不再計算。"))
    return redirect(url_for("admin.referrals.index"))


@blueprint.post("/rows")
@allow(Role.MARKETER)
def rows() -> ResponseReturnValue:
    """Give back the rows of keywords or steps with one more to fill in, or without one."""
    form = ReferralForm.from_form(request.form)
    drop = request.args.get("drop", type=int)
    if drop is not None and 0 <= drop < len(form.steps):
        del form.steps[drop]
    with current_runtime().db() as session:
        all_tags = tags.list_tags(session)
    name = PIECES["keywords" if request.args.get("of") == "keywords" else "steps"]
    spare = 1 if drop is None else 0
    return render_template(
        f"admin/referrals/{name}", form=form, faults={}, spare=spare, all_tags=all_tags, matches=words.MATCHES
    )


@blueprint.post("/preview")
@allow(Role.MARKETER)
def preview() -> ResponseReturnValue:
    """Show what is being typed as a friend's phone would."""
    form = ReferralForm.from_form(request.form)
    with current_runtime().db() as session:
        account = accounts.get_account(session)
    return render_template(
        "admin/messages/_preview.html", messages=_sample(form), problems=[], account_name=account.display_name
    )


def _save(program_id: int | None) -> ResponseReturnValue:
    runtime = current_runtime()
    form = ReferralForm.from_form(request.form)
    try:
        with runtime.db.begin() as session:
            program = _store(session, form, program_id)
    except InvalidInputError as error:
        return _editor(form, program_id=program_id, faults=error.faults), 422
    except ConflictError as error:
        return _editor(form, program_id=program_id, refusal=display.said(error)), 409
    flash(gettext("已儲存「%(name)s」。兩秒內生效。", name=program.name))
    return redirect(url_for("admin.referrals.edit", program_id=program.id))


def _store(session: Session, form: ReferralForm, program_id: int | None) -> ReferralProgram:
    """Raises InvalidInputError with everything that cannot be taken."""
    runtime, by = current_runtime(), current_actor()
    now = runtime.now()
    content, faults = form.content(runtime.settings.zone)
    if faults:
        raise InvalidInputError(faults)
    if program_id is None:
        return referrals.create(session, content, by=by, now=now)
    present = referrals.get_program(session, program_id, will_change=True).updated_at.isoformat()
    if form.seen and form.seen != present:
        form.seen = present
        raise ConflictError("您編輯的時候，有人改過這個活動。再按一次「儲存」會用您的內容取代。")
    return referrals.change(session, program_id, vars(content), by=by, now=now)


def _editor(
    form: ReferralForm,
    *,
    program: ReferralProgram | None = None,
    program_id: int | None = None,
    faults: tuple[FieldFault, ...] = (),
    refusal: str | None = None,
) -> str:
    play = _play()
    with current_runtime().db() as session:
        if program is None and program_id is not None:
            program = referrals.get_program(session, program_id)
        all_tags = tags.list_tags(session)
        account = accounts.get_account(session)
    return render_template(
        "admin/referrals/edit.html",
        form=form,
        program=program,
        has_login=play.has_login,
        addresses=_addresses(program, play) if program else {},
        faults=by_field(faults, {}),
        refusal=refusal,
        all_tags=all_tags,
        matches=words.MATCHES,
        messages=_sample(form),
        problems=[],
        account_name=account.display_name,
        spare=0,
    )


def _addresses(program: ReferralProgram, play: Play) -> dict[str, str]:
    return {
        "tap": f"{invitations.TAP}{program.code}",
        "page": play.page_url(ChatSource.REFERRAL, program.code),
        "terms": play.terms_url(ChatSource.REFERRAL, program.code),
    }


def _sample(form: ReferralForm) -> list[Any]:
    """Return what a friend would read, for words that may still be unfinished."""
    content, faults = form.content(current_runtime().settings.zone)
    unfinished = {fault.field.partition(".")[0] for fault in faults}
    steps = [step for place, step in enumerate(content.steps) if f"steps[{place}]" not in unfinished]
    return invitations.sample(replace(content, steps=steps), _play(), name=SAMPLE_NAME)


def _state(program: ReferralProgram, play: Play) -> State:
    """Return whether a programme counts at this moment, in one word."""
    if not program.enabled:
        return State(gettext("已停用"))
    if program.active_from is not None and play.now < program.active_from:
        return State(gettext("尚未開始"))
    if program.active_until is not None and program.active_until <= play.now:
        return State(gettext("已結束"))
    return State(gettext("進行中"), is_on=True) if play.has_login else State(gettext("無法計算"))


def _play() -> Play:
    runtime = current_runtime()
    return play_at(runtime.settings, now=runtime.now())
