"""The whole simulated platform in memory: one LINE Official Account and the people around it."""

import threading
from typing import Any

from flask import current_app

from simulator import events, identifiers
from simulator.alarms import Alarms
from simulator.chats import Chats
from simulator.clock import Clock
from simulator.contents import Contents
from simulator.continuations import Continuations
from simulator.faults import Faults
from simulator.groups import Groups
from simulator.ledger import Ledger
from simulator.liff_apps import LiffApps
from simulator.logins import Logins
from simulator.narrowcasts import Narrowcasts
from simulator.notice_board import NoticeBoard
from simulator.people import People
from simulator.quota import Quota
from simulator.rate_limits import RateLimits
from simulator.recipients import Recipients
from simulator.reply_tokens import ReplyTokens
from simulator.retry_keys import RetryKeys
from simulator.rich_menus import RichMenus
from simulator.settings import Settings
from simulator.webhooks import Webhooks


class World:
    """Everything that is kept between requests."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.clock = Clock()
        self.alarms = Alarms()
        self.notices = NoticeBoard()
        self.ledger = Ledger(settings.ledger_size)
        self.reply_tokens = ReplyTokens(self.clock, settings.reply_token_seconds)
        self.webhooks = Webhooks(
            settings, ledger=self.ledger, reply_tokens=self.reply_tokens, notices=self.notices, alarms=self.alarms
        )
        self.faults = Faults(settings.seed)
        self.quiet = threading.Event()  # set when silent requests may end
        self.start_over()

    def start_over(self) -> None:
        """Forget everybody and everything; the settings stay."""
        settings = self.settings
        self.clock.reset()
        self.alarms.clear()
        self.ledger.clear()
        self.faults.clear()
        self.webhooks.forget()
        self.people = People(settings.seed)
        self.chats = Chats()
        self.groups = Groups()
        self.contents = Contents()
        self.rich_menus = RichMenus()
        self.continuations = Continuations(self.clock)
        self.logins = Logins(self.clock, settings)
        self.liff_apps = LiffApps(self.clock, settings)
        self.quota = Quota(self.clock, settings.message_limit)
        self.rate_limits = RateLimits(self.clock, on=settings.limit_rates)
        self.retry_keys = RetryKeys(self.clock)
        self.narrowcasts = Narrowcasts()
        self.may_list_followers = settings.may_list_followers
        self.refuse_unknown_ids = False  # LINE's page on multicast describes both
        self.audiences: dict[int, set[int]] = {}
        self.may_notify = True  # notification messages need an application
        self.template_keys: set[str] | None = None  # None: any template exists
        self.notification_seconds = settings.notification_seconds
        self.link_tokens: dict[str, tuple[str, float]] = {}
        self.aggregation_units: dict[str, set[str]] = {}
        if settings.friends:
            self.people.create_many(settings.friends, following=True)

    def stop(self) -> None:
        """End the threads; the process may go."""
        self.quiet.set()
        self.notices.close()
        self.alarms.stop()
        self.webhooks.stop()

    def tell(self, index: int | None, event: events.Event) -> events.Event:
        """Send one event about a person to the bot server; it comes back as it was sent."""
        self.webhooks.send([event], lane=index or 0)
        return event

    def event_of(self, index: int, kind: str, *, answerable: bool, **content: Any) -> events.Event:
        """An event in a person's own chat, with a reply token if it can be answered."""
        line_user_id = self.people.ids[index]
        token = self.reply_tokens.issue(index, line_user_id) if answerable else None
        return events.event(self.clock, kind, events.user_source(line_user_id), reply_token=token, **content)

    def deliver_to(self, index: int, how: str, body: bytes, message_ids: list[str]) -> None:
        """Show messages in one person's chat."""
        self.chats.add(index, how, body, message_ids, at_ms=self.clock.milliseconds())

    def deliver_to_many(self, recipients: Recipients, how: str, body: bytes, message_ids: list[str]) -> None:
        """Show messages in the chats of many."""
        self.chats.add_shared(recipients, how, body, message_ids, at_ms=self.clock.milliseconds())

    def new_message_ids(self, count: int) -> list[str]:
        return [identifiers.message_id() for _ in range(count)]


def current_world() -> World:
    """The world of the application that handles this request."""
    world: World = current_app.extensions["world"]
    return world
