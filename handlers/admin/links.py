"""Entry links: posters and pages through which people come."""

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from markupsafe import Markup

from bot.errors import ConflictError, InvalidInputError
from bot.services import tags, tracked_links
from handlers.admin import display
from handlers.admin.access import allow, current_actor
from handlers.admin.fault_places import by_field
from handlers.processes import current_runtime
from models import Role, TrackedLink

blueprint = Blueprint("links", __name__, url_prefix="/links")


@blueprint.get("")
@allow(Role.VIEWER)
def index() -> ResponseReturnValue:
    """Show every link with what came of it."""
    return _page()


@blueprint.post("")
@allow(Role.MARKETER)
def create() -> ResponseReturnValue:
    """Make a link."""
    runtime = current_runtime()
    typed = {"name": request.form.get("name", ""), "code": request.form.get("code", "").strip()}
    tag_ids, new_tag = _chosen_tags()
    try:
        with runtime.db.begin() as session:
            link = tracked_links.create(
                session,
                name=typed["name"],
                code=typed["code"] or None,
                tags=[*tag_ids, *new_tag],
                by=current_actor(),
                now=runtime.now(),
            )
    except InvalidInputError as error:
        return _page(typed=typed, tag_ids=tag_ids, faults=by_field(error.faults, {})), 422
    except ConflictError as error:
        return _page(typed=typed, tag_ids=tag_ids, faults={"code": [display.said(error)]}), 409
    flash(gettext("已新增加入管道「%(name)s」。", name=link.name))
    return redirect(url_for("admin.links.show", link_id=link.id))


@blueprint.get("/<int:link_id>")
@allow(Role.VIEWER)
def show(link_id: int) -> ResponseReturnValue:
    """Show one link with its QR code."""
    return _link_page(link_id)


@blueprint.post("/<int:link_id>")
@allow(Role.MARKETER)
def change(link_id: int) -> ResponseReturnValue:
    """Change a link's name and tags."""
    runtime = current_runtime()
    name = request.form.get("name", "")
    tag_ids, new_tag = _chosen_tags()
    changes = {"name": name, "tags": [*tag_ids, *new_tag]}
    try:
        with runtime.db.begin() as session:
            tracked_links.change(session, link_id, changes, by=current_actor(), now=runtime.now())
    except InvalidInputError as error:
        return _link_page(link_id, name=name, tag_ids=tag_ids, faults=by_field(error.faults, {})), 422
    flash(gettext("已儲存。"))
    return redirect(url_for("admin.links.show", link_id=link_id))


@blueprint.post("/<int:link_id>/archive")
@allow(Role.MARKETER)
def archive(link_id: int) -> ResponseReturnValue:
    """Take a link out of use, or into use again."""
    runtime = current_runtime()
    step = tracked_links.restore if request.form.get("restore") else tracked_links.archive
    with runtime.db.begin() as session:
        step(session, link_id, by=current_actor(), now=runtime.now())
    flash(gettext("已儲存。"))
    return redirect(url_for("admin.links.show", link_id=link_id))


@blueprint.get("/<int:link_id>/qr.<kind>")
@allow(Role.VIEWER)
def qr(link_id: int, kind: str) -> ResponseReturnValue:
    """Give the QR code as a file, for print or for a page."""
    link, url = _found(link_id)
    if kind == "svg":
        answer = Response(tracked_links.qr_svg(url), mimetype="image/svg+xml")
    else:
        answer = Response(tracked_links.qr_png(url, scale=20), mimetype="image/png")
    suffix = "svg" if kind == "svg" else "png"
    answer.headers["Content-Disposition"] = f'attachment; filename="{link.code}.{suffix}"'
    return answer


def _chosen_tags() -> tuple[list[int], list[str]]:
    new_tag = request.form.get("tags_new", "").strip()
    return [int(one) for one in request.form.getlist("tags") if one.isdecimal()], [new_tag] if new_tag else []


def _found(link_id: int) -> tuple[TrackedLink, str]:
    runtime = current_runtime()
    with runtime.db() as session:
        link = tracked_links.get_link(session, link_id)
    return link, tracked_links.url_of(link, public_url=runtime.settings.public_url)


def _page(
    *,
    typed: dict[str, str] | None = None,
    tag_ids: list[int] | None = None,
    faults: dict[str, list[str]] | None = None,
) -> str:
    runtime = current_runtime()
    with runtime.db() as session:
        listed = tracked_links.list_links(session)
        figures = tracked_links.figures(session, [link.id for link in listed], zone=runtime.settings.zone)
        all_tags = tags.list_tags(session)
    return render_template(
        "admin/links/index.html",
        links=listed,
        figures=figures,
        all_tags=all_tags,
        typed=typed or {},
        tag_ids=tag_ids or [],
        faults=faults or {},
        url_of=lambda link: tracked_links.url_of(link, public_url=runtime.settings.public_url),
    )


def _link_page(
    link_id: int,
    *,
    name: str | None = None,
    tag_ids: list[int] | None = None,
    faults: dict[str, list[str]] | None = None,
) -> str:
    runtime = current_runtime()
    link, url = _found(link_id)
    with runtime.db() as session:
        figures = tracked_links.figures(session, [link.id], zone=runtime.settings.zone)[link.id]
        all_tags = tags.list_tags(session)
    return render_template(
        "admin/links/show.html",
        link=link,
        url=url,
        qr=Markup(tracked_links.qr_svg(url)),  # noqa: S704 drawn by us from our own address
        figures=figures,
        all_tags=all_tags,
        name=link.name if name is None else name,
        tag_ids=list(link.tags) if tag_ids is None else tag_ids,
        faults=faults or {},
    )
