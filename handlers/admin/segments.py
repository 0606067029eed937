"""Segments: the list, one of them with its friends and its history, and the builder's page."""

from collections import defaultdict
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.errors import ConflictError, FieldFault, InvalidInputError
from bot.services import segments, usages
from handlers.admin import display, segment_builder, segment_friends, segment_lists
from handlers.admin.access import allow, current_actor
from handlers.admin.fault_places import by_field
from handlers.admin.segment_forms import SegmentForm
from handlers.processes import current_runtime
from models import AuditEntry, KeywordRule, Role, Segment, SegmentVersion

blueprint = Blueprint("segments", __name__, url_prefix="/segments")
for part in (segment_builder, segment_friends, segment_lists):
    blueprint.register_blueprint(part.blueprint)
PER_PAGE = 50
VERSIONS = 20
SHOWN = 8


@blueprint.get("")
@allow(Role.VIEWER)
def index() -> ResponseReturnValue:
    """Show the segments by name."""
    search, number = request.args.get("search", "").strip(), max(1, request.args.get("page", 1, type=int))
    with current_runtime().db() as session:
        listed = segments.list_segments(session)
        found = [segment for segment in listed if search.casefold() in segment.name.casefold()]
        shown = found[(number - 1) * PER_PAGE : number * PER_PAGE]
        speaker = segment_builder.speaker(session, [segment.conditions for segment in shown])
        users = _users(session, listed)
    part = "_list.html" if request.headers.get("HX-Target") == "segments" else "index.html"
    return render_template(
        f"admin/segments/{part}",
        segments=shown,
        total=len(listed),
        search=search,
        number=number,
        has_more=len(found) > number * PER_PAGE,
        users=users,
        say=speaker.sentence,
    )


@blueprint.get("/new")
@allow(Role.MARKETER)
def new() -> ResponseReturnValue:
    """Show an empty builder; `copy` fills it in."""
    form, copied = SegmentForm.blank(), request.args.get("copy", type=int)
    if copied:
        with current_runtime().db() as session:
            segment = segments.get_segment(session, copied)
        name = gettext("%(name)s 的複本", name=segment.name)
        form = SegmentForm.from_conditions(segment.conditions, current_runtime().settings.zone, name=name)
    return _editor(form)


@blueprint.post("/new")
@allow(Role.MARKETER)
def create() -> ResponseReturnValue:
    """Save a new segment."""
    return _save(None)


@blueprint.get("/<int:segment_id>")
@allow(Role.VIEWER)
def show(segment_id: int) -> ResponseReturnValue:
    """Show a segment: whom it holds, who uses it, and how it came to be what it is."""
    return _page(segment_id)


@blueprint.get("/<int:segment_id>/edit")
@allow(Role.MARKETER)
def edit(segment_id: int) -> ResponseReturnValue:
    """Show a segment in the builder; `version` opens earlier conditions."""
    with current_runtime().db() as session:
        segment = segments.get_segment(session, segment_id)
        number = request.args.get("version", type=int)
        earlier = session.get(SegmentVersion, (segment_id, number)) if number else None
    conditions = earlier.conditions if earlier else segment.conditions
    seen = segment.updated_at.isoformat()
    form = SegmentForm.from_conditions(conditions, current_runtime().settings.zone, name=segment.name, seen=seen)
    return _editor(form, segment_id)


@blueprint.post("/<int:segment_id>/edit")
@allow(Role.MARKETER)
def change(segment_id: int) -> ResponseReturnValue:
    """Save a segment."""
    return _save(segment_id)


@blueprint.post("/<int:segment_id>/delete")
@allow(Role.MARKETER)
def delete(segment_id: int) -> ResponseReturnValue:
    """Delete a segment that nothing uses."""
    runtime = current_runtime()
    try:
        with runtime.db.begin() as session:
            segments.delete(session, segment_id, by=current_actor(), now=runtime.now())
    except ConflictError as error:
        return _page(segment_id, refusal=display.said(error)), 409
    flash(gettext("已刪除這個分眾。"))
    return redirect(url_for("admin.segments.index"))


@blueprint.post("/<int:segment_id>/count")
@allow(Role.MARKETER)
def recount(segment_id: int) -> ResponseReturnValue:
    """Count the friends exactly and keep the number; htmx swaps it in."""
    runtime = current_runtime()
    segment = segments.recount(runtime.db, segment_id, now=runtime.now())
    return render_template("admin/segments/_friends.html", segment=segment)


