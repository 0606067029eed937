"""Personal links: a code and the proof that it is ours, so that nobody makes up or alters one."""

import hashlib
import hmac
import re
from urllib.parse import quote

PURPOSE = b"personal invitation link"
SIGNATURE_LETTERS = 26  # 130 bits in base 32
LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
SEALED = re.compile(rf"([a-z2-9]{{4,20}})\.([{LETTERS}]{{{SIGNATURE_LETTERS}}})")

SHARE = "https://line.me/R/share?text="  # docs/line-login/using-line-url-scheme, "Sending text messages"
LONGEST_ADDRESS = 1000  # of a URI action (reference/messaging-api#uri-action)


def key_of(secret: str) -> bytes:
    """Return the key for links, which gives nothing away of the secret it is made from."""
    return hmac.digest(secret.encode(), PURPOSE, hashlib.sha256)


def seal(code: str, key: bytes) -> str:
    """Return what stands in a personal link: the code, a dot, the signature; letters that survive every messenger."""
    return f"{code}.{_signature(code, key)}"


def unseal(sealed: str, key: bytes) -> str | None:
    """Return the code behind what stands in a link; None if we never gave it out like this."""
    match = SEALED.fullmatch(sealed)
    if match is None or not hmac.compare_digest(match[2], _signature(match[1], key)):
        return None
    return match[1]


def share_url(text: str) -> str:
    """Return the address that lets a friend choose to whom the text goes."""
    return SHARE + quote(text, safe="")


def _signature(code: str, key: bytes) -> str:
    number = int.from_bytes(hmac.digest(key, code.encode(), hashlib.sha256), "big")
    return "".join(LETTERS[number >> (5 * place) & 31] for place in range(SIGNATURE_LETTERS))
