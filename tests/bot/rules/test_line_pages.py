"""LINE's pages of the account."""

import pytest

from bot.rules.line_pages import is_on_this_machine, pages_of


def test_the_basic_id_is_percent_encoded_in_lines_addresses() -> None:
    pages = pages_of("@123abcde", api_base="https://api.line.me")

    assert pages.add_friend_url == "https://line.me/R/ti/p/%40123abcde"
    assert pages.chat_url == "https://line.me/R/oaMessage/%40123abcde/"


@pytest.mark.parametrize("basic_id", ["@a/../x", "@a?b", "@a#b", "@a b", "//evil.example"])
def test_no_basic_id_leads_away_from_line(basic_id: str) -> None:
    pages = pages_of(basic_id, api_base="https://api.line.me")

    for url in (pages.add_friend_url.removeprefix("https://line.me/R/ti/p/"), pages.chat_url[28:-1]):
        assert not set(url) & set("/?# ")


def test_an_account_on_this_machine_has_its_pages_there() -> None:
    assert pages_of("@a", api_base="http://127.0.0.1:8001").add_friend_url == "http://127.0.0.1:8001/?add=%40a"


@pytest.mark.parametrize(
    "url, expected",
    [
        ("http://127.0.0.1:8001", True),
        ("http://localhost:8001", True),
        ("http://[::1]:8001", True),
        ("https://api.line.me", False),
        ("https://127.0.0.1.evil.example", False),
        ("http://10.0.0.1", False),
    ],
)
def test_only_this_machine_is_this_machine(url: str, expected: bool) -> None:
    assert is_on_this_machine(url) is expected
