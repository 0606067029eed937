"""A question as messages of the chat.

LINE: thirteen quick replies with labels of twenty characters (reference: quick reply); what does not fit becomes a
Flex list of buttons, choices with pictures become cards.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bot.messages import LineMessage, quick_reply, text
from bot.messages.builders import flex, image, with_quick_replies
from bot.messages.lengths import cut_to_utf16, grapheme_length
from bot.rules.quizzes import words
from bot.rules.quizzes.content import Choice, Kind, Question
from bot.rules.quizzes.taps import Act, Tap

MOST_QUICK_REPLIES = 13
LONGEST_LABEL = 20
MOST_CARDS = 12
LONGEST_ALTERNATIVE = 400
CHECKED, UNCHECKED = "☑", "☐"
GREEN, LIGHT = "#06C755", "#F2F3F5"


@dataclass(frozen=True)
class Asked:
    """A question at one moment of one attempt."""

    question: Question
    attempt_key: str
    step: int
    number: int
    at_most: int
    chosen: Collection[str] = ()

    def tap(self, act: Act, choice_key: str | None = None) -> Tap:
        """Return the tap of a button below this question."""
        return Tap(self.attempt_key, self.step, self.question.key, act, choice_key)


@dataclass(frozen=True)
class _Button:
    label: str
    says: str
    data: str
    picture_url: str | None = None
    is_chosen: bool = False


def ask(asked: Asked, before: Sequence[str] = (), *, with_picture: bool = True) -> list[LineMessage]:
    """Return the messages that ask a question, three at most, with what is said `before` it in the same text."""
    question = asked.question
    buttons = [_choice_button(asked, choice) for choice in question.choices]
    ways = _ways_on(asked)
    words_of_it = _words(asked, before)
    messages = [image(question.picture_url)] if question.picture_url and with_picture else []
    if not buttons or _fits(buttons, ways):
        items = [*(quick_reply(one.label, says=one.says, data=one.data) for one in buttons), *ways]
        return [*messages, text(words_of_it, items)]
    shown = _cards(buttons) if _are_cards(buttons) else _list(buttons)
    listed = flex(cut_to_utf16(words_of_it, LONGEST_ALTERNATIVE), shown)
    return [*messages, text(words_of_it), with_quick_replies(listed, ways) if ways else listed]


def _words(asked: Asked, before: Sequence[str]) -> str:
    question = asked.question
    place = f"（{asked.number}／{asked.at_most}）" if asked.at_most > 1 else ""
    hint = words.HINTS.get(question.kind, "")
    if question.kind is Kind.MULTIPLE:
        hint = words.CHOOSE_AT_MOST % {"most": question.most} if question.most else words.CHOOSE_SEVERAL
    lines = [*before, f"{place}{question.text}", *([hint] if hint else [])]
    return "\n".join(lines)


def _choice_button(asked: Asked, choice: Choice) -> _Button:
    if asked.question.kind is not Kind.MULTIPLE:
        data = asked.tap(Act.CHOOSE, choice.key).data
        return _Button(choice.text, choice.text, data, choice.picture_url)
    is_chosen = choice.key in asked.chosen
    data = asked.tap(Act.REMOVE if is_chosen else Act.ADD, choice.key).data
    mark, says = (CHECKED, words.UNCHOOSE) if is_chosen else (UNCHECKED, words.CHOOSE)
    return _Button(f"{mark} {choice.text}", says % {"choice": choice.text}, data, choice.picture_url, is_chosen)


def _ways_on(asked: Asked) -> list[LineMessage]:
    """Return the quick replies beside the choices: done, skip, and what LINE opens by itself."""
    question, ways = asked.question, list[LineMessage]()
    if question.kind is Kind.MULTIPLE and (asked.chosen or question.required):
        ways.append(quick_reply(words.DONE, says=words.DONE, data=asked.tap(Act.DONE).data))
    if question.kind is Kind.DATE:
        picker = {"type": "datetimepicker", "label": words.PICK_DATE, "data": asked.tap(Act.DATE).data, "mode": "date"}
        ways.append({"type": "action", "action": picker})
    if question.kind is Kind.PICTURE:
        for kind, label in (("camera", words.TAKE_PICTURE), ("cameraRoll", words.CHOOSE_PICTURE)):
            ways.append({"type": "action", "action": {"type": kind, "label": label}})
    if not question.required:
        ways.append(quick_reply(words.SKIP, says=words.SKIP, data=asked.tap(Act.SKIP).data))
    return ways


def _fits(buttons: Sequence[_Button], ways: Sequence[LineMessage]) -> bool:
    if any(one.picture_url for one in buttons) or len(buttons) + len(ways) > MOST_QUICK_REPLIES:
        return False
    return all(grapheme_length(one.label) <= LONGEST_LABEL for one in buttons)


def _are_cards(buttons: Sequence[_Button]) -> bool:
    return len(buttons) <= MOST_CARDS and any(one.picture_url for one in buttons)


def _postback(button: _Button) -> LineMessage:
    return {"type": "postback", "data": button.data, "displayText": button.says}


def _cards(buttons: Sequence[_Button]) -> LineMessage:
    """Return a carousel: one card for each choice, with its picture."""
    return {"type": "carousel", "contents": [_card(button) for button in buttons]}


def _card(button: _Button) -> LineMessage:
    card: LineMessage = {
        "type": "bubble",
        "size": "micro",
        "body": {"type": "box", "layout": "vertical", "paddingAll": "md", "contents": [_label(button)]},
        "action": _postback(button),
    }
    if button.picture_url:
        hero = {"type": "image", "url": button.picture_url, "size": "full", "aspectMode": "cover"}
        card["hero"] = hero | {"aspectRatio": "1:1"}
    return card


def _list(buttons: Sequence[_Button]) -> LineMessage:
    """Return a bubble of one row for each choice, in which every label has room."""
    rows = [_row(button) for button in buttons]
    body = {"type": "box", "layout": "vertical", "spacing": "sm", "paddingAll": "md", "contents": rows}
    return {"type": "bubble", "body": body}


def _row(button: _Button) -> LineMessage:
    contents: list[LineMessage] = [_label(button)]
    if button.picture_url:
        picture = {"type": "image", "url": button.picture_url, "size": "xs", "flex": 0, "aspectMode": "cover"}
        contents.insert(0, picture)
    return {
        "type": "box",
        "layout": "horizontal",
        "spacing": "md",
        "paddingAll": "md",
        "cornerRadius": "md",
        "backgroundColor": LIGHT,
        "alignItems": "center",
        "action": _postback(button),
        "contents": contents,
    }


def _label(button: _Button) -> LineMessage:
    colour = {"color": GREEN, "weight": "bold"} if button.is_chosen else {}
    return {"type": "text", "text": button.label, "wrap": True, "align": "center", **colour}
