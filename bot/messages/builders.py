"""Making the messages that this server writes itself."""

from collections.abc import Sequence
from typing import Any

LineMessage = dict[str, Any]


def text(words: str, quick_replies: Sequence[LineMessage] | None = None) -> LineMessage:
    """Return a text message, with quick replies below it if there are any."""
    message: LineMessage = {"type": "text", "text": words}
    return with_quick_replies(message, quick_replies) if quick_replies else message


def with_quick_replies(message: LineMessage, quick_replies: Sequence[LineMessage]) -> LineMessage:
    """Return a copy of `message` that offers `quick_replies`; LINE shows those of the last message only."""
    return {**message, "quickReply": {"items": list(quick_replies)}}


def quick_reply(
    label: str,
    *,
    says: str | None = None,
    data: str | None = None,
    opens: str | None = None,
    image_url: str | None = None,
) -> LineMessage:
    """Return a quick-reply button: with `data` a postback (shown as `says`), with `opens` a link, else it says `says`.

    Without any of them the friend says the label itself.
    """
    button: LineMessage = {"type": "action", "action": action(label, says=says, data=data, opens=opens)}
    return {**button, "imageUrl": image_url} if image_url else button


def action(label: str, *, says: str | None = None, data: str | None = None, opens: str | None = None) -> LineMessage:
    """Return the action of a button: a postback, a link or a message, as for `quick_reply`."""
    if data is not None:
        return {"type": "postback", "label": label, "data": data, **({"displayText": says} if says else {})}
    if opens is not None:
        return {"type": "uri", "label": label, "uri": opens}
    return {"type": "message", "label": label, "text": says or label}


def buttons(words: str, actions: Sequence[LineMessage], *, title: str | None = None) -> LineMessage:
    """Return a message of a text and up to four buttons; its alternative text is the text."""
    template: LineMessage = {"type": "buttons", "text": words, "actions": list(actions)}
    if title:
        template["title"] = title
    return {"type": "template", "altText": words, "template": template}


def confirm(words: str, yes: LineMessage, no: LineMessage) -> LineMessage:
    """Return a question with two buttons."""
    template = {"type": "confirm", "text": words, "actions": [yes, no]}
    return {"type": "template", "altText": words, "template": template}


def sticker(package_id: str, sticker_id: str) -> LineMessage:
    """Return a sticker message."""
    return {"type": "sticker", "packageId": package_id, "stickerId": sticker_id}


def image(url: str, preview_url: str | None = None) -> LineMessage:
    """Return an image message; the picture is its own preview unless there is a smaller one."""
    return {"type": "image", "originalContentUrl": url, "previewImageUrl": preview_url or url}


def flex(alt_text: str, contents: LineMessage) -> LineMessage:
    """Return a Flex message around a bubble or a carousel."""
    return {"type": "flex", "altText": alt_text, "contents": contents}
