"""Lengths as LINE counts them: UTF-16 code units, and grapheme clusters for labels and template texts.

LINE: docs/messaging-api/text-character-count.
"""

import re
import unicodedata

ZERO_WIDTH_JOINER = "\u200d"

# A text without any of these has one cluster per character; most texts are like that.
_MAY_JOIN = re.compile(
    "[\r\u0300-\u1fff\u200c\u200d\u20d0-\u20ff\u2cef-\u2cf1\u2d7f\u2de0-\u2dff\u302a-\u302f\u3099\u309a"
    "\ua66f-\ua6f1\ua802-\uabff\uac00-\ud7ff\ufb1e\ufe00-\ufe0f\ufe20-\ufe2f\uff9e\uff9f\U00010000-\U0010ffff]"
)
_EMOJI_MODIFIERS = range(0x1F3FB, 0x1F400)
_REGIONAL_INDICATORS = range(0x1F1E6, 0x1F200)
_TAGS = range(0xE0020, 0xE0080)


def utf16_length(text: str) -> int:
    """Return how many UTF-16 code units `text` takes: 2 for 🍎, 1 for 蘋."""
    if text.isascii():
        return len(text)
    return len(text) + sum(character > "\uffff" for character in text)


def grapheme_length(text: str) -> int:
    """Return how many characters a person sees in `text`: 1 for 👨‍👩‍👧 and for é of two code points."""
    if not _MAY_JOIN.search(text):
        return len(text)
    return len(graphemes(text))


def graphemes(text: str) -> list[str]:
    """Cut `text` into grapheme clusters; joined together they are `text` again."""
    if not _MAY_JOIN.search(text):
        return list(text)
    clusters: list[str] = []
    for character in text:
        if clusters and _continues(clusters[-1], character):
            clusters[-1] += character
        else:
            clusters.append(character)
    return clusters


def cut_to_utf16(text: str, most: int) -> str:
    """Return the longest beginning of `text` of at most `most` code units, never cutting a cluster."""
    if utf16_length(text) <= most:
        return text
    kept: list[str] = []
    left = most
    for cluster in graphemes(text):
        left -= utf16_length(cluster)
        if left < 0:
            break
        kept.append(cluster)
    return "".join(kept)


def cut_to_graphemes(text: str, most: int) -> str:
    """Return the first `most` clusters of `text`."""
    return "".join(graphemes(text)[:most])


def _continues(cluster: str, character: str) -> bool:
    """Say whether `character` belongs to the cluster before it (the rules of Unicode's annex 29)."""
    last = cluster[-1]
    if last == "\r":
        return cluster == "\r" and character == "\n"
    if unicodedata.category(last) == "Cc":
        return False
    code = ord(character)
    if _extends(character, code):
        return True
    if code in _REGIONAL_INDICATORS:
        return len(cluster) == 1 and ord(last) in _REGIONAL_INDICATORS
    if last == ZERO_WIDTH_JOINER:
        return _is_pictograph(character) and _is_pictograph(cluster[0])
    return _joins_hangul(ord(last), code)


def _extends(character: str, code: int) -> bool:
    return (
        unicodedata.category(character) in ("Mn", "Me", "Mc")
        or character in "\u200c\u200d\uff9e\uff9f"
        or code in _EMOJI_MODIFIERS
        or code in _TAGS
    )


def _is_pictograph(character: str) -> bool:
    return unicodedata.category(character) == "So" or character in "‼⁉↔▪▫◾◽⤴⤵〰〽"


def _joins_hangul(last: int, code: int) -> bool:
    """Say whether two Hangul letters or a syllable and a letter form one syllable."""
    leading, vowel = range(0x1100, 0x1160), range(0x1160, 0x11A8)
    trailing = range(0x11A8, 0x1200)
    is_syllable = 0xAC00 <= last <= 0xD7A3
    is_open_syllable = is_syllable and (last - 0xAC00) % 28 == 0
    if code in leading or 0xAC00 <= code <= 0xD7A3:
        return last in leading
    if code in vowel:
        return last in leading or last in vowel or is_open_syllable
    return code in trailing and (last in vowel or last in trailing or is_syllable)
