"""Everything that can be chosen about the simulated platform and its one LINE Official Account."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

PREFIX = "SIMULATOR_"


@dataclass(frozen=True)
class Settings:
    """The account, its channels and how strict the platform is. Defaults suit a laptop."""

    host: str = "127.0.0.1"
    port: int = 8001
    webhook_url: str = "http://127.0.0.1:8000/callback"
    channel_secret: str = "simulated-channel-secret"  # noqa: S105 - a secret of a simulated channel
    channel_access_token: str = "simulated-channel-access-token"  # noqa: S105
    login_channel_id: str = "1650000000"
    login_channel_secret: str = "simulated-login-secret"  # noqa: S105
    liff_id: str = "1650000000-Yanglai1"  # one LIFF app is there from the start; empty: none
    liff_endpoint_url: str = "http://127.0.0.1:8000/liff"

    bot_user_id: str = "U8e742f61d673b39c7fff3cecb7536ef0"
    basic_id: str = "@000aaaaa"
    premium_id: str = ""
    display_name: str = "仰賴示範帳號"
    chat_mode: str = "chat"  # OA Manager's switch for one-to-one chat: chat or bot

    seed: str = "yanglai"  # generated person ids follow from it
    friends: int = 0  # how many persons follow from the start
    message_limit: int | None = 6000  # None: the account has no monthly limit

    may_list_followers: bool = True  # only verified accounts may
    limit_rates: bool = False
    allow_plain_http: bool = True  # webhook and pictures on a laptop have no certificate
    redeliver_webhooks: bool = False
    reply_token_seconds: float = 60.0
    narrowcast_seconds: float = 1.0  # how long waiting and sending take, each
    notification_seconds: float = 1.0  # from a PNP being accepted to its delivery event
    webhook_timeout: float = 2.0
    silence_seconds: float = 120.0  # how long the fault `timeout` leaves a client without an answer
    webhook_lanes: int = 8
    remote_control: bool = False  # whether pages and control API answer others than this machine
    ledger_size: int = 200_000  # how many received requests can be read back


def settings_from(environment: Mapping[str, str], **given: Any) -> Settings:
    """Settings out of `SIMULATOR_…` variables; what is `given` wins. None says nothing, but for `message_limit`.

    Raises ValueError naming the variable that cannot be understood.
    """
    chosen: dict[str, Any] = {}
    for setting in fields(Settings):
        text = environment.get(PREFIX + setting.name.upper())
        if text is not None:
            chosen[setting.name] = read_setting(setting.name, text)
    given = {name: value for name, value in given.items() if value is not None or name == "message_limit"}
    return replace(Settings(), **(chosen | given))


def read_setting(name: str, text: str) -> Any:
    """One setting from its text, in the type of its default."""
    default = getattr(Settings(), name)
    try:
        if name == "message_limit":
            return None if text.lower() in {"", "none"} else int(text)
        if isinstance(default, bool):
            return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}[text.lower()]
        return type(default)(text)
    except (KeyError, ValueError) as error:
        raise ValueError(f"the setting {name} cannot be understood") from error
