"""Event logs become text by case, and XML gets no chance to grow or to reach for other files."""

from __future__ import annotations

import gzip

import pytest

from evaluations.documents import Split, ingest_bytes, readers, suggest_splits
from evaluations.documents.xes import DEEPEST, XesError, event_log
from tests.evaluations.documents.test_archives import both_languages, mutants, reason

LOG = """<?xml version="1.0" encoding="{encoding}"?>
<!-- written by a test -->
<x:log xmlns:x="http://www.xes-standard.org/">
<x:global scope="event"><x:string key="concept:name" value="UNKNOWN"/></x:global>
<x:trace>
  <x:string key="concept:name" value="受注 1"/><x:int key="金額" value="500"/>
  <x:event>
    <x:string key="org:resource" value="田中&amp;&#10;佐藤"/>
    <x:date key="time:timestamp" value="2026-04-01T08:00:00+09:00"/>
    <x:string key="concept:name" value="受付"/>
    <x:list key="品目"><x:values><x:string key="第一" value="ポンプ"/></x:values></x:list>
  </x:event>
  <x:event><x:string key="concept:name" value="出荷"/></x:event>
</x:trace>
<x:trace><x:event><x:boolean key="急ぎ" value="true"/></x:event></x:trace>
<x:event><x:string key="concept:name" value="休業"/></x:event>
</x:log>
"""
TEXT = """=== case 受注 1 === 金額=500
2026-04-01T08:00:00+09:00 受付, org:resource=田中& 佐藤, 品目.第一=ポンプ
出荷
=== case 2 ===
急ぎ=true
休業"""


def written(encoding: str = "UTF-8") -> bytes:
    return LOG.format(encoding=encoding).encode(encoding)


@pytest.mark.parametrize(
    ("declared", "found"),
    [
        ("UTF-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("UTF-16", "utf-16-le"),
        ("UTF-16-BE", "utf-16-be"),
        ("Shift_JIS", "cp932"),
        ("EUC-JP", "euc-jp"),
        ("ISO-2022-JP", "iso-2022-jp"),
    ],
)
def test_an_event_log_is_a_line_for_each_case_and_event_whatever_its_encoding(declared, found):
    ingested = ingest_bytes("orders.xes", written(declared))
    assert (ingested.status, ingested.encoding) == ("accept", found)
    assert ingested.documents[0].text == TEXT
    assert ingested.documents[0].document.format == "xes"


def test_a_compressed_event_log_is_the_same_text():
    data = gzip.compress(written())
    assert ingest_bytes("orders.xes.gz", data).documents[0].text == TEXT


def test_an_event_log_is_split_by_case_and_other_texts_are_not():
    ingested = ingest_bytes("orders.xes", written(), split=Split(by="case"))
    assert [one.text.splitlines()[0] for one in ingested.documents] == [
        "=== case 受注 1 === 金額=500",
        "=== case 2 ===",
    ]
    text = b"2026-04-01 case 1\n2026-04-02 case 2"
    assert len(ingest_bytes("a.log", text, split=Split(by="case")).documents) == 1


def test_documents_by_case_are_offered_where_cases_are_long_enough():
    def offered(events: int) -> bool:
        cases = [f"=== case {n} ===\n" + "event, key=value\n" * events for n in range(40)]
        return any(offer.split.by == "case" for offer in suggest_splits("".join(cases)))

    assert offered(100)
    assert not offered(10)


HEAD = '<?xml version="1.0"?>'
LAUGHS = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
REFUSED = {
    "a billion laughs": (
        f'{HEAD}<!DOCTYPE log [<!ENTITY l0 "ha">{LAUGHS}]><log a="&l9;"/>',
        "xes_doctype",
    ),
    "another file": (
        f'{HEAD}<!DOCTYPE log [<!ENTITY x SYSTEM "file:///etc/passwd">]><log>&x;</log>',
        "xes_doctype",
    ),
    "a document type elsewhere": (
        f'{HEAD}<!DOCTYPE log SYSTEM "http://127.0.0.1:9/log.dtd"><log/>',
        "xes_doctype",
    ),
    "cut off": (written().decode()[:-30], "xes_damaged"),
    "no XML": ("2026-04-01 08:00 started\n", "xes_damaged"),
    "other XML": (f"{HEAD}<html><body/></html>", "xes_other"),
    "no event": (f"{HEAD}<log><trace/></log>", "xes_no_events"),
    "too deep": (f"{HEAD}<log>{'<list>' * DEEPEST}", "xes_damaged"),
    "unknown encoding": ('<?xml version="1.0" encoding="klingon"?><log/>', "unknown_encoding"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_event_log_is_refused_in_one_sentence(case):
    text, expected = REFUSED[case]
    assert reason(ingest_bytes("a.xes", text.encode())) == expected


def test_other_bytes_than_declared_are_refused_and_a_chosen_encoding_helps():
    data = LOG.format(encoding="UTF-8").encode("cp932")
    assert reason(ingest_bytes("a.xes", data)) == "undecodable"
    assert ingest_bytes("a.xes", data, encoding="cp932").documents[0].text == TEXT
    assert reason(ingest_bytes("a.xes", gzip.compress(written()))) == "kind"


def test_keys_that_repeat_with_all_attributes_below_them_cannot_blow_up_the_text(monkeypatch):
    inside = '<int key="b" value="1"/>' * 500
    data = f'<log><trace><event><list key="{"a" * 1000}">{inside}</list></event></trace></log>'
    assert ingest_bytes("a.xes", data.encode()).status == "accept"
    monkeypatch.setattr(readers, "LARGEST_FILE", 400_000)
    assert reason(ingest_bytes("a.xes", data.encode())) == "archive_expands"
    with pytest.raises(XesError):
        event_log(b"<log>" + b"<trace/>" * 1000 + b"</log>", "utf-8", 1000)


def test_no_mutant_of_an_event_log_is_an_error():
    for data in mutants(written(), 200):
        ingested = ingest_bytes("a.xes", data)
        assert ingested.status == "accept" or both_languages(ingested)
