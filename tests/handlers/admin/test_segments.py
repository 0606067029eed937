"""Segments in the admin: written, understood, counted, explained, kept and taken away as a file."""

import html
import io
import json
import re
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from bot.database import Database
from bot.services import tags
from bot.services.audit import OPERATOR
from models import AuditEntry, Friend, KeywordRule, Segment, SegmentVersion, TrackedLink, UploadedList
from tests.admin_visits import Visitor
from tests.conftest import NOW
from tests.factories import make_friend, make_rule, make_tag
from tests.line_events import user
from tests.quiz_factories import make_quiz

TAGGED_AND_NOT_FEMALE = {
    "name": "常客但不是女性",
    "conditions.0.join": "all",
    "conditions.0.items.0.head": "tag",
    "conditions.0.items.1.head": "not-attribute",
    "conditions.0.items.1.attribute": "gender",
    "conditions.0.items.1.test": "is",
    "conditions.0.items.1.value": "female",
}


def make_brand(db: Database) -> int:
    """Three friends with a tag, of whom one is female and one has blocked; returns the tag."""
    with db.begin() as session:
        tag_id = make_tag(session, "常客").id
        friends = [
            make_friend(session, 1, name="林小姐", attributes={"gender": "female"}),
            make_friend(session, 2, name="王先生", attributes={"gender": "male"}),
            make_friend(session, 3, name="走了的人", state="not_following"),
        ]
        make_friend(session, 4, name="路過的人")
        for friend in friends:
            tags.give(session, friend.id, tag_id, by=OPERATOR, now=NOW)
    return tag_id


def make_segment(visitor: Visitor, tag_id: int, **changes: str) -> int:
    form = TAGGED_AND_NOT_FEMALE | {"conditions.0.items.0.tag": str(tag_id)} | changes
    answer = visitor.post("/admin/segments/new", form)
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return int(answer.location.rpartition("/")[2])


def only_segment(db: Database) -> Segment:
    with db() as session:
        return session.scalars(select(Segment)).one()


def words_of(answer: Any) -> str:
    """A page without its tags."""
    text = re.sub(r"<[^>]*>", " ", answer.get_data(as_text=True))
    return " ".join(html.unescape(text).split())


def test_a_saved_segment_holds_the_sentence_and_says_it_again(marketer: Visitor, db: Database) -> None:
    tag_id = make_brand(db)
    segment_id = make_segment(marketer, tag_id)
    assert only_segment(db).conditions == {"all": [{"tag": tag_id}, {"not": {"attribute": "gender", "is": "female"}}]}
    for path in ("/admin/segments", f"/admin/segments/{segment_id}"):
        assert "貼有標籤「常客」，且並非屬性「gender」是「female」" in words_of(marketer.get(path))
    with db() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.subject == "segment")).one()
        assert (entry.actor_name, entry.action) == ("marketer", "create")


def test_the_number_is_estimated_then_counted_and_only_friends_count(marketer: Visitor, db: Database) -> None:
    form = TAGGED_AND_NOT_FEMALE | {"conditions.0.items.0.tag": str(make_brand(db))}
    estimate = marketer.post("/admin/segments/builder/estimate", form)
    assert "/admin/segments/builder/count" in estimate.get_data(as_text=True)
    counted = words_of(marketer.post("/admin/segments/builder/count", form))
    assert "1 位好友" in counted
    assert "王先生" in counted
    assert "林小姐" not in counted
    assert "走了的人" not in counted


def test_an_unfinished_condition_asks_for_what_is_missing_and_is_no_error(marketer: Visitor) -> None:
    answer = marketer.post("/admin/segments/builder/estimate", TAGGED_AND_NOT_FEMALE)
    assert answer.status_code == 200
    assert "請選擇標籤。" in words_of(answer)


def test_nothing_typed_is_lost_and_faults_stand_at_their_condition(marketer: Visitor, db: Database) -> None:
    form = TAGGED_AND_NOT_FEMALE | {
        "conditions.0.items.0.tag": "99999",
        "conditions.0.items.1.test": "less_than",
        "conditions.0.items.1.value": "昨天",
    }
    answer = marketer.post("/admin/segments/new", form)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'value="昨天"' in page
    assert 'value="常客但不是女性"' in page
    assert 'value="99999" selected' in page
    faults = re.findall(r'id="(conditions[^"]+)-fault"', page)
    assert "conditions.0.items.1.value" in faults
    form |= {"conditions.0.items.1.value": "2026-11-20"}
    page = marketer.post("/admin/segments/new", form).get_data(as_text=True)
    assert re.findall(r'id="(conditions[^"]+)-fault"', page) == ["conditions.0.items.0.tag"]
    with db() as session:
        assert session.scalars(select(Segment)).all() == []


