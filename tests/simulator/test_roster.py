"""Profiles, the follower list, groups and account linking."""

import pytest

from tests.simulator.stand_ins import TEXT, BotServer, Line


def pages(line: Line, limit: int) -> list[list[str]]:
    found, start = [], ""
    while True:
        page = line.get(f"followers/ids?limit={limit}{start}").json()
        found.append(page["userIds"])
        if "next" not in page:
            return found
        start = f"&start={page['next']}"


def test_the_follower_list_comes_in_pages_without_those_who_blocked(line: Line, bot: BotServer) -> None:
    friends = line.people(25)
    line.people(5, following=False)
    line.act(friends[3], "block")
    found = pages(line, 10)
    assert [len(page) for page in found] == [10, 10, 4]
    assert [friend for page in found for friend in page] == [friend for friend in friends if friend != friends[3]]


def test_a_full_last_page_has_no_next(line: Line) -> None:
    line.people(20)
    assert [len(page) for page in pages(line, 10)] == [10, 10]


def test_a_page_holds_three_hundred_unless_asked_and_never_above_a_thousand(line: Line) -> None:
    line.people(1200)
    assert len(line.get("followers/ids").json()["userIds"]) == 300
    assert len(line.get("followers/ids?limit=1000").json()["userIds"]) == 1000
    assert line.get("followers/ids?limit=1001").status == 400


def test_a_continuation_token_is_good_for_a_day(line: Line) -> None:
    line.people(3)
    token = line.get("followers/ids?limit=1").json()["next"]
    assert line.get(f"followers/ids?start={token}").status == 200
    line.control("POST", "clock", {"advance_seconds": 86_401})
    answer = line.get(f"followers/ids?start={token}")
    assert (answer.status, answer.json()) == (400, {"message": "Invalid start param"})


def test_an_account_that_is_not_verified_may_not_list_followers(line: Line) -> None:
    line.control("PUT", "switches", {"may_list_followers": False})
    answer = line.get("followers/ids")
    assert (answer.status, answer.json()) == (403, {"message": "Access to this API is not available for your account"})


def test_a_profile_is_given_of_friends_and_of_those_who_wrote(line: Line, bot: BotServer) -> None:
    friend = line.person(name="王小明", language="ja", status_message="嗨")
    assert line.get(f"profile/{friend}").json() == {
        "userId": friend,
        "displayName": "王小明",
        "language": "ja",
        "statusMessage": "嗨",
    }
    stranger = line.person(following=False)
    assert line.get(f"profile/{stranger}").status == 404
    line.act(stranger, "say", text="hi")
    assert line.get(f"profile/{stranger}").status == 200
    line.act(friend, "block")
    assert line.get(f"profile/{friend}").json() == {"message": "Not found"}


@pytest.mark.parametrize("user_id, status", [("U" + "0" * 32, 404), ("x", 400)])
def test_a_profile_of_nobody(line: Line, user_id: str, status: int) -> None:
    assert line.get(f"profile/{user_id}").status == status


def test_generated_people_are_the_same_in_every_run(line: Line) -> None:
    first = line.people(3)
    line.control("POST", "reset")
    assert line.people(3) == first


def test_the_account_can_answer_in_a_group_and_leave_it(line: Line, bot: BotServer) -> None:
    member = line.person()
    made = line.control("POST", "groups", {"name": "同事", "members": [member]})
    chat_id, token = made["group"]["chat_id"], made["event"]["replyToken"]
    assert bot.heard(1)[0]["source"] == {"type": "group", "groupId": chat_id}
    assert line.post("message/reply", {"replyToken": token, "messages": [TEXT]}).status == 200
    assert line.control("GET", f"groups/{chat_id}")["messages"] == [TEXT]
    assert line.get(f"group/{chat_id}/summary").json() == {"groupId": chat_id, "groupName": "同事"}
    assert line.get(f"group/{chat_id}/members/count").json() == {"count": 1}
    assert line.get(f"group/{chat_id}/members/ids").json() == {"memberIds": [member]}
    assert line.get(f"group/{chat_id}/member/{member}").json()["userId"] == member
    assert line.post(f"group/{chat_id}/leave", {}).status == 200
    assert line.get(f"group/{chat_id}/summary").status == 404
    assert line.push(chat_id).json() == {"message": "Failed to send messages"}


def test_linking_an_account_ends_in_an_event_with_the_nonce(line: Line, bot: BotServer) -> None:
    friend = line.person()
    token = line.post(f"user/{friend}/linkToken", {}).json()["linkToken"]
    page = line.call("GET", f"/dialog/bot/accountLink?linkToken={token}&nonce=0123456789abcdef")
    assert page.status == 200
    event = bot.heard(1)[0]
    assert (event["type"], event["link"]) == ("accountLink", {"result": "ok", "nonce": "0123456789abcdef"})
    assert line.call("GET", f"/dialog/bot/accountLink?linkToken={token}&nonce=0123456789abcdef").status == 400
    assert len(bot.events()) == 1
