"""Files inside compressed files are read like files of their own, and nothing grows without end."""

from __future__ import annotations

import gzip
import hashlib
import random
from pathlib import Path

import pytest

from evaluations.documents import Split, archives, ingest_bytes, ingest_path
from evaluations.wording import LANGUAGES
from tests.evaluations.documents import texts

LOG = texts.log(texts.japanese, 5, 3000)


def both_languages(ingested) -> list[str]:
    """What is said of a file, after a look at its form."""
    said = [ingested.words(language) for language in LANGUAGES]
    assert all(sentence.startswith(f"{ingested.file}: ") for sentence in said)
    assert not [sentence for sentence in said if "{" in sentence]
    return said


def reason(ingested) -> str:
    """Why a file was refused."""
    assert (ingested.status, ingested.documents) == ("reject", ())
    both_languages(ingested)
    return ingested.message.key.removeprefix("documents.refused.")


@pytest.mark.parametrize("name", ["app.log.gz", "app.log.1.gz", "表.CSV.GZ", "app.log.gz.gz"])
def test_a_gzip_is_read_as_the_text_inside_it(tmp_path, name):
    data = gzip.compress(LOG.encode("cp932"))
    if name.endswith(".gz.gz"):
        data = gzip.compress(data)
    path = tmp_path / "id"
    path.write_bytes(data)
    ingested = ingest_path(path, name=name)
    assert ingested == ingest_bytes(name, data)
    (extracted,) = ingested.documents
    assert (ingested.status, ingested.encoding, extracted.text) == ("accept", "cp932", LOG)
    document = extracted.document
    assert (document.name, document.format) == (name, "csv" if "CSV" in name else "log")
    assert document.original_sha256 == hashlib.sha256(data).hexdigest()
    assert ingested.bytes == len(data)


def test_a_gzip_of_several_pieces_is_one_text_and_can_be_split():
    data = b"".join(gzip.compress(piece.encode()) for piece in (LOG, "\n", LOG))
    assert ingest_bytes("a.log.gz", data).documents[0].text == f"{LOG}\n{LOG}"
    assert len(ingest_bytes("a.log.gz", data, split=Split(pieces=6)).documents) == 6


GZIP = gzip.compress(LOG.encode())
BAD_GZIPS = {
    "cut off": ("a.log.gz", GZIP[:-9], "damaged"),
    "nothing but a head": ("a.log.gz", GZIP[:3], "damaged"),
    "something behind it": ("a.log.gz", GZIP + b"more", "damaged"),
    "another sum": ("a.log.gz", GZIP[:-8] + bytes(8), "damaged"),
    "no gzip": ("a.log.gz", LOG.encode(), "damaged"),
    "empty": ("a.log.gz", b"", "empty"),
    "nothing inside": ("a.log.gz", gzip.compress(b""), "empty"),
    "a picture inside": ("a.log.gz", gzip.compress(b"\x89PNG\r\n\x1a\n" + bytes(9)), "kind"),
    "a program inside": ("a.exe.gz", GZIP, "extension"),
    "an unknown inside": ("messages.gz", GZIP, "gzip_name"),
}


@pytest.mark.parametrize("case", BAD_GZIPS)
def test_a_gzip_that_cannot_be_read_is_refused_in_one_sentence(case):
    name, data, expected = BAD_GZIPS[case]
    assert reason(ingest_bytes(name, data)) == expected


def test_archives_inside_one_another_are_read_three_deep():
    data = LOG.encode()
    for depth in range(1, 5):
        data = gzip.compress(data)
        ingested = ingest_bytes("a.log" + ".gz" * depth, data)
        assert (ingested.status == "accept") is (depth <= 3)
    assert reason(ingested) == "nested"


def test_a_bomb_is_refused_before_it_is_large(tmp_path):
    """One that holds 300 MB in 300 kB, in a process of its own as an upload is."""
    path = tmp_path / "bomb.log.gz"
    with gzip.open(path, "wb", compresslevel=1) as stream:
        for _ in range(300):
            stream.write(bytes(1_000_000))
    assert path.stat().st_size < 2_000_000
    ingested = ingest_path(path)
    assert reason(ingested) == "expands"
    assert "200 MB" in ingested.words("en")


def test_no_more_than_the_allowance_is_inflated(monkeypatch):
    class Endless:
        given = 0

        def read(self, size: int) -> bytes:
            self.given += size
            return bytes(size)

    monkeypatch.setattr(archives, "PIECE", 1000)
    monkeypatch.setattr(archives, "EXPANDED_BYTES", 5_000)
    allowance, endless = archives.Allowance(), Endless()
    with pytest.raises(archives.RefusedDocument):
        allowance.read(endless, "a.log.gz")
    assert endless.given == 6_000


def test_text_that_grows_in_utf_8_beyond_what_may_be_stored_is_refused(monkeypatch):
    data = gzip.compress("ｱ".encode("cp932") * 2000)  # one byte in CP932, three in UTF-8
    assert ingest_bytes("a.log.gz", data, encoding="cp932").status == "accept"
    monkeypatch.setattr(archives, "STORED_BYTES", 5_000)
    assert reason(ingest_bytes("a.log.gz", data, encoding="cp932")) == "expands"


def mutants(data: bytes, count: int, seed: int = 1) -> list[bytes]:
    """Copies of `data` with bits flipped, cut off, or with pieces of it moved."""
    rng = random.Random(seed)
    made = []
    for _ in range(count):
        copy = bytearray(data)
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(copy))
            match rng.randrange(4):
                case 0:
                    copy[at] ^= 1 << rng.randrange(8)
                case 1:
                    del copy[at : at + rng.randint(1, 40)]
                case 2:
                    copy[at:at] = data[rng.randrange(len(data)) :][: rng.randint(1, 60)]
                case _:
                    copy[at : at + 4] = rng.choice((b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f"))
            copy = copy or bytearray(b"\0")
        made.append(bytes(copy))
    return made


def test_no_mutant_of_a_gzip_is_an_error():
    for data in mutants(GZIP, 200):
        ingested = ingest_bytes("a.log.gz", data)
        assert ingested.status == "accept" or both_languages(ingested)


def test_the_samples_are_read_the_same_in_a_child(tmp_path):
    samples = Path(__file__).parents[2] / "samples"
    for path in samples.glob("*.gz"):
        assert ingest_path(path) == ingest_bytes(path.name, path.read_bytes())
