"""Who is on one of our pages: the person an ID token names, as LINE itself says, never as the page claims.

Page: docs/liff/using-user-profile.
"""

from dataclasses import dataclass
from datetime import datetime

from bot.errors import BotError, GatewayRefusedError
from bot.gateways.line_login import IdTokenExpiredError, IdTokens

LONGEST_TOKEN = 8_000  # LINE's own have about 600 characters


@dataclass(frozen=True)
class Visitor:
    """Somebody on one of our pages whom LINE knows."""

    line_user_id: str


class TokenRefusedError(BotError):
    """LINE does not vouch for the token; `reason` tells a page what to do."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason  # "token_expired": log in again; "token_refused": nothing helps but opening the page anew


def identify(id_tokens: IdTokens, token: object, *, now: datetime) -> Visitor:
    """Return whom LINE names for an ID token that a page sent.

    Raises TokenRefusedError if the token is forged, over or somebody else's, GatewayError if LINE does not answer.
    """
    if not isinstance(token, str) or not 0 < len(token) <= LONGEST_TOKEN or not token.isascii():
        raise TokenRefusedError("token_refused", "無法確認您的 LINE 身分，請關閉這個頁面再開一次。")
    try:
        person = id_tokens.verify(token)
    except IdTokenExpiredError:
        raise _expired() from None
    except GatewayRefusedError:
        raise TokenRefusedError("token_refused", "無法確認您的 LINE 身分，請關閉這個頁面再開一次。") from None
    if person.token_ends_at is None or person.token_ends_at <= now:
        raise _expired()
    return Visitor(person.line_user_id)


def _expired() -> TokenRefusedError:
    return TokenRefusedError("token_expired", "登入已經超過一小時，請重新開啟這個頁面。")
