"""This machine's own place in the network."""

import socket
from urllib.parse import urlsplit


def find_source_address(url: str) -> str | None:
    """Return the local address from which a call to `url` would leave; None if there is no way there.

    Nothing is sent: a datagram socket only looks up the route. Behind a router the world sees another address.
    """
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        family, kind, _, _, address = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind) as route:
            route.connect(address)
            return str(route.getsockname()[0])
    except OSError:
        return None
