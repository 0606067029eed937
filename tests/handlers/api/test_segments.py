"""Segments and uploaded lists over the API."""

from datetime import timedelta
from typing import Any

import pytest

from bot.clock import utc_now
from bot.database import Database
from bot.services import tags
from bot.services.audit import OPERATOR
from models import FriendState, FriendTag, TagSource
from tests.conftest import NOW
from tests.factories import make_friend, make_rule, make_tag, text
from tests.handlers.api.conftest import Caller
from tests.line_events import user

MOTHERS = {"all": [{"tag": "媽媽"}, {"not": {"attribute": "gender", "is": "male"}}]}


def make_brand(db: Database) -> int:
    """Three with a tag, of whom one is male and one has gone; one without."""
    with db.begin() as session:
        tag_id = make_tag(session, "媽媽").id
        worn = [
            make_friend(session, 1, attributes={"gender": "female"}),
            make_friend(session, 2, attributes={"gender": "male"}),
            make_friend(session, 3, state=FriendState.NOT_FOLLOWING),
        ]
        make_friend(session, 4)
        for friend in worn:
            tags.give(session, friend.id, tag_id, by=OPERATOR, now=NOW)
    return tag_id


def test_a_segment_is_answered_back_as_it_was_sent_and_kept_by_ids(marketer: Caller, db: Database) -> None:
    tag_id = make_brand(db)
    made = marketer.post("/segments", {"name": "台北的媽媽", "conditions": MOTHERS})
    assert made.status_code == 201
    segment = made.get_json()
    assert (segment["name"], segment["conditions"], segment["version"]) == ("台北的媽媽", MOTHERS, 1)
    assert marketer.patch(f"/tags/{tag_id}", {"name": "新手媽媽"}).status_code == 200
    renamed = marketer.get(f"/segments/{segment['id']}").get_json()
    assert renamed["conditions"]["all"][0] == {"tag": "新手媽媽"}
    assert marketer.get("/segments").get_json() == {"items": [renamed], "next": None}
    assert marketer.get(f"/segments/{segment['id']}/count").get_json() == {"friends": 1}


def test_only_following_friends_are_counted_listed_and_estimated(
    viewer: Caller, marketer: Caller, db: Database
) -> None:
    make_brand(db)
    assert viewer.post("/segments/count", {"conditions": {"tag": "媽媽"}}).get_json() == {"friends": 2}
    assert viewer.post("/segments/count", {"conditions": {"all": []}}).get_json() == {"friends": 3}
    assert viewer.post("/segments/count", {"conditions": {"any": []}}).get_json() == {"friends": 0}
    assert viewer.post("/segments/count", {"conditions": {"not": {"tag": "媽媽"}}}).get_json() == {"friends": 1}
    guess = viewer.post("/segments/estimate", {"conditions": {"tag": "媽媽"}}).get_json()
    assert guess == {"friends": 2, "is_exact": True}
    segment_id = marketer.post("/segments", {"name": "媽媽", "conditions": {"tag": "媽媽"}}).get_json()["id"]
    first = viewer.get(f"/segments/{segment_id}/friends?limit=1").get_json()
    rest = viewer.get(f"/segments/{segment_id}/friends?limit=1&after={first['next']}").get_json()
    assert [one["line_user_id"] for one in first["items"] + rest["items"]] == [user(1), user(2)]
    assert rest["next"] is None


def test_the_exact_figure_is_kept_until_the_conditions_change(marketer: Caller, db: Database) -> None:
    make_brand(db)
    path = f"/segments/{marketer.post('/segments', {'name': '媽媽', 'conditions': MOTHERS}).get_json()['id']}"
    assert marketer.get(path).get_json()["friends"] is None
    marketer.get(f"{path}/count")
    counted = marketer.get(path).get_json()
    assert (counted["friends"], counted["counted_at"] is not None) == (1, True)
    assert marketer.patch(path, {"name": "母親"}).get_json()["friends"] == 1
    changed = marketer.patch(path, {"conditions": {"tag": "媽媽"}}).get_json()
    assert (changed["version"], changed["friends"], changed["name"]) == (2, None, "母親")
    versions = marketer.get(f"{path}/versions").get_json()["items"]
    assert [(one["number"], one["conditions"]) for one in versions] == [(1, MOTHERS), (2, {"tag": "媽媽"})]


