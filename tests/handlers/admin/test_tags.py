"""Tags in the admin: by group and colour, merged, put on by files, with their origin on the friend's page."""

import io
import re
from datetime import timedelta

from sqlalchemy import select

from bot.clock import utc_now
from bot.database import Database
from bot.rules import sheets
from bot.services import tag_groups, tag_import_runs, tag_imports, tags, tracked_links
from bot.services.audit import OPERATOR
from models import (
    FriendTag,
    Game,
    GameKind,
    ImportState,
    KeywordRule,
    Quiz,
    QuizVersion,
    ReferralProgram,
    Tag,
    TagColour,
    TagGroup,
    TagImport,
    TagSource,
)
from tests.admin_visits import Visitor
from tests.factories import make_friend, make_rule, make_tag


def groups(db: Database) -> list[str]:
    with db() as session:
        return [group.name for group in tag_groups.list_groups(session)]


def test_tags_are_made_with_group_and_colour_and_shown_in_them(marketer: Visitor, db: Database) -> None:
    marketer.post("/admin/tags/groups", {"name": "會員等級"})
    with db() as session:
        group_id = session.scalars(select(TagGroup.id)).one()
    made = marketer.post("/admin/tags", {"name": "VIP", "group": str(group_id), "colour": "pink"})
    assert made.status_code == 302
    with db.begin() as session:
        tag = session.scalars(select(Tag)).one()
        assert (tag.group_id, tag.colour) == (group_id, TagColour.PINK)
        friend = make_friend(session)
        tags.put(session, [friend.id], [tag.id], source=TagSource.STAFF, source_id=1, now=utc_now())
        make_rule(session, "優惠", tags=[tag.id])
    chip = 'class="chip tag-pink"'
    for path in ("/admin/tags", "/admin/friends", f"/admin/friends/{friend.id}", "/admin/keyword-rules"):
        assert chip in marketer.get(path).get_data(as_text=True), path
    assert 'class="dot tag-pink"' in marketer.get("/admin/keyword-rules/new").get_data(as_text=True)
    assert "1 位" in marketer.get("/admin/tags").get_data(as_text=True)


def test_tags_are_found_by_a_part_of_their_name(viewer: Visitor, db: Database) -> None:
    with db.begin() as session:
        make_tag(session, "嬰兒副食品")
        make_tag(session, "團購")
    page = viewer.get("/admin/tags?search=副食", headers={"HX-Target": "tag-list"}).get_data(as_text=True)
    assert "嬰兒副食品" in page
    assert "團購" not in page
    assert "<html" not in page


def test_groups_are_renamed_moved_and_deleted(marketer: Visitor, db: Database) -> None:
    for name in ("會員", "興趣", "活動", "活動"):
        marketer.post("/admin/tags/groups", {"name": name})
    assert "已經有名為「活動」的標籤群組" in marketer.get("/admin/tags").get_data(as_text=True)
    with db() as session:
        first, _, last = tag_groups.list_groups(session)
    marketer.post(f"/admin/tags/groups/{last.id}/move", {"to": "up"})
    marketer.post(f"/admin/tags/groups/{first.id}/move", {"to": "down"})
    assert groups(db) == ["活動", "會員", "興趣"]
    marketer.post(f"/admin/tags/groups/{first.id}", {"name": "等級"})
    marketer.post(f"/admin/tags/groups/{last.id}/delete")
    assert groups(db) == ["等級", "興趣"]


def test_a_tag_is_renamed_and_recoloured_on_its_page(marketer: Visitor, db: Database) -> None:
    with db.begin() as session:
        tag, taken = make_tag(session, "一"), make_tag(session, "二")
    refused = marketer.post(f"/admin/tags/{tag.id}", {"name": taken.name, "colour": "blue"})
    assert refused.status_code == 422
    assert "已經有名為「二」的標籤" in refused.get_data(as_text=True)
    assert re.search(r'value="blue" checked', refused.get_data(as_text=True))
    assert marketer.post(f"/admin/tags/{tag.id}", {"name": "三", "colour": "blue"}).status_code == 302
    with db() as session:
        changed = tags.get_tag(session, tag.id)
        assert (changed.name, changed.colour) == ("三", TagColour.BLUE)


