"""Telephone numbers, however they are typed."""

import pytest

from bot.rules.phones import read_phone


@pytest.mark.parametrize(
    "typed",
    [
        "0912345678",
        "０９１２－３４５－６７８",
        "+886 912 345 678",
        "886912345678",
        "00886912345678",
        "+886 0912 345 678",
        " tel:0912345678 ",
    ],
)
def test_a_mobile_number_of_taiwan_has_one_form(typed: str) -> None:
    assert read_phone(typed) == "+886912345678"


def test_landlines_and_numbers_of_other_countries_are_numbers_too() -> None:
    assert read_phone("(02) 2345-6789") == "+886223456789"
    assert read_phone("+81 90-1234-5678") == "+819012345678"


@pytest.mark.parametrize("typed", ["", "12345", "0812345678", "我沒有電話", "0912345678 分機 12", "9" * 41, "+", "٠٩"])
def test_what_nobody_can_call_is_no_number(typed: str) -> None:
    assert read_phone(typed) is None
