"""Bot info, counts, loading animation, read marks, narrowcasts."""

from datetime import timedelta
from typing import Any

import pytest

from tests.simulator.stand_ins import TEXT, BotServer, Line

UNDER_TWENTY_FIVE = {"demographic": {"type": "age", "gte": "age_20", "lt": "age_25"}}


def day(line: Line, ago: int = 0) -> str:
    return (line.server.world.clock.in_tokyo() - timedelta(days=ago)).strftime("%Y%m%d")


def test_the_account_introduces_itself(line: Line) -> None:
    settings = line.server.world.settings
    assert line.get("info").json() == {
        "userId": settings.bot_user_id,
        "basicId": settings.basic_id,
        "displayName": settings.display_name,
        "chatMode": "chat",
        "markAsReadMode": "manual",
    }


def test_counts_of_a_day_are_ready_the_day_after(line: Line) -> None:
    friends = line.people(3)
    line.push(friends[0])
    line.multicast(friends)
    line.post("message/broadcast", {"messages": [TEXT]})
    today = day(line)
    assert line.get(f"message/delivery/push?date={today}").json() == {"status": "unready"}
    line.control("POST", "clock", {"advance_seconds": 86_400})
    counts = {
        way: line.get(f"message/delivery/{way}?date={today}").json() for way in ("push", "multicast", "broadcast")
    }
    assert counts == {
        "push": {"status": "ready", "success": 1},
        "multicast": {"status": "ready", "success": 3},
        "broadcast": {"status": "ready", "success": 3},
    }


def test_counts_can_be_said_beforehand(line: Line) -> None:
    line.control("PUT", "delivery-counts", {"kind": "push", "date": day(line), "success": 12})
    assert line.get(f"message/delivery/push?date={day(line)}").json() == {"status": "ready", "success": 12}


@pytest.mark.parametrize("wrong", ["", "2026-11-20", "20261131", "x"])
def test_a_wrong_date_is_refused(line: Line, wrong: str) -> None:
    answer = line.get(f"message/delivery/reply?date={wrong}")
    assert (answer.status, answer.json()) == (400, {"message": "The value for the 'date' parameter is invalid"})


def test_days_before_counting_began_are_out_of_service(line: Line) -> None:
    assert line.get("message/delivery/reply?date=20180330").json() == {"status": "out_of_service"}


@pytest.mark.parametrize(
    "seconds, words",
    [
        (3, ["Must be between 5 and 60", "must be a multiple of five"]),
        (7, ["must be a multiple of five"]),
        (65, ["Must be between 5 and 60"]),
    ],
)
def test_the_loading_animation_lasts_five_to_sixty_seconds(line: Line, seconds: int, words: list[str]) -> None:
    answer = line.post("chat/loading/start", {"chatId": line.person(), "loadingSeconds": seconds})
    assert answer.status == 400
    assert answer.json()["details"] == [{"message": word, "property": "loadingSeconds"} for word in words]


def test_the_loading_animation_is_shown_until_the_answer(line: Line) -> None:
    friend = line.person()
    assert line.post("chat/loading/start", {"chatId": friend}).status == 202
    assert 19 < line.control("GET", f"chat/{friend}")["loading_seconds"] <= 20
    line.push(friend)
    assert line.control("GET", f"chat/{friend}")["loading_seconds"] == 0


def test_loading_is_not_for_groups(line: Line) -> None:
    answer = line.post("chat/loading/start", {"chatId": "C" + "0" * 32})
    assert answer.json()["details"][0]["property"] == "chatId"


def test_a_message_can_be_marked_as_read_by_its_token(line: Line, bot: BotServer) -> None:
    friend = line.person()
    token = line.act(friend, "say", text="hi")["message"]["markAsReadToken"]
    assert line.post("chat/markAsRead", {"markAsReadToken": token}).json() == {}
    assert line.control("GET", f"people/{friend}/messages")["messages"][0]["read"] is True
    answer = line.post("chat/markAsRead", {"markAsReadToken": "x"})
    assert answer.json()["message"].startswith("Invalid markAsReadToken.")


