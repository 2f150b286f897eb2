"""What of a file is left out before it is stored: by a worker, by commands, and what is kept."""

from __future__ import annotations

import json

import pytest

from evaluations import ingesting, unlisted
from evaluations.__main__ import main
from evaluations.documents import Masking, ingest_bytes, ingest_path, sandbox
from evaluations.documents.extraction import refused
from evaluations.errors import LeaseLost, RefusedDocument
from evaluations.settings import load_settings
from evaluations.store import open_store
from evaluations.tasks import DEATHS_ALLOWED, claim
from evaluations.wording import say
from tests.evaluations.queued import work_off

LOG = "2026-04-01 佐藤 wrote to a@example.com from 10.0.0.1\n" * 3 + "2026-04-01 pump 3 ok\n" * 90
TABLE = "日時,担当,内容\n" + "2026-04-01,佐藤,点検\n" * 90
BOTH = Masking.of({"kinds": ["mail", "name"], "names": ["佐藤"]})


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "shift.log"
    path.write_text(LOG, encoding="utf-8")
    return path


def kept_files(store) -> list[bytes]:
    return [path.read_bytes() for path in store.files.folder.rglob("*") if path.is_file()]


# --- stored documents ------------------------------------------------------------------------


def test_a_document_says_what_was_left_out_of_it_and_comes_back_so(store):
    ingested = ingest_bytes("a.csv", TABLE.encode(), columns=["日時", "担当"], masking=BOTH)
    (added,) = store.add_documents(ingested)
    assert (added.columns, added.masked) == (("日時", "担当"), ("mail", "name"))
    assert not added.original_kept
    assert store.documents() == [added]
    assert store.document_text(added.id).splitlines()[:2] == ["日時,担当", "2026-04-01,[name-1]"]


def test_columns_of_a_file_that_is_no_table_are_not_said_of_its_document(store):
    (added,) = store.add_documents(ingest_bytes("a.log", LOG.encode(), columns=["日時"]))
    assert added.columns is None
    assert store.document_text(added.id) == LOG.rstrip("\n")


def test_a_column_is_recorded_under_its_own_name_however_it_was_typed(store):
    table = TABLE.replace("担当", "担当 者")
    (added,) = store.add_documents(ingest_bytes("a.csv", table.encode(), columns=["担当　者"]))
    assert added.columns == ("担当 者",)


def test_places_are_counted_over_all_files_of_an_archive_with_one_numbering(tmp_path):
    import zipfile

    path = tmp_path / "logs.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.log", "from a@example.com\n" * 2)
        archive.writestr("b.log", "from b@example.com\nto a@example.com\n")
    ingested = ingest_path(path, masking=Masking.of({"kinds": ["mail"], "names": []}))
    assert dict(ingested.private.masked) == {"mail": 4}
    texts = [one.text for one in ingested.documents]
    assert texts == ["from [mail-1]\nfrom [mail-1]", "from [mail-2]\nto [mail-1]"]


def test_what_rules_would_find_is_said_before_anything_is_masked(log):
    suggested = ingest_path(log, suggest=True)
    assert dict(suggested.private.seen) == {"mail": 3, "ip": 3}
    assert suggested.private.masked == ()
    assert suggested.private.samples[0].found == "a@example.com"
    assert ingest_path(log).private.seen == ()


def test_cells_of_a_table_without_a_header_are_masked_where_its_columns_are_named():
    table = ("佐藤,a@example.com,点検\n" * 20).encode()
    kept = ingest_bytes("a.csv", table, columns=["佐藤", "点検"], masking=BOTH)
    assert kept.documents[0].document.columns == ("[name-1]", "点検")
    refused = ingest_bytes("a.csv", table, columns=["内容"], masking=BOTH)
    assert refused.messages[0].values["found"] == "[name-1], [mail-1], 点検"


def test_the_longest_places_make_no_file_unreadable(tmp_path):
    address = f"a@{'.'.join(['x' * 63] * 7)}.com"
    name = " ".join(["\u00e9" * 2] * 31)
    path = tmp_path / "long.jsonl"
    path.write_text(json.dumps([address, name]), encoding="utf-8")
    found = ingest_path(path, masking=Masking(("mail", "name"), (name,)))
    assert found.status == "accept"
    assert [sample.mark for sample in found.private.samples] == ["[mail-1]", "[name-1]"]


