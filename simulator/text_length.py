"""LINE counts texts in UTF-16 code units and labels in grapheme clusters (docs/messaging-api/text-character-count)."""

import unicodedata

JOINER = "\u200d"
SKIN_TONES = range(0x1F3FB, 0x1F400)
REGIONAL = range(0x1F1E6, 0x1F200)
TAGS = range(0xE0020, 0xE0080)


def utf16_units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def graphemes(text: str) -> int:
    """What a reader would count as characters: marks, joined emoji and flags count with their base."""
    count, joined, half_flag = 0, False, False
    for character in text:
        number = ord(character)
        if joined or number in SKIN_TONES or number in TAGS or unicodedata.category(character) in {"Mn", "Me"}:
            joined = character == JOINER
            continue
        if character == JOINER:
            joined = True
            continue
        if number in REGIONAL and half_flag:
            half_flag = False
            continue
        half_flag = number in REGIONAL
        count += 1
    return count
