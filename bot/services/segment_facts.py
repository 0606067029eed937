"""What is known of one friend, as far as conditions ask for it."""

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from bot.rules.segments import Answer, Condition, Facts, Finish, Wearing, references_of
from bot.services.segment_leaves import says_something
from models import Friend, FriendState, FriendTag, KeywordHit, QuizAnswer, QuizAttempt, TrackedLink, UploadedListMember


def facts_of(session: Session, friend: Friend, conditions: Condition) -> Facts:
    """Return what these conditions ask of a friend, one query for each kind of it."""
    asked = references_of(conditions)
    source = None
    if asked.links and friend.tracked_link_id is not None:
        source = session.scalar(select(TrackedLink.code).where(TrackedLink.id == friend.tracked_link_id))
    return Facts(
        friend_id=friend.id,
        is_following=friend.state is FriendState.FOLLOWING,
        followed_at=friend.followed_at,
        source=source,
        attributes=friend.attributes,
        tags=_tags(session, friend.id, asked.tags),
        finishes=_finishes(session, friend.id, asked.quizzes),
        answers=_answers(session, friend.id, asked.quizzes),
        keywords=_keywords(session, friend.id, asked.rules),
        uploads=_uploads(session, friend.id, asked.uploads),
    )


def _tags(session: Session, friend_id: int, tags: frozenset[int | str]) -> tuple[Wearing, ...]:
    if not tags:
        return ()
    columns = (FriendTag.tag_id, FriendTag.tagged_at, FriendTag.expires_at)
    rows = session.execute(select(*columns).where(FriendTag.friend_id == friend_id, FriendTag.tag_id.in_(tags)))
    return tuple(Wearing(*row) for row in rows)


def _finishes(session: Session, friend_id: int, quizzes: frozenset[int]) -> tuple[Finish, ...]:
    if not quizzes:
        return ()
    ended = or_(QuizAttempt.finished_at.is_not(None), QuizAttempt.result_key.is_not(None))
    columns = (QuizAttempt.quiz_id, QuizAttempt.result_key, QuizAttempt.finished_at)
    query = select(*columns).where(QuizAttempt.friend_id == friend_id, QuizAttempt.quiz_id.in_(quizzes), ended)
    return tuple(Finish(*row) for row in session.execute(query.order_by(QuizAttempt.id)))


def _answers(session: Session, friend_id: int, quizzes: frozenset[int]) -> tuple[Answer, ...]:
    if not quizzes:
        return ()
    columns = (QuizAnswer.quiz_id, QuizAnswer.question_key, QuizAnswer.choice_key, QuizAnswer.answered_at)
    mine = (QuizAnswer.friend_id == friend_id, QuizAnswer.quiz_id.in_(quizzes), says_something(QuizAnswer))
    query = select(*columns).where(*mine)
    return tuple(Answer(*row) for row in session.execute(query.order_by(QuizAnswer.answered_at)))


def _keywords(session: Session, friend_id: int, rules: frozenset[int]) -> dict[int, datetime]:
    if not rules:
        return {}
    query = select(KeywordHit.keyword_rule_id, KeywordHit.last_at)
    rows = session.execute(query.where(KeywordHit.friend_id == friend_id, KeywordHit.keyword_rule_id.in_(rules)))
    return dict(rows.all())


def _uploads(session: Session, friend_id: int, uploads: frozenset[int]) -> frozenset[int]:
    if not uploads:
        return frozenset()
    member = UploadedListMember
    query = select(member.uploaded_list_id).where(member.friend_id == friend_id, member.uploaded_list_id.in_(uploads))
    return frozenset(session.scalars(query))