def test_a_child_that_masks_has_more_time(log, monkeypatch):
    limits = []
    monkeypatch.setattr(
        sandbox,
        "_in_child",
        lambda request, *_: (
            limits.append(request)
            or refused("a.log", RefusedDocument("documents.refused.time", file="a.log"))
        ),
    )
    for masking in (None, BOTH):
        ingest_path(log, masking=masking)
    plain, masked = (request["processor_seconds"] for request in limits)
    assert masked == sandbox.MASKING_TAKES * plain


# --- read by a worker ------------------------------------------------------------------------


def test_a_worker_masks_and_keeps_neither_the_upload_nor_the_names(settings, store, log):
    job = store.request_ingest(log, "shift.log", masking=BOTH, keep_original=False)
    assert "佐藤" not in json.dumps(dict(store.job(job).request), ensure_ascii=False)
    work_off(settings)

    found = store.job(job)
    assert (found.state, found.result["masked"]) == ("done", {"mail": 3, "name": 3})
    (document,) = store.documents()
    assert (document.masked, document.original_kept) == (("mail", "name"), False)
    assert kept_files(store) == [store.document_text(document.id).encode()]
    assert "[name-1] wrote to [mail-1] from 10.0.0.1" in store.document_text(document.id)


def test_a_worker_keeps_the_upload_where_that_was_wanted_but_not_the_names(settings, store, log):
    store.request_ingest(log, "shift.log", masking=BOTH, keep_original=True)
    work_off(settings)
    (document,) = store.documents()
    assert document.original_kept
    text = store.document_text(document.id).encode()
    assert sorted(kept_files(store)) == sorted([text, LOG.encode()])


