"""Content-addressed files appear whole, once, under the hash of what is in them."""

from __future__ import annotations

import hashlib

import pytest

from evaluations.files import ContentFiles


def test_what_is_put_is_read_back_under_its_hash(tmp_path):
    files = ContentFiles(tmp_path)
    sha256 = files.put("長いログ".encode())
    assert sha256 == hashlib.sha256("長いログ".encode()).hexdigest()
    assert files.read(sha256) == "長いログ".encode()


def test_a_file_is_copied_by_its_content(tmp_path):
    source = tmp_path / "log.txt"
    source.write_bytes(b"x" * 3_000_000)
    files = ContentFiles(tmp_path / "files")
    sha256 = files.put_file(source)
    source.unlink()
    assert files.read(sha256) == b"x" * 3_000_000


def test_the_same_content_is_stored_once_and_nothing_else_is_left_behind(tmp_path):
    files = ContentFiles(tmp_path)
    assert files.put(b"same") == files.put(b"same")
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_a_write_that_fails_leaves_no_file_that_looks_complete(tmp_path, monkeypatch):
    def no_space(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", no_space)
    with pytest.raises(OSError, match="No space"):
        ContentFiles(tmp_path).put(b"half")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "A" * 64, "a" * 63])
def test_only_a_hash_names_a_file(tmp_path, name):
    with pytest.raises(ValueError, match="SHA-256"):
        ContentFiles(tmp_path).path(name)
