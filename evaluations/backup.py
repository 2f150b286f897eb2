"""A backup of everything that is stored, and its way back, from and to either kind of database.

`back_up(settings, target)` writes a .tar file or a folder while workers and pages go on writing;
`restore(source, settings)` makes a new data folder and database of it. A backup holds

    database.sqlite3        every row of one moment, whatever database they came from
    files/ab/abcd...        the stored files, named by their SHA-256
    pairs/..., checkpoints/...   checkpoints that were trained here, without the texts beside them
    manifest.json           size and SHA-256 of each of these, and how many rows each table has

The rows are taken first: files never change, and are there before a row names them. A SQLite file
for all has a reason each way: it holds bytes as they are, it can be checked by any SQLite, and
restored by renaming it. Nothing of a restoration is in place before all of it was verified. Not
kept: uploads that were not stored yet, logs, and the key that signs links.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import IO, Any, NamedTuple, Protocol

from filelock import FileLock, Timeout
from pydantic import ValidationError
from sqlalchemy import Connection, Table, delete, func, insert, inspect, select, update
from sqlalchemy.engine import make_url

from evaluations import database as tables
from evaluations.database import BUSY_TIMEOUT, Database, migrate, open_database
from evaluations.errors import RefusedBackup
from evaluations.files import open_files, sync_folder
from evaluations.pair_folders import PAIRS
from evaluations.records import Frozen
from evaluations.settings import Settings
from longssm_core.records import RECORD

FORMAT = 1
DATABASE, MANIFEST, CHECKPOINTS = "database.sqlite3", "manifest.json", "checkpoints"
_FILE = re.compile(r"files/([0-9a-f]{2})/(\1[0-9a-f]{62})")
TRAINED = (PAIRS, CHECKPOINTS)  # folders in the data folder
_CHECKPOINT = re.compile(rf"({'|'.join(TRAINED)})(/[^/\x00-\x1f\\]+)+")
_PIECE = 1 << 20
_UNFINISHED = ".longssm-backup-"  # how the names of what is being written begin
_ROWS = 64  # in memory at a time: one may hold a megabyte of losses
TEXTS = frozenset({"outputs"})  # tables whose rows hold words of documents


class Kept(Frozen):
    """One file of a backup."""

    path: str
    bytes: int
    sha256: str


class Manifest(Frozen):
    """What a backup holds; its last file."""

    format: int
    made_at: datetime
    documents: bool  # whether the documents' texts are in it
    rows: dict[str, int]  # by table
    files: tuple[Kept, ...]

    @property
    def bytes(self) -> int:
        """Of all files."""
        return sum(file.bytes for file in self.files)


# --- making one ----------------------------------------------------------------------------------


def back_up(settings: Settings, target: Path, documents: bool = True) -> Manifest:
    """Write a backup to `target`: a file if its name ends with .tar, else a folder.

    Args:
        settings: the database and the data folder.
        target: must not exist; appears when all of it is written and on disk.
        documents: whether stored files and outputs are in it, or results and plans alone.

    Raises:
        RefusedBackup: the target exists, or a stored file is not what it was.
        OSError: the target cannot be written.
    """
    if target.exists():
        raise RefusedBackup("backup.target_exists", path=target)
    target.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(target.parent)
    with _being_written(target.parent) as place:
        with _sink(place.backup, is_tar=target.suffix == ".tar") as sink:
            manifest = _write(settings, sink, place.rows, documents)
        place.backup.rename(target)
        sync_folder(target.parent)
    return manifest


class _Place(NamedTuple):
    """Where a backup is while it is made; `lock` is held by who makes it, and by nobody dead."""

    lock: Path
    backup: Path  # a file or a folder
    rows: Path  # a folder


@contextmanager
def _being_written(folder: Path) -> Iterator[_Place]:
    """A place in `folder` for a backup; what is there when the block ends goes."""
    place = _place(folder / f"{_UNFINISHED}{secrets.token_hex(8)}.lock")
    lock = FileLock(place.lock)
    lock.acquire()
    try:
        yield place
    finally:
        _clear(place)
        lock.release()  # first: Windows removes nothing that is open
        _remove(place.lock)


def _remove_abandoned(folder: Path) -> None:
    """Remove what backups that were killed have left in `folder`; who writes has its lock."""
    for path in folder.glob(f"{_UNFINISHED}*.lock"):
        try:
            with FileLock(path, timeout=0):
                _clear(_place(path))
        except Timeout:
            continue
        _remove(path)


def _place(lock: Path) -> _Place:
    return _Place(lock, lock.with_suffix(".part"), lock.with_suffix(".rows"))


def _clear(place: _Place) -> None:
    _remove(place.backup)
    _remove(place.rows)


def _write(settings: Settings, sink: _Sink, scratch: Path, documents: bool) -> Manifest:
    kept: list[Kept] = []
    scratch.mkdir(mode=0o700)
    rows = _snapshot(settings, scratch / DATABASE, documents)
    kept.append(_add(sink, DATABASE, scratch / DATABASE))
    _remove(scratch)
    if documents:
        kept += _stored_files(settings, sink)
    kept += _trained_checkpoints(settings, sink)
    manifest = Manifest(
        format=FORMAT,
        made_at=datetime.now(UTC),
        documents=documents,
        rows=rows,
        files=tuple(kept),
    )
    written = manifest.model_dump_json(indent=1).encode()
    with tempfile.TemporaryFile() as file:
        file.write(written)
        file.seek(0)
        sink.add(MANIFEST, file, len(written))
    return manifest


def _snapshot(settings: Settings, copy: Path, documents: bool) -> dict[str, int]:
    """Every row of one moment as a SQLite file; rows by table."""
    database = open_database(settings)
    try:
        if database.is_sqlite:
            _copy_file(str(make_url(settings.url).database), copy)
            into = Database(f"sqlite:///{_quoted(copy)}")
        else:
            into = _new_sqlite(copy)
            _copy_rows(database, into)
    finally:
        database.close()
    with closing_database(into), into.write() as connection:
        if not documents:
            for name in TEXTS:
                connection.execute(delete(tables.metadata.tables[name]))
            connection.execute(update(tables.reviews).values(comment=None))  # may quote documents
        rows = _counted(connection)
    _settle(copy)
    if not documents:
        with closing(sqlite3.connect(copy)) as connection:
            connection.execute("VACUUM")  # what was deleted leaves no bytes behind
    return rows


def _copy_file(source: str, copy: Path) -> None:
    """One moment of a SQLite file; whoever writes to it goes on.

    VACUUM INTO rather than the backup call: what was erased stays behind in the old file.
    """
    with closing(sqlite3.connect(source, timeout=BUSY_TIMEOUT)) as connection:
        connection.execute("VACUUM INTO ?", (str(copy),))


def _new_sqlite(path: Path) -> Database:
    database = Database(f"sqlite:///{_quoted(path)}")
    migrate(database, lock_file=path.with_suffix(".lock"))
    return database


def _settle(path: Path) -> None:
    """Everything into the one file, without a journal beside it."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")


