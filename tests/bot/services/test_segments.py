"""Segments are changed one at a time, used by version, streamed in order, and answered to by rules."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot.database import Database
from bot.errors import BotError, ConflictError, InvalidInputError, NotFoundError
from bot.services import auto_replies, friends, keyword_rules, segments, tag_references, tags, uploaded_lists
from bot.services.audit import OPERATOR, Actor
from bot.services.auto_replies import Answers, Said
from bot.services.uploaded_lists import RowFault
from models import ActorKind, AuditEntry, Friend, FriendState, Segment, SegmentVersion
from tests import quiz_rows
from tests.conftest import NOW
from tests.factories import make_friend, make_rule, make_tag
from tests.line_events import user

STAFF = Actor(ActorKind.STAFF, 7, "小美")
TAIPEI = ZoneInfo("Asia/Taipei")


def make_segment(db: Database, name: str, conditions: object) -> int:
    with db.begin() as session:
        return segments.create(session, name, conditions, by=STAFF, now=NOW).id


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Run these together; returns what each answered or was refused with."""
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        start.wait()
        try:
            return act()
        except BotError as refusal:
            return refusal

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(run, acts))


def test_each_change_of_the_conditions_is_a_version_and_in_the_audit_log(db: Database) -> None:
    segment_id = make_segment(db, "所有人", {"all": []})
    with db.begin() as session:
        segments.change(session, segment_id, {"name": "全部", "conditions": {"all": []}}, by=STAFF, now=NOW)
    with db.begin() as session:
        segments.change(session, segment_id, {"conditions": {"any": []}}, by=STAFF, now=NOW)
    with db() as session:
        versions = session.scalars(select(SegmentVersion).order_by(SegmentVersion.number)).all()
        actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert [(version.number, version.conditions) for version in versions] == [(1, {"all": []}), (2, {"any": []})]
    assert list(actions) == ["create", "update", "update"]


def test_a_use_keeps_the_version_that_it_used(db: Database) -> None:
    segment_id = make_segment(db, "所有人", {"all": []})
    with db.begin() as session:
        used = segments.use(session, segment_id)
    with db.begin() as session:
        segments.change(session, segment_id, {"conditions": {"any": []}}, by=STAFF, now=NOW)
    with db() as session:
        assert (used.number, used.conditions) == (1, {"all": []})
        assert segments.use(session, segment_id).number == 2
        with pytest.raises(NotFoundError):
            segments.use(session, segment_id + 1)


def point_at(db: Database, segment_id: int, other: int) -> Segment:
    with db.begin() as session:
        conditions = {"not": {"segment": other}}
        return segments.change(session, segment_id, {"conditions": conditions}, by=STAFF, now=NOW)


def delete_segment(db: Database, segment_id: int) -> None:
    with db.begin() as session:
        segments.delete(session, segment_id, by=STAFF, now=NOW)


def test_two_changes_at_once_never_make_a_circle_together(db: Database) -> None:
    for turn in range(5):
        one = make_segment(db, f"一 {turn}", {"all": []})
        two = make_segment(db, f"二 {turn}", {"all": []})

        outcomes = at_once(partial(point_at, db, one, two), partial(point_at, db, two, one))
        refused = [outcome for outcome in outcomes if isinstance(outcome, InvalidInputError)]
        assert len(refused) == 1
        assert refused[0].faults[0].field == "conditions.not.segment"


def test_segments_are_counted_changed_and_merged_into_at_once_and_nobody_waits_in_a_circle(db: Database) -> None:
    with db.begin() as session:
        old, new = make_tag(session, "舊").id, make_tag(session, "新").id
    segment_id = make_segment(db, "會員", {"tag": old})

    def count() -> None:
        for seconds in range(20):
            segments.recount(db, segment_id, now=NOW + timedelta(seconds=seconds))

    def rename(name: str) -> None:
        for number in range(20):
            with db.begin() as session:
                segments.change(session, segment_id, {"name": f"{name} {number}"}, by=STAFF, now=NOW)

    def swap() -> None:
        for _ in range(5):
            tag_references.replace(db, old, new)
            tag_references.replace(db, new, old)

    assert at_once(count, partial(rename, "甲"), partial(rename, "乙"), swap) == [None] * 4
    with db() as session:
        assert segments.get_segment(session, segment_id).friends == 0


