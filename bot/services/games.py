"""Games of chance as staff and other systems keep them: made, changed, deleted, copied."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete as delete_from
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.errors import ConflictError, FieldFault, InvalidInputError, NotFoundError
from bot.rules.game_contents import GameContent, PrizeContent, check_game
from bot.rules.games import MILLION, parts_of, percent_of
from bot.services import audit, auto_replies, game_prizes, usages
from bot.services.audit import Actor
from bot.services.game_prizes import live_prizes
from bot.services.message_faults import faults_of_keywords, faults_of_messages
from bot.services.public_codes import make_code
from models import Game

__all__ = [
    "MILLION",
    "GameContent",
    "PrizeContent",
    "change",
    "content_of",
    "copy",
    "create",
    "delete",
    "find_game",
    "get_game",
    "list_games",
    "live_prizes",
    "page",
    "parts_of",
    "percent_of",
    "toggle",
]

CODE_LENGTH = 8
BIGGEST_ID = 2**31 - 1
MOST_INVITATIONS = 4  # the button to play is the fifth message
COLUMNS = tuple(name for name in GameContent.__dataclass_fields__ if name != "prizes")


def list_games(session: Session) -> list[Game]:
    """Return every game that staff did not delete, newest first."""
    return list(session.scalars(select(Game).where(Game.archived_at.is_(None)).order_by(Game.id.desc())))


def page(session: Session, *, limit: int, after: int = 0) -> list[Game]:
    """Return up to `limit` games whose id is greater than `after`, oldest first."""
    query = select(Game).where(Game.id > after, Game.archived_at.is_(None))
    return list(session.scalars(query.order_by(Game.id).limit(limit)))


def get_game(session: Session, game_id: int, *, will_change: bool = False) -> Game:
    """Return a game; with `will_change` nobody draws before this transaction ends. Raises NotFoundError."""
    query = select(Game).where(Game.id == game_id, Game.archived_at.is_(None))
    if will_change:
        query = query.with_for_update().execution_options(populate_existing=True)
    game = session.scalar(query) if 0 < game_id <= BIGGEST_ID else None
    if game is None:
        raise NotFoundError("找不到這個遊戲。")
    return game


def find_game(session: Session, code: str) -> Game | None:
    """Return the game with this code, None for one that staff deleted."""
    return session.scalar(select(Game).where(Game.code == code, Game.archived_at.is_(None)))


def content_of(game: Game) -> GameContent:
    """Return what was chosen for a game."""
    prizes = [game_prizes.content_of(prize) for prize in live_prizes(game)]
    return GameContent(**{name: getattr(game, name) for name in COLUMNS}, prizes=prizes)


def create(session: Session, content: GameContent, *, by: Actor, now: datetime) -> Game:
    """Make a game. Raises InvalidInputError with each fault at its field."""
    content = _checked(session, content, None, by=by, now=now)
    code = make_code(CODE_LENGTH)
    game = Game(code=code, **_columns(content), created_at=now, updated_at=now)
    session.add(game)
    session.flush()
    game_prizes.store(session, game, content.prizes, now=now)
    audit.record(session, by, "create", "game", game.id, now=now, changes=audit.changed({}, _for_audit(content)))
    auto_replies.touch(session)
    return game


def change(session: Session, game_id: int, changes: Mapping[str, Any], *, by: Actor, now: datetime) -> Game:
    """Change the fields of GameContent that are named; a prize that is left out ends. Raises as `create` does.

    Draws of the past keep the odds of their moment. Stock never falls below what was given.
    """
    game = get_game(session, game_id, will_change=True)
    before = content_of(game)
    if "prizes" in changes:
        changes = {**changes, "prizes": game_prizes.recognised(changes["prizes"], game)}
    after = _checked(session, replace(before, **changes), game, by=by, now=now)
    differences = audit.changed(_for_audit(before), _for_audit(after))
    if differences:
        for name, value in _columns(after).items():
            setattr(game, name, value)
        game.updated_at = now
        game_prizes.store(session, game, after.prizes, now=now)
        audit.record(session, by, "update", "game", game_id, now=now, changes=differences)
        auto_replies.touch(session)
    return game


def toggle(session: Session, game_id: int, *, by: Actor, now: datetime) -> Game:
    """Switch a game on or off. Raises NotFoundError."""
    game = get_game(session, game_id, will_change=True)
    game.enabled = not game.enabled
    game.updated_at = now
    changes = {"enabled": [not game.enabled, game.enabled]}
    audit.record(session, by, "update", "game", game_id, now=now, changes=changes)
    auto_replies.touch(session)
    session.flush()
    return game


def copy(session: Session, game_id: int, *, name: str, by: Actor, now: datetime) -> Game:
    """Make another game like this one, switched off, with full stock and nothing given. Raises NotFoundError."""
    content = content_of(get_game(session, game_id))
    prizes = [replace(prize, id=None) for prize in content.prizes]
    return create(session, replace(content, name=name, prizes=prizes, enabled=False), by=by, now=now)


def delete(session: Session, game_id: int, *, by: Actor, now: datetime) -> None:
    """Take a game away; once somebody has drawn, its draws are kept.

    Raises NotFoundError, and ConflictError that names what leads to it.
    """
    game = get_game(session, game_id, will_change=True)
    users = usages.users_of_game(session, game_id)
    if users:
        raise ConflictError("這個遊戲還在使用中：%(users)s。請先從那裡移除。", users="、".join(users))
    changes = {name: [value, None] for name, value in _for_audit(content_of(game)).items()}
    audit.record(session, by, "delete", "game", game_id, now=now, changes=changes)
    auto_replies.touch(session)
    if game_prizes.has_draws(session, game_id):
        game.archived_at, game.enabled = now, False
        session.flush()
    else:
        session.execute(delete_from(Game).where(Game.id == game_id))


def _checked(session: Session, content: GameContent, game: Game | None, *, by: Actor, now: datetime) -> GameContent:
    """Return the content as it is kept. Raises InvalidInputError."""
    content = replace(
        content,
        name=" ".join(content.name.split()),
        terms=content.terms.replace("\r\n", "\n").strip(),
        start_keywords=[{"text": one["text"], "match": one.get("match", "exact")} for one in content.start_keywords],
        invitation=list(content.invitation),
        no_prize=list(content.no_prize),
        prizes=[game_prizes.tidied(prize) for prize in content.prizes],
    )
    faults = [
        *check_game(content),
        *faults_of_keywords(content.start_keywords, root="start_keywords", may_be_empty=True),
        *faults_of_messages(content.invitation, root="invitation", may_be_empty=True),
        *faults_of_messages(content.no_prize, root="no_prize", may_be_empty=True),
        *game_prizes.faults_of(content.prizes, game),
    ]
    if len(content.invitation) > MOST_INVITATIONS:
        faults.append(
            FieldFault("invitation", "最多 %(most)s 則，最後會附上開始的按鈕。", (("most", MOST_INVITATIONS),))
        )
    if faults:
        raise InvalidInputError(faults)
    return replace(content, prizes=game_prizes.with_tags(session, content.prizes, by=by, now=now))


def _columns(content: GameContent) -> dict[str, Any]:
    return {name: getattr(content, name) for name in COLUMNS}


def _for_audit(content: GameContent) -> dict[str, Any]:
    return {name: _plain(value) for name, value in asdict(content).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value
