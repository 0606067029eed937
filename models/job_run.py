"""When each timed job last ran."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class JobRun(Base):
    """The newest run of one job, by any jobs process."""

    __tablename__ = "job_run"

    name: Mapped[str] = mapped_column(primary_key=True)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    error: Mapped[str | None]
