"""Puts the program together. `gunicorn "app:create_app()"` and `flask --app app …` start here."""

import sys
from datetime import timedelta
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from bot import logs
from bot.settings import Settings, SettingsError
from handlers import admin, api, commands, errors, health, languages, processes, request_log, site
from handlers.line.webhook import Webhook

ADMIN_SESSION = timedelta(hours=12)


def create_app(settings: Settings | None = None) -> Flask:
    """Return the web application; the connections of a process are opened after the fork, at its first use."""
    settings = settings or _load_settings()
    logs.configure(settings.log_level)
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
    for part in (request_log, languages, errors, site, api, admin):
        part.init_app(app)
    app.register_blueprint(health.blueprint)
    app.register_blueprint(commands.blueprint)
    _put_in_front(app, settings)
    return app


def _put_in_front(app: Flask, settings: Settings) -> None:
    """LINE's door comes before Flask; proxies are believed as many times as the operator said."""
    wsgi: Any = Webhook(app.wsgi_app, app.extensions[processes.EXTENSION])
    hops = settings.trusted_proxies
    app.wsgi_app = ProxyFix(wsgi, x_for=hops, x_proto=hops, x_host=hops) if hops else wsgi  # type: ignore[method-assign]


def _load_settings() -> Settings:
    try:
        return Settings.load()
    except SettingsError as error:
        sys.exit(str(error))
