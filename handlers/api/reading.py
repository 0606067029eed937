"""Reading what callers send: bytes, JSON, the model that a resource asks for."""

import json
import sys
from collections.abc import Iterator
from typing import Any, NoReturn, TypeVar

from flask import request
from pydantic import BaseModel, ValidationError

from bot.errors import FieldFault
from handlers.api.fault_words import as_faults, written
from handlers.api.problems import ProblemError

MOST_BYTES = 1024 * 1024
MOST_LEVELS = 100
BIGGEST_NUMBER = 2**53 - 1  # beyond that JSON readers disagree
MOST_FAULTS = 100

M = TypeVar("M", bound=BaseModel)
Loc = tuple[int | str, ...]


def read_bytes() -> bytes:
    """Return the body. Raises ProblemError 413 for one that is too big."""
    request.max_content_length = MOST_BYTES
    if (request.content_length or 0) > MOST_BYTES:
        raise _too_big()
    raw = request.get_data(cache=False)
    if len(raw) > MOST_BYTES:
        raise _too_big()
    return raw


def read_json(raw: bytes, *, required: bool) -> bytes:
    """Return the JSON of a body in one fixed form, empty without a body.

    Raises ProblemError: 400 malformed, 415 no JSON, 422 for values that nobody could keep.
    """
    if not raw and not request.content_type:
        if required:
            raise ProblemError(400, "這個請求需要 JSON 內容。")
        return b""
    _check_type()
    if not raw and not required:
        return b""
    try:
        sent = json.loads(raw.decode("utf-8"), parse_constant=_refuse_constant)
        faults = list(_unusable(sent))
        canonical = b"" if faults else json.dumps(sent, sort_keys=True, separators=(",", ":")).encode()
    except RecursionError:
        raise _too_deep() from None
    except ValueError:
        raise ProblemError(400, "內容不是正確的 JSON。") from None
    if faults:
        raise ProblemError(422, "內容有誤，請修正標示的欄位。", faults=faults)
    return canonical


def as_model(model: type[M], sent: bytes) -> M:
    """Return the body as a resource wants it. Raises ProblemError 422 with each fault at its field."""
    try:
        return model.model_validate_json(sent or b"{}")
    except ValidationError as error:
        raise _refused(error) from None


def as_form(model: type[M], fields: dict[str, Any]) -> M:
    """Return the fields beside a file as a resource wants them. Raises ProblemError 422."""
    faults = list(_unusable(fields))
    if faults:
        raise ProblemError(422, "內容有誤，請修正標示的欄位。", faults=faults)
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        raise _refused(error) from None


def read_query(model: type[M]) -> M:
    """Return what stands behind the question mark. Raises ProblemError 422."""
    faults = [
        FieldFault(name[:100], "這個參數只能出現一次。") for name, values in request.args.lists() if len(values) > 1
    ]
    given = request.args.to_dict()
    faults += list(_unusable(given))
    if faults:
        raise ProblemError(422, "內容有誤，請修正標示的欄位。", faults=faults)
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise _refused(error) from None


def _check_type() -> None:
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    encoded = request.headers.get("Content-Encoding", "identity").lower() != "identity"
    if request.mimetype != "application/json" or charset not in ("utf-8", "utf8") or encoded:
        raise ProblemError(415, "內容類型必須是 application/json，編碼為 UTF-8。")


def _too_big() -> ProblemError:
    return ProblemError(413, "內容最多 %(most)s 位元組。", {"most": MOST_BYTES})


def _too_deep() -> ProblemError:
    return ProblemError(400, "JSON 最多 %(most)s 層。", {"most": MOST_LEVELS})


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _refused(error: ValidationError) -> ProblemError:
    found = error.errors(include_url=False, include_input=False, include_context=True)
    return ProblemError(422, "內容有誤，請修正標示的欄位。", faults=as_faults(found[:MOST_FAULTS]))


def _unusable(sent: object) -> Iterator[FieldFault]:
    """Yield values that no database or other reader of JSON could keep. Does not call itself: depth is theirs."""
    waiting: list[tuple[Loc, Any]] = [((), sent)]
    while waiting:
        place, one = waiting.pop()
        if len(place) > MOST_LEVELS:
            raise _too_deep()
        if isinstance(one, dict):
            for name, value in one.items():
                if not _is_text(name):
                    yield FieldFault(written(place) or "", "欄位名稱含有無法使用的字元。")
                else:
                    waiting.append(((*place, name), value))
        elif isinstance(one, list):
            waiting.extend(((*place, index), value) for index, value in enumerate(one))
        elif isinstance(one, str) and not _is_text(one):
            yield FieldFault(written(place), "文字含有無法使用的字元（NUL 或不成對的代理字元）。")
        elif isinstance(one, int | float) and not abs(one) <= _greatest(one):
            yield FieldFault(written(place), "數字太大。")


def _greatest(number: float) -> float:
    return BIGGEST_NUMBER if isinstance(number, int) else sys.float_info.max


def _is_text(text: str) -> bool:
    if "\x00" in text:
        return False
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
