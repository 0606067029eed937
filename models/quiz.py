"""Quizzes and surveys, and what friends answered."""

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import NEVER_AGAIN, Base, BigId, text_enum


class Quiz(Base):
    """A quiz or survey as staff keep it; its questions and results stand in the newest version."""

    __tablename__ = "quiz"
    __table_args__ = NEVER_AGAIN

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)  # in the address of its page and in the data of its start button
    name: Mapped[str]
    start_keywords: Mapped[list[Any]] = mapped_column(default=list)  # [{"text": …, "match": …}] as in keyword rules
    starts_on_follow: Mapped[bool] = mapped_column(default=False)
    attempts_per_friend: Mapped[int | None]  # None: as often as they like
    attempts_per_day: Mapped[int | None]
    active_from: Mapped[datetime | None]
    active_until: Mapped[datetime | None]
    enabled: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)  # number of the newest version
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]  # deleted by staff; its answers are kept


class QuizVersion(Base):
    """The questions and results of a quiz as they were at one time; attempts finish on theirs."""

    __tablename__ = "quiz_version"
    __table_args__ = (UniqueConstraint("quiz_id", "number"), NEVER_AGAIN)

    id: Mapped[int] = mapped_column(primary_key=True)
    quiz_id: Mapped[int] = mapped_column(ForeignKey("quiz.id", ondelete="CASCADE"))
    number: Mapped[int]
    questions: Mapped[list[Any]]
    results: Mapped[list[Any]]
    ending: Mapped[dict[str, Any]] = mapped_column(default=dict)  # how a result is chosen, what is said without one
    created_at: Mapped[datetime]


class AttemptState(enum.StrEnum):
    """How far a friend has come."""

    RUNNING = "running"
    FINISHED = "finished"
    ENDED = "ended"  # the quiz ended, or was begun anew, before the last answer


class PlayedIn(enum.StrEnum):
    """Where somebody plays."""

    CHAT = "chat"
    PAGE = "page"
    API = "api"  # the brand's own system plays for a friend, at the till for example


class QuizAttempt(Base):
    """One friend playing a quiz once."""

    __tablename__ = "quiz_attempt"
    __table_args__ = (
        UniqueConstraint("quiz_id", "friend_id", "number"),
        Index(
            "uq_quiz_attempt_running",
            "friend_id",
            "quiz_id",
            unique=True,
            postgresql_where=text("state = 'running'"),
            sqlite_where=text("state = 'running'"),
        ),
        Index("ix_quiz_attempt_quiz_id_result_key_friend_id", "quiz_id", "result_key", "friend_id"),
        Index("ix_quiz_attempt_quiz_id_started_at", "quiz_id", "started_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    quiz_id: Mapped[int] = mapped_column(ForeignKey("quiz.id", ondelete="CASCADE"))
    version_id: Mapped[int] = mapped_column(ForeignKey("quiz_version.id"))
    friend_id: Mapped[int] = mapped_column(BigId, ForeignKey("friend.id", ondelete="CASCADE"), index=True)
    number: Mapped[int]  # 1 for the first time this friend plays it
    on: Mapped[date]  # the day it began, in the account's time zone
    key: Mapped[str] = mapped_column(unique=True)  # random; what its postbacks are bound by
    state: Mapped[AttemptState] = mapped_column(text_enum(AttemptState), default=AttemptState.RUNNING)
    place: Mapped[PlayedIn] = mapped_column(text_enum(PlayedIn))  # where the last answer was given
    question_key: Mapped[str | None]  # the open question; None once it is over
    step: Mapped[int] = mapped_column(default=0)  # rises with every answer
    chosen: Mapped[list[Any]] = mapped_column(default=list)  # keys tapped so far where several can be chosen
    asked_at: Mapped[datetime]  # when the open question was last shown
    score: Mapped[int] = mapped_column(default=0)
    result_key: Mapped[str | None]
    started_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]  # newest answer
    finished_at: Mapped[datetime | None]

    quiz: Mapped[Quiz] = relationship()
    version: Mapped[QuizVersion] = relationship()

    # no answer is written to a step that another one took
    __mapper_args__ = {"version_id_col": step, "version_id_generator": False}  # noqa: RUF012 SQLAlchemy reads it


class QuizAnswer(Base):
    """One answer; several choices are several rows. A skipped question is a row without choice and value."""

    __tablename__ = "quiz_answer"
    __table_args__ = (
        Index(
            "ix_quiz_answer_choice",
            *("quiz_id", "question_key", "choice_key", "friend_id"),
        ),
    )

    attempt_id: Mapped[int] = mapped_column(BigId, ForeignKey("quiz_attempt.id", ondelete="CASCADE"), primary_key=True)
    question_key: Mapped[str] = mapped_column(primary_key=True)
    choice_key: Mapped[str] = mapped_column(primary_key=True)  # empty where nothing was to choose
    quiz_id: Mapped[int]
    friend_id: Mapped[int] = mapped_column(BigId, ForeignKey("friend.id", ondelete="CASCADE"), index=True)
    step: Mapped[int]
    value: Mapped[str | None]  # text, number, ISO date, phone in E.164, or LINE's message id of a picture
    score: Mapped[int] = mapped_column(default=0)
    answered_at: Mapped[datetime]