def _stored_files(settings: Settings, sink: _Sink) -> Iterator[Kept]:
    files = open_files(settings)
    for sha256 in files.names():
        try:
            path = files.path(sha256)
            found = _add(sink, f"files/{sha256[:2]}/{sha256}", path)
        except FileNotFoundError:
            continue  # erased since the rows were taken
        if found.sha256 != sha256:
            raise RefusedBackup("backup.stored_file_damaged", path=path)
        yield found


def _trained_checkpoints(settings: Settings, sink: _Sink) -> Iterator[Kept]:
    made = settings.data_dir.glob(f"{PAIRS}/*/*/{RECORD}")  # it is written last
    finished = [path for record in sorted(made) for path in sorted(record.parent.iterdir())]
    for path in [*finished, *sorted((settings.data_dir / CHECKPOINTS).rglob("*"))]:
        name = path.relative_to(settings.data_dir).as_posix()
        if path.is_file() and not path.is_symlink() and _CHECKPOINT.fullmatch(name):
            yield _add(sink, name, path)


def _add(sink: _Sink, name: str, path: Path) -> Kept:
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        hashing = _Hashing(file)
        sink.add(name, hashing, size)
    return Kept(path=name, bytes=size, sha256=hashing.digest.hexdigest())


class _Hashing:
    """A file whose bytes are hashed as they are read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(size)
        self.digest.update(piece)
        return piece


class _Readable(Protocol):
    def read(self, size: int = -1) -> bytes: ...


class _Sink(Protocol):
    """Where the files of a backup go, one after the other."""

    def add(self, name: str, file: _Readable, size: int) -> None:
        """Write `size` bytes of `file` under `name`."""


class _Tar:
    def __init__(self, archive: tarfile.TarFile) -> None:
        self._archive = archive

    def add(self, name: str, file: _Readable, size: int) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode, member.mtime = size, 0o600, datetime.now(UTC).timestamp()
        self._archive.addfile(member, file)


class _Folder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, name: str, file: _Readable, size: int) -> None:
        place = self._folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("xb") as written:
            left = size
            while left and (piece := file.read(min(left, _PIECE))):
                left -= written.write(piece)
            if left:
                raise OSError(f"{name} became shorter while it was read")
            written.flush()
            os.fsync(written.fileno())
        sync_folder(place.parent)


@contextmanager
def _sink(place: Path, is_tar: bool) -> Iterator[_Sink]:
    """A new tar file or folder that only its owner reads; on disk when the block ends."""
    if not is_tar:
        place.mkdir(mode=0o700)
        yield _Folder(place)
        return
    with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        with tarfile.open(mode="w|", fileobj=file, format=tarfile.PAX_FORMAT) as archive:
            yield _Tar(archive)
        file.flush()
        os.fsync(file.fileno())


# --- bringing one back ---------------------------------------------------------------------------


def restore(source: Path, settings: Settings) -> Manifest:
    """Make the data folder and the database of `settings` from a backup.

    Tasks that were running when it was made are queued again, with what they had stored.

    Raises:
        RefusedBackup: there are data already, or the backup is incomplete, damaged or of a later
            version; nothing was changed.
        DatabaseTooNew: a later version of the product wrote its rows.
    """
    if not source.exists():
        raise RefusedBackup("backup.missing", path=source)
    _refuse_existing(settings)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".restoring-", dir=settings.data_dir))
    try:
        kept = {one.path: one for one in _unpacked(source, scratch)}
        manifest = _verified(source, scratch, kept)
        _check_rows(source, scratch / DATABASE, manifest)
        _let_go(scratch / DATABASE)
        with _placed_files(scratch, settings):
            _place_rows(scratch / DATABASE, settings)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return manifest


@contextmanager
def _placed_files(scratch: Path, settings: Settings) -> Iterator[None]:
    """The files in their place; away again if the rows that name them cannot be brought there."""
    files, placed = open_files(settings), []
    try:
        if settings.object_store is not None:
            for path in sorted((scratch / "files").glob("*/*")):
                files.put_file(path)
        for name, place in _folders(settings).items():
            if (scratch / name).is_dir():
                if place.is_dir():
                    place.rmdir()  # it is empty, see _refuse_existing
                place.parent.mkdir(parents=True, exist_ok=True)
                placed.append(place)
                shutil.move(scratch / name, place)  # renamed, or copied where another disk is it
                sync_folder(place.parent)
        yield
    except BaseException:
        for place in placed:
            shutil.rmtree(place, ignore_errors=True)
        if settings.object_store is not None:
            for path in (scratch / "files").glob("*/*"):
                files.erase(path.name)
        raise


def _folders(settings: Settings) -> dict[str, Path]:
    """Where the folders of a backup belong, as far as they are folders."""
    files = {"files": settings.files_dir} if settings.object_store is None else {}
    return {**files, **{name: settings.data_dir / name for name in TRAINED}}


def _refuse_existing(settings: Settings) -> None:
    """Raise RefusedBackup if anything that a restoration makes is there."""
    for folder in _folders(settings).values():
        if folder.is_dir() and any(folder.iterdir()):
            raise RefusedBackup("backup.data_exists", place=folder)
    if next(open_files(settings).names(), None) is not None:
        raise RefusedBackup("backup.data_exists", place=settings.files or settings.files_dir)
    url = make_url(settings.url)
    if url.drivername.startswith("sqlite"):
        if os.path.exists(str(url.database)):
            raise RefusedBackup("backup.data_exists", place=url.database)
        return
    with closing_database(Database(settings.url)) as database, database.read() as connection:
        there = set(inspect(connection).get_table_names())
        for table in tables.metadata.sorted_tables:
            if (
                table.name in there - {"workers"}
                and connection.execute(select(table).limit(1)).first()
            ):
                shown = url.render_as_string(hide_password=True)
                raise RefusedBackup("backup.data_exists", place=shown)


def _unpacked(source: Path, scratch: Path) -> Iterator[Kept]:
    """Every file of the backup, written into `scratch` and hashed on the way."""
    if source.is_dir():
        for path in sorted(source.rglob("*")):
            if path.is_file():
                with path.open("rb") as file:
                    yield _unpack(source, path.relative_to(source).as_posix(), file, scratch)
        return
    try:
        with tarfile.open(source, mode="r|") as archive:
            for member in archive:
                content = archive.extractfile(member) if member.isreg() else None
                if content is None:
                    raise RefusedBackup("backup.foreign", path=source)
                yield _unpack(source, member.name, content, scratch)
    except tarfile.TarError as error:
        raise RefusedBackup("backup.damaged", path=source) from error


def _unpack(source: Path, name: str, file: IO[bytes], scratch: Path) -> Kept:
    """One file, if a backup can hold one of that name: the name is a place on this disk."""
    is_plain = ".." not in name.split("/") and (
        name in (DATABASE, MANIFEST) or _FILE.fullmatch(name) or _CHECKPOINT.fullmatch(name)
    )
    place = scratch / name
    if not is_plain or place.exists():
        raise RefusedBackup("backup.foreign", path=source)
    place.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with place.open("xb") as written:
        while piece := file.read(_PIECE):
            digest.update(piece)
            size += written.write(piece)
        written.flush()
        os.fsync(written.fileno())
    return Kept(path=name, bytes=size, sha256=digest.hexdigest())


def _verified(source: Path, scratch: Path, kept: dict[str, Kept]) -> Manifest:
    """The manifest, if the backup holds exactly what it says."""
    if kept.pop(MANIFEST, None) is None:
        raise RefusedBackup("backup.damaged", path=source)
    try:
        found = json.loads((scratch / MANIFEST).read_bytes())
        if found.get("format") != FORMAT:
            raise RefusedBackup("backup.format", path=source, found=found.get("format"))
        manifest = Manifest.model_validate(found)
    except (ValueError, AttributeError, ValidationError) as error:
        raise RefusedBackup("backup.damaged", path=source) from error
    if kept != {one.path: one for one in manifest.files} or DATABASE not in kept:
        raise RefusedBackup("backup.damaged", path=source)
    for one in manifest.files:
        if (named := _FILE.fullmatch(one.path)) and named[2] != one.sha256:
            raise RefusedBackup("backup.damaged", path=source)
    return manifest


def _check_rows(source: Path, path: Path, manifest: Manifest) -> None:
    """Raise RefusedBackup unless the rows are whole and all there."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            is_whole = connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            is_whole &= not connection.execute("PRAGMA foreign_key_check").fetchall()
            counts = {
                name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]
                for name in manifest.rows
                if name.isidentifier()  # it comes from outside, and goes into a statement
            }
    except sqlite3.DatabaseError as error:
        raise RefusedBackup("backup.damaged", path=source) from error
    if not is_whole or counts != manifest.rows:
        raise RefusedBackup("backup.damaged", path=source)


