"""The form of a keyword rule: what was typed, and what it means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from bot.errors import FieldFault
from bot.services.keyword_rules import RuleContent
from handlers.admin import form_trees
from handlers.admin.form_trees import Tree, is_blank, text
from handlers.admin.messages import Editor
from models import KeywordRule

DATETIME = "%Y-%m-%dT%H:%M"


@dataclass
class RuleForm:
    """Everything on the page, as typed."""

    editor: Editor
    name: str = ""
    keywords: list[Tree] = field(default_factory=list)
    priority: str = "0"
    enabled: bool = True
    answers_postback: bool = False
    tags: list[int] = field(default_factory=list)
    new_tag: str = ""
    active_from: str = ""
    active_until: str = ""
    hours: list[Tree] = field(default_factory=list)
    segment: str = ""  # whose friends alone are answered
    seen: str = ""  # when the rule on the page was last changed

    @classmethod
    def blank(cls) -> "RuleForm":
        """A new rule begins with one text."""
        return cls(editor=Editor("messages", [{"kind": "text"}], []), keywords=[{"match": "exact"}])

    @classmethod
    def from_rule(cls, rule: KeywordRule, zone: ZoneInfo) -> "RuleForm":
        """Open what is stored."""
        return cls(
            editor=Editor.from_messages("messages", rule.messages),
            name=rule.name,
            keywords=[dict(keyword) for keyword in rule.keywords],
            priority=str(rule.priority),
            enabled=rule.enabled,
            answers_postback=rule.answers_postback,
            tags=list(rule.tags),
            active_from=_local(rule.active_from, zone),
            segment=str(rule.segment_id or ""),
            active_until=_local(rule.active_until, zone),
            seen=rule.updated_at.isoformat(),
            hours=[{**window, "days": [str(day) for day in window["days"]]} for window in rule.hours or []],
        )

    @classmethod
    def from_form(cls, form: "MultiDict[str, str]") -> "RuleForm":
        """Read what was typed; pasted keywords become rows of their own."""
        keywords = [row for row in form_trees.rows(form, "keywords") if not is_blank(row, "text")]
        match = form.get("pasted_match", "exact")
        pasted = [line.strip() for line in form.get("pasted", "").splitlines() if line.strip()]
        keywords += [{"text": line, "match": match} for line in pasted]
        return cls(
            editor=Editor.from_form("messages"),
            name=form.get("name", ""),
            keywords=keywords,
            priority=form.get("priority", ""),
            enabled="enabled" in form,
            answers_postback="answers_postback" in form,
            tags=[int(tag_id) for tag_id in form.getlist("tags") if tag_id.isdecimal()],
            new_tag=form.get("tags_new", "").strip(),
            active_from=form.get("active_from", ""),
            segment=form.get("segment", ""),
            active_until=form.get("active_until", ""),
            seen=form.get("seen", ""),
            hours=[row for row in form_trees.rows(form, "hours") if not _is_empty(row)],
        )

    def content(self, zone: ZoneInfo, tag_ids: Sequence[int]) -> tuple[RuleContent, list[FieldFault]]:
        """Return what is meant, and the fields that cannot be read."""
        messages, faults = self.editor.to_messages()
        moments: dict[str, datetime | None] = {}
        for name in ("active_from", "active_until"):
            moments[name], fault = _moment(getattr(self, name), name, zone)
            faults += [fault] if fault else []
        priority, fault = _whole(self.priority)
        faults += [fault] if fault else []
        content = RuleContent(
            name=self.name,
            keywords=[{"text": text(row, "text"), "match": text(row, "match") or "exact"} for row in self.keywords],
            messages=messages,
            priority=priority,
            enabled=self.enabled,
            tags=tag_ids,
            answers_postback=self.answers_postback,
            hours=[_window(row) for row in self.hours] or None,
            segment_id=int(self.segment) if self.segment.isdecimal() and len(self.segment) < 10 else None,
            **moments,
        )
        return content, faults


def _is_empty(row: Tree) -> bool:
    return not row.get("days") and is_blank(row, "from", "until")


def _window(row: Mapping[str, Any]) -> dict[str, Any]:
    days = row.get("days")
    return {
        "days": [int(day) for day in days if str(day).isdecimal()] if isinstance(days, list) else [],
        "from": text(dict(row), "from"),
        "until": text(dict(row), "until"),
    }


def _local(moment: datetime | None, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime(DATETIME) if moment else ""


def _moment(written: str, name: str, zone: ZoneInfo) -> tuple[datetime | None, FieldFault | None]:
    if not written.strip():
        return None, None
    try:
        return datetime.fromisoformat(written.strip()).replace(tzinfo=zone), None
    except ValueError:
        return None, FieldFault(name, "請填寫日期和時間，例如 2026/11/20 14:30。")


def _whole(written: str) -> tuple[int, FieldFault | None]:
    try:
        return int(written.strip() or "0"), None
    except ValueError:
        return 0, FieldFault("priority", "請填整數。")
