"""Who uses the admin."""

import enum
from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import NEVER_AGAIN, Base, text_enum


class Role(enum.StrEnum):
    """What somebody may do, from most to least."""

    OWNER = "owner"
    MARKETER = "marketer"
    VIEWER = "viewer"


class Staff(Base):
    """One person of the brand with a login."""

    __tablename__ = "staff"
    __table_args__ = NEVER_AGAIN

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    role: Mapped[Role] = mapped_column(text_enum(Role))
    language: Mapped[str | None]
    failed_logins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    last_login_at: Mapped[datetime | None]


class StaffSession(Base):
    """One login in one browser; the cookie holds the token, the table only its hash."""

    __tablename__ = "staff_session"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    address: Mapped[str | None]
    browser: Mapped[str | None]

    staff: Mapped[Staff] = relationship(lazy="joined", innerjoin=True)
