"""What quizzes, games and referrals share: the moment and place of a play, the words that start one, its addresses."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.rules.keywords import Keyword, Match, Rule
from bot.rules.personal_links import key_of
from bot.settings import Settings
from models import ChatSource, Game, PlayedIn, Quiz, ReferralProgram

PATHS = {ChatSource.QUIZ: "q", ChatSource.GAME: "g", ChatSource.REFERRAL: "r"}
TITLES = {ChatSource.QUIZ: "測驗", ChatSource.GAME: "遊戲", ChatSource.REFERRAL: "好友邀請"}
BEHIND_RULES = 2**31  # ids of keyword rules are smaller


@dataclass(frozen=True)
class Play:
    """When and where somebody plays, and what its addresses are made of."""

    now: datetime
    zone: ZoneInfo
    public_url: str
    liff_id: str | None = None
    place: PlayedIn = PlayedIn.CHAT
    liff_base: str = "https://liff.line.me"
    link_key: bytes = field(default=b"", repr=False)  # signs personal links
    has_login: bool = True  # whether LINE Login can tell who opens one

    @property
    def today(self) -> date:
        """The day in the account's time zone, by which daily limits count."""
        return self.now.astimezone(self.zone).date()

    def page_url(self, source: ChatSource, code: str) -> str:
        """Return the address of a quiz's, game's or referral's page: inside LINE where LIFF is switched on."""
        base = f"{self.liff_base}/{self.liff_id}" if self.liff_id else f"{self.public_url}/liff"
        return f"{base}/{PATHS[source]}/{code}"

    def terms_url(self, source: ChatSource, code: str) -> str:
        """Return the address of the public terms (活動辦法)."""
        return f"{self.public_url}/terms/{PATHS[source]}/{code}"


def play_at(settings: Settings, *, now: datetime, place: PlayedIn = PlayedIn.CHAT) -> Play:
    """Return a play at this moment, with this server's addresses."""
    return Play(
        now=now,
        zone=settings.zone,
        public_url=settings.public_url,
        liff_id=settings.liff_id,
        place=place,
        liff_base=settings.liff_base,
        link_key=key_of(settings.secret_key.get_secret_value()),
        has_login=settings.has_login,
    )


@dataclass(frozen=True)
class Starter:
    """A play that can be started by what somebody writes."""

    source: ChatSource  # QUIZ, GAME or REFERRAL
    id: int
    name: str
    keywords: tuple[Keyword, ...]

    @property
    def rule_id(self) -> int:
        """Its place among the rules: behind every keyword rule, so that of two equal keywords the rule's wins."""
        return BEHIND_RULES + self.id * len(PATHS) + list(PATHS).index(self.source)

    @property
    def title(self) -> str:
        """What staff call it beside keyword rules."""
        return f"{TITLES[self.source]}「{self.name}」"

    def as_rule(self) -> Rule:
        """The play as the matcher takes it."""
        return Rule(self.rule_id, self.keywords, name=self.title)


def list_starters(session: Session) -> list[Starter]:
    """Return every play that is switched on and has start keywords; one outside its period answers that it is."""
    return [
        Starter(source, row.id, row.name, keywords_of(row.start_keywords))
        for source, model in (
            (ChatSource.QUIZ, Quiz),
            (ChatSource.GAME, Game),
            (ChatSource.REFERRAL, ReferralProgram),
        )
        for row in session.execute(
            select(model.id, model.name, model.start_keywords)
            .where(model.enabled, model.archived_at.is_(None))
            .order_by(model.id)
        )
        if row.start_keywords
    ]


def keywords_of(given: Sequence[dict[str, str]]) -> tuple[Keyword, ...]:
    """Return stored start keywords as the matcher takes them."""
    return tuple(Keyword(one["text"], Match(one["match"])) for one in given)
