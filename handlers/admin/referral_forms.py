"""The form of a referral programme: what was typed, and what it means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from bot.errors import FieldFault
from bot.services.referrals import INVITATION, ProgramContent
from handlers.admin import form_trees
from handlers.admin.form_trees import Tree, is_blank, text

DATETIME = "%Y-%m-%dT%H:%M"
NO_REWARD, POINTS, OTHER = "", "points", "text"
MOST_DIGITS = 9


@dataclass
class ReferralForm:
    """Everything on the page, as typed."""

    name: str = ""
    keywords: list[Tree] = field(default_factory=list)
    invitation: str = INVITATION
    inviter_tags: list[int] = field(default_factory=list)
    inviter_tags_new: str = ""
    invited_tags: list[int] = field(default_factory=list)
    invited_tags_new: str = ""
    steps: list[Tree] = field(default_factory=list)
    active_from: str = ""
    active_until: str = ""
    enabled: bool = True
    terms: str = ""
    seen: str = ""  # when the programme on the page was last changed

    @classmethod
    def blank(cls) -> "ReferralForm":
        """A new programme begins with one keyword and one step."""
        return cls(keywords=[{"match": "exact"}], steps=[{"friends": "1", "kind": POINTS}])

    @classmethod
    def from_content(cls, content: ProgramContent, zone: ZoneInfo, *, seen: datetime | None = None) -> "ReferralForm":
        """Open what is stored."""
        return cls(
            name=content.name,
            keywords=[dict(keyword) for keyword in content.start_keywords],
            invitation=content.invitation,
            inviter_tags=list(content.inviter_tags),
            invited_tags=list(content.invited_tags),
            steps=[_open_step(step) for step in content.steps],
            active_from=_local(content.active_from, zone),
            active_until=_local(content.active_until, zone),
            enabled=content.enabled,
            terms=content.terms,
            seen=seen.isoformat() if seen else "",
        )

    @classmethod
    def from_form(cls, form: "MultiDict[str, str]") -> "ReferralForm":
        """Read what was typed."""
        plain = ("name", "active_from", "active_until", "seen")
        return cls(
            keywords=[row for row in form_trees.rows(form, "start_keywords") if not is_blank(row, "text")],
            invitation=form.get("invitation", "").replace("\r\n", "\n"),
            inviter_tags=_ids(form.getlist("inviter_tags")),
            inviter_tags_new=form.get("inviter_tags_new", "").strip(),
            invited_tags=_ids(form.getlist("invited_tags")),
            invited_tags_new=form.get("invited_tags_new", "").strip(),
            steps=[_read_step(row) for row in form_trees.rows(form, "steps") if not _is_empty(row)],
            enabled="enabled" in form,
            terms=form.get("terms", "").replace("\r\n", "\n"),
            **{name: form.get(name, "") for name in plain},
        )

    def content(self, zone: ZoneInfo) -> tuple[ProgramContent, list[FieldFault]]:
        """Return what is meant, and the fields that cannot be read. Tags are ids and names."""
        faults: list[FieldFault] = []
        content = ProgramContent(
            name=self.name,
            start_keywords=[
                {"text": text(row, "text"), "match": text(row, "match") or "exact"} for row in self.keywords
            ],
            invitation=self.invitation,
            inviter_tags=_with_new(self.inviter_tags, self.inviter_tags_new),
            invited_tags=_with_new(self.invited_tags, self.invited_tags_new),
            steps=[_step(row, f"steps[{place}]", faults) for place, row in enumerate(self.steps)],
            active_from=_moment(self.active_from, "active_from", zone, faults),
            active_until=_moment(self.active_until, "active_until", zone, faults),
            enabled=self.enabled,
            terms=self.terms,
        )
        return content, faults


def _open_step(step: Mapping[str, Any]) -> Tree:
    reward = step.get("reward") or {}
    kind = next(iter(reward), NO_REWARD)
    return {
        "friends": str(step["friends"]),
        "kind": kind,
        "amount": str(reward.get(kind, "")),
        "tags": [int(tag_id) for tag_id in step.get("tags") or ()],
    }


def _read_step(row: Tree) -> Tree:
    tags = row.get("tags")
    return {**row, "tags": _ids(tags) if isinstance(tags, list) else [], "new_tag": text(row, "new_tag").strip()}


def _is_empty(row: Tree) -> bool:
    return is_blank(row, "friends", "amount", "new_tag") and not row.get("tags")


def _step(row: Tree, place: str, faults: list[FieldFault]) -> dict[str, Any]:
    return {
        "friends": _whole(text(row, "friends"), f"{place}.friends", faults),
        "tags": _with_new(row.get("tags") or [], text(row, "new_tag")),
        "reward": _reward(row, place, faults),
    }


def _reward(row: Tree, place: str, faults: list[FieldFault]) -> dict[str, Any] | None:
    kind, amount = text(row, "kind"), text(row, "amount").strip()
    if kind == POINTS:
        return {"points": _whole(amount, f"{place}.reward.points", faults)}
    return {"text": amount} if kind == OTHER else None


def _whole(written: str, place: str, faults: list[FieldFault]) -> int:
    plain = written.strip().replace(",", "")
    if plain.isdecimal() and len(plain) <= MOST_DIGITS:
        return int(plain)
    faults.append(FieldFault(place, "請填整數。"))
    return 1


def _with_new(tag_ids: Sequence[int], new_tag: str) -> list[Any]:
    return [*tag_ids, *([new_tag] if new_tag else [])]


def _ids(values: Sequence[Any]) -> list[int]:
    return [int(one) for one in values if isinstance(one, str) and one.isdecimal() and len(one) <= MOST_DIGITS]


def _local(moment: datetime | None, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime(DATETIME) if moment else ""


def _moment(written: str, place: str, zone: ZoneInfo, faults: list[FieldFault]) -> datetime | None:
    if not written.strip():
        return None
    try:
        return datetime.fromisoformat(written.strip()).replace(tzinfo=zone)
    except ValueError:
        faults.append(FieldFault(place, "請填寫日期和時間，例如 2026/11/20 14:30。"))
        return None