def test_moves_give_the_builder_back_with_everything_typed(marketer: Visitor, db: Database) -> None:
    form = TAGGED_AND_NOT_FEMALE | {"conditions.0.items.0.tag": str(make_brand(db))}
    answer = marketer.post("/admin/segments/builder/move?move=wrap&at=1", form)
    page = answer.get_data(as_text=True)
    assert 'name="conditions.0.items.1.items.0.value" value="female"' in page
    assert 'data-focus="wrap-1"' in page
    for wrong in ("move=explode&at=0", "move=drop&at=7", "move=drop&at=", "move=up&at=x", "move=up&at=-1"):
        assert marketer.post(f"/admin/segments/builder/move?{wrong}", form).status_code == 400


def test_why_a_friend_is_in_or_not_is_told_for_each_condition(marketer: Visitor, viewer: Visitor, db: Database) -> None:
    segment_id = make_segment(marketer, make_brand(db))
    found = viewer.get(f"/admin/segments/{segment_id}/why?who=林").get_data(as_text=True)
    friend_id = re.findall(r"friend=(\d+)", found)[0]
    told = words_of(viewer.get(f"/admin/segments/{segment_id}/why?friend={friend_id}"))
    assert "✗ 不在這個分眾裡" in told
    assert "常客" in told
    assert told.count("✗") >= 2
    with db() as session:
        gone = session.scalars(select(Friend.id).where(Friend.line_user_id == user(3))).one()
    told = words_of(viewer.get(f"/admin/segments/{segment_id}/why?friend={gone}"))
    assert "✗ 不在這個分眾裡" in told
    assert "目前不是好友的人不會在任何分眾裡" in told


def test_earlier_conditions_stay_with_their_time_and_author(marketer: Visitor, owner: Visitor, db: Database) -> None:
    segment_id = make_segment(marketer, make_brand(db))
    seen = re.findall(r'name="seen" value="([^"]+)"', owner.get(f"/admin/segments/{segment_id}/edit").text)[0]
    form = {"name": "有性別的人", "seen": seen, "conditions.0.items.0.head": "attribute"}
    form |= {"conditions.0.items.0.attribute": "gender", "conditions.0.items.0.test": "exists"}
    assert owner.post(f"/admin/segments/{segment_id}/edit", form).status_code == 302
    page = words_of(owner.get(f"/admin/segments/{segment_id}"))
    assert "屬性「gender」有填" in page
    assert "貼有標籤「常客」" in page
    assert "marketer" in page
    late = owner.post(f"/admin/segments/{segment_id}/edit", form | {"name": "後存的"})
    assert late.status_code == 409
    assert "後存的" in late.text
    with db() as session:
        assert len(session.scalars(select(SegmentVersion)).all()) == 2
    earlier = owner.get(f"/admin/segments/{segment_id}/edit?version=1").text
    assert 'value="not-attribute" selected' in earlier


def test_a_segment_in_use_is_not_deleted_and_its_users_are_named(marketer: Visitor, db: Database) -> None:
    segment_id = make_segment(marketer, make_brand(db))
    form = {"name": "外面的", "conditions.0.items.0.head": "segment", "conditions.0.items.0.segment": str(segment_id)}
    outer = int(marketer.post("/admin/segments/new", form).location.rpartition("/")[2])
    assert "分眾「外面的」" in words_of(marketer.get("/admin/segments"))
    refused = marketer.post(f"/admin/segments/{segment_id}/delete")
    assert refused.status_code == 409
    assert "分眾「外面的」" in words_of(refused)
    assert marketer.post(f"/admin/segments/{outer}/delete").status_code == 302
    assert marketer.post(f"/admin/segments/{segment_id}/delete").status_code == 302
    with db() as session:
        assert session.scalars(select(Segment)).all() == []


def test_a_segment_may_not_hold_itself(marketer: Visitor, db: Database) -> None:
    segment_id = make_segment(marketer, make_brand(db))
    form = {"name": "繞圈", "conditions.0.items.0.head": "segment", "conditions.0.items.0.segment": str(segment_id)}
    answer = marketer.post(f"/admin/segments/{segment_id}/edit", form)
    assert answer.status_code == 422
    assert "conditions.0.items.0.segment-fault" in answer.text


def test_the_friends_go_out_as_a_file_and_that_is_noted(marketer: Visitor, db: Database) -> None:
    segment_id = make_segment(marketer, make_brand(db))
    text = marketer.get(f"/admin/segments/{segment_id}/friends.csv").get_data().decode()
    assert text.startswith("\ufeff")
    assert user(2) in text
    assert "王先生" in text
    assert "常客" in text
    assert text.count("\r\n") == 2
    with marketer.get(f"/admin/segments/{segment_id}/friends.xlsx") as answer:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(answer.get_data()))
    rows = workbook.get_sheet_by_index(0).to_python()
    assert [row[:2] for row in rows[1:]] == [[user(2), "王先生"]]
    with db() as session:
        noted = session.scalars(select(AuditEntry).where(AuditEntry.action == "export")).all()
        assert [(entry.actor_name, entry.subject_id) for entry in noted] == [("marketer", str(segment_id))] * 2


