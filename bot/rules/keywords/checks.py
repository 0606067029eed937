"""Checking the keywords of a rule before they are saved."""

from collections.abc import Sequence

from bot.messages.faults import Fault, Path
from bot.messages.shapes import is_encodable
from bot.rules.keywords.matching import Keyword, Match
from bot.rules.keywords.patterns import check_pattern

MOST_KEYWORD_LENGTH = 200
MOST_KEYWORDS = 500


def check_keywords(keywords: Sequence[Keyword], *, root: str = "keywords") -> list[Fault]:
    """Return what is wrong with the keywords of one rule, with places such as `keywords[2].text`."""
    if not keywords:
        return [Fault((root,), "too_few", {"least": 1})]
    if len(keywords) > MOST_KEYWORDS:
        return [Fault((root,), "too_many", {"most": MOST_KEYWORDS, "length": len(keywords)})]
    faults: list[Fault] = []
    seen: set[tuple[Match, str]] = set()
    for position, keyword in enumerate(keywords):
        place: Path = (root, position, "text")
        fault = _fault_of(keyword, place)
        if fault:
            faults.append(fault)
        elif (keyword.match, keyword.folded) in seen:
            faults.append(Fault(place, "repeated"))
        seen.add((keyword.match, keyword.folded))
    return faults


def _fault_of(keyword: Keyword, place: Path) -> Fault | None:
    if len(keyword.text) > MOST_KEYWORD_LENGTH:
        return Fault(place, "too_long", {"most": MOST_KEYWORD_LENGTH, "length": len(keyword.text)})
    if not keyword.folded.strip():
        return Fault(place, "empty")
    if "\x00" in keyword.text or not is_encodable(keyword.text):
        return Fault(place, "broken_text")
    reason = check_pattern(keyword.text) if keyword.match is Match.PATTERN else None
    return Fault(place, "pattern_refused", {"reason": reason}) if reason else None
