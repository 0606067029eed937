"""What holds for the whole account."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from bot.errors import FieldFault, InvalidInputError
from bot.services import accounts, backups, vital_signs
from handlers.admin.access import allow, current_actor
from handlers.admin.fault_places import by_field
from handlers.processes import current_runtime
from models import GroupPolicy, Role

blueprint = Blueprint("settings", __name__, url_prefix="/settings")
WEBHOOK = "/callback"
TYPED = ("group_policy", "chat_days", "event_days", "forward_url")


@blueprint.get("")
@allow(Role.OWNER)
def show() -> ResponseReturnValue:
    """Show the settings."""
    return _page()


@blueprint.post("")
@allow(Role.OWNER)
def save() -> ResponseReturnValue:
    """Change them."""
    runtime = current_runtime()
    typed: dict[str, Any] = {name: request.form.get(name, "").strip() for name in TYPED}
    typed["forward_enabled"] = "forward_enabled" in request.form
    try:
        with runtime.db.begin() as session:
            accounts.change(session, _meant(typed), by=current_actor(), now=runtime.now())
    except InvalidInputError as error:
        return _page(typed=typed, faults=by_field(error.faults, {})), 422
    flash(gettext("已儲存設定。"))
    return redirect(url_for("admin.settings.show"))


@blueprint.post("/release")
@allow(Role.OWNER)
def release() -> ResponseReturnValue:
    """Let things leave again after a restore."""
    runtime = current_runtime()
    discard = "discard" in request.form
    if backups.release(runtime.db, discard=discard, by=current_actor(), now=runtime.now()):
        flash(gettext("已恢復傳送。"))
    return redirect(url_for("admin.settings.show"))


def _meant(typed: dict[str, Any]) -> dict[str, Any]:
    """Raises InvalidInputError for what is no number or no choice."""
    faults: list[FieldFault] = []
    meant: dict[str, Any] = {
        "forward_url": typed["forward_url"] or None,
        "forward_enabled": typed["forward_enabled"],
    }
    for name in ("chat_days", "event_days"):
        if typed[name].isdecimal() and len(typed[name]) < 9:
            meant[name] = int(typed[name])
        else:
            faults.append(FieldFault(name, "請填整數。"))
    if typed["group_policy"] in list(GroupPolicy):
        meant["group_policy"] = GroupPolicy(typed["group_policy"])
    if faults:
        raise InvalidInputError(faults)
    return meant


def _page(*, typed: dict[str, Any] | None = None, faults: dict[str, list[str]] | None = None) -> str:
    runtime = current_runtime()
    with runtime.db() as session:
        account = accounts.get_account(session)
        signs = vital_signs.read(session, now=runtime.now())
    shown = typed or {name: getattr(account, name) for name in (*TYPED, "forward_enabled")}
    return render_template(
        "admin/settings/show.html",
        account=account,
        signs=signs,
        typed=shown,
        faults=faults or {},
        policies=list(GroupPolicy),
        webhook_url=runtime.settings.public_url + WEBHOOK,
        timezone=runtime.settings.timezone,
    )
