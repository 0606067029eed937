"""Limits of the actions behind buttons."""

from typing import Any

import pytest

from bot.messages import check_action
from tests.line_messages import FAMILY, HTTPS, say, url

POSTBACK = {"type": "postback", "label": "買", "data": "d" * 300, "displayText": FAMILY * 300}
PICKER = {
    "type": "datetimepicker",
    "label": "選",
    "data": "d",
    "mode": "date",
    "min": "2026-01-01",
    "max": "2026-12-31",
}
LINK = {"type": "uri", "label": "看", "uri": url(1_000), "altUri": {"desktop": url(1_000)}}


@pytest.mark.parametrize(
    "action,codes",
    [
        (POSTBACK, []),
        (POSTBACK | {"data": "d" * 301}, ["too_long"]),
        (POSTBACK | {"displayText": FAMILY * 301}, ["too_long"]),
        (POSTBACK | {"text": "買"}, ["not_together"]),
        (POSTBACK | {"inputOption": "openKeyboard", "fillInText": "姓名：\n"}, []),
        (POSTBACK | {"inputOption": "openKeyboard", "fillInText": "a" * 301}, ["too_long"]),
        (POSTBACK | {"inputOption": "openVoice", "fillInText": "a"}, ["only_with"]),
        (POSTBACK | {"inputOption": "open"}, ["not_allowed"]),
        (say(words=FAMILY * 300), []),
        (say(words=FAMILY * 301), ["too_long"]),
        (LINK, []),
        (LINK | {"uri": url(1_001)}, ["too_long"]),
        (LINK | {"uri": "tel:0912345678"}, []),
        (LINK | {"uri": "line://nv/camera"}, []),
        (LINK | {"uri": "http://brand.example"}, []),
        (LINK | {"uri": "javascript:alert(1)"}, ["wrong_scheme"]),
        (LINK | {"uri": "tel:"}, ["not_a_url"]),
        (LINK | {"altUri": {"mobile": HTTPS}}, ["unknown_field", "missing"]),
        (PICKER, []),
        (PICKER | {"initial": "2026-02-30"}, ["wrong_form"]),
        (PICKER | {"initial": "1899-12-31"}, ["wrong_form"]),
        (PICKER | {"max": "2026-01-01"}, ["not_after_min"]),
        (PICKER | {"mode": "week"}, ["not_allowed"]),
        ({**PICKER, "mode": "time", "min": "09:00", "max": "18:00"}, []),
        ({**PICKER, "mode": "time", "min": "9:00", "max": "24:00"}, ["wrong_form", "wrong_form"]),
        ({**PICKER, "mode": "datetime", "min": "2026-01-01T00:00", "max": "2026-01-01t23:59"}, []),
        ({**PICKER, "mode": "datetime"}, ["wrong_form", "wrong_form"]),
        ({"type": "clipboard", "label": "複製", "clipboardText": "C" * 1_000}, []),
        ({"type": "clipboard", "label": "複製", "clipboardText": ""}, ["empty"]),
        ({"type": "camera", "label": "拍照"}, []),
        ({"type": "cameraRoll", "label": "相簿"}, []),
        ({"type": "location", "label": "位置"}, []),
        ({"type": "camera"}, ["missing"]),
        ({"type": "richmenuswitch", "label": "換", "richMenuAliasId": "b", "data": "d"}, ["not_allowed"]),
        ({"type": "message", "lable": "好", "text": "好"}, ["unknown_field", "missing"]),
        ([], ["not_an_object"]),
        ({"label": "好"}, ["missing"]),
        ({"type": 3}, ["not_text"]),
        ({"type": ["message"]}, ["not_text"]),
    ],
)
def test_every_action_has_its_limits(action: Any, codes: list[str]) -> None:
    assert [fault.code for fault in check_action(action, within="quick_reply")] == codes


def test_cameras_open_from_quick_replies_only_and_rich_menus_switch_from_rich_menus_only() -> None:
    camera = {"type": "camera", "label": "拍照"}
    assert [fault.code for fault in check_action(camera, within="template")] == ["not_allowed"]
    switch = {"type": "richmenuswitch", "richMenuAliasId": "b", "data": "d"}
    assert check_action(switch, within="rich_menu") == []


def test_labels_of_flex_buttons_may_be_40_long_and_must_be_there() -> None:
    assert check_action(say("好" * 40), within="flex_button") == []
    assert [fault.code for fault in check_action(say("好" * 41), within="flex_button")] == ["too_long"]
    assert [fault.code for fault in check_action({"type": "message", "text": "好"}, within="flex")] == []
