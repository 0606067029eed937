"""Staff and their logins when several things happen at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from bot.database import Database
from bot.errors import ConflictError, InvalidInputError
from bot.services import staff, staff_sessions
from bot.services.audit import OPERATOR
from bot.services.staff_sessions import LoginRefusedError
from models import Role, Staff
from tests.admin_visits import PASSWORD, make_staff
from tests.conftest import NOW

HERE = staff_sessions.Visitor("127.0.0.1", "test")


def test_guesses_made_at_the_same_moment_all_count(db: Database) -> None:
    make_staff(db)

    def guess(number: int) -> bool:
        password = PASSWORD if number == 11 else f"guess number {number}"
        try:
            staff_sessions.log_in(db, name="owner", password=password, visitor=HERE, now=NOW)
        except LoginRefusedError:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        entered = list(pool.map(guess, range(12)))
    assert entered == [False] * 12
    with db() as session:
        locked = session.scalars(select(Staff.locked_until)).one()
    assert locked == NOW + staff_sessions.LOCKED_FOR


def test_two_owners_cannot_leave_at_once(db: Database) -> None:
    people = [make_staff(db, name) for name in ("first", "second")]

    def leave(person: Staff) -> bool:
        try:
            with db.begin() as session:
                staff.change_role(session, person.id, Role.VIEWER, by=OPERATOR, now=NOW)
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        left = list(pool.map(leave, people))
    assert sorted(left) == [False, True]
    with db() as session:
        assert len(session.scalars(select(Staff).where(Staff.role == Role.OWNER)).all()) == 1


def test_a_right_password_clears_the_count_of_wrong_ones(db: Database) -> None:
    make_staff(db)
    for _ in range(3):
        for _ in range(staff_sessions.WRONG_PASSWORDS - 1):
            with pytest.raises(LoginRefusedError):
                staff_sessions.log_in(db, name="owner", password="wrong", visitor=HERE, now=NOW)
        assert staff_sessions.log_in(db, name=" owner ", password=PASSWORD, visitor=HERE, now=NOW)


@pytest.mark.parametrize(
    "name, password, field",
    [("", PASSWORD, "name"), ("owner", PASSWORD, "name"), ("x" * 61, PASSWORD, "name"), ("new", "short", "password")],
)
def test_an_account_that_cannot_be_made_says_where(db: Database, name: str, password: str, field: str) -> None:
    make_staff(db)
    with pytest.raises(InvalidInputError) as refused, db.begin() as session:
        staff.create(session, name=name, password=password, role=Role.VIEWER, by=OPERATOR, now=NOW)
    assert [fault.field for fault in refused.value.faults] == [field]
