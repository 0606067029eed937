"""The menu at the left, in the order of OA Manager's."""

from dataclasses import dataclass

from flask import request
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from handlers.admin.access import can
from models import Role


@dataclass(frozen=True)
class Entry:
    """One line of the menu; `pages` are the endpoints it stays marked for."""

    endpoint: str
    words: LazyString
    icon: str
    role: Role = Role.VIEWER
    heading: LazyString | None = None

    @property
    def is_here(self) -> bool:
        """Whether the present page belongs to this entry."""
        page, own = (request.endpoint or "").rpartition(".")[0], self.endpoint.rpartition(".")[0]
        return page == own or page.startswith(f"{own}.")


ENTRIES = (
    Entry("admin.dashboard.show", _l("主頁"), "house"),
    Entry("admin.friends.index", _l("好友"), "people", heading=_l("好友")),
    Entry("admin.tags.index", _l("標籤"), "tag"),
    Entry("admin.segments.index", _l("分眾"), "list"),
    Entry("admin.links.index", _l("加入管道"), "qr-code"),
    Entry("admin.roster.show", _l("好友名單同步"), "arrow-repeat", Role.MARKETER),
    Entry("admin.keyword_rules.index", _l("關鍵字回應"), "key", heading=_l("自動回應")),
    Entry("admin.fallback.show", _l("一律回應"), "robot"),
    Entry("admin.greeting.show", _l("加入好友的歡迎訊息"), "emoji-smile"),
    Entry("admin.quizzes.index", _l("測驗與問卷"), "journal-text", heading=_l("互動")),
    Entry("admin.games.index", _l("遊戲"), "ticket-perforated"),
    Entry("admin.referrals.index", _l("好友邀請"), "send"),
    Entry("admin.chat.index", _l("聊天"), "chat-dots", heading=_l("聊天")),
    Entry("admin.settings.show", _l("設定"), "gear", Role.OWNER, heading=_l("管理")),
    Entry("admin.staff.index", _l("權限管理"), "person-badge", Role.OWNER),
    Entry("admin.api_tokens.index", _l("API 金鑰"), "shield-check", Role.OWNER),
    Entry("admin.events.index", _l("失敗的事件"), "exclamation-triangle", Role.MARKETER),
    Entry("admin.audit.index", _l("操作紀錄"), "clock-history"),
)


def open_entries() -> list[Entry]:
    """Return the entries that whoever is logged in may open."""
    return [entry for entry in ENTRIES if can(entry.role)]
