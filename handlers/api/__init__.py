"""Other systems: `/api/v1`."""

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from handlers.api import access, greeting, keyword_rules, problems, repeats, tags
from handlers.api.limits import Limits
from handlers.api.problems import ProblemError
from handlers.api.repeats import Running

PREFIX = "/api/v1"
BLUEPRINTS = (tags.blueprint, keyword_rules.blueprint, greeting.blueprint)


def init_app(app: Flask) -> None:
    """Open the API's doors."""
    app.extensions[access.EXTENSION] = Limits()
    app.extensions[repeats.EXTENSION] = Running()
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint, url_prefix=PREFIX)
    app.before_request(refuse_unknown)
    app.after_request(keep_private)


def refuse_unknown() -> Response | None:
    """Answer an address or a method that the API does not have."""
    error = request.routing_exception
    if not isinstance(error, HTTPException) or not _is_ours():
        return None
    status = error.code or 404
    if status < 400:
        return None
    headers = {name: value for name, value in error.get_headers() if name == "Allow"}
    text = "不支援這個方法。" if status == 405 else "沒有這個網址。"
    return problems.answer(ProblemError(status, text, headers=headers))


def keep_private(response: Response) -> Response:
    """Nobody on the way keeps answers of the API; they depend on the token and on the reader's language."""
    if _is_ours():
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.vary.update(("Authorization", "Accept-Language"))
    return response


def _is_ours() -> bool:
    return request.path == PREFIX or request.path.startswith(f"{PREFIX}/")
