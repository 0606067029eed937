"""Tags: by group with how many wear each, one tag's own page, merging two."""

from dataclasses import dataclass, field

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from bot.errors import BotError, ConflictError, InvalidInputError
from bot.services import tag_groups, tag_merges, tags, usages
from handlers.admin import display, tag_groups_page, tag_imports
from handlers.admin.access import allow, current_actor
from handlers.processes import current_runtime
from models import Role, Tag, TagColour, TagGroup

blueprint = Blueprint("tags", __name__, url_prefix="/tags")
blueprint.register_blueprint(tag_groups_page.blueprint)
blueprint.register_blueprint(tag_imports.blueprint)


@dataclass(frozen=True)
class Typed:
    """What stands in the form of a tag."""

    name: str = ""
    group: str = ""
    colour: str = TagColour.GREY.value
    refusal: str | None = None


@dataclass(frozen=True)
class Section:
    """The tags of one group on the page; without a group: those of none."""

    group: TagGroup | None
    tags: list[Tag] = field(default_factory=list)


@blueprint.get("")
@allow(Role.VIEWER)
def index() -> ResponseReturnValue:
    """Show the tags that hold what is searched for, by group."""
    return _page(Typed(group=request.args.get("group", "")))


@blueprint.post("")
@allow(Role.MARKETER)
def create() -> ResponseReturnValue:
    """Make a tag."""
    runtime = current_runtime()
    typed = _typed()
    group_id, colour = _chosen(typed)
    try:
        with runtime.db.begin() as session:
            tag = tags.create(
                session, typed.name, group_id=group_id, colour=colour, by=current_actor(), now=runtime.now()
            )
    except (ConflictError, InvalidInputError) as error:
        return _page(Typed(typed.name, typed.group, typed.colour, _sentence(error))), 422
    flash(gettext("已新增標籤「%(name)s」。", name=tag.name))
    return redirect(url_for("admin.tags.index", group=typed.group or None))


@blueprint.get("/<int:tag_id>")
@allow(Role.VIEWER)
def show(tag_id: int) -> ResponseReturnValue:
    """Show one tag: its name and look, how many wear it, what uses it."""
    return _tag_page(tag_id)


@blueprint.post("/<int:tag_id>")
@allow(Role.MARKETER)
def change(tag_id: int) -> ResponseReturnValue:
    """Give a tag another name, group or colour."""
    runtime = current_runtime()
    typed = _typed()
    group_id, colour = _chosen(typed)
    changes = {"name": typed.name, "group_id": group_id, "colour": colour}
    try:
        with runtime.db.begin() as session:
            tags.change(session, tag_id, changes, by=current_actor(), now=runtime.now())
    except (ConflictError, InvalidInputError) as error:
        return _tag_page(tag_id, Typed(typed.name, typed.group, typed.colour, _sentence(error))), 422
    flash(gettext("已儲存。"))
    return redirect(url_for("admin.tags.index"))


@blueprint.post("/<int:tag_id>/merge")
@allow(Role.MARKETER)
def merge(tag_id: int) -> ResponseReturnValue:
    """Let a tag become another one, with everybody who wears it and everything that uses it."""
    runtime = current_runtime()
    into_id = request.form.get("into", 0, type=int)
    try:
        tag = tag_merges.merge(runtime.db, tag_id, into_id=into_id, by=current_actor(), now=runtime.now())
    except (ConflictError, InvalidInputError) as error:
        return _tag_page(tag_id, merge_refusal=_sentence(error)), 409
    flash(gettext("已合併到「%(name)s」。", name=tag.name))
    return redirect(url_for("admin.tags.show", tag_id=tag.id))


@blueprint.post("/<int:tag_id>/delete")
@allow(Role.MARKETER)
def delete(tag_id: int) -> ResponseReturnValue:
    """Delete a tag that nothing uses; else say what does."""
    runtime = current_runtime()
    try:
        tags.delete(runtime.db, tag_id, by=current_actor(), now=runtime.now())
    except ConflictError as error:
        flash(display.said(error), "error")
        return redirect(url_for("admin.tags.show", tag_id=tag_id))
    flash(gettext("已刪除標籤。"))
    return redirect(url_for("admin.tags.index"))


def _typed() -> Typed:
    form = request.form
    return Typed(form.get("name", ""), form.get("group", ""), form.get("colour", TagColour.GREY.value))


def _chosen(typed: Typed) -> tuple[int | None, TagColour]:
    colour = TagColour(typed.colour) if typed.colour in list(TagColour) else TagColour.GREY
    return int(typed.group) if typed.group.isdecimal() else None, colour


def _page(typed: Typed) -> str:
    runtime = current_runtime()
    search = request.args.get("search", "").strip()
    with runtime.db() as session:
        listed, groups = tags.list_tags(session), tag_groups.list_groups(session)
        counts = tags.count_friends(session, now=runtime.now())
    found = [tag for tag in listed if search.casefold() in tag.name.casefold()]
    part = "_list.html" if request.headers.get("HX-Target") == "tag-list" else "index.html"
    return render_template(
        f"admin/tags/{part}",
        sections=_sections(found, groups, search),
        groups=groups,
        counts=counts,
        total=len(listed),
        search=search,
        typed=typed,
        colours=list(TagColour),
    )


def _sections(found: list[Tag], groups: list[TagGroup], search: str) -> list[Section]:
    """Return the groups with their tags, and last the tags of none; a search leaves empty groups out."""
    sections = [Section(group, [tag for tag in found if tag.group_id == group.id]) for group in groups]
    loose = Section(None, [tag for tag in found if tag.group_id is None])
    return [section for section in sections if section.tags or not search] + ([loose] if loose.tags else [])


def _tag_page(tag_id: int, typed: Typed | None = None, *, merge_refusal: str | None = None) -> str:
    runtime = current_runtime()
    with runtime.db() as session:
        tag = tags.get_tag(session, tag_id)
        listed, groups = tags.list_tags(session), tag_groups.list_groups(session)
        counts, users = tags.count_friends(session, now=runtime.now()), usages.users_of_tag(session, tag_id)
    shown = Typed(tag.name, str(tag.group_id or ""), tag.colour.value)
    return render_template(
        "admin/tags/show.html",
        tag=tag,
        others=[one for one in listed if one.id != tag_id],
        groups=groups,
        counts=counts,
        users=[_user(user) for user in users],
        typed=typed or shown,
        merge_refusal=merge_refusal,
        colours=list(TagColour),
    )


def _user(user: str) -> str:
    """Say in the language of this page what uses a tag."""
    if not isinstance(user, usages.Usage):
        return user
    said = str(gettext(user.text))
    return said % {"name": user.name} if user.name else said


def _sentence(error: BotError) -> str:
    if isinstance(error, InvalidInputError):
        return " ".join(display.said(fault) for fault in error.faults)
    return display.said(error)
