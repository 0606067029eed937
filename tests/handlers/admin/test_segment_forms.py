"""Conditions in the builder: what is stored comes back from the page as it was, whatever the tree."""

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask, render_template
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from app import create_app
from bot.rules.segments import read_conditions, write_conditions
from handlers.admin.segment_builder import words_of
from handlers.admin.segment_choices import Choices, QuizParts
from handlers.admin.segment_forms import SegmentForm
from handlers.processes import EXTENSION
from tests.conftest import make_settings

TAIPEI = ZoneInfo("Asia/Taipei")
NAMES = {str(number): f"第{number}個" for number in range(1, 4)}
PARTS = QuizParts(
    results={"r1": "乾性", "r2": "油性"},
    questions={"q1": "1. 幾歲？", "q2": "2. 哪裡？"},
    choices={"q1": {"a": "二十", "b": "三十"}, "q2": {"a": "台北"}},
)
CHOICES = Choices(
    tag=NAMES,
    quiz=NAMES,
    keyword=NAMES,
    source={"poster": "海報"},
    segment=NAMES,
    uploaded=NAMES,
    groups={"": ["1"], "會員": ["2", "3"]},
    parts=dict.fromkeys(NAMES, PARTS),
)

ids = st.integers(1, 5)  # 4 and 5 are gone
days = st.fixed_dictionaries({}, optional={"within_days": st.integers(1, 36_500)})
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
names = texts.filter(str.strip)
scalars = texts | st.integers(-(10**12), 10**12) | st.floats(allow_nan=False, allow_infinity=False) | st.booleans()
moments = st.datetimes(timezones=st.just(TAIPEI)).filter(lambda moment: 1971 < moment.year < 8999)
written = moments.map(lambda moment: moment.replace(microsecond=moment.microsecond // 5 * 5).isoformat())
tests = st.one_of(
    st.fixed_dictionaries({"is": scalars}),
    st.fixed_dictionaries({"is_not": scalars}),
    st.fixed_dictionaries({"in": st.lists(scalars, max_size=3)}),
    st.fixed_dictionaries({"less_than": st.integers(-99, 99) | st.just("2026-11-20")}),
    st.fixed_dictionaries({"more_than": st.floats(-1e6, 1e6) | st.dates().map(str)}),
    st.fixed_dictionaries({"exists": st.booleans()}),
)
keys = st.sampled_from(["r1", "r2", "r9"])
quizzes = st.fixed_dictionaries({"quiz": ids}, optional={"result": keys})
answers = st.fixed_dictionaries({"quiz": ids, "question": st.sampled_from(["q1", "q9"])}, optional={"choice": keys})
spans = st.fixed_dictionaries({}, optional={"after": written, "before": written}).filter(bool)
leaves = st.one_of(
    st.builds(lambda tag, lately: {"tag": tag, **lately}, ids, days),
    st.builds(lambda name, test: {"attribute": name, **test}, names, tests),
    st.builds(lambda span: {"followed": span}, spans | days.filter(bool)),
    st.builds(lambda quiz, lately: {**quiz, **lately}, quizzes, days),
    st.builds(lambda given, lately: {"answered": {**given, **lately}}, answers, days),
    st.builds(lambda rule, lately: {"keyword": rule, **lately}, ids, days),
    st.builds(lambda code, lately: {"source": code, **lately}, st.sampled_from(["poster", "gone"]), days),
    st.builds(lambda share, seed: {"random": {"percent": share, "seed": seed}}, st.integers(0, 100), texts | ids),
    st.builds(lambda number: {"segment": number}, ids),
    st.builds(lambda number: {"uploaded": number}, ids),
    st.builds(lambda number: {"points": {"at_least": number}}, ids),
)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(lambda parts: {"all": parts}, st.lists(inner, max_size=3)),
        st.builds(lambda parts: {"any": parts}, st.lists(inner, max_size=3)),
        st.builds(lambda part: {"not": part}, inner),
    ),
    max_leaves=8,
)