def test_a_tag_whose_end_has_come_does_not_count(viewer: Caller, db: Database) -> None:
    now = utc_now()
    with db.begin() as session:
        tag_id = make_tag(session, "試用").id
        for number, end in ((1, now - timedelta(minutes=1)), (2, now + timedelta(hours=1)), (3, None)):
            friend = make_friend(session, number)
            worn = FriendTag(friend_id=friend.id, tag_id=tag_id, source=TagSource.STAFF, tagged_at=NOW)
            worn.expires_at = end
            session.add(worn)
    assert viewer.post("/segments/count", {"conditions": {"tag": "試用"}}).get_json() == {"friends": 2}


FAULTS: list[tuple[Any, list[str]]] = [
    ({}, ["conditions"]),
    ({"all": {}}, ["conditions.all"]),
    ({"all": [], "any": []}, ["conditions.any"]),
    ({"tag": "沒有這個"}, ["conditions.tag"]),
    ({"all": [{"tag": "媽媽"}, {"tag": 99}]}, ["conditions.all[1].tag"]),
    ({"tag": "媽媽", "keyword": 1}, ["conditions"]),
    ({"tag": "媽媽", "colour": "red"}, ["conditions.colour"]),
    ({"color": "red"}, ["conditions.color"]),
    ({"not": [{"tag": "媽媽"}]}, ["conditions.not"]),
    ({"any": [{"not": {"attribute": "gender"}}]}, ["conditions.any[0].not"]),
    ({"attribute": "gender", "is": ["x"]}, ["conditions.is"]),
    ({"attribute": "gender", "in": "x"}, ["conditions.in"]),
    ({"attribute": "gender", "less_than": "很小"}, ["conditions.less_than"]),
    ({"attribute": "gender", "exists": 1}, ["conditions.exists"]),
    ({"attribute": " ", "exists": True}, ["conditions.attribute"]),
    ({"followed": {}}, ["conditions.followed"]),
    ({"followed": {"after": "2026-11-20"}}, ["conditions.followed.after"]),
    ({"followed": {"after": "yesterday", "before": 5}}, ["conditions.followed.after", "conditions.followed.before"]),
    ({"quiz": 7, "result": "a"}, ["conditions.quiz"]),
    ({"answered": {"quiz": 7, "question": "q1"}}, ["conditions.answered.quiz"]),
    ({"keyword": 7}, ["conditions.keyword"]),
    ({"keyword": True}, ["conditions.keyword"]),
    ({"source": "nowhere"}, ["conditions.source"]),
    ({"segment": 7}, ["conditions.segment"]),
    ({"uploaded": 7}, ["conditions.uploaded"]),
    ({"random": {"percent": 101, "seed": 1}}, ["conditions.random.percent"]),
    ({"random": {"percent": 5, "seed": [1]}}, ["conditions.random.seed"]),
    ({"tag": "媽媽", "within_days": 0}, ["conditions.within_days"]),
    ({"clicked": {"campaign": 1}}, ["conditions.clicked.campaign"]),
    ({"received": {"campaign": 1}}, ["conditions.received.campaign"]),
    ({"event": {"within_days": 3}}, ["conditions.event.name"]),
    ({"points": {}}, ["conditions.points.at_least"]),
    ({"purchased": {"amount_at_least": "100"}}, ["conditions.purchased.amount_at_least"]),
    ({"line": {"gender": "female"}}, ["conditions.line"]),
]


def test_each_fault_is_named_at_its_place(marketer: Caller, db: Database) -> None:
    make_brand(db)
    for conditions, fields in FAULTS:
        refused = marketer.post("/segments", {"name": "錯的", "conditions": conditions})
        assert refused.status_code == 422, conditions
        assert [error["field"] for error in refused.get_json()["errors"]] == fields, conditions
        counted = marketer.post("/segments/count", {"conditions": conditions})
        assert counted.get_json()["errors"] == refused.get_json()["errors"]
    assert marketer.get("/segments").get_json()["items"] == []


