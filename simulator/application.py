"""Puts the simulator together as a Flask application."""

from flask import Flask, Response, request
from flask.json.provider import DefaultJSONProvider

from simulator.chat import chat
from simulator.control_crowds import control_crowds
from simulator.control_people import control_people
from simulator.control_platform import control_platform
from simulator.login import login
from simulator.platform import make_platform
from simulator.settings import Settings
from simulator.world import World

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data: blob: http: https:; media-src 'self' blob: http: https:; "
    "form-action 'self' http: https:; base-uri 'none'; frame-ancestors 'none'"
)


def create_app(settings: Settings) -> Flask:
    """The simulated platform of one LINE Official Account; its world lives in `app.extensions["world"]`."""
    app = Flask(__name__, static_folder="static", static_url_path="/simulator/static")
    if isinstance(app.json, DefaultJSONProvider):
        app.json.ensure_ascii = False
        app.json.sort_keys = False
        app.json.compact = True
    app.extensions["world"] = World(settings)
    for part in (make_platform(), login, control_people, control_crowds, control_platform, chat):
        app.register_blueprint(part)
    app.after_request(protect)
    return app


def protect(response: Response) -> Response:
    """Pages run nothing but the simulator's own scripts."""
    if response.mimetype == "text/html":
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["Referrer-Policy"] = "no-referrer"
    if not request.path.startswith("/simulator/static"):
        response.headers["Cache-Control"] = "no-store"
    return response
