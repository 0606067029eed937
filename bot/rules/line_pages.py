"""LINE's own pages of the account, for browsers and phones.

Page of LINE: docs/line-login/using-line-url-scheme.
"""

import ipaddress
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

PUBLIC_BASE = "https://line.me"


@dataclass(frozen=True)
class AccountPages:
    """Where somebody adds the account as a friend, and where a friend writes to it."""

    add_friend_url: str
    chat_url: str


def pages_of(basic_id: str, *, api_base: str) -> AccountPages:
    """Return the pages of the account; an API on this machine is the simulator's, and so are the pages."""
    shown = quote(basic_id, safe="")
    if is_on_this_machine(api_base):
        return AccountPages(add_friend_url=f"{api_base}/?add={shown}", chat_url=f"{api_base}/?chat={shown}")
    return AccountPages(add_friend_url=f"{PUBLIC_BASE}/R/ti/p/{shown}", chat_url=f"{PUBLIC_BASE}/R/oaMessage/{shown}/")


def is_on_this_machine(url: str) -> bool:
    """Whether an address leads nowhere but to this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
