"""Three segments of ten leaves in three levels, and the best that was found for each by writing SQL by hand.

Every way that seemed worth a try is here; what counts is the fastest of them on the database at hand.
"""

from collections.abc import Iterator
from typing import Any

SINCE = "2026-06-01"
_OFTEN: dict[str, Any] = {
    "all": [
        {"any": [{"tag": 11}, {"tag": 21}, {"all": [{"tag": 5}, {"not": {"tag": 16}}]}]},
        {"not": {"any": [{"tag": 35}, {"tag": 26}]}},
        {
            "any": [
                {"answered": {"quiz": 1, "question": "q1", "choice": "c1"}},
                {"keyword": 1},
                {"tag": 20},
                {"followed": {"after": f"{SINCE}T00:00:00+00:00"}},
            ]
        },
    ]
}
_KNOWN: dict[str, Any] = {
    "all": [
        {"attribute": "gender", "is": "female"},
        {
            "any": [
                {"tag": 11},
                {"attribute": "baby_months", "less_than": 12},
                {"all": [{"tag": 5}, {"not": {"tag": 16}}]},
            ]
        },
        {"not": {"any": [{"tag": 35}, {"quiz": 1, "result": "r1"}]}},
        {
            "any": [
                {"answered": {"quiz": 1, "question": "q1", "choice": "c1"}},
                {"keyword": 1},
                {"source": "poster-1"},
            ]
        },
    ]
}
_SELDOM: dict[str, Any] = {"all": [{"tag": 39}, *_OFTEN["all"][:2], {"any": _OFTEN["all"][2]["any"][:3]}]}
ANSWER = "quiz_id = 1 AND question_key = 'q1' AND choice_key = 'c1'"
RESULT = "quiz_id = 1 AND result_key = 'r1'"
CALLED = "keyword_rule_id = 1"
OTHERS = {
    "quiz_answer": "a.friend_id IS NOT NULL",
    "keyword_hit": "k.friend_id IS NOT NULL",
    "quiz_attempt": "r.friend_id IS NOT NULL",
}
SEGMENTS = {
    "tags and answers": _OFTEN,
    "attributes and tags": _KNOWN,
    "a rare tag and others": _SELDOM,
}


def by_hand(name: str, *, is_sqlite: bool) -> Iterator[tuple[str, str]]:
    """Yield ways to count a segment in SQL, each with its name."""
    hand = _Hand(is_sqlite=is_sqlite)
    yield from {
        "tags and answers": hand.often,
        "attributes and tags": hand.known,
        "a rare tag and others": hand.seldom,
    }[name]()


