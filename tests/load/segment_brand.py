"""A made-up brand for the load of segments: friends, ten tags on each, answers, keyword hits. Quickly made."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from bot.database import Database
from models import FriendTag, QuizAnswer, QuizAttempt

SHARES = (  # of all friends, of tag 1, 2, 3 …; ten tags on each in the mean
    *(0.85, 0.7, 0.6, 0.55, 0.5, 0.5, 0.45, 0.45, 0.4, 0.4, 0.4, 0.35, 0.35, 0.3, 0.3, 0.3, 0.25, 0.25, 0.2, 0.2),
    *(0.2, 0.2, 0.15, 0.15, 0.15, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05, 0.02, 0.01, 0.01, 0.001),
    0.0001,
)
QUESTIONS, CHOICES = 3, 4
RULES = 3

NUMBERS = {
    "postgresql": "SELECT generate_series(CAST(:low AS bigint), CAST(:high AS bigint)) AS n",
    "sqlite": "WITH RECURSIVE c(n) AS (SELECT :low UNION ALL SELECT n + 1 FROM c WHERE n < :high) SELECT n FROM c",
}
HEX = {"postgresql": "lpad(to_hex(n), 32, '0')", "sqlite": "printf('%032x', n)"}
MOMENT = {
    "postgresql": "CAST(:now AS timestamptz) - make_interval(secs => n * 7919 % 63072000)",
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f000', :now, '-' || (n * 7919 % 63072000) || ' seconds')",
}
CHANCE = {"postgresql": "random()", "sqlite": "((random() >> 33) + 1073741824) / 2147483648.0"}
DICE = {"postgresql": "floor(random() * {sides})", "sqlite": "(abs(random() % 1000003) % {sides})"}

FRIENDS = """
INSERT INTO friend (line_user_id, state, state_at, proof, followed_at, tracked_link_id, is_returning,
  display_name, folded_name, language, profile_attempts, attributes, last_contact_at, created_at)
SELECT 'U' || {hex}, state, at, 'follow_event', CASE state WHEN 'following' THEN at END,
  CASE WHEN n * 31 % 100 < 20 THEN 1 + n * 31 % 2 END, false, '好友' || n, '好友' || n, 'zh-TW', 0,
  CAST('{{"gender": "' || CASE WHEN n * 17 % 100 < 60 THEN 'female' ELSE 'male' END || '", "baby_months": '
  || (n * 13 % 36) || ', "birthday": "' || (1970 + n * 7 % 40) || '-05-01"}}' AS {json}), at, at
FROM (
  SELECT n, {moment} AS at,
    CASE WHEN n * 37 % 100 < 12 THEN 'not_following' WHEN n * 37 % 100 < 15 THEN 'unknown' ELSE 'following' END AS state
  FROM ({numbers}) AS numbers
) AS people
"""
TAGS = "INSERT INTO tag (id, name, colour, created_at) VALUES (:id, :name, 'grey', :now)"
LINKS = (
    "INSERT INTO tracked_link (id, kind, code, name, tags, created_at) VALUES (:id, 'entry', :code, :code, '[]', :now)"
)
WEARING = """
INSERT INTO friend_tag (friend_id, tag_id, source, tagged_at, expires_at)
SELECT friend.id, worn.id, 'import', friend.created_at, CASE WHEN {chance} + 0 * friend.id < 0.01 THEN {later} END
FROM friend CROSS JOIN segment_share AS worn WHERE friend.id BETWEEN :low AND :high
  AND {chance} + 0 * friend.id < worn.share
ORDER BY friend.id, worn.id
"""
LATER = {"postgresql": "CAST(:later AS timestamptz)", "sqlite": ":later"}
QUIZ = """
INSERT INTO quiz (id, code, name, start_keywords, starts_on_follow, enabled, version, created_at, updated_at)
VALUES (1, 'skin', '膚質測驗', '[]', {no}, {yes}, 1, :now, :now)
"""
VERSION = """
INSERT INTO quiz_version (id, quiz_id, number, questions, results, ending, created_at)
VALUES (1, 1, 1, '[]', '[]', '{}', :now)
"""
ATTEMPTS = """
INSERT INTO quiz_attempt (quiz_id, version_id, friend_id, number, "on", key, state, place, step, score, result_key,
  chosen, asked_at, started_at, finished_at)
