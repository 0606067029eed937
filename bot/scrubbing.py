"""Keeps people and secrets out of the log: whatever looks like one is masked."""

import re

MASKS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\[parameters: .*"), "[parameters: …]"),  # SQLAlchemy shows the values of a failed statement
    (re.compile(r"DETAIL: .*"), "DETAIL: …"),  # PostgreSQL shows the row
    (re.compile(r"input_value=.*?, input_type="), "input_value=…, input_type="),  # pydantic shows what it refused
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]+"), r"\1 …"),
    (re.compile(r"(?i)(reply_?token|access_?token|password|secret)([\"']?\s*[:=]\s*[\"']?)[^\s\"',}&]+"), r"\1\2…"),
    (re.compile(r"\byanglai_[\w-]{20,}"), "yanglai_…"),  # a token of our own API
    (re.compile(r"://[^\s/@:]*:[^\s/@]+@"), "://…@"),  # the password in a database's address
    (re.compile(r"(?<![0-9A-Za-z])[UCR][0-9a-f]{32}(?![0-9a-f])"), "U…"),
    (re.compile(r"(?<![\w-])\+\d{8,15}\b"), "+…"),
    (re.compile(r"(?<![\w-])(?:886|0)[ -]?\d(?:[ -]?\d){7,8}(?![\w-])"), "0…"),
    (re.compile(r"(?<![\w-])(?=[^\W\d]*\d)(?=\d*[^\W\d])\w{28,}"), "…"),  # reply tokens, keys, hashes
)


def scrub(text: str) -> str:
    """Return the text without LINE ids, tokens, phone numbers and values of failed statements."""
    for pattern, mask in MASKS:
        text = pattern.sub(mask, text)
    return text
