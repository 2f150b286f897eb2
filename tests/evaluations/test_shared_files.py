"""Files of a team: one S3 server, machines with copies of their own, outages and damage between."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from evaluations import shared_files, worker_process
from evaluations.errors import DamagedFileStored, EvaluationError, FilesAway, RefusedOption
from evaluations.files import ContentFiles, open_files
from evaluations.settings import Settings, load_settings
from evaluations.shared_files import ObjectStore, SharedFiles
from evaluations.store import open_store
from evaluations.worker_process import work
from tests.evaluations.fake_scorer import FakeScorer
from tests.evaluations.queued import queue_run
from tests.evaluations.s3_server import S3Server, s3_server


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with s3_server() as running, pytest.MonkeyPatch.context() as patch:
        for name, value in running.environment.items():
            patch.setenv(name, value)
        yield running


@pytest.fixture
def machine(server, tmp_path):
    """Makes a machine of a team: a data folder of its own, and the shared store."""
    place = f"{server.url}/{tmp_path.name}"

    def make(name: str, **changed: object) -> SharedFiles:
        settings = Settings(data_dir=tmp_path / name, files=place, **changed)
        return open_files(settings)

    return make


def copies(files: ContentFiles) -> list[Path]:
    return [path for path in files.folder.glob("??/*") if "." not in path.name != "lock"]


def test_what_one_machine_puts_another_one_reads(machine):
    one, other = machine("one"), machine("other")
    sha256 = one.put("長いログ".encode())
    assert other.read(sha256) == "長いログ".encode()
    assert other.path(sha256).is_relative_to(other.folder)


def test_a_large_file_travels_in_pieces_and_whole(machine, tmp_path):
    source = tmp_path / "large.log"
    with source.open("wb") as file:
        for number in range(20):
            file.write(hashlib.sha256(bytes([number])).digest() * (1 << 15))
    one, other = machine("one"), machine("other")
    sha256 = one.put_file(source)  # 20 MiB: three parts
    other.check(sha256)
    assert other.path(sha256).stat().st_size == source.stat().st_size
    assert one.put_pieces([source.read_bytes()], sha256) == sha256


def test_many_who_ask_at_once_fetch_once_and_all_get_it(machine, monkeypatch):
    sha256, other = machine("one").put(b"x" * 100_000), machine("other")
    fetched, download = [], ObjectStore.download

    def slow(self, name, target):
        fetched.append(name)
        time.sleep(0.2)
        download(self, name, target)

    monkeypatch.setattr(ObjectStore, "download", slow)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _n: other.read(sha256), range(4)))
    assert set(found) == {b"x" * 100_000}
    assert len(fetched) == 1


def test_what_arrives_with_another_content_is_refused_and_not_kept(machine, tmp_path):
    one, other = machine("one"), machine("other")
    sha256 = one.put(b"the content")
    wrong = tmp_path / "wrong"
    wrong.write_bytes(b"the contend")
    one.store.upload(wrong, f"{sha256[:2]}/{sha256}")
    with pytest.raises(DamagedFileStored) as refused:
        other.read(sha256)
    assert sha256[:12] in refused.value.words("ja")
    assert copies(other) == []
    with pytest.raises(DamagedFileStored):
        other.check(sha256)


def test_a_copy_that_was_damaged_here_is_fetched_again(machine):
    one = machine("one")
    sha256 = one.put(b"the content")
    one.path(sha256).write_bytes(b"the contend")
    one.check(sha256)
    one.path(sha256).write_bytes(b"the contend")
    assert one.read(sha256) == b"the content"


def test_half_an_object_is_replaced_when_its_file_is_put_again(machine, tmp_path):
    """A store that is no object store, or an upload that somebody cut off by hand."""
    one = machine("one")
    half = tmp_path / "half"
    half.write_bytes(b"the con")
    sha256 = hashlib.sha256(b"the content").hexdigest()
    one.store.upload(half, f"{sha256[:2]}/{sha256}")
    one.put(b"the content")
    assert machine("other").read(sha256) == b"the content"


def test_what_was_never_stored_is_missing_and_its_place_is_named(machine, server):
    with pytest.raises(FileNotFoundError) as missing:
        machine("one").read("a" * 64)
    assert str(missing.value.filename).startswith(server.url)


def test_the_folder_of_copies_stays_as_small_as_asked_for(machine, monkeypatch):
    monkeypatch.setattr(shared_files, "KEPT_SECONDS", 0.0)
    one = machine("one", files_cache_bytes=1 << 20)
    put = []
    for number in range(5):
        put.append(one.put(bytes([number]) * 400_000))
        os.utime(one._place(put[-1]), (number, number))
    assert sum(path.stat().st_size for path in copies(one)) <= 1 << 20
    assert one._place(put[-1]).exists()
    assert one.read(put[0]) == bytes([0]) * 400_000  # fetched again


def test_a_copy_that_was_just_asked_for_is_not_taken_away(machine):
    one = machine("one", files_cache_bytes=1 << 20)
    put = [one.put(bytes([number]) * 400_000) for number in range(5)]
    assert all(one._place(sha256).exists() for sha256 in put)


def test_what_was_erased_is_gone_everywhere(machine):
    one, other = machine("one"), machine("other")
    sha256, kept = one.put(b"to be erased"), one.put(b"kept")
    assert (other.read(sha256), other.read(kept)) == (b"to be erased", b"kept")
    one.erase(sha256)
    one.erase(sha256)  # again: nothing happens
    assert other.drop_erased() == 1
    for files in (one, other):
        assert [path.name for path in copies(files)] == [kept]
        with pytest.raises(FileNotFoundError):
            files.read(sha256)


def test_while_the_store_is_away_tasks_wait_and_none_fails(tmp_path, monkeypatch):
    monkeypatch.setattr(worker_process, "OUTAGE_PAUSE", 0.05)
    with s3_server() as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        settings = Settings(data_dir=tmp_path / "one", files=running.url, language="en")
        store = open_store(settings)
        run = queue_run(store)
        for path in copies(store.files):
            path.unlink()
        reached, away = ObjectStore.download, threading.Event()

        def download(self, name, target):
            if not away.is_set():
                away.set()
                raise FilesAway(self.url, ConnectionError("nobody answers"))
            reached(self, name, target)

        monkeypatch.setattr(ObjectStore, "download", download)
        for name in ("first", "second"):
            work(settings, FakeScorer(), threading.Event(), until_idle=True, name=name)
        assert away.is_set()
        assert store.progress(run).failures == ()
        assert store.progress(run).status == "done"
        store.close()
        running.stop()
        with pytest.raises(FilesAway) as refused:
            store.files.put(b"while nobody answers")
    assert running.url in refused.value.words("en")
    assert "Connect" in refused.value.words("ja")


def test_a_store_whose_package_is_missing_says_which(monkeypatch):
    def no_package(*_arguments, **_options):
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr("fsspec.filesystem", no_package)
    with pytest.raises(EvaluationError, match=r"requirements-s3\.txt"):
        ObjectStore("s3://bucket/prefix").size("a")


def test_a_folder_may_be_named_as_path_or_address(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for place in ("shared", f"file://{tmp_path}/shared", str(tmp_path / "shared")):
        settings = Settings(data_dir=tmp_path / "data", files=place)
        assert settings.files_dir == tmp_path / "shared"
        assert type(open_files(settings)) is ContentFiles


@pytest.mark.parametrize(
    "place", ["memory://x", "http://host/x", "s3://", "s3://key:secret@bucket/x", "sftp://host/x"]
)
def test_a_place_where_files_would_not_be_safe_is_refused(place):
    with pytest.raises(RefusedOption, match="LONGSSM_FILES") as refused:
        load_settings(files=place)
    assert "secret" not in str(refused.value)
