"""LIFF: what stands behind liff.line.me, and what the script asks (docs/liff/opening-liff-app, reference/liff)."""

import json
from typing import Any

from flask import Blueprint, Response, abort, current_app, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

from simulator import acts, events, identifiers
from simulator.liff_apps import LiffApp, Opening
from simulator.line_errors import LineError, answer_error
from simulator.login import bearer_grant, befriend, claims, friendship, get_profile, listed_people, with_parameters
from simulator.logins import Grant
from simulator.message_checks import check_messages
from simulator.property_checks import UrlRule
from simulator.wishes import wishes
from simulator.world import World, current_world

liff = Blueprint("liff", __name__, url_prefix="/liff")
SENDABLE = ("text", "sticker", "image", "video", "audio", "location", "template", "flex")
LIFF_SESSION = "LIFF"  # marks grants that came from an app
NOT_GRANTED = "user doesn't grant required permissions yet"


@liff.after_request
def let_pages_ask(response: Response) -> Response:
    """The script runs on the app's own origin and asks from there; no cookie plays a part."""
    if request.path.startswith("/liff/sdk/") or request.path.startswith("/liff/edge/"):
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
    return response


@liff.get("/edge/2/sdk.js")
def script() -> Response:
    return current_app.send_static_file("liff_sdk.js")


def app_named(liff_id: str) -> LiffApp:
    app = current_world().liff_apps.by_id.get(liff_id)
    if app is None:
        abort(404, "there is no such LIFF app")
    return app


@liff.get("/<liff_id>")
@liff.get("/<liff_id>/<path:rest>")
def open_in_browser(liff_id: str, rest: str = "") -> ResponseReturnValue:
    """A LIFF URL in a browser: on to the endpoint, which asks for a login there."""
    query = request.query_string.decode()
    state = (f"/{rest}" if rest else "") + (f"?{query}" if query else "")
    return redirect(app_named(liff_id).primary_url(state))


@liff.get("/closed")
def closed() -> str:
    """Where a page goes that was closed and whose window cannot be."""
    return render_template("liff_closed.html")


@liff.get("/login")
def login_page() -> ResponseReturnValue:
    """`liff.login()` in a browser: the visitor chooses who to be."""
    world, wish = current_world(), request.args
    app = app_named(wish.get("liff_id", ""))
    redirect_uri = wish.get("redirect_uri") or app.endpoint_url
    if not app.covers(redirect_uri):
        abort(400, "redirect_uri must begin with the endpoint URL")
    people = [world.people.as_json(index) for index in listed_people(world)]
    return render_template("liff_login.html", people=people, app=app, redirect_uri=redirect_uri, world=world)


@liff.post("/login")
def login() -> ResponseReturnValue:
    """The visitor said yes as one person: back to the app's page with a code."""
    world, form = current_world(), request.form
    app = app_named(form.get("liff_id", ""))
    index = world.people.index_of.get(form.get("line_user_id", ""))
    redirect_uri = form.get("redirect_uri", "")
    if index is None or not app.covers(redirect_uri):
        abort(400)
    if form.get("add_friend"):
        befriend(world, index)
    code = world.liff_apps.open(app, world.people.ids[index], redirect_uri=redirect_uri)
    back = {"code": code, "state": identifiers.message_id(), "liffClientId": app.liff_id.partition("-")[0]}
    return redirect(with_parameters(redirect_uri, back))


@liff.get("/sdk/apps/<liff_id>")
def get_app(liff_id: str) -> Response:
    return jsonify(app_named(liff_id).as_json())


@liff.post("/sdk/openings")
def tell_who() -> ResponseReturnValue:
    """{liff_id, name, redirect_uri}: what the script knows after `liff.init()`, once for each opening."""
    world, body = current_world(), wishes()
    app = app_named(str(body.get("liff_id", "")))
    opening = world.liff_apps.take(str(body.get("name", "")), redirect_uri=str(body.get("redirect_uri", "")))
    if opening is None or opening.liff_id != app.liff_id:
        return jsonify(message="The opening is over"), 400
    return jsonify(tokens_of(world, app, opening))


def tokens_of(world: World, app: LiffApp, opening: Opening) -> dict[str, Any]:
    scope = " ".join(app.scopes)
    grant = Grant(opening.line_user_id, LIFF_SESSION, scope, world.clock.seconds())
    access_token, _ = world.logins.issue_tokens(grant)
    id_token = world.logins.id_token(grant, claims(world, grant)) if "openid" in app.scopes else None
    named = {"userId": opening.line_user_id, "inClient": not opening.redirect_uri}
    return {**named, "accessToken": access_token, "idToken": id_token, "app": app.as_json()}


liff.add_url_rule("/sdk/profile", view_func=get_profile)
liff.add_url_rule("/sdk/friendship", view_func=friendship)


@liff.post("/sdk/messages")
def send_messages() -> ResponseReturnValue:
    """{messages}: `liff.sendMessages()`, said by the person in their own chat with the account."""
    world, grant = current_world(), bearer_grant(current_world())
    if grant is None:
        return jsonify(message="The access token is invalid or expired"), 401
    if grant.redirect_uri != LIFF_SESSION or "chat_message.write" not in grant.scope.split():
        return jsonify(message=NOT_GRANTED), 403
    body = wishes()
    try:
        messages = check_messages(body, urls=UrlRule(allow_plain_http=True), kinds=SENDABLE)
    except LineError as error:
        return answer_error(error)
    for message in messages:
        say(world, world.people.index_of[grant.line_user_id], message)
    return jsonify({})


def say(world: World, index: int, message: dict[str, Any]) -> None:
    """Let a person say a message; templates and Flex reach the chat, but no webhook tells of them."""
    kind = message["type"]
    if kind == "text":
        acts.say(world, index, events.text(message["text"]))
    elif kind == "sticker":
        acts.say(world, index, events.sticker(message["packageId"], message["stickerId"]))
    elif kind == "location":
        place = (message["title"], message["address"], message["latitude"], message["longitude"])
        acts.say(world, index, events.location(*place))
    elif kind in {"image", "video", "audio"}:
        acts.say(world, index, external(kind, message), how_shown=message)
    else:
        shown = json.dumps({"messages": [message]}, ensure_ascii=False).encode()
        world.chats.add(index, "person", shown, world.new_message_ids(1), at_ms=world.clock.milliseconds())
        world.notices.post()


def external(kind: str, message: dict[str, Any]) -> dict[str, Any]:
    """A message whose content stands on somebody else's server."""
    urls = {name: message[name] for name in ("originalContentUrl", "previewImageUrl") if name in message}
    return {**events.media(kind), "contentProvider": {"type": "external", **urls}}