def _let_go(path: Path) -> None:
    """Forget the workers of the other place: what they held is queued, and nobody is alive."""
    with closing_database(_new_sqlite(path)) as database, database.write() as connection:
        task = tables.tasks
        connection.execute(delete(tables.workers))
        connection.execute(
            update(task)
            .where(task.c.state == "running")
            .values(
                state="queued",
                lease_owner=None,
                lease_until=None,
                lease_token=task.c.lease_token + 1,
            )
        )
    _settle(path)


def _place_rows(path: Path, settings: Settings) -> None:
    """The rows, where the settings want them."""
    url = make_url(settings.url)
    if url.drivername.startswith("sqlite"):
        place = Path(str(url.database))
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(path, place)  # another disk may hold it
        sync_folder(place.parent)
        return
    rows = Database(f"sqlite:///{_quoted(path)}")
    with closing_database(rows), closing_database(open_database(settings)) as into:
        _copy_rows(rows, into)


# --- rows ----------------------------------------------------------------------------------------


def _copy_rows(source: Database, into: Database) -> None:
    """Every row of one moment of `source`, into the empty tables of `into`, in one transaction.

    Raises:
        RefusedBackup: they do not come out as they went in; `into` is still empty.
    """
    with source.read() as reading, into.write() as writing:
        for table in tables.metadata.sorted_tables:
            for rows in _pages(reading, table):
                writing.execute(insert(table), [dict(row._mapping) for row in rows])
            _number_on(writing, table)
            if rows_digest(reading, table) != rows_digest(writing, table):
                raise RefusedBackup("backup.not_equal", table=table.name)


