"""Signed webhooks to the bot server, also doubled, delayed, shuffled and delivered again."""

import base64
import hashlib
import hmac
import json
import queue
import random
import threading
import time
from dataclasses import dataclass, replace
from typing import Any

import urllib3

from simulator.alarms import Alarms
from simulator.events import Event
from simulator.ledger import Ledger, SentWebhook
from simulator.notice_board import NoticeBoard
from simulator.reply_tokens import ReplyTokens
from simulator.settings import Settings

REDELIVERY_SECONDS = (1.0, 5.0, 30.0)
USER_AGENT = "LineBotWebhook/2.0"


@dataclass(frozen=True)
class Behaviour:
    """How webhooks travel. The defaults are a good day."""

    active: bool = True  # the console's switch "Use webhook"
    copies: int = 1  # how often each body is sent
    delay_ms: int = 0
    shuffle_ms: int = 0  # hold events this long, then send them in any order
    events_per_body: int = 1  # of held events, how many share a body
    redeliver: bool = False


@dataclass(slots=True)
class Parcel:
    """One body on its way."""

    events: list[Event]
    lane: int
    attempt: int = 0
    era: int = 0  # parcels of an era that was forgotten are not sent


class Webhooks:
    """Sends in lanes: events of one person keep their order unless asked otherwise."""

    def __init__(
        self, settings: Settings, *, ledger: Ledger, reply_tokens: ReplyTokens, notices: NoticeBoard, alarms: Alarms
    ) -> None:
        self.url = settings.webhook_url
        self.behaviour = Behaviour(redeliver=settings.redeliver_webhooks)
        self._settings = settings
        self._ledger = ledger
        self._reply_tokens = reply_tokens
        self._notices = notices
        self._alarms = alarms
        self._pool = urllib3.PoolManager(maxsize=settings.webhook_lanes + 16, retries=False)
        self._lanes: list[queue.SimpleQueue[Parcel | None]] = []
        self._lock = threading.Lock()
        self._held: list[Event] = []
        self._failed: list[Parcel] = []
        self._open = 0  # bodies accepted for sending and not yet answered
        self._era = 0
        self._chance = random.Random(settings.seed)  # noqa: S311 - repeatable on purpose

    def behave(self, **changes: Any) -> Behaviour:
        """Change how webhooks travel from now on.

        Raises TypeError for a behaviour that does not exist.
        """
        self.behaviour = replace(self.behaviour, **changes)
        return self.behaviour

    def send(self, events: list[Event], *, lane: int = 0) -> None:
        """Put events on their way as one body, or hold them while shuffling."""
        behaviour = self.behaviour
        if not behaviour.active or not self.url:
            return
        if behaviour.shuffle_ms:
            self._hold(events)
            return
        for copy in range(behaviour.copies):
            self._start(Parcel(events, lane + copy), behaviour.delay_ms / 1000)

    def _hold(self, events: list[Event]) -> None:
        with self._lock:
            if not self._held:
                self._alarms.after(self.behaviour.shuffle_ms / 1000, self.release)
            self._held.extend(events)

    def release(self) -> None:
        """Send what is held, shuffled, in bodies of the chosen size."""
        with self._lock:
            held, self._held = self._held, []
        held = [event for event in held for _ in range(self.behaviour.copies)]
        self._chance.shuffle(held)
        size = max(1, self.behaviour.events_per_body)
        for lane, start in enumerate(range(0, len(held), size)):
            self._start(Parcel(held[start : start + size], lane), self.behaviour.delay_ms / 1000)

    def _start(self, parcel: Parcel, delay_seconds: float = 0.0) -> None:
        with self._lock:
            self._open += 1
            parcel.era = self._era
            if not self._lanes:
                self._open_lanes()
        lane = self._lanes[parcel.lane % len(self._lanes)]
        if delay_seconds:
            self._alarms.after(delay_seconds, lambda: lane.put(parcel))
        else:
            lane.put(parcel)

    def _open_lanes(self) -> None:
        for number in range(self._settings.webhook_lanes):
            lane: queue.SimpleQueue[Parcel | None] = queue.SimpleQueue()
            self._lanes.append(lane)
            threading.Thread(target=self._run, args=(lane,), name=f"webhooks-{number}", daemon=True).start()

    def _run(self, lane: queue.SimpleQueue[Parcel | None]) -> None:
        while (parcel := lane.get()) is not None:
            if parcel.era == self._era:
                self._deliver(parcel)

    def _deliver(self, parcel: Parcel) -> None:
        status, _ = self.post(parcel.events, redelivery=parcel.attempt > 0)
        if parcel.era != self._era:
            return
        if not 200 <= status < 210:
            self._fail(parcel)
        with self._lock:
            self._open -= 1
        self._notices.post()

    def _fail(self, parcel: Parcel) -> None:
        with self._lock:
            self._failed.append(parcel)
        if self.behaviour.redeliver and parcel.attempt < len(REDELIVERY_SECONDS):
            self._alarms.after(REDELIVERY_SECONDS[parcel.attempt], lambda: self._redeliver_one(parcel))

    def _redeliver_one(self, parcel: Parcel) -> None:
        with self._lock:
            if parcel not in self._failed:
                return
            self._failed.remove(parcel)
        again = [{**event, "deliveryContext": {"isRedelivery": True}} for event in parcel.events]
        self._start(Parcel(again, parcel.lane, parcel.attempt + 1))

    def redeliver(self) -> int:
        """Send everything that failed again, now; returns how many bodies."""
        with self._lock:
            failed = list(self._failed)
        for parcel in failed:
            self._redeliver_one(parcel)
        return len(failed)

    def post(self, events: list[Event], *, redelivery: bool = False, url: str | None = None) -> tuple[int, str]:
        """Send one signed body and wait; returns the HTTP status, 0 without an answer, and LINE's word for it."""
        for event in events:
            if "replyToken" in event:
                self._reply_tokens.delivered(event["replyToken"])
        body = json.dumps(
            {"destination": self._settings.bot_user_id, "events": events}, ensure_ascii=False, separators=(",", ":")
        ).encode()
        started, at_ms = time.perf_counter(), int(time.time() * 1000)
        status, reason = self._call(url or self.url, body)
        took = (time.perf_counter() - started) * 1000
        event_ids = [str(event.get("webhookEventId", "")) for event in events]
        kinds = [str(event.get("type", "")) for event in events]
        number = self._ledger.next_number()
        self._ledger.note_webhook(SentWebhook(number, at_ms, event_ids, kinds, redelivery, status, reason, took))
        return status, reason

    def post_bytes(self, body: bytes, *, signature: str | None = None) -> tuple[int, str]:
        """Send any bytes, signed unless a signature is given."""
        return self._call(self.url, body, signature=signature)

    def _call(self, url: str, body: bytes, *, signature: str | None = None) -> tuple[int, str]:
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": USER_AGENT,
            "x-line-signature": self.sign(body) if signature is None else signature,
        }
        try:
            answer = self._pool.request(
                "POST", url, body=body, headers=headers, timeout=self._settings.webhook_timeout, redirect=False
            )
        except urllib3.exceptions.NewConnectionError:  # of the family of timeouts, and none
            return 0, "COULD_NOT_CONNECT"
        except urllib3.exceptions.TimeoutError:
            return 0, "REQUEST_TIMEOUT"
        except urllib3.exceptions.HTTPError:
            return 0, "COULD_NOT_CONNECT"
        return answer.status, "OK" if 200 <= answer.status < 210 else "ERROR_STATUS_CODE"

    def sign(self, body: bytes) -> str:
        """The x-line-signature of these bytes."""
        digest = hmac.new(self._settings.channel_secret.encode(), body, hashlib.sha256).digest()
        return base64.b64encode(digest).decode()

    @property
    def waiting(self) -> int:
        """Bodies not yet answered, and events still held."""
        with self._lock:
            return self._open + len(self._held)

    @property
    def failed(self) -> int:
        return len(self._failed)

    def forget(self) -> None:
        """Back to a good day: no failures kept, nothing held."""
        with self._lock:
            self._held, self._failed, self._open = [], [], 0
            self._era += 1
        self.behaviour = Behaviour(redeliver=self._settings.redeliver_webhooks)
        self.url = self._settings.webhook_url

    def stop(self) -> None:
        for lane in self._lanes:
            lane.put(None)
        self._pool.clear()
