"""Puts the simulator together as a Flask application."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, jsonify, request
from flask.json.provider import DefaultJSONProvider
from flask.typing import ResponseReturnValue

from simulator.chat import chat
from simulator.control_crowds import control_crowds
from simulator.control_liff import control_liff
from simulator.control_people import control_people
from simulator.control_platform import control_platform
from simulator.liff import liff
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
    for part in (make_platform(), login, liff, control_people, control_crowds, control_platform, control_liff, chat):
        app.register_blueprint(part)
    app.before_request(check_visitor)
    app.after_request(protect)
    return app


def check_visitor() -> ResponseReturnValue | None:
    """Pages and control API are for this machine, and not for other web sites in its browser."""
    if request.path.startswith(("/v2/", "/bot/", "/oauth2/v2.1/", "/friendship/", "/dialog/", "/liff/")):
        return None
    world: World = current_app.extensions["world"]
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        return jsonify(error="other web sites may not ask"), 403
    if not world.settings.remote_control and not is_loopback(request.remote_addr):
        return jsonify(error="only this machine may ask"), 403
    return None


def is_loopback(address: str | None) -> bool:
    return address is not None and ip_address(address).is_loopback


def protect(response: Response) -> Response:
    """Pages run nothing but the simulator's own scripts."""
    if response.mimetype == "text/html":
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["Referrer-Policy"] = "no-referrer"
    if not request.path.startswith("/simulator/static"):
        response.headers["Cache-Control"] = "no-store"
    return response
