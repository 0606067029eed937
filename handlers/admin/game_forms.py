"""The form of a game: what was typed, and what it means."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from bot.errors import FieldFault
from bot.services import games
from bot.services.games import GameContent
from handlers.admin import form_trees
from handlers.admin.form_trees import Tree, is_blank
from handlers.admin.game_prize_forms import PrizeForm
from handlers.admin.messages import Editor
from handlers.admin.rule_forms import DATETIME
from models import Game, GameKind

LIMITS = ("draws_per_friend", "draws_per_day", "draws_in_all", "wins_per_friend")
MOMENTS = ("active_from", "active_until")


@dataclass
class GameForm:
    """Everything on the page, as typed."""

    invitation: Editor
    no_prize: Editor
    prizes: list[PrizeForm]
    name: str = ""
    kind: str = "wheel"
    keywords: list[Tree] = field(default_factory=list)
    draws_per_friend: str = "1"
    draws_per_day: str = ""
    draws_in_all: str = ""
    wins_per_friend: str = ""
    releases_evenly: bool = False
    active_from: str = ""
    active_until: str = ""
    enabled: bool = True
    terms: str = ""
    seen: str = ""  # when the game on the page was last changed

    @classmethod
    def blank(cls) -> "GameForm":
        """A new game begins with three prizes."""
        prizes = [PrizeForm.blank(str(number)) for number in range(3)]
        return cls(Editor("invitation", [], []), Editor("no_prize", [], []), prizes, keywords=[{"match": "exact"}])

    @classmethod
    def from_game(cls, game: Game, zone: ZoneInfo) -> "GameForm":
        """Open what is stored."""
        return cls(
            invitation=Editor.from_messages("invitation", game.invitation),
            no_prize=Editor.from_messages("no_prize", game.no_prize),
            prizes=[PrizeForm.from_prize(str(at), prize) for at, prize in enumerate(games.live_prizes(game))],
            name=game.name,
            kind=game.kind.value,
            keywords=[dict(keyword) for keyword in game.start_keywords],
            releases_evenly=game.releases_evenly,
            enabled=game.enabled,
            terms=game.terms,
            seen=game.updated_at.isoformat(),
            **{name: _shown(getattr(game, name)) for name in LIMITS},
            **{name: _local(getattr(game, name), zone) for name in MOMENTS},
        )

    @classmethod
    def from_form(cls, form: "MultiDict[str, str]") -> "GameForm":
        """Read what was typed."""
        return cls(
            invitation=Editor.from_form("invitation"),
            no_prize=Editor.from_form("no_prize"),
            prizes=[PrizeForm.from_row(row) for row in form_trees.rows(form, "prizes")],
            keywords=[row for row in form_trees.rows(form, "keywords") if not is_blank(row, "text")],
            releases_evenly="releases_evenly" in form,
            enabled="enabled" in form,
            **{name: form.get(name, "") for name in ("name", "kind", "terms", "seen", *LIMITS, *MOMENTS)},
        )

    def as_copy(self, name: str) -> "GameForm":
        """Return the form of another game like this one."""
        return replace(self, name=name, seen="", prizes=[replace(prize, id="", given=0) for prize in self.prizes])

    def editors(self) -> dict[str, list[Tree]]:
        """Return the drafts of every editor on the page, by the root of their names."""
        prizes = {prize.editor.root: prize.editor.drafts for prize in self.prizes}
        return {"invitation": self.invitation.drafts, "no_prize": self.no_prize.drafts, **prizes}

    def content(self, zone: ZoneInfo) -> tuple[GameContent, list[FieldFault]]:
        """Return what is meant, and the fields that cannot be read; names of new tags stand among the tags."""
        faults: list[FieldFault] = []
        given: dict[str, Any] = {}
        for editor in (self.invitation, self.no_prize):
            given[editor.root], wrong = editor.to_messages()
            faults += wrong
        for name in LIMITS:
            given[name], wrong = whole(getattr(self, name), name)
            faults += wrong
        for name in MOMENTS:
            given[name], wrong = _moment(getattr(self, name), name, zone)
            faults += wrong
        read = [prize.content(f"prizes[{at}]") for at, prize in enumerate(self.prizes)]
        if self.kind not in set(GameKind):
            faults.append(FieldFault("kind", "請選擇遊戲的種類。"))
        content = GameContent(
            name=self.name,
            kind=GameKind(self.kind) if self.kind in set(GameKind) else GameKind.WHEEL,
            prizes=[prize for prize, _ in read],
            start_keywords=[
                {"text": form_trees.text(row, "text"), "match": form_trees.text(row, "match") or "exact"}
                for row in self.keywords
            ],
            releases_evenly=self.releases_evenly,
            enabled=self.enabled,
            terms=self.terms,
            **given,
        )
        return content, faults + [fault for _, wrong in read for fault in wrong]

    def placed(self, faults: Sequence[FieldFault]) -> list[FieldFault]:
        """Return faults of the game's content at the names of this form's fields."""
        return [replace(fault, field=self._field(fault.field)) for fault in faults]

    def _field(self, place: str) -> str:
        place = place.replace("start_keywords", "keywords", 1)
        for at, prize in enumerate(self.prizes):
            inside = place.removeprefix(f"prizes[{at}].")
            if inside != place:
                return prize.field(f"prizes[{at}]", inside)
        return place


def whole(written: str, place: str) -> tuple[int | None, list[FieldFault]]:
    """Return a whole number, None for an empty field."""
    try:
        return (int(written.strip()) if written.strip() else None), []
    except ValueError:
        return None, [FieldFault(place, "請填整數，或留空不限制。")]


def _shown(number: int | None) -> str:
    return "" if number is None else str(number)


def _local(moment: datetime | None, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime(DATETIME) if moment else ""


def _moment(written: str, place: str, zone: ZoneInfo) -> tuple[datetime | None, list[FieldFault]]:
    if not written.strip():
        return None, []
    try:
        return datetime.fromisoformat(written.strip()).replace(tzinfo=zone), []
    except ValueError:
        return None, [FieldFault(place, "請填寫日期和時間，例如 2026/11/20 14:30。")]
