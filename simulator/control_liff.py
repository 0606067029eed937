"""Control API: the LIFF tab of the console, and tapping a LIFF URL in a chat."""

from flask import Blueprint, Response, jsonify, redirect, request
from flask.typing import ResponseReturnValue

from simulator.liff_apps import SCOPES
from simulator.wishes import person_index, refuse, said, wishes
from simulator.world import current_world

control_liff = Blueprint("control_liff", __name__, url_prefix="/simulator")
MOST_APPS = 30


@control_liff.get("/liff-apps")
def list_apps() -> Response:
    return jsonify(apps=[app.as_json() for app in current_world().liff_apps.by_id.values()])


@control_liff.put("/liff-apps/<liff_id>")
def register_app(liff_id: str) -> Response:
    """Add an app or change it: {endpoint_url, scopes, view_type}."""
    apps, body = current_world().liff_apps, wishes()
    scopes = body.get("scopes", ["openid", "profile", "chat_message.write"])
    if not isinstance(scopes, list) or not all(isinstance(scope, str) for scope in scopes):
        refuse(f"scopes are of {', '.join(SCOPES)}")
    if len(apps.by_id) >= MOST_APPS and liff_id not in apps.by_id:
        refuse(f"a channel has up to {MOST_APPS} LIFF apps")
    view_type = said(body, "view_type", default="full")
    try:
        app = apps.register(liff_id, said(body, "endpoint_url"), scopes=tuple(scopes), view_type=view_type)
    except ValueError as error:
        refuse(str(error))
    return jsonify(app.as_json())


@control_liff.delete("/liff-apps/<liff_id>")
def remove_app(liff_id: str) -> Response:
    return jsonify(removed=current_world().liff_apps.by_id.pop(liff_id, None) is not None)


@control_liff.get("/people/<line_user_id>/liff/<liff_id>")
def open_in_line(line_user_id: str, liff_id: str) -> ResponseReturnValue:
    """A LIFF URL tapped in a chat, ?state= being what stood behind the id: LINE knows who tapped."""
    world = current_world()
    index, app = person_index(line_user_id), world.liff_apps.by_id.get(liff_id)
    if app is None:
        refuse("there is no such LIFF app", 404)
    name = world.liff_apps.open(app, world.people.ids[index])
    return redirect(f"{app.primary_url(request.args.get('state', ''))}#context_token={name}")
