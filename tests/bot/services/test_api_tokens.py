"""A token is shown once, found by its hash, and ends when it is taken back."""

import hashlib
from datetime import timedelta

import pytest

from bot.database import Database
from bot.errors import InvalidInputError, NotFoundError
from bot.services import api_tokens
from bot.services.audit import OPERATOR
from models import ApiToken, Role
from tests.conftest import NOW


def make(db: Database, name: str = "shop") -> tuple[ApiToken, str]:
    with db.begin() as session:
        return api_tokens.create(session, name, Role.MARKETER, by=OPERATOR, now=NOW)


def test_only_the_hash_of_256_random_bits_is_kept(db: Database) -> None:
    token, plain = make(db)
    _, other = make(db)
    assert plain != other
    assert len(plain.removeprefix(api_tokens.PREFIX)) * 6 >= 256
    assert token.token_hash == hashlib.sha256(plain.encode()).hexdigest()
    assert plain not in str(vars(token))
    assert plain.endswith(token.hint)


def test_whoever_shows_the_token_is_known(db: Database) -> None:
    token, plain = make(db)
    with db() as session:
        found = api_tokens.find_by_plain(session, plain)
        assert found is not None
        assert (found.id, found.role) == (token.id, Role.MARKETER)
        for wrong in ("", plain[:-1], plain + "x", plain.upper(), "é", "\ud800", "a\x00", "x" * 10**6):
            assert api_tokens.find_by_plain(session, wrong) is None


def test_a_token_that_is_taken_back_opens_nothing(db: Database) -> None:
    token, plain = make(db)
    with db.begin() as session:
        api_tokens.revoke(session, token.id, by=OPERATOR, now=NOW)
    with db.begin() as session:
        again = api_tokens.revoke(session, token.id, by=OPERATOR, now=NOW + timedelta(days=1))
        assert again.revoked_at == NOW
        assert api_tokens.find_by_plain(session, plain) is None
        assert [one.id for one in api_tokens.list_tokens(session)] == [token.id]
        with pytest.raises(NotFoundError):
            api_tokens.revoke(session, 2**40, by=OPERATOR, now=NOW)


def test_its_use_is_noted_once_a_minute(db: Database) -> None:
    token, plain = make(db)
    for seconds, noted in ((0, 0), (59, 0), (60, 60), (61, 60)):
        now = NOW + timedelta(seconds=seconds)
        with db.begin() as session:
            api_tokens.note_use(session, token.id, now=now)
        with db() as session:
            found = api_tokens.find_by_plain(session, plain)
            assert found is not None
            assert found.last_used_at == NOW + timedelta(seconds=noted)
            assert api_tokens.use_is_due(found, now) is False


def test_a_token_has_a_name(db: Database) -> None:
    for name in ("", "  ", "x" * 61, "a\x00"):
        with db.begin() as session, pytest.raises(InvalidInputError):
            api_tokens.create(session, name, Role.OWNER, by=OPERATOR, now=NOW)
