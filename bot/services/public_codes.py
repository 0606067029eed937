"""Short codes that stand in public addresses."""

import secrets

LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # nothing that looks like something else on a poster


def make_code(length: int) -> str:
    """Return a random code of so many letters and digits."""
    return "".join(secrets.choice(LETTERS) for _ in range(length))