SELECT 1, 1, id, 1, '2026-10-01', 'k' || id, 'finished', 'page', 3, 0, 'r' || CAST({dice} AS integer),
  '[]', :now, :now, :now
FROM friend WHERE id % 3 = 1
"""
ANSWERS = """
INSERT INTO quiz_answer (attempt_id, question_key, choice_key, quiz_id, friend_id, step, score, answered_at)
SELECT id, 'q' || :question, 'c' || CAST({dice} AS integer), 1, friend_id, :question, 0, finished_at FROM quiz_attempt
"""
RULE = """
INSERT INTO keyword_rule (id, name, keywords, messages, tags, priority, enabled, answers_postback, hit_count,
  created_at, updated_at) VALUES (:id, :name, '[]', '[]', '[]', 0, {yes}, {no}, 0, :now, :now)
"""
HITS = """
INSERT INTO keyword_hit (keyword_rule_id, friend_id, last_at)
SELECT :rule, id, :now FROM friend WHERE {chance} < 0.1
"""


@dataclass(frozen=True)
class _Road:
    """One connection, and how its database says things."""

    connection: Connection
    now: str

    @property
    def kind(self) -> str:
        return self.connection.dialect.name

    def run(self, statement: str, **values: object) -> None:
        """Run one statement, its places filled in the database's own words."""
        places = {
            "numbers": NUMBERS[self.kind],
            "hex": HEX[self.kind],
            "moment": MOMENT[self.kind],
            "chance": CHANCE[self.kind],
            "later": LATER[self.kind],
            "dice": DICE[self.kind].format(sides=CHOICES),
            "json": "json" if self.kind == "postgresql" else "text",
            "yes": "true" if self.kind == "postgresql" else "1",
            "no": "false" if self.kind == "postgresql" else "0",
        }
        written = statement.format(**places) if statement is not VERSION else statement
        self.connection.execute(text(written), {"now": self.now, **values})


def make(db: Database, friends: int, *, now: datetime) -> None:
    """Fill an empty, migrated database. Row checks rest meanwhile and indexes are built at the end."""
    with db.begin() as session:
        connection = session.connection()
        road = _Road(connection, _written(now, is_sqlite=db.is_sqlite))
        if not db.is_sqlite:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            connection.execute(text("SET LOCAL maintenance_work_mem = '256MB'"))
            connection.execute(text("SELECT setseed(0.42)"))
        _make_things(road)
        road.run(FRIENDS, low=1, high=friends)
        rebuilt = [index for table in (FriendTag, QuizAttempt, QuizAnswer) for index in table.__table__.indexes]  # type: ignore[attr-defined]
        for index in rebuilt:
            index.drop(connection)
        _make_rows(road, friends, _written(now + timedelta(days=30), is_sqlite=db.is_sqlite))
        for index in rebuilt:
            index.create(connection)
    _analyze(db)


def _make_things(road: _Road) -> None:
    road.connection.execute(text("CREATE TEMPORARY TABLE segment_share (id integer PRIMARY KEY, share float NOT NULL)"))
    share = text("INSERT INTO segment_share VALUES (:id, :share)")
    road.connection.execute(share, [{"id": number, "share": one} for number, one in enumerate(SHARES, 1)])
    for number in range(1, len(SHARES) + 1):
        road.run(TAGS, id=number, name=f"標籤 {number}")
    for number in (1, 2):
        road.run(LINKS, id=number, code=f"poster-{number}")
    for number in range(1, RULES + 1):
        road.run(RULE, id=number, name=f"規則 {number}")
    road.run(QUIZ)
    road.run(VERSION)


def _make_rows(road: _Road, friends: int, later: str) -> None:
    for low, high in _slices(friends):
        road.run(WEARING, low=low, high=high, later=later)
    road.run(ATTEMPTS)
    for question in range(1, QUESTIONS + 1):
        road.run(ANSWERS.replace(":question", str(question)))
    for rule in range(1, RULES + 1):
        road.run(HITS, rule=rule)


def _slices(friends: int) -> Iterable[tuple[int, int]]:
    step = 100_000
    return ((low, min(friends, low + step - 1)) for low in range(1, friends + 1, step))


def _written(moment: datetime, *, is_sqlite: bool) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S.000000" if is_sqlite else "%Y-%m-%d %H:%M:%S+00:00")


def _analyze(db: Database) -> None:
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE" if db.is_sqlite else "VACUUM ANALYZE"))
