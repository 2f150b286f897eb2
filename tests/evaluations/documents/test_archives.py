"""Files inside compressed files are read like files of their own, and nothing grows without end."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import random
import zipfile
from pathlib import Path

import pytest

from evaluations.documents import Split, archives, ingest_bytes, ingest_json, ingest_path, sandbox
from evaluations.documents.names import is_member_name, member_name
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
    "cut off": ("a.log.gz", GZIP[:-9], "archive_damaged"),
    "nothing but a head": ("a.log.gz", GZIP[:3], "archive_damaged"),
    "something behind it": ("a.log.gz", GZIP + b"more", "archive_damaged"),
    "another sum": ("a.log.gz", GZIP[:-8] + bytes(8), "archive_damaged"),
    "no gzip": ("a.log.gz", LOG.encode(), "archive_damaged"),
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
    assert reason(ingested) == "archive_nested"


def test_a_bomb_is_refused_before_it_is_large(tmp_path):
    """One that holds 300 MB in 300 kB, in a process of its own as an upload is."""
    path = tmp_path / "bomb.log.gz"
    with gzip.open(path, "wb", compresslevel=1) as stream:
        for _ in range(300):
            stream.write(bytes(1_000_000))
    assert path.stat().st_size < 2_000_000
    ingested = ingest_path(path, largest_text=100 * 1024 * 1024)
    assert reason(ingested) == "archive_expands"
    assert "100 MB" in ingested.words("en")


def test_no_more_than_the_allowance_is_inflated(monkeypatch):
    class Endless:
        given = 0

        def read(self, size: int) -> bytes:
            self.given += size
            return bytes(size)

    monkeypatch.setattr(archives, "PIECE", 1000)
    monkeypatch.setattr(archives, "EXPANDED_BYTES", 5_000)
    allowance, endless = archives.Allowance(Path()), Endless()
    with pytest.raises(archives.RefusedDocument):
        allowance.read(endless, "a.log.gz")
    assert endless.given == 6_000


def test_text_that_grows_in_utf_8_beyond_what_may_be_stored_is_refused(monkeypatch):
    text = "ｱ".encode("cp932") * 2000  # one byte in CP932, three in UTF-8
    data = zipped([("a.log", text)])
    assert ingest_bytes("z.zip", data, encoding="cp932").status == "accept"
    monkeypatch.setattr(archives, "STORED_BYTES", 5_000)
    assert reasons(ingest_bytes("z.zip", data, encoding="cp932")) == {
        "z.zip › a.log": "archive_expands"
    }
    # one text that was packed alone has the limit of plain texts
    alone = ingest_bytes("a.log.gz", gzip.compress(text), encoding="cp932")
    assert alone.documents[0].document.bytes == 6000


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
    for path in (*samples.glob("*.gz"), *samples.glob("*.zip")):
        assert ingest_path(path) == ingest_bytes(path.name, path.read_bytes())


# --- zip ---------------------------------------------------------------------------------------

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
Files = list[tuple[str, bytes]]


def zipped(files: Files, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files:
            archive.writestr(zipfile.ZipInfo(name), data, compress_type=method)
    return buffer.getvalue()


def encrypted(data: bytes) -> bytes:
    """A zip whose only file says that it is encrypted, in its own head and in the list."""
    changed = bytearray(data)
    changed[6] |= 1
    changed[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(changed)


def texts_of(ingested) -> dict[str, str]:
    return {one.document.name: one.text for one in ingested.documents}


def reasons(ingested) -> dict[str, str]:
    """Why each refused file in an archive was refused."""
    for member in filter(lambda member: member.messages, ingested.members):
        both_languages(member)
    return {
        member.file: member.message.key.removeprefix("documents.refused.")
        for member in ingested.members
        if member.status == "reject"
    }


def test_a_zip_is_read_as_the_files_in_it_also_in_archives_inside(tmp_path):
    inner = zipped([("b.csv", LOG.encode("cp932")), ("c.log.gz", GZIP)])
    data = zipped([("a.log", LOG.encode()), ("day 1.zip", inner)])
    path = tmp_path / "id"
    path.write_bytes(data)
    ingested = ingest_path(path, name="logs.zip")
    assert ingested == ingest_bytes("logs.zip", data)
    assert (ingested.status, ingested.encoding, ingested.bytes) == ("accept", None, len(data))
    assert texts_of(ingested) == {
        "logs.zip › a.log": LOG,
        "logs.zip › day 1.zip › b.csv": LOG,
        "logs.zip › day 1.zip › c.log.gz": LOG,
    }
    documents = [one.document for one in ingested.documents]
    assert [document.encoding for document in documents] == ["utf-8", "cp932", "utf-8"]
    assert [document.format for document in documents] == ["log", "csv", "log"]
    original = hashlib.sha256(data).hexdigest()
    assert {document.original_sha256 for document in documents} == {original}
    assert [member.bytes for member in ingested.members] == [
        len(LOG.encode()),
        len(LOG.encode("cp932")),
        len(LOG.encode()),
    ]


def test_a_file_in_a_zip_that_cannot_be_read_stops_no_other(tmp_path):
    link = zipfile.ZipInfo("link.log")
    link.external_attr = 0o120777 << 16
    buffer = io.BytesIO(
        zipped(
            [("photo.png", PICTURE), ("fake.log", PICTURE), ("folder/", b""), ("good.log", b"a")]
        )
    )
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(link, "/etc/passwd")
        archive.writestr("__MACOSX/._good.log", PICTURE)
        archive.writestr("other.log", LOG, compress_type=zipfile.ZIP_BZIP2)
        archive.writestr("empty.log", b"")
        archive.writestr("inner.zip", encrypted(zipped([("secret.log", b"secret")])))
        archive.writestr("broken.zip", zipped([("a.log", LOG.encode())])[:-30])
    path = tmp_path / "mixed.zip"
    path.write_bytes(buffer.getvalue())
    ingested = ingest_path(path)
    assert ingested.status == "partial"
    assert texts_of(ingested) == {"mixed.zip › good.log": "a"}
    assert reasons(ingested) == {
        "mixed.zip › photo.png": "extension",
        "mixed.zip › fake.log": "kind",
        "mixed.zip › link.log": "not_a_file",
        "mixed.zip › other.log": "zip_method",
        "mixed.zip › empty.log": "empty",
        "mixed.zip › inner.zip › secret.log": "archive_encrypted",
        "mixed.zip › broken.zip": "archive_damaged",
    }
    printed = ingest_json(ingested, "ja")
    assert [member["file"] for member in printed["members"]] == [m.file for m in ingested.members]
    assert printed["message"] == ingested.words("ja")
    assert json.dumps(printed)


def test_a_file_without_a_name_in_a_zip_is_refused_like_one_without_an_ending():
    ingested = ingest_bytes("z.zip", zipped([("", b"text"), ("a.log", b"text")]))
    assert texts_of(ingested) == {"z.zip › a.log": "text"}
    assert reasons(ingested) == {"z.zip › unnamed": "no_extension"}


def test_a_damaged_file_in_a_zip_stops_no_other():
    data = bytearray(zipped([("a.log", LOG.encode()), ("b.log", b"second")], zipfile.ZIP_STORED))
    data[100] ^= 1
    ingested = ingest_bytes("logs.zip", bytes(data))
    assert texts_of(ingested) == {"logs.zip › b.log": "second"}
    assert reasons(ingested) == {"logs.zip › a.log": "archive_damaged"}


BAD_ZIPS = {
    "cut off": (zipped([("a.log", LOG.encode())])[:-10], "archive_damaged"),
    "only the beginning": (zipped([("a.log", LOG.encode())])[:200], "archive_damaged"),
    "no zip": (LOG.encode(), "archive_damaged"),
    "nothing": (b"", "empty"),
    "no file inside": (zipped([]), "empty"),
    "too many files": (zipped([(f"{n}.log", b"a") for n in range(1001)]), "archive_too_many"),
    "a list without end": (b"PK\x01\x02" * 30_000, "archive_too_many"),
}


@pytest.mark.parametrize("case", BAD_ZIPS)
def test_a_zip_that_cannot_be_read_is_refused_in_one_sentence(case):
    data, expected = BAD_ZIPS[case]
    assert reason(ingest_bytes("logs.zip", data)) == expected


def test_names_in_a_zip_of_japanese_windows_are_shown_as_they_were_meant():
    plain = zipped([("AAAA/BBBBBBB.log", b"1"), ("CCCC.log", b"2"), ("表.log", b"3")])
    data = plain.replace(b"AAAA", "日報".encode("cp932"))
    data = data.replace(
        b"BBBBBBB", "能力表A".encode("cp932")
    )  # 能 and 表 end in a backslash's byte
    data = data.replace(b"CCCC", b"caf\x82")  # café of a DOS of the West
    assert list(texts_of(ingest_bytes("z.zip", data))) == [
        "z.zip › 日報 › 能力表A.log",
        "z.zip › café.log",
        "z.zip › 表.log",
    ]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.log", "etc › passwd.log"),
        ("/root/.ssh/../a.log", "root › .ssh › a.log"),
        ("C:\\logs\\web\\a.log", "logs › web › a.log"),
        ("1/2/3/4/a.log", "3 › 4 › a.log"),
        ("..\\..\\a.log", "a.log"),
        ("x/inv\u202egol.log", "x › invgol.log"),
        ("a\r\n.log", "a .log"),
    ],
)
def test_names_in_a_zip_are_shown_without_being_paths(tmp_path, name, shown):
    path = tmp_path / "z.zip"
    path.write_bytes(zipped([(name, b"text")]))
    assert texts_of(ingest_path(path)) == {f"z.zip › {shown}": "text"}
    assert [one.name for one in tmp_path.rglob("*")] == ["z.zip"]


def test_a_name_that_a_child_makes_up_is_not_taken():
    assert is_member_name("z.zip", member_name("z.zip", "a/b.log"))
    assert not is_member_name("z.zip", "other.zip › b.log")
    assert not is_member_name("z.zip", "z.zip › a/b.log")
    assert not is_member_name("z.zip", "z.zip › a\u202e.log")


def test_a_bomb_in_a_zip_is_refused_and_the_files_beside_it_are_read(monkeypatch):
    """One that tells its size, and ones that do not: a gzip, and a list that lies."""
    monkeypatch.setattr(archives, "PIECE", 10_000)
    monkeypatch.setattr(archives, "EXPANDED_BYTES", 100_000)
    bomb = bytes(1_000_000)
    data = zipped([("big.log", bomb), ("big.log.gz", gzip.compress(bomb)), ("a.log", b"good")])
    ingested = ingest_bytes("logs.zip", data)
    assert texts_of(ingested) == {"logs.zip › a.log": "good"}
    assert set(reasons(ingested).values()) == {"archive_expands"}
    lying = data.replace((1_000_000).to_bytes(4, "little"), (9).to_bytes(4, "little"))
    assert reasons(ingest_bytes("logs.zip", lying))["logs.zip › big.log"] == "archive_damaged"


def test_what_is_inflated_for_nothing_is_limited_too(monkeypatch):
    monkeypatch.setattr(archives, "PIECE", 10_000)
    monkeypatch.setattr(archives, "EXPANDED_BYTES", 100_000)
    monkeypatch.setattr(archives, "DISCARDED_BYTES", 400_000)
    bomb = gzip.compress(bytes(1_000_000))
    data = zipped([(f"{n}.log.gz", bomb) for n in range(50)] + [("a.log", LOG.encode())])
    ingested = ingest_bytes("logs.zip", data)
    assert set(reasons(ingested).values()) == {"archive_expands"}
    assert len(reasons(ingested)) == 51


def test_zips_are_opened_three_deep_and_files_are_counted_over_all_of_them(monkeypatch):
    data = LOG.encode()
    for name in ("a.log", "3.zip", "2.zip", "1.zip"):
        data = zipped([(name, data), (f"{name}.txt", b"beside it")])
    ingested = ingest_bytes("top.zip", data)
    assert reasons(ingested) == {"top.zip › 1.zip › 2.zip › 3.zip": "archive_nested"}
    assert len(ingested.documents) == 3
    monkeypatch.setattr(archives, "MOST_MEMBERS", 5)
    assert list(reasons(ingest_bytes("top.zip", data)).values()) == ["archive_too_many"]


def test_files_in_many_zips_share_one_allowance(monkeypatch):
    monkeypatch.setattr(archives, "EXPANDED_BYTES", 50_000)
    line = b"2026-04-01 00:00:00 INFO heartbeat\n"
    data = zipped([("a.log", line * (9_000 // len(line)))])
    ingested = ingest_bytes("bomb.zip", zipped([(f"{n}.zip", data) for n in range(8)]))
    assert (ingested.status, len(ingested.documents)) == ("partial", 5)
    assert list(reasons(ingested).values()) == ["archive_expands"] * 3


def test_a_header_with_members_of_another_file_is_not_taken(monkeypatch, tmp_path):
    program = (
        "import json, sys\nsys.stdin.read()\n"
        "one = dict(status='accept', file='other.zip › a.log', bytes=1, notes=[], format='.log',"
        " encoding='utf-8', text_sha256=None, original_sha256=None)\n"
        "print(json.dumps({**one, 'file': 'z.zip', 'members': [one]}))\n"
    )
    (tmp_path / "bad_child.py").write_text(program, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(sandbox, "MODULE", "bad_child")
    path = tmp_path / "z.zip"
    path.write_bytes(zipped([("a.log", b"a")]))
    assert reason(ingest_path(path)) == "crash"


def test_no_mutant_of_a_zip_is_an_error():
    inner = zipped([("c.log", LOG[:200].encode()), ("d.log.gz", gzip.compress(b"text"))])
    data = zipped([("a.log", b"a text"), ("表.csv", b"1,2"), ("b.zip", inner)], zipfile.ZIP_STORED)
    for mutant in mutants(data, 200):
        ingested = ingest_bytes("logs.zip", mutant)
        reasons(ingested)
        assert ingested.status == "accept" or ingested.words("ja").startswith("logs.zip")
