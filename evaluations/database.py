"""The tables, and the one way to read and write them on SQLite and PostgreSQL.

`open_database(settings)` gives a `Database` whose schema is current: `with database.read()` and
`with database.write()` are one transaction each. A writer on SQLite takes the write lock when it
begins (BEGIN IMMEDIATE: a reader that upgrades would fail at once, whatever the timeout), and a
lock that is held elsewhere is waited for. Nothing is computed inside a write transaction.

Times are aware and come back in UTC; `now` is the database's clock where workers may sit on
several machines. Texts of plans and snapshots are stored as they were hashed, not as JSON columns
that would reorder them.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard
from urllib.parse import quote

from filelock import FileLock
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
    inspect,
    select,
    text,
    true,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import ExceptionContext
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.pool import NullPool
from sqlalchemy.sql import func
from sqlalchemy.types import TypeDecorator

from evaluations.errors import DatabaseTooNew, FilesAway
from evaluations.settings import Settings

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
HEAD = "0005"  # of them: a schema that is there already is recognised without loading Alembic
log = logging.getLogger("longssm.database")
BUSY_TIMEOUT = 30.0  # seconds that SQLite itself waits for a lock
LOCK_PATIENCE = 600.0  # seconds that a writer waits in all before it gives up
DEADLOCKS = 5  # times that a change of many rows is tried
GLANCE = 2.0  # seconds that somebody who only looks waits for an answer
_MIGRATION_LOCK = 0x10_55_5A_B0  # key of the PostgreSQL advisory lock


# SQLSTATEs that psycopg does not count as operational: the server ended a transaction in which
# nothing happened for too long; after a failover the server of this connection takes no writes
_DEADLOCK = "40P01"
_OUTAGE_STATES = frozenset({"25P03", "25006"})


class UtcDateTime(TypeDecorator[datetime]):
    """A point in time: naive values are refused, aware ones come back in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """What the driver gets: UTC, without its zone on SQLite, which has no such type."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive time {value!r}: which zone?")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """What was stored, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


JSON_VALUE = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
ROW_ID = BigInteger().with_variant(Integer(), "sqlite")  # SQLite numbers INTEGER keys only

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