def test_a_name_that_looks_like_a_formula_is_none_in_the_file(marketer: Visitor, db: Database) -> None:
    with db.begin() as session:
        make_friend(session, 1, name="=HYPERLINK(1)")
    answer = marketer.post("/admin/segments/new", {"name": "所有人", "conditions.0.join": "all"})
    text = marketer.get(f"{answer.location}/friends.csv").get_data().decode()
    assert "'=HYPERLINK(1)" in text


def test_the_page_of_a_new_segment_counts_it_without_being_asked(
    marketer: Visitor, viewer: Visitor, db: Database
) -> None:
    segment_id = make_segment(marketer, make_brand(db))
    page = f"/admin/segments/{segment_id}"
    asks = f'hx-post="{page}/count" hx-trigger="load"'
    assert asks in marketer.get(page).get_data(as_text=True)
    assert asks not in viewer.get(page).get_data(as_text=True)

    marketer.post(f"{page}/count")

    assert asks not in marketer.get(page).get_data(as_text=True)


def test_all_friends_of_a_segment_are_read_by_the_page(marketer: Visitor, viewer: Visitor, db: Database) -> None:
    with db.begin() as session:
        for number in range(60):
            make_friend(session, number + 1, name=f"好友之{number:02}")
    answer = marketer.post("/admin/segments/new", {"name": "所有人", "conditions.0.join": "all"})
    first = viewer.get(f"{answer.location}/friends").text
    following = html.unescape(re.findall(r'href="([^"]+after=\d+)"', first)[0])
    both = [set(re.findall(r"好友之\d\d", page)) for page in (first, viewer.get(following).text)]
    assert [len(names) for names in both] == [50, 10]
    assert len(both[0] | both[1]) == 60


def test_a_viewer_may_look_and_nothing_else(marketer: Visitor, viewer: Visitor, db: Database) -> None:
    segment_id = make_segment(marketer, make_brand(db))
    for path in ("", f"/{segment_id}", f"/{segment_id}/some", f"/{segment_id}/friends", "/lists"):
        assert viewer.get(f"/admin/segments{path}").status_code == 200
    for path in ("/new", f"/{segment_id}/edit", f"/{segment_id}/friends.csv", f"/{segment_id}/friends.xlsx"):
        assert viewer.get(f"/admin/segments{path}").status_code == 403
    for path in ("/new", f"/{segment_id}/edit", f"/{segment_id}/delete", f"/{segment_id}/count", "/lists"):
        assert viewer.post(f"/admin/segments{path}").status_code == 403
    for path in ("move", "estimate", "count", "why"):
        assert viewer.post(f"/admin/segments/builder/{path}").status_code == 403
    page = viewer.get(f"/admin/segments/{segment_id}").text
    assert "/edit" not in page
    assert "friends.csv" not in page


def test_counting_again_keeps_the_number_and_its_time(marketer: Visitor, db: Database) -> None:
    segment_id = make_segment(marketer, make_brand(db))
    assert "1" in words_of(marketer.post(f"/admin/segments/{segment_id}/count"))
    segment = only_segment(db)
    assert segment.friends == 1
    assert segment.counted_at is not None


def test_a_file_of_ids_becomes_a_list_and_a_segment(marketer: Visitor, db: Database) -> None:
    make_brand(db)
    rows = f"uid\n{user(1)}\n{user(2)}\n{user(77)}\nnobody\n{user(1)}\n"
    form = {"name": "活動名單", "segment": "1", "file": (io.BytesIO(rows.encode()), "list.csv")}
    page = words_of(marketer.post("/admin/segments/lists", form, content_type="multipart/form-data"))
    assert user(77) in page
    assert "nobody" in page
    with db() as session:
        kept = session.scalars(select(UploadedList)).one()
        assert (kept.name, kept.friends) == ("活動名單", 2)
    assert only_segment(db).conditions == {"uploaded": kept.id}
    refused = marketer.post(f"/admin/segments/lists/{kept.id}/delete")
    assert refused.status_code == 409
    assert "分眾「活動名單」" in words_of(refused)