def narrowcast(line: Line, **more: Any) -> tuple[int, dict[str, Any]]:
    """The status of a narrowcast and its progress at the end."""
    answer = line.post("message/narrowcast", {"messages": [TEXT], **more})
    if answer.status != 202:
        return answer.status, answer.json()
    request_id = answer.headers["x-line-request-id"]

    def finished() -> dict[str, Any] | None:
        progress: dict[str, Any] = line.get(f"message/progress/narrowcast?requestId={request_id}").json()
        return progress if progress["phase"] in {"succeeded", "failed"} else None

    progress = line.server.world.notices.wait_until(finished, 5)
    assert progress is not None
    return 202, progress


def test_a_narrowcast_reserves_everybody_and_counts_whom_it_reached(line: Line) -> None:
    line.people(60)
    answer = line.post("message/narrowcast", {"messages": [TEXT], "limit": {"max": 50}})
    request_id = answer.headers["x-line-request-id"]
    assert line.get(f"message/progress/narrowcast?requestId={request_id}").json()["phase"] == "waiting"
    assert line.control("GET", "quota")["reserved"] == 50
    line.server.world.notices.wait_until(lambda: line.control("GET", "quota")["used"], 5)
    assert line.control("GET", "quota")["reserved"] == 0
    assert line.used() == 50
    assert line.control("GET", "people-by-deliveries") == {"0": 10, "1": 50}


def test_the_progress_of_a_narrowcast_ends_with_figures(line: Line) -> None:
    line.people(60)
    status, progress = narrowcast(line)
    assert status == 202
    assert {name: progress[name] for name in ("phase", "successCount", "failureCount", "targetCount")} == {
        "phase": "succeeded",
        "successCount": 60,
        "failureCount": 0,
        "targetCount": 60,
    }
    assert progress["completedTime"] >= progress["acceptedTime"]


def test_a_narrowcast_that_cannot_reserve_the_whole_reach_is_refused(line: Line) -> None:
    line.people(60)
    line.control("PUT", "quota", {"limit": 59})
    assert narrowcast(line)[0] == 429
    assert narrowcast(line, limit={"upToRemainingQuota": True})[1]["successCount"] == 59


def test_attributes_need_a_hundred_friends_and_fifty_recipients(line: Line) -> None:
    line.people(99)
    assert narrowcast(line, filter=UNDER_TWENTY_FIVE) == (403, {"message": "Your account does not have enough friends"})
    line.person(demographics={"age": "age_20"})
    _, progress = narrowcast(line, filter=UNDER_TWENTY_FIVE)
    assert (progress["phase"], progress["errorCode"]) == ("failed", 2)
    assert line.used() == 0


def test_a_narrowcast_chooses_by_attributes(line: Line) -> None:
    line.people(60)
    young = [line.person(demographics={"age": "age_20", "gender": "female"}) for _ in range(50)]
    _, progress = narrowcast(line, filter=UNDER_TWENTY_FIVE)
    assert progress["successCount"] == 50
    assert all(line.shown(friend) for friend in young)


def test_a_narrowcast_can_leave_out_whom_an_earlier_one_reached(line: Line) -> None:
    line.people(60)
    first = line.post("message/narrowcast", {"messages": [TEXT], "limit": {"max": 20}}).headers["x-line-request-id"]
    line.server.world.notices.wait_until(lambda: line.control("GET", "quota")["used"], 5)
    others = {"type": "operator", "not": {"type": "redelivery", "requestId": first}}
    assert narrowcast(line, recipient=others)[1]["successCount"] == 40
    assert line.control("GET", "people-by-deliveries") == {"1": 60}


def test_unknown_audiences_requests_and_contradictions_are_refused(line: Line) -> None:
    line.people(1)
    wrong = {"type": "audience", "audienceGroupId": 7}
    assert narrowcast(line, recipient=wrong) == (400, {"message": "Invalid audience group id: 7"})
    wrong = {"type": "redelivery", "requestId": "x"}
    assert narrowcast(line, recipient=wrong) == (400, {"message": "Invalid request id: x"})
    assert narrowcast(line, limit={"forbidPartialDelivery": True})[0] == 400
    assert line.get("message/progress/narrowcast?requestId=x").status == 404
