"""Columns and masking on the Data page: seen and decided before anything is stored."""

from __future__ import annotations

import pytest

from evaluations.documents import ingest_bytes, places_in_words
from evaluations.wording import say

BOX = "0" * 32
LOG = (
    """2026-04-01 08:00 佐藤 花子 logged in from 10.20.30.40
2026-04-01 08:05 mail sent to hanako.sato@example.co.jp
2026-04-01 08:09 call back 03-1234-5678
2026-04-01 08:12 hanako.sato@example.co.jp answered
"""
    + "2026-04-01 08:30 pump 3 pressure 0.42 MPa\n" * 40
)
TABLE = "日時,担当,内容\n" + "".join(
    f'2026-04-{day:02d},佐藤,"点検, {day} 回目"\n' for day in range(1, 29)
)


@pytest.fixture
def dropped(settings):
    """Files that have arrived in the box."""
    from uploads import Box

    box = Box(settings.data_dir / "uploads", BOX)
    count = 0

    def drop(name: str, data: bytes) -> None:
        nonlocal count
        count += 1
        box.begin(f"{count:08x}", name, len(data), 0)
        box.append(f"{count:08x}", data)
        box.finish(f"{count:08x}")

    return drop


def stored_files(store) -> list[bytes]:
    return [path.read_bytes() for path in store.files.folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("language", ["ja", "en"])
def test_personal_data_is_counted_before_it_is_masked_and_shown_when_it_is(
    open_page, dropped, store, language
):
    dropped("shift.log", LOG.encode())
    screen = open_page("data", language, box=BOX)
    found = places_in_words({"mail": 2, "phone": 1, "ip": 1}, language)
    assert say("app.data.mask.seen", language, kinds=found) in screen.text

    screen.test.checkbox(key="mask_mail").check().run()
    assert (
        say("app.data.mask.done", language, kinds=places_in_words({"mail": 2}, language))
        in screen.text
    )
    left = places_in_words({"phone": 1, "ip": 1}, language)
    assert say("app.data.mask.left", language, kinds=left) in screen.text
    assert "<del>hanako.sato@example.co.jp</del> <ins>[mail-1]</ins>" in screen.text
    assert "mail sent to [mail-1]" in screen.test.code[0].value

    screen.test.text_area(key="mask_names").set_value("佐藤 花子").run()
    assert "[name-1] logged in" in screen.test.code[0].value
    partly = say("app.data.store.partly", language, documents=99).split("99")[0]
    assert screen.buttons["store_files"].startswith(partly)
    screen.press("store_files")
    kinds = places_in_words({"mail": 2, "name": 1}, language)
    masked = say("app.data.stored.masked", language, kinds=kinds)
    assert masked in screen.text
    assert say("app.data.stored.not_kept", language) in screen.text
    documents = store.documents()
    text = "".join(store.document_text(document.id) for document in documents)
    assert "hanako" not in text
    assert "佐藤" not in text
    assert "10.20.30.40" in text  # was not ticked
    assert {document.masked for document in documents} == {("mail", "name")}
    assert not any(document.original_kept for document in documents)
    assert not any(b"hanako" in data for data in stored_files(store))


def test_the_file_as_it_was_is_stored_only_where_that_is_ticked(open_page, dropped, store):
    dropped("shift.log", LOG.encode())
    screen = open_page("data", box=BOX)
    screen.test.checkbox(key="mask_mail").check().run()
    screen.test.checkbox(key="mask_original").check().run()
    assert say("app.data.mask.original.kept", "ja") in screen.text
    screen.press("store_files")
    assert say("app.data.stored.not_kept", "ja") not in screen.text
    assert all(document.original_kept for document in store.documents())
    assert LOG.encode() in stored_files(store)


def test_what_is_masked_is_asked_no_second_time_for_the_next_files(open_page, dropped, store):
    dropped("shift.log", LOG.encode())
    screen = open_page("data", box=BOX)
    screen.test.checkbox(key="mask_ip").check().run()
    screen.press("store_files")
    dropped("other.log", LOG.replace("pump", "valve").encode())
    screen.test.run()
    assert screen.test.checkbox(key="mask_ip").value
    assert "[ip-1]" in screen.test.code[0].value


def test_nothing_is_stored_while_the_list_of_names_cannot_be_used(open_page, dropped, store):
    dropped("shift.log", LOG.encode())
    screen = open_page("data", box=BOX)
    screen.test.text_area(key="mask_names").set_value("名" * 101).run()
    assert screen.test.button(key="store_files").disabled
    values = {"file": say("documents.mask.name", "ja"), "name": "名" * 24, "most": 100}
    assert say("documents.names.long", "ja", **values) in screen.text


def test_columns_of_a_table_are_offered_and_the_table_is_stored_with_the_chosen_ones(
    open_page, dropped, store
):
    dropped("inspection.csv", TABLE.encode("cp932"))
    screen = open_page("data", box=BOX)
    columns = screen.test.pills(key="columns_00000001")
    assert columns.options == columns.value == ["日時", "担当", "内容"]
    columns.set_value(["日時", "内容"]).run()
    assert "佐藤" not in screen.test.code[0].value
    assert '2026-04-01,"点検, 1 回目"' in screen.test.code[0].value
    screen.press("store_files")
    documents = store.documents()
    text = "\n".join(store.document_text(document.id) for document in reversed(documents))
    assert "佐藤" not in text
    assert {document.columns for document in documents} == {("日時", "内容")}
    assert not any("佐藤".encode("cp932") in data for data in stored_files(store))


def test_a_table_is_kept_whole_beside_its_columns_only_where_that_is_ticked(
    open_page, dropped, store
):
    dropped("inspection.csv", TABLE.encode("cp932"))
    screen = open_page("data", box=BOX)
    assert not [box for box in screen.test.checkbox if box.key == "mask_original"]
    screen.test.pills(key="columns_00000001").set_value(["日時", "内容"]).run()
    screen.test.checkbox(key="mask_original").check().run()
    screen.press("store_files")
    assert TABLE.encode("cp932") in stored_files(store)


def test_what_was_left_out_stays_so_when_another_encoding_was_tried_in_vain(open_page, dropped):
    dropped("inspection.csv", TABLE.encode("cp932"))
    screen = open_page("data", box=BOX)
    screen.test.pills(key="columns_00000001").set_value(["内容"]).run()
    screen.test.selectbox(key="encoding_00000001").set_value("utf-8").run()
    assert not screen.test.exception
    assert not screen.test.pills
    screen.test.selectbox(key="encoding_00000001").set_value("cp932").run()
    assert screen.test.pills(key="columns_00000001").value == ["内容"]
    assert screen.test.code[0].value.startswith("内容\n")


def test_hostile_names_of_columns_and_places_stay_text(open_page, dropped):
    header = "a](http://evil.example/x.png),<img src=x>,*c*\n"
    dropped("hostile.csv", (header + "<b>x@example.com</b>,1,2\n" * 200).encode())
    screen = open_page("data", box=BOX)
    screen.test.checkbox(key="mask_mail").check().run()
    assert "<img" not in screen.text.replace(screen.test.code[0].value, "")
    assert "&lt;b&gt;" in screen.text
    labels = screen.test.pills(key="columns_00000001").options
    assert all("\\" in label or "&lt;" in label for label in labels)


def test_how_documents_were_prepared_is_listed_with_them(open_page, store):
    from evaluations.documents import Masking

    masking = Masking.of({"kinds": ["mail"], "names": []})
    ingested = ingest_bytes("shift.log", LOG.encode(), masking=masking)
    store.add_documents(ingested)
    screen = open_page("data", "en")
    (table,) = screen.data("longssm_documents")
    assert say("app.data.column.prepared", "en") in table["labels"]["columns"]
    prepared = say("app.data.prepared.masked", "en", kinds=say("documents.mask.mail", "en"))
    assert prepared in table["rows"][0]["cells"]


@pytest.fixture
def large(monkeypatch, settings):
    """Any file is one that a worker reads; nobody does here."""
    from components import files_at_work

    monkeypatch.setattr(files_at_work, "LARGE_BYTES", 1_000)
    monkeypatch.setattr(files_at_work, "ensure_worker", lambda settings: None)


def test_of_a_large_file_the_beginning_is_seen_and_the_worker_gets_what_was_decided(
    open_page, dropped, store, large
):
    dropped("inspection.csv", TABLE.encode("utf-16"))
    screen = open_page("data", box=BOX)
    screen.test.pills(key="columns_00000001").set_value(["日時", "担当"]).run()
    screen.test.text_area(key="mask_names").set_value("佐藤").run()
    assert "2026-04-01,[name-1]" in screen.test.code[0].value
    assert (
        say("app.data.mask.done.large", "ja", kinds=places_in_words({"name": 28}, "ja"))
        in screen.text
    )
    screen.press("start_00000001")
    (job,) = store.jobs("ingest")
    wanted = {name: job.request[name] for name in ("columns", "masking", "keep_original")}
    assert wanted == {"columns": ["日時", "担当"], "masking": ["name"], "keep_original": False}
    assert store.files.is_there(job.request["names"])


def test_a_large_packed_file_says_that_it_cannot_be_seen_before(open_page, dropped, large):
    import gzip
    import os

    dropped("inspection.csv.gz", gzip.compress(os.urandom(2_000)))
    screen = open_page("data", box=BOX)
    assert say("app.data.large.unseen", "ja") in screen.text
    assert not screen.test.pills
    screen.test.checkbox(key="mask_mail").check().run()
    assert not screen.test.checkbox(key="mask_original").value  # it is asked here as well
    assert not screen.test.exception


def test_the_beginning_of_a_large_file_is_where_the_next_process_would_remove_it(
    open_page, dropped, monkeypatch
):
    import reading
    from components import files_at_work

    from evaluations.documents import texts

    read, places = reading._ingested, []

    def seen(upload, path, *rest, **more):
        places.append(path.parent)
        return read(upload, path, *rest, **more)

    monkeypatch.setattr(reading, "_ingested", seen)
    monkeypatch.setattr(files_at_work, "LARGE_BYTES", 1_000)
    dropped("shift.log", LOG.encode())
    open_page("data", box=BOX)
    assert places
    assert all(texts._SCRATCH.fullmatch(place.name) and not place.exists() for place in places)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_what_is_counted_in_a_large_file_is_not_said_to_be_all(
    open_page, dropped, monkeypatch, language
):
    import gzip

    from components import files_at_work

    monkeypatch.setattr(files_at_work, "LARGE_BYTES", 50)
    dropped("packed.log.gz", gzip.compress(LOG.encode()))
    screen = open_page("data", language, box=BOX)
    screen.test.checkbox(key="mask_mail").check().run()
    assert say("app.data.mask.none.large", language) in screen.text
    assert say("app.data.mask.none", language) not in screen.text
    dropped("shift.log", LOG.encode())
    screen.test.run()
    kinds = places_in_words({"mail": 2}, language)
    assert say("app.data.mask.done.large", language, kinds=kinds) in screen.text
