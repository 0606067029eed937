"""Why somebody cannot draw, in the words of the friend."""

import enum
from types import MappingProxyType

from bot.errors import ConflictError


class Refusal(enum.StrEnum):
    """Why a draw is refused; nothing is changed."""

    OFF = "off"
    NOT_STARTED = "not_started"
    OVER = "over"
    NOT_A_FRIEND = "not_a_friend"
    LIMIT_REACHED = "limit_reached"
    LIMIT_TODAY = "limit_today"
    LIMIT_IN_ALL = "limit_in_all"
    WINS_REACHED = "wins_reached"
    NOTHING_LEFT = "nothing_left"
    BUSY = "busy"


SENTENCES = MappingProxyType(
    {
        Refusal.OFF: "這個活動目前沒有開放。",
        Refusal.NOT_STARTED: "活動還沒有開始，%(at)s 起可以參加。",
        Refusal.OVER: "活動已經結束，謝謝您的參與。",
        Refusal.NOT_A_FRIEND: "加入好友後就可以參加這個活動。",
        Refusal.LIMIT_REACHED: "您的抽獎次數已經用完（每人 %(most)s 次）。",
        Refusal.LIMIT_TODAY: "您今天的抽獎次數已經用完（每天 %(most)s 次），明天再來！",
        Refusal.LIMIT_IN_ALL: "抽獎總次數已經額滿，謝謝您的參與。",
        Refusal.WINS_REACHED: "您已經中過 %(most)s 次獎，把機會留給其他好友吧！",
        Refusal.NOTHING_LEFT: "獎品已經全數送出，謝謝您的參與。",
        Refusal.BUSY: "參加的人太多，請再試一次。",
    }
)


class DrawRefusedError(ConflictError):
    """A draw that cannot be; the text is for the friend."""

    def __init__(self, reason: Refusal, **values: object) -> None:
        text = SENTENCES[reason]
        super().__init__(text, **{name: value for name, value in values.items() if f"%({name})s" in text})
        self.reason = reason
