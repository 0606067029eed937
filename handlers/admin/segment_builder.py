"""The segment builder: what htmx asks for while staff write conditions."""

import secrets
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session

from bot.errors import InvalidInputError
from bot.services import friend_lists, friends, known_attributes, segments, usages
from bot.services.segments import Explained
from handlers.admin import display, segment_choices, segment_forms, segment_moves
from handlers.admin.access import allow
from handlers.admin.segment_choices import Choices
from handlers.admin.segment_forms import Reading, SegmentForm
from handlers.admin.segment_leaves import ANY
from handlers.admin.segment_words import Speaker
from handlers.processes import current_runtime
from models import Role

blueprint = Blueprint("builder", __name__, url_prefix="/builder")
FOUND = 8
SHOWN = 8


@blueprint.post("/move")
@allow(Role.MARKETER)
def move() -> ResponseReturnValue:
    """Add, move, wrap, turn round or drop a part, and give the builder back with everything typed in it."""
    form = SegmentForm.from_form(request.form)
    step, at = request.args.get("move", ""), request.args.get("at", "")
    if step not in segment_moves.MOVES:
        abort(400)
    try:
        place = segment_moves.MOVES[step](form.root, segment_moves.read_place(at))
    except (IndexError, KeyError, ValueError):
        abort(400)
    draft = segment_moves.find(form.root, place)
    if draft["kind"] == "random":
        draft.setdefault("seed", secrets.token_hex(3))  # so that no two segments draw the same friends by chance
    with current_runtime().db() as session:
        words = builder_words(session, form, request.form.get("segment_id", type=int))
    return render_template("admin/segments/_builder.html", focus=_focus(step, place), faults={}, **words)


@blueprint.post("/estimate")
@allow(Role.MARKETER)
def estimate() -> ResponseReturnValue:
    """Say from the sample about how many friends it would be; the answer asks for the exact number."""
    runtime, reading = current_runtime(), _reading()
    guess, problems = None, _problems(reading)
    if not problems:
        with runtime.db() as session:
            try:
                guess = segments.estimate(session, reading.conditions, now=runtime.now())
            except InvalidInputError as error:
                problems = [display.said(fault) for fault in error.faults]
    return render_template("admin/segments/_estimate.html", guess=guess, problems=problems[:5])


@blueprint.post("/count")
@allow(Role.MARKETER)
def count() -> ResponseReturnValue:
    """Count exactly, and show some of the friends."""
    runtime, reading = current_runtime(), _reading()
    if reading.faults:
        return ""
    now = runtime.now()
    with runtime.db() as session:
        number = segments.count(session, reading.conditions, now=now)
        some = segments.sample(session, reading.conditions, limit=SHOWN, now=now)
    return render_template("admin/segments/_count.html", number=number, some=some)


@blueprint.post("/why")
@allow(Role.MARKETER)
def why() -> ResponseReturnValue:
    """Find a friend by name, or tell why that friend is in or not."""
    reading = _reading()
    problems = _problems(reading)
    if problems:
        return render_template("admin/segments/_why.html", problems=problems[:1])
    return explained(reading.conditions, url_for("admin.segments.builder.why"))


def explained(conditions: Any, address: str) -> str:
    """Return the friends found by `who`, or with `friend` the tree of reasons; `address` is asked again for one."""
    runtime = current_runtime()
    now, zone = runtime.now(), runtime.settings.zone
    friend_id, who = request.values.get("friend", type=int), request.values.get("who", "").strip()
    shown: dict[str, Any] = {"found": [], "who": who, "address": address, "problems": []}
    with runtime.db() as session:
        if friend_id:
            shown["friend"] = friends.get_friend(session, friend_id)
            shown["reasons"] = segments.explain(session, conditions, friend_id, now=now, zone=zone)
            shown["say"] = speaker(session, [conditions]).sentence
        elif who:
            shown["found"] = friend_lists.page(session, limit=FOUND, search=who, now=now).items
    return render_template("admin/segments/_why.html", told=_told, **shown)


def speaker(session: Session, many_conditions: Sequence[Any]) -> Speaker:
    """Return who says these conditions in words."""
    leaves = [leaf for conditions in many_conditions for leaf in usages.leaves(conditions)]
    choices = segment_choices.load(session, segment_choices.quizzes_of(leaves))
    return Speaker(choices, current_runtime().settings.zone)


def _told(reason: Explained) -> str:
    """Return what is known of a friend, in the language of the page."""
    text = str(gettext(reason.text)) if reason.text else ""
    return text % reason.values if reason.values else text


def builder_words(
    session: Session, form: SegmentForm, segment_id: int | None, *, attributes: bool = False
) -> dict[str, Any]:
    """Return everything the page of the builder asks for."""
    choices = segment_choices.load(session, segment_choices.quizzes_in(form.root), but_segment=segment_id)
    return words_of(form, choices) | {"known": known_attributes.list_known(session) if attributes else []}


def words_of(form: SegmentForm, choices: Choices) -> dict[str, Any]:
    """Return everything the builder itself asks for."""
    return {
        "form": form,
        "choices": choices,
        "joins": segment_forms.JOINS,
        "all_heads": segment_forms.HEADS,
        "raw_heads": segment_forms.RAW_HEADS,
        "line_attributes": segment_forms.LINE_ATTRIBUTES,
        "attribute_tests": segment_forms.ATTRIBUTE_TESTS,
        "value_kinds": segment_forms.VALUE_KINDS,
        "followed_tests": segment_forms.FOLLOWED_TESTS,
        "most_shown": segment_choices.MOST_SHOWN,
        "numbered": numbered,
        "with_any": lambda words, parts: {ANY: words, **parts},
    }


def numbered(place: str) -> str:
    """Write a place as people count: 2-1 is the first part of the second part."""
    return "-".join(str(step + 1) for step in segment_moves.read_place(place))


def _reading() -> Reading:
    return SegmentForm.from_form(request.form).read(current_runtime().settings.zone)


def _problems(reading: Reading) -> list[str]:
    return list(dict.fromkeys(display.said(fault) for fault in reading.faults))


def _focus(step: str, place: segment_moves.Place) -> str:
    """Return the id of what the reader goes on with."""
    written = segment_moves.write_place(place)
    if step == "show":
        return request.headers.get("HX-Trigger", "")
    if step in ("leaf", "group"):
        inside = "".join(f".items.{number}" for number in place)
        return f"{segment_forms.ROOT}.0{inside}.head"
    if not place:
        return "leaf-"
    return f"{'wrap' if step == 'unwrap' else step}-{written}"
