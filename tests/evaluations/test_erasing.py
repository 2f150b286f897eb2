"""An erased document leaves no byte of its text, and old results that say so."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path

import pytest
from filelock import FileLock
from sqlalchemy import insert, select, update

from evaluations import database as tables
from evaluations import tasks, units
from evaluations.adaptation import Adaptation
from evaluations.database import now
from evaluations.documents import Split, ingest_bytes
from evaluations.documents.ingest import ExtractedDocument
from evaluations.erasing import left_words
from evaluations.errors import LeaseLost, RefusedPlan, UnknownDocument
from evaluations.pair_folders import forget_texts, pair_folder
from evaluations.plan import make_plan
from evaluations.records import DERIVED, Depth, Document, Preset, Reason, RunDocument
from evaluations.scoring import _facts
from evaluations.store import Store
from evaluations.tokens import packed
from evaluations.unlisted import forget_unlisted
from longssm_core.records import LOCK
from longssm_core.tokenizer import ByteTokenizer
from tests.evaluations.queued import (
    LENGTHS,
    describe,
    ingested,
    queue_run,
    some_text,
    work_off,
)


def planned(store: Store, texts: list[str]):
    return chosen(store, store.add_documents(ingested(texts)))


def chosen(store: Store, documents: list[Document]):
    made = make_plan(Preset.MATCHED, Depth.QUICK, documents, lengths=LENGTHS, describe=describe)
    return documents, made


def hits(folder: Path, token: str) -> list[str]:
    """Files of a folder that hold the token, however it is encoded; free pages and logs too."""
    wanted = [token.encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be")]
    return [
        path.name
        for path in folder.rglob("*")
        if path.is_file() and any(one in path.read_bytes() for one in wanted)
    ]


def held_in_tables(store: Store, token: str) -> list[str]:
    """Tables with a value that holds the token: on PostgreSQL there is no file to look into."""
    found = []
    with store.database.read() as connection:
        for table in tables.metadata.sorted_tables:
            for row in connection.execute(select(table)):
                texts = (v if isinstance(v, bytes) else str(v).encode() for v in row)
                if any(token.encode() in text for text in texts):
                    found.append(table.name)
    return found


def test_nothing_of_an_erased_text_is_found_in_any_file_or_table(settings, store):
    token = secrets.token_hex(16)
    secret = f"{some_text(0, 3_000)}\n{token}\n{some_text(1, 3_000)}"
    original = secret.encode("utf-16")
    (document,) = store.add_documents(ingest_bytes("secret.log", original), original)
    (other,) = store.add_documents(ingested([some_text(2, 6_000)]))
    _, made = chosen(store, [document, other])
    run = store.create_run("run", made.plan, made.run_documents)
    stray = store.files.put(packed(ByteTokenizer().read(secret)))  # of a plan never started
    copy, rerun = derived(store, run, document.id, f"{secret}\nmore", made)
    work_off(settings)
    continue_from(store, run, document.id, token)
    assert held_in_tables(store, token) == ["outputs"]
    assert {document.id, document.original_sha256, copy} <= set(hits(settings.data_dir, token))

    erased = store.erase_document(document.id)
    assert (erased.copies, erased.others, erased.ended, erased.log_kept) == (1, 0, 0, False)
    assert erased.losses > 0
    assert hits(settings.data_dir, token) == []
    assert held_in_tables(store, token) == []
    assert not store.files.is_there(stray)
    assert [one.id for one in store.documents()] == [other.id]
    assert losses_left(store, document.id) == losses_left(store, copy) == 0
    assert losses_left(store, other.id) > 0
    assert store.snapshot(rerun).erased == (copy,)


def derived(store: Store, parent: str, origin: str, text: str, made) -> tuple[str, str]:
    """A perturbed copy of a document in a re-run of its own."""
    (extracted,) = ingested([text]).documents
    changes = {"format": DERIVED, "original_sha256": origin}
    document = extracted.document.model_copy(update=changes)
    plan = made.plan.model_copy(update={"parent": parent})
    part = RunDocument(document=document, role="scored", order=0)
    copies = [ExtractedDocument(document, text)]
    return document.id, store.create_run("re-run", plan, [part], derived=copies)


def continue_from(store: Store, run: str, document: str, token: str) -> None:
    """What a model wrote after the document, and what stands there."""
    with store.database.write() as connection:
        task = connection.scalar(select(tables.tasks.c.id).where(tables.tasks.c.run_id == run))
        row = {
            "task_id": task, "item": 0, "run_id": run, "document_id": document, "arm": "a",
            "position": 9, "prompt_tokens": 9, "settings": {}, "generated": token.encode(),
            "reference": token.encode(), "seconds": 1.0, "worker": "w",
            "stored_at": now(connection),
        }  # fmt: skip
        connection.execute(insert(tables.outputs).values(row))


def losses_left(store: Store, document: str) -> int:
    query = select(tables.losses.c.unit).join(tables.tasks)
    with store.database.read() as connection:
        return len(connection.execute(query.where(tables.tasks.c.document_id == document)).all())


def test_a_finished_result_keeps_its_figures_and_says_what_was_erased(settings, store):
    (first, _), made = planned(store, [some_text(0, 6_000), some_text(1, 6_000)])
    run = store.create_run("run", made.plan, made.run_documents)
    while (task := tasks.claim(store.database, "w", 30)) is not None:  # ends without a snapshot
        tasks.finish(store.database, task)
    with store.database.read() as connection:
        assert connection.execute(select(tables.snapshots)).all() == []
    scored = queue_run(store, seed=5)
    work_off(settings)
    (part,) = store.run_documents(scored)
    before = store.snapshot(scored)
    store.erase_document(part.document.id)

    after = store.snapshot(scored)
    assert after == before.model_copy(update={"erased": (part.document.id,)})
    assert after.documents[0].name == part.document.name
    sketches = select(tables.run_documents.c.sketch).where(tables.run_documents.c.run_id == scored)
    with store.database.read() as connection:
        assert connection.scalars(sketches).all() == [None]

    store.erase_document(first.id)
    with store.database.read() as connection:  # it was stored while all of it was there
        stored = connection.scalars(select(tables.snapshots.c.run_id)).all()
    assert run in stored


def test_what_is_queued_on_an_erased_document_ends_with_the_reason_and_the_rest_goes_on(
    settings, store
):
    (first, second), made = planned(store, [some_text(0, 6_000), some_text(1, 6_000)])
    run = store.create_run("run", made.plan, made.run_documents)
    held = tasks.claim(store.database, "worker", 30)  # a probe, of the longest document
    erased = store.erase_document(held.document)
    assert erased.ended > 4
    with pytest.raises(LeaseLost):
        tasks.finish(store.database, held)
    work_off(settings)

    progress = store.progress(run)
    assert progress.status == "done"
    assert {failure.reason.key for failure in progress.failures} == {tasks.DOCUMENT_ERASED}
    left = second if held.document == first.id else first
    assert losses_left(store, left.id) > 0
    store.retry_run(run)  # nothing is left to try again
    assert store.progress(run).status == "done"


def test_an_upload_that_other_documents_come_from_is_kept_and_that_is_said(store):
    upload = some_text(0, 6_000).encode()
    pieces = ingest_bytes("long.log", upload, split=Split(pieces=2))
    first, second = store.add_documents(pieces, upload)
    sha256 = first.original_sha256
    assert store.erase_document(first.id).others == 1
    assert store.files.is_there(sha256)
    assert store.erase_document(second.id).others == 0
    assert not store.files.is_there(sha256)


def test_an_erasure_that_breaks_off_at_the_files_is_finished_later(store, monkeypatch):
    (document,) = store.add_documents(ingested([some_text(0, 2_000)]))

    def away(_sha256: str) -> None:
        raise OSError("the folder is away")

    with monkeypatch.context() as broken:
        broken.setattr(store.files, "erase", away)
        with pytest.raises(OSError, match="away"):
            store.erase_document(document.id)
    assert store.documents() == []
    assert store.files.is_there(document.id)
    assert forget_unlisted(store) == 1
    assert not store.files.is_there(document.id)


def test_an_erased_document_can_be_uploaded_again_and_is_no_part_of_a_plan_until_then(store):
    texts = [some_text(0, 6_000)]
    (document,), made = planned(store, texts)
    store.erase_document(document.id)
    with pytest.raises(RefusedPlan, match="erased"):
        store.create_run("run", made.plan, made.run_documents)
    store.add_documents(ingested(texts))
    assert [one.id for one in store.documents()] == [document.id]
    assert store.snapshot(store.create_run("run", made.plan, made.run_documents)).erased == ()


def test_a_rule_amended_after_erasing_is_applied_to_what_is_left(settings, store):
    run = queue_run(store, documents=3)
    work_off(settings)
    before = store.snapshot(run)
    erased = before.documents[0].id
    store.erase_document(erased)
    store.amend_run(run, {"margin": 0.5}, "asked for")
    after = store.snapshot(run)
    assert after.verdict == before.verdict
    assert after.comparison == before.comparison
    assert after.amended_verdict is not None
    assert (after.erased, len(after.amendments)) == ((erased,), 1)
    with pytest.raises(RefusedPlan, match="erased"):
        store.document_text(erased)


def test_a_result_that_could_not_be_had_again_is_kept_and_the_same_plan_is_a_new_run(
    settings, store
):
    texts = [some_text(0, 6_000), some_text(1, 6_000)]
    (first, second), made = planned(store, texts)
    run = store.start_run("run", made.plan, made.run_documents)
    while (task := tasks.claim(store.database, "w", 30)).document != second.id or (
        task.kind != "score"
    ):
        tasks.release(store.database, task)
        with store.database.write() as connection:  # nothing but that one is to fail
            put_last = tables.tasks.c.id == task.id
            connection.execute(update(tables.tasks).where(put_last).values(priority=-1))
    tasks.fail(store.database, task, Reason(key="task.out_of_memory"))
    work_off(settings)
    before = store.snapshot(run)
    store.erase_document(first.id)
    store.retry_run(run)
    assert store.snapshot(run) == before.model_copy(update={"erased": (first.id,)})

    store.add_documents(ingested(texts))
    again = store.start_run("run", made.plan, made.run_documents)
    assert again != run
    work_off(settings)
    assert store.progress(again).failures == ()
    assert store.snapshot(run) == before
    assert store.start_run("run", made.plan, made.run_documents) == again


def test_the_whole_of_a_part_that_erasing_ended_waits_for_nothing(settings, store, monkeypatch):
    monkeypatch.setattr(units, "PART_TOKENS", units.PREFIX_UNIT)
    texts = [some_text(0, 9_000)]
    (document,), made = planned(store, texts)
    run = store.start_run("run", made.plan, made.run_documents)
    while (task := tasks.claim(store.database, "w", 30)).kind != "part":
        tasks.finish(store.database, task)
    tasks.fail(store.database, task, Reason(key="task.out_of_memory"))
    store.erase_document(document.id)  # ends the other parts
    store.add_documents(ingested(texts))
    store.retry_run(run)
    assert tasks.is_idle(store.database)


def test_facts_of_a_document_that_is_erased_meanwhile_are_not_stored(settings, store):
    run = queue_run(store)
    (part,) = store.run_documents(run)
    tasks.claim(store.database, "one", 60.0)  # the probe comes first
    work = store.work_of(tasks.claim(store.database, "one", 60.0))
    facts = _facts(work)
    store.erase_document(part.document.id)
    store.store_facts(run, part.document.id, *facts)
    assert not store.has_facts(run, part.document.id)


def test_a_document_is_found_by_its_id_or_by_a_name_that_only_it_has(store):
    (first,) = store.add_documents(ingested(["one"], name="same.log"))
    assert store.find_document(first.id) == store.find_document("0-same.log") == first
    store.add_documents(ingested(["two"], name="same.log"))
    with pytest.raises(UnknownDocument, match=first.id):
        store.find_document("0-same.log")
    with pytest.raises(UnknownDocument, match="no-such"):
        store.find_document("no-such")
    with pytest.raises(UnknownDocument, match="same"):
        store.erase_document("0-same.log")  # an id alone: a name may mean another one tomorrow


def test_pairs_trained_on_an_erased_document_lose_all_texts_and_keep_their_weights(settings, store):
    token = secrets.token_hex(16)
    documents = store.add_documents(
        ingested([f"{some_text(0, 3_000)}\n{token}", some_text(1, 900)])
    )
    ids = [one.id for one in documents]
    job = store.request_training("pair", ids, Adaptation(checkpoint="zero-t16", steps=1))
    tasks.claim(store.database, "worker", 30)
    folder = pair_folder(settings, store.job(job).request, ids)
    for place in ("corpus/tokens.npy", "held-out/001-a.txt", "previous/model.safetensors"):
        (folder / place).parent.mkdir(parents=True)
        (folder / place).write_text(token if "model" not in place else "weights")
    with FileLock(folder / LOCK):  # a process that has not heard of it yet
        assert not forget_texts(folder, patience=0)
    waiting = store.request_training("not begun", ids[:1], Adaptation(checkpoint="zero-t16"))

    erased = store.erase_document(ids[0])
    assert (erased.ended, erased.pairs, erased.pairs_left) == (2, (str(folder),), ())
    assert hits(settings.data_dir, token) == []
    assert (folder / "previous" / "model.safetensors").exists()
    assert {store.job(one).reason.key for one in (job, waiting)} == {tasks.DOCUMENT_ERASED}
    (sentence,) = left_words(erased, "ja")
    assert str(folder) in sentence

    shutil.rmtree(folder)  # on another machine, or gone
    again = store.erase_document(ids[0])
    assert again.pairs_left == (() if store.database.is_sqlite else (str(folder),))
    assert again.is_whole == store.database.is_sqlite
