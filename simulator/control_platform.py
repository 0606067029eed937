"""Control API: the platform's own switches, faults, quota, clock, and what it received."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, jsonify, request

from simulator.account import is_day
from simulator.faults import KINDS
from simulator.wishes import query_number, refuse, said, wait_seconds, whole, wishes
from simulator.world import World, current_world

control_platform = Blueprint("control_platform", __name__, url_prefix="/simulator")
COUNTED = ("reply", "push", "multicast", "broadcast", "pnp", "pnp/templated")


@control_platform.get("/received")
def list_received() -> Response:
    """Requests to LINE: ?endpoint= ?since= ?line_user_id= ?limit=; with ?wait= and ?count= only when that many came."""
    world, count = current_world(), query_number("count", 1)
    wait = wait_seconds()
    rows = world.notices.wait_until(lambda: enough(world, count), wait) if wait else found(world)
    rows = (rows or found(world))[: query_number("limit", 10_000)]
    return jsonify(received=[row.as_json(world.people.ids) for row in rows])


def found(world: World) -> list[Any]:
    line_user_id = request.args.get("line_user_id", "")
    return list(
        world.ledger.received(
            endpoint=request.args.get("endpoint", ""),
            since=query_number("since"),
            line_user_id=line_user_id,
            index=world.people.index_of.get(line_user_id),
        )
    )


def enough(world: World, count: int) -> list[Any]:
    rows = found(world)
    return rows if len(rows) >= count else []


@control_platform.get("/received/summary")
def summarize_received() -> Response:
    """How many requests each endpoint got, by status, and how many messages were counted."""
    world = current_world()
    counts: dict[str, dict[str, int]] = {}
    counted = 0
    for row in found(world):
        by_status = counts.setdefault(row.endpoint, {})
        by_status[str(row.status)] = by_status.get(str(row.status), 0) + 1
        counted += row.counted
    return jsonify(endpoints=counts, counted=counted, newest=world.ledger.next_number())


@control_platform.get("/people-by-deliveries")
def count_deliveries() -> Response:
    """How many people got how many deliveries of the account: whether a push reached each once."""
    world = current_world()
    return jsonify({str(number): people for number, people in world.chats.people_by_count(len(world.people)).items()})


@control_platform.get("/faults")
def list_faults() -> Response:
    return jsonify(faults=current_world().faults.in_force(), kinds=KINDS)


@control_platform.post("/faults")
def add_fault() -> tuple[Response, int]:
    """{endpoint, kind, count, probability, milliseconds, up_to_milliseconds, seed}; endpoint may hold *."""
    body = wishes()
    known = {"endpoint", "kind", "count", "probability", "milliseconds", "up_to_milliseconds", "seed"}
    if not set(body) <= known or "endpoint" not in body or "kind" not in body:
        refuse(f"endpoint and kind must be given; known are: {', '.join(sorted(known))}")
    try:
        fault = current_world().faults.add(**body)
    except ValueError as error:
        refuse(str(error))
    return jsonify(fault.as_json()), 201


@control_platform.delete("/faults")
def clear_faults() -> Response:
    current_world().faults.clear()
    return jsonify(faults=[])


@control_platform.delete("/faults/<int:number>")
def remove_fault(number: int) -> Response:
    return jsonify(removed=current_world().faults.remove(number))


@control_platform.get("/quota")
def get_quota() -> Response:
    quota = current_world().quota
    return jsonify(limit=quota.limit, used=quota.used, reserved=quota.reserved, left=quota.left(), month=quota.month())


@control_platform.put("/quota")
def set_quota() -> Response:
    """{limit} (null: none) and {used} of this month."""
    world, body = current_world(), wishes()
    if "limit" in body:
        world.quota.limit = None if body["limit"] is None else whole(body, "limit")
    if "used" in body:
        world.quota.set_used(whole(body, "used"))
    world.notices.post()
    return get_quota()


@control_platform.post("/quota/manager-send")
def send_from_manager() -> Response:
    """Staff send {messages} from OA Manager: they use the quota, and the API never hears of it."""
    if not current_world().quota.take(whole(wishes(), "messages", least=1)):
        refuse("the quota has not so many messages left", 409)
    return get_quota()


@control_platform.put("/delivery-counts")
def set_delivery_count() -> Response:
    """Say what the delivery count {kind} of {date} is to be."""
    body = wishes()
    kind, day = said(body, "kind"), said(body, "date")
    if kind not in COUNTED or not is_day(day):
        refuse(f"kind must be one of {', '.join(COUNTED)}, date yyyyMMdd")
    current_world().quota.set_sent(kind, day, whole(body, "success"))
    return jsonify(kind=kind, date=day, success=body["success"])


def switches(world: World) -> dict[str, Any]:
    return {
        "limit_rates": world.rate_limits.on,
        "may_list_followers": world.may_list_followers,
        "refuse_unknown_ids": world.refuse_unknown_ids,
        "may_notify": world.may_notify,
        "notification_seconds": world.notification_seconds,
        "reply_token_seconds": world.reply_tokens.lifetime_seconds,
        "template_keys": None if world.template_keys is None else sorted(world.template_keys),
        "webhook_url": world.webhooks.url,
    }


@control_platform.get("/switches")
def get_switches() -> Response:
    return jsonify(switches(current_world()))


@control_platform.put("/switches")
def set_switches() -> Response:
    """Change any of the switches that GET shows."""
    world, body = current_world(), wishes()
    unknown = set(body) - set(switches(world))
    if unknown:
        refuse(f"there is no switch {', '.join(sorted(unknown))}")
    if "limit_rates" in body:
        world.rate_limits.switch(on=bool(body["limit_rates"]))
    for name in ("may_list_followers", "refuse_unknown_ids", "may_notify"):
        setattr(world, name, bool(body.get(name, getattr(world, name))))
    world.notification_seconds = float(body.get("notification_seconds", world.notification_seconds))
    world.reply_tokens.lifetime_seconds = float(body.get("reply_token_seconds", world.reply_tokens.lifetime_seconds))
    world.webhooks.url = said(body, "webhook_url", default=world.webhooks.url)
    if "template_keys" in body:
        world.template_keys = None if body["template_keys"] is None else set(body["template_keys"])
    return jsonify(switches(world))


@control_platform.post("/clock")
def advance_clock() -> Response:
    """Move the platform's clock {advance_seconds} forward."""
    world = current_world()
    world.clock.advance(whole(wishes(), "advance_seconds", least=1, most=10**9))
    return jsonify(now=world.clock.now().isoformat())


@control_platform.post("/reset")
def reset() -> Response:
    """Forget everybody and everything, back to the settings the simulator was started with."""
    current_world().start_over()
    return jsonify(settings=public_settings(current_world()))


@control_platform.get("/state")
def get_state() -> Response:
    """What the panel of the chat page shows."""
    world = current_world()
    quota = world.quota
    return jsonify(
        people=len(world.people),
        quota={"limit": quota.limit, "used": quota.used, "reserved": quota.reserved, "month": quota.month()},
        faults=world.faults.in_force(),
        switches=switches(world),
        webhooks={"waiting": world.webhooks.waiting, "failed": world.webhooks.failed, "url": world.webhooks.url},
        settings=public_settings(world),
    )


def public_settings(world: World) -> dict[str, Any]:
    """All settings but the secrets."""
    return {
        name: value for name, value in asdict(world.settings).items() if "secret" not in name and "token" not in name
    }
