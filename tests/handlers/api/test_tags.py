"""Tags, their groups and files of them over the API."""

import io
from typing import Any

from sqlalchemy import select
from werkzeug.test import TestResponse

from bot.clock import utc_now
from bot.database import Database
from bot.services import tag_import_runs, tags
from models import FriendTag, Tag, TagImport, TagSource
from tests.conftest import NOW
from tests.factories import make_friend, make_rule, make_tag
from tests.handlers.api.conftest import Caller


def upload(caller: Caller, content: bytes, *, key: str | None = None, **fields: Any) -> TestResponse:
    headers = {"Authorization": f"Bearer {caller.token}"} | ({"Idempotency-Key": key} if key else {})
    sent = {"file": (io.BytesIO(content), "名單.csv"), **fields}
    return caller.client.post("/api/v1/tags/imports", data=sent, headers=headers)


def test_a_tag_reads_with_its_group_colour_and_friends(marketer: Caller, viewer: Caller, db: Database) -> None:
    group = marketer.post("/tag-groups", {"name": "會員等級"}).get_json()
    made = marketer.post("/tags", {"name": "VIP", "group": "會員等級", "colour": "pink"})
    assert made.status_code == 201
    tag = made.get_json()
    with db.begin() as session:
        friend = make_friend(session)
        tags.put(session, [friend.id], [tag["id"]], source=TagSource.STAFF, source_id=1, now=NOW)
    want = tag | {"friends": 1, "group": {"id": group["id"], "name": "會員等級"}, "colour": "pink"}
    assert viewer.get(f"/tags/{tag['id']}").get_json() == want
    assert viewer.get("/tags").get_json()["items"] == [want]

    changed = marketer.patch(f"/tags/{tag['id']}", {"group": None, "colour": "blue"}).get_json()
    assert (changed["name"], changed["group"], changed["colour"]) == ("VIP", None, "blue")
    moved = marketer.patch(f"/tags/{tag['id']}", {"group": group["id"]}).get_json()
    assert (moved["group"]["id"], moved["colour"]) == (group["id"], "blue")


def test_impossible_groups_colours_and_names_are_refused(marketer: Caller) -> None:
    for body, field in (
        ({"name": "x", "group": "沒有"}, "group"),
        ({"name": "x", "group": 99}, "group"),
        ({"name": "x", "colour": "gold"}, "colour"),
        ({"name": "  "}, "name"),
    ):
        refused = marketer.post("/tags", body)
        assert refused.status_code == 422
        assert [error["field"] for error in refused.get_json()["errors"]] == [field]


def test_groups_are_kept_in_order(marketer: Caller, viewer: Caller) -> None:
    first, second = (marketer.post("/tag-groups", {"name": name}).get_json() for name in ("會員", "興趣"))
    assert marketer.post("/tag-groups", {"name": "會員"}).status_code == 409
    moved = marketer.patch(f"/tag-groups/{second['id']}", {"position": 0, "name": "嗜好"}).get_json()
    assert (moved["name"], moved["position"]) == ("嗜好", 0)
    assert [group["name"] for group in viewer.get("/tag-groups").get_json()["items"]] == ["嗜好", "會員"]
    assert marketer.delete(f"/tag-groups/{first['id']}").status_code == 204
    assert marketer.delete(f"/tag-groups/{first['id']}").status_code == 404
    assert viewer.post("/tag-groups", {"name": "x"}).status_code == 403


def test_a_merge_is_answered_the_same_however_often_it_is_asked_for(marketer: Caller, db: Database) -> None:
    with db.begin() as session:
        old, new, friend = make_tag(session, "舊"), make_tag(session, "新"), make_friend(session)
        tags.put(session, [friend.id], [old.id], source=TagSource.STAFF, source_id=1, now=NOW)
    answers = [marketer.post(f"/tags/{old.id}/merge", {"into": new.id}, Idempotency_Key="m-1") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].get_json() == answers[1].get_json()
    assert (answers[0].get_json()["id"], answers[0].get_json()["friends"]) == (new.id, 1)
    assert marketer.post(f"/tags/{old.id}/merge", {"into": new.id}).status_code == 200
    other = marketer.post(f"/tags/{old.id}/merge", {"into": old.id}, Idempotency_Key="m-1")
    assert other.status_code == 422
    assert marketer.post(f"/tags/{new.id}/merge", {"into": new.id}).status_code == 422
    assert marketer.post(f"/tags/{new.id}/merge", {"into": 999}, Idempotency_Key="m-2").status_code == 404
    assert marketer.get(f"/tags/{old.id}").status_code == 404


