"""Whatever the conditions, the database finds the friends whom the straightforward evaluation finds."""

import random

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.database import Database
from bot.rules.segments import Condition, Facts, evaluate
from bot.services import segment_counts, segment_queries, segment_references, segments
from bot.services.audit import OPERATOR
from bot.services.segment_facts import facts_of
from bot.services.segment_queries import Wanted
from models import Friend
from tests import segment_trees
from tests.conftest import NOW

TREES = 1_200  # of each database
FRIENDS = 150


def everything_of(session: Session) -> dict[int, Facts]:
    """All facts of all friends, by asking for everything there is to ask for."""
    conditions: list[dict[str, object]] = [{"tag": tag} for tag in segment_trees.TAGS]
    conditions += [{"keyword": rule} for rule in segment_trees.RULES]
    conditions += [{"uploaded": one} for one in segment_trees.LISTS]
    conditions += [{"quiz": quiz} for quiz in segment_trees.QUIZZES]
    conditions += [{"source": code} for code in segment_trees.CODES]
    asked = segment_references.checked(session, {"any": conditions})
    return {friend.id: facts_of(session, friend, asked) for friend in session.scalars(select(Friend))}


def found_by_python(condition: Condition, people: dict[int, Facts], others: dict[int, Condition]) -> list[int]:
    return [
        friend_id
        for friend_id, facts in sorted(people.items())
        if facts.is_following and evaluate(condition, facts, now=NOW, segments=others)
    ]


def found_by_database(session: Session, wanted: Wanted) -> dict[str, list[int]]:
    """The friends by every way to ask."""
    found = {}
    broad = segment_queries.broadly(wanted, Friend.id)
    if broad is not None:
        found["broadly"] = sorted(session.scalars(broad))
    found["one by one"] = sorted(session.scalars(segment_queries.one_by_one(wanted, Friend.id)))
    for number, start in enumerate(segment_queries.starts(wanted)):
        found[f"narrowly {number}"] = sorted(session.scalars(segment_queries.narrowly(wanted, start, Friend.id)))
    return found


@pytest.mark.parametrize("seed", range(3))
def test_the_database_finds_whom_the_straightforward_evaluation_finds(db: Database, seed: int) -> None:
    chance = random.Random(f"segments {seed}")
    with db.begin() as session:
        segment_trees.make_brand(session, chance, FRIENDS)
        referred = tuple(
            segments.create(session, f"分眾 {n}", segment_trees.a_tree(chance, levels=3), by=OPERATOR, now=NOW).id
            for n in range(4)
        )
    sizes = set()
    with db() as session:
        people = everything_of(session)
        for number in range(TREES // 3):
            tree = segment_trees.a_tree(chance, segments=referred)
            condition = segment_references.checked(session, tree)
            expected = found_by_python(condition, people, segment_references.segments_in(session, condition))
            wanted = segment_counts.wanted_of(session, condition, now=NOW)
            for way, found in found_by_database(session, wanted).items():
                assert found == expected, (way, tree)
            assert segment_counts.count(session, wanted) == len(expected), tree
            sizes.add(len(expected))
            if number % 10 == 0:
                friend_id = chance.choice(list(people))
                assert segments.holds(session, tree, friend_id, now=NOW) == (friend_id in expected), tree
    assert len(sizes) > 30