@blueprint.get("/<int:segment_id>/some")
@allow(Role.VIEWER)
def some(segment_id: int) -> ResponseReturnValue:
    """Show some of the friends."""
    runtime = current_runtime()
    with runtime.db() as session:
        conditions = segments.get_segment(session, segment_id).conditions
        friends = segments.sample(session, conditions, limit=SHOWN, now=runtime.now())
    return render_template("admin/segments/_faces.html", some=friends)


@blueprint.get("/<int:segment_id>/why")
@allow(Role.VIEWER)
def why(segment_id: int) -> ResponseReturnValue:
    """Find a friend by name, or tell why that friend is in or not."""
    with current_runtime().db() as session:
        conditions = segments.get_segment(session, segment_id).conditions
    return segment_builder.explained(conditions, url_for("admin.segments.why", segment_id=segment_id))


def _save(segment_id: int | None) -> ResponseReturnValue:
    form = SegmentForm.from_form(request.form)
    reading = form.read(current_runtime().settings.zone)
    try:
        if reading.faults:
            unnamed = [] if form.name.strip() else [FieldFault("name", "請填寫分眾名稱。")]
            raise InvalidInputError([*unnamed, *reading.faults])
        segment = _store(form, reading.conditions, segment_id)
    except InvalidInputError as error:
        faults = tuple(error.faults) if reading.faults else tuple(reading.placed(error.faults))
        return _editor(form, segment_id, faults=faults), 422
    except ConflictError as error:
        return _editor(form, segment_id, refusal=display.said(error)), 409
    flash(gettext("已儲存「%(name)s」。", name=segment.name))
    return redirect(url_for("admin.segments.show", segment_id=segment.id))


def _store(form: SegmentForm, conditions: Any, segment_id: int | None) -> Segment:
    """Raises InvalidInputError with what cannot be taken, ConflictError if somebody else was faster."""
    runtime, by = current_runtime(), current_actor()
    now = runtime.now()
    with runtime.db.begin() as session:
        if segment_id is None:
            return segments.create(session, form.name, conditions, by=by, now=now)
        present = segments.get_segment(session, segment_id, will_change=True).updated_at.isoformat()
        if form.seen and form.seen != present:
            form.seen = present
            raise ConflictError("您編輯的時候，有人改過這個分眾。再按一次「儲存」會用您的內容取代。")
        changes = {"name": form.name, "conditions": conditions}
        return segments.change(session, segment_id, changes, by=by, now=now)


def _editor(
    form: SegmentForm,
    segment_id: int | None = None,
    *,
    faults: tuple[FieldFault, ...] = (),
    refusal: str | None = None,
) -> str:
    with current_runtime().db() as session:
        words = segment_builder.builder_words(session, form, segment_id, attributes=True)
    return render_template(
        "admin/segments/edit.html",
        segment_id=segment_id,
        faults=by_field(faults, {}),
        refusal=refusal,
        **words,
    )


def _page(segment_id: int, *, refusal: str | None = None) -> str:
    with current_runtime().db() as session:
        segment = segments.get_segment(session, segment_id)
        newest = select(SegmentVersion).where(SegmentVersion.segment_id == segment_id)
        versions = list(session.scalars(newest.order_by(SegmentVersion.number.desc()).limit(VERSIONS)))
        speaker = segment_builder.speaker(session, [segment.conditions, *(version.conditions for version in versions)])
        users = usages.users_of_segment(session, segment_id)
        authors = _authors(session, segment_id)
    return render_template(
        "admin/segments/show.html",
        segment=segment,
        versions=versions,
        authors=authors,
        users=users,
        refusal=refusal,
        say=speaker.sentence,
    )


def _users(session: Session, listed: list[Segment]) -> dict[int, list[str]]:
    """Name for each segment what is built on it, in one walk."""
    users: dict[int, list[str]] = defaultdict(list)
    rules = select(KeywordRule.segment_id, KeywordRule.name)
    for segment_id, name in session.execute(rules.order_by(KeywordRule.id)):
        if segment_id is not None:
            users[segment_id].append(gettext("關鍵字回應「%(name)s」", name=name))
    for segment in listed:
        for used in {leaf["segment"] for leaf in usages.leaves(segment.conditions) if "segment" in leaf}:
            users[used].append(gettext("分眾「%(name)s」", name=segment.name))
    return users


def _authors(session: Session, segment_id: int) -> dict[Any, str]:
    """Return by the moment of a change who made it."""
    entries = select(AuditEntry.at, AuditEntry.actor_name).where(AuditEntry.subject == "segment")
    return dict(session.execute(entries.where(AuditEntry.subject_id == str(segment_id))).all())
