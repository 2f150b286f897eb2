"""Notifications on both databases: written once, sent once, to a real mail server and webhook."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import insert, select, update

from evaluations import database as tables
from evaluations import notifications, tasks
from evaluations.commands import notify
from evaluations.database import now
from evaluations.errors import RefusedOption
from evaluations.notifications import (
    PAUSES,
    Courier,
    channel_of,
    deliver_due,
    job_ended,
    mark_seen,
    unseen,
)
from evaluations.settings import load_settings
from evaluations.tasks import NewJob
from tests.evaluations.queued import queue_run, work_off

SECRET = "pa55word"


class Mailbox:
    """What a mail server was given."""

    def __init__(self) -> None:
        self.letters: list[tuple[str, str]] = []

    async def handle_DATA(self, _server, _session, envelope) -> str:  # noqa: N802 (its name there)
        letter = message_from_bytes(envelope.content)
        parts = [part for part in letter.walk() if part.get_content_maintype() == "text"]
        text = "\n".join(part.get_payload(decode=True).decode() for part in parts)
        self.letters.append((str(make_header(decode_header(letter["Subject"]))), text))
        return "250 OK"


@pytest.fixture
def mail() -> Iterator[tuple[str, Mailbox]]:
    mailbox = Mailbox()
    with socket.socket() as free:  # the server looks whether it answers on the port it was given
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Controller(mailbox, hostname="127.0.0.1", port=port)
    server.start()
    yield f"mailto://127.0.0.1:{port}?from=a@example.org&to=b@example.org&mode=insecure", mailbox
    server.stop()


@pytest.fixture
def webhook() -> Iterator[tuple[str, list[dict[str, str]]]]:
    posted: list[dict[str, str]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"json://user:{SECRET}@127.0.0.1:{server.server_port}/hook", posted
    server.shutdown()
    server.server_close()


def writing_to(settings, *addresses: str, after: float = 0.0):
    """The settings with these addresses; everything is long enough to write about."""
    changed = {
        "notify": " ".join(addresses),
        "notify_after_seconds": after,
        "public_url": "https://ab.example.org/",
        "language": "en",
    }
    return settings.model_copy(update=changed)


def finished(settings, store, **options) -> str:
    run = queue_run(store, **options)
    work_off(settings)
    return run


def test_an_evaluation_that_ends_is_announced_once(settings, store):
    run = finished(settings, store)
    store.snapshot(run)
    (one,) = unseen(store.database)
    assert (one.kind, one.state, one.run, one.name) == ("run", "done", run, "a run")
    assert one.outcome == store.snapshot(run).verdict.outcome.value

    mark_seen(store.database, [one.id])
    assert unseen(store.database) == []
    store.snapshot(run)
    assert unseen(store.database) == []


def test_what_was_cancelled_is_known(settings, store):
    run = queue_run(store)
    store.cancel_run(run)
    store.snapshot(run)
    assert unseen(store.database) == []


def test_an_evaluation_whose_tasks_are_parked_is_announced(settings, store):
    run = queue_run(store, size=1_000)
    task = tables.tasks
    with store.database.write() as connection:
        dead = {"state": "running", "lease_owner": "dead", "deaths": tasks.DEATHS_ALLOWED - 1}
        long_ago = now(connection) - timedelta(seconds=1)
        theirs = update(task).where(task.c.kind != "again")
        connection.execute(theirs.values(lease_until=long_ago, **dead))
    work_off(settings)
    (one,) = unseen(store.database)
    assert (one.run, one.state) == (run, "failed")


def test_what_ends_because_its_document_is_erased_is_announced(store):
    run = queue_run(store, size=1_000)
    (part,) = store.run_documents(run)
    pair = NewJob("train", "a pair", {"documents": [part.document.id]}, total=1)
    store.request_job(pair)
    store.erase_document(part.document.id)
    found = {(one.kind, one.name, one.state) for one in unseen(store.database)}
    assert found == {("run", "a run", "failed"), ("train", "a pair", "failed")}


def test_a_report_of_a_paused_evaluation_is_made_and_the_rest_waits(store):
    run = queue_run(store, size=1_000)
    store.pause_run(run)
    job = store.request_report(run, ["json"], "en")
    held = tasks.claim(store.database, "worker", 60.0)
    assert held is not None
    assert (held.id, held.kind) == (job, "report")
    store.pause_run(run)  # once more: the report goes on
    assert tasks.is_held(store.database, held)
    assert tasks.claim(store.database, "worker", 60.0) is None


def test_a_job_of_its_own_is_announced_by_its_name(store):
    with store.database.write() as connection:
        task = connection.execute(
            insert(tables.tasks)
            .values(
                kind="train", name="pair for 営業", state="running", requested_at=now(connection),
                position=0, priority=0, lease_token=0, attempts=1, deaths=0, next_unit=0, units=1,
                done_tokens=0, total_tokens=1,
            )
            .returning(*tables.tasks.c)
        ).one()  # fmt: skip
        job_ended(connection, task, "failed")
    (one,) = unseen(store.database)
    assert (one.kind, one.state, one.run, one.name) == ("train", "failed", None, "pair for 営業")
    assert "営業" in notifications.title(one, "ja")


def test_mail_and_webhook_arrive_once_and_hold_no_text(settings, store, mail, webhook):
    (letters_to, mailbox), (posts_to, posted) = mail, webhook
    run = finished(settings, store)
    sending = writing_to(settings, letters_to, posts_to)
    assert deliver_due(store.database, sending) == 2
    assert deliver_due(store.database, sending) == 0

    ((subject, letter),) = mailbox.letters
    (post,) = posted
    assert subject == "The evaluation “a run” is done"
    link = f"https://ab.example.org/results?lang=en&run={run}"
    for text in (letter, post["message"]):
        assert "Verdict:" in text
        assert link in text.replace("&amp;", "&")
        first_word = store.document_text(store.documents()[0].id).split()[0]
        assert first_word not in text.split()


def test_the_database_knows_no_password(settings, store, webhook):
    finished(settings, store)
    deliver_due(store.database, writing_to(settings, webhook[0]))
    with store.database.read() as connection:
        rows = connection.execute(select(tables.notifications)).all()
    assert channel_of(webhook[0]) in {row.channel for row in rows}
    assert SECRET not in str(rows)


def test_what_ended_soon_is_shown_only(settings, store, webhook):
    finished(settings, store)
    assert deliver_due(store.database, writing_to(settings, webhook[0], after=3_600)) == 0
    assert webhook[1] == []
    assert len(unseen(store.database)) == 1


def test_an_address_that_does_not_answer_is_tried_again_later_and_given_up(settings, store):
    finished(settings, store)
    sending = writing_to(settings, "json://127.0.0.1:9/")
    tried = []

    def refuse(*words: str) -> bool:
        tried.append(words)
        return False

    for attempt in range(1, len(PAUSES) + 1):
        deliver_due(store.database, sending, refuse)
        deliver_due(store.database, sending, refuse)  # too soon
        assert len(tried) == attempt
        with store.database.write() as connection:  # the pause goes by
            note = tables.notifications
            earlier = now(connection) - timedelta(seconds=PAUSES[-1] + 1)
            connection.execute(update(note).values(tried_at=earlier))
    deliver_due(store.database, sending, refuse)
    assert len(tried) == len(PAUSES)
    with store.database.read() as connection:
        states = set(connection.scalars(select(tables.notifications.c.state)))
    assert states == {"sent", "failed"}  # the app's own, and the address


def test_two_senders_send_it_once(settings, store):
    finished(settings, store)
    sending, sent = writing_to(settings, "json://127.0.0.1:9/"), []
    both = threading.Barrier(2)

    def send(*words: str) -> bool:
        sent.append(words)
        return True

    def deliver() -> None:
        both.wait()
        deliver_due(store.database, sending, send)

    threads = [threading.Thread(target=deliver) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sent) == 1


def test_the_courier_sends_by_itself(settings, store, webhook, monkeypatch):
    monkeypatch.setattr(notifications, "COURIER_SECONDS", 0.05)
    finished(settings, store)
    stop, arrived = threading.Event(), webhook[1]
    Courier(store.database, writing_to(settings, webhook[0]), stop).start()
    waited = threading.Event()
    for _ in range(200):
        if arrived:
            break
        waited.wait(0.05)
    stop.set()
    assert len(arrived) == 1


def test_the_command_says_which_address_works_without_its_password(settings, webhook, capsys):
    sending = writing_to(settings, webhook[0], f"json://u:{SECRET}@127.0.0.1:9/")
    assert notify.main(None, sending) == 1
    said = capsys.readouterr().out
    assert "127.0.0.1:9: not sent" in said
    assert said.count(": sent") == 1
    assert SECRET not in said
    with pytest.raises(RefusedOption):
        notify.main(None, settings)


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("notify", "somebody@example.org", "som***"),
        ("public_url", "ab.example.org", "ab.example.org"),
    ],
)
def test_settings_that_cannot_be_used_are_refused_in_words(name, value, shown):
    with pytest.raises(RefusedOption) as refused:
        load_settings(**{name: value})
    for language in ("ja", "en"):
        assert shown in refused.value.words(language)


@pytest.mark.parametrize(
    "address", [f"tgram:/{SECRET}/1", f"me:{SECRET}@host", f"jsons://ok {SECRET}"]
)
def test_no_secret_of_a_wrong_list_of_addresses_is_shown(address):
    with pytest.raises(RefusedOption) as refused:
        load_settings(notify=address)
    assert SECRET not in refused.value.words("en")


def test_a_token_in_the_place_of_a_host_is_not_shown():
    for address in (f"tgram://{SECRET}/1", f"pover://me@{SECRET}", f"slack://{SECRET}/b/c"):
        assert SECRET not in notify.without_secrets(address)
    assert notify.without_secrets(f"mailtos://me:{SECRET}@host?to=x") == "mailtos://host"