def test_a_rule_answers_only_the_chosen_segment(marketer: Visitor, db: Database) -> None:
    segment_id = make_segment(marketer, make_brand(db))
    with db.begin() as session:
        rule_id = make_rule(session, "優惠").id
    form = {"name": "優惠", "keywords.0.text": "優惠", "keywords.0.match": "exact", "segment": str(segment_id)}
    form |= {"messages.0.kind": "text", "messages.0.text": "常客優惠", "enabled": "1"}
    assert marketer.post(f"/admin/keyword-rules/{rule_id}", form).status_code == 302
    with db() as session:
        assert session.get_one(KeywordRule, rule_id).segment_id == segment_id
    page = marketer.get(f"/admin/keyword-rules/{rule_id}").text
    assert re.search(rf'<option value="{segment_id}" selected>', page)
    assert "常客但不是女性" in marketer.get("/admin/keyword-rules").text


@pytest.mark.parametrize("conditions", [{"event": {"name": "add_to_cart"}}, {"points": {"at_least": 3}}])
def test_conditions_without_a_form_of_their_own_survive_an_edit(
    marketer: Visitor, db: Database, conditions: dict[str, Any]
) -> None:
    form = {"name": "來自 API", "conditions.0.items.0.head": "raw"}
    form |= {"conditions.0.bare": "1", "conditions.0.items.0.json": json.dumps(conditions)}
    answer = marketer.post("/admin/segments/new", form)
    assert only_segment(db).conditions == conditions
    assert html.escape(json.dumps(conditions), quote=False).replace("&", "&") in html.unescape(
        marketer.get(f"{answer.location}/edit").text
    )


def test_a_long_list_of_tags_is_typed_into_and_a_name_will_do(marketer: Visitor, db: Database) -> None:
    with db.begin() as session:
        ids = [make_tag(session, f"標籤之{number:03}").id for number in range(101)]
    page = marketer.get("/admin/segments/new").text
    assert f'<option value="標籤之007 #{ids[7]}">' in page
    for typed in (f"標籤之007 #{ids[7]}", "標籤之007"):
        form = {"name": f"選了 {typed}", "conditions.0.items.0.head": "tag", "conditions.0.items.0.tag": typed}
        answer = marketer.post("/admin/segments/new", form)
        assert answer.status_code == 302
        assert f'value="標籤之007 #{ids[7]}"' in marketer.get(f"{answer.location}/edit").text
    form |= {"name": "另一個", "conditions.0.items.0.tag": "沒有這種標籤"}
    refused = marketer.post("/admin/segments/new", form)
    assert refused.status_code == 422
    assert 'value="沒有這種標籤"' in refused.text


def test_every_kind_of_condition_reads_as_a_sentence(marketer: Visitor, db: Database) -> None:
    tag_id = make_brand(db)
    with db.begin() as session:
        rule = make_rule(session, "優惠", name="問優惠").id
        session.add(TrackedLink(code="poster", name="門市海報", tags=[], created_at=NOW))
        quiz = make_quiz(session).id
    conditions = [
        {"tag": tag_id, "within_days": 7},
        {"not": {"any": [{"attribute": "city", "in": ["台北", "新北"]}, {"attribute": "age", "more_than": 30}]}},
        {"followed": {"after": "2026-11-01T00:00:00+08:00"}},
        {"quiz": quiz, "result": "calm"},
        {"not": {"answered": {"quiz": quiz, "question": "skin", "choice": "oily"}}},
        {"keyword": rule, "within_days": 30},
        {"source": "poster"},
        {"random": {"percent": 10, "seed": "a"}},
        {"points": {"at_least": 1}},
    ]
    form = {"name": "全部", "conditions.0.bare": "1", "conditions.0.items.0.head": "raw"}
    answer = marketer.post("/admin/segments/new", form | {"conditions.0.items.0.json": json.dumps({"all": conditions})})
    assert answer.status_code == 302, words_of(answer)
    sentence = (
        "貼有標籤「常客」（最近 7 天），"
        "且都不符合（屬性「city」是其中之一：「台北」、「新北」，或屬性「age」大於「30」），"
        "且在 2026/11/01 00:00 之後加入，且測驗「膚質測驗」的結果是「沉穩型」，"
        "且在測驗「膚質測驗」的「1. 您的膚質是？」沒選「油性」，"
        "且說過關鍵字「問優惠」（最近 30 天），且從「門市海報」加入，"
        '且隨機抽出的 10%，且其他條件 {"points": {"at_least": 1}}'
    )
    assert sentence in words_of(marketer.get(answer.location))
    english = words_of(marketer.get(answer.location, headers={"Accept-Language": "en"}))
    assert "with the tag 「常客」 (last 7 days), and none of (" in english
    assert "a random share of 10%" in english
    edited = marketer.get(f"{answer.location}/edit").text
    assert len(re.findall(r'\.head" name=', edited)) == 10
    assert "沉穩型" in edited
