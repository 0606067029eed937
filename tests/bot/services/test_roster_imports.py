"""Ids that staff bring along are taken in, without holding webhooks up."""

import pytest
from sqlalchemy import event, func, select

from bot.database import Database
from bot.errors import InvalidInputError
from bot.services import roster_imports
from bot.services.audit import OPERATOR
from models import Account, AuditEntry, Friend, FriendProof, FriendState
from tests.conftest import NOW
from tests.line_events import user


def test_imported_ids_are_marked_and_count_as_friends_only_where_line_will_not_tell(db: Database) -> None:
    report = roster_imports.import_ids(db, [user(1), "", "王小明", user(1)], by=OPERATOR, now=NOW)
    assert (report.added, report.known, report.faults) == (1, 0, [(3, "王小明")])
    with db() as session:
        assert session.scalars(select(Friend.state)).all() == [FriendState.UNKNOWN]

    with db.begin() as session:
        session.get_one(Account, 1).may_list_followers = False
    roster_imports.import_ids(db, [user(1), user(2)], by=OPERATOR, now=NOW)
    with db() as session:
        found = session.execute(select(Friend.state, Friend.proof, Friend.imported_at)).all()
    assert [tuple(row) for row in found] == [(FriendState.FOLLOWING, FriendProof.IMPORTED, NOW)] * 2


def test_a_long_list_goes_in_by_short_transactions_and_is_noted_once(db: Database) -> None:
    commits: list[object] = []
    event.listen(db.engine, "commit", commits.append)
    many = [user(number) for number in range(roster_imports.SLICE + 7)]
    roster_imports.import_ids(db, many[:7], by=OPERATOR, now=NOW)
    commits.clear()

    report = roster_imports.import_ids(db, many, by=OPERATOR, now=NOW)

    assert len(commits) == 2
    assert (report.added, report.known) == (roster_imports.SLICE, 7)
    with db() as session:
        assert session.scalar(select(func.count()).select_from(Friend)) == len(many)
        noted = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert noted is not None
    assert noted.changes == {"added": [None, roster_imports.SLICE], "known": [None, 7]}


def test_a_list_without_any_id_changes_nothing(db: Database) -> None:
    with pytest.raises(InvalidInputError):
        roster_imports.import_ids(db, ["王小明", ""], by=OPERATOR, now=NOW)
    with db() as session:
        assert session.scalars(select(Friend)).all() == []
        assert session.scalars(select(AuditEntry)).all() == []