def test_a_count_that_conditions_overtook_is_not_kept(db: Database) -> None:
    with db.begin() as session:
        make_friend(session)
    segment_id = make_segment(db, "所有人", {"all": []})
    assert segments.recount(db, segment_id, now=NOW).friends == 1
    with db.begin() as session:
        segments.change(session, segment_id, {"conditions": {"any": []}}, by=STAFF, now=NOW)
    with db() as session:
        assert segments.get_segment(session, segment_id).friends is None
    assert segments.recount(db, segment_id, now=NOW).friends == 0


def test_a_circle_through_others_is_refused(db: Database) -> None:
    first = make_segment(db, "甲", {"all": []})
    second = make_segment(db, "乙", {"segment": first})
    third = make_segment(db, "丙", {"any": [{"not": {"segment": second}}]})
    with db.begin() as session, pytest.raises(InvalidInputError) as refusal:
        segments.change(session, first, {"conditions": {"all": [{"segment": third}]}}, by=STAFF, now=NOW)
    (fault,) = refusal.value.faults
    assert fault.field == "conditions.all[0].segment"
    assert "「丙」" in fault.text % dict(fault.values)


def test_segments_of_segments_cannot_grow_beyond_what_a_database_takes(db: Database) -> None:
    with db.begin() as session:
        tag_id = make_tag(session).id
    last = make_segment(db, "0", {"any": [{"tag": tag_id}, {"tag": tag_id}, {"tag": tag_id}]})
    for number in range(1, 6):
        last = make_segment(db, str(number), {"any": [{"segment": last}, {"not": {"segment": last}}]})
    with pytest.raises(InvalidInputError) as refusal:
        make_segment(db, "太多", {"all": [{"segment": last}] * 3})
    (fault,) = refusal.value.faults
    assert "288" in fault.text % dict(fault.values)
    with db() as session:
        first = session.scalars(select(Segment.id).where(Segment.name == "0")).one()
    with db.begin() as session, pytest.raises(InvalidInputError):  # what is below grows, and what is above with it
        segments.change(session, first, {"conditions": {"any": [{"tag": tag_id}] * 7}}, by=STAFF, now=NOW)


def test_a_thing_is_deleted_or_referred_to_but_never_both(db: Database) -> None:
    for turn in range(5):
        with db.begin() as session:
            tag_id = make_tag(session, f"標籤 {turn}").id
        inner = make_segment(db, f"內 {turn}", {"all": []})

        outcomes = at_once(
            partial(make_segment, db, f"用標籤 {turn}", {"tag": tag_id}),
            partial(tags.delete, db, tag_id, by=STAFF, now=NOW),
            partial(make_segment, db, f"用分眾 {turn}", {"not": {"segment": inner}}),
            partial(delete_segment, db, inner),
        )
        for maker, deleter in (outcomes[:2], outcomes[2:]):
            assert isinstance(maker, InvalidInputError) != isinstance(deleter, ConflictError), outcomes


def test_a_segment_that_is_used_names_its_users(db: Database) -> None:
    inner = make_segment(db, "內", {"all": []})
    make_segment(db, "外", {"not": {"segment": inner}})
    with db.begin() as session:
        make_rule(session, "優惠", name="優惠", segment_id=inner)
    with db.begin() as session, pytest.raises(ConflictError) as refusal:
        segments.delete(session, inner, by=STAFF, now=NOW)
    assert "關鍵字回應「優惠」、分眾「外」" in str(refusal.value)


def test_friends_are_streamed_in_the_order_of_their_ids_as_of_one_moment(db: Database) -> None:
    with db.begin() as session:
        tag_id = make_tag(session).id
        made = [make_friend(session, number) for number in range(1, 41)]
        for friend in made[::2]:
            tags.give(session, friend.id, tag_id, by=OPERATOR, now=NOW)
    found = segments.stream(db, {"tag": tag_id}, now=NOW, slice_of=7)
    first = next(found)
    with db.begin() as session:
        for friend in made:
            tags.take(session, friend.id, tag_id, by=OPERATOR, now=NOW)
    assert [first, *found] == [(friend.id, friend.line_user_id) for friend in made[::2]]
    assert list(segments.stream(db, {"tag": tag_id}, now=NOW)) == []


