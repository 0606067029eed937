"""Writes that come together are committed together, and each hears its own outcome."""

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy.exc import OperationalError

from bot.group_commit import GroupCommit


class Book:
    """What was written: the items of each commit."""

    def __init__(self) -> None:
        self.commits: list[list[int]] = []
        self.may_write = threading.Event()
        self.may_write.set()

    @contextmanager
    def begin(self) -> Iterator[list[int]]:
        page: list[int] = []
        yield page
        self.commits.append(page)

    def write_all(self, page: list[int], items: Sequence[int]) -> list[int]:
        self.may_write.wait()
        if any(item < 0 for item in items):
            raise ValueError(f"cannot write {items}")
        page.extend(items)
        return [item * 2 for item in items]


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.fixture
def writer(book: Book) -> GroupCommit[list[int], int, int]:
    return GroupCommit(book.begin, book.write_all, name="book")


def test_a_lone_write_is_committed_at_once(book: Book, writer: GroupCommit[list[int], int, int]) -> None:
    assert (writer.write(21), book.commits) == (42, [[21]])


def test_a_crowd_shares_its_commits_and_each_hears_its_own_result(
    book: Book, writer: GroupCommit[list[int], int, int]
) -> None:
    book.may_write.clear()
    with ThreadPoolExecutor(40) as pool:
        first = pool.submit(writer.write, 0)
        time.sleep(0.1)
        rest = [pool.submit(writer.write, item) for item in range(1, 40)]
        time.sleep(0.2)
        book.may_write.set()
        assert [first.result(), *(one.result() for one in rest)] == [item * 2 for item in range(40)]
    assert book.commits[0] == [0]
    assert sorted(book.commits[1]) == list(range(1, 40))


def test_nothing_is_lost_or_written_twice_by_many_threads_over_a_long_time(
    book: Book, writer: GroupCommit[list[int], int, int]
) -> None:
    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(writer.write, range(5_000)))
    assert results == [item * 2 for item in range(5_000)]
    assert sorted(item for commit in book.commits for item in commit) == list(range(5_000))


def test_a_bad_item_harms_only_whoever_brought_it(book: Book, writer: GroupCommit[list[int], int, int]) -> None:
    book.may_write.clear()
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(writer.write, 1)
        time.sleep(0.1)
        good, bad = pool.submit(writer.write, 2), pool.submit(writer.write, -3)
        time.sleep(0.1)
        book.may_write.set()
        assert (first.result(), good.result()) == (2, 4)
        with pytest.raises(ValueError, match="-3"):
            bad.result()
    assert writer.write(4) == 8


def test_whoever_waits_too_long_is_told_and_its_item_is_not_written(
    book: Book, writer: GroupCommit[list[int], int, int]
) -> None:
    book.may_write.clear()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(writer.write, 1)
        time.sleep(0.1)
        with pytest.raises(TimeoutError):
            writer.write(2, patience=0.1)
        book.may_write.set()
        assert first.result() == 2
    assert (writer.write(3), book.commits) == (6, [[1], [3]])


def test_a_database_that_is_away_fails_everybody_once_and_the_next_write_tries_again() -> None:
    is_away, tries = threading.Event(), []
    is_away.set()

    @contextmanager
    def begin() -> Iterator[None]:
        tries.append(1)
        if is_away.is_set():
            raise OperationalError("BEGIN", None, Exception("away"))
        yield

    writer: GroupCommit[None, int, int] = GroupCommit(begin, lambda _, items: list(items), name="away")
    with pytest.raises(OperationalError):
        writer.write(1)
    is_away.clear()
    assert (writer.write(2), len(tries)) == (2, 2)
