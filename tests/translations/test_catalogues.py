"""Whoever reads English or Japanese reads all of it."""

import io

import pytest
from babel.messages.mofile import write_mo

from translations import catalogues


@pytest.fixture(params=catalogues.LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_text_is_translated_and_no_other_is_kept(language: str) -> None:
    translated = {str(message.id) for message in catalogues.read(language) if message.id and message.string}
    texts = catalogues.texts()
    assert len(texts) > 500
    assert texts - translated == set(), "run `make translations` and fill in what it names"
    assert translated - texts == set(), "run `make translations`"


def test_a_translation_keeps_the_places_that_are_filled_in(language: str) -> None:
    for message in catalogues.read(language):
        if message.id:
            wanted, found = (set(catalogues.PLACE.findall(str(text))) for text in (message.id, message.string))
            assert wanted == found, message.id


def test_the_compiled_catalogue_is_that_of_the_texts(language: str) -> None:
    compiled = io.BytesIO()
    write_mo(compiled, catalogues.read(language))
    file = catalogues.ROOT / "translations" / language / "LC_MESSAGES" / "messages.mo"
    assert file.read_bytes() == compiled.getvalue(), "run `make translations`"


def test_taiwan_words_are_used() -> None:
    for word in ("视频", "視頻", "信息", "用户", "默認", "默认", "消息提醒"):
        assert not [text for text in catalogues.texts() if word in text], word
