"""Files that callers send as `multipart/form-data`, with a few fields beside them."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, get_origin

from flask import request
from pydantic import BaseModel
from werkzeug.exceptions import RequestEntityTooLarge

from bot.errors import FieldFault
from handlers.api.problems import ProblemError

MOST_BYTES = 5 * 1024 * 1024
KIND = "multipart/form-data"


@dataclass(frozen=True)
class Upload:
    """One file, and the fields beside it as they came."""

    name: str
    content: bytes
    fields: dict[str, Any]

    @property
    def sent(self) -> bytes:
        """What the same request repeated has in common with the first, whatever boundary it chose."""
        told = json.dumps([self.name, self.fields], sort_keys=True).encode()
        return told + hashlib.sha256(self.content).digest()


def read_upload(model: type[BaseModel]) -> Upload:
    """Return the file and the fields that `model` describes.

    Raises ProblemError: 413 too big, 415 no form, 422 without a file or with a field that came twice.
    """
    request.max_content_length = MOST_BYTES
    if request.mimetype != KIND:
        raise ProblemError(415, "內容類型必須是 multipart/form-data。")
    if (request.content_length or 0) > MOST_BYTES:
        raise _too_big()
    try:
        given, file = request.form, request.files.get("file")
    except RequestEntityTooLarge:  # sent in chunks, without saying how much
        raise _too_big() from None
    faults = [FieldFault("file", "請附上檔案。")] if file is None else []
    fields: dict[str, Any] = {}
    for name, values in given.lists():
        if _takes_many(model, name):
            fields[name] = values
        elif len(values) > 1:
            faults.append(FieldFault(name[:100], "這個欄位只能出現一次。"))
        else:
            fields[name] = values[0]
    if file is None or faults:
        raise ProblemError(422, "內容有誤，請修正標示的欄位。", faults=faults)
    return Upload(file.filename or "", file.read(), fields)


def _takes_many(model: type[BaseModel], name: str) -> bool:
    field = model.model_fields.get(name)
    return field is not None and get_origin(field.annotation) is list


def _too_big() -> ProblemError:
    return ProblemError(413, "內容最多 %(most)s 位元組。", {"most": MOST_BYTES})
