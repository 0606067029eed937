"""LINE's Messaging API: their protocol in, plain values and our two failures out."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

import urllib3
from linebot.v3.messaging import ApiClient, ApiException, Configuration

from bot import logs, metrics
from bot.errors import GatewayError, GatewayRefusedError

CONNECT_SECONDS, READ_SECONDS = 3, 10
LOADING_READ_SECONDS = 1.5  # an ornament must not keep the answer itself waiting
CONNECTIONS = 64  # to one host, shared by the threads of a process
FOLLOWERS_PER_PAGE = 1000
ALREADY_ACCEPTED = 409
TOO_MANY_REQUESTS = 429
INVALID_REPLY_TOKEN = "Invalid reply token"  # noqa: S105 LINE's own words
MONTHLY_LIMIT = "monthly limit"


class ReplyTokenError(GatewayRefusedError):
    """The reply token was used before, or is too old."""


@dataclass(frozen=True)
class Answer:
    """What LINE answered: its JSON and its name for the request."""

    body: dict[str, Any]
    request_id: str | None
    date: str | None = None  # LINE's clock, as HTTP writes it


@dataclass(frozen=True)
class Profile:
    """What a person shows of themselves."""

    display_name: str
    picture_url: str | None
    status_message: str | None
    language: str | None


@dataclass(frozen=True)
class FollowerPage:
    """One page of follower ids; `next` is None on the last one."""

    line_user_ids: list[str]
    next: str | None


class LineGateway:
    """The account's own channel. One per process, made after the fork; safe for threads.

    The SDK carries the calls; message JSON goes out exactly as it was stored, because the
    SDK's own message classes drop what they do not know.
    """

    def __init__(self, *, secret: str, token: str, base_url: str, data_base_url: str) -> None:
        self._secret = secret.encode()
        self._token = token
        self._client = _client(base_url, token)
        self._data_client = _client(data_base_url, token)

    def is_signed(self, body: bytes, signature: str) -> bool:
        """Whether LINE signed these bytes, compared in constant time (reference: signature validation)."""
        digest = hmac.new(self._secret, body, hashlib.sha256).digest()
        return hmac.compare_digest(base64.b64encode(digest), signature.encode("utf-8", "replace"))

    def reply(self, reply_token: str, messages: Sequence[Mapping[str, Any]]) -> Answer:
        """Say up to five messages, free. Raises ReplyTokenError when the token does not serve any more."""
        return self._call("POST", "/v2/bot/message/reply", {"replyToken": reply_token, "messages": list(messages)})

    def push(self, line_user_id: str, messages: Sequence[Mapping[str, Any]], *, retry_key: str) -> Answer:
        """Send to one person; billed. Accepted before under this key counts as sent."""
        body = {"to": line_user_id, "messages": list(messages)}
        return self._call("POST", "/v2/bot/message/push", body, retry_key=retry_key)

    def start_loading(self, line_user_id: str, *, seconds: int = 20) -> None:
        """Show the loading animation until a message comes or the seconds are over (5 to 60, steps of 5)."""
        body = {"chatId": line_user_id, "loadingSeconds": seconds}
        self._call("POST", "/v2/bot/chat/loading/start", body, read_seconds=LOADING_READ_SECONDS)

    def leave(self, kind: str, place_id: str) -> Answer:
        """Leave a group or a room; `kind` is "group" or "room"."""
        return self._call("POST", f"/v2/bot/{kind}/{place_id}/leave")

    def get_profile(self, line_user_id: str) -> Profile | None:
        """Return what the person shows; None if LINE does not tell (blocked, gone, no consent)."""
        try:
            body = self._call("GET", f"/v2/bot/profile/{line_user_id}").body
        except GatewayRefusedError as refusal:
            if refusal.status == 404:
                return None
            raise
        return Profile(
            display_name=body.get("displayName") or "",
            picture_url=body.get("pictureUrl"),
            status_message=body.get("statusMessage"),
            language=body.get("language"),
        )

    def list_followers(self, cursor: str | None) -> FollowerPage:
        """Return one page of follower ids. Raises GatewayRefusedError with status 403 if the account may not list."""
        query = [("limit", str(FOLLOWERS_PER_PAGE))] + ([("start", cursor)] if cursor else [])
        body = self._call("GET", "/v2/bot/followers/ids", query=query).body
        ids, following_page = body.get("userIds"), body.get("next")
        if not isinstance(ids, list) or not all(isinstance(line_user_id, str) for line_user_id in ids):
            raise GatewayError("LINE 的好友名單格式不對，名單沒有變動")  # missing from no list is not missing
        if following_page is not None and not isinstance(following_page, str):
            raise GatewayError("LINE 的好友名單格式不對，名單沒有變動")
        return FollowerPage(ids, following_page or None)

    def get_bot_info(self) -> dict[str, Any]:
        """Return LINE's record of the account: userId, basicId, displayName, chatMode …"""
        return self._call("GET", "/v2/bot/info").body

    def get_time(self) -> datetime | None:
        """Return what LINE's clock shows, to the second."""
        date = self._call("GET", "/v2/bot/info").date
        return parsedate_to_datetime(date) if date else None

    def get_quota(self) -> int | None:
        """Return the month's limit of messages; None if there is none."""
        body = self._call("GET", "/v2/bot/message/quota").body
        return int(body["value"]) if body.get("type") == "limited" else None

    def get_consumption(self) -> int:
        """Return how many messages LINE counts for this month."""
        return int(self._call("GET", "/v2/bot/message/quota/consumption").body["totalUsage"])

    def get_webhook_endpoint(self) -> tuple[str, bool]:
        """Return the registered webhook address and whether "Use webhook" is on."""
        body = self._call("GET", "/v2/bot/channel/webhook/endpoint").body
        return str(body.get("endpoint", "")), bool(body.get("active"))

    def set_webhook_endpoint(self, url: str) -> None:
        """Register the webhook address."""
        self._call("PUT", "/v2/bot/channel/webhook/endpoint", {"endpoint": url})

    def test_webhook_endpoint(self, url: str) -> dict[str, Any]:
        """Let LINE call the address; returns LINE's finding (success, statusCode, reason, detail)."""
        return self._call("POST", "/v2/bot/channel/webhook/test", {"endpoint": url}).body

    def close(self) -> None:
        """Close the connections."""
        for client in (self._client, self._data_client):
            client.rest_client.pool_manager.clear()

    def _call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Sequence[tuple[str, str]] = (),
        retry_key: str | None = None,
        read_seconds: float = READ_SECONDS,
    ) -> Answer:
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if retry_key:
            headers["X-Line-Retry-Key"] = retry_key
        began, status, request_id = time.perf_counter(), 0, None
        try:
            answer = self._client.rest_client.request(
                method,
                self._client.configuration.host + path + (f"?{urlencode(query)}" if query else ""),
                headers=headers,
                body=body,
                _request_timeout=(CONNECT_SECONDS, read_seconds),
            )
            status, request_id = int(answer.status), answer.getheader("x-line-request-id")
        except ApiException as error:
            status, request_id = int(error.status or 0), (error.headers or {}).get("x-line-request-id")
            return _refuse(error)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise GatewayError("LINE 沒有回應（%(kind)s）", kind=type(error).__name__) from error
        finally:
            seconds = time.perf_counter() - began
            metrics.line_called(path, status, seconds)
            logs.call_logged(method, path, status, seconds, line_request_id=request_id)
        return Answer(_json(answer.data), request_id, answer.getheader("date"))


