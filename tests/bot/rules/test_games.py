"""Odds add up, stock comes free evenly, and tickets win what the log says."""

import secrets
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from bot.rules.game_contents import GameContent, PrizeContent, check_game
from bot.rules.games import MILLION, Chance, Release, has_ended, odds_at, parts_of, percent_of, prize_of
from models import GameKind

START = datetime(2026, 11, 20, tzinfo=UTC)
TEN_DAYS = Release(START, START + timedelta(days=10))
CHI_SQUARE_999999 = 33.377  # four degrees of freedom: one run in a million is beyond


def fields_of(content: GameContent) -> list[str]:
    return [fault.field for fault in check_game(content)]


def wheel(*prizes: PrizeContent, **more: object) -> GameContent:
    return GameContent(name="轉盤", kind=GameKind.WHEEL, prizes=prizes, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "percent, parts",
    [
        (12.5, 125_000),
        ("0.0001", 1),
        (100, MILLION),
        ("0", 0),
        (" 33.3333 ", 333_333),
        ("0.00001", None),
        ("100.1", None),
        (-1, None),
        ("", None),
        ("一半", None),
        ("nan", None),
        ("1e999999999", None),
    ],
)
def test_staff_write_percentages_of_up_to_four_decimals(percent: object, parts: int | None) -> None:
    assert parts_of(percent) == parts


@pytest.mark.parametrize("written", ["12.5", "0.0001", "100", "0", "33.3333", "10"])
def test_a_percentage_is_shown_as_it_was_written(written: str) -> None:
    parts = parts_of(written)
    assert parts is not None
    assert percent_of(parts) == written


def test_every_ticket_wins_the_prize_whose_share_it_lies_in() -> None:
    odds = [(7, 2), (8, 0), (9, 3)]

    assert [prize_of(ticket, odds) for ticket in range(7)] == [7, 7, 9, 9, 9, None, None]


def test_the_share_of_a_prize_that_ran_out_wins_nothing() -> None:
    left, gone = Chance(1, 100_000, None, 500), Chance(2, 300_000, 5, 5)

    odds = odds_at([gone, left], None, now=START)

    assert odds == [(2, 0), (1, 100_000)]
    wins = Counter(prize_of(ticket, odds) for ticket in range(0, MILLION, 100))
    assert wins == {1: 1_000, None: 9_000}


def test_stock_comes_free_evenly_and_is_all_free_at_the_end() -> None:
    free = [TEN_DAYS.free(20, now=START + timedelta(days=day)) for day in (-1, 0, 0.5, 1, 5, 9.6, 10, 30)]

    assert free == [0, 1, 2, 3, 11, 20, 20, 20]


def test_the_greatest_stock_comes_free_evenly_over_years() -> None:
    ten_years = Release(START, START + timedelta(days=3_650))

    assert ten_years.free(1_000_000_000, now=START + timedelta(days=1_825)) == 500_000_001


def test_a_prize_that_is_not_free_yet_cannot_be_drawn() -> None:
    chance = Chance(1, MILLION, 10, 1)

    assert odds_at([chance], TEN_DAYS, now=START) == [(1, 0)]
    assert odds_at([chance], TEN_DAYS, now=START + timedelta(days=1)) == [(1, MILLION)]


def test_a_game_has_ended_when_nothing_of_it_can_come_out_again() -> None:
    assert has_ended([Chance(1, MILLION, 3, 3), Chance(2, 0, None, 0)])
    assert not has_ended([Chance(1, MILLION, 3, 2)])
    assert not has_ended([Chance(1, 1, None, 10**9)])


def test_a_hundred_thousand_tickets_fall_as_the_odds_say() -> None:
    odds = [(1, 10_000), (2, 50_000), (3, 200_000), (4, 300_000)]
    draws = 100_000

    seen = Counter(prize_of(secrets.randbelow(MILLION), odds) for _ in range(draws))

    expected: dict[int | None, float] = {prize_id: share / MILLION * draws for prize_id, share in odds}
    expected[None] = draws - sum(expected.values())
    distance = sum((seen[prize] - wanted) ** 2 / wanted for prize, wanted in expected.items())
    assert distance < CHI_SQUARE_999999


def test_odds_beyond_a_hundred_percent_are_refused() -> None:
    assert fields_of(wheel(PrizeContent("A", 600_000), PrizeContent("B", 400_000))) == []
    assert fields_of(wheel(PrizeContent("A", 600_000), PrizeContent("B", 400_001))) == ["prizes"]
    assert fields_of(wheel(PrizeContent("A", 0))) == ["prizes"]
    assert fields_of(wheel()) == ["prizes"]


def test_each_fault_stands_at_its_field() -> None:
    prize = PrizeContent(" ", -1, stock=-1, colour="red", picture_url="http://shop.example.com/a.png")
    period = {"active_from": START, "active_until": START}

    assert fields_of(wheel(prize, draws_per_day=0, **period)) == [
        "draws_per_day",
        "active_until",
        "prizes[0].name",
        "prizes[0].stock",
        "prizes[0].odds",
        "prizes[0].colour",
        "prizes[0].picture_url",
    ]


def test_even_release_needs_a_beginning_and_an_end() -> None:
    assert fields_of(wheel(PrizeContent("A", 1), releases_evenly=True, active_from=START)) == ["releases_evenly"]
