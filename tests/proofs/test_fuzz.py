"""The proof of damaged files, in short, and that it would see readers that break."""

from __future__ import annotations

import time

import pytest

from evaluations.documents import ingest_bytes, readers, texts
from evaluations.documents.cleaning import StoredText
from evaluations.documents.texts import TextWriter
from tests.proofs.fuzz import flaw, forks, outcome
from tests.proofs.mutants import FORMATS, Mutant, mutant, originals

pytest.importorskip("resource", reason="this system has no limits of POSIX")
SEED, MUTANTS = 20, 8 * len(FORMATS)


@pytest.fixture
def forked():
    with forks():
        yield


@pytest.mark.usefixtures("forked")
def test_what_is_damaged_is_valid_to_begin_with():
    for name in FORMATS:
        for data in originals(name):
            made = Mutant(name, f"受注.{'log.gz' if name == 'gz' else name}", data)
            found = outcome(0, made)
            assert found.wrong is None, (name, found)
            assert found.status in ("accept", "warn"), (name, found)


@pytest.mark.usefixtures("forked")
def test_damaged_files_are_answered_with_a_text_or_a_sentence():
    found = [outcome(number, mutant(number, SEED)) for number in range(MUTANTS)]
    assert [one for one in found if one.wrong] == []
    # the damage damages, and leaves enough for the readers to do
    assert {"accept", "partial", "reject"} <= {one.status for one in found}


def test_the_same_number_gives_the_same_mutant_and_goes_the_whole_way():
    made = mutant(7, SEED)
    assert made == mutant(7, SEED) != mutant(20, SEED)
    found = outcome(7, made)
    with forks():
        assert found[1:5] == outcome(7, made)[1:5]


def _raises(source: readers.Source, writer: TextWriter) -> readers.Told:
    raise RuntimeError("broken on purpose")


def _loops(source: readers.Source, writer: TextWriter) -> readers.Told:
    time.sleep(60)
    return readers.Told(None)


def _ends(source: readers.Source, writer: TextWriter) -> readers.Told:
    raise SystemExit(3)


@pytest.mark.usefixtures("forked")
@pytest.mark.parametrize(
    ("reader", "wrong"), [(_raises, "crash"), (_ends, "crash"), (_loops, "hang")]
)
def test_a_reader_that_breaks_is_seen(monkeypatch, reader, wrong):
    monkeypatch.setitem(readers.READERS, ".log", reader)
    made = Mutant("log", "a.log", originals("log")[0])
    assert outcome(0, made, wall_seconds=1).wrong == wrong


@pytest.mark.usefixtures("forked")
def test_a_text_that_is_not_safe_to_store_is_seen(monkeypatch):
    monkeypatch.setattr(texts, "stored_text", lambda text: StoredText(text, 0))
    found = outcome(0, Mutant("log", "a.log", b"one \x1b[31mline\n" * 99))
    assert found.wrong == "a text or a name that is not safe to store"


@pytest.mark.usefixtures("forked")
def test_a_reader_that_takes_too_much_memory_is_ended_and_counted(monkeypatch):
    monkeypatch.setitem(readers.READERS, ".log", lambda *_: bytearray(2 * 1024**3))
    found = outcome(0, Mutant("log", "a.log", b"line\n"))
    assert (found.at_memory_limit, found.wrong, found.status) == (True, None, "reject")


def test_an_answer_that_names_no_file_is_seen(monkeypatch):
    ingested = ingest_bytes("a.log", b"")
    assert flaw(ingested, "a.log") is None
    assert flaw(ingested, "b.log") is not None
    monkeypatch.setattr("evaluations.documents.ingest.say", lambda *_, **__: "It does not work.")
    assert flaw(ingested, "a.log") == "no sentence that names the file"
