"""Every page with data in it: it opens, and nobody's words become part of it."""

import io
import json
import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import utc_now
from bot.database import Database
from bot.services import api_tokens, staff, tag_groups, tags, tracked_links
from bot.services.audit import OPERATOR
from models import (
    ApiToken,
    AuditEntry,
    ChatMessage,
    ChatSource,
    Draw,
    EventState,
    Friend,
    FriendshipChange,
    FriendshipKind,
    FriendTag,
    Game,
    GameKind,
    ImportState,
    PlayedIn,
    Prize,
    Quiz,
    QuizVersion,
    ReferralProgram,
    Role,
    RosterSync,
    RowOutcome,
    Segment,
    SegmentVersion,
    StaffMessage,
    SyncState,
    TagAction,
    TagImport,
    TagImportRow,
    TagSource,
    WebhookEvent,
)
from tests.admin_visits import Visitor, make_staff
from tests.factories import make_friend, make_rule, make_tag, text
from tests.line_events import user

TAIPEI = ZoneInfo("Asia/Taipei")
EVIL = "<script>alert(1)</script>"
BREAKOUT = "\"'><img src=x onerror=alert(1)>"


def fill_with_evil(db: Database) -> int:
    """Put somebody's markup everywhere a person can write; returns the friend."""
    now = utc_now()
    with db.begin() as session:
        tag = tags.create(session, EVIL, by=OPERATOR, now=now)
        link = tracked_links.create(session, name=BREAKOUT, by=OPERATOR, now=now)
        friend = make_friend(
            session,
            name=EVIL,
            status_message=BREAKOUT,
            attributes={EVIL: BREAKOUT},
            tracked_link_id=link.id,
            picture_url=f"https://x/{BREAKOUT}",
            unanswered_at=now,
            last_contact_at=now,
        )
        session.add(FriendTag(friend_id=friend.id, tag_id=tag.id, source=TagSource.STAFF, tagged_at=now))
        session.add(
            FriendshipChange(
                friend_id=friend.id, kind=FriendshipKind.FOLLOWED, happened_at=now, tracked_link_id=link.id
            )
        )
        make_rule(session, EVIL, answer=EVIL, name=BREAKOUT, tags=[tag.id])
        tag_groups.create(session, EVIL, by=OPERATOR, now=now)
        file = TagImport(name=EVIL, state=ImportState.DONE, action=TagAction.PUT, tags=[], tags_of_all=0)
        file.actor_kind, file.actor_name, file.created_at = OPERATOR.kind, BREAKOUT, now
        session.add(file)
        session.flush()
        cells, wrong = [EVIL, BREAKOUT], RowOutcome.NOT_AN_ID
        session.add(TagImportRow(tag_import_id=file.id, number=1, cells=cells, action=TagAction.PUT, outcome=wrong))
        fill_plays_with_evil(session, tag.id, now)
        fill_a_game_with_evil(session, friend, tag.id, now)
        flex = {
            "type": "flex",
            "altText": EVIL,
            "contents": {
                "type": "bubble",
                "body": {
                    "type": "box",
                    "layout": EVIL,
                    "backgroundColor": "red;} body{display:none",
                    "contents": [
                        {"type": "text", "text": BREAKOUT, "color": EVIL},
                        {"type": "image", "url": "javascript:alert(1)"},
                    ],
                },
            },
        }
        for content in (
            {"type": "text", "text": EVIL},
            {"type": EVIL},
            {"type": "file", "fileName": BREAKOUT},
            {"type": "sticker", "stickerId": BREAKOUT},
            flex,
        ):
            session.add(
                ChatMessage(
                    friend_id=friend.id,
                    source=ChatSource.FRIEND,
                    kind="text",
                    text=EVIL,
                    content=json.dumps(content),
                    said_at=now,
                    is_answered=False,
                )
            )
        session.add(
            WebhookEvent(
                line_event_id="e",
                type=EVIL,
                payload=json.dumps({"a": EVIL}),
                received_at=now,
                state=EventState.FAILED,
                due_at=now,
                error=BREAKOUT,
                attempts=5,
            )
        )
        session.add(RosterSync(state=SyncState.FAILED, started_at=now, error=EVIL))
        api_tokens.create(session, EVIL, Role.VIEWER, by=OPERATOR, now=now)
        staff.create(session, name=EVIL, password="long enough password", role=Role.VIEWER, by=OPERATOR, now=now)
        return friend.id


