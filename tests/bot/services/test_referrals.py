"""Referral programmes as staff keep them: checked, changed, taken away; and what came of them."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.database import Database
from bot.errors import ConflictError, InvalidInputError, NotFoundError
from bot.services import referral_figures, referrals, tags, usages
from bot.services.audit import OPERATOR
from bot.services.plays import list_starters
from bot.services.referrals import ProgramContent
from models import AuditEntry, ReferralProgram, ReferralReason
from tests.conftest import NOW, make_settings
from tests.factories import make_rule, make_tag
from tests.line_events import user
from tests.referral_acts import arrive, follow, invite, make_program, unfollow

ZONE = make_settings("sqlite:///unused.sqlite3").zone
HOUR = timedelta(hours=1)


def faults_of(db: Database, **choices: Any) -> set[str]:
    with pytest.raises(InvalidInputError) as refusal:
        make_program(db, **choices)
    return {fault.field for fault in refusal.value.faults}


@pytest.mark.parametrize(
    "choices, places",
    [
        ({"name": "  "}, {"name"}),
        ({"name": "長" * 101}, {"name"}),
        ({"invitation": ""}, {"invitation"}),
        ({"invitation": "好" * 200}, {"invitation"}),
        ({"invitation": "{{phone}} 推薦你"}, {"invitation"}),
        ({"terms": "\x00"}, {"terms"}),
        ({"active_from": NOW, "active_until": NOW}, {"active_until"}),
        ({"start_keywords": [{"text": " ", "match": "exact"}]}, {"start_keywords[0].text"}),
        ({"start_keywords": [{"text": "a", "match": "like"}]}, {"start_keywords[0].match"}),
        ({"steps": [{"friends": 0, "reward": {"points": 1}}]}, {"steps[0].friends"}),
        ({"steps": [{"friends": 3, "reward": {"points": 1}}] * 2}, {"steps[1].friends"}),
        ({"steps": [{"friends": 3}]}, {"steps[0]"}),
        ({"steps": [{"friends": 3, "reward": {"points": 0}}]}, {"steps[0].reward.points"}),
        ({"steps": [{"friends": 3, "reward": {"gold": 1}}]}, {"steps[0].reward"}),
        ({"steps": [{"friends": 3, "tags": [999], "reward": {"points": 1}}]}, {"steps[0].tags[0]"}),
        ({"inviter_tags": [999]}, {"inviter_tags[0]"}),
    ],
)
def test_what_cannot_be_kept_is_refused_at_its_place(db: Database, choices: dict[str, Any], places: set[str]) -> None:
    assert faults_of(db, **choices) == places
    with db() as session:
        assert session.scalar(select(func.count()).select_from(ReferralProgram)) == 0


def test_a_programme_keeps_its_steps_in_order_and_makes_tags_by_name(db: Database) -> None:
    steps = [{"friends": 5, "tags": ["推薦王"]}, {"friends": 1, "reward": {"points": 10}}]
    program = make_program(db, steps=steps, inviter_tags=["推薦人"])

    assert [step["friends"] for step in program.steps] == [1, 5]
    with db() as session:
        names = tags.names_of(session, sorted(referrals.tags_of_referral(program)))
        assert set(names.values()) == {"推薦王", "推薦人"}
        entry = session.scalars(select(AuditEntry).where(AuditEntry.subject == "referral_program")).one()
    assert entry.action == "create"


def test_a_tag_of_a_programme_is_not_taken_away_under_it(db: Database) -> None:
    with db.begin() as session:
        tag = make_tag(session, "推薦王")
    make_program(db, name="邀請", steps=[{"friends": 1, "tags": [tag.id]}])

    with db() as session:
        assert usages.users_of_tag(session, tag.id) == ["好友邀請「邀請」"]


def test_what_is_switched_off_or_changed_is_heard_by_every_process(db: Database) -> None:
    program = make_program(db, start_keywords=[{"text": "邀請朋友"}])
    with db.begin() as session:
        [starter] = list_starters(session)
        assert starter.keywords[0].text == "邀請朋友"
        referrals.toggle(session, program.id, by=OPERATOR, now=NOW)
        assert list_starters(session) == []


def test_a_programme_nobody_joined_is_gone_and_one_with_links_is_kept(db: Database) -> None:
    unused, used = make_program(db), make_program(db)
    invite(db, used)
    with db.begin() as session:
        for program in (unused, used):
            referrals.delete(session, program.id, by=OPERATOR, now=NOW)
            with pytest.raises(NotFoundError):
                referrals.get_program(session, program.id)

    with db() as session:
        kept = session.scalars(select(ReferralProgram)).one()
    assert (kept.id, kept.archived_at, kept.enabled) == (used.id, NOW, False)


def test_a_programme_that_a_message_starts_is_not_taken_away(db: Database) -> None:
    program = make_program(db)
    with db.begin() as session:
        button = {"type": "postback", "label": "邀請", "data": f"referral:start:{program.code}"}
        items = {"items": [{"type": "action", "action": button}]}
        make_rule(session, "活動", name="活動", messages=[{"type": "text", "text": "來玩", "quickReply": items}])

    with db.begin() as session, pytest.raises(ConflictError, match="關鍵字回應「活動」"):
        referrals.delete(session, program.id, by=OPERATOR, now=NOW)


def test_a_copy_begins_switched_off_with_a_code_of_its_own(db: Database) -> None:
    program = make_program(db, steps=[{"friends": 1, "reward": {"points": 10}}])
    with db.begin() as session:
        copied = referrals.copy(session, program.id, name="複本", by=OPERATOR, now=NOW)

    assert (copied.enabled, copied.steps) == (False, program.steps)
    assert copied.code != program.code


def test_the_figures_say_who_came_who_counted_and_why_others_did_not(db: Database) -> None:
    program = make_program(db, steps=[{"friends": 1, "reward": {"points": 10}}])
    first, second = invite(db, program), invite(db, program)
    follow(db, user(9), at=NOW - 30 * 24 * HOUR)
    unfollow(db, user(9), at=NOW - 20 * 24 * HOUR)
    for number in (1, 2, 3, 9):
        arrive(db, first, user(number))
    arrive(db, second, user(1), opened_at=NOW + HOUR)
    follow(db, user(1), user(2), at=NOW + 2 * HOUR)

    with db() as session:
        figures = referral_figures.figures(session, program.id)
        best = referral_figures.best_inviters(session, program.id)
        days = referral_figures.days(session, program.id, zone=ZONE, last_on=NOW.date(), count=30)
        rows = list(referral_figures.all_referrals(session, program.id))
    assert (figures.links, figures.arrived, figures.waiting, figures.counted, figures.promised) == (2, 5, 1, 2, 1)
    assert figures.refused == {ReferralReason.WAS_FRIEND: 1, ReferralReason.OTHER_INVITATION: 1}
    assert [(one.invitation.id, one.invitation.brought) for one in best] == [(first.id, 2)]
    assert (len(days), days[-1].arrived, days[-1].counted) == (30, 5, 2)
    assert len(rows) == 5


def test_a_programme_of_which_nothing_came_has_zeros(db: Database) -> None:
    program = make_program(db)
    with db() as session:
        figures = referral_figures.figures(session, program.id)

    assert (figures.links, figures.opened, figures.arrived, figures.counted, figures.refused) == (0, 0, 0, 0, {})


def test_the_default_words_of_an_invitation_fit_the_share_button(db: Database) -> None:
    assert make_program(db, invitation=ProgramContent(name="x").invitation).invitation
