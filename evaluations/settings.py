"""Settings: read from the environment once, passed down as a value from there on.

`load_settings` returns `Settings`; every variable is `LONGSSM_` and the field's name in capitals.
`spoken_language` is the language alone, for a sentence about settings that cannot be used. Nothing
else in this room looks at the environment.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from evaluations.documents.limits import USUAL, Limits
from evaluations.documents.readers import LARGEST_TEXT
from evaluations.errors import RefusedOption
from evaluations.records import MOST_ROWS
from evaluations.wording import LANGUAGES, Language

IN_MEMORY = "settings.database_in_memory"
SQLITE, POSTGRESQL = {"sqlite", "sqlite+pysqlite"}, "postgresql+psycopg"
SHOWN_OF_A_SECRET = 3  # characters
LONGEST_SHOWN = 60  # characters of a value that is refused
# object stores, where a file appears whole or not at all; through fsspec
OBJECT_STORES = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "az"})


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
    files: str = ""
    """Where stored files live: a folder, or an object store such as s3://bucket/prefix; empty: the
    data folder."""
    files_cache_bytes: int = Field(default=20 << 30, ge=1 << 20)
    """How much of an object store this machine keeps in its data folder."""
    worker_processes: int | None = Field(default=None, ge=1)
    """Processes that score at the same time; unset: as many as processors and memory allow."""
    lease_seconds: float = Field(default=30.0, gt=0, le=86_400)
    """How long a task stays with a worker that has gone silent."""
    reader_memory_mb: int = Field(default=USUAL.memory_mb, ge=256, le=1_000_000)
    """Memory of the process that reads one file, on top of what starting it takes."""
    reader_scratch_mb: int = Field(default=USUAL.scratch_mb, ge=16, le=1_000_000)
    """Disk that reading one file may take, unless it is so large that its own text needs more."""
    reader_seconds: int = Field(default=USUAL.seconds, ge=1, le=3_600)
    """Time of a processor that reading a file may take, for each 100 MB begun."""
    poll_seconds: float = Field(default=0.4, gt=0, le=3_600)
    """How often an idle worker looks for a task."""
    loaded_models: int = Field(default=4, ge=1)
    """Checkpoints that one worker process keeps in memory."""
    device: str | None = Field(default=None, pattern=r"^(cpu|(cuda|mps)(:[0-9]{1,3})?)$")
    """Where models compute, such as cpu or cuda; unset: the best one there is."""
    rows: int = Field(default=1, ge=1, le=MOST_ROWS)
    """Documents that a new evaluation reads side by side; more is faster on accelerators alone."""
    largest_text: int = Field(default=LARGEST_TEXT, ge=1024 * 1024)
    """Bytes that an uploaded plain text may have; other formats are read whole and have less."""
    reuse_losses: bool = True
    """Whether losses that were computed before are taken over; false: all is computed anew."""
    notify: str = ""
    """Addresses to write to when something long has ended, separated by spaces; empty: none."""
    notify_after_seconds: float = Field(default=60.0, ge=0, le=31_536_000)
    """What ends sooner is only shown in the app."""
    public_url: str = Field(default="", pattern=r"^(https?://[^\s]+)?$")
    """Where the pages are for those who get a message; empty: it has no link."""

    start_worker: bool = True
    """Whether the app starts a worker of its own; false: workers are services beside it."""
    behind_proxy: bool = False
    """Whether the app may be reached from outside: something before it asks who people are."""
    metrics: bool = False
    """Whether the app answers at /api/metrics, to whoever reaches it."""
    log_format: Literal["text", "json"] = "text"
    """How log lines are written: text, or json, one object a line."""
    log_tracebacks: bool = False
    """Whether logs hold tracebacks and messages of errors, which may hold words of documents."""
    language: Language = Field(default_factory=_language_of_this_machine)
    """Language of commands: ja or en; unset: English where the locale says so, else Japanese."""

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, folder: Path) -> Path:
        try:
            folder = folder.expanduser().resolve()  # a detached worker starts somewhere else
            str(folder).encode()  # the worker's lock is named by it
            return folder
        except RuntimeError as error:  # nobody of that name has a home
            raise ValueError(str(error)) from error

    @field_validator("database_url")
    @classmethod
    def _file_or_server(cls, url: str) -> str:
        """The address with its driver, and of a file the whole path; empty stays empty."""
        for scheme in ("postgres://", "postgresql://"):
            if url.startswith(scheme):
                url = f"{POSTGRESQL}://{url.removeprefix(scheme)}"
        if not url:
            return url
        url.encode()  # the worker's lock is named by it
        try:
            found = make_url(url)
        except ArgumentError as error:
            raise ValueError(str(error)) from error
        if found.drivername in SQLITE:
            return _file_url(found)
        if found.drivername != POSTGRESQL:
            raise ValueError(f"no database of kind {found.drivername}")
        return url

    @field_validator("notify")
    @classmethod
    def _only_addresses(cls, addresses: str) -> str:
        for one in addresses.split():
            if not re.match(r"[a-z0-9]+://.", one, re.IGNORECASE):
                raise ValueError("no address such as mailtos://...")
        return addresses

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where messages go."""
        return tuple(self.notify.split())

    @field_validator("files")
    @classmethod
    def _folder_or_object_store(cls, place: str) -> str:
        """The address of an object store, or the whole path of a folder; empty stays empty."""
        place.encode()
        scheme, is_url, rest = place.partition("://")
        if is_url and scheme == "file":
            place, is_url = rest, ""
        if not is_url:
            return str(Path(place).expanduser().resolve()) if place else ""
        if scheme not in OBJECT_STORES or not rest.strip("/"):
            raise ValueError(f"no object store of kind {scheme}")
        if "@" in rest.partition("/")[0] and scheme != "abfs":
            raise ValueError("a password belongs into the environment of the store's own library")
        return place.rstrip("/")

    @property
    def reader_limits(self) -> Limits:
        """What a process that reads a file may use."""
        return Limits(self.reader_memory_mb, self.reader_scratch_mb, self.reader_seconds)

    @property
    def url(self) -> str:
        """The database's address, as SQLAlchemy reads it."""
        file = URL.create("sqlite", database=str(self.data_dir / "longssm.sqlite3"))
        return self.database_url or file.render_as_string()  # quoted: a folder may hold ? or %

    @property
    def files_dir(self) -> Path:
        """Folder of the content-addressed files; of an object store, those that are here."""
        if self.object_store is not None:
            return self.data_dir / "files-cache"
        return Path(self.files) if self.files else self.data_dir / "files"

    @property
    def object_store(self) -> str | None:
        """Address of the object store that holds the files; None: a folder does."""
        return self.files if "://" in self.files else None

    @property
    def worker_log(self) -> Path:
        """What the worker processes of this database print."""
        return self.data_dir / f"worker-{self._database_mark}.log"

    @property
    def worker_lock(self) -> Path:
        """Held by the one supervisor that this machine runs for this database."""
        return self.data_dir / f"worker-{self._database_mark}.lock"

    @property
    def worker_stop(self) -> Path:
        """A file that asks that supervisor to stop: it needs no number of a process, which another
        machine or container that has the folder would not know."""
        return self.data_dir / f"worker-{self._database_mark}.stop"

    @property
    def readings(self) -> Path:
        """Notes of what readings on this machine store for this database, see `unlisted`."""
        return self.data_dir / f"readings-{self._database_mark}"

    @property
    def _database_mark(self) -> str:
        url = make_url(self.url).set(password=None)
        return hashlib.sha256(url.render_as_string().encode()).hexdigest()[:12]

    def environment(self) -> dict[str, str]:
        """The variables that give another process these settings."""
        values = self.model_dump(mode="json", exclude_none=True)
        return {f"LONGSSM_{name.upper()}": str(value) for name, value in values.items()}


