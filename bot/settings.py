"""Every setting on one page, typed, checked at start."""

import base64
import binascii
import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

SHORTEST_KEY = 16
LIFF_ID = re.compile(r"[0-9]{10}-[A-Za-z0-9]{8}")
SCRIPT_HOST = re.compile(r"[A-Za-z0-9.\-]+(:[0-9]{1,5})?")  # it goes into a header of every page inside LINE


class SettingsError(Exception):
    """A setting is missing or malformed; the text is one line and names it."""


class Settings(BaseSettings):
    """What the operator chose, from the environment or `.env`; `NAME_FILE` may hold a value's file instead."""

    model_config = SettingsConfigDict(
        env_file=".env",
        extra="ignore",
        frozen=True,
        env_ignore_empty=True,
        hide_input_in_errors=True,  # a missing setting must not print the secret ones
    )

    secret_key: SecretStr  # signs admin sessions and links
    data_keys: Annotated[tuple[SecretStr, ...], NoDecode]  # encrypt what is kept; newest first
    public_url: str  # where LINE and browsers reach this server
    line_channel_secret: SecretStr = Field(min_length=1)  # proves a webhook came from LINE
    line_channel_access_token: SecretStr = Field(min_length=1)  # lets us send

    database_url: str = "sqlite:///var/yanglai.sqlite3"
    line_api_base: str = "https://api.line.me"
    line_api_data_base: str = "https://api-data.line.me"
    line_login_base: str = "https://access.line.me"
    liff_base: str = "https://liff.line.me"  # in front of LIFF_ID in the addresses friends tap
    liff_sdk_url: str = "https://static.line-scdn.net/liff/edge/2/sdk.js"
    timezone: str = "Asia/Taipei"  # quiet hours, days of reports and every time shown to staff
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    port: int = Field(default=8000, ge=1, le=65535)
    simulator_port: int = Field(default=8001, ge=1, le=65535)
    web_concurrency: int = Field(default=1, ge=1, le=64)
    trusted_proxies: int = Field(default=0, ge=0, le=10)  # reverse proxies in front, for addresses and https
    line_openapi_dir: Path | None = None  # LINE's OpenAPI documents, for the tests

    line_login_channel_id: str | None = None
    line_login_channel_secret: SecretStr | None = None
    liff_id: str | None = None

    @field_validator("data_keys", mode="before")
    @classmethod
    def _split_keys(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value

    @field_validator("data_keys")
    @classmethod
    def _check_keys(cls, keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for key in keys:
            try:
                size = len(base64.b64decode(key.get_secret_value(), altchars=b"-_", validate=True))
            except (binascii.Error, ValueError):
                size = 0
            if size != 32:
                raise ValueError("each key is 32 bytes in URL-safe base64")
        return keys

    @field_validator("public_url", "line_api_base", "line_api_data_base", "line_login_base", "liff_base")
    @classmethod
    def _check_url(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("an address begins with https:// (or http:// on this machine)")
        if parts.username is not None or parts.query or parts.fragment:
            raise ValueError("an address holds no login, no ? and no #")
        return url.rstrip("/")

    @field_validator("liff_sdk_url")
    @classmethod
    def _check_script(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or not parts.path.endswith(".js"):
            raise ValueError("the address of LINE's script: https://…/sdk.js")
        if not SCRIPT_HOST.fullmatch(parts.netloc):
            raise ValueError("an address holds a host and perhaps a port, nothing else")
        return url

    @field_validator("line_channel_secret", "line_channel_access_token")
    @classmethod
    def _check_plain(cls, secret: SecretStr) -> SecretStr:
        text = secret.get_secret_value()
        if not text.isascii() or not text.isprintable() or " " in text:
            raise ValueError("it is one word of plain letters, as the console shows it")
        return secret

    @field_validator("secret_key")
    @classmethod
    def _check_length(cls, key: SecretStr) -> SecretStr:
        if len(key.get_secret_value()) < SHORTEST_KEY:
            raise ValueError(f"at least {SHORTEST_KEY} characters")
        return key

    @field_validator("liff_id")
    @classmethod
    def _check_liff(cls, liff_id: str | None) -> str | None:
        if liff_id is not None and not LIFF_ID.fullmatch(liff_id):
            raise ValueError("a LIFF id looks like 1234567890-AbcdEfgh")
        return liff_id

    @model_validator(mode="after")
    def _check_login(self) -> Self:
        if (self.line_login_channel_id is None) != (self.line_login_channel_secret is None):
            missing = "SECRET" if self.line_login_channel_secret is None else "ID"
            raise ValueError(f"LINE_LOGIN_CHANNEL_{missing} is missing: both belong together")
        return self

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator("timezone")
    @classmethod
    def _check_timezone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("no such time zone") from error
        return name

    @field_validator("database_url")
    @classmethod
    def _name_driver(cls, url: str) -> str:
        """Heroku's and compose's `postgres://` and SQLAlchemy's default all mean psycopg 3 here."""
        scheme, separator, rest = url.partition("://")
        if not separator or scheme not in ("sqlite", "postgres", "postgresql", "postgresql+psycopg"):
            raise ValueError("sqlite:///FILE or postgresql+psycopg://…")
        if scheme == "sqlite" and rest.strip("/") in ("", ":memory:"):
            raise ValueError("sqlite:///FILE needs a file, or everything is gone at the end")
        return url if scheme == "sqlite" else f"postgresql+psycopg://{rest}"

    @property
    def zone(self) -> ZoneInfo:
        """The account's time zone."""
        return ZoneInfo(self.timezone)

    @property
    def has_login(self) -> bool:
        """Whether LINE Login is switched on."""
        return self.line_login_channel_id is not None and self.line_login_channel_secret is not None

    @property
    def pages_channel_id(self) -> str | None:
        """Return the channel whose ID tokens name who is on a page inside LINE; a LIFF id begins with its channel's."""
        return self.line_login_channel_id or (self.liff_id.partition("-")[0] if self.liff_id else None)

    @classmethod
    def load(cls) -> Self:
        """Read the environment. Raises SettingsError with one line that names what to mend."""
        try:
            return cls(**_values_from_files(cls.model_fields))
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            if not first["loc"]:
                raise SettingsError(str(first["msg"]).removeprefix("Value error, ")) from None
            name = str(first["loc"][0]).upper()
            problem = "is missing" if first["type"] == "missing" else f"is not usable: {_plain(str(first['msg']))}"
            raise SettingsError(f"{name} {problem}") from None


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ")


def _values_from_files(names: object) -> dict[str, Any]:
    """Read NAME_FILE for each setting whose own variable is not set."""
    values: dict[str, Any] = {}
    for name in names if isinstance(names, dict) else ():
        file = os.environ.get(f"{name.upper()}_FILE")
        if file and os.environ.get(name.upper()):
            raise SettingsError(f"{name.upper()} and {name.upper()}_FILE are both set; one of them must go")
        if file:
            try:
                values[name] = Path(file).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError):
                raise SettingsError(f"{name.upper()}_FILE cannot be read: {file}") from None
    return values
