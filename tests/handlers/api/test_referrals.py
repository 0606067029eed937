"""Referral programmes over the API."""

from typing import Any

import pytest
from sqlalchemy import select

from bot.database import Database
from bot.services import invitations
from bot.services.plays import play_at
from models import ReferralProgram
from tests.conftest import NOW, make_settings
from tests.handlers.api.conftest import Caller
from tests.line_events import user
from tests.referral_acts import arrive, follow, invite, make_program

BODY = {
    "name": "邀請朋友拿點數",
    "start_keywords": [{"text": "邀請朋友"}],
    "inviter_tags": ["推薦人"],
    "steps": [{"friends": 3, "reward": {"points": 50}}, {"friends": 1, "tags": ["帶來一位"]}],
}


def make(caller: Caller, **changes: Any) -> dict[str, Any]:
    answer = caller.post("/referral-programs", BODY | changes)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.get_json()
    return told


def test_a_programme_is_made_read_changed_and_deleted(marketer: Caller) -> None:
    made = make(marketer)
    assert [(step["friends"], step["tags"], step["reward"]) for step in made["steps"]] == [
        (1, ["帶來一位"], None),
        (3, [], {"points": 50}),
    ]
    assert made["inviter_tags"] == ["推薦人"]
    assert made["counts"] is False  # LINE Login is off
    path = f"/referral-programs/{made['id']}"
    assert marketer.get(path).get_json() == made

    changed = marketer.patch(path, {"steps": [], "enabled": False}).get_json()
    assert (changed["steps"], changed["enabled"], changed["name"]) == ([], False, BODY["name"])
    assert marketer.delete(path).status_code == 204
    assert marketer.get(path).status_code == 404
    assert marketer.get("/referral-programs").get_json() == {"items": [], "next": None}


@pytest.mark.parametrize(
    "changes, field",
    [
        ({"steps": [{"friends": 1}]}, "steps[0]"),
        ({"steps": [{"friends": 1, "reward": {"points": 0}}]}, "steps[0].reward.points"),
        ({"invitation": "好" * 300}, "invitation"),
        ({"name": ""}, "name"),
        ({"start_keywords": [{"text": "("}, {"text": "(", "match": "pattern"}]}, "start_keywords[1].text"),
    ],
)
def test_a_fault_is_named_at_its_field(marketer: Caller, changes: dict[str, Any], field: str) -> None:
    answer = marketer.post("/referral-programs", BODY | changes)

    assert answer.status_code == 422
    assert [error["field"] for error in answer.get_json()["errors"]] == [field]


def test_viewers_read_and_do_not_write(viewer: Caller) -> None:
    assert viewer.get("/referral-programs").status_code == 200
    assert viewer.post("/referral-programs", BODY).status_code == 403


def test_pages_of_programmes_and_invitations_follow_each_other(viewer: Caller, db: Database) -> None:
    programs = [make_program(db) for _ in range(3)]
    ours = [invite(db, programs[0]) for _ in range(3)]

    first = viewer.get("/referral-programs?limit=2").get_json()
    assert [one["id"] for one in first["items"]] == [program.id for program in programs[:2]]
    rest = viewer.get(f"/referral-programs?limit=2&after={first['next']}").get_json()
    assert ([one["id"] for one in rest["items"]], rest["next"]) == ([programs[2].id], None)

    path = f"/referral-programs/{programs[0].id}/invitations"
    first = viewer.get(f"{path}?limit=2").get_json()
    rest = viewer.get(f"{path}?limit=2&after={first['next']}").get_json()
    assert [one["id"] for one in first["items"] + rest["items"]] == [one.id for one in ours]
    play = play_at(make_settings("sqlite:///unused.sqlite3"), now=NOW)
    assert first["items"][0]["url"] == invitations.url_of(ours[0], play)


def test_the_figures_are_those_of_the_database(viewer: Caller, db: Database) -> None:
    program = make_program(db)
    invitation = invite(db, program)
    arrive(db, invitation, user(1))
    arrive(db, invitation, user(2), is_friend=True, has_changed=False)
    follow(db, user(1), at=NOW)

    assert viewer.get(f"/referral-programs/{program.id}/figures").get_json() == {
        "links": 1,
        "opened": 0,
        "opened_without_login": 0,
        "not_told": 0,
        "arrived": 2,
        "waiting": 0,
        "counted": 1,
        "refused": {"was_friend": 1},
        "promised": 0,
    }


def test_the_same_idempotency_key_makes_one_programme(marketer: Caller, db: Database) -> None:
    answers = [marketer.post("/referral-programs", BODY, Idempotency_Key="one") for _ in range(2)]

    assert answers[0].get_json() == answers[1].get_json()
    with db() as session:
        assert len(list(session.scalars(select(ReferralProgram)))) == 1
