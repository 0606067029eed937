"""Which keyword rule answers a text.

Order of precedence: the rule with the higher number as priority; then exact before prefix before contains before
pattern; then the longer keyword; then the older rule, that is the smaller id.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum

from ahocorasick_rs import AhoCorasick

from bot.rules.keywords.folding import fold
from bot.rules.keywords.patterns import PatternSet
from bot.rules.schedules import Hours


class Match(StrEnum):
    """How a keyword is compared with what was said; in the order of precedence."""

    EXACT = "exact"
    PREFIX = "prefix"
    CONTAINS = "contains"
    PATTERN = "pattern"


_STRENGTH = {match: strength for strength, match in enumerate(Match)}


@dataclass(frozen=True)
class Keyword:
    """What staff wrote, and how it is compared. A pattern is not folded; all others are."""

    text: str
    match: Match = Match.EXACT

    @property
    def folded(self) -> str:
        """The form that is compared with the folded text."""
        return self.text if self.match is Match.PATTERN else fold(self.text)


@dataclass(frozen=True)
class Rule:
    """What decides whether a rule answers. `active_until` is the first moment outside; None means without end."""

    id: int
    keywords: tuple[Keyword, ...]
    name: str = ""
    priority: int = 0
    enabled: bool = True
    active_from: datetime | None = None
    active_until: datetime | None = None
    hours: Hours | None = None
    applies_to_postback: bool = False
    segment_id: int | None = None

    def is_active(self, now: datetime, timezone: tzinfo) -> bool:
        """Say whether the rule is on at this moment: switch, validity period and hours of the week."""
        if not self.enabled:
            return False
        if self.active_from and now < self.active_from:
            return False
        if self.active_until and now >= self.active_until:
            return False
        return self.hours is None or self.hours.covers(now.astimezone(timezone))


@dataclass(frozen=True)
class Hit:
    """A rule that answers a text, the keyword that made it do so, and the text as it was compared."""

    rule_id: int
    keyword: str
    match: Match
    folded: str


@dataclass(frozen=True)
class Entry:
    """One keyword of one rule in its compared form."""

    rule: Rule
    keyword: Keyword
    folded: str

    @property
    def precedence(self) -> tuple[int, int, int, int]:
        """Sorts the entry that answers first to the front."""
        return -self.rule.priority, _STRENGTH[self.keyword.match], -len(self.folded), self.rule.id


class KeywordIndex:
    """Keywords prepared so that all that match a text are found in one pass over it."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        found = [Entry(rule, keyword, keyword.folded) for rule in rules if rule.enabled for keyword in rule.keywords]
        self.entries = sorted((entry for entry in found if entry.folded), key=lambda entry: entry.precedence)
        self._exact: dict[str, list[int]] = {}
        self._prefix: dict[str, list[int]] = {}
        self._contains: dict[str, list[int]] = {}
        patterns: dict[str, list[int]] = {}
        tables = {
            Match.EXACT: self._exact,
            Match.PREFIX: self._prefix,
            Match.CONTAINS: self._contains,
            Match.PATTERN: patterns,
        }
        for rank, entry in enumerate(self.entries):
            tables[entry.keyword.match].setdefault(entry.folded, []).append(rank)
        self._words = list({**self._prefix, **self._contains})
        self._automaton = AhoCorasick(self._words, store_patterns=False)
        self._patterns = PatternSet(patterns)
        self._ranks_by_pattern = patterns
        self._pattern_ranks = list(patterns.values())

    def ranks(self, folded: str) -> list[int]:
        """Return the positions in `entries` of all that match a folded text, the one that answers first in front."""
        ranks = set(self._exact.get(folded, ()))
        for number, start, _ in set(self._automaton.find_matches_as_indexes(folded, overlapping=True)):
            word = self._words[number]
            ranks.update(self._contains.get(word, ()))
            if start == 0:
                ranks.update(self._prefix.get(word, ()))
        for number in self._patterns.search(folded) if self._pattern_ranks else ():
            ranks.update(self._pattern_ranks[number])
        return sorted(ranks)

    def same_pattern(self, pattern: str) -> list[Entry]:
        """Return all entries with this very pattern."""
        return [self.entries[rank] for rank in self._ranks_by_pattern.get(pattern, ())]


class Matcher:
    """The rules made ready for texts, once per change of the rules. Safe to share between threads: it never changes.

    `timezone` is the brand's own, in which the hours of the week are meant.
    """

    def __init__(self, rules: Iterable[Rule], *, timezone: tzinfo) -> None:
        self._index = KeywordIndex(rules)
        self._timezone = timezone

    def find(self, text: str, *, now: datetime) -> Hit | None:
        """Return the rule that answers `text` at the moment `now`, or None. Segments are not looked at."""
        return next(self._hits(text, now), None)

    def find_all(self, text: str, *, now: datetime) -> list[Hit]:
        """Return every rule that `text` would call up at `now`, each once, in the order of precedence."""
        return list(self._hits(text, now))

    def find_postback(self, postback: str, *, now: datetime) -> Hit | None:
        """Return the rule that answers the data of a postback, among those that apply to postbacks."""
        return next(self._hits(postback, now, postback_only=True), None)

    def find_all_postback(self, postback: str, *, now: datetime) -> list[Hit]:
        """Return every rule that the data of a postback would call up, in the order of precedence."""
        return list(self._hits(postback, now, postback_only=True))

    def _hits(self, text: str, now: datetime, *, postback_only: bool = False) -> Iterator[Hit]:
        folded = fold(text)
        if not folded:
            return
        seen: set[int] = set()
        for rank in self._index.ranks(folded):
            entry = self._index.entries[rank]
            rule = entry.rule
            if rule.id in seen or (postback_only and not rule.applies_to_postback):
                continue
            seen.add(rule.id)
            if rule.is_active(now, self._timezone):
                yield Hit(rule.id, entry.keyword.text, entry.keyword.match, folded)
