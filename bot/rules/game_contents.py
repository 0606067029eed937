"""What staff choose for a game of chance, and what is wrong with it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.errors import FieldFault
from bot.messages.shapes import is_encodable
from bot.rules.games import MILLION, percent_of
from models import GameKind

LONGEST_NAME = 100
LONGEST_PRIZE_NAME = 40
LONGEST_TERMS = 5_000
LONGEST_URL = 2_000
MOST_PRIZES = 20
MOST_NUMBER = 1_000_000_000
COLOUR = re.compile("#[0-9a-fA-F]{6}")
LIMITS = ("draws_per_friend", "draws_per_day", "draws_in_all", "wins_per_friend")


@dataclass(frozen=True)
class PrizeContent:
    """Everything of a prize that can be chosen. `id` names one that the game has already; odds are in a million."""

    name: str
    odds: int
    id: int | None = None
    stock: int | None = None
    colour: str | None = None
    picture_url: str | None = None
    messages: Sequence[Any] = ()
    tags: Sequence[int | str] = ()  # ids; names become tags when it is kept
    reward: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class GameContent:
    """Everything of a game that can be chosen."""

    name: str
    kind: GameKind
    prizes: Sequence[PrizeContent]
    start_keywords: Sequence[Mapping[str, str]] = ()
    invitation: Sequence[Any] = ()
    no_prize: Sequence[Any] = ()
    draws_per_friend: int | None = 1
    draws_per_day: int | None = None
    draws_in_all: int | None = None
    wins_per_friend: int | None = None
    releases_evenly: bool = False
    active_from: datetime | None = None
    active_until: datetime | None = None
    enabled: bool = True
    terms: str = ""


def check_game(content: GameContent) -> list[FieldFault]:
    """Return what is wrong with a game, besides its messages, keywords, tags and rewards."""
    return [
        *_faults_of_text("name", content.name, LONGEST_NAME, "請填寫遊戲名稱。"),
        *_faults_of_text("terms", content.terms, LONGEST_TERMS),
        *(fault for name in LIMITS for fault in _faults_of_number(name, getattr(content, name), least=1)),
        *_faults_of_period(content),
        *_faults_of_prizes(content.prizes),
    ]


def _faults_of_text(place: str, text: str, most: int, missing: str | None = None) -> list[FieldFault]:
    if missing and not text.strip():
        return [FieldFault(place, missing)]
    if len(text) > most:
        return [FieldFault(place, "最多 %(most)s 個字，現在 %(length)s 個。", (("most", most), ("length", len(text))))]
    if "\x00" in text or not is_encodable(text):
        return [FieldFault(place, "含有無法使用的字元。")]
    return []


def _faults_of_number(place: str, number: int | None, *, least: int) -> list[FieldFault]:
    if number is None or least <= number <= MOST_NUMBER:
        return []
    limits = (("least", least), ("most", f"{MOST_NUMBER:,}"))
    return [FieldFault(place, "要填 %(least)s 到 %(most)s 的整數，或留空不限制。", limits)]


def _faults_of_period(content: GameContent) -> list[FieldFault]:
    faults = [
        FieldFault(place, "時間要包含時區。")
        for place in ("active_from", "active_until")
        if (moment := getattr(content, place)) is not None and moment.tzinfo is None
    ]
    if faults:
        return faults
    starts, ends = content.active_from, content.active_until
    if starts and ends and starts >= ends:
        return [FieldFault("active_until", "結束時間要晚於開始時間。")]
    if content.releases_evenly and not (starts and ends):
        return [FieldFault("releases_evenly", "要平均釋出獎品，請先設定開始與結束時間。")]
    return []


def _faults_of_prizes(prizes: Sequence[PrizeContent]) -> list[FieldFault]:
    if not prizes:
        return [FieldFault("prizes", "至少要有一個獎項。")]
    if len(prizes) > MOST_PRIZES:
        return [FieldFault("prizes", "最多 %(most)s 個獎項。", (("most", MOST_PRIZES),))]
    faults = [fault for at, prize in enumerate(prizes) for fault in _faults_of_prize(f"prizes[{at}]", prize)]
    total = sum(max(0, prize.odds) for prize in prizes)
    if total > MILLION:
        shown = (("total", percent_of(total)),)
        faults.append(FieldFault("prizes", "中獎機率加起來是 %(total)s%%，不能超過 100%%。", shown))
    elif total == 0 and not faults:
        faults.append(FieldFault("prizes", "至少一個獎項的機率要大於 0。"))
    return faults


def _faults_of_prize(place: str, prize: PrizeContent) -> list[FieldFault]:
    faults = _faults_of_text(f"{place}.name", prize.name, LONGEST_PRIZE_NAME, "請填寫獎項名稱。")
    faults += _faults_of_number(f"{place}.stock", prize.stock, least=0)
    if not 0 <= prize.odds <= MILLION:
        faults.append(FieldFault(f"{place}.odds", "機率要在 0 到 100 之間，最多四位小數。"))
    if prize.colour is not None and not COLOUR.fullmatch(prize.colour):
        faults.append(FieldFault(f"{place}.colour", "顏色要寫成 #06c755 的樣子。"))
    return faults + _faults_of_picture(f"{place}.picture_url", prize.picture_url)


def _faults_of_picture(place: str, url: str | None) -> list[FieldFault]:
    if url is None:
        return []
    if not url.startswith("https://") or any(letter.isspace() for letter in url):
        return [FieldFault(place, "圖片網址要以 https:// 開頭。")]
    return _faults_of_text(place, url, LONGEST_URL)
