"""Shapes that all resources share: bodies, answers, moments, pages."""

from datetime import UTC, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    SerializationInfo,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

EARLIEST, LATEST = datetime(1970, 1, 2, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
LONGEST_MOMENT = 40
MOST_ON_A_PAGE = 200
BIGGEST_ID = 2**31 - 1


def _read_moment(value: object) -> datetime:
    if isinstance(value, datetime):
        return value
    moment = None
    if isinstance(value, str) and len(value) <= LONGEST_MOMENT and value.isascii():
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            moment = None
    if moment is None or moment.tzinfo is None or not EARLIEST.year < moment.year < LATEST.year:
        raise PydanticCustomError("moment", "not a moment with an offset")
    return moment.astimezone(UTC)


def _write_moment(value: datetime, info: SerializationInfo) -> str:
    zone: ZoneInfo = (info.context or {})["zone"]
    return value.astimezone(zone).isoformat()


Moment = Annotated[
    datetime,
    PlainValidator(_read_moment),
    PlainSerializer(_write_moment, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-20T12:00:00+08:00"]}),
]
Message = Annotated[
    dict[str, Any],
    WithJsonSchema(
        {
            "type": "object",
            "required": ["type"],
            "properties": {"type": {"type": "string"}},
            "additionalProperties": True,
            "examples": [{"type": "text", "text": "{{name}} 您好"}],
            "description": "LINE message object",
        }
    ),
]
Messages = Annotated[list[Message], Field(max_length=5)]
TagId = Annotated[int, Field(ge=1, le=BIGGEST_ID)]
TagName = Annotated[str, StringConstraints(min_length=1, max_length=200)]
TagsGiven = Annotated[list[TagId | TagName], Field(max_length=50)]
After = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,18}$")]


class Body(BaseModel):
    """What callers send: unknown fields are refused, nothing is converted."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True, allow_inf_nan=False)


def _without_defaults(schema: dict[str, Any]) -> None:
    for field in schema.get("properties", {}).values():
        field.pop("default", None)


class Changes(Body):
    """A body of which each field may be left out; what is left out stays as it is."""

    model_config = ConfigDict(json_schema_extra=_without_defaults)

    def given(self) -> dict[str, Any]:
        """Return the fields that were sent."""
        return {name: getattr(self, name) for name in self.model_fields_set}


def _with_file(schema: dict[str, Any]) -> None:
    file = {"type": "string", "contentMediaType": "application/octet-stream"}
    schema["properties"] = {"file": file, **schema.get("properties", {})}
    schema["required"] = ["file", *schema.get("required", ())]


class Form(BaseModel):
    """A file, and fields beside it, each a text. Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, json_schema_extra=_with_file)


class Query(BaseModel):
    """What callers ask for in the address: unknown names are refused."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class PageQuery(Query):
    """Which part of a list."""

    limit: Annotated[int, Field(ge=1, le=MOST_ON_A_PAGE)] = 50
    after: After | None = None

    @property
    def after_id(self) -> int:
        """The id to go on after; 0 for the beginning. No column of such ids holds more than 31 bits."""
        return min(self.after_big_id, BIGGEST_ID)

    @property
    def after_big_id(self) -> int:
        """The same for tables that may hold thousands of millions of rows."""
        return int(self.after) if self.after else 0


class Answer(BaseModel):
    """What callers get."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)


class FieldError(Answer):
    """One field that cannot be taken, and why."""

    field: str
    message: str


class Problem(BaseModel):
    """A refusal (RFC 9457)."""

    title: str
    status: int
    detail: str
    errors: list[FieldError] | None = None
