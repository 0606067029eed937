"""The admin at /admin, for the brand's staff."""

from flask import Blueprint, Flask

from handlers.admin import (
    access,
    api_tokens,
    audit,
    chat,
    dashboard,
    display,
    events,
    fallback,
    friend,
    friends,
    games,
    greeting,
    headers,
    keyword_rules,
    links,
    login,
    me,
    messages,
    quiz_results,
    quizzes,
    referrals,
    refusals,
    roster,
    segments,
    settings,
    staff,
    tags,
)

PAGES = (
    login,
    dashboard,
    friends,
    friend,
    tags,
    segments,
    links,
    roster,
    keyword_rules,
    messages,
    fallback,
    greeting,
    quizzes,
    quiz_results,
    referrals,
    games,
    chat,
    settings,
    staff,
    api_tokens,
    events,
    audit,
    me,
)


def init_app(app: Flask) -> None:
    """Hang the admin into the application; its hooks run for its own routes only."""
    admin = Blueprint("admin", __name__, url_prefix="/admin", template_folder="templates", static_folder="static")
    admin.before_request(headers.make_nonce)
    admin.before_request(access.check)
    admin.after_request(headers.add)
    refusals.init_app(admin)
    display.init_app(app, admin)
    for page in PAGES:
        admin.register_blueprint(page.blueprint)
    app.config["WTF_CSRF_TIME_LIMIT"] = None  # a form may stay open as long as the login lives
    login.init_app(app)
    keyword_rules.init_app(app)
    app.register_blueprint(admin)
