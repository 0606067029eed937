"""Refusals as `application/problem+json` (RFC 9457), in the reader's language."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from flask import Response
from flask_babel import get_locale, gettext

from bot.errors import BotError, ConflictError, FieldFault, GatewayError, InvalidInputError, NotFoundError
from bot.messages import Fault, MessageFaultsError, sentence
from bot.services.message_faults import as_field_faults

CONTENT_TYPE = "application/problem+json"

STATUSES: tuple[tuple[type[BotError], int], ...] = (
    (NotFoundError, 404),
    (ConflictError, 409),
    (InvalidInputError, 422),
    (MessageFaultsError, 422),
    (GatewayError, 502),
)


@dataclass
class ProblemError(Exception):
    """A request that is refused before it reaches a service."""

    status: int
    text: str
    values: Mapping[str, object] = field(default_factory=dict)
    faults: Sequence[FieldFault] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


def answer(problem: ProblemError) -> Response:
    """Say what is wrong with a request."""
    body: dict[str, object] = {
        "title": _title(problem.status),
        "status": problem.status,
        "detail": say(problem.text, problem.values),
    }
    if problem.faults:
        body["errors"] = list(_errors(problem.faults))
    written = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    response = Response(written, problem.status, content_type=CONTENT_TYPE)
    response.headers.update(dict(problem.headers))
    return response


def of(error: BotError) -> ProblemError:
    """Return what an expected failure of a service means to whoever called."""
    status = next((status for kind, status in STATUSES if isinstance(error, kind)), 400)
    faults: Sequence[FieldFault] = ()
    if isinstance(error, InvalidInputError):
        faults = error.faults
    elif isinstance(error, MessageFaultsError):
        faults = as_field_faults(error.faults)
    return ProblemError(status, error.text, error.values, faults)


def say(text: str, values: Mapping[str, object]) -> str:
    """Translate a text, then fill in its values."""
    spoken = {
        name: sentence(value, _language()) if isinstance(value, Fault) else value for name, value in values.items()
    }
    translated: str = gettext(text)
    return translated % spoken if spoken else translated


def _errors(faults: Iterable[FieldFault]) -> Iterable[dict[str, str]]:
    for fault in faults:
        yield {"field": fault.field, "message": say(fault.text, dict(fault.values))}


def _language() -> str:
    language = str(get_locale() or "zh")
    return language if language in ("en", "ja") else "zh-TW"


def _title(status: int) -> str:
    titles: dict[int, str] = {
        400: gettext("請求格式錯誤"),
        401: gettext("需要 API 金鑰"),
        403: gettext("權限不足"),
        404: gettext("找不到"),
        405: gettext("不支援這個方法"),
        409: gettext("與目前狀態衝突"),
        413: gettext("內容太大"),
        415: gettext("內容類型不符"),
        422: gettext("內容有誤"),
        429: gettext("請求太頻繁"),
        500: gettext("伺服器發生錯誤"),
        502: gettext("LINE 沒有回應"),
        503: gettext("暫時無法服務"),
    }
    otherwise: str = gettext("發生錯誤")
    return titles.get(status, otherwise)
