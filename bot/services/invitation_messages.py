"""What the account says about invitations: the friend's own link, how many came, what comes next."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.messages import LineMessage, fill, text
from bot.messages.builders import action, buttons
from bot.messages.lengths import cut_to_graphemes
from bot.rules import personal_links
from bot.rules.referrals import next_step

LONGEST_TEMPLATE_TEXT = 160  # of a buttons template without a title (reference/messaging-api#buttons)

OVER = "這個好友邀請活動已經結束，謝謝您的參與。"
NOT_BEGUN = "這個好友邀請活動還沒有開始，請再等一等。"
NO_LOGIN = "目前無法確認是誰接受了邀請，好友邀請暫停中。準備好以後會再開放，謝謝您。"
UNKNOWN = "找不到這個好友邀請活動，可能已經下架了。"
COME = "已成功邀請 %(brought)s 位好友。"
NONE_CAME = "還沒有好友透過您的連結加入。"
NEXT_REWARD = "再邀請 %(missing)s 位就能獲得「%(reward)s」。"
NEXT_STEP = "再邀請 %(missing)s 位就達成下一個門檻。"
ALL_REACHED = "所有獎勵都達成了，謝謝您！"
HINT = "把上面這則訊息轉傳給朋友，或按「分享給好友」。"
POINTS = "%(points)s 點 LINE POINTS"
SHARE, SEE_PROGRESS, TERMS = "分享給好友", "看我的邀請進度", "活動辦法"


def reward_words(reward: Mapping[str, Any]) -> str:
    """Return a reward as friends read it."""
    return POINTS % {"points": f"{reward['points']:,}"} if "points" in reward else str(reward["text"])


def to_pass_on(invitation: str, link: str, *, name: str) -> str:
    """Return what a friend passes on: the brand's words with the friend's name, and the personal link."""
    [filled] = fill([text(invitation)], {"name": name})
    return f"{filled['text']}\n{link}"


def share_address(words: str, link: str) -> str:
    """Return the address behind the share button; the link alone where LINE would refuse the words as too long."""
    address = personal_links.share_url(words)
    return address if len(address) <= personal_links.LONGEST_ADDRESS else personal_links.share_url(link)


def progress(brought: int, steps: Sequence[Mapping[str, Any]]) -> str:
    """Return how many came, and what comes next."""
    come = COME % {"brought": f"{brought:,}"} if brought else NONE_CAME
    step = next_step(steps, brought)
    if step is None:
        return come + (ALL_REACHED if steps and brought else "")
    missing = f"{step['friends'] - brought:,}"
    if step["reward"]:
        return come + NEXT_REWARD % {"missing": missing, "reward": reward_words(step["reward"])}
    return come + NEXT_STEP % {"missing": missing}


def personal_link(
    name: str, words: str, share_url: str, said: str, *, page_url: str, terms_url: str
) -> list[LineMessage]:
    """Return the messages with a friend's own link: one to pass on as it stands, one with buttons."""
    choices = [action(SHARE, opens=share_url), action(SEE_PROGRESS, opens=page_url), action(TERMS, opens=terms_url)]
    shown = cut_to_graphemes("\n".join(part for part in (name, said, HINT) if part), LONGEST_TEMPLATE_TEXT)
    return [text(words), buttons(shown, choices)]
