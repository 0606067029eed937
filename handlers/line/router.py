"""From stored events to what is said: each event's function, one transaction for a batch."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from sqlalchemy.orm import Session

from bot import metrics
from bot.runtime import Runtime
from bot.services import auto_replies, chats, friends, inbox, invitations, tags, tracked_links
from bot.services.auto_replies import Said
from bot.services.inbox import DueAnswer, StoredEvent
from bot.services.plays import play_at
from handlers.line import conversations, friendships, places, plays
from handlers.line.events import Event, NotUnderstoodError, parse
from handlers.line.turns import Batch, Handler, Turn
from models import Account, AnswerKind, ChatSource, Friend, GroupPolicy, TagSource

logger = logging.getLogger(__name__)

MOST_AT_ONCE = 50
HANDLERS: MappingProxyType[str, Handler] = MappingProxyType(
    {
        "follow": friendships.on_follow,
        "unfollow": friendships.on_unfollow,
        "message": conversations.on_message,
        "postback": conversations.on_postback,
        "unsend": conversations.on_unsend,
    }
    | dict.fromkeys(
        (
            *("join", "leave", "memberJoined", "memberLeft", "messageEdited", "videoPlayComplete", "beacon"),
            *("accountLink", "delivery", "membership", "module", "activated", "deactivated"),
            *("botSuspended", "botResumed", "things"),
        ),
        places.on_nothing,
    )
)
SPOKEN = frozenset({"message", "postback"})
TAG_SOURCES = {ChatSource.KEYWORD_RULE: TagSource.KEYWORD_RULE, ChatSource.GREETING: TagSource.GREETING}


def handle(runtime: Runtime, stored: Sequence[StoredEvent], *, lease: timedelta = inbox.LEASE) -> list[DueAnswer]:
    """Handle events that nobody handled yet; returns what is to be said now, leased to the caller for so long.

    Handlers touch nothing but the transaction, so a batch that fails is rolled back and its
    events are handled one by one: the failing one alone is put back.
    """
    try:
        return _handle_together(runtime, stored, lease)
    except auto_replies.OutdatedError:
        runtime.answers.refresh(runtime.db)
        return handle(runtime, stored, lease=lease)
    except Exception as error:
        if len(stored) > 1:
            return [answer for event in stored for answer in handle(runtime, [event], lease=lease)]
        [event] = stored
        logger.exception("event %s could not be handled", event.id)
        metrics.events_reached("put_back")
        with runtime.db.begin() as session:
            inbox.put_back(session, event.id, attempts=event.attempts, error=type(error).__name__, now=runtime.now())
        return []


def _handle_together(runtime: Runtime, stored: Sequence[StoredEvent], lease: timedelta) -> list[DueAnswer]:
    now = runtime.now()
    answers = runtime.answers.known(runtime.db)
    batch, play = Batch(), play_at(runtime.settings, now=now)
    with runtime.db.begin() as session:
        auto_replies.check(session, answers)
        claimed = inbox.claim_for_handling(session, [event.id for event in stored])
        mine = {event.id: event for event in stored if event.id in claimed}
        events = _parse_all(list(mine.values()), batch)
        people = _lock_friends(session, events, now)
        leaves = _leaves_groups(session) if any(event.place for event in events) else False
        if answers.has_quizzes and any(event.type in SPOKEN for event in events):
            plays.expect(session, list(people.values()), answers)
        plays.expect_draws(session, events)
        for event in events:
            friend = people.get(event.line_user_id) if event.line_user_id else None
            said_by = auto_replies.SILENT if event.is_standby else answers
            _take_turn(Turn(session, event, friend, said_by, batch, play, leaves))
        _write(session, batch, now, lease)
    metrics.events_reached("not_understood", len(batch.not_understood))
    metrics.events_reached("handled", len(mine) - len(batch.not_understood))
    return [
        DueAnswer(event_id, kind, content, mine[event_id].payload, mine[event_id].received_at, 0)
        for event_id, (kind, content) in batch.answers.items()
    ]


def _parse_all(stored: Sequence[StoredEvent], batch: Batch) -> list[Event]:
    events = []
    for one in stored:
        try:
            event = parse(one)
        except NotUnderstoodError:
            batch.not_understood.append(one.id)
            continue
        if event.type in HANDLERS:
            events.append(event)
        else:
            batch.not_understood.append(one.id)
    return sorted(events, key=lambda event: event.id)


def _lock_friends(session: Session, events: Sequence[Event], now: datetime) -> dict[str, Friend]:
    wanted = {event.line_user_id for event in events if event.line_user_id}
    return friends.lock(session, wanted, now=now) if wanted else {}


def _leaves_groups(session: Session) -> bool:
    return session.get_one(Account, 1).group_policy is GroupPolicy.LEAVE


def _take_turn(turn: Turn) -> None:
    handler = places.on_place_event if turn.event.place else HANDLERS[turn.event.type]
    said = handler(turn)
    if said is not None and turn.friend is not None:
        _note_answer(turn, said, turn.friend)


def _note_answer(turn: Turn, said: Said, friend: Friend) -> None:
    event, batch = turn.event, turn.batch
    if said.source is ChatSource.KEYWORD_RULE and said.source_id is not None:
        batch.hits[said.source_id] = batch.hits.get(said.source_id, 0) + 1
        pair = (said.source_id, friend.id)
        batch.hit_by[pair] = max(event.at, batch.hit_by.get(pair, event.at))
    if said.tag_ids:
        source = TAG_SOURCES[said.source]
        tags.put(turn.session, [friend.id], said.tag_ids, source=source, source_id=said.source_id, now=turn.now)
    if said.messages and event.reply_token:
        batch.answers[event.id] = (AnswerKind.REPLY, said.messages)
        batch.chat_lines.append(
            chats.from_account(
                friend.id,
                said.messages,
                source=said.source,
                source_id=said.source_id,
                event_id=event.id,
                said_at=turn.now,
            )
        )


def _write(session: Session, batch: Batch, now: datetime, lease: timedelta) -> None:
    if batch.follows:
        tracked_links.explain_follows(session, batch.follows, now=now)
        invitations.count_follows(session, batch.follows, now=now)
    plays.settle(session, now)
    session.flush()
    chats.write(session, batch.chat_lines)
    inbox.write_answers(session, batch.answers, leased_until=now + lease)
    inbox.mark_not_understood(session, batch.not_understood)
    auto_replies.count_hits(session, batch.hits, now=now)
    auto_replies.note_hits(session, batch.hit_by)