def test_a_tag_is_merged_on_its_page(marketer: Visitor, db: Database) -> None:
    with db.begin() as session:
        old, new, friend = make_tag(session, "舊"), make_tag(session, "新"), make_friend(session)
        rule = make_rule(session, "優惠", name="優惠規則", tags=[old.id])
        tags.put(session, [friend.id], [old.id], source=TagSource.STAFF, source_id=1, now=utc_now())
    assert "優惠規則" in marketer.get(f"/admin/tags/{old.id}").get_data(as_text=True)
    assert marketer.post(f"/admin/tags/{old.id}/merge", {"into": str(old.id)}).status_code == 409
    merged = marketer.post(f"/admin/tags/{old.id}/merge", {"into": str(new.id)})
    assert merged.headers["Location"] == f"/admin/tags/{new.id}"
    with db() as session:
        assert session.scalars(select(FriendTag.tag_id)).all() == [new.id]
        assert session.get_one(KeywordRule, rule.id).tags == [new.id]
    assert marketer.get(f"/admin/tags/{old.id}").status_code == 404


def test_viewers_look_at_tags_and_change_none(viewer: Visitor, db: Database) -> None:
    with db.begin() as session:
        tag = make_tag(session)
    assert viewer.get("/admin/tags").status_code == viewer.get(f"/admin/tags/{tag.id}").status_code == 200
    assert viewer.get("/admin/tags/imports").status_code == 403
    for path in ("", f"/{tag.id}", f"/{tag.id}/merge", "/groups", "/imports", "/imports/1/confirm"):
        assert viewer.post(f"/admin/tags{path}", {"name": "x"}).status_code == 403, path


def test_a_file_is_shown_confirmed_carried_out_and_reported(marketer: Visitor, db: Database) -> None:
    with db.begin() as session:
        friend = make_friend(session)
    marketer.get("/admin/tags/imports")
    lines = f"UID\n{friend.line_user_id}\n=小明\n{friend.line_user_id}\n"
    sent = {"tags_new": "團購", "action": "put", "file": (io.BytesIO(lines.encode()), "名單.csv")}
    shown = marketer.post("/admin/tags/imports", sent, content_type="multipart/form-data")
    path = shown.headers["Location"]
    preview = marketer.get(path).get_data(as_text=True)
    assert "名單.csv" in preview
    assert "會新增這些標籤：團購" in preview
    assert "不是使用者 ID" in preview
    assert "與前面的列重複（第 2 列）" in preview
    assert "確認，處理 1 列" in preview

    assert marketer.post(f"{path}/confirm").status_code == 302
    assert 'hx-trigger="every 2s"' in marketer.get(path, headers={"HX-Request": "true"}).get_data(as_text=True)
    tag_import_runs.run(db, now=utc_now)
    assert "hx-trigger" not in marketer.get(path, headers={"HX-Request": "true"}).get_data(as_text=True)
    with db() as session:
        assert session.scalars(select(Tag.name).join(FriendTag)).all() == ["團購"]
    assert "名單.csv" in marketer.get("/admin/tags/imports").get_data(as_text=True)

    want = [
        ["第幾列", "使用者 ID", "標籤", "動作", "結果"],
        ["2", friend.line_user_id, "團購", "加上", "已處理"],
        ["3", "=小明", "團購", "加上", "不是使用者 ID（U 開頭、33 個字元）"],
        ["4", friend.line_user_id, "團購", "加上", "與前面的列重複（第 2 列）"],
    ]
    report = marketer.get(f"{path}/report.xlsx")
    assert [[row.text(column) for column in range(5)] for row in sheets.read(report.get_data())] == want
    report.close()
    report = marketer.get(f"{path}/report.csv")
    assert report.get_data().startswith(b"\xef\xbb\xbf")
    assert "'=小明" in report.get_data(as_text=True)  # Excel must not take it for a formula


def test_a_pasted_column_can_take_tags_off(marketer: Visitor, db: Database) -> None:
    with db.begin() as session:
        friend, tag = make_friend(session), make_tag(session, "團購")
        tags.put(session, [friend.id], [tag.id], source=TagSource.STAFF, source_id=1, now=utc_now())
    marketer.get("/admin/tags/imports")
    form = {"ids": friend.line_user_id, "tags": [str(tag.id)], "action": "take"}
    path = marketer.post("/admin/tags/imports", form).headers["Location"]
    marketer.post(f"{path}/confirm")
    tag_import_runs.run(db, now=utc_now)
    with db() as session:
        assert session.scalars(select(FriendTag)).all() == []


def test_what_was_typed_for_a_file_stays_when_it_is_refused(marketer: Visitor, db: Database) -> None:
    marketer.get("/admin/tags/imports")
    form = {"ids": "小明\n小華", "tags_new": "好" * 61, "action": "take", "expires_at": "2020-01-01T00:00"}
    refused = marketer.post("/admin/tags/imports", form)
    page = refused.get_data(as_text=True)
    assert refused.status_code == 422
    assert "小明\n小華" in page
    assert "好" * 61 in page
    assert 'value="2020-01-01T00:00"' in page
    assert "結束時間要晚於現在" in page
    assert marketer.post("/admin/tags/imports", {}).status_code == 422
    with db() as session:
        assert session.scalars(select(TagImport)).all() == []


