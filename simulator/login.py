"""LINE Login v2.1 and account linking: the pages people see and the endpoints behind them."""

import hmac
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

from simulator.logins import ISSUER, Grant, challenge_of
from simulator.people import BLOCKED, EVER_FOLLOWED, FOLLOWING
from simulator.world import World, current_world

login = Blueprint("login", __name__)
LINK_TOKEN_SECONDS = 600
LISTED_PEOPLE = 50


def with_parameters(uri: str, parameters: dict[str, str]) -> str:
    return uri + ("&" if urlsplit(uri).query else "?") + urlencode(parameters)


@login.get("/oauth2/v2.1/authorize")
def authorize_page() -> ResponseReturnValue:
    """Let the visitor choose who to log in as."""
    world, wish = current_world(), request.args
    missing = [name for name in ("response_type", "client_id", "redirect_uri", "state", "scope") if not wish.get(name)]
    if missing:
        abort(400, f"missing: {', '.join(missing)}")
    if wish["response_type"] != "code" or wish["client_id"] != world.settings.login_channel_id:
        abort(400, "response_type must be code, client_id the login channel's")
    if urlsplit(wish["redirect_uri"]).scheme not in {"http", "https"}:
        abort(400, "redirect_uri must be a web address")
    people = [world.people.as_json(index) for index in listed_people(world)]
    refuse = {"error": "ACCESS_DENIED", "error_description": "The resource owner denied the request."}
    refusal = with_parameters(wish["redirect_uri"], {**refuse, "state": wish["state"]})
    return render_template("login.html", people=people, wish=wish.to_dict(), refusal=refusal, world=world)


def listed_people(world: World) -> list[int]:
    """People made one by one, then the newest of the generated ones."""
    chosen = list(dict.fromkeys([*world.people.with_details(), *world.people.newest(LISTED_PEOPLE)]))
    return chosen[:LISTED_PEOPLE]


@login.post("/oauth2/v2.1/authorize")
def authorize() -> ResponseReturnValue:
    """The visitor said yes as one person: back to the web site with a code."""
    world, form = current_world(), request.form
    index = world.people.index_of.get(form.get("line_user_id", ""))
    redirect_uri = form.get("redirect_uri", "")
    if index is None or urlsplit(redirect_uri).scheme not in {"http", "https"}:
        abort(400)
    changed = bool(form.get("add_friend")) and befriend(world, index)
    grant = Grant(
        line_user_id=world.people.ids[index],
        redirect_uri=redirect_uri,
        scope=form.get("scope", ""),
        granted_at=world.clock.seconds(),
        nonce=form.get("nonce", ""),
        code_challenge=form.get("code_challenge", ""),
        friendship_status_changed=changed,
    )
    parameters = {"code": world.logins.issue_code(grant), "state": form.get("state", "")}
    if form.get("bot_prompt"):
        parameters["friendship_status_changed"] = str(changed).lower()
    return redirect(with_parameters(redirect_uri, parameters))


def befriend(world: World, index: int) -> bool:
    """Add the account as a friend as the login page offers; False if it was one already."""
    if world.people.is_friend(index):
        return False
    world.people.set_flag(index, BLOCKED, False)
    world.people.set_flag(index, FOLLOWING | EVER_FOLLOWED, True)
    world.tell(index, world.event_of(index, "follow", answerable=True, follow={"isUnblocked": False}))
    return True


def refuse(error: str, description: str, status: int = 400) -> tuple[Response, int]:
    return jsonify(error=error, error_description=description), status


def is_our_channel(world: World) -> bool:
    given = (request.form.get("client_id", ""), request.form.get("client_secret", ""))
    known = (world.settings.login_channel_id, world.settings.login_channel_secret)
    return all(hmac.compare_digest(one.encode(), two.encode()) for one, two in zip(given, known, strict=True))


@login.post("/oauth2/v2.1/token")
def token() -> ResponseReturnValue:
    world, form = current_world(), request.form
    if not is_our_channel(world):
        return refuse("invalid_client", "invalid client_secret")
    kind = form.get("grant_type")
    if kind == "refresh_token":
        grant = world.logins.of_refresh_token(form.get("refresh_token", ""))
        if grant is None:
            return refuse("invalid_grant", "invalid refresh_token")
        return jsonify(tokens(world, grant))
    if kind != "authorization_code":
        return refuse("unsupported_grant_type", "unsupported grant_type")
    grant = world.logins.redeem(form.get("code", ""))
    if grant is None:
        return refuse("invalid_grant", "invalid authorization code")
    if grant.redirect_uri != form.get("redirect_uri"):
        return refuse("invalid_grant", "redirect_uri does not match")
    if grant.code_challenge and challenge_of(form.get("code_verifier", "")) != grant.code_challenge:
        return refuse("invalid_grant", "invalid code_verifier")
    answered = tokens(world, grant)
    if "openid" in grant.scope.split():
        answered["id_token"] = world.logins.id_token(grant, claims(world, grant))
    return jsonify(answered)


