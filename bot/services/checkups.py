"""What `doctor` looks at: is everything there that the account needs, and does it work."""

import enum
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy.exc import SQLAlchemyError

from bot import schema
from bot.database import Database
from bot.errors import GatewayError
from bot.gateways.line import LineGateway
from bot.gateways.network import find_source_address
from bot.services import vital_signs
from bot.services.vital_signs import VitalSigns
from bot.settings import Settings

CLOCK_MAY_DIFFER = 5.0  # seconds; order of events and lives of tokens depend on it
FEW_LEFT = 0.1  # of the month's messages


class Verdict(enum.StrEnum):
    """What a finding asks for."""

    OK = "ok"
    MEND = "mend"
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at, with a sentence that says what to do."""

    about: str
    verdict: Verdict
    text: str


def ok(about: str, text: str) -> Finding:
    """Return a finding that asks for nothing."""
    return Finding(about, Verdict.OK, text)


def mend(about: str, text: str) -> Finding:
    """Return a finding that must be mended."""
    return Finding(about, Verdict.MEND, text)


def note(about: str, text: str) -> Finding:
    """Return a finding worth knowing."""
    return Finding(about, Verdict.NOTE, text)


def run(settings: Settings, db: Database, line: LineGateway, *, now: Callable[[], datetime]) -> list[Finding]:
    """Look at everything. Nothing is changed and no message is sent."""
    return [
        *check_settings(settings),
        *check_database(db, now=now()),
        *check_line(settings, line, now=now),
        check_source_address(settings),
        note(
            "OA Manager",
            "in 設定 › 回應設定 see that Webhook is on and 自動回應訊息 is off, or friends get two answers; "
            "in the LINE Developers console switch on Webhook redelivery, so that no event is lost",
        ),
    ]


def check_settings(settings: Settings) -> Iterator[Finding]:
    """The required ones are there, or the program would not run: what is off, and what cannot work."""
    yield ok("settings", "all required settings are there")
    is_real = urlsplit(settings.line_api_base).hostname == "api.line.me"
    if is_real and not settings.public_url.startswith("https://"):
        yield mend("PUBLIC_URL", "LINE calls https addresses only; put a reverse proxy or a tunnel with https in front")
    if not is_real:
        yield note("LINE_API_BASE", f"calls go to {settings.line_api_base}, not to LINE")
    if not settings.has_login:
        yield note(
            "LINE Login",
            "off: set LINE_LOGIN_CHANNEL_ID and LINE_LOGIN_CHANNEL_SECRET to know who comes by a link or invitation",
        )
    yield from check_liff(settings)


def check_liff(settings: Settings) -> Iterator[Finding]:
    """Whether quizzes and games open as pages inside LINE, and whether the tokens found there will be taken."""
    channel = settings.line_login_channel_id
    if settings.liff_id is None:
        instead = "they open in a browser after LINE Login" if settings.has_login else "they open for nobody"
        yield note("LIFF", f"off: set LIFF_ID to open quizzes and games as pages inside LINE; until then {instead}")
    elif channel is not None and settings.liff_id.partition("-")[0] != channel:
        yield mend("LIFF", f"LIFF_ID is not an app of LINE_LOGIN_CHANNEL_ID {channel}; both are of one channel")
    else:
        yield ok("LIFF", f"pages inside LINE are on; the LIFF app's endpoint URL is {settings.public_url}/liff")


def check_database(db: Database, *, now: datetime) -> Iterator[Finding]:
    """Reachable, of the right schema, and the work in it goes on."""
    kind = "SQLite" if db.is_sqlite else "PostgreSQL"
    try:
        if not schema.is_current(db.engine):
            yield mend("schema", "the database has another schema; run `flask --app app migrate`")
            return
        with db() as session:
            signs = vital_signs.read(session, now=now)
    except SQLAlchemyError as error:
        yield mend(
            "database", f"{kind} does not answer ({type(error).__name__}); see that it runs and check DATABASE_URL"
        )
        return
    yield ok("database", f"{kind} answers and has the newest schema")
    yield from check_work(signs)


def check_work(signs: VitalSigns) -> Iterator[Finding]:
    """Jobs tick, events get through, nothing is held."""
    alarms = vital_signs.find_alarms(signs)
    if "no_tick" in alarms:
        age = "never ticked" if signs.tick_age is None else f"last ticked {signs.tick_age:.0f} seconds ago"
        yield mend("jobs", f"the timetable {age}; start `flask --app app jobs`")
    else:
        yield ok("jobs", f"the timetable ticked {signs.tick_age:.0f} seconds ago")
    if signs.failed_jobs:
        yield mend("jobs", f"failed in their last run: {', '.join(signs.failed_jobs)}; the log says why")
    if "events_stuck" in alarms:
        yield mend(
            "events", f"{signs.events_waiting} wait, the oldest for {signs.oldest_event_age:.0f} seconds; see the log"
        )
    if signs.events_failed:
        yield mend("events", f"{signs.events_failed} could not be handled; look at them in the admin")
    if signs.held_at is not None:
        yield mend(
            "hold",
            f"held since a restore at {signs.held_at:%Y-%m-%d %H:%M} UTC; `flask --app app release-hold` ends that",
        )


def check_line(settings: Settings, line: LineGateway, *, now: Callable[[], datetime]) -> Iterator[Finding]:
    """The token works, LINE knows this server's address, messages are left, the clocks agree."""
    try:
        account = line.get_bot_info()
    except GatewayError as error:
        yield mend("token", f"LINE does not take LINE_CHANNEL_ACCESS_TOKEN or cannot be reached: {error}")
        return
    yield ok("token", f"LINE knows this account as {account.get('basicId', '?')}")
    for check in (check_webhook, check_quota, check_clock):
        try:
            yield check(settings, line, now())
        except GatewayError as error:
            yield mend(check.__name__.removeprefix("check_"), f"LINE did not say: {error}")


