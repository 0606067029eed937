"""Refusals in LINE's words (reference/messaging-api#error-responses)."""

from typing import Any

from flask import Response, jsonify

Detail = dict[str, str]


class LineError(Exception):
    """A refusal: status, message and perhaps details or more of the body."""

    def __init__(self, status: int, message: str, details: list[Detail] | None = None, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, Any] = {"message": message, **more}
        if details:
            self.body["details"] = details
        self.headers: dict[str, str] = {}


def answer_error(error: LineError) -> Response:
    response = jsonify(error.body)
    response.status_code = error.status
    response.headers.update(error.headers)
    return response


class Problems:
    """Faults of a request body, gathered so that all are told at once."""

    def __init__(self) -> None:
        self.details: list[Detail] = []

    def add(self, place: str, message: str) -> None:
        self.details.append({"message": message, "property": place})

    def refuse(self) -> None:
        """Raise LineError if anything was found."""
        if self.details:
            raise LineError(400, f"The request body has {len(self.details)} error(s)", self.details)


def bad_property(place: str) -> LineError:
    """A property of the wrong kind."""
    return LineError(400, f"The property, {place}, in the request body is invalid (line: -, column: -)")


def bad_path_value(name: str) -> LineError:
    return LineError(400, f"The value for the '{name}' parameter is invalid")


def not_found(message: str = "Not found") -> LineError:
    return LineError(404, message)


def too_fast() -> LineError:
    return LineError(429, "The API rate limit has been exceeded. Try again later.")


def monthly_limit() -> LineError:
    return LineError(429, "You have reached your monthly limit.")


def not_available() -> LineError:
    return LineError(403, "Access to this API is not available for your account")


def failed_to_send(status: int = 400) -> LineError:
    return LineError(status, "Failed to send messages")
