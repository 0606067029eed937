"""Who may use the admin."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from bot.errors import InvalidInputError
from bot.services import staff
from handlers.admin.access import allow, current_actor
from handlers.admin.fault_places import by_field
from handlers.processes import current_runtime
from models import Role

blueprint = Blueprint("staff", __name__, url_prefix="/staff")


@blueprint.get("")
@allow(Role.OWNER)
def index() -> ResponseReturnValue:
    """Show everybody."""
    return _page()


@blueprint.post("")
@allow(Role.OWNER)
def create() -> ResponseReturnValue:
    """Add a person."""
    runtime = current_runtime()
    name, role = request.form.get("name", ""), _role()
    try:
        with runtime.db.begin() as session:
            staff.create(
                session,
                name=name,
                password=request.form.get("password", ""),
                role=role,
                by=current_actor(),
                now=runtime.now(),
            )
    except InvalidInputError as error:
        return _page(typed={"name": name, "role": role.value}, faults=by_field(error.faults, {})), 422
    flash(gettext("已新增 %(name)s。", name=name.strip()))
    return redirect(url_for("admin.staff.index"))


@blueprint.post("/<int:staff_id>/role")
@allow(Role.OWNER)
def change_role(staff_id: int) -> ResponseReturnValue:
    """Give another role."""
    runtime = current_runtime()
    with runtime.db.begin() as session:
        person = staff.change_role(session, staff_id, _role(), by=current_actor(), now=runtime.now())
    flash(gettext("已變更 %(name)s 的權限。", name=person.name))
    return redirect(url_for("admin.staff.index"))


@blueprint.post("/<int:staff_id>/disable")
@allow(Role.OWNER)
def disable(staff_id: int) -> ResponseReturnValue:
    """Shut somebody out."""
    runtime = current_runtime()
    with runtime.db.begin() as session:
        person = staff.disable(session, staff_id, by=current_actor(), now=runtime.now())
    flash(gettext("已停用 %(name)s，並登出所有裝置。", name=person.name))
    return redirect(url_for("admin.staff.index"))


@blueprint.post("/<int:staff_id>/enable")
@allow(Role.OWNER)
def enable(staff_id: int) -> ResponseReturnValue:
    """Let somebody in again."""
    runtime = current_runtime()
    with runtime.db.begin() as session:
        person = staff.enable(session, staff_id, by=current_actor(), now=runtime.now())
    flash(gettext("已啟用 %(name)s。", name=person.name))
    return redirect(url_for("admin.staff.index"))


@blueprint.post("/<int:staff_id>/password")
@allow(Role.OWNER)
def reset_password(staff_id: int) -> ResponseReturnValue:
    """Give somebody a new password."""
    runtime = current_runtime()
    password = request.form.get("password", "")
    try:
        with runtime.db.begin() as session:
            person = staff.reset_password(session, staff_id, password, by=current_actor(), now=runtime.now())
    except InvalidInputError as error:
        return _page(resetting=staff_id, faults=by_field(error.faults, {})), 422
    flash(gettext("已重設 %(name)s 的密碼，並登出所有裝置。", name=person.name))
    return redirect(url_for("admin.staff.index"))


def _role() -> Role:
    given = request.form.get("role", "")
    return Role(given) if given in list(Role) else Role.VIEWER


def _page(
    *,
    typed: dict[str, str] | None = None,
    faults: dict[str, list[str]] | None = None,
    resetting: int | None = None,
) -> str:
    with current_runtime().db() as session:
        everybody = staff.list_staff(session)
    return render_template(
        "admin/staff/index.html",
        everybody=everybody,
        roles=list(Role),
        typed=typed or {},
        faults=faults or {},
        resetting=resetting,
        now=current_runtime().now(),
    )
