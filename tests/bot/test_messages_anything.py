"""Whatever JSON comes, checking it gives faults and never an exception; nor does it change what it is given."""

import copy
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.messages import check, fill, plain_text, sentence
from tests.line_messages import BUBBLE, GOOD

SAMPLES = {**GOOD, "bubble": BUBBLE}


def keys_of(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*(keys_of(one) for one in value.values()))
    return set().union(*(keys_of(one) for one in value)) if isinstance(value, list) else set()


def words_of(value: Any) -> set[str]:
    if isinstance(value, (dict, list)):
        return set().union(*(words_of(one) for one in (value.values() if isinstance(value, dict) else value)))
    return {value} if isinstance(value, str) and len(value) < 20 else set()


NAMES = st.sampled_from(sorted(keys_of(list(SAMPLES.values()))))
WORDS = st.sampled_from(sorted(words_of(list(SAMPLES.values())) | {"{{name}}", "{", "https://[", "tel:1", "baseline"}))
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=6) | WORDS
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES | st.text(max_size=3), inner, max_size=6),
    max_leaves=25,
)


@given(JSON)
@settings(max_examples=400, deadline=None)
def test_any_json_gives_faults_and_never_an_exception(value: Any) -> None:
    for fault in check([value], variables={"name"}):
        assert all(sentence(fault, language) for language in ("zh-TW", "en", "ja"))
        assert fault.place.encode()
    check(value)
    plain_text(value)
    plain_text([value])


@given(st.sampled_from(sorted(SAMPLES)), st.data())
@settings(max_examples=400, deadline=None)
def test_any_value_at_any_place_of_a_good_message_gives_faults_and_never_an_exception(
    name: str, data: st.DataObject
) -> None:
    message = copy.deepcopy(SAMPLES[name])
    holder: Any = message
    while True:
        key: Any = data.draw(st.sampled_from(list(holder) if isinstance(holder, dict) else range(len(holder))))
        if not isinstance(holder[key], (dict, list)) or not holder[key] or data.draw(st.booleans()):
            break
        holder = holder[key]
    holder[key] = data.draw(JSON)
    for fault in check([message]):
        assert sentence(fault, "zh-TW")
    fill([message], {"name": "小明"})


def test_checking_changes_nothing() -> None:
    before = json.dumps(list(SAMPLES.values()))
    for message in SAMPLES.values():
        check([message])
    assert json.dumps(list(SAMPLES.values())) == before
