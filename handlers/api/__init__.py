"""Other systems: `/api/v1`."""

from flask import Flask, Response, request

from handlers.api import (
    access,
    chats,
    docs,
    draws,
    friend_tags,
    friends,
    games,
    greeting,
    keyword_rules,
    links,
    quiz_results,
    quizzes,
    referrals,
    repeats,
    reports,
    rosters,
    segments,
    settings,
    tag_groups,
    tag_imports,
    tags,
    timelines,
    uploaded_lists,
)
from handlers.api.limits import Limits
from handlers.api.openapi import PREFIX
from handlers.api.repeats import Running

RESOURCES = (
    friends,
    friend_tags,
    rosters,
    timelines,
    chats,
    tags,
    tag_groups,
    tag_imports,
    segments,
    uploaded_lists,
    keyword_rules,
    quizzes,
    quiz_results,
    games,
    draws,
    referrals,
    greeting,
    links,
    reports,
    settings,
)


def init_app(app: Flask) -> None:
    """Open the API's doors."""
    app.extensions[access.EXTENSION] = Limits()
    app.extensions[repeats.EXTENSION] = Running()
    for resource in RESOURCES:
        app.register_blueprint(resource.blueprint, url_prefix=PREFIX)
    app.register_blueprint(docs.blueprint, url_prefix=PREFIX)
    app.after_request(keep_private)


def keep_private(response: Response) -> Response:
    """Nobody on the way keeps answers of the API; they depend on the token and on the reader's language."""
    if request.path.startswith(f"{PREFIX}/"):
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.vary.update(("Authorization", "Accept-Language"))
    return response
