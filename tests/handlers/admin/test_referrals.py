"""Referral programmes in the admin: the editor keeps what was typed, the figures are the database's."""

import io

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from bot.database import Database
from models import ReferralProgram
from tests.admin_visits import Visitor
from tests.conftest import NOW
from tests.factories import make_friend
from tests.line_events import user
from tests.referral_acts import arrive, follow, invite, make_program

FORM = {
    "name": "邀請朋友拿點數",
    "enabled": "1",
    "start_keywords.0.text": "邀請朋友",
    "start_keywords.0.match": "exact",
    "start_keywords.1.text": "",
    "invitation": "推薦你加入！",
    "inviter_tags_new": "推薦人",
    "steps.0.friends": "3",
    "steps.0.kind": "points",
    "steps.0.amount": "1,000",
    "steps.1.friends": "10",
    "steps.1.kind": "text",
    "steps.1.amount": "小禮物",
    "steps.1.new_tag": "推薦王",
    "steps.2.friends": "",
    "steps.2.kind": "points",
    "active_from": "2026-11-20T09:00",
    "terms": "點數於次月發送。",
}


def only_program(db: Database) -> ReferralProgram:
    with db() as session:
        return session.scalars(select(ReferralProgram)).one()


def test_a_saved_programme_holds_what_was_typed(marketer: Visitor, db: Database) -> None:
    answer = marketer.post("/admin/referrals/new", FORM)
    program = only_program(db)

    assert answer.location == f"/admin/referrals/{program.id}"
    assert program.start_keywords == [{"text": "邀請朋友", "match": "exact"}]
    assert [(step["friends"], step["reward"]) for step in program.steps] == [
        (3, {"points": 1000}),
        (10, {"text": "小禮物"}),
    ]
    assert len(program.inviter_tags) == len(program.steps[1]["tags"]) == 1
    assert program.active_from is not None
    assert program.active_from.isoformat() == "2026-11-20T01:00:00+00:00"
    page = marketer.get(f"/admin/referrals/{program.id}").text
    for typed in (
        "推薦你加入！",
        'value="1000"',
        'value="小禮物"',
        "點數於次月發送。",
        f"referral:start:{program.code}",
    ):
        assert typed in page


def test_saving_again_unchanged_changes_nothing(marketer: Visitor, db: Database) -> None:
    marketer.post("/admin/referrals/new", FORM)
    before = only_program(db)
    tag = str(before.inviter_tags[0])
    form = {name: value for name, value in FORM.items() if not name.endswith(("_new", ".new_tag"))}
    form |= {"inviter_tags": tag, "steps.1.tags[]": str(before.steps[1]["tags"][0])}
    form |= {"seen": before.updated_at.isoformat()}

    assert marketer.post(f"/admin/referrals/{before.id}", form).status_code == 302
    after = only_program(db)
    assert (after.updated_at, after.steps) == (before.updated_at, before.steps)


@pytest.mark.parametrize(
    "changes, sentence",
    [
        ({"name": ""}, "請填寫活動名稱。"),
        ({"invitation": "好" * 200}, "放不進 LINE 的分享按鈕"),
        ({"steps.0.friends": "三"}, "請填整數。"),
        ({"steps.0.amount": ""}, "請填整數。"),
        ({"steps.1.amount": ""}, "請填寫獎勵的說明文字。"),
        ({"active_until": "2026-11-01T09:00"}, "結束時間要晚於開始時間。"),
    ],
)
def test_what_cannot_be_saved_is_said_at_its_field_and_nothing_typed_is_lost(
    marketer: Visitor, db: Database, changes: dict[str, str], sentence: str
) -> None:
    answer = marketer.post("/admin/referrals/new", FORM | changes)

    assert answer.status_code == 422
    assert sentence in answer.text
    kept = {**FORM, **changes}
    for name in ("invitation", "terms", "steps.1.new_tag", "inviter_tags_new"):
        assert kept[name] in answer.text
    with db() as session:
        assert session.scalars(select(ReferralProgram)).all() == []


def test_nobody_overwrites_a_programme_unseen(marketer: Visitor, db: Database) -> None:
    marketer.post("/admin/referrals/new", FORM)
    program = only_program(db)
    answer = marketer.post(f"/admin/referrals/{program.id}", FORM | {"seen": "2020-01-01T00:00:00+00:00"})

    assert answer.status_code == 409
    assert "有人改過" in answer.text