def _pages(connection: Connection, table: Table) -> Iterator[Any]:
    query = select(table).order_by(*table.primary_key).execution_options(yield_per=_ROWS)
    yield from connection.execute(query).partitions()


def _number_on(connection: Connection, table: Table) -> None:
    """New rows are numbered after those that came with numbers; SQLite does so by itself."""
    column = table.autoincrement_column
    if connection.dialect.name == "sqlite" or column is None:
        return
    sequence = func.pg_get_serial_sequence(table.name, column.name)
    last = select(func.max(column)).scalar_subquery()
    if connection.scalar(select(sequence)) is not None and connection.scalar(select(last)):
        connection.execute(select(func.setval(sequence, last)))


def _counted(connection: Connection) -> dict[str, int]:
    return {
        table.name: int(connection.scalar(select(func.count()).select_from(table)) or 0)
        for table in tables.metadata.sorted_tables
    }


def rows_digest(connection: Connection, table: Table) -> str:
    """SHA-256 over all values of a table's rows, the same from either kind of database."""
    digest = hashlib.sha256()
    lines = sorted(_line(row) for rows in _pages(connection, table) for row in rows)
    for line in lines:  # sorted here: databases order texts differently
        digest.update(line)
    return digest.hexdigest()


def _line(row: Iterable[Any]) -> bytes:
    """A row's SHA-256."""
    values = [_plain(value) for value in row]
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).digest()


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)  # SQLite keeps the JSON value 0.0 as 0
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, bytes | memoryview):
        return hashlib.sha256(value).hexdigest()
    if isinstance(value, datetime):
        return (value - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    return value.isoformat() if isinstance(value, date) else value


# --- places --------------------------------------------------------------------------------------


@contextmanager
def closing_database(database: Database) -> Iterator[Database]:
    """The database, closed when the block ends."""
    try:
        yield database
    finally:
        database.close()


def _quoted(path: Path) -> str:
    return str(path).replace("%", "%25").replace("?", "%3F")


def _remove(place: Path) -> None:
    if place.is_dir():
        shutil.rmtree(place, ignore_errors=True)
    else:
        place.unlink(missing_ok=True)