def fill_plays_with_evil(session: Session, tag_id: int, now: datetime) -> None:
    """The same in what friends play, and in a segment."""
    times = {"created_at": now, "updated_at": now}
    quiz = Quiz(code="q", name=EVIL, **times)
    program = ReferralProgram(code="r", name=EVIL, invitation=EVIL, terms=EVIL, **times)
    segment = Segment(name=EVIL, conditions={"all": [{"tag": tag_id}]}, **times)
    session.add_all([quiz, program, segment])
    session.flush()
    choices = [{"key": "1", "text": EVIL, "tags": [tag_id], "score": 0}]
    questions = [
        {"key": "1", "kind": "single", "text": EVIL, "required": True, "choices": choices},
        {"key": "2", "kind": "text", "text": BREAKOUT, "required": True, "choices": []},
    ]
    results = [{"key": "r1", "name": EVIL, "min_score": None, "max_score": None, "tags": [], "messages": [text(EVIL)]}]
    ending = {"by": "score", "messages": []}
    session.add_all(
        [
            QuizVersion(quiz_id=quiz.id, number=1, questions=questions, results=results, ending=ending, created_at=now),
            SegmentVersion(segment_id=segment.id, number=1, conditions=segment.conditions, created_at=now),
        ]
    )


def fill_a_game_with_evil(session: Session, friend: Friend, tag_id: int, now: datetime) -> None:
    """The same in a game that somebody played."""
    times = {"created_at": now, "updated_at": now}
    game = Game(code="g", name=EVIL, kind=GameKind.WHEEL, terms=EVIL, no_prize=[text(EVIL)], **times)
    session.add(game)
    session.flush()
    prize = Prize(game_id=game.id, position=0, name=EVIL, odds=1, tags=[tag_id], messages=[text(EVIL)])
    session.add(prize)
    session.flush()
    drawn = {"number": 1, "on": now.date(), "cause_key": "tap", "ticket": 0, "place": PlayedIn.CHAT, "drawn_at": now}
    session.add(Draw(game_id=game.id, friend_id=friend.id, prize_id=prize.id, odds=[[prize.id, 1]], **drawn))


def pages(app: Flask) -> list[str]:
    """Every page that can be read, about the first row of each kind."""
    found = set()
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("admin.") and "GET" in (rule.methods or ()) and rule.endpoint != "admin.static":
            built = rule.build(dict.fromkeys(rule.arguments, 1))
            assert built is not None
            found.add(built[1].replace("qr.1", "qr.svg").replace("friends.1", "friends.csv"))
    return sorted(found)


def test_every_page_shows_words_as_words(app: Flask, owner: Visitor, db: Database) -> None:
    fill_with_evil(db)
    searched = [
        "/admin/friends?search=" + EVIL,
        "/admin/keyword-rules?search=" + EVIL,
        "/admin/keyword-rules/try?text=" + EVIL,
    ]
    shown = 0
    for path in [*pages(app), *searched]:
        with owner.get(path) as answer:
            page = answer.get_data().decode("utf-8", "replace") if answer.mimetype == "text/html" else ""
        assert answer.status_code in (200, 302), path
        assert EVIL not in page, path
        assert "<img src=x" not in page, path
        assert "javascript:alert" not in re.sub(r"<pre.*?</pre>", "", page, flags=re.S).replace("&#34;", ""), path
        shown += "&lt;script&gt;alert(1)" in page
    assert shown > 8


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_page_opens_in_every_language(app: Flask, owner: Visitor, db: Database, language: str) -> None:
    fill_with_evil(db)
    owner.post("/admin/me/language", {"language": language})
    for path in pages(app):
        with owner.get(path) as answer:
            assert answer.status_code in (200, 302), path
    assert f'<html lang="{language}">' in owner.get("/admin/").get_data(as_text=True)


def test_the_browsers_language_is_spoken_before_anybody_logs_in(app: Flask) -> None:
    spoken = {
        tag: re.search(
            r'<html lang="([^"]+)"',
            app.test_client().get("/admin/login", headers={"Accept-Language": tag}).get_data(as_text=True),
        )
        for tag in ("zh-TW,en;q=0.5", "ja", "en-GB,en", "fr", "zh-Hant-TW", "*")
    }
    assert [found[1] if found else None for found in spoken.values()] == [
        "zh-TW",
        "ja",
        "en",
        "zh-TW",
        "zh-TW",
        "zh-TW",
    ]


