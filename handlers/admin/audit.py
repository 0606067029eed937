"""Who changed what."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from handlers.admin import words
from handlers.admin.access import allow
from handlers.processes import current_runtime
from models import AuditEntry, Role

blueprint = Blueprint("audit", __name__, url_prefix="/audit")
PER_PAGE = 50


@blueprint.get("")
@allow(Role.VIEWER)
def index() -> ResponseReturnValue:
    """Show changes, newest first."""
    subject, after = request.args.get("subject", ""), request.args.get("after", type=int)
    rows = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(PER_PAGE)
    if subject:
        rows = rows.where(AuditEntry.subject == subject)
    if after:
        rows = rows.where(AuditEntry.id < after)
    with current_runtime().db() as session:
        entries = list(session.scalars(rows))
    return render_template(
        "admin/audit/index.html",
        entries=entries,
        actions=words.ACTIONS,
        subjects=words.SUBJECTS,
        subject=subject,
        next=entries[-1].id if len(entries) == PER_PAGE else None,
    )
