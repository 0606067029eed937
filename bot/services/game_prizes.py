"""The prizes of a game: checked, kept, taken out. What was given once stays known."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.errors import FieldFault
from bot.rules.game_contents import PrizeContent
from bot.services import tags
from bot.services.audit import Actor
from bot.services.message_faults import faults_of_messages
from bot.services.rewards import faults_of_reward
from models import Draw, Game, Prize

COLUMNS = tuple(name for name in PrizeContent.__dataclass_fields__ if name != "id")


def live_prizes(game: Game) -> list[Prize]:
    """Return the prizes that can still be won, in the order of the wheel."""
    return [prize for prize in game.prizes if prize.retired_at is None]


def content_of(prize: Prize) -> PrizeContent:
    """Return what was chosen for a prize."""
    return PrizeContent(id=prize.id, **{name: getattr(prize, name) for name in COLUMNS})


def tidied(prize: PrizeContent) -> PrizeContent:
    """Return a prize as it is kept."""
    return replace(
        prize,
        name=" ".join(prize.name.split()),
        colour=prize.colour or None,
        picture_url=(prize.picture_url or "").strip() or None,
        messages=list(prize.messages),
        tags=list(prize.tags),
        reward=dict(prize.reward) if prize.reward else None,
    )


def recognised(prizes: Sequence[PrizeContent], game: Game) -> list[PrizeContent]:
    """Return the prizes with the id of the game's own prize of that name where none is given.

    Whoever sends the whole list again without ids means the same prizes: what was given of them stays counted.
    """
    named = {prize.id for prize in prizes}
    free = [prize for prize in live_prizes(game) if prize.id not in named]
    found = []
    for prize in prizes:
        row = next((one for one in free if one.name == tidied(prize).name), None) if prize.id is None else None
        if row is not None:
            free.remove(row)
        found.append(prize if row is None else replace(prize, id=row.id))
    return found


def faults_of(prizes: Sequence[PrizeContent], game: Game | None) -> list[FieldFault]:
    """Return what is wrong with messages and rewards, with ids that are not the game's, and with too little stock."""
    return [fault for at, prize in enumerate(prizes) for fault in _faults(f"prizes[{at}]", prize)] + list(
        _faults_of_ids(prizes, {prize.id: prize for prize in live_prizes(game)} if game else {})
    )


def _faults(place: str, prize: PrizeContent) -> Iterator[FieldFault]:
    for fault in faults_of_messages(prize.messages, root="messages", may_be_empty=True):
        yield replace(fault, field=f"{place}.{fault.field}")
    if prize.reward is not None:
        yield from faults_of_reward(prize.reward, root=f"{place}.reward")


def _faults_of_ids(prizes: Sequence[PrizeContent], known: dict[int, Prize]) -> Iterator[FieldFault]:
    seen: set[int] = set()
    for at, prize in enumerate(prizes):
        if prize.id is None:
            continue
        row = known.get(prize.id)
        if row is None or prize.id in seen:
            yield FieldFault(f"prizes[{at}].id", "這個遊戲沒有編號 %(id)s 的獎項，或重複了。", (("id", prize.id),))
        elif prize.stock is not None and prize.stock < row.given:
            text = "已經送出 %(given)s 份，總數不能比這更少。"
            yield FieldFault(f"prizes[{at}].stock", text, (("given", row.given),))
        seen.add(prize.id)


def with_tags(session: Session, prizes: Sequence[PrizeContent], *, by: Actor, now: datetime) -> list[PrizeContent]:
    """Return prizes whose tags are ids; names that nobody used yet become tags. Raises InvalidInputError."""
    return [
        replace(prize, tags=tags.resolve(session, prize.tags, by=by, now=now, field=f"prizes[{at}].tags"))
        for at, prize in enumerate(prizes)
    ]


def store(session: Session, game: Game, prizes: Sequence[PrizeContent], *, now: datetime) -> None:
    """Let a game (locked by the caller) have these prizes in this order; others end, or go if nobody ever drew."""
    kept = {prize.id for prize in prizes}
    known = {prize.id: prize for prize in live_prizes(game)}
    was_drawn = has_draws(session, game.id)
    for prize_id, row in known.items():
        if prize_id in kept:
            continue
        if was_drawn:
            row.retired_at = now
        else:
            session.delete(row)
    for position, prize in enumerate(prizes):
        columns = {name: value for name, value in asdict(prize).items() if name != "id"}
        if prize.id is None:
            session.add(Prize(game_id=game.id, position=position, given=0, **columns))
            continue
        for name, value in (columns | {"position": position}).items():
            setattr(known[prize.id], name, value)
    session.flush()
    session.refresh(game, ["prizes"])


def has_draws(session: Session, game_id: int) -> bool:
    """Whether anybody ever drew."""
    return session.scalar(select(Draw.id).where(Draw.game_id == game_id).limit(1)) is not None
