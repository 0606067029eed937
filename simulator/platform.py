"""LINE's own hosts in one place: api.line.me and api-data.line.me behind one gate."""

from flask import Blueprint, Response, jsonify

from simulator.account import account
from simulator.content import content
from simulator.gate import guard
from simulator.line_errors import LineError, answer_error
from simulator.mass_sending import mass_sending
from simulator.notifications import notifications
from simulator.rich_menu_aliases import rich_menu_aliases
from simulator.rich_menu_api import rich_menu_api
from simulator.roster import roster
from simulator.sending import sending


def make_platform() -> Blueprint:
    """All endpoints that need a channel access token."""
    platform = Blueprint("platform", __name__)
    guard(platform)
    for part in (sending, mass_sending, account, roster, notifications, rich_menu_aliases, rich_menu_api, content):
        platform.register_blueprint(part)
    platform.add_url_rule("/v2/bot/<path:anything>", view_func=unknown, methods=["GET", "POST", "PUT", "DELETE"])
    platform.register_error_handler(LineError, refused)
    return platform


def refused(error: LineError) -> Response:
    return answer_error(error)


def unknown(anything: str) -> tuple[Response, int]:  # noqa: ARG001
    """What LINE does not have."""
    return jsonify(message="Not found"), 404