def test_a_tag_in_use_is_not_deleted_and_the_users_are_named(marketer: Caller, db: Database) -> None:
    with db.begin() as session:
        tag = make_tag(session)
        make_rule(session, "優惠", name="優惠規則", tags=[tag.id])
    refused = marketer.delete(f"/tags/{tag.id}")
    assert refused.status_code == 409
    assert "關鍵字回應「優惠規則」" in refused.get_json()["detail"]


def test_a_file_is_previewed_confirmed_and_reported(marketer: Caller, viewer: Caller, db: Database) -> None:
    with db.begin() as session:
        friend = make_friend(session)
    content = f"UID\n{friend.line_user_id}\n小明\n{friend.line_user_id}\n".encode()

    preview = upload(marketer, content, tags=["團購", "VIP"], expires_at="2050-01-01T00:00:00+08:00")
    assert preview.status_code == 202
    told = preview.get_json()
    assert (told["state"], told["rows"], told["new_tags"]) == ("preview", 3, ["團購", "VIP"])
    assert told["counts"] == {"ready": 1, "not_an_id": 1, "duplicate": 1}
    assert [(row["number"], row["outcome"], row["earlier"]) for row in told["errors"]] == [
        (3, "not_an_id", None),
        (4, "duplicate", 2),
    ]
    path = f"/tags/imports/{told['id']}"
    assert viewer.post(f"{path}/confirm").status_code == 403
    assert marketer.post(f"{path}/confirm").get_json()["state"] == "due"
    assert marketer.post(f"{path}/confirm").status_code == 202
    tag_import_runs.run(db, now=utc_now)
    assert viewer.get(path).get_json()["counts"] == {"changed": 1, "not_an_id": 1, "duplicate": 1}
    first = viewer.get(f"{path}/report?limit=1").get_json()
    assert [row["outcome"] for row in first["items"]] == ["changed"]
    rest = viewer.get(f"{path}/report?limit=2&after={first['next']}").get_json()
    assert ([row["number"] for row in rest["items"]], rest["next"]) == ([3, 4], None)
    faults = viewer.get(f"{path}/report?errors_only=true").get_json()
    assert [row["cells"] for row in faults["items"]] == [["小明"], [friend.line_user_id]]
    assert viewer.get("/tags/imports/99/report").status_code == 404


def test_a_file_with_its_own_tags_is_carried_out_once_under_one_key(marketer: Caller, db: Database) -> None:
    with db.begin() as session:
        friend = make_friend(session)
    content = f"{friend.line_user_id},會員,put\n".encode()
    answers = [upload(marketer, content, key="file-1", has_tags="true", confirm="true") for _ in range(2)]
    assert answers[0].get_json() == answers[1].get_json()
    assert answers[0].get_json()["state"] == "due"
    assert upload(marketer, content, key="file-1", has_tags="true").status_code == 422
    tag_import_runs.run(db, now=utc_now)
    with db() as session:
        assert len(session.scalars(select(TagImport)).all()) == 1
        assert session.scalars(select(Tag.name).join(FriendTag)).all() == ["會員"]


def test_a_wrong_upload_is_refused_at_its_field(marketer: Caller) -> None:
    token = {"Authorization": f"Bearer {marketer.token}"}

    def refusal(data: Any, kind: str | None = None) -> tuple[int, list[str]]:
        answer = marketer.client.post("/api/v1/tags/imports", data=data, headers=token, content_type=kind)
        return answer.status_code, [error["field"] for error in answer.get_json().get("errors", [])]

    def file() -> tuple[io.BytesIO, str]:
        return io.BytesIO(b"U1"), "a.csv"

    assert refusal(b"{}", "application/json") == (415, [])
    assert refusal({"tags": "x"}, "multipart/form-data") == (422, ["file"])
    assert refusal({"file": file(), "tags": "x", "nothing": "1"}) == (422, ["nothing"])
    assert refusal({"file": file(), "tags": "x", "action": ["put", "take"]}) == (422, ["action"])
    assert refusal({"file": file(), "tags": "x", "action": "give"}) == (422, ["action"])
    assert refusal({"file": file(), "tags": "x", "expires_at": "2020-01-01T00:00:00+08:00"}) == (422, ["expires_at"])
    assert refusal({"file": file()}) == (422, ["tags"])
    assert refusal({"file": file(), "tag_ids": "99"}) == (422, ["tags[0]"])
    assert refusal({"file": (io.BytesIO(b"U1\n" * 20_001), "a.csv"), "tags": "x"}) == (422, ["file"])
    assert refusal(b"x" * (6 * 2**20), "multipart/form-data; boundary=b")[0] == 413
