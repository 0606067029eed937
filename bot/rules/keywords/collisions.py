"""Keyword rules that one text would call up together, so that staff see which of them answers."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from bot.rules.keywords.matching import Entry, Keyword, KeywordIndex, Match, Rule

MOST_COLLISIONS = 1_000  # nobody mends more at a time
_MOST_RIVALS = 50  # rules that share one text, of which each is compared with those before it


@dataclass(frozen=True)
class Collision:
    """A text that calls up two rules: `winner_id` answers it, `loser_id` stays silent."""

    text: str
    winner_id: int
    winner_keyword: Keyword
    loser_id: int
    loser_keyword: Keyword


def collisions(rules: Iterable[Rule], *, most: int = MOST_COLLISIONS) -> list[Collision]:
    """Return the pairs of rules of which one keeps the other from answering, each pair with one text as example.

    The texts tried are the keywords themselves. Only rules that are switched on and whose validity periods and hours
    have a time in common count. A rule for a segment takes nothing from rules for everybody or for other segments.
    """
    index = KeywordIndex(rules)
    found: dict[tuple[int, int], Collision] = {}
    for text, entries in _called_up(index):
        for collision in _between(text, entries):
            found.setdefault((collision.winner_id, collision.loser_id), collision)
        if len(found) >= most:
            break
    return list(found.values())[:most]


def _called_up(index: KeywordIndex) -> Iterator[tuple[str, list[Entry]]]:
    """Yield each keyword as a text, with the first entries it calls up of each rule, in order of precedence."""
    tried: set[tuple[str, bool]] = set()
    for entry in index.entries:
        is_pattern = entry.keyword.match is Match.PATTERN
        if (entry.folded, is_pattern) in tried:
            continue
        tried.add((entry.folded, is_pattern))
        if is_pattern:
            matching = index.same_pattern(entry.folded)
        else:
            matching = [index.entries[rank] for rank in index.ranks(entry.folded)]
        by_rule: dict[int, Entry] = {}
        for one in matching:
            by_rule.setdefault(one.rule.id, one)
        if len(by_rule) > 1:
            yield entry.keyword.text, list(by_rule.values())[:_MOST_RIVALS]


def _between(text: str, entries: list[Entry]) -> Iterator[Collision]:
    """Yield for every entry the strongest one before it that takes the text away."""
    for position, loser in enumerate(entries):
        for winner in entries[:position]:
            if _takes_from(winner.rule, loser.rule):
                yield Collision(text, winner.rule.id, winner.keyword, loser.rule.id, loser.keyword)
                break


def _takes_from(winner: Rule, loser: Rule) -> bool:
    is_for_the_same = winner.segment_id is None or winner.segment_id == loser.segment_id
    return is_for_the_same and _share_period(winner, loser) and _share_hours(winner, loser)


def _share_period(one: Rule, other: Rule) -> bool:
    starts = [rule.active_from for rule in (one, other) if rule.active_from]
    ends = [rule.active_until for rule in (one, other) if rule.active_until]
    return not starts or not ends or min(ends) - max(starts) > timedelta()


def _share_hours(one: Rule, other: Rule) -> bool:
    return one.hours is None or other.hours is None or one.hours.overlaps(other.hours)