def test_a_page_of_friends_goes_on_after_an_id(db: Database) -> None:
    with db.begin() as session:
        made = [make_friend(session, number).id for number in range(1, 8)]
    with db() as session:
        first = segments.page_of_friends(session, {"all": []}, limit=4, now=NOW)
        rest = segments.page_of_friends(session, {"all": []}, limit=4, after=first[-1].id, now=NOW)
        assert [friend.id for friend in (*first, *rest)] == made
        assert segments.sample(session, {"any": []}, now=NOW) == []


def test_a_random_share_is_stable_and_a_smaller_one_lies_inside_a_greater(db: Database) -> None:
    with db.begin() as session:
        friends.insert_unknown(session, [user(number) for number in range(1, 2_001)], now=NOW, state="following")

    def drawn(percent: float, seed: str) -> set[int]:
        return {friend_id for friend_id, _ in segments.stream(db, share(percent, seed), now=NOW)}

    def share(percent: float, seed: str) -> dict[str, object]:
        return {"random": {"percent": percent, "seed": seed}}

    tenth, half, other = drawn(10, "a"), drawn(50, "a"), drawn(50, "b")
    assert (drawn(10, "a"), drawn(0, "a"), len(drawn(100, "a"))) == (tenth, set(), 2_000)
    assert tenth < half
    assert 150 < len(tenth) < 250
    assert 900 < len(half) < 1_100
    assert 420 < len(half & other) < 580


def test_an_explanation_says_for_every_leaf_what_is_known(db: Database) -> None:
    with db.begin() as session:
        tag_id = make_tag(session, "媽媽").id
        friend = make_friend(session, 1, attributes={"寶寶月齡": 7}).id
        tags.give(session, friend, tag_id, by=OPERATOR, now=NOW, expires_at=NOW + timedelta(days=1))
    inner = make_segment(db, "媽媽們", {"tag": tag_id})
    conditions = {
        "all": [
            {"segment": inner},
            {"not": {"attribute": "寶寶月齡", "more_than": 12}},
            {"followed": {"before": "2020-01-01T00:00:00+08:00"}},
            {"points": {"at_least": 1}},
        ]
    }
    with db() as session:
        told = segments.explain(session, conditions, friend, now=NOW, zone=TAIPEI)
        expired = segments.explain(session, {"tag": tag_id}, friend, now=NOW + timedelta(days=2), zone=TAIPEI)
    assert [child.is_true for child in told.children] == [True, True, False, False]
    assert told.children[0].fact == "分眾「媽媽們」："
    assert told.children[0].children[0].fact == "有標籤「媽媽」，2026/11/20 12:00 貼上"
    assert told.children[1].children[0].fact == "屬性「寶寶月齡」是「7」"
    assert told.children[2].fact == "2026/11/20 12:00 加入"
    assert (expired.is_true, expired.fact) == (False, "標籤「媽媽」已在 2026/11/21 12:00 到期")


def test_whoever_skipped_a_question_has_not_answered_it(db: Database) -> None:
    with db.begin() as session:
        wrote, chose, skipped = (make_friend(session, number) for number in (1, 2, 3))
        quiz = quiz_rows.make_quiz(session)
        quiz_rows.play(session, quiz, {"words": "很好", "care": None}, friend=wrote)
        quiz_rows.play(session, quiz, {"words": None, "care": ["mask"]}, friend=chose)
        quiz_rows.play(session, quiz, {"words": None, "care": None}, friend=skipped)
    conditions = {key: {"answered": {"quiz": quiz.id, "question": key}} for key in ("words", "care")}

    with db() as session:
        found = {
            key: [friend.id for friend in segments.sample(session, one, now=NOW)] for key, one in conditions.items()
        }
        counts = [segments.count(session, one, now=NOW) for one in conditions.values()]
        told = segments.explain(session, conditions["care"], skipped.id, now=NOW, zone=TAIPEI)
    assert found == {"words": [wrote.id], "care": [chose.id]}
    assert counts == [1, 1]
    assert (told.is_true, told.fact) == (False, "沒有回答「用過哪些保養品？」")


