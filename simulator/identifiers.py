"""Ids and tokens shaped like LINE's: request ids, ULIDs, message ids, reply and quote tokens."""

import itertools
import os
import secrets
import uuid

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_message_numbers = itertools.count(500_000_000_000_000_001)


def request_id() -> str:
    return str(uuid.UUID(bytes=os.urandom(16), version=4))


def ulid(milliseconds: int) -> str:
    """A webhook event id: 48 bits of time, 80 of chance, in Crockford's base 32."""
    number = (milliseconds << 80) | int.from_bytes(os.urandom(10), "big")
    return "".join(CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))


def message_id() -> str:
    return str(next(_message_numbers))


def reply_token() -> str:
    return secrets.token_hex(16)


def quote_token() -> str:
    return secrets.token_urlsafe(48)


def opaque_token() -> str:
    return secrets.token_urlsafe(24)


def group_id() -> str:
    return "C" + secrets.token_hex(16)


def room_id() -> str:
    return "R" + secrets.token_hex(16)
