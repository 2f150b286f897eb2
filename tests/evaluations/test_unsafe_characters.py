"""NUL, lone surrogates, bidi controls and terminal escapes are made safe before they are stored."""

from __future__ import annotations

import gzip
import json
import re

import pytest

from evaluations.documents import ingest_bytes
from evaluations.plan import checked_rule
from evaluations.store import Store
from tests.evaluations.documents.office import docx, paragraph, zipped

NASTY = "nul\x00 esc\x1b[2J del\x7f c1\x9b bidi\u202e\u2066 non\ufffe end\n"
IN_XML = "c1\x9b bidi\u202e\u2066 end\n"  # XML itself refuses the others
UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe]")
LOG = "2026-04-01 受注を確認した\n" * 40
XES = f'<log><trace><event><string key="a" value="{IN_XML}"/></event></trace></log>'
NAME = "売上\x00\x1b[31m\u202e\u2066\ud800\udfff\u200b\r\n{}"
FILES = {
    "log": (LOG + NASTY).encode("utf-8"),
    "csv": (LOG + NASTY).encode("utf-16"),
    "jsonl": (f'{json.dumps(LOG)}\n{{}}{NASTY}{{"a": "\\ud800"}}\n').encode(),
    "xes": XES.encode(),
    "docx": docx(paragraph(IN_XML)),
    "log.gz": gzip.compress((LOG + NASTY).encode()),
    "zip": zipped(
        {
            "a\u202eb\x1b[31m/日\u2066報\x7f.log": LOG + NASTY,
            "c.log": b"\xed\xa0\x80" + LOG.encode(),
        }
    ),
}


@pytest.mark.parametrize("ending", FILES)
def test_neither_database_nor_screen_meets_an_unsafe_character(store: Store, ending):
    ingested = ingest_bytes(NAME.format(f".{ending}"), FILES[ending])
    assert ingested.documents
    store.add_documents(ingested)
    stored = store.documents()
    assert {one.id for one in stored} == {one.document.id for one in ingested.documents}
    for document in stored:
        text = store.document_text(document.id)
        assert not UNSAFE.search(text)
        assert not UNSAFE.search(document.name)
        assert "\n" not in document.name
        assert document.name.startswith("売上[31m")
    for language in ("ja", "en"):
        assert not UNSAFE.search(ingested.words(language))


def test_the_characters_are_there_before():
    for ending in FILES:
        assert UNSAFE.search(NAME.format(ending))
    assert all(UNSAFE.search(text) for text in (NASTY, IN_XML))


def test_who_decides_is_named_without_unsafe_characters():
    fields = {"primary_length": 64, "short_length": 16}
    rule = checked_rule({**fields, "decider": f"佐藤\ud800{NASTY}", "date": "\u202e明日"}, (16, 64))
    assert not UNSAFE.search(rule.decider + rule.date)
    assert "\n" not in rule.decider
    assert rule.decider.startswith("佐藤\ufffdnul␀ esc␛[2J")