def test_friends_are_found_by_name_tag_state_and_link(viewer: Visitor, db: Database) -> None:
    with db.begin() as session:
        tag, link = make_tag(session, "VIP"), tracked_links.create(session, name="海報", by=OPERATOR, now=utc_now())
        first = make_friend(session, name="王小明", tracked_link_id=link.id)
        make_friend(session, name="陳美麗")
        session.add(FriendTag(friend_id=first.id, tag_id=tag.id, source=TagSource.STAFF, tagged_at=utc_now()))
    for query in (
        "search=小明",
        f"tag={tag.id}",
        f"link={link.id}",
        f"search={first.line_user_id}",
        "state=following&search=王",
    ):
        page = viewer.get(f"/admin/friends?{query}").get_data(as_text=True)
        assert "王小明" in page, query
        assert "陳美麗" not in page, query
    assert "沒有符合條件的好友" in viewer.get("/admin/friends?state=unknown").get_data(as_text=True)


def test_friends_are_paged_by_key(viewer: Visitor, db: Database) -> None:
    with db.begin() as session:
        for number in range(60):
            make_friend(session, name=f"好友{number:02}")
    first = viewer.get("/admin/friends").get_data(as_text=True)
    following = re.search(r'href="(/admin/friends\?after=\d+)"', first)
    assert following is not None
    second = viewer.get(following[1]).get_data(as_text=True)
    seen = re.findall(r"好友\d\d", first) + re.findall(r"好友\d\d", second)
    assert len(set(seen)) == 60


def test_tags_are_put_on_and_taken_off_a_friend(marketer: Visitor, db: Database) -> None:
    with db.begin() as session:
        friend_id = make_friend(session).id
    assert "常客" in marketer.post(f"/admin/friends/{friend_id}/tags", {"tag": "常客"}).get_data(as_text=True)
    with db() as session:
        worn = session.scalars(select(FriendTag)).one()
        assert worn.source is TagSource.STAFF
    piece = marketer.post(f"/admin/friends/{friend_id}/tags/{worn.tag_id}/take").get_data(as_text=True)
    assert "還沒有標籤" in piece


def test_an_attribute_that_cannot_be_kept_stays_in_its_field(marketer: Visitor, db: Database) -> None:
    with db.begin() as session:
        friend_id = make_friend(session).id
    path = f"/admin/friends/{friend_id}/attributes"
    assert marketer.post(path, {"name": "會員編號", "value": "A1"}).status_code == 302
    wrong = marketer.post(path, {"name": "太長", "value": "字" * 1001})
    assert wrong.status_code == 422
    assert "字" * 1001 in wrong.get_data(as_text=True)
    with db() as session:
        assert session.get_one(Friend, friend_id).attributes == {"會員編號": "A1"}


def test_a_tag_in_use_is_not_deleted_and_says_why(marketer: Visitor, db: Database) -> None:
    with db.begin() as session:
        tag = make_tag(session, "VIP")
        make_rule(session, "優惠", name="優惠規則", tags=[tag.id])
    marketer.post(f"/admin/tags/{tag.id}/delete")
    assert "優惠規則" in marketer.get("/admin/tags").get_data(as_text=True)
    taken = marketer.post("/admin/tags", {"name": "VIP"})
    assert taken.status_code == 422
    assert "已經有名為「VIP」的標籤" in taken.get_data(as_text=True)


def test_pressing_twice_writes_one_message(marketer: Visitor, db: Database) -> None:
    with db.begin() as session:
        friend_id = make_friend(session).id
    form = {"text": "您好", "way": "push", "form_key": "the-same-form"}
    for _ in range(2):
        assert marketer.post(f"/admin/friends/{friend_id}/answer", form).status_code == 302
    with db() as session:
        assert len(session.scalars(select(StaffMessage)).all()) == 1
        assert len(session.scalars(select(ChatMessage)).all()) == 1
    assert "計費" in marketer.get(f"/admin/friends/{friend_id}").get_data(as_text=True)


def test_a_late_free_reply_is_not_pushed_and_its_words_stay(marketer: Visitor, db: Database) -> None:
    with db.begin() as session:
        friend_id = make_friend(session).id
    form = {"text": "打了很久的回覆", "way": "reply", "form_key": "late"}
    answer = marketer.post(f"/admin/friends/{friend_id}/answer", form)
    assert answer.status_code == 409
    assert "打了很久的回覆" in answer.get_data(as_text=True)
    assert "免費回覆的時間已過" in answer.get_data(as_text=True)
    with db() as session:
        assert session.scalars(select(StaffMessage)).all() == []


