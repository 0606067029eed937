"""Moments as they stand in the `next` of a list in order of time."""

from datetime import UTC, datetime, timedelta

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def written(at: datetime) -> str:
    """Return a moment as its microseconds."""
    return str((at - _BEGINNING) // _MICROSECOND)


def at_of(text: str) -> datetime:
    """Read a moment back; up to 17 digits are a moment of this world."""
    return _BEGINNING + int(text) * _MICROSECOND