def test_lines_own_attributes_are_refused_with_the_reason(viewer: Caller) -> None:
    refused = viewer.post("/segments/count", {"conditions": {"line": {"age": "age_20"}}}).get_json()
    assert "窄播" in refused["errors"][0]["message"]


def test_facts_that_are_not_kept_hold_for_nobody_and_no_points_at_all_for_everybody(
    viewer: Caller, db: Database
) -> None:
    make_brand(db)
    for conditions, friends in (
        ({"points": {"at_least": 1}}, 0),
        ({"points": {"at_least": 0}}, 3),
        ({"not": {"event": {"name": "add_to_cart", "within_days": 7}}}, 3),
        ({"purchased": {"within_days": 30, "amount_at_least": 100, "product": "p1"}}, 0),
    ):
        assert viewer.post("/segments/count", {"conditions": conditions}).get_json() == {"friends": friends}


def test_too_many_conditions_and_too_many_levels_are_refused_in_a_sentence(viewer: Caller, db: Database) -> None:
    make_brand(db)
    deep: dict[str, Any] = {"tag": "媽媽"}
    for _ in range(19):
        deep = {"all": [deep, {"not": {"tag": "媽媽"}}]} if _ % 2 else {"any": [deep, {"tag": "媽媽"}]}
    wide = {"any": [{"tag": "媽媽"}] * 200}
    assert viewer.post("/segments/count", {"conditions": deep}).status_code == 200
    assert viewer.post("/segments/count", {"conditions": wide}).get_json() == {"friends": 2}
    deeper = viewer.post("/segments/count", {"conditions": {"not": deep}}).get_json()
    assert "最多 20 層" in deeper["errors"][0]["message"]
    wider = viewer.post("/segments/count", {"conditions": {"all": [wide, {"tag": "媽媽"}]}}).get_json()
    assert "201" in wider["errors"][0]["message"]


def test_segments_may_refer_to_others_but_never_in_a_circle(marketer: Caller, db: Database) -> None:
    make_brand(db)
    one = marketer.post("/segments", {"name": "一", "conditions": {"tag": "媽媽"}}).get_json()["id"]
    two = marketer.post("/segments", {"name": "二", "conditions": {"not": {"segment": one}}}).get_json()["id"]
    assert marketer.get(f"/segments/{two}/count").get_json() == {"friends": 1}
    for conditions in ({"segment": one}, {"any": [{"tag": "媽媽"}, {"segment": two}]}):
        refused = marketer.patch(f"/segments/{one}", {"conditions": conditions})
        assert refused.status_code == 422
        assert refused.get_json()["errors"][0]["field"].endswith("segment")
    in_use = marketer.delete(f"/segments/{one}")
    assert (in_use.status_code, "分眾「二」" in in_use.get_json()["detail"]) == (409, True)
    assert marketer.delete(f"/segments/{two}").status_code == 204
    assert marketer.delete(f"/segments/{one}").status_code == 204


def test_a_tag_or_rule_that_a_segment_asks_for_cannot_be_deleted(marketer: Caller, db: Database) -> None:
    tag_id = make_brand(db)
    with db.begin() as session:
        rule_id = make_rule(session, "優惠").id
    marketer.post("/segments", {"name": "媽媽", "conditions": {"all": [{"tag": tag_id}, {"keyword": rule_id}]}})
    for path in (f"/tags/{tag_id}", f"/keyword-rules/{rule_id}"):
        refused = marketer.delete(path)
        assert refused.status_code == 409
        assert "分眾「媽媽」" in refused.get_json()["detail"]


def test_a_name_is_given_once(marketer: Caller) -> None:
    body = {"name": "所有人", "conditions": {"all": []}}
    assert marketer.post("/segments", body).status_code == 201
    assert marketer.post("/segments", body).status_code == 409
    other = marketer.post("/segments", body | {"name": "別的"}).get_json()["id"]
    assert marketer.patch(f"/segments/{other}", {"name": "所有人"}).status_code == 409