def test_whoever_waits_is_listed_until_marked_as_done(marketer: Visitor, db: Database) -> None:
    with db.begin() as session:
        friend_id = make_friend(session, name="等待的人", unanswered_at=utc_now()).id
    assert "等待的人" in marketer.get("/admin/chat/unanswered").get_data(as_text=True)
    marketer.post(f"/admin/friends/{friend_id}/answered", headers={"HX-Request": "true"})
    assert "等待的人" not in marketer.get("/admin/chat/unanswered").get_data(as_text=True)


def test_recent_conversations_show_each_friend_once(viewer: Visitor, db: Database) -> None:
    with db.begin() as session:
        friend_id = make_friend(session, name="健談的人").id
        for words in ("第一句", "最後一句"):
            session.add(
                ChatMessage(friend_id=friend_id, source=ChatSource.FRIEND, kind="text", text=words, said_at=utc_now())
            )
    page = viewer.get("/admin/chat").get_data(as_text=True)
    assert page.count("健談的人") == 1
    assert "最後一句" in page
    assert "第一句" not in page


def test_ids_are_imported_by_paste_and_by_file_with_a_report(marketer: Visitor, db: Database) -> None:
    file = (io.BytesIO(f"﻿uid,name\n{user(2)},x\n".encode()), "list.csv")
    form = {"ids": f"{user(1)}\r\nnonsense\r\n", "file": file}
    page = marketer.post("/admin/roster/import", form, content_type="multipart/form-data").get_data(as_text=True)
    assert "nonsense" in page
    with db() as session:
        assert sorted(session.scalars(select(Friend.line_user_id))) == [user(1), user(2)]


def test_a_walk_through_the_follower_list_shows_its_progress(marketer: Visitor) -> None:
    marketer.post("/admin/roster/sync")
    piece = marketer.get("/admin/roster/progress").get_data(as_text=True)
    assert "<progress" in piece
    assert "every 2s" in piece


def test_a_token_is_shown_once(owner: Visitor, db: Database) -> None:
    page = owner.post("/admin/api-tokens", {"name": "官網", "role": "marketer"}).get_data(as_text=True)
    plain = re.search(r"yanglai_[\w-]+", page)
    assert plain is not None
    assert plain[0] not in owner.get("/admin/api-tokens").get_data(as_text=True)
    with db() as session:
        token = session.scalars(select(ApiToken)).one()
    owner.post(f"/admin/api-tokens/{token.id}/revoke")
    assert "已撤銷" in owner.get("/admin/api-tokens").get_data(as_text=True)


def test_a_failed_event_goes_back_to_be_handled(marketer: Visitor, db: Database) -> None:
    fill_with_evil(db)
    with db() as session:
        event = session.scalars(select(WebhookEvent)).one()
    marketer.post(f"/admin/events/{event.id}/retry")
    with db() as session:
        assert session.get_one(WebhookEvent, event.id).state is EventState.RECEIVED
        assert session.scalars(select(AuditEntry.action).where(AuditEntry.subject == "webhook_event")).all() == [
            "retry"
        ]


def test_a_link_has_its_qr_code_in_both_forms(marketer: Visitor, db: Database) -> None:
    made = marketer.post("/admin/links", {"name": "門口海報", "code": "door"})
    page = marketer.get(made.headers["Location"]).get_data(as_text=True)
    assert "http://127.0.0.1:8000/l/door" in page
    assert "<svg" in page
    assert marketer.get("/admin/links/1/qr.png").data.startswith(b"\x89PNG")
    assert marketer.get("/admin/links/1/qr.svg").data.startswith(b"<svg")
    again = marketer.post("/admin/links", {"name": "又一張", "code": "door"})
    assert again.status_code == 409
    assert "又一張" in again.get_data(as_text=True)


def test_a_new_person_can_log_in_with_the_role_they_were_given(app: Flask, owner: Visitor, db: Database) -> None:
    short = owner.post("/admin/staff", {"name": "小美", "password": "short", "role": "marketer"})
    assert short.status_code == 422
    assert "小美" in short.get_data(as_text=True)
    owner.post("/admin/staff", {"name": "小美", "password": "a long password", "role": "marketer"})
    visitor = Visitor(app)
    assert visitor.log_in("小美", "a long password").status_code == 302
    assert visitor.get("/admin/keyword-rules/new").status_code == 200
    assert visitor.get("/admin/staff").status_code == 403


def test_the_audit_log_names_who_did_what(app: Flask, owner: Visitor, db: Database) -> None:
    make_staff(db, "other")
    owner.post("/admin/tags", {"name": "VIP"})
    page = owner.get("/admin/audit?subject=tag").get_data(as_text=True)
    assert "owner" in page
    assert "VIP" in page