def _client(base_url: str, token: str) -> ApiClient:
    configuration = Configuration(host=base_url, access_token=token)
    configuration.retries = False  # a retry is a decision of ours, under a key
    configuration.connection_pool_maxsize = CONNECTIONS
    return ApiClient(configuration)


def _refuse(error: ApiException) -> Answer:
    """Turn LINE's refusal into ours; a retry key accepted before is no refusal."""
    status = int(error.status or 0)
    body = _json(error.body)
    headers = error.headers or {}
    if status == ALREADY_ACCEPTED:
        return Answer(body, headers.get("x-line-accepted-request-id"))
    text = str(body.get("message", "")) or f"HTTP {status}"
    if status == 400 and INVALID_REPLY_TOKEN in text:
        raise ReplyTokenError("回覆權杖已失效", status=status)
    if status >= 500 or status == 408 or (status == TOO_MANY_REQUESTS and MONTHLY_LIMIT not in text):
        raise GatewayError("LINE 暫時無法處理（%(code)s）：%(answer)s", code=status, answer=text)
    raise _refusal(status, text, body)


def _refusal(status: int, text: str, body: Mapping[str, Any]) -> GatewayRefusedError:
    details = "；".join(
        f"{detail.get('property', '')} {detail.get('message', '')}".strip()
        for detail in body.get("details", [])
        if isinstance(detail, dict)
    )
    shown = f"{text}（{details}）" if details else text
    return GatewayRefusedError("LINE 拒絕了這個要求（%(code)s）：%(answer)s", status=status, code=status, answer=shown)


def _json(data: bytes | str | None) -> dict[str, Any]:
    try:
        value = json.loads(data) if data else {}
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
