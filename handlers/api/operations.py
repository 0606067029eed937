"""One call of the API from door to door: who, what, in which transaction, and the answer."""

import functools
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from flask import Response
from pydantic import BaseModel
from sqlalchemy.orm import Session

from bot.errors import BotError
from bot.runtime import Runtime
from bot.services.audit import Actor
from handlers.api import access, problems, reading, repeats, uploads
from handlers.api.problems import ProblemError
from handlers.api.shapes import Form, Query
from handlers.processes import current_runtime
from models import ApiToken, Role

JSON = "application/json"
NO_CONTENT = 204

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Operation:
    """What an operation promises; the OpenAPI document is made from it."""

    summary: str
    details: str
    role: Role
    answer: type[BaseModel] | None
    status: int
    body: type[BaseModel] | None
    body_required: bool
    query: type[Query] | None
    writes: bool
    refusals: tuple[int, ...]
    form: type[Form] | None
    repeatable: bool


@dataclass(frozen=True)
class Call:
    """What a resource works with: an open transaction, whoever acts, the moment."""

    session: Session
    runtime: Runtime
    token: ApiToken
    now: datetime

    @property
    def actor(self) -> Actor:
        """Whoever changes something."""
        return access.current_actor()


def operation(
    summary: str,
    *,
    details: str = "",
    role: Role,
    answer: type[BaseModel] | None = None,
    status: int = 200,
    body: type[BaseModel] | None = None,
    body_required: bool = True,
    query: type[Query] | None = None,
    writes: bool = True,
    refusals: tuple[int, ...] = (),
    form: type[Form] | None = None,
    repeatable: bool = False,
) -> Callable[[View], Callable[..., Response]]:
    """Make a resource's function an operation of the API.

    The function gets the call, the parts of the path, and `body` and `query` where there are any; with a `form`
    also `upload` and, as `body`, the fields beside the file. It runs in one transaction (a read-only one without
    `writes`) and returns what is to be answered, which is written before the commit. Under an `Idempotency-Key` it
    runs once; one that is `repeatable` opens transactions of its own, and may run again after a crash.
    """
    promise = Operation(
        summary, details, role, answer, status, body, body_required, query, writes, refusals, form, repeatable
    )

    def decorate(view: View) -> Callable[..., Response]:
        @functools.wraps(view)
        def perform(**path: Any) -> Response:
            try:
                return _perform(promise, view, path)
            except ProblemError as problem:
                return problems.answer(problem)
            except BotError as error:
                return problems.answer(problems.of(error))

        perform.operation = promise  # type: ignore[attr-defined]
        return perform

    return decorate


def _perform(promise: Operation, view: Callable[..., Any], path: dict[str, Any]) -> Response:
    runtime = current_runtime()
    now = runtime.now()
    token = access.admit(runtime, promise.role, now=now)
    given = dict(path)
    if promise.query is not None:
        given["query"] = reading.read_query(promise.query)
    sent = b""
    if promise.body is not None:
        sent = reading.read_json(reading.read_bytes(), required=promise.body_required)
        given["body"] = reading.as_model(promise.body, sent)

    if promise.form is not None:
        upload = uploads.read_upload(promise.form)
        sent = upload.sent
        given |= {"upload": upload, "body": reading.as_form(promise.form, upload.fields)}

    def act(session: Session) -> Response:
        return _written(promise, view(Call(session, runtime, token, now), **given), runtime)

    key = repeats.key_of_request()
    if key is not None:
        once = repeats.once_repeatable if promise.repeatable else repeats.once
        return once(runtime, token, key, sent, act, now=now)
    transaction: AbstractContextManager[Session] = runtime.db.begin() if promise.writes else runtime.db()
    with transaction as session:
        return act(session)


def _written(promise: Operation, answered: BaseModel | None, runtime: Runtime) -> Response:
    """Write the answer while the transaction is open."""
    if answered is None:
        return Response(status=NO_CONTENT)
    written = answered.model_dump_json(context={"zone": runtime.settings.zone}, by_alias=True)
    return Response(written.encode(), promise.status, content_type=JSON)


def operation_of(view: Callable[..., Any]) -> Operation | None:
    """Return the promise of a view of ours, None for any other."""
    found: Operation | None = getattr(view, "operation", None)
    return found