def test_a_worker_stores_the_chosen_columns(settings, store, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(TABLE, encoding="utf-8")
    store.request_ingest(path, "点検.csv", columns=("日時", "内容"))
    work_off(settings)
    (document,) = store.documents()
    assert (document.columns, document.masked) == (("日時", "内容"), ())
    assert "佐藤" not in store.document_text(document.id)


def test_a_cancelled_request_leaves_no_list_of_names(store, log):
    job = store.request_ingest(log, "shift.log", masking=BOTH, keep_original=False)
    assert len(kept_files(store)) == 2
    store.cancel_job(job)
    assert kept_files(store) == []


def test_a_reading_that_breaks_off_leaves_neither_upload_nor_names(
    settings, store, log, monkeypatch
):
    job = store.request_ingest(log, "shift.log", masking=BOTH, keep_original=False)

    def lost(*_):
        raise LeaseLost("task.lease_lost", task=job)

    forget = unlisted.forget_unlisted

    def after_it_was_cancelled(store):
        store.cancel_job(job)
        return forget(store)

    monkeypatch.setattr(ingesting, "list_documents", lost)
    monkeypatch.setattr(unlisted, "forget_unlisted", after_it_was_cancelled)
    work_off(settings)
    assert kept_files(store) == []


def test_a_file_that_cannot_be_read_is_forgotten_with_its_names(settings, store, log, monkeypatch):
    job = store.request_ingest(log, "shift.log", masking=BOTH, keep_original=False)
    monkeypatch.setattr(ingesting, "_read", lambda *_: None)  # as when the system ends the child
    work_off(settings)
    assert store.job(job).state == "failed"
    assert kept_files(store) == []


def test_a_request_that_took_its_workers_with_it_leaves_neither_upload_nor_names(
    settings, store, log
):
    job = store.request_ingest(log, "shift.log", masking=BOTH, keep_original=False)
    for _ in range(DEATHS_ALLOWED):
        claim(store.database, "killed", lease_seconds=-1)
        unlisted.forget_unlisted(store)  # as the next worker does before the lease is over
    work_off(settings)
    unlisted.forget_unlisted(store)  # as the next worker does
    assert store.job(job).reason.key == "task.parked"
    assert kept_files(store) == []


def test_a_request_of_an_earlier_version_is_still_read(settings, store, log):
    from evaluations.tasks import NewJob

    file = store.files.put(log.read_bytes())
    request = {"file": file, "bytes": 9, "name": "a.log", "encoding": None, "split": None}
    job = store.request_job(NewJob("ingest", "a.log", request, 9))
    work_off(settings)
    assert store.job(job).state == "done"
    assert [document.original_kept for document in store.documents()] == [True]


def test_erasing_one_of_two_documents_keeps_the_upload_that_only_the_other_needs(store):
    plain = store.add_documents(ingest_bytes("a.log", LOG.encode()), LOG.encode())
    masked = store.add_documents(ingest_bytes("a.log", LOG.encode(), masking=BOTH))
    store.erase_document(plain[0].id)
    # the upload itself is not masked: nobody but the erased document wanted it kept
    assert kept_files(store) == [store.document_text(masked[0].id).encode()]


def test_an_upload_that_was_kept_goes_when_the_same_text_comes_from_one_that_is_not(store):
    one, other = LOG.encode(), LOG.replace("a@example.com", "b@example.com").encode()
    (first,) = store.add_documents(ingest_bytes("a.log", one, masking=BOTH), one)
    (second,) = store.add_documents(ingest_bytes("b.log", other, masking=BOTH))
    assert first.id == second.id
    assert kept_files(store) == [store.document_text(first.id).encode()]


def test_a_worker_too_takes_away_the_upload_that_a_text_had_before(settings, store, log):
    earlier = LOG.replace("a@example.com", "b@example.com").encode()
    store.add_documents(ingest_bytes("a.log", earlier, masking=BOTH), earlier)
    store.request_ingest(log, "shift.log", masking=BOTH, keep_original=True)
    work_off(settings)
    (document,) = store.documents()
    text = store.document_text(document.id).encode()
    assert sorted(kept_files(store)) == sorted([text, LOG.encode()])


# --- commands --------------------------------------------------------------------------------


@pytest.fixture
def names(tmp_path):
    path = tmp_path / "names.txt"
    path.write_text("佐藤\n", encoding="utf-8-sig")
    return path


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("LONGSSM_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("LONGSSM_LANGUAGE", "en")
    monkeypatch.delenv("LONGSSM_DATABASE_URL", raising=False)


def test_the_command_run_masks_and_says_how_much(folder, log, names, capsys):
    options = ["--mask", "mail,ip", "--mask-names", str(names), "--split", "6", "--no-wait"]
    main(["run", str(log), *options])
    counts = [say(f"documents.masked.{kind}", "en", places=3) for kind in ("mail", "ip", "name")]
    listed = say("documents.masked", "en", file="shift.log", kinds=", ".join(counts))
    assert listed in capsys.readouterr().err
    store = open_store(load_settings())
    assert {document.masked for document in store.documents()} == {("mail", "ip", "name")}
    assert not any("佐藤".encode() in data for data in kept_files(store))
    store.close()


def test_the_command_ingest_shows_what_masking_and_columns_would_make(folder, log, names, capsys):
    assert main(["ingest", str(log), "--json"]) == 0
    plain = json.loads(capsys.readouterr().out)
    assert main(["ingest", str(log), "--json", "--mask-names", str(names)]) == 0
    masked = json.loads(capsys.readouterr().out)
    assert masked["text_sha256"] != plain["text_sha256"]
    assert masked["masked"] == {"name": 3}
    assert "masked" not in plain


@pytest.mark.parametrize(
    ("options", "key"),
    [
        (["--mask", "mail,salary"], "command.option.masks"),
        (["--mask", ","], "command.option.masks"),
        (["--columns", ","], "command.option.columns"),
        (["--mask-names", "nowhere.txt"], "command.option.names_unread"),
    ],
)
def test_options_that_make_no_sense_are_one_sentence(folder, log, capsys, options, key):
    from evaluations.documents import PATTERNS

    assert main(["ingest", str(log), *options]) == 1
    words = {"found": options[1], "file": options[1], "choices": ", ".join(PATTERNS)}
    assert capsys.readouterr().err.strip() == say(key, "en", **words)


def test_a_list_of_names_that_is_too_long_is_refused(folder, log, tmp_path, capsys):
    path = tmp_path / "many.txt"
    path.write_text("\n".join(f"name {n}" for n in range(1_001)), encoding="utf-8")
    assert main(["ingest", str(log), "--mask-names", str(path)]) == 1
    said = say("documents.names.many", "en", file="many.txt", most=1_000, found=1_001)
    assert capsys.readouterr().err.strip() == said
    path.write_text(" \n", encoding="utf-8")
    assert main(["ingest", str(log), "--mask-names", str(path)]) == 1
    assert capsys.readouterr().err.strip() == say(
        "command.option.names_empty", "en", file="many.txt"
    )
