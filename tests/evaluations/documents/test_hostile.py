"""Damaged Word, Excel and PDF files: whatever is in them, a text or a sentence, never an error."""

from __future__ import annotations

import io
import json
import random
import zipfile
from pathlib import Path

import pytest

from evaluations.documents import Ingested, has_own_encoding, ingest_bytes
from evaluations.documents.command import run_ingest
from evaluations.wording import LANGUAGES
from tests.evaluations.documents.office import zipped

SAMPLES = Path(__file__).parents[2] / "samples"
NAMES = ("inspection.docx", "stock.xlsx", "procedure.pdf")
SPLICES = (
    b"<",
    b">",
    b"&",
    b'"',
    b"\x00",
    b"/",
    b"<<",
    b"obj",
    b"99999999999",
    b"-1",
    b"<!DOCTYPE a>",
)


def mutated(data: bytes, rng: random.Random) -> bytes:
    """`data` with up to four places changed, cut out, doubled or spliced."""
    made = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(made))
        stop = at + rng.randint(1, 60)
        change = rng.randrange(5)
        if change == 0:
            made[at] = rng.randrange(256)
        elif change == 1:
            del made[at:stop]
        elif change == 2:
            made[at:at] = made[at:stop]
        elif change == 3:
            made[at:at] = rng.choice(SPLICES)
        elif rng.random() < 0.2:
            del made[at:]
        made = made or bytearray(b"x")
    return bytes(made)


def mutated_part(data: bytes, rng: random.Random) -> bytes:
    """A package of which one part is changed, so that the change gets past its checksum."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = rng.choice(sorted(parts))
    return zipped({**parts, name: mutated(parts[name], rng)})


def check(ingested: Ingested, name: str) -> None:
    if ingested.status == "reject":
        assert ingested.documents == ()
    else:
        assert ingested.documents[0].text.strip()
    assert ingested.original_sha256
    for language in LANGUAGES:
        said = ingested.words(language)
        assert said.startswith(f"{name}: ") or (ingested.status == "accept" and not said)


@pytest.mark.parametrize("name", NAMES)
def test_fifty_damaged_files_of_each_format_give_a_text_or_a_sentence(name):
    data = (SAMPLES / name).read_bytes()
    rng = random.Random(f"damage to {name}")
    refused = 0
    for turn in range(50):
        in_part = turn % 2 and not name.endswith(".pdf")
        ingested = ingest_bytes(name, (mutated_part if in_part else mutated)(data, rng))
        check(ingested, name)
        refused += ingested.status == "reject"
    assert refused > 0  # the damage does damage


def test_the_formats_without_an_encoding_to_choose_are_those_that_report_none():
    for name in (*NAMES, "alarm.log", "orders.csv"):
        encoding = ingest_bytes(name, (SAMPLES / name).read_bytes()).encoding
        assert has_own_encoding(name) == (encoding is None)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_file_that_was_cut_off_is_refused(name, share):
    data = (SAMPLES / name).read_bytes()
    ingested = ingest_bytes(name, data[: int(len(data) * share)])
    assert ingested.message.key == "documents.refused.damaged"


@pytest.mark.parametrize("name", NAMES)
def test_a_file_under_the_name_of_another_format_is_refused(name):
    data = (SAMPLES / name).read_bytes()
    for ending in {".docx", ".xlsx", ".pdf", ".txt"} - {Path(name).suffix}:
        check(refused := ingest_bytes(f"a{ending}", data), f"a{ending}")
        assert refused.message.key in ("documents.refused.other_kind", "documents.refused.kind")


def test_a_refused_file_stops_no_other(tmp_path):
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"PK\x03\x04")
    out, errors = io.StringIO(), io.StringIO()
    code = run_ingest([SAMPLES / NAMES[0], broken, SAMPLES / NAMES[2]], None, "ja", out, errors)
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert (code, [line["status"] for line in lines]) == (0, ["accept", "reject", "accept"])
    assert errors.getvalue().startswith("broken.xlsx: ")