def said(db: Database, answers: Answers, friend_id: int, words: str) -> str | None:
    with db.begin() as session:
        friend = session.get_one(Friend, friend_id)
        answer = answers.answer(session, words, friend, now=NOW)
        return answer.messages[0]["text"] if isinstance(answer, Said) else None


def test_a_rule_with_a_segment_answers_only_its_friends_and_others_get_the_next_rule(db: Database) -> None:
    with db.begin() as session:
        tag_id = make_tag(session, "會員").id
        member, guest = make_friend(session, 1).id, make_friend(session, 2).id
        gone = make_friend(session, 3, state=FriendState.NOT_FOLLOWING).id
        for friend_id in (member, gone):
            tags.give(session, friend_id, tag_id, by=OPERATOR, now=NOW)
    outer = make_segment(db, "外", {"all": [{"segment": make_segment(db, "會員", {"tag": tag_id})}]})
    with db.begin() as session:
        make_rule(session, "優惠", answer="會員價", priority=9, segment_id=outer)
        make_rule(session, "優惠", answer="一般價", match="contains")
        make_rule(session, "生日", answer="生日禮", segment_id=outer, answers_postback=True)
    with db() as session:
        answers = auto_replies.load(session, TAIPEI)

    assert [said(db, answers, one, "優惠") for one in (member, guest, gone)] == ["會員價", "一般價", "一般價"]
    assert [said(db, answers, one, "生日") for one in (member, guest)] == ["生日禮", None]
    with db.begin() as session:
        tapped = answers.answer_postback(session, "生日", session.get_one(Friend, guest), now=NOW)
    assert tapped is None


def test_answers_are_compiled_anew_when_a_segment_changes(db: Database) -> None:
    with db.begin() as session:
        friend = make_friend(session, 1).id
    segment_id = make_segment(db, "所有人", {"all": []})
    with db.begin() as session:
        make_rule(session, "優惠", answer="九折", segment_id=segment_id)
    book = auto_replies.AnswerBook(TAIPEI)
    assert said(db, book.known(db), friend, "優惠") == "九折"
    with db.begin() as session:
        segments.change(session, segment_id, {"conditions": {"any": []}}, by=STAFF, now=NOW)
    with db() as session, pytest.raises(auto_replies.OutdatedError):
        auto_replies.check(session, book.known(db))
    assert said(db, book.refresh(db), friend, "優惠") is None


def test_a_rule_is_never_saved_for_a_segment_that_is_not_there(db: Database) -> None:
    content = keyword_rules.RuleContent("價格", [{"text": "價格"}], [{"type": "text", "text": "100"}], segment_id=5)
    with db.begin() as session, pytest.raises(InvalidInputError) as refusal:
        keyword_rules.create(session, content, by=STAFF, now=NOW)
    assert [fault.field for fault in refusal.value.faults] == ["segment"]


def test_a_file_of_ids_becomes_a_list_with_a_report_by_row(db: Database) -> None:
    with db.begin() as session:
        for number in (1, 2):
            make_friend(session, number)
    rows = ["姓名,UID", f"王小明,{user(1)}", f"不在,{user(9)}", "寫錯,U123", f"林小姐,{user(2)}", f"重複,{user(1)}"]
    report = uploaded_lists.create_from_file(db, "", "\n".join(rows).encode(), "門市會員.csv", by=STAFF, now=NOW)
    assert (report.uploaded.name, report.uploaded.friends, report.taken, report.faulty) == ("門市會員", 2, 2, 3)
    assert [(row.number, row.fault) for row in report.faults] == [
        (3, RowFault.UNKNOWN),
        (4, RowFault.NOT_AN_ID),
        (6, RowFault.REPEATED),
    ]
    with db() as session:
        assert segments.count(session, {"uploaded": report.uploaded.id}, now=NOW) == 2
    with pytest.raises(ConflictError):
        uploaded_lists.create_from_file(db, "門市會員", "\n".join(rows).encode(), "x.csv", by=STAFF, now=NOW)
    with pytest.raises(InvalidInputError):
        uploaded_lists.create_from_file(db, "空的", b"a,b\n1,2\n", "x.csv", by=STAFF, now=NOW)
    uploaded_lists.delete(db, report.uploaded.id, by=STAFF, now=NOW)
    with db() as session:
        assert uploaded_lists.list_lists(session) == []
