"""Many made-up friends at once, for trying the pages and the load of a big account."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from bot.database import Database
from bot.services import demo
from bot.services.friends import name_columns

SLICE = 20_000  # rows of one transaction, so that webhooks never wait long
SURNAMES = "陳林黃張李王吳劉蔡楊許鄭謝郭洪邱曾廖賴徐周葉蘇莊呂江何蕭羅高"
GIVEN_NAMES = "怡君,雅婷,淑芬,美玲,心怡,詩涵,佳穎,欣怡,宜蓁,思妤,品妍,家豪,志明,俊傑,建宏,冠宇,宗翰,承恩,Amy,Kevin"
TAGS_EACH = 2
SPREAD = timedelta(days=730)  # over which they became friends
PREFIX = "Ude300000"

NUMBERS = {
    "postgresql": "SELECT generate_series(CAST(:low AS bigint), CAST(:high AS bigint)) AS n",
    "sqlite": "WITH RECURSIVE c(n) AS (SELECT :low UNION ALL SELECT n + 1 FROM c WHERE n < :high) SELECT n FROM c",
}
HEX = {"postgresql": "lpad(to_hex(n), 24, '0')", "sqlite": "printf('%024x', n)"}
MOMENT = {
    "postgresql": "CAST(:now AS timestamptz) - make_interval(secs => n * 7919 % :spread)",
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f000', :now, '-' || (n * 7919 % :spread) || ' seconds')",
}
FRIENDS = """
INSERT INTO friend (line_user_id, state, state_at, proof, first_followed_at, last_follow_at, followed_at,
  unfollowed_at, is_returning, display_name, folded_name, name_grams, language, profile_attempts,
  profile_fetched_at, attributes, last_contact_at, created_at)
SELECT '{prefix}' || {hex}, state,
  CASE WHEN state <> 'unknown' THEN at END,
  CASE state WHEN 'following' THEN 'follow_event' WHEN 'not_following' THEN 'unfollow_event' END,
  CASE state WHEN 'following' THEN at END,
  CASE state WHEN 'following' THEN at END,
  CASE state WHEN 'following' THEN at END,
  CASE state WHEN 'not_following' THEN at END,
  false, display_name, folded_name, name_grams, 'zh-TW', 0, at, '{{}}', at, at
FROM (
  SELECT n, {moment} AS at,
    CASE WHEN n % 100 < 12 THEN 'not_following' WHEN n % 100 < 15 THEN 'unknown' ELSE 'following' END AS state
  FROM ({numbers}) AS numbers
) AS people
JOIN demo_name ON demo_name.place = n % :names
WHERE true
ON CONFLICT (line_user_id) DO NOTHING
"""
CHANGES = """
INSERT INTO friendship_change (friend_id, kind, happened_at, is_returning)
SELECT id, CASE state WHEN 'following' THEN 'followed' ELSE 'unfollowed' END, state_at, false
FROM friend WHERE id > :after AND line_user_id LIKE '{prefix}%' AND state_at IS NOT NULL
"""
TAGGED = """
INSERT INTO friend_tag (friend_id, tag_id, source, tagged_at)
SELECT id, :tag, 'import', created_at
FROM friend WHERE id > :after AND line_user_id LIKE '{prefix}%' AND (id + :place) % :tags < :each
"""


def add_friends(db: Database, count: int, *, now: datetime) -> int:
    """Add made-up friends number 1 to `count` as far as they are missing; return how many were new.

    They are unknown at LINE: the next walk through LINE's follower list finds them gone.
    """
    added = 0
    for low in range(1, count + 1, SLICE):
        with db.begin() as session:
            tag_ids = demo.tag_ids_of_brand(session)
            connection = session.connection()
            names = _make_names(connection)
            added += _add_slice(connection, low, min(count, low + SLICE - 1), names, tag_ids, now)
    if added and not db.is_sqlite:
        with db.begin() as session:
            session.execute(text("ANALYZE friend, friend_tag, friendship_change"))
    return added


def _make_names(connection: Connection) -> int:
    """Put the folded names into a table of this connection's own and return how many: a few hundred serve all."""
    names = [surname + given for given in GIVEN_NAMES.split(",") for surname in SURNAMES]
    connection.execute(text("DROP TABLE IF EXISTS demo_name"))
    columns = "place integer PRIMARY KEY, display_name text, folded_name text, name_grams text"
    connection.execute(text(f"CREATE TEMPORARY TABLE demo_name ({columns})"))
    connection.execute(
        text("INSERT INTO demo_name VALUES (:place, :display_name, :folded_name, :name_grams)"),
        [{"place": place, **name_columns(name)} for place, name in enumerate(names)],
    )
    return len(names)


def _add_slice(connection: Connection, low: int, high: int, names: int, tag_ids: list[int], now: datetime) -> int:
    kind = connection.dialect.name
    places = {"prefix": PREFIX, "hex": HEX[kind], "moment": MOMENT[kind], "numbers": NUMBERS[kind]}
    after = connection.scalar(text("SELECT coalesce(max(id), 0) FROM friend")) or 0
    values = {
        "low": low,
        "high": high,
        "now": now.strftime("%Y-%m-%d %H:%M:%S" if kind == "sqlite" else "%Y-%m-%d %H:%M:%S+00:00"),
        "spread": int(SPREAD.total_seconds()),
        "names": names,
    }
    connection.execute(text(FRIENDS.format(**places)), values)
    connection.execute(text(CHANGES.format(**places)), {"after": after})
    for place, tag_id in enumerate(tag_ids):
        tagged = {"after": after, "tag": tag_id, "place": place, "tags": len(tag_ids), "each": TAGS_EACH}
        connection.execute(text(TAGGED.format(**places)), tagged)
    new = text(f"SELECT count(*) FROM friend WHERE id > :after AND line_user_id LIKE '{PREFIX}%'")  # noqa: S608
    return connection.scalar(new, {"after": after}) or 0
