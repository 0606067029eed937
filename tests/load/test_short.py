"""Short versions of the bench, the torture and the malformed attack: what must hold at any speed."""

from pathlib import Path

from bot import schema
from bot.database import Database, connect
from tests.conftest import NOW
from tests.load import malformed, segment_brand, segments, servers, torture, webhooks
from tests.load.rosters import memory_of
from tests.load.wire import standin


def test_under_load_every_text_is_answered_once_and_wrong_signatures_are_refused(tmp_path: Path) -> None:
    figures = webhooks.measure(tmp_path, turns=1, requests=300, idle=10)  # raises if a reply is missing or doubled

    assert len(figures.idle) == 10
    assert all(measured for _, measured, _ in webhooks.table(figures))


def test_segments_of_a_made_up_brand_hold_whom_sql_by_hand_finds(db: Database) -> None:
    segment_brand.make(db, 4_000, now=NOW)
    figures = segments.measure(db, rounds=1)  # raises if any way finds other friends, or finds them out of order

    assert [one.friends > 0 for one in figures.counts[:2]] == [True, True]
    assert all(measured for _, measured, _ in segments.table("short", figures))


def test_kills_and_faults_in_one_seed_break_no_promise(database_url: str, tmp_path: Path) -> None:
    outcome = torture.run(database_url, tmp_path, seed=4)
    assert outcome.endswith("twice 0")


def test_malformed_requests_never_make_a_5xx_or_an_unhandled_error(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/malformed.sqlite3"
    db = connect(url)
    schema.migrate(db.engine)
    db.dispose()
    log = tmp_path / "web.log"
    with standin() as line_port, servers.web(servers.environment(url, line_port), log) as (port, web):
        malformed.attack(port, 500, seed=3)
        before = memory_of(web)
        load = malformed.attack(port, 2_000, seed=5)
        after = memory_of(web)

    assert sum(load.statuses.values()) == 2_000
    assert all(status < 500 for status in load.statuses)
    assert "Traceback" not in log.read_text()
    assert after < before + 30
