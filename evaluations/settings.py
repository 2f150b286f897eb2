"""Settings: read from the environment once, passed down as a value from there on.

`load_settings` returns `Settings`; every variable is `LONGSSM_` and the field's name in capitals.
Nothing else in this room looks at the environment.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url

from evaluations.wording import Language


def _language_of_this_machine() -> Language:
    """English where the locale says so; Japanese otherwise."""
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(variable):
            return "en" if value.lower().startswith("en") else "ja"
    return "ja"


class Settings(BaseSettings):
    """Where data live and how much of the machine workers may use."""

    model_config = SettingsConfigDict(env_prefix="LONGSSM_", frozen=True, extra="ignore")

    data_dir: Path = Field(default=Path("data"), validate_default=True)
    """Folder of the database file, the stored documents and the worker's log."""
    database_url: str = ""
    """Where the rows live; empty: a SQLite file in the data folder."""
    worker_processes: int | None = Field(default=None, ge=1)
    """Processes that score at the same time; unset: as many as processors and memory allow."""
    lease_seconds: float = Field(default=30.0, gt=0)
    """How long a task stays with a worker that has gone silent."""
    poll_seconds: float = Field(default=0.4, gt=0)
    """How often an idle worker looks for a task."""
    loaded_models: int = Field(default=4, ge=1)
    """Checkpoints that one worker process keeps in memory."""
    device: str | None = None
    """Where models compute, such as cpu or cuda; unset: the best one there is."""
    language: Language = Field(default_factory=_language_of_this_machine)
    """Language of commands: ja or en; unset: English where the locale says so, else Japanese."""

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, folder: Path) -> Path:
        return folder.expanduser().resolve()  # a detached worker has another working directory

    @field_validator("database_url")
    @classmethod
    def _with_driver(cls, url: str) -> str:
        for scheme in ("postgres://", "postgresql://"):
            if url.startswith(scheme):
                return "postgresql+psycopg://" + url.removeprefix(scheme)
        return url

    @property
    def url(self) -> str:
        """The database's address, as SQLAlchemy reads it."""
        return self.database_url or f"sqlite:///{self.data_dir / 'longssm.sqlite3'}"

    @property
    def files_dir(self) -> Path:
        """Folder of the content-addressed files."""
        return self.data_dir / "files"

    @property
    def worker_log(self) -> Path:
        """What the worker processes of this database print."""
        return self.data_dir / f"worker-{self._database_mark}.log"

    @property
    def worker_lock(self) -> Path:
        """Held by the one supervisor that this machine runs for this database."""
        return self.data_dir / f"worker-{self._database_mark}.lock"

    @property
    def _database_mark(self) -> str:
        url = make_url(self.url).set(password=None)
        return hashlib.sha256(url.render_as_string().encode()).hexdigest()[:12]

    def environment(self) -> dict[str, str]:
        """The variables that give another process these settings."""
        values = self.model_dump(mode="json", exclude_none=True)
        return {f"LONGSSM_{name.upper()}": str(value) for name, value in values.items()}


def load_settings(**changed: Any) -> Settings:
    """Settings of this process: the environment, with `changed` fields on top."""
    return Settings(**{name: value for name, value in changed.items() if value is not None})
