"""Keyword rules: folding texts, finding the rule that answers, checking keywords, showing collisions."""

from bot.rules.keywords.checks import check_keywords
from bot.rules.keywords.collisions import Collision, collisions
from bot.rules.keywords.folding import fold
from bot.rules.keywords.matching import Hit, Keyword, Match, Matcher, Rule
from bot.rules.keywords.patterns import check_pattern

__all__ = [
    "Collision",
    "Hit",
    "Keyword",
    "Match",
    "Matcher",
    "Rule",
    "check_keywords",
    "check_pattern",
    "collisions",
    "fold",
]
