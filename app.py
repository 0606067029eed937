"""Puts the program together. `gunicorn "app:create_app()"` and `flask --app app …` start here."""

import sys
from datetime import timedelta

from flask import Flask

from bot.settings import Settings, SettingsError
from handlers import api, languages, processes, site
from handlers.line.webhook import Webhook

ADMIN_SESSION = timedelta(hours=12)


def create_app(settings: Settings | None = None) -> Flask:
    """Return the web application; the connections of a process are opened after the fork, at its first use."""
    settings = settings or _load_settings()
    app = Flask(__name__, static_folder=None)
    app.config.update(
        SECRET_KEY=settings.secret_key.get_secret_value(),
        SESSION_COOKIE_NAME="yanglai",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.public_url.startswith("https://"),
        PERMANENT_SESSION_LIFETIME=ADMIN_SESSION,
        MAX_CONTENT_LENGTH=20 * 1024 * 1024,
    )
    processes.init_app(app, settings)
    languages.init_app(app)
    site.init_app(app)
    api.init_app(app)
    app.wsgi_app = Webhook(app.wsgi_app, app.extensions[processes.EXTENSION])  # type: ignore[method-assign]
    return app


def _load_settings() -> Settings:
    try:
        return Settings.load()
    except SettingsError as error:
        sys.exit(str(error))
