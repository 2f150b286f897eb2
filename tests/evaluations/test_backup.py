"""Backups: everything comes back, on either kind of database; whatever is not whole is refused."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import tarfile
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from evaluations import backup, tasks
from evaluations import database as tables
from evaluations.backup import DATABASE, MANIFEST, back_up, restore, rows_digest
from evaluations.errors import RefusedBackup
from evaluations.pair_folders import PAIRS
from evaluations.settings import Settings
from evaluations.store import Store, open_store
from longssm_core.records import LOCK
from tests.evaluations.databases import empty_database
from tests.evaluations.queued import queue_run, work_off


@pytest.fixture
def filled(settings, store) -> tuple[str, str]:
    """Ids of a finished run and of one that a worker is in the middle of."""
    finished = queue_run(store, size=1_000)
    work_off(settings)
    store.snapshot(finished)
    begun = queue_run(store, size=1_000, seed=5)
    assert tasks.claim(store.database, "worker", 60.0) is not None
    return finished, begun


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def elsewhere(request, tmp_path):
    """Settings of another machine, of each kind."""
    folder = tmp_path / "elsewhere"
    if request.param == "sqlite":
        yield Settings(data_dir=folder, language="en")
        return
    with empty_database(request.getfixturevalue("postgres")) as url:
        yield Settings(data_dir=folder, language="en", database_url=url)


def opened(settings: Settings) -> closing[Store]:
    return closing(open_store(settings))


def differences(one: Store, other: Store) -> set[str]:
    with one.database.read() as first, other.database.read() as second:
        return {
            table.name
            for table in tables.metadata.sorted_tables
            if rows_digest(first, table) != rows_digest(second, table)
        }


def test_a_backup_brings_everything_back_and_work_goes_on(
    settings, store, filled, elsewhere, tmp_path
):
    finished, begun = filled
    name = "all.tar" if elsewhere.database_url else "all"
    made = back_up(settings, tmp_path / name)
    found = restore(tmp_path / name, elsewhere)
    assert found == made
    with opened(elsewhere) as there:
        assert there.snapshot(finished) == store.snapshot(finished)
        assert differences(store, there) == {"tasks"}  # the one that was held is queued again
        for document in store.documents():
            assert there.document_text(document.id) == store.document_text(document.id)
        work_off(elsewhere)
        assert there.progress(begun).status == "done"
        assert queue_run(there, seed=9)  # new rows are numbered after those that came


def test_the_held_task_is_fenced_so_that_its_old_worker_cannot_write(
    settings, store, filled, tmp_path
):
    elsewhere = Settings(data_dir=tmp_path / "elsewhere")
    back_up(settings, tmp_path / "all.tar")
    restore(tmp_path / "all.tar", elsewhere)

    def held(where: Store) -> list[tuple[str, int]]:
        query = select(tables.tasks.c.state, tables.tasks.c.lease_token)
        with where.database.read() as connection:
            rows = connection.execute(query.where(tables.tasks.c.lease_token > 0)).all()
        return [tuple(row) for row in rows if row.state != "done"]

    with opened(elsewhere) as there:
        assert (held(store), held(there)) == ([("running", 1)], [("queued", 2)])


def test_without_documents_results_come_back_and_no_text_is_in_the_file(
    settings, store, filled, tmp_path
):
    elsewhere = Settings(data_dir=tmp_path / "elsewhere")
    words = store.document_text(store.documents()[0].id)[:40].encode()
    back_up(settings, tmp_path / "all.tar")
    back_up(settings, tmp_path / "results.tar", documents=False)
    assert words in (tmp_path / "all.tar").read_bytes()
    assert words not in (tmp_path / "results.tar").read_bytes()
    assert not restore(tmp_path / "results.tar", elsewhere).documents
    with opened(elsewhere) as there:
        assert there.snapshot(filled[0]) == store.snapshot(filled[0])


def test_nothing_is_ever_written_over(settings, store, filled, elsewhere, tmp_path):
    back_up(settings, tmp_path / "all.tar")
    with pytest.raises(RefusedBackup, match="exists already"):
        back_up(settings, tmp_path / "all.tar")
    with pytest.raises(RefusedBackup, match="never written over"):
        restore(tmp_path / "all.tar", settings)
    restore(tmp_path / "all.tar", elsewhere)
    other_folder = elsewhere.model_copy(update={"data_dir": tmp_path / "third"})
    if elsewhere.database_url:
        with pytest.raises(RefusedBackup, match="never written over"):
            restore(tmp_path / "all.tar", other_folder)


@pytest.fixture
def small(tmp_path) -> Path:
    """A backup of a little, on SQLite."""
    settings = Settings(data_dir=tmp_path / "data")
    with opened(settings) as store:
        queue_run(store, size=1_000)
    back_up(settings, tmp_path / "small")
    back_up(settings, tmp_path / "small.tar")
    return tmp_path / "small"


def refused(source: Path, tmp_path: Path) -> str:
    """What is said of a backup that is refused; nothing is left of the attempt."""
    settings = Settings(data_dir=tmp_path / "elsewhere")
    with pytest.raises(RefusedBackup) as raised:
        restore(source, settings)
    assert not any(settings.data_dir.iterdir())
    return raised.value.key


def a_file_of(folder: Path) -> Path:
    return next(path for path in sorted((folder / "files").rglob("*")) if path.is_file())


def test_a_backup_of_which_one_bit_has_changed_is_refused(small, tmp_path):
    for path in (small / DATABASE, a_file_of(small)):
        good = path.read_bytes()
        middle = len(good) // 2
        path.write_bytes(good[:middle] + bytes([good[middle] ^ 1]) + good[middle + 1 :])
        assert refused(small, tmp_path) == "backup.damaged"
        path.write_bytes(good)


def test_a_backup_from_which_something_is_missing_is_refused(small, tmp_path):
    for path in (small / MANIFEST, small / DATABASE, a_file_of(small)):
        good = path.read_bytes()
        path.unlink()
        assert refused(small, tmp_path) == "backup.damaged"
        path.write_bytes(good)


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_file_that_was_cut_off_is_refused(small, tmp_path, share):
    whole = small.with_suffix(".tar")
    os.truncate(whole, int(whole.stat().st_size * share))
    assert refused(whole, tmp_path) == "backup.damaged"


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "files/ab/../../../evil",
        "/tmp/evil",
        "checkpoints/../evil",
        "files/ab/" + "cd" * 32,
    ],
)
def test_a_name_that_no_backup_holds_is_refused(small, tmp_path, name):
    archive = small.with_suffix(".tar")
    with tarfile.open(archive, "a") as tar:
        member = tarfile.TarInfo(name)
        member.size = 4
        tar.addfile(member, io.BytesIO(b"evil"))
    assert refused(archive, tmp_path) == "backup.foreign"
    assert not list(tmp_path.rglob("evil"))


def test_a_link_in_a_backup_is_refused(small, tmp_path):
    archive = small.with_suffix(".tar")
    with tarfile.open(archive, "a") as tar:
        member = tarfile.TarInfo("checkpoints/link")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(member)
    assert refused(archive, tmp_path) == "backup.foreign"


def test_a_manifest_of_a_later_version_is_refused_in_words(small, tmp_path):
    manifest = json.loads((small / MANIFEST).read_bytes())
    (small / MANIFEST).write_text(json.dumps({**manifest, "format": 2}))
    assert refused(small, tmp_path) == "backup.format"


def test_a_stored_file_that_was_damaged_is_named_and_no_backup_is_left(tmp_path):
    settings = Settings(data_dir=tmp_path / "data")
    with opened(settings) as store:
        queue_run(store, size=1_000)
    path = a_file_of(settings.data_dir)
    path.write_bytes(b"something else")
    with pytest.raises(RefusedBackup, match=path.name):
        back_up(settings, tmp_path / "all.tar")
    assert {path.name for path in tmp_path.iterdir()} == {"data"}


def test_only_its_owner_reads_a_backup(small):
    for path in (small, small.with_suffix(".tar")):
        assert path.stat().st_mode & 0o077 == 0


def test_trained_checkpoints_are_kept(tmp_path):
    settings = Settings(data_dir=tmp_path / "data")
    open_store(settings).close()
    own = settings.data_dir / backup.CHECKPOINTS / "mine" / "model.safetensors"
    own.parent.mkdir(parents=True)
    own.write_bytes(b"weights")
    back_up(settings, tmp_path / "all.tar")
    elsewhere = Settings(data_dir=tmp_path / "elsewhere")
    restore(tmp_path / "all.tar", elsewhere)
    there = elsewhere.data_dir / backup.CHECKPOINTS / "mine" / "model.safetensors"
    assert there.read_bytes() == b"weights"


def test_a_pair_that_a_worker_trained_is_kept_without_the_texts_beside_it(tmp_path):
    settings = Settings(data_dir=tmp_path / "data")
    open_store(settings).close()
    pair = settings.data_dir / PAIRS / "0123456789abcdef"
    finished = {"zero/record.json", "zero/model.safetensors"}
    for name in (*finished, "previous/snapshot.safetensors", "corpus/x", "held-out/y", LOCK):
        (pair / name).parent.mkdir(parents=True, exist_ok=True)
        (pair / name).write_text(name)
    back_up(settings, tmp_path / "all.tar")
    elsewhere = Settings(data_dir=tmp_path / "elsewhere")
    restore(tmp_path / "all.tar", elsewhere)
    there = elsewhere.data_dir / PAIRS / pair.name
    found = {path.relative_to(there).as_posix() for path in there.rglob("*") if path.is_file()}
    assert found == finished
    with pytest.raises(RefusedBackup):
        restore(tmp_path / "all.tar", elsewhere)


KILLED = """
import os, signal, sys
from pathlib import Path
from evaluations import backup
from evaluations.settings import load_settings

backup._stored_files = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
backup.back_up(load_settings(), Path(sys.argv[1]))
"""


@pytest.mark.parametrize("name", ["all.tar", "all"])
def test_the_next_backup_removes_what_a_killed_one_left_and_nothing_else(
    settings, store, tmp_path, name
):
    folder = tmp_path / "backups"
    environment = {**os.environ, **settings.environment()}
    command = [sys.executable, "-c", KILLED, str(folder / name)]
    assert subprocess.run(command, env=environment).returncode == -signal.SIGKILL
    left = {path.suffix for path in folder.iterdir()}
    assert left == {".lock", ".part"}
    (folder / ".longssm-backup-mine.part").write_text("of a person")
    with backup._being_written(folder) as place:  # another one is at work
        place.backup.mkdir()
        back_up(settings, folder / name)
        assert place.backup.is_dir()
    assert {path.name for path in folder.iterdir()} == {name, ".longssm-backup-mine.part"}
