"""Making texts alike that people mean alike: width, case, spaces, Traditional and Simplified, 臺 and 台."""

import unicodedata
from functools import cache

from opencc import OpenCC

# Characters that show nothing: zero-width joiners and spaces, direction marks, variation selectors, fillers, tags,
# and halves of surrogate pairs.
_INVISIBLE = (
    (0x00AD, 0x00AD),
    (0x034F, 0x034F),
    (0x061C, 0x061C),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0x3164, 0x3164),
    (0xD800, 0xDFFF),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),
)
_HAN = (
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0x20000, 0x2FA1F),
    (0x30000, 0x323AF),
)
# Pairs that OpenCC keeps apart letter by letter because only whole phrases tell them apart.
_ALSO = {"臺": "台", "檯": "台", "颱": "台", "著": "着", "瞭": "了"}

_ROUNDS = 8  # three are enough for every text found; the bound only keeps a surprise from hanging


def fold(text: str) -> str:
    """Return `text` in the form in which keywords and messages are compared. Folding twice changes nothing.

    Characters are turned into simplified ones one by one, never by phrase: so whatever is part of a text is part of
    the folded text as well.
    """
    if text.isascii():
        return " ".join(text.lower().split())
    letters = _letters()
    for _ in range(_ROUNDS):
        folded = _fold_once(text, letters)
        if folded == text:
            break
        text = folded
    return text


def _fold_once(text: str, letters: dict[int, str | None]) -> str:
    composed = unicodedata.normalize("NFKC", text.translate(letters)).casefold()
    return " ".join(unicodedata.normalize("NFKC", composed).split())


@cache
def _letters() -> dict[int, str | None]:
    """Make the table of single characters, once per process: OpenCC's converter is not needed afterwards.

    Threads that come first together each make one; the tables are equal and complete.
    """
    table: dict[int, str | None] = {code: None for first, last in _INVISIBLE for code in range(first, last + 1)}
    for traditional, simplified in _simplified_letters().items():
        table[ord(traditional)] = simplified
    return table


def _simplified_letters() -> dict[str, str]:
    """Return every character that has a simplified form, with the form at which repeating ends."""
    han = [chr(code) for first, last in _HAN for code in range(first, last + 1)]
    simplified = OpenCC("t2s").convert("\n".join(han)).split("\n")
    pairs = {old: new for old, new in zip(han, simplified, strict=True) if old != new and len(new) == 1}
    pairs |= _ALSO
    for old in pairs:
        seen = {old}
        while (new := pairs[old]) in pairs and new not in seen:
            seen.add(new)
            pairs[old] = pairs[new]
    return pairs