def test_why_a_friend_is_in_or_not_is_told_part_by_part(viewer: Caller, marketer: Caller, db: Database) -> None:
    make_brand(db)
    segment_id = marketer.post("/segments", {"name": "媽媽", "conditions": MOTHERS}).get_json()["id"]
    him = viewer.get(f"/segments/{segment_id}/explain?line_user_id={user(2)}").get_json()
    assert (him["is_in"], him["is_following"]) == (False, True)
    tag, denied = him["reason"]["children"]
    assert tag["is_true"]
    assert "有標籤「媽媽」" in tag["fact"]
    assert (denied["is_true"], denied["children"][0]["fact"]) == (False, "屬性「gender」是「male」")
    gone = viewer.get(f"/segments/{segment_id}/explain?line_user_id={user(3)}").get_json()
    assert (gone["is_in"], gone["is_following"], gone["reason"]["is_true"]) == (False, False, True)
    assert viewer.get(f"/segments/{segment_id}/explain?line_user_id={user(99)}").status_code == 404


def test_a_rule_names_the_segment_it_answers(marketer: Caller, db: Database) -> None:
    make_brand(db)
    segment_id = marketer.post("/segments", {"name": "媽媽", "conditions": {"tag": "媽媽"}}).get_json()["id"]
    rule = {"name": "優惠", "keywords": [{"text": "優惠"}], "messages": [text("九折")], "segment": segment_id}
    made = marketer.post("/keyword-rules", rule).get_json()
    assert made["segment"] == segment_id
    refused = marketer.delete(f"/segments/{segment_id}")
    assert (refused.status_code, "關鍵字回應「優惠」" in refused.get_json()["detail"]) == (409, True)
    assert marketer.patch(f"/keyword-rules/{made['id']}", {"segment": 999}).status_code == 422
    assert marketer.patch(f"/keyword-rules/{made['id']}", {"priority": 3}).get_json()["segment"] == segment_id
    assert marketer.patch(f"/keyword-rules/{made['id']}", {"segment": None}).get_json()["segment"] is None
    assert marketer.delete(f"/segments/{segment_id}").status_code == 204


def test_an_uploaded_list_holds_whom_we_know_and_reports_the_rest(marketer: Caller, db: Database) -> None:
    make_brand(db)
    ids = [user(1), "不是 ID", user(3), user(1), user(99)]
    made = marketer.post("/uploaded-lists", {"name": "門市會員", "ids": ids}).get_json()
    assert (made["taken"], made["uploaded_list"]["friends"]) == (2, 2)
    assert [error["field"] for error in made["errors"]] == ["ids[1]", "ids[3]", "ids[4]"]
    list_id = made["uploaded_list"]["id"]
    assert marketer.post("/segments/count", {"conditions": {"uploaded": list_id}}).get_json() == {"friends": 1}
    more = marketer.post(f"/uploaded-lists/{list_id}/friends", {"ids": [user(1), user(4)]}).get_json()
    assert more["uploaded_list"]["friends"] == 3
    assert marketer.get("/uploaded-lists").get_json()["items"] == [more["uploaded_list"]]
    assert marketer.post("/uploaded-lists", {"name": "門市會員", "ids": ids}).status_code == 409
    assert marketer.post("/uploaded-lists", {"name": "空的", "ids": ["x"]}).status_code == 422

    segment = marketer.post("/segments", {"name": "會員", "conditions": {"uploaded": list_id}}).get_json()["id"]
    refused = marketer.delete(f"/uploaded-lists/{list_id}")
    assert (refused.status_code, "分眾「會員」" in refused.get_json()["detail"]) == (409, True)
    marketer.delete(f"/segments/{segment}")
    assert marketer.delete(f"/uploaded-lists/{list_id}").status_code == 204
    assert marketer.get(f"/uploaded-lists/{list_id}").status_code == 404


@pytest.mark.parametrize("path", ["/segments/9", "/segments/9/count", "/segments/9/friends", "/segments/9/versions"])
def test_a_segment_that_is_not_there_is_a_404(viewer: Caller, path: str) -> None:
    assert viewer.get(path).status_code == 404