def check_webhook(settings: Settings, line: LineGateway, _now: datetime) -> Finding:
    """Whether LINE sends its events here."""
    wanted = f"{settings.public_url}/callback"
    registered, active = line.get_webhook_endpoint()
    if registered not in (wanted, f"{settings.public_url}/webhook"):
        found = registered or "nothing"
        return mend("webhook", f"LINE has {found} instead of {wanted}; run `flask --app app set-webhook {wanted}`")
    if not active:
        return mend(
            "webhook", "the address is right but Use webhook is off; switch it on in the LINE Developers console"
        )
    return ok("webhook", f"LINE sends events to {registered}")


def check_quota(_settings: Settings, line: LineGateway, _now: datetime) -> Finding:
    """How many messages are left this month. Replies are free and always go through."""
    limit, used = line.get_quota(), line.get_consumption()
    if limit is None:
        return ok("quota", f"{used} messages used this month, no limit")
    left = max(0, limit - used)
    text = f"{left} of {limit} messages left this month"
    return note("quota", f"{text}; pushes will soon be refused") if left <= limit * FEW_LEFT else ok("quota", text)


def check_clock(_settings: Settings, line: LineGateway, now: datetime) -> Finding:
    """Whether this machine's clock agrees with LINE's."""
    theirs = line.get_time()
    if theirs is None:
        return note("clock", "LINE's answer had no Date to compare with")
    apart = abs((now - theirs).total_seconds())
    if apart > CLOCK_MAY_DIFFER:
        return mend("clock", f"this machine's clock is {apart:.0f} seconds off LINE's; switch on time synchronisation")
    return ok("clock", "agrees with LINE's")


def check_source_address(settings: Settings) -> Finding:
    """Where calls leave from, as far as it can be known without asking anybody."""
    address = find_source_address(settings.line_api_base)
    if address is None:
        return mend("outgoing IP", f"there is no way to {settings.line_api_base}; check DNS and the network")
    return note(
        "outgoing IP",
        f"calls leave from {address}; behind a router or cloud gateway the world sees another one, "
        "which is what a partner that asks for a fixed IP must be told",
    )