class FilledIn(HTMLParser):
    """What a browser would send of a page without touching it."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: list[tuple[str, str]] = []
        self.select: str | None = None
        self.area: str | None = None
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "input" and given.get("name"):
            self.fields.append((str(given["name"]), str(given.get("value") or "")))
        elif tag == "select":
            self.select = given.get("name")
        elif tag == "option" and self.select:
            known = any(name == self.select for name, _ in self.fields)
            if "selected" in given or (not known and "disabled" not in given):
                self.fields = [one for one in self.fields if one[0] != self.select]
                self.fields.append((self.select, str(given.get("value") or "")))
        elif tag == "textarea":
            self.area, self.words = given.get("name"), []

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self.select = None
        elif tag == "textarea" and self.area:
            self.fields.append((self.area, "".join(self.words).removeprefix("\n")))
            self.area = None

    def handle_data(self, data: str) -> None:
        if self.area:
            self.words.append(data)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The program with nothing in its database."""
    app = create_app(make_settings(f"sqlite:///{tmp_path_factory.mktemp('pages')}/empty.sqlite3"))
    yield app
    app.extensions[EXTENSION].close()


def on_the_page(app: Flask, conditions: Any) -> SegmentForm:
    """Open conditions, show them, and read the page's fields back."""
    with app.test_request_context("/admin/segments/new"):
        form = SegmentForm.from_conditions(conditions, TAIPEI)
        page = render_template("admin/segments/_builder.html", faults={}, **words_of(form, CHOICES))
    filled = FilledIn()
    filled.feed(page)
    return SegmentForm.from_form(MultiDict(filled.fields))


@given(conditions=trees)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_stored_comes_back_from_the_page_as_it_was(pages: Flask, conditions: Any) -> None:
    stored = write_conditions(read_conditions(conditions))
    reading = on_the_page(pages, stored).read(TAIPEI)
    assert reading.faults == []
    assert json.dumps(reading.conditions, sort_keys=True) == json.dumps(stored, sort_keys=True)


@pytest.mark.parametrize(
    "leaf, kind",
    [
        ({"tag": 1}, "tag"),
        ({"tag": 1, "within_days": 30}, "tag"),
        ({"attribute": "gender", "is": "female"}, "attribute"),
        ({"attribute": "children", "in": [1, 2]}, "attribute"),
        ({"attribute": "member", "is_not": True}, "attribute"),
        ({"attribute": "birthday", "less_than": "2026-11-20"}, "attribute"),
        ({"attribute": "phone", "exists": False}, "attribute"),
        ({"followed": {"within_days": 7}}, "followed"),
        ({"followed": {"after": "2026-11-20T00:00:00+08:00", "before": "2026-12-01T00:00:00+08:00"}}, "followed"),
        ({"quiz": 1, "result": "r1"}, "quiz"),
        ({"quiz": 1}, "quiz"),
        ({"answered": {"quiz": 1, "question": "q1", "choice": "a"}}, "answered"),
        ({"answered": {"quiz": 1, "question": "q1"}}, "answered"),
        ({"keyword": 1, "within_days": 7}, "keyword"),
        ({"source": "poster"}, "source"),
        ({"random": {"percent": 2.5, "seed": "a"}}, "random"),
        ({"random": {"percent": 10, "seed": 7}}, "random"),
        ({"segment": 1}, "segment"),
        ({"uploaded": 1}, "uploaded"),
        ({"event": {"name": "add_to_cart"}}, "raw"),
    ],
)
def test_every_kind_of_condition_has_its_own_words(pages: Flask, leaf: Any, kind: str) -> None:
    stored = write_conditions(read_conditions(leaf))
    form = on_the_page(pages, {"all": [stored, {"not": stored}]})
    assert [(item["kind"], item["not"]) for item in form.root["items"]] == [(kind, ""), (kind, "1")]
    assert form.read(TAIPEI).conditions == {"all": [stored, {"not": stored}]}
