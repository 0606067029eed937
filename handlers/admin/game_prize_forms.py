"""One prize in the form of a game: what was typed, and what it means."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.errors import FieldFault
from bot.services import games
from bot.services.games import PrizeContent
from handlers.admin.form_trees import Tree, text
from handlers.admin.messages import Editor
from models import Prize

COLOURS = ("#06c755", "#ffb238", "#4c8dff", "#ff6b6b", "#9b6bff", "#19b5a5", "#ff8ac2", "#c0ca33")
NO_REWARD, POINTS, WORDS = "", "points", "text"


@dataclass
class PrizeForm:
    """A row of the prizes; its key names its message editor, wherever the row moves."""

    key: str
    editor: Editor
    id: str = ""
    name: str = ""
    odds: str = ""
    stock: str = ""
    given: int = 0
    colour: str = ""
    picture_url: str = ""
    tags: list[int] = field(default_factory=list)
    new_tag: str = ""
    reward_kind: str = NO_REWARD
    reward_points: str = ""
    reward_text: str = ""

    @classmethod
    def blank(cls, key: str) -> "PrizeForm":
        """A row to fill in."""
        colour = COLOURS[int(key) % len(COLOURS)]
        return cls(key, Editor(root_of(key), [], []), colour=colour)

    @classmethod
    def from_prize(cls, key: str, prize: Prize) -> "PrizeForm":
        """Open what is stored."""
        reward: Mapping[str, Any] = prize.reward or {}
        return cls(
            key=key,
            editor=Editor.from_messages(root_of(key), prize.messages),
            id=str(prize.id),
            name=prize.name,
            odds=games.percent_of(prize.odds),
            stock="" if prize.stock is None else str(prize.stock),
            given=prize.given,
            colour=prize.colour or COLOURS[int(key) % len(COLOURS)],
            picture_url=prize.picture_url or "",
            tags=list(prize.tags),
            reward_kind=next(iter(reward), NO_REWARD),
            reward_points=str(reward.get(POINTS, "")),
            reward_text=str(reward.get(WORDS, "")),
        )

    @classmethod
    def from_row(cls, row: Tree) -> "PrizeForm":
        """Read what was typed."""
        key = text(row, "key")
        key = key if key.isdecimal() and len(key) <= 6 else "0"
        chosen = row.get("tags")
        given = text(row, "given")
        return cls(
            key=key,
            editor=Editor.from_form(root_of(key)),
            given=int(given) if given.isdecimal() and len(given) <= 10 else 0,
            tags=[int(one) for one in chosen if one.isdecimal()] if isinstance(chosen, list) else [],
            new_tag=(text(row, "tags[]_new") or text(row, "new_tag")).strip(),
            **{
                name: text(row, name)
                for name in (
                    *("id", "name", "odds", "stock", "colour", "picture_url"),
                    *("reward_kind", "reward_points", "reward_text"),
                )
            },
        )

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed into a new row."""
        return not any(
            (self.id, self.name.strip(), self.odds.strip(), self.stock.strip(), self.picture_url, self.editor.drafts)
        )

    def content(self, place: str) -> tuple[PrizeContent, list[FieldFault]]:
        """Return what is meant, and the fields that cannot be read."""
        messages, faults = self.editor.to_messages()
        odds = games.parts_of(self.odds)
        if odds is None:
            faults.append(FieldFault(f"{place}.odds", "請填 0 到 100 的百分比，最多四位小數。"))
        stock, points = self._number("stock", place, faults), None
        if self.reward_kind == POINTS:
            points = self._number("reward_points", place, faults)
        prize = PrizeContent(
            name=self.name,
            odds=odds or 0,
            id=int(self.id) if self.id.isdecimal() else None,
            stock=stock,
            colour=self.colour or None,
            picture_url=self.picture_url or None,
            messages=messages,
            tags=[*self.tags, *([self.new_tag] if self.new_tag else [])],
            reward=self._reward(points),
        )
        return prize, faults

    def field(self, place: str, inside: str) -> str:
        """Return the form's field for what is wrong inside this prize."""
        if inside.startswith("messages"):
            return inside.replace("messages", self.editor.root, 1)
        names = {"reward.points": "reward_points", "reward.text": "reward_text", "reward": "reward_kind", "id": "name"}
        return f"{place}.{'tags' if inside.startswith('tags') else names.get(inside, inside)}"

    def _reward(self, points: int | None) -> dict[str, Any] | None:
        if self.reward_kind == POINTS:
            return {POINTS: points}
        return {WORDS: self.reward_text.strip()} if self.reward_kind == WORDS else None

    def _number(self, name: str, place: str, faults: list[FieldFault]) -> int | None:
        written = getattr(self, name).strip()
        try:
            return int(written) if written else None
        except ValueError:
            faults.append(FieldFault(f"{place}.{name}", "請填整數，或留空不限制。"))
            return None


def root_of(key: str) -> str:
    """Return what the names of a prize's messages begin with."""
    return f"prize-{key}"