documents = Table(
    "documents",
    metadata,
    Column("id", String(64), primary_key=True),  # SHA-256 of the stored text
    Column("name", Text, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("characters", BigInteger, nullable=False),
    Column("encoding", Text, nullable=False),
    Column("format", Text, nullable=False),
    Column("original_sha256", String(64), nullable=False),
    Column("group", Text),
    Column("columns", JSON_VALUE),  # to which a table was cut down; null: it is as it was
    Column("masked", JSON_VALUE, nullable=False, server_default="[]"),  # kinds of `masking`
    Column("original_kept", Boolean, nullable=False, server_default=true()),
    Column("added_at", UtcDateTime, nullable=False),
    Column("erased_at", UtcDateTime),  # its text is gone; the row stays, for old runs to name it
)

rules = Table(
    "rules",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", Text, nullable=False),
    Column("rule", Text, nullable=False),  # canonical JSON, exactly what rule_hash is over
    Column("rule_hash", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("locked_at", UtcDateTime),  # null: may still be changed
    Column("archived_at", UtcDateTime),
)

runs = Table(
    "runs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("plan", Text, nullable=False),  # canonical JSON, exactly what plan_hash is over
    Column("plan_hash", String(64), nullable=False),
    Column("documents_hash", String(64), nullable=False),  # over the sorted document ids
    Column("locked_at", UtcDateTime, nullable=False),
    Column("cancelled_at", UtcDateTime),
    Column("archived_at", UtcDateTime),
    Column("paused_at", UtcDateTime),  # none of its tasks is claimed; null: it goes on
    Column("priority", Integer, nullable=False, server_default="0"),  # level, see `tasks`
    Column("rule_id", ForeignKey("rules.id")),  # the rule that was locked before; null: its own
    Index(None, "plan_hash", "documents_hash"),
)

amendments = Table(
    "amendments",
    metadata,
    Column("run_id", ForeignKey("runs.id"), primary_key=True),
    Column("number", Integer, primary_key=True),  # from 1: none is taken back
    Column("amendment", Text, nullable=False),  # its record, with its hash
)

run_documents = Table(
    "run_documents",
    metadata,
    Column("run_id", ForeignKey("runs.id"), primary_key=True),
    Column("document_id", ForeignKey("documents.id"), primary_key=True, index=True),
    Column("order", Integer, nullable=False),
    Column("role", String(16), nullable=False),  # scored, calibration or too_short
    Column("document", Text, nullable=False),  # its record, as it was when the run was locked
    Column("targets", JSON_VALUE),  # DocumentTargets; null: too short
    Column("unigram", Float),  # bits per byte of the simple models, once they are known
    Column("order2", Float),
    Column("sketch", LargeBinary),  # uint64 hashes, to find near-copies
)

tasks = Table(
    "tasks",
    metadata,
    Column("id", ROW_ID, primary_key=True, autoincrement=True),
    Column("run_id", ForeignKey("runs.id")),  # null: a job of its own
    Column("kind", String(16), nullable=False),  # of `kinds`
    Column("document_id", ForeignKey("documents.id"), index=True),  # null: of no single document
    Column("arm", Text),
    Column("name", Text),  # what a person calls the job; null: the run's name says it
    Column("request", JSON_VALUE),  # what a job is to do; null: run, document and arm say it
    Column("result", JSON_VALUE),  # what a job gave
    Column("requested_at", UtcDateTime),
    Column("position", Integer, nullable=False),  # queue order inside the run
    Column("priority", Integer, nullable=False),  # higher runs first
    Column("state", String(16), nullable=False),  # queued, running, done, failed or cancelled
    Column("lease_owner", Text),
    Column("lease_until", UtcDateTime),
    Column("lease_token", Integer, nullable=False),  # fencing: grows with every claim
    Column("attempts", Integer, nullable=False),
    Column("deaths", Integer, nullable=False),  # workers lost since the last stored unit
    Column("next_unit", Integer, nullable=False),  # the first one that is not stored
    Column("units", Integer, nullable=False),
    Column("done_tokens", BigInteger, nullable=False),  # of a job: in units of its own
    Column("total_tokens", BigInteger, nullable=False),  # tokens read, not only those scored
    Column("device", Text),  # of the worker that had it last, in plain words
    Column("error_key", Text),
    Column("error_values", JSON_VALUE),
    Column("started_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    Index(None, "state", "priority", "position"),
    Index(None, "run_id", "state"),
)

states = Table(
    "states",
    metadata,
    Column("task_id", ForeignKey("tasks.id"), primary_key=True),
    Column("state", LargeBinary, nullable=False),  # ReadingState after the last stored unit
    Column("checksum", String(64), nullable=False),
)

losses = Table(
    "losses",
    metadata,
    Column("task_id", ForeignKey("tasks.id"), primary_key=True),
    Column("unit", Integer, primary_key=True),
    Column("context_length", Integer),  # effective context; null: the prefix
    Column("ranges", LargeBinary, nullable=False),  # int64 pairs (start, stop) of positions
    Column("nll", LargeBinary, nullable=False),  # float32 little-endian, in order of the ranges
    Column("read_tokens", BigInteger, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("peak_memory", BigInteger, nullable=False),  # bytes, of the whole process
    Column("worker", Text, nullable=False),  # the process that computed it
    Column("stored_at", UtcDateTime, nullable=False),
    Column("work_key", String(64), index=True),  # all that nll depends on; null: not to be reused
    Column("source", String(32)),  # run that computed it; null: the task's own
)

outputs = Table(
    "outputs",
    metadata,
    Column("task_id", ForeignKey("tasks.id"), primary_key=True),
    Column("item", Integer, primary_key=True),  # from 0, in the order of the task's request
    Column("run_id", ForeignKey("runs.id")),
    Column("document_id", ForeignKey("documents.id"), nullable=False, index=True),
    Column("arm", Text, nullable=False),
    Column("position", BigInteger, nullable=False),  # token offset of the first generated one
    Column("prompt_tokens", BigInteger, nullable=False),  # read before it, under the arm's policy
    Column("settings", JSON_VALUE, nullable=False),  # temperature, seed, stop, most tokens
    Column("generated", LargeBinary, nullable=False),  # bytes as generated: maybe not UTF-8
    Column("reference", LargeBinary, nullable=False),  # bytes that the document goes on with
    Column("nll", LargeBinary),  # float32 little-endian, of the generated tokens; null: not kept
    Column("details", JSON_VALUE),  # what else a comparison needs, such as why it stopped
    Column("seconds", Float, nullable=False),
    Column("worker", Text, nullable=False),
    Column("stored_at", UtcDateTime, nullable=False),
    Column("work_key", String(64), index=True),  # all that it depends on; null: not to be reused
    Index(None, "run_id", "document_id"),
)

checks = Table(
    "checks",
    metadata,
    Column("task_id", ForeignKey("tasks.id"), primary_key=True),
    Column("check", String(32), primary_key=True),
    Column("passed", Boolean, nullable=False),
    Column("value", JSON_VALUE),
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("run_id", ForeignKey("runs.id"), primary_key=True),
    Column("snapshot", Text, nullable=False),
    Column("outcome", String(16), nullable=False),  # of its verdict, for lists
    Column("created_at", UtcDateTime, nullable=False),
)

notifications = Table(
    "notifications",
    metadata,
    Column("id", ROW_ID, primary_key=True, autoincrement=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("kind", String(32), nullable=False),  # what happened
    Column("run_id", ForeignKey("runs.id"), index=True),
    Column("task_id", ForeignKey("tasks.id"), index=True),
    Column("values", JSON_VALUE),  # of its sentence
    Column("channel", String(32), nullable=False),  # app, or the fingerprint of an address
    Column("state", String(16), nullable=False),  # queued, sent or failed
    Column("attempts", Integer, nullable=False),
    Column("tried_at", UtcDateTime),  # the last of them
    Column("last_error", Text),
    Column("seen_at", UtcDateTime),
    Index(None, "channel", "state"),
)

entries = Table(
    "entries",
    metadata,
    Column("id", ROW_ID, primary_key=True, autoincrement=True),
    Column("run_id", ForeignKey("runs.id"), nullable=False),
    Column("kind", String(16), nullable=False),  # of what people add to a run after its lock
    Column("key", Text, nullable=False),  # which one of its kind; empty: there is only one
    Column("values", JSON_VALUE, nullable=False),
    Column("author", Text, nullable=False),
    Column("entered_at", UtcDateTime, nullable=False),  # nothing is overwritten: the last counts
    Index(None, "run_id", "kind"),
)

reviews = Table(
    "reviews",
    metadata,
    Column("id", ROW_ID, primary_key=True, autoincrement=True),
    Column("run_id", ForeignKey("runs.id"), nullable=False),
    Column("reviewer", Text, nullable=False),
    Column("number", Integer, nullable=False),  # from 0: the reviewer's own order of items
    Column("document_id", ForeignKey("documents.id"), nullable=False, index=True),
    Column("position", BigInteger, nullable=False),  # of `outputs`, with document and arm
    Column("left_arm", Text, nullable=False),  # the mapping, kept for audit
    Column("right_arm", Text, nullable=False),
    Column("shown_at", UtcDateTime),
    Column("vote", String(16)),  # left, right, same or both_bad; null: not voted yet
    # which side has wrong information: none, left, right or both; null: not answered (at
    # first "none" was stored as null as well)
    Column("wrong", String(16)),
    Column("comment", Text),
    Column("voted_at", UtcDateTime),
    Index(None, "run_id", "reviewer", "document_id", "position", unique=True),
)

workers = Table(
    "workers",
    metadata,
    Column("name", Text, primary_key=True),  # host:process:start
    Column("host", Text, nullable=False),
    Column("process", Integer, nullable=False),
    Column("device", Text, nullable=False),  # in plain words
    Column("threads", Integer, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("heartbeat_at", UtcDateTime, nullable=False),
)


class Database:
    """One engine and its transactions."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        self._immediate = self.engine.execution_options(longssm_immediate=True)
        self._one_moment = self.engine
        if not self.is_sqlite:  # there every read transaction sees one moment
            self._one_moment = self.engine.execution_options(isolation_level="REPEATABLE READ")

    @property
    def is_sqlite(self) -> bool:
        """One file, one machine."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one moment of the database."""
        with self._one_moment.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that may write; all of it is stored, or nothing."""
        connection = self._begin_writing()
        try:
            yield connection
            connection.commit()
        finally:
            connection.close()  # rolls back what was not committed

    def change(self, write: Callable[[Connection], None]) -> None:
        """Have `write` write, all or nothing, also where it takes many rows at once.

        PostgreSQL ends one of two transactions that wait for each other: it is tried again.
        """
        for _ in range(DEADLOCKS - 1):
            try:
                with self.write() as connection:
                    write(connection)
                return
            except OperationalError as error:
                if _sqlstate(error.orig) != _DEADLOCK:
                    raise
        with self.write() as connection:
            write(connection)

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()

    def _begin_writing(self) -> Connection:
        """A connection inside a write transaction, however long another one holds the lock."""
        patience = time.monotonic() + LOCK_PATIENCE
        while True:
            connection = self._immediate.connect()
            try:
                connection.begin()
                return connection
            except OperationalError as error:
                connection.close()
                if not is_lock_timeout(error) or time.monotonic() > patience:
                    raise
                log.warning("waiting for the database: another process holds its lock")
            except BaseException:
                connection.close()
                raise


def is_outage(error: BaseException) -> TypeGuard[DBAPIError | FilesAway]:
    """Whether the database or the store of files is away: waiting helps, trying again is right.

    The server does not answer, the disk is full, a lock was not to be had, the connection broke.
    """
    if isinstance(error, (OperationalError, InterfaceError, FilesAway)):
        return True
    return isinstance(error, DBAPIError) and (
        error.connection_invalidated or _sqlstate(error.orig) in _OUTAGE_STATES
    )


def _sqlstate(error: BaseException | None) -> str | None:
    """PostgreSQL's own code of an error of its driver."""
    return getattr(error, "sqlstate", None)


def is_lock_timeout(error: OperationalError) -> bool:
    """Whether a lock held elsewhere is all that went wrong."""
    return "database is locked" in str(error.orig) or "database is busy" in str(error.orig)


def now(connection: Connection) -> datetime:
    """The present, by the one clock that all workers of this database share."""
    if connection.dialect.name == "sqlite":
        return datetime.now(UTC)  # one file, one machine
    found: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
    return found.astimezone(UTC)


def upsert(
    connection: Connection, table: Table, values: dict[str, Any], kept: Sequence[str] = ()
) -> None:
    """Insert a row, or change the one that has its primary key, but for the columns `kept`."""
    keys = [*(column.name for column in table.primary_key), *kept]
    changed = {name: value for name, value in values.items() if name not in keys}
    connection.execute(
        _insert(connection, table)
        .values(**values)
        .on_conflict_do_update(index_elements=list(table.primary_key), set_=changed)
    )


def insert_once(connection: Connection, table: Table, values: dict[str, Any]) -> None:
    """Insert a row, unless there is one with its primary key."""
    connection.execute(_insert(connection, table).values(**values).on_conflict_do_nothing())


def _insert(connection: Connection, table: Table) -> Any:
    """INSERT in the dialect's own form: ON CONFLICT is not in the common one."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    return dialect.insert(table)


def open_database(settings: Settings) -> Database:
    """The database of `settings`, created or migrated to this version where needed.

    Raises:
        DatabaseTooNew: a later version of the product wrote it.
    """
    url = settings.url
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    file = make_url(url).database if url.startswith("sqlite") else None
    if file:
        Path(file).parent.mkdir(parents=True, exist_ok=True)
    database = Database(url)
    try:
        migrate(database, lock_file=Path(f"{file}.migration.lock") if file else None)
    except BaseException:
        database.close()
        raise
    return database


def migrate(database: Database, lock_file: Path | None) -> None:
    """Bring the schema to this version; two processes that start at once take turns.

    Raises:
        DatabaseTooNew: the schema has a revision that this version does not know.
    """
    with database.engine.connect() as connection:
        found = _revision(connection)
    if found == HEAD:
        return
    _check_known(found)
    if lock_file is not None:
        with FileLock(lock_file), database.engine.connect() as connection:
            _upgrade(connection)
        return
    with database.engine.connect() as connection:
        connection.execute(select(func.pg_advisory_lock(_MIGRATION_LOCK)))
        connection.commit()
        try:
            _upgrade(connection)
        finally:
            connection.rollback()
            connection.execute(select(func.pg_advisory_unlock(_MIGRATION_LOCK)))
            connection.commit()


def alembic_config(connection: Connection) -> Config:
    """Alembic on the packaged migrations, inside a connection of ours."""
    from alembic.config import Config

    config = Config(stdout=sys.stdout)  # its default is what that was when Alembic was imported
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection) -> None:
    from alembic import command

    with _tables_may_be_replaced(connection):
        command.upgrade(alembic_config(connection), "head")
        connection.commit()


@contextmanager
def _tables_may_be_replaced(connection: Connection) -> Iterator[None]:
    """SQLite changes a column by copying its table: nothing may watch what refers to the old one.

    The pragma does nothing inside a transaction, so the driver is asked directly, before it.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    driver: Any = connection.connection.dbapi_connection
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        connection.rollback()
        driver.execute("PRAGMA foreign_keys=ON")


def _revision(connection: Connection) -> str | None:
    """Of the schema, as Alembic notes it; None: there is none yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def _check_known(revision: str | None) -> None:
    from alembic.script import ScriptDirectory  # a tenth of a second, and seldom needed

    known = {script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}
    if revision is not None and revision not in known:
        raise DatabaseTooNew("database.too_new", found=revision, known=HEAD)


def _engine(url: str) -> Engine:
    if url.startswith("sqlite"):
        engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    # a worker that freezes inside a transaction must not hold the others up for ever
    options = "-c idle_in_transaction_session_timeout=60000 -c timezone=UTC"
    engine = create_engine(url, connect_args={"options": options}, pool_pre_ping=True)
    event.listen(engine, "handle_error", _leave_server)
    return engine


def _leave_server(context: ExceptionContext) -> None:
    """Reconnect after such an error: another server may have taken over."""
    if _sqlstate(context.original_exception) in _OUTAGE_STATES:
        context.is_disconnect = True


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # BEGIN is ours, see _begin_sqlite
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")  # a power cut loses no acknowledged row
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA secure_delete=ON")  # what is erased leaves no bytes in free pages
    cursor.execute(f"PRAGMA busy_timeout={int(BUSY_TIMEOUT * 1000)}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("longssm_immediate")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def check_writable(database: Database) -> None:
    """Raise OperationalError unless a row can be written; leaves nothing behind."""
    with database.write() as connection:
        connection.execute(text("CREATE TEMPORARY TABLE longssm_probe (x INTEGER)"))
        connection.execute(text("DROP TABLE longssm_probe"))


@contextmanager
def glance(settings: Settings) -> Iterator[Connection]:
    """A short look into the database, which gives up after about GLANCE seconds.

    Creates, migrates and locks nothing; the schema may be any.

    Raises:
        OperationalError: it does not answer in that time, or is not there.
    """
    url = make_url(settings.url)
    arguments: dict[str, Any] = {"timeout": GLANCE}
    if url.drivername.startswith("sqlite"):
        url = url.set(
            database=f"file:{quote(str(url.database))}", query={"mode": "ro", "uri": "true"}
        )
    else:
        limits = f"-c statement_timeout={int(GLANCE * 1000)} -c timezone=UTC"
        arguments = {"connect_timeout": int(GLANCE), "options": limits}
    engine = create_engine(url, connect_args=arguments, poolclass=NullPool)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def is_current(connection: Connection) -> bool:
    """Whether the schema is the one that this version works with."""
    return _revision(connection) == HEAD