def tokens(world: World, grant: Grant) -> dict[str, Any]:
    access, refresh = world.logins.issue_tokens(grant)
    scope = " ".join(name for name in grant.scope.split() if name != "email")
    return {
        "access_token": access,
        "expires_in": 30 * 24 * 3600,
        "refresh_token": refresh,
        "scope": scope,
        "token_type": "Bearer",
    }


def claims(world: World, grant: Grant) -> dict[str, str]:
    """The claims about the person that the scopes allow."""
    details = world.people.details(world.people.index_of[grant.line_user_id])
    told: dict[str, str] = {}
    if "profile" in grant.scope.split():
        told["name"] = details.name
        if details.picture_url:
            told["picture"] = details.picture_url
    if "email" in grant.scope.split() and details.email:
        told["email"] = details.email
    return told


@login.get("/oauth2/v2.1/verify")
def verify_access_token() -> ResponseReturnValue:
    world = current_world()
    grant = world.logins.of_access_token(request.args.get("access_token", ""))
    if grant is None:
        return refuse("invalid_request", "access token expired")
    scope = tokens_scope(grant)
    left = world.logins.seconds_left(grant)
    return jsonify(scope=scope, client_id=world.settings.login_channel_id, expires_in=left)


def tokens_scope(grant: Grant) -> str:
    return " ".join(name for name in grant.scope.split() if name != "email")


@login.post("/oauth2/v2.1/verify")
def verify_id_token() -> ResponseReturnValue:
    world, form = current_world(), request.form
    told = world.logins.claims_of(form.get("id_token", ""))
    if told is None:
        return refuse("invalid_request", "Invalid IdToken.")
    wrong = {
        "Invalid IdToken Issuer.": told.get("iss") != ISSUER,
        "IdToken expired.": told.get("exp", 0) < world.clock.seconds(),
        "Invalid IdToken Audience.": told.get("aud") != form.get("client_id"),
        "Invalid IdToken Nonce.": "nonce" in form and told.get("nonce") != form["nonce"],
        "Invalid IdToken Subject Identifier.": "user_id" in form and told.get("sub") != form["user_id"],
    }
    for description, is_wrong in wrong.items():
        if is_wrong:
            return refuse("invalid_request", description)
    return jsonify(told)


@login.post("/oauth2/v2.1/revoke")
def revoke() -> ResponseReturnValue:
    world = current_world()
    if not is_our_channel(world):
        return refuse("invalid_client", "invalid client_secret")
    world.logins.revoke(request.form.get("access_token", ""))
    return Response(status=200)


def bearer_grant(world: World) -> Grant | None:
    scheme, _, name = request.headers.get("Authorization", "").partition(" ")
    return world.logins.of_access_token(name) if scheme == "Bearer" else None


@login.get("/v2/profile")
def get_profile() -> ResponseReturnValue:
    world = current_world()
    grant = bearer_grant(world)
    if grant is None:
        return jsonify(message="The access token is invalid or expired"), 401
    if "profile" not in grant.scope.split():
        return jsonify(message="The access token does not have the required scope"), 403
    details = world.people.details(world.people.index_of[grant.line_user_id])
    shown = {"userId": grant.line_user_id, "displayName": details.name}
    if details.picture_url:
        shown["pictureUrl"] = details.picture_url
    if details.status_message:
        shown["statusMessage"] = details.status_message
    return jsonify(shown)


@login.route("/oauth2/v2.1/userinfo", methods=["GET", "POST"])
def userinfo() -> ResponseReturnValue:
    world = current_world()
    grant = bearer_grant(world)
    if grant is None or "openid" not in grant.scope.split():
        return refuse("invalid_token", "The access token is invalid", 401)
    told = {name: value for name, value in claims(world, grant).items() if name != "email"}
    return jsonify(sub=grant.line_user_id, **told)


@login.get("/friendship/v1/status")
def friendship() -> ResponseReturnValue:
    world = current_world()
    grant = bearer_grant(world)
    if grant is None:
        return jsonify(message="The access token is invalid or expired"), 401
    return jsonify(friendFlag=world.people.is_friend(world.people.index_of[grant.line_user_id]))


@login.get("/dialog/bot/accountLink")
def link_account() -> ResponseReturnValue:
    """Finish linking: the link token says who it is, the webhook event tells the bot server."""
    world = current_world()
    line_user_id, issued_at = world.link_tokens.pop(request.args.get("linkToken", ""), ("", 0.0))
    nonce = request.args.get("nonce", "")
    if not line_user_id or world.clock.seconds() - issued_at > LINK_TOKEN_SECONDS or not 10 <= len(nonce) <= 255:
        return render_template("linked.html", linked=False, world=world), 400
    index = world.people.index_of[line_user_id]
    link = {"result": "ok", "nonce": nonce}
    world.tell(index, world.event_of(index, "accountLink", answerable=True, link=link))
    return render_template("linked.html", linked=True, world=world)
