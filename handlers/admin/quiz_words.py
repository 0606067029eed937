"""Words for quizzes: kinds of questions, states, names of attributes that are often filled."""

import re
from datetime import datetime

from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _l

from models import Quiz

KINDS = {
    "single": _l("單選"),
    "multiple": _l("複選"),
    "text": _l("文字"),
    "number": _l("數字"),
    "date": _l("日期"),
    "phone": _l("電話"),
    "picture": _l("照片"),
}
ATTRIBUTES = (
    ("birthday", _l("生日")),
    ("gender", _l("性別")),
    ("region", _l("地區")),
    ("baby_birthday", _l("寶寶生日")),
    ("phone", _l("電話")),
    ("email", _l("電子郵件")),
)


SAMPLES = {
    "skin": _l("膚質測驗（最多選中的類型）"),
    "survey": _l("滿意度問卷（標籤與開放題）"),
    "knowledge": _l("知識測驗（計分、正確答案）"),
}


def state_of(quiz: Quiz, now: datetime) -> tuple[str, LazyString]:
    """Return how a quiz stands at a moment: the look of its badge, and words."""
    if not quiz.enabled:
        return "calm", _l("已關閉")
    if quiz.active_from and now < quiz.active_from:
        return "warm", _l("尚未開始")
    if quiz.active_until and now >= quiz.active_until:
        return "calm", _l("已結束")
    return "good", _l("進行中")


def where(field: str) -> str:
    """Return the part of the editor a field stands in, to begin a sentence with."""
    question = re.match(r"questions\.(\d+)(?:\.choices\.(\d+))?", field)
    if question and question[2]:
        values = {"number": int(question[1]) + 1, "place": int(question[2]) + 1}
        return str(gettext("第 %(number)s 題的第 %(place)s 個選項：", **values))
    if question:
        return str(gettext("第 %(number)s 題：", number=int(question[1]) + 1))
    result = re.match(r"results\.(\d+)", field)
    return str(gettext("結果 %(number)s：", number=int(result[1]) + 1)) if result else ""
