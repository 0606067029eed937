"""Personal links cannot be made up or altered."""

from urllib.parse import parse_qs, urlsplit

from hypothesis import given
from hypothesis import strategies as some

from bot.rules.personal_links import key_of, seal, share_url, unseal

KEY = key_of("a secret of some length")


def test_a_link_of_ours_tells_its_code() -> None:
    assert unseal(seal("abcdef2345", KEY), KEY) == "abcdef2345"


def test_a_link_of_another_secret_tells_nothing() -> None:
    assert unseal(seal("abcdef2345", key_of("another secret")), KEY) is None


@given(place=some.integers(0, 36), letter=some.sampled_from("abcdefghijklmnopqrstuvwxyz0123456789.-_~ "))
def test_one_altered_letter_is_noticed(place: int, letter: str) -> None:
    sealed = seal("abcdef2345", KEY)
    altered = sealed[:place] + letter + sealed[place + 1 :]

    assert altered == sealed or unseal(altered, KEY) is None


@given(some.text(max_size=80))
def test_nonsense_is_no_link(text: str) -> None:
    assert unseal(text, KEY) is None


def test_letters_survive_messengers_that_end_links_at_other_signs() -> None:
    code, _, signature = seal("abcdef2345", KEY).partition(".")

    assert code.isalnum()
    assert signature.isalnum()
    assert signature.islower() or signature.isdecimal()


def test_the_share_address_carries_the_text_whole() -> None:
    text = "好康 & 分享？\nhttp://a.example/i/x.y#z"

    assert parse_qs(urlsplit(share_url(text)).query) == {"text": [text]}
    assert "+" not in share_url(text)
