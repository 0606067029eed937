"""Messages in a few words, for lists and logs of conversations."""

from collections.abc import Iterable

from bot.messages.lengths import grapheme_length, graphemes

_LANGUAGES = ("zh", "en", "ja")
_WORDS = {
    "sticker": ("貼圖", "Sticker", "スタンプ"),
    "image": ("圖片", "Image", "画像"),
    "video": ("影片", "Video", "動画"),
    "audio": ("語音", "Audio", "音声"),
    "location": ("位置", "Location", "位置情報"),
    "coupon": ("優惠券", "Coupon", "クーポン"),
    "imagemap": ("圖文訊息", "Rich message", "リッチメッセージ"),
    "template": ("範本訊息", "Template message", "テンプレートメッセージ"),
    "flex": ("Flex 訊息", "Flex message", "Flexメッセージ"),
    "file": ("檔案", "File", "ファイル"),
}
_OTHER = ("訊息", "Message", "メッセージ")


def plain_text(messages: object, *, most: int = 200, locale: str = "zh-TW") -> str:
    """Return one line that shows what the messages say: texts, alternative texts, and [貼圖] where there is no text.

    At most `most` characters, with an ellipsis where it was cut. Takes any JSON, also what LINE would refuse.
    """
    language = _LANGUAGES.index(locale[:2].lower()) if locale[:2].lower() in _LANGUAGES else 0
    listed: Iterable[object] = messages if isinstance(messages, list) else [messages]
    line = " / ".join(_words_of(message, language) for message in listed if isinstance(message, dict))
    if len(line) <= most or grapheme_length(line) <= most:
        return line
    return "".join(graphemes(line)[: most - 1]) + "…"


def _words_of(message: dict[object, object], language: int) -> str:
    kind = message.get("type")
    shown = _first_text(message, "text", "altText") if kind != "location" else ""
    if shown:
        return shown
    word = f"[{_WORDS.get(str(kind), _OTHER)[language]}]"
    title = _first_text(message, "title", "fileName")
    return f"{word} {title}" if title else word


def _first_text(message: dict[object, object], *names: str) -> str:
    for name in names:
        value = message.get(name)
        if isinstance(value, str) and value.strip():
            return " ".join(value.split())
    return ""
