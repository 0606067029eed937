"""The form of a quiz: what was typed, and what it means."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from bot.errors import FieldFault
from bot.services.quizzes import QuizContent
from handlers.admin import form_trees, quiz_rows
from handlers.admin.fault_places import by_field
from handlers.admin.form_trees import Tree, is_blank, text
from handlers.admin.messages import Editor

DATETIME = "%Y-%m-%dT%H:%M"


@dataclass
class QuizForm:
    """Everything on the page, as typed. Messages of results have editors of their own, by the result's key."""

    ending: Editor
    name: str = ""
    keywords: list[Tree] = field(default_factory=list)
    enabled: bool = True
    starts_on_follow: bool = False
    attempts_per_friend: str = "1"
    attempts_per_day: str = ""
    active_from: str = ""
    active_until: str = ""
    questions: list[Tree] = field(default_factory=list)
    results: list[Tree] = field(default_factory=list)
    by: str = "score"
    editors: dict[str, Editor] = field(default_factory=dict)
    newest: str = "0"  # number of the last key that a question of this quiz was ever given
    seen: str = ""  # when the quiz on the page was last changed

    @classmethod
    def from_content(cls, content: QuizContent, zone: ZoneInfo, newest: Mapping[str, int] | None = None) -> "QuizForm":
        """Open what is stored, or a sample; `newest` are the numbers of the last keys ever given."""
        known = newest or quiz_rows.newest_numbers([(content.questions, content.results)])
        results = [quiz_rows.open_result(result) for result in content.results]
        ending = content.ending
        messages = {result["key"]: list(result.get("messages") or []) for result in content.results}
        return cls(
            ending=Editor.from_messages("ending", list(ending.get("messages") or [])),
            name=content.name,
            keywords=[dict(keyword) for keyword in content.start_keywords],
            enabled=content.enabled,
            starts_on_follow=content.starts_on_follow,
            attempts_per_friend=_number(content.attempts_per_friend),
            attempts_per_day=_number(content.attempts_per_day),
            active_from=_local(content.active_from, zone),
            active_until=_local(content.active_until, zone),
            questions=[
                {**quiz_rows.open_question(one), "newest": str(known.get(one["key"], 0))} for one in content.questions
            ],
            results=results,
            by=str(ending.get("by") or "score"),
            editors={key: Editor.from_messages(root_of(key), listed) for key, listed in messages.items()},
            newest=str(known[""]),
        )

    @classmethod
    def from_form(cls, form: "MultiDict[str, str]") -> "QuizForm":
        """Read what was typed; pasted keywords become rows of their own."""
        keywords = [row for row in form_trees.rows(form, "keywords") if not is_blank(row, "text")]
        match = form.get("pasted_match", "exact")
        pasted = [line.strip() for line in form.get("pasted", "").splitlines() if line.strip()]
        results = [quiz_rows.with_key(row, "r") for row in form_trees.rows(form, "results")]
        plain = ("name", "attempts_per_friend", "attempts_per_day", "active_from", "active_until", "newest", "seen")
        return cls(
            ending=Editor.from_form("ending"),
            keywords=keywords + [{"text": line, "match": match} for line in pasted],
            enabled="enabled" in form,
            starts_on_follow="starts_on_follow" in form,
            questions=[quiz_rows.with_key(row, "q") for row in form_trees.rows(form, "questions")],
            results=results,
            by=form.get("by", "score"),
            editors={key: Editor.from_form(root_of(key)) for key in _keys(results)},
            **{name: form.get(name, "") for name in plain},
        )

    def editor_of(self, result: Tree) -> Editor:
        """Return the messages of a result; a new one has none yet."""
        key = text(result, "key")
        return self.editors.setdefault(key, Editor(root_of(key), [], []))

    def content(self, zone: ZoneInfo) -> tuple[QuizContent, list[FieldFault]]:
        """Return what is meant, and the fields that cannot be read."""
        faults: list[FieldFault] = []
        questions = [quiz_rows.question(row, f"questions.{place}", faults) for place, row in enumerate(self.questions)]
        results = []
        for place, row in enumerate(self.results):
            messages, broken = self.editor_of(row).to_messages()
            faults += broken
            results.append({**quiz_rows.result(row, f"results.{place}", faults), "messages": messages})
        closing, broken = self.ending.to_messages()
        content = QuizContent(
            name=self.name,
            questions=questions,
            results=results,
            ending={"by": self.by, "messages": closing},
            start_keywords=[
                {"text": text(row, "text"), "match": text(row, "match") or "exact"} for row in self.keywords
            ],
            enabled=self.enabled,
            starts_on_follow=self.starts_on_follow,
            attempts_per_friend=quiz_rows.whole(self.attempts_per_friend, "attempts_per_friend", faults),
            attempts_per_day=quiz_rows.whole(self.attempts_per_day, "attempts_per_day", faults),
            active_from=_moment(self.active_from, "active_from", zone, faults),
            active_until=_moment(self.active_until, "active_until", zone, faults),
        )
        return content, [*faults, *broken]

    def placed(self, faults: Sequence[FieldFault]) -> dict[str, list[str]]:
        """Return the faults' sentences by the names of this form's fields."""
        editors = {editor.root: editor.drafts for editor in (self.ending, *self.editors.values())}
        return by_field([replace(fault, field=self._field(fault.field)) for fault in faults], editors)

    def _field(self, place: str) -> str:
        """Return a fault's place by the form's names: tags stand in one field, messages in editors of their own."""
        place = re.sub(r"\.(tags)\[\d+\]$", r".\1", place)
        place = place.replace("start_keywords", "keywords", 1).replace("ending.messages", "ending", 1)
        place = place.replace("ending.by", "by").replace(".reward.", ".reward_")
        found = re.match(r"results\[(\d+)\]\.messages", place)
        if found and int(found[1]) < len(self.results):
            return root_of(text(self.results[int(found[1])], "key")) + place[found.end() :]
        return place


def root_of(key: str) -> str:
    """Return what the names of a result's messages begin with."""
    return f"result_{key}"


def _keys(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return [str(row["key"]) for row in rows]


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _local(moment: datetime | None, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime(DATETIME) if moment else ""


def _moment(written: str, name: str, zone: ZoneInfo, faults: list[FieldFault]) -> datetime | None:
    if not written.strip():
        return None
    try:
        return datetime.fromisoformat(written.strip()).replace(tzinfo=zone)
    except ValueError:
        faults.append(FieldFault(name, "請填寫日期和時間，例如 2026/11/20 14:30。"))
        return None
