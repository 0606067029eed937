"""What staff choose for a referral programme, and what is wrong with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.errors import FieldFault
from bot.messages import fill
from bot.messages.shapes import is_encodable
from bot.rules.personal_links import LONGEST_ADDRESS, share_url

LONGEST_NAME = 100
LONGEST_TERMS = 5_000
LONGEST_INVITATION = 500
MOST_STEPS = 20
MOST_FRIENDS = 100_000
LONGEST_FRIEND_NAME = "%" * 60  # in an address as long as twenty Chinese characters, which is what LINE allows
INVITATION = "我在這裡找到好東西，也推薦給你！點連結加入官方帳號："


@dataclass(frozen=True)
class ProgramContent:
    """Everything of a programme that can be chosen. Steps are `{"friends", "tags", "reward"}`; tags are ids."""

    name: str
    start_keywords: Sequence[Mapping[str, str]] = ()
    invitation: str = INVITATION
    inviter_tags: Sequence[int] = ()
    invited_tags: Sequence[int] = ()
    steps: Sequence[Mapping[str, Any]] = ()
    active_from: datetime | None = None
    active_until: datetime | None = None
    enabled: bool = True
    terms: str = ""


def check_program(content: ProgramContent, *, longest_link: int) -> list[FieldFault]:
    """Return what is wrong with a programme, besides its keywords, tags and rewards.

    `longest_link` is how long a personal link gets, which goes into the share button's address with the invitation.
    """
    return [
        *_faults_of_text("name", content.name, LONGEST_NAME, "請填寫活動名稱。"),
        *_faults_of_text("terms", content.terms, LONGEST_TERMS),
        *_faults_of_invitation(content.invitation, longest_link),
        *_faults_of_period(content),
        *_faults_of_steps(content.steps),
    ]


def _faults_of_text(place: str, text: str, most: int, missing: str | None = None) -> list[FieldFault]:
    if missing and not text.strip():
        return [FieldFault(place, missing)]
    if len(text) > most:
        return [FieldFault(place, "最多 %(most)s 個字，現在 %(length)s 個。", (("most", most), ("length", len(text))))]
    if "\x00" in text or not is_encodable(text):
        return [FieldFault(place, "含有無法使用的字元。")]
    return []


def _faults_of_invitation(text: str, longest_link: int) -> list[FieldFault]:
    faults = _faults_of_text("invitation", text, LONGEST_INVITATION, "請填寫邀請文字。")
    if faults:
        return faults
    [longest] = fill([{"type": "text", "text": text}], {"name": LONGEST_FRIEND_NAME})
    over = len(share_url(f"{longest['text']}\n")) + longest_link - LONGEST_ADDRESS
    if over <= 0:
        return []
    words = "邀請文字太長，放不進 LINE 的分享按鈕，請再刪去大約 %(over)s 個中文字。"
    return [FieldFault("invitation", words, (("over", -(-over // 9)),))]  # a Chinese character takes nine there


def _faults_of_period(content: ProgramContent) -> list[FieldFault]:
    faults = [
        FieldFault(place, "時間要包含時區。")
        for place in ("active_from", "active_until")
        if (moment := getattr(content, place)) is not None and moment.tzinfo is None
    ]
    starts, ends = content.active_from, content.active_until
    if not faults and starts and ends and starts >= ends:
        faults.append(FieldFault("active_until", "結束時間要晚於開始時間。"))
    return faults


def _faults_of_steps(steps: Sequence[Mapping[str, Any]]) -> list[FieldFault]:
    if len(steps) > MOST_STEPS:
        return [FieldFault("steps", "最多 %(most)s 個門檻。", (("most", MOST_STEPS),))]
    faults: list[FieldFault] = []
    seen: set[int] = set()
    for position, step in enumerate(steps):
        place, friends = f"steps[{position}].friends", step.get("friends")
        if isinstance(friends, bool) or not isinstance(friends, int) or not 1 <= friends <= MOST_FRIENDS:
            faults.append(FieldFault(place, "邀請人數要是 1 到 %(most)s 的整數。", (("most", f"{MOST_FRIENDS:,}"),)))
        elif friends in seen:
            faults.append(FieldFault(place, "已經有 %(friends)s 人的門檻了。", (("friends", friends),)))
        else:
            seen.add(friends)
        if not step.get("tags") and not step.get("reward"):
            faults.append(FieldFault(f"steps[{position}]", "這個門檻要有標籤或獎勵。"))
    return faults
