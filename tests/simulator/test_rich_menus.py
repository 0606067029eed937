"""Rich menus and what is served from api-data.line.me."""

import struct
import zlib
from typing import Any

from tests.simulator.stand_ins import BotServer, Line

AREA = {"bounds": {"x": 0, "y": 0, "width": 1250, "height": 843}, "action": {"type": "message", "text": "左"}}
MENU: dict[str, Any] = {
    "size": {"width": 2500, "height": 843},
    "selected": True,
    "name": "秋",
    "chatBarText": "選單",
    "areas": [AREA],
}


def png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 1, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" + b"\xff" * 6)) + chunk(b"IEND", b"")


def upload(line: Line, menu: str, data: bytes, media_type: str = "image/png") -> int:
    path = f"/v2/bot/richmenu/{menu}/content"
    return line.call("POST", path, data, headers={"Content-Type": media_type}).status


def made(line: Line, *, picture: bool = True) -> str:
    menu: str = line.post("richmenu", MENU).json()["richMenuId"]
    if picture:
        assert upload(line, menu, png()) == 200
    return menu


def menu_of(line: Line, person: str) -> str | None:
    shown = line.control("GET", f"chat/{person}")["rich_menu"]
    return shown["richMenuId"] if shown else None


def test_a_menu_needs_its_picture_before_anybody_gets_it(line: Line) -> None:
    friend, menu = line.person(), made(line, picture=False)
    assert line.post(f"user/all/richmenu/{menu}", {}).status == 400
    assert line.post(f"user/{friend}/richmenu/{menu}", {}).status == 400
    assert upload(line, menu, b"GIF89a") == 400
    assert upload(line, menu, b"GIF89a", "image/gif") == 415
    assert upload(line, menu, png()) == 200
    assert upload(line, menu, png()) == 400
    assert line.get(f"richmenu/{menu}/content").data == png()
    assert line.post(f"user/all/richmenu/{menu}", {}).status == 200
    assert menu_of(line, friend) == menu


def test_a_friends_own_menu_goes_before_the_default(line: Line) -> None:
    first, second = line.people(2)
    default, own = made(line), made(line)
    line.post(f"user/all/richmenu/{default}", {})
    line.post(f"user/{first}/richmenu/{own}", {})
    assert (menu_of(line, first), menu_of(line, second)) == (own, default)
    assert line.get(f"user/{first}/richmenu").json() == {"richMenuId": own}
    assert line.get(f"user/{second}/richmenu").status == 404
    line.call("DELETE", f"/v2/bot/user/{first}/richmenu")
    assert menu_of(line, first) == default
    line.call("DELETE", "/v2/bot/user/all/richmenu")
    assert menu_of(line, first) is None
    assert line.get("user/all/richmenu").json()["message"] == "no default richmenu"


def test_menus_can_be_linked_to_many_and_replaced_in_a_batch(line: Line) -> None:
    people, old, new = line.people(3), made(line), made(line)
    assert line.post("richmenu/bulk/link", {"richMenuId": old, "userIds": people}).status == 202
    assert line.post("richmenu/bulk/unlink", {"userIds": people[:1]}).status == 202
    answer = line.post("richmenu/batch", {"operations": [{"type": "link", "from": old, "to": new}]})
    assert answer.status == 202
    request_id = answer.headers["x-line-request-id"]
    assert line.get(f"richmenu/progress/batch?requestId={request_id}").json()["phase"] == "succeeded"
    assert [menu_of(line, person) for person in people] == [None, new, new]
    line.post("richmenu/batch", {"operations": [{"type": "unlinkAll"}]})
    assert [menu_of(line, person) for person in people] == [None] * 3


def test_faulty_batches_are_refused_whole(line: Line) -> None:
    menu = made(line)
    twice = [{"type": "unlink", "from": menu}, {"type": "unlink", "from": menu}]
    answer = line.post("richmenu/batch", {"operations": twice}).json()
    assert answer["details"][0]["property"] == "operations[].from"
    mixed = [{"type": "unlinkAll"}, {"type": "unlink", "from": menu}]
    assert line.post("richmenu/validate/batch", {"operations": mixed}).status == 400


def test_a_faulty_menu_is_told_where(line: Line) -> None:
    nameless = {name: value for name, value in MENU.items() if name != "name"}
    answer = line.post("richmenu/validate", nameless).json()
    assert answer["details"] == [{"message": "must be specified", "property": "name"}]
    area = {**AREA, "action": {"type": "uri", "uri": "x"}}
    answer = line.post("richmenu", {**MENU, "areas": [area]}).json()
    assert answer["details"] == [{"message": "invalid uri", "property": "areas[0].action.uri"}]
    assert line.post("richmenu", {**MENU, "size": {"width": 800, "height": 800}}).status == 400
    assert line.post("richmenu/validate", MENU).json() == {}


def test_menus_can_be_listed_and_deleted(line: Line) -> None:
    menu = made(line)
    assert line.get("richmenu/list").json() == {"richmenus": [{"richMenuId": menu, **MENU}]}
    assert line.get(f"richmenu/{menu}").json()["name"] == "秋"
    assert line.call("DELETE", f"/v2/bot/richmenu/{menu}").status == 200
    assert line.get("richmenu/list").json() == {"richmenus": []}
    assert line.get(f"richmenu/{menu}").status == 404


def test_aliases_switch_menus_by_a_tap(line: Line, bot: BotServer) -> None:
    friend, menu, other = line.person(), made(line), made(line)
    alias = {"richMenuAliasId": "second", "richMenuId": menu}
    assert line.post("richmenu/alias", alias).json() == {}
    assert line.post("richmenu/alias", alias).json()["message"] == "conflict richmenu alias id"
    assert line.post("richmenu/alias/second", {"richMenuId": other}).json() == {}
    assert line.get("richmenu/alias/second").json() == {**alias, "richMenuId": other}
    assert line.get("richmenu/alias/list").json() == {"aliases": [{**alias, "richMenuId": other}]}
    event = line.act(friend, "switch-rich-menu", alias="second", data="to=2")
    assert event["postback"]["params"] == {"newRichMenuAliasId": "second", "status": "SUCCESS"}
    assert menu_of(line, friend) == other
    assert line.call("DELETE", "/v2/bot/richmenu/alias/second").status == 200
    assert line.get("richmenu/alias/second").status == 404


def test_a_picture_can_be_fetched_until_it_is_unsent(line: Line, bot: BotServer) -> None:
    friend = line.person()
    sent = line.call("POST", f"/simulator/people/{friend}/image?wait=5", png(), headers={"Content-Type": "image/png"})
    message_id = sent.json()["event"]["message"]["id"]
    assert bot.heard(1)[0]["message"]["contentProvider"] == {"type": "line"}
    answer = line.get(f"message/{message_id}/content")
    assert (answer.data, answer.headers["Content-Type"]) == (png(), "image/png")
    assert line.get(f"message/{message_id}/content/preview").status == 200
    assert line.get(f"message/{message_id}/content/transcoding").json() == {"status": "succeeded"}
    line.act(friend, "unsend", message_id=message_id)
    answer = line.get(f"message/{message_id}/content")
    assert (answer.status, answer.json()) == (410, {"message": "The content is gone"})
    assert line.get("message/1/content").status == 404
