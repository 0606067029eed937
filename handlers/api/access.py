"""Who calls the API, what they may do, and how fast."""

from datetime import datetime

from flask import current_app, g, request

from bot.runtime import Runtime
from bot.services import api_tokens
from bot.services.audit import Actor
from handlers.api.limits import Limits
from handlers.api.problems import ProblemError
from models import ActorKind, ApiToken, Role

EXTENSION = "yanglai_api_limits"
RANKS = {role: rank for rank, role in enumerate((Role.VIEWER, Role.MARKETER, Role.OWNER))}
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="api"'}


def admit(runtime: Runtime, role: Role, *, now: datetime) -> ApiToken:
    """Return the token of this request. Raises ProblemError: 401 unknown, 429 too fast, 403 not allowed."""
    token = _find(runtime)
    if token is None:
        raise ProblemError(401, "請在 Authorization 標頭提供有效的 Bearer 金鑰。", headers=CHALLENGE)
    g.api_token = token
    limits: Limits = current_app.extensions[EXTENSION]
    wait = limits.spend(token.id)
    if wait:
        raise ProblemError(429, "請求太頻繁，請稍後再試。", headers={"Retry-After": str(wait)})
    if RANKS[token.role] < RANKS[role]:
        raise ProblemError(403, "這個金鑰的權限不能這麼做。")
    if api_tokens.use_is_due(token, now):
        with runtime.db.begin() as session:
            api_tokens.note_use(session, token.id, now=now)
    return token


def current_token() -> ApiToken:
    """Return the token of this request, once it is admitted."""
    token: ApiToken = g.api_token
    return token


def current_actor() -> Actor:
    """Return whoever changes something in this request."""
    token = current_token()
    return Actor(ActorKind.API, token.id, token.name)


def _find(runtime: Runtime) -> ApiToken | None:
    scheme, _, plain = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not plain.strip():
        return None
    with runtime.db() as session:
        return api_tokens.find_by_plain(session, plain.strip())
