"""Dates as attributes hold them: `2026-11-20` and nothing else, so that their order is that of their letters."""

import re

DATE_PATTERN = (  # the same in Python and PostgreSQL; a day that no calendar has is no date
    r"^(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    r"|02-(?:0[1-9]|1[0-9]|2[0-8]))|(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
    r"-02-29)$"
)
_DATE = re.compile(DATE_PATTERN.removeprefix("^").removesuffix("$"))


def is_date(value: object) -> bool:
    """Whether this is a date of the calendar, written like 2026-11-20."""
    return isinstance(value, str) and _DATE.fullmatch(value) is not None