def test_rows_are_added_and_removed_without_losing_a_word(marketer: Visitor, db: Database) -> None:
    marketer.get("/admin/referrals/new")
    more = marketer.post("/admin/referrals/rows?of=steps", FORM).text
    assert more.count('class="block-card') == 3
    assert "小禮物" in more
    fewer = marketer.post("/admin/referrals/rows?of=steps&drop=0", FORM).text
    assert fewer.count('class="block-card') == 1
    assert "小禮物" in fewer
    assert marketer.post("/admin/referrals/rows?of=keywords", FORM).text.count('class="keyword-row"') == 2


def test_the_preview_shows_what_a_friend_gets(marketer: Visitor) -> None:
    marketer.get("/admin/referrals/new")
    shown = marketer.post("/admin/referrals/preview", FORM | {"invitation": "{{name}}推薦你！"}).text

    assert "王小明推薦你！" in shown
    assert "再邀請 3 位就能獲得「1,000 點 LINE POINTS」" in shown
    assert marketer.post("/admin/referrals/preview", {"invitation": "", "steps.0.friends": "x"}).status_code == 200


def test_staff_see_that_nothing_counts_without_line_login(viewer: Visitor, db: Database) -> None:
    program = make_program(db)

    for path in ("", f"/{program.id}", f"/{program.id}/figures"):
        assert "LINE Login 還沒有開啟" in viewer.get(f"/admin/referrals{path}").text


def test_a_programme_is_switched_deleted_and_copied(marketer: Visitor, db: Database) -> None:
    marketer.post("/admin/referrals/new", FORM)
    program = only_program(db)
    assert "checked" not in marketer.post(f"/admin/referrals/{program.id}/toggle").text
    assert f"{program.name} 的複本" in marketer.get(f"/admin/referrals/new?copy={program.id}").text
    assert marketer.post(f"/admin/referrals/{program.id}/delete").status_code == 302
    assert "還沒有好友邀請活動" in marketer.get("/admin/referrals").text


def test_the_figures_name_the_best_inviters_and_the_reasons(viewer: Visitor, db: Database) -> None:
    program = make_program(db)
    with db.begin() as session:
        inviter = make_friend(session, 50, name="林小美")
    invitation = invite(db, program, inviter)
    arrive(db, invitation, user(1))
    arrive(db, invitation, user(2), is_friend=True, has_changed=False)
    follow(db, user(1), at=NOW)
    page = viewer.get(f"/admin/referrals/{program.id}/figures").text

    assert "林小美" in page
    assert "以前就是好友" in page
    assert "<svg" in page


def test_the_excel_file_holds_figures_inviters_and_everybody_who_came(viewer: Visitor, db: Database) -> None:
    program = make_program(db, name="邀請 & 點數")
    with db.begin() as session:
        inviter = make_friend(session, 50, name="=1+1")
    invitation = invite(db, program, inviter)
    arrive(db, invitation, user(1))
    arrive(db, invitation, user(50), is_friend=True)
    follow(db, user(1), at=NOW)
    answer = viewer.get(f"/admin/referrals/{program.id}/figures.xlsx")
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.data))

    assert book.sheet_names == ["成果", "邀請人", "被邀請的人"]
    inviters = book.get_sheet_by_name("邀請人").to_python()
    assert inviters[1][:4] == ["=1+1", user(50), 0, 1]
    came = book.get_sheet_by_name("被邀請的人").to_python()
    assert {(row[0], row[2], row[3]) for row in came[1:]} == {
        (user(1), "計算", ""),
        (user(50), "不計算", "自己的連結"),
    }
    assert ["計算", 1] in [row[:2] for row in book.get_sheet_by_name("成果").to_python()]


def test_viewers_change_nothing(viewer: Visitor, db: Database) -> None:
    program = make_program(db)

    for path in ("/new", f"/{program.id}", f"/{program.id}/toggle", f"/{program.id}/delete"):
        viewer.get("/admin/referrals")
        assert viewer.post(f"/admin/referrals{path}", FORM).status_code == 403
    assert only_program(db).updated_at == NOW


def test_an_empty_editor_opens(marketer: Visitor) -> None:
    assert marketer.get("/admin/referrals/new").status_code == 200