def load_settings(**changed: Any) -> Settings:
    """Settings of this process: the environment, with `changed` fields on top.

    Raises:
        RefusedOption: a value that cannot be used.
    """
    try:
        return Settings(**{name: value for name, value in changed.items() if value is not None})
    except ValidationError as error:
        raise _refused(error) from error


def spoken_language() -> Language:
    """The language of the settings, also where the other settings cannot be used."""
    asked = os.environ.get("LONGSSM_LANGUAGE")
    return next((known for known in LANGUAGES if known == asked), _language_of_this_machine())


def _refused(error: ValidationError) -> RefusedOption:
    """The sentence about the first value that cannot be used; a password in it is not shown."""
    first = error.errors(include_url=False)[0]
    name = str(first["loc"][0])
    key = IN_MEMORY if first["type"] == IN_MEMORY else f"settings.{name}"
    found = re.sub(r"://.*@", "://***@", str(first["input"]))
    if name == "notify":  # a webhook is a secret as a whole, wherever its address is wrong
        found = re.sub(r"\S+", lambda one: f"{one[0][:SHOWN_OF_A_SECRET]}***", str(first["input"]))
    return RefusedOption(key, found=found[:LONGEST_SHOWN])


def _file_url(url: URL) -> str:
    """The address of a SQLite file, the same from every working directory."""
    if url.database == ":memory:" or "mode" in url.query:
        raise PydanticCustomError(IN_MEMORY, "every process would have a database of its own")
    if not url.database or url.database.startswith("file:") or url.host:
        raise ValueError("no file is named")
    return url.set(database=os.path.abspath(url.database)).render_as_string(hide_password=False)
