"""Tracked links: made, changed, counted, drawn, and what came of them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.database import Database
from bot.errors import ConflictError, InvalidInputError, NotFoundError
from bot.services import friends, tags, tracked_links
from bot.services.audit import OPERATOR
from bot.services.tracked_links import LinkFigures
from models import AuditEntry, LinkDay, TrackedLink
from tests.conftest import NOW

TAIPEI = ZoneInfo("Asia/Taipei")


def make_link(db: Database, name: str = "門市海報", code: str | None = None, **more: list[int | str]) -> TrackedLink:
    with db.begin() as session:
        return tracked_links.create(session, name=name, code=code, by=OPERATOR, now=NOW, **more)


def open_link(db: Database, link: TrackedLink, *, at: datetime = NOW) -> None:
    with db.begin() as session:
        tracked_links.count_opening(session, link, now=at, zone=TAIPEI)


def come_through(session: Session, link: TrackedLink, who: str, *, at: datetime, is_unblocked: bool = False) -> None:
    """A follow whose source is known."""
    friend = friends.lock(session, [who], now=at)[who]
    friends.follow(session, friend, at=at, is_unblocked=is_unblocked, now=at)
    tracked_links.credit(session, {who: link.id}, {who: at}, now=at)


def figures_of(
    db: Database, link: TrackedLink, first_on: date | None = None, last_on: date | None = None
) -> LinkFigures:
    with db() as session:
        found = tracked_links.figures(session, [link.id], zone=TAIPEI, first_on=first_on, last_on=last_on)
    return found[link.id]


def test_a_made_code_is_short_and_has_nothing_to_confuse(db: Database) -> None:
    codes = {make_link(db).code for _ in range(30)}

    assert len(codes) == 30
    assert all(len(code) == 7 for code in codes)
    assert not set("".join(codes)) & set("01ilo")


def test_a_link_is_found_by_its_code_and_by_no_other(db: Database) -> None:
    link = make_link(db, code="Taipei-101")

    with db() as session:
        assert tracked_links.get_link(session, link.id).name == "門市海報"
        assert getattr(tracked_links.find_link(session, "Taipei-101"), "id", None) == link.id
        for other in ("taipei-101", "Taipei-102", "", "x" * 5000, "a\x00b", "好"):
            assert tracked_links.find_link(session, other) is None


def test_a_code_belongs_to_one_link(db: Database) -> None:
    make_link(db, code="summer")

    with pytest.raises(ConflictError, match="summer"):
        make_link(db, code="summer")


@pytest.mark.parametrize("code", ["return", "Return", "a b", "a/b", "好", "x" * 41, "..", "a?b"])
def test_a_code_that_cannot_be_an_address_is_refused_at_its_field(db: Database, code: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        make_link(db, code=code)
    assert [fault.field for fault in refusal.value.faults] == ["code"]


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "a\x00b", "a\ud800"])
def test_a_link_needs_a_name_that_can_be_shown(db: Database, name: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        make_link(db, name=name)
    assert [fault.field for fault in refusal.value.faults] == ["name"]


def test_tags_of_a_link_may_be_named(db: Database) -> None:
    link = make_link(db, tags=["信義店", "海報"])

    with db() as session:
        assert {tag.name for tag in tags.list_tags(session) if tag.id in link.tags} == {"信義店", "海報"}


def test_name_and_tags_change_and_the_printed_code_does_not(db: Database) -> None:
    link = make_link(db, code="summer")
    with db.begin() as session:
        tracked_links.change(session, link.id, {"name": " 夏季海報 ", "tags": ["夏天"]}, by=OPERATOR, now=NOW)
    with pytest.raises(InvalidInputError), db.begin() as session:
        tracked_links.change(session, link.id, {"code": "winter"}, by=OPERATOR, now=NOW)

    with db() as session:
        changed = tracked_links.get_link(session, link.id)
        assert (changed.name, changed.code, len(changed.tags)) == ("夏季海報", "summer", 1)


def test_an_archived_link_counts_no_more_until_it_is_restored(db: Database) -> None:
    link = make_link(db)
    with db.begin() as session:
        archived = tracked_links.archive(session, link.id, by=OPERATOR, now=NOW)
    assert not tracked_links.is_counted(archived, user_agent="Mozilla/5.0 Line/15")

    with db.begin() as session:
        restored = tracked_links.restore(session, link.id, by=OPERATOR, now=NOW)
    assert tracked_links.is_counted(restored, user_agent="Mozilla/5.0 Line/15")
    assert not tracked_links.is_counted(restored, user_agent="Twitterbot/1.0")


def test_links_in_use_are_listed_before_archived_ones_newest_first(db: Database) -> None:
    first, second, third = make_link(db, "一"), make_link(db, "二"), make_link(db, "三")
    with db.begin() as session:
        tracked_links.archive(session, third.id, by=OPERATOR, now=NOW)

    with db() as session:
        assert [link.id for link in tracked_links.list_links(session)] == [second.id, first.id, third.id]


def test_every_change_of_a_link_is_in_the_audit_log(db: Database) -> None:
    link = make_link(db)
    with db.begin() as session:
        tracked_links.change(session, link.id, {"name": "新"}, by=OPERATOR, now=NOW)
        tracked_links.change(session, link.id, {"name": "新"}, by=OPERATOR, now=NOW)  # changes nothing
        tracked_links.archive(session, link.id, by=OPERATOR, now=NOW)
        tracked_links.archive(session, link.id, by=OPERATOR, now=NOW)
        tracked_links.restore(session, link.id, by=OPERATOR, now=NOW)

    with db() as session:
        entries = select(AuditEntry.action).where(AuditEntry.subject == "tracked_link").order_by(AuditEntry.id)
        assert list(session.scalars(entries)) == ["create", "update", "archive", "restore"]


@pytest.mark.parametrize("link_id", [0, -1, 99, 2**40])
def test_a_link_that_is_not_there_is_not_found(db: Database, link_id: int) -> None:
    with pytest.raises(NotFoundError), db.begin() as session:
        tracked_links.archive(session, link_id, by=OPERATOR, now=NOW)


def test_openings_count_on_the_accounts_own_day(db: Database) -> None:
    link = make_link(db)
    open_link(db, link, at=datetime(2026, 11, 20, 15, 59, tzinfo=UTC))  # 23:59 in Taipei
    open_link(db, link, at=datetime(2026, 11, 20, 16, 0, tzinfo=UTC))
    open_link(db, link, at=datetime(2026, 11, 20, 16, 1, tzinfo=UTC))

    with db() as session:
        days = {day.on: day.opened for day in session.scalars(select(LinkDay))}
    assert days == {date(2026, 11, 20): 1, date(2026, 11, 21): 2}
    assert figures_of(db, link).opened == 3
    assert figures_of(db, link, last_on=date(2026, 11, 20)).opened == 1
    assert figures_of(db, link, first_on=date(2026, 11, 21)).opened == 2


def test_two_hundred_openings_at_once_are_two_hundred(db: Database) -> None:
    link = make_link(db)
    with ThreadPoolExecutor(8) as visitors:
        list(visitors.map(lambda _: open_link(db, link), range(200)))

    assert figures_of(db, link).opened == 200


def test_figures_tell_new_from_returning_and_who_left(db: Database) -> None:
    link, other = make_link(db), make_link(db)
    with db.begin() as session:
        come_through(session, link, "U1", at=NOW)
        come_through(session, link, "U2", at=NOW + timedelta(minutes=1))
        come_through(session, link, "U3", at=NOW + timedelta(minutes=2), is_unblocked=True)
        come_through(session, other, "U4", at=NOW)
        leaver = friends.lock(session, ["U2"], now=NOW)["U2"]
        friends.unfollow(session, leaver, at=NOW + timedelta(hours=1))

    found = figures_of(db, link)
    assert (found.joined, found.new, found.returning, found.blocked) == (3, 2, 1, 1)
    assert found.block_rate == pytest.approx(1 / 3)
    assert figures_of(db, other).block_rate == 0


def test_a_link_nobody_used_has_zeroes_and_no_rate(db: Database) -> None:
    found = figures_of(db, make_link(db))

    assert found == LinkFigures()
    assert found.block_rate is None


def test_figures_of_some_days_count_those_who_joined_then(db: Database) -> None:
    link = make_link(db)
    with db.begin() as session:
        come_through(session, link, "U1", at=datetime(2026, 11, 20, 15, 59, tzinfo=UTC))
        come_through(session, link, "U2", at=datetime(2026, 11, 20, 16, 0, tzinfo=UTC))
        leaver = friends.lock(session, ["U1"], now=NOW)["U1"]
        friends.unfollow(session, leaver, at=datetime(2026, 12, 24, tzinfo=UTC))

    the_20th, the_21st = date(2026, 11, 20), date(2026, 11, 21)
    assert figures_of(db, link, the_20th, the_20th).joined == 1
    assert figures_of(db, link, the_20th, the_20th).blocked == 1
    assert figures_of(db, link, the_21st, the_21st).joined == 1
    assert figures_of(db, link, the_21st, the_21st).blocked == 0


def test_the_qr_code_can_be_put_into_a_page_and_saved_as_a_picture(db: Database) -> None:
    url = tracked_links.url_of(make_link(db, code="summer"), public_url="https://brand.example")
    assert url == "https://brand.example/l/summer"

    drawn = ElementTree.fromstring(tracked_links.qr_svg(url))
    assert drawn.tag.endswith("svg")
    assert "style" not in tracked_links.qr_svg(url)  # a page's CSP lets none in
    picture, bigger = tracked_links.qr_png(url, scale=4), tracked_links.qr_png(url, scale=20)
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert int.from_bytes(bigger[16:20], "big") == 5 * int.from_bytes(picture[16:20], "big")
