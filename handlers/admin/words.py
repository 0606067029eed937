"""Words for what the database holds: states, roles, kinds."""

import enum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from models import (
    ActorKind,
    ChatSource,
    ChatState,
    EventState,
    FriendProof,
    FriendshipKind,
    FriendState,
    GroupPolicy,
    Role,
    StaffMessageState,
    SyncState,
    TagSource,
)

WORDS: tuple[tuple[enum.StrEnum, LazyString], ...] = (  # members of two enums with one value are equal: no dict
    (FriendState.FOLLOWING, _l("目前是好友")),
    (FriendState.NOT_FOLLOWING, _l("已封鎖或未加入")),
    (FriendState.UNKNOWN, _l("尚未確認")),
    (FriendProof.FOLLOW_EVENT, _l("LINE 通知了加入好友")),
    (FriendProof.UNFOLLOW_EVENT, _l("LINE 通知了封鎖")),
    (FriendProof.FOLLOWER_LIST, _l("依 LINE 的好友名單")),
    (FriendProof.LOGIN, _l("依 LINE Login 的好友狀態")),
    (FriendProof.IMPORTED, _l("由名單匯入，LINE 尚未確認")),
    (FriendshipKind.FOLLOWED, _l("加入好友")),
    (FriendshipKind.UNFOLLOWED, _l("封鎖")),
    (FriendshipKind.LISTED, _l("在 LINE 的好友名單中找到")),
    (FriendshipKind.MISSING, _l("已不在 LINE 的好友名單中")),
    (TagSource.STAFF, _l("管理員")),
    (TagSource.API, _l("API")),
    (TagSource.KEYWORD_RULE, _l("關鍵字回應")),
    (TagSource.GREETING, _l("歡迎訊息")),
    (TagSource.LINK, _l("加入管道")),
    (TagSource.IMPORT, _l("匯入")),
    (ChatSource.FRIEND, _l("好友")),
    (ChatSource.GREETING, _l("歡迎訊息")),
    (ChatSource.KEYWORD_RULE, _l("關鍵字回應")),
    (ChatSource.FALLBACK, _l("一律回應")),
    (ChatSource.STAFF_REPLY, _l("管理員回覆（免費）")),
    (ChatSource.STAFF_PUSH, _l("管理員推播（計費）")),
    (ChatState.DUE, _l("傳送中")),
    (ChatState.SENT, _l("已傳送")),
    (ChatState.FAILED, _l("未送出")),
    (ChatState.UNKNOWN, _l("結果不明")),
    (StaffMessageState.DUE, _l("傳送中")),
    (StaffMessageState.SENT, _l("已傳送")),
    (StaffMessageState.REFUSED, _l("LINE 拒絕了")),
    (StaffMessageState.UNKNOWN, _l("結果不明")),
    (EventState.RECEIVED, _l("處理中")),
    (EventState.HANDLED, _l("已處理")),
    (EventState.NOT_UNDERSTOOD, _l("看不懂的事件")),
    (EventState.FAILED, _l("失敗")),
    (SyncState.LISTING, _l("正在讀取 LINE 的好友名單")),
    (SyncState.CLOSING, _l("正在整理名單")),
    (SyncState.DONE, _l("完成")),
    (SyncState.REFUSED, _l("LINE 不允許這個帳號讀取好友名單")),
    (SyncState.FAILED, _l("失敗")),
    (GroupPolicy.IGNORE, _l("留在群組，不回應")),
    (GroupPolicy.LEAVE, _l("自動離開群組")),
    (Role.OWNER, _l("擁有者")),
    (Role.MARKETER, _l("行銷人員")),
    (Role.VIEWER, _l("檢視者")),
    (ActorKind.STAFF, _l("管理員")),
    (ActorKind.API, _l("API")),
    (ActorKind.OPERATOR, _l("維運人員")),
    (ActorKind.QUIZ, _l("測驗或問卷")),
)
_BY_KIND = {(type(member), member.value): text for member, text in WORDS}

MATCHES = {
    "exact": _l("完全相符"),
    "prefix": _l("開頭是"),
    "contains": _l("包含"),
    "pattern": _l("進階（樣式）"),
}

ACTIONS = {
    "create": _l("新增"),
    "update": _l("修改"),
    "delete": _l("刪除"),
    "login": _l("登入"),
    "lock": _l("連續輸入錯誤密碼，帳號鎖定"),
    "disable": _l("停用"),
    "enable": _l("啟用"),
    "reset_password": _l("重設密碼"),
    "change_password": _l("變更密碼"),
    "hold": _l("暫停傳送"),
    "release": _l("恢復傳送"),
    "revoke": _l("撤銷"),
    "archive": _l("封存"),
    "import": _l("匯入"),
    "send": _l("傳送訊息"),
    "retry": _l("再試一次"),
    "toggle": _l("切換開關"),
    "mark_answered": _l("標為已處理"),
    "restore": _l("重新啟用"),
    "tag": _l("加上標籤"),
    "untag": _l("移除標籤"),
}

SUBJECTS = {
    "account": _l("帳號設定"),
    "api_token": _l("API 金鑰"),
    "chat_message": _l("聊天訊息"),
    "fallback_answer": _l("一律回應"),
    "friend": _l("好友"),
    "friend_tag": _l("好友的標籤"),
    "greeting": _l("歡迎訊息"),
    "keyword_rule": _l("關鍵字回應"),
    "roster_sync": _l("好友名單同步"),
    "staff": _l("管理員"),
    "staff_message": _l("管理員的訊息"),
    "tag": _l("標籤"),
    "tracked_link": _l("加入管道"),
    "webhook_event": _l("Webhook 事件"),
}


def of(value: object) -> str:
    """Return the words for a member of one of our enums; what has no words is shown as it is."""
    text = _BY_KIND.get((type(value), value.value)) if isinstance(value, enum.StrEnum) else None
    return str(text) if text is not None else str(value or "—")
