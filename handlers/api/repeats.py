"""POST under an `Idempotency-Key`: it takes effect once, and every repeat gets the first answer."""

import hashlib
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime

from flask import Response, current_app, request
from sqlalchemy.orm import Session

from bot.errors import BotError
from bot.runtime import Runtime
from bot.services import idempotency_keys
from handlers.api import problems
from handlers.api.problems import ProblemError
from models import ApiToken, IdempotencyKey

HEADER = "Idempotency-Key"
LONGEST_KEY = 255
_KEY = re.compile(rf"[!-~]{{1,{LONGEST_KEY}}}")
EXTENSION = "yanglai_api_running"

Act = Callable[[Session], Response]


class Running:
    """The keys that this process works on in this moment."""

    def __init__(self) -> None:
        self._keys: set[tuple[int, str, str]] = set()
        self._lock = threading.Lock()

    @property
    def is_busy(self) -> bool:
        """Whether any key is being worked on."""
        return bool(self._keys)

    @contextmanager
    def hold(self, key: tuple[int, str, str]) -> Iterator[None]:
        """Work on a key alone. Raises ProblemError 409 while another thread does."""
        with self._lock:
            if key in self._keys:
                raise _still_running()
            self._keys.add(key)
        try:
            yield
        finally:
            with self._lock:
                self._keys.discard(key)


def key_of_request() -> str | None:
    """Return the key of a POST. Raises ProblemError 400 for one that cannot be a key."""
    if request.method != "POST" or HEADER not in request.headers:
        return None
    key = request.headers[HEADER]
    if not _KEY.fullmatch(key):
        raise ProblemError(400, "Idempotency-Key 要有 1 到 %(most)s 個可見的 ASCII 字元。", {"most": LONGEST_KEY})
    return key


def once(runtime: Runtime, token: ApiToken, key: str, sent: bytes, act: Act, *, now: datetime) -> Response:
    """Act, and keep the answer in the same transaction; or give the answer that was kept.

    What a service refuses is an answer as well, kept without any effect. An unforeseen failure keeps nothing.
    Raises ProblemError: 409 while the first request is running, 422 if that one had another body.
    """
    path = request.path
    body_hash = hashlib.sha256(request.query_string + b"\n" + sent).hexdigest()
    running: Running = current_app.extensions[EXTENSION]
    with running.hold((token.id, path, key)), runtime.db.begin() as session:
        if not idempotency_keys.try_lock(session, token.id, path, key):
            raise _still_running()
        first = idempotency_keys.find(session, token.id, path, key, now=now)
        if first is not None:
            return _first_answer(first, body_hash)
        answer = _try(session, act, session.begin_nested())
        _keep(session, token, key, path, body_hash, answer, now)
        return answer


def once_repeatable(runtime: Runtime, token: ApiToken, key: str, sent: bytes, act: Act, *, now: datetime) -> Response:
    """Like `once`, for what works in transactions of its own and does no harm when done again.

    The answer is kept after the effect; after a crash in between the repeat acts again.
    """
    path = request.path
    body_hash = hashlib.sha256(request.query_string + b"\n" + sent).hexdigest()
    running: Running = current_app.extensions[EXTENSION]
    with running.hold((token.id, path, key)):
        with runtime.db.begin() as session:
            first = idempotency_keys.find(session, token.id, path, key, now=now)
        if first is not None:
            return _first_answer(first, body_hash)
        with runtime.db() as session:
            answer = _try(session, act, nullcontext())
        with runtime.db.begin() as session:
            if not idempotency_keys.try_lock(session, token.id, path, key):
                raise _still_running()
            first = idempotency_keys.find(session, token.id, path, key, now=now)
            if first is not None:
                return _first_answer(first, body_hash)
            _keep(session, token, key, path, body_hash, answer, now)
        return answer


def _try(session: Session, act: Act, within: AbstractContextManager[object]) -> Response:
    """Return what was done, or why it was refused."""
    try:
        with within:
            return act(session)
    except BotError as error:
        return problems.answer(problems.of(error))
    except ProblemError as problem:
        return problems.answer(problem)


def _first_answer(first: IdempotencyKey, body_hash: str) -> Response:
    if first.body_hash != body_hash:
        raise ProblemError(422, "這個 Idempotency-Key 已經用於另一個內容不同的請求。")
    return Response(first.answer, first.status, content_type=first.content_type)


def _keep(
    session: Session, token: ApiToken, key: str, path: str, body_hash: str, answer: Response, now: datetime
) -> None:
    idempotency_keys.keep(
        session,
        token.id,
        path,
        key,
        body_hash=body_hash,
        status=answer.status_code,
        content_type=answer.content_type or "",
        answer=answer.get_data(),
        now=now,
    )


def _still_running() -> ProblemError:
    return ProblemError(409, "同一個 Idempotency-Key 的請求還在處理中，請稍後再試。", headers={"Retry-After": "1"})
