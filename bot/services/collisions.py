"""Rules that keep each other silent: found once per change of the rules, not once per look."""

from sqlalchemy.orm import Session

from bot.rules.keywords import Collision
from bot.services import accounts, keyword_rules


class Collisions:
    """What one process found for the newest version of the rules."""

    def __init__(self) -> None:
        self._known: tuple[int, list[Collision]] | None = None

    def current(self, session: Session) -> list[Collision]:
        """Return the collisions as of this session's snapshot."""
        version = accounts.get_account(session).answers_version
        known = self._known
        if known is None or known[0] != version:
            known = self._known = (version, keyword_rules.find_collisions(session))
        return known[1]