class _Hand:
    """The pieces of SQL, in the words of one database."""

    def __init__(self, *, is_sqlite: bool) -> None:
        zone, self._is_sqlite = ("", True) if is_sqlite else ("+00", False)
        self._lives = f"(expires_at IS NULL OR expires_at > '2026-11-20 04:00:00{zone}')"
        self._since = f"f.followed_at >= '{SINCE} 00:00:00{zone}'"
        if is_sqlite:
            self._female = "json_extract(f.attributes, '$.gender') = 'female'"
            self._baby = "json_extract(f.attributes, '$.baby_months') < 12"
        else:
            self._female = "f.attributes ->> 'gender' = 'female'"
            self._baby = "(f.attributes ->> 'baby_months')::numeric < 12"
        self._following = "f.state = 'following'"
        self._result = self._rows("quiz_attempt", RESULT)
        self._answered, self._called = self._rows("quiz_answer", ANSWER), self._rows("keyword_hit", CALLED)

    def often(self) -> Iterator[tuple[str, str]]:
        tags = (11, 21, 5, 16, 35, 26, 20)
        yield "EXISTS", self._count("friend f", self._often(self._exists, self._exists_in))
        if self._is_sqlite:
            yield "IN", self._count("friend f", self._often(self._in, self._in_rows))
        else:  # where IN under OR takes minutes
            yield from self._often_joined(tags)
        some = self._any(self._worn(11), self._worn(21), self._but(self._worn(5), self._worn(16)))
        less = self._but(some, self._worn(35), self._worn(26))
        acts = self._any(self._answered, self._called, self._worn(20))
        if self._is_sqlite:
            asked = f"{self._inside(less)} AND ({self._since} OR {self._inside(acts)})"
            yield "IN sets", self._count("friend f", asked)
            yield "IN sets, rows as they lie", self._count("friend f NOT INDEXED", asked)
        else:  # SQLite may read all of a joined set for each friend, and never ends
            joined = f"JOIN friend f ON f.id = l.friend_id LEFT JOIN {self._as(acts, 's')} ON s.friend_id = f.id"
            asked = f"(s.friend_id IS NOT NULL OR {self._since})"
            yield "joined sets", self._count(f"{self._as(less, 'l')} {joined}", asked)
        new = f"SELECT id FROM friend f WHERE {self._following} AND {self._since}"
        everybody = f"SELECT id AS friend_id FROM friend f WHERE {self._following}"
        sets = self._both(everybody, less, self._any(acts, new))
        yield "sets", f"SELECT count(*) FROM {self._as(sets, 'x')}"

    def _often_joined(self, tags: tuple[int, ...]) -> Iterator[tuple[str, str]]:
        joins = " ".join(self._left_join(tag) for tag in tags)
        asked = self._often(lambda tag: f"t{tag}.friend_id IS NOT NULL", lambda table, _: OTHERS[table])
        yield "LEFT JOIN", self._count(f"friend f {joins} {self._left_joined_others()}", asked)
        flags = ", ".join(f"bool_or(tag_id = {tag}) AS t{tag}" for tag in tags)
        flagged = f"SELECT friend_id, {flags} FROM friend_tag WHERE tag_id IN {tags} AND {self._lives} GROUP BY 1"
        asked = self._often(lambda tag: f"coalesce(w.t{tag}, false)", lambda table, _: OTHERS[table])
        table = f"friend f LEFT JOIN ({flagged}) w ON w.friend_id = f.id {self._left_joined_others()}"
        yield "flags", self._count(table, asked)

    def known(self) -> Iterator[tuple[str, str]]:
        yield "EXISTS", self._count("friend f", self._known(self._exists, self._exists_in))
        if self._is_sqlite:
            yield "IN", self._count("friend f", self._known(self._in, self._in_rows))
        else:
            joins = " ".join(self._left_join(tag) for tag in (11, 5, 16, 35))
            asked = self._known(lambda tag: f"t{tag}.friend_id IS NOT NULL", lambda table, _: OTHERS[table])
            results = f"LEFT JOIN (SELECT DISTINCT friend_id FROM ({self._result}) q) r ON r.friend_id = f.id"
            yield "LEFT JOIN", self._count(f"friend f {joins} {results} {self._left_joined_others()}", asked)
        some = self._any(self._worn(11), self._but(self._worn(5), self._worn(16)))
        none, acts = self._any(self._worn(35), self._result), self._any(self._answered, self._called)
        if self._is_sqlite:
            asked = (
                f"{self._female} AND NOT {self._inside(none)} AND (f.tracked_link_id = 1 OR {self._inside(acts)})"
                f" AND ({self._baby} OR {self._inside(some)})"
            )
            yield "IN sets", self._count("friend f", asked)
            yield "IN sets, rows as they lie", self._count("friend f NOT INDEXED", asked)
            return
        named = ((none, "n"), (acts, "a"), (some, "s"))
        joined = " ".join(f"LEFT JOIN {self._as(one, name)} ON {name}.friend_id = f.id" for one, name in named)
        asked = (
            f"{self._female} AND n.friend_id IS NULL AND (s.friend_id IS NOT NULL OR {self._baby})"
            " AND (a.friend_id IS NOT NULL OR f.tracked_link_id = 1)"
        )
        yield "joined sets", self._count(f"friend f {joined}", asked)

    def seldom(self) -> Iterator[tuple[str, str]]:
        asked = self._often(self._exists, self._exists_in).replace(f" OR {self._since}", "")
        yield "EXISTS", self._count("friend f", f"{self._exists(39)} AND {asked}")
        begun = "friend_tag t JOIN friend f ON f.id = t.friend_id"
        yield "JOIN", self._count(begun, f"t.tag_id = 39 AND {self._lives.replace('expires', 't.expires')} AND {asked}")

    def _often(self, worn: Any, rows: Any) -> str:
        return (
            f"({worn(11)} OR {worn(21)} OR ({worn(5)} AND NOT {worn(16)})) AND NOT ({worn(35)} OR {worn(26)})"
            f" AND ({rows('quiz_answer', ANSWER)} OR {rows('keyword_hit', CALLED)} OR {worn(20)}"
            f" OR {self._since})"
        )

    def _known(self, worn: Any, rows: Any) -> str:
        result = rows("quiz_attempt", RESULT)
        return (
            f"{self._female} AND ({worn(11)} OR {self._baby} OR ({worn(5)} AND NOT {worn(16)}))"
            f" AND NOT ({worn(35)} OR {result}) AND ({rows('quiz_answer', ANSWER)}"
            f" OR {rows('keyword_hit', CALLED)} OR f.tracked_link_id = 1)"
        )

    def _count(self, table: str, asked: str) -> str:
        return f"SELECT count(*) FROM {table} WHERE {self._following} AND {asked}"

    def _worn(self, tag: int) -> str:
        return self._rows("friend_tag", f"tag_id = {tag} AND {self._lives}")

    def _rows(self, table: str, which: str) -> str:
        return f"SELECT friend_id FROM {table} WHERE {which}"

    def _exists(self, tag: int) -> str:
        return self._exists_in("friend_tag", f"tag_id = {tag} AND {self._lives}")

    def _exists_in(self, table: str, which: str) -> str:
        return f"EXISTS (SELECT 1 FROM {table} WHERE friend_id = f.id AND {which})"

    def _in(self, tag: int) -> str:
        return f"f.id IN ({self._worn(tag)})"

    def _in_rows(self, table: str, which: str) -> str:
        return f"f.id IN ({self._rows(table, which)})"

    def _left_join(self, tag: int) -> str:
        lives = self._lives.replace("expires_at", f"t{tag}.expires_at")
        return f"LEFT JOIN friend_tag t{tag} ON t{tag}.friend_id = f.id AND t{tag}.tag_id = {tag} AND {lives}"

    def _left_joined_others(self) -> str:
        return (
            f"LEFT JOIN (SELECT DISTINCT friend_id FROM quiz_answer WHERE {ANSWER}) a ON a.friend_id = f.id"
            " LEFT JOIN keyword_hit k ON k.friend_id = f.id AND k.keyword_rule_id = 1"
        )

    def _inside(self, friends: str) -> str:
        return f"f.id IN ({friends})"

    def _any(self, *sets: str) -> str:
        return self._compound("UNION", *sets)

    def _both(self, *sets: str) -> str:
        return self._compound("INTERSECT", *sets)

    def _but(self, *sets: str) -> str:
        return self._compound("EXCEPT", *sets)

    def _compound(self, word: str, *sets: str) -> str:
        """SQLite merges what is in order, and takes no brackets."""
        if not self._is_sqlite:
            return "(" + f" {word} ".join(one if one.startswith("(") else f"({one})" for one in sets) + ")"
        return (
            f" {word} ".join(f"SELECT * FROM ({one})" if "ORDER BY" in one else one for one in sets)
            + " ORDER BY 1 LIMIT -1"
        )

    def _as(self, friends: str, name: str) -> str:
        return f"{friends} {name}" if friends.startswith("(") else f"({friends}) {name}"