def test_a_friends_page_says_who_put_each_tag_there_with_a_link(marketer: Visitor, db: Database) -> None:
    now = utc_now()
    with db.begin() as session:
        friend = make_friend(session)
        rule = make_rule(session, "優惠", name="優惠規則")
        link = tracked_links.create(session, name="門市海報", by=OPERATOR, now=now)
        quiz = Quiz(code="q", name="膚質測驗", version=2, created_at=now, updated_at=now)
        game = Game(code="g", name="週年轉盤", kind=GameKind.WHEEL, created_at=now, updated_at=now)
        program = ReferralProgram(code="r", name="揪好友", created_at=now, updated_at=now)
        file = TagImport(name="名單.xlsx", state=ImportState.DONE, action="put", tags=[], tags_of_all=0)
        file.actor_kind, file.actor_name, file.created_at = OPERATOR.kind, OPERATOR.name, now
        session.add_all([quiz, game, program, file])
        session.flush()
        choice = {"key": "a", "text": "乾性"}
        for number, question in ((1, "您的膚質？"), (2, "哪一種膚質？")):
            questions = [{"key": "q1", "text": question, "choices": [choice]}]
            results = [{"key": "r1", "name": "沙漠肌"}]
            session.add(
                QuizVersion(quiz_id=quiz.id, number=number, questions=questions, results=results, created_at=now)
            )
        origins = [
            (TagSource.STAFF, 1, None),
            (TagSource.STAFF, 99, None),
            (TagSource.KEYWORD_RULE, rule.id, None),
            (TagSource.GREETING, None, None),
            (TagSource.LINK, link.id, None),
            (TagSource.IMPORT, file.id, None),
            (TagSource.QUIZ, quiz.id, "q1:a"),
            (TagSource.QUIZ, quiz.id, "result:r1"),
            (TagSource.GAME, game.id, "折價券"),
            (TagSource.REFERRAL, program.id, "step:3"),
        ]
        for place, (source, source_id, detail) in enumerate(origins):
            tag = make_tag(session, f"標籤{place}")
            end = now + timedelta(days=3) if place == 0 else None
            tags.put(
                session,
                [friend.id],
                [tag.id],
                source=source,
                source_id=source_id,
                now=now,
                detail=detail,
                expires_at=end,
            )
    page = marketer.get(f"/admin/friends/{friend.id}").get_data(as_text=True)
    for sentence in (
        "管理員「marketer」",
        "管理員（已刪除）",
        f'href="/admin/keyword-rules/{rule.id}">關鍵字回應「優惠規則」<',
        ">歡迎訊息<",
        f'href="/admin/links/{link.id}">加入管道「門市海報」<',
        f'href="/admin/tags/imports/{file.id}">匯入「名單.xlsx」<',
        f'href="/admin/quizzes/{quiz.id}">測驗「膚質測驗」：「哪一種膚質？」選了「乾性」<',
        "測驗「膚質測驗」：結果是「沙漠肌」",
        f'href="/admin/games/{game.id}">遊戲「週年轉盤」：抽中「折價券」<',
        "好友邀請「揪好友」：邀請滿 3 位",
        " 為止",
    ):
        assert sentence in page, sentence


def test_staff_put_a_tag_on_for_a_while(marketer: Visitor, db: Database) -> None:
    with db.begin() as session:
        friend = make_friend(session)
    marketer.get(f"/admin/friends/{friend.id}")
    put = marketer.post(f"/admin/friends/{friend.id}/tags", {"tag": "試用", "expires_at": "2050-01-01T12:00"})
    assert "到 2050/01/01 12:00 為止" in put.get_data(as_text=True)
    for wrong in ("2020-01-01T00:00", "明天"):
        refused = marketer.post(f"/admin/friends/{friend.id}/tags", {"tag": "別的", "expires_at": wrong})
        assert refused.status_code == 422
    with db() as session:
        assert session.scalars(select(Tag.name)).all() == ["試用"]


def test_an_old_preview_is_not_confirmed_twice(marketer: Visitor, db: Database) -> None:
    marketer.get("/admin/tags/imports")
    path = marketer.post("/admin/tags/imports", {"ids": "U" + "f" * 32, "tags_new": "x"}).headers["Location"]
    marketer.post(f"{path}/confirm")
    assert "沒有可以處理的列" in marketer.get(path).get_data(as_text=True)
    with db() as session:
        assert tag_imports.list_imports(session) == []
