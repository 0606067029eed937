"""Ids and tokens shaped like LINE's: request ids, ULIDs, message ids, reply and quote tokens."""

import hashlib
import itertools
import os
import secrets
import uuid

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_key = os.urandom(32)
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


def read_token(message_id: str) -> str:
    """The token that marks one message as read. It needs no memory: it names its message, signed."""
    digest = hashlib.blake2b(message_id.encode(), key=_key, digest_size=24).hexdigest()
    return f"{message_id}-{digest}"


def message_of_read_token(token: str) -> str | None:
    """The message a read token is for; None for one that was never given out."""
    message_id = token.partition("-")[0]
    return message_id if secrets.compare_digest(read_token(message_id).encode(), token.encode()) else None


def opaque_token() -> str:
    return secrets.token_urlsafe(24)


def group_id() -> str:
    return "C" + secrets.token_hex(16)


def room_id() -> str:
    return "R" + secrets.token_hex(16)
