"""Starting the simulator: settings, the process, and who may ask."""

import os
import signal
import subprocess
import sys

import pytest
import urllib3

from simulator import Server, Settings, settings_from
from tests.simulator.stand_ins import Line


def test_settings_come_from_variables_and_what_is_given_wins() -> None:
    environment = {"SIMULATOR_PORT": "9000", "SIMULATOR_LIMIT_RATES": "yes", "SIMULATOR_MESSAGE_LIMIT": "none"}
    settings = settings_from(environment, port=9001)
    assert (settings.port, settings.limit_rates, settings.message_limit) == (9001, True, None)


def test_a_setting_that_cannot_be_understood_is_named() -> None:
    with pytest.raises(ValueError, match="limit_rates"):
        settings_from({"SIMULATOR_LIMIT_RATES": "perhaps"})


def test_the_process_serves_and_ends_on_a_signal() -> None:
    command = [sys.executable, "-W", "error", "-m", "simulator", "--port", "0", "--friends", "3"]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"}
    ) as process:
        assert process.stderr is not None
        url = process.stderr.readline().rsplit(" ", 1)[-1].strip()
        assert urllib3.request("GET", f"{url}/simulator/state").json()["people"] == 3
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert process.stderr.read() == ""


def test_a_million_people_and_a_quick_multicast() -> None:
    server = Server(Settings(port=0, webhook_url="", message_limit=None)).start()
    try:
        line = Line(server)
        server.world.people.create_many(1_000_000, following=True)
        people = server.world.people.ids
        for start in range(0, 50_000, 500):
            assert line.multicast(people[start : start + 500]).status == 200
        assert line.control("GET", "people-by-deliveries") == {"0": 950_000, "1": 50_000}
        assert len(line.get("followers/ids?limit=1000").json()["userIds"]) == 1000
    finally:
        server.stop()


def test_other_web_sites_may_not_use_the_control_api(line: Line) -> None:
    url = f"{line.server.url}/simulator/state"
    assert urllib3.request("GET", url, headers={"Origin": "https://evil.example"}).status == 403
    assert urllib3.request("GET", url, headers={"Origin": line.server.url}).status == 200


def test_a_wish_that_cannot_be_granted_is_explained(line: Line) -> None:
    wishes = [
        ("POST", "people", b'{"line_user_id": "x"}'),
        ("POST", "people/bulk", b'{"count": "many"}'),
        ("POST", "faults", b'{"endpoint": "*", "kind": "flood"}'),
        ("PUT", "switches", b'{"gravity": false}'),
        ("PUT", "webhooks/behaviour", b'{"speed": 1}'),
        ("POST", "reset-nothing", b"{}"),
        ("POST", "people/U1/say", b"{}"),
        ("POST", "clock", b"[]"),
    ]
    for method, path, body in wishes:
        answer = urllib3.request(method, f"{line.server.url}/simulator/{path}", body=body)
        assert answer.status in {400, 404}, path
