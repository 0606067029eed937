"""Who may open which page: every route of the admin names a role, and a route that names none stays shut."""

from collections.abc import Callable
from typing import TypeVar

from flask import abort, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import validate_csrf

from bot.services import staff_sessions
from bot.services.audit import Actor
from handlers.processes import current_runtime
from models import Role, Staff

BIGGEST_FORM = 8 * 1024 * 1024  # five large Flex messages, or two hundred thousand pasted ids
COOKIE = "yanglai_staff"
COOKIE_PATH = "/admin"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
ANYONE = "anyone"
STATIC = "admin.static"

POLLED = frozenset({"admin.friend.chat", "admin.roster.progress"})  # an open page alone keeps nobody logged in

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])


def allow(role: Role) -> Callable[[View], View]:
    """Open a view to staff with this role or more."""

    def mark(view: View) -> View:
        view.allowed = role  # type: ignore[attr-defined]
        return view

    return mark


def allow_anyone(view: View) -> View:
    """Open a view to whoever comes: the login page only."""
    view.allowed = ANYONE  # type: ignore[attr-defined]
    return view


def allowed_for(endpoint: str) -> Role | str | None:
    """Return the role an endpoint names, ANYONE, or None if it names nobody."""
    if endpoint == STATIC:
        return ANYONE
    allowed: Role | str | None = getattr(current_app.view_functions[endpoint], "allowed", None)
    return allowed


def current_staff() -> Staff:
    """Return who is logged in. Only in views that name a role."""
    person: Staff = g.staff
    return person


def current_actor() -> Actor:
    """Return how the audit log names whoever is logged in."""
    return staff_sessions.actor_for(current_staff())


def can(role: Role) -> bool:
    """Whether whoever is logged in has this role or more."""
    person: Staff | None = g.get("staff")
    order = list(Role)
    return person is not None and order.index(person.role) <= order.index(role)


def check() -> ResponseReturnValue | None:
    """Let the request pass, or answer it: runs before every view of the admin."""
    request.max_form_memory_size = BIGGEST_FORM
    allowed = allowed_for(request.endpoint or "")
    if request.endpoint == STATIC:
        return None
    g.staff = _find_staff()
    if allowed is None:
        abort(403)
    if allowed is not ANYONE and g.staff is None:
        return _ask_to_log_in()
    if request.method not in SAFE_METHODS:
        _check_csrf()
    if isinstance(allowed, Role) and not can(allowed):
        abort(403)
    return None


def _find_staff() -> Staff | None:
    """Return the person behind the cookie, and let the session live on."""
    token = request.cookies.get(COOKIE)
    if not token:
        return None
    runtime = current_runtime()
    now = runtime.now()
    with runtime.db() as session:
        found = staff_sessions.find_session(session, token, now=now)
    if found is None:
        return None
    if request.endpoint not in POLLED and staff_sessions.is_to_slide(found, now=now):
        with runtime.db.begin() as session:
            staff_sessions.slide(session, found, now=now)
        g.slid_token = token
    return found.staff


def _check_csrf() -> None:
    given = request.headers.get("X-CSRFToken") or request.form.get("csrf_token")
    try:
        validate_csrf(given)
    except ValueError:
        abort(400, "csrf")


def _ask_to_log_in() -> ResponseReturnValue:
    """Send readers to the login page; whoever was sending something is told how to keep it."""
    if request.headers.get("HX-Request"):
        return render_template("admin/errors/_logged_out.html"), 401
    if request.method in SAFE_METHODS:
        return redirect(url_for("admin.login.show", next=request.full_path.rstrip("?")))
    return render_template("admin/errors/logged_out.html"), 401
