"""Telling people that something long has ended: in the app, and by mail or webhook.

`run_ended` and `job_ended` write a row inside the transaction that stores the end, so nothing
ends unheard and nothing is announced that did not end. The app shows it (`unseen`, `mark_seen`).
Who sends (`Courier`, beside a supervisor) makes a row for every address of it, and `deliver_due`
sends those: one is claimed by counting up its attempts, so two senders never send it at the same
time, and one that dies is followed by another after a pause. A message holds the evaluation's name
and its verdict, never text of a document.

Addresses are those of Apprise, such as `mailtos://...` or `jsons://...`. They hold passwords, so
the database keeps a fingerprint of the address only.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.engine import Row

from evaluations import database as tables
from evaluations.database import Database, is_outage, now
from evaluations.records import Snapshot
from evaluations.settings import Settings
from evaluations.wording import Language, say

IN_APP = "app"
JOBS = ("train", "report", "ingest")  # that a person has asked for and waits for
PAUSES = (0, 60, 300, 1_800, 7_200)  # seconds before each attempt to send
NEWS = timedelta(days=1)  # what ended earlier is not written about any more
COURIER_SECONDS = 5.0  # between two looks for what is to be sent
SHOWN = 3  # in the app at the same time

Send = Callable[[str, str, str], bool]  # address, title, body -> whether it arrived
log = logging.getLogger("longssm.notifications")


@dataclass(frozen=True)
class Ended:
    """Something that has ended and that nobody has looked at since."""

    id: int
    kind: str  # run or the kind of a job
    state: str  # done or failed
    run: str | None
    name: str
    outcome: str | None  # of a run's verdict
    at: datetime


def run_ended(connection: Connection, found: Snapshot) -> None:
    """Announce an evaluation that is done or has failed, inside the transaction that stores it.

    Re-runs on perturbed documents are part of another one, and what was cancelled is known.
    """
    if found.status not in ("done", "failed") or found.plan.parent is not None:
        return
    values = {"state": found.status, "outcome": found.verdict.outcome.value}
    began = datetime.fromisoformat(found.created)
    _announce(connection, began, kind="run", run_id=found.run, values=values)


def job_ended(connection: Connection, task: Row[Any], state: str) -> None:
    """The same for a job of its own: a row of tasks that is done or has failed."""
    if task.kind in JOBS:
        values = {"state": state, "outcome": None}
        _announce(connection, task.requested_at, kind=task.kind, task_id=task.id, values=values)


def _announce(
    connection: Connection, began: datetime, kind: str, values: dict[str, Any], **of: object
) -> None:
    present = now(connection)
    row = {
        "created_at": present,
        "channel": IN_APP,
        "state": "queued",
        "attempts": 0,
        "kind": kind,
        "values": {**values, "seconds": (present - began).total_seconds()},
        **of,
    }
    connection.execute(insert(tables.notifications).values(row))


def channel_of(address: str) -> str:
    """How an address is called in the database: it cannot be read back from that."""
    return hashlib.sha256(address.encode()).hexdigest()[:16]


# --- in the app -------------------------------------------------------------------------------


def unseen(database: Database) -> list[Ended]:
    """What has ended unseen, the last first, at most SHOWN."""
    note = tables.notifications
    query = _with_names().where(note.c.channel == IN_APP, note.c.seen_at.is_(None))
    with database.read() as connection:
        rows = connection.execute(query.order_by(note.c.id.desc()).limit(SHOWN)).all()
    return [_ended(row) for row in rows]


def mark_seen(database: Database, ids: Sequence[int]) -> None:
    """Show these no longer."""
    note = tables.notifications
    with database.write() as connection:
        present = now(connection)
        connection.execute(update(note).where(note.c.id.in_(ids)).values(seen_at=present))


def _with_names() -> Any:
    note, run, task = tables.notifications, tables.runs, tables.tasks
    return (
        select(note, run.c.name.label("run_name"), task.c.name.label("task_name"))
        .outerjoin(run, run.c.id == note.c.run_id)
        .outerjoin(task, task.c.id == note.c.task_id)
    )


def _ended(row: Row[Any]) -> Ended:
    name = row.run_name or row.task_name or ""
    values = row._mapping["values"]
    return Ended(
        row.id, row.kind, values["state"], row.run_id, name, values["outcome"], row.created_at
    )


# --- by mail and webhook ----------------------------------------------------------------------


def title(ended: Ended, language: Language) -> str:
    """What happened, on one line."""
    return say(f"notify.{ended.kind}.{ended.state}", language, name=ended.name)


def body(ended: Ended, settings: Settings) -> str:
    """The verdict in a word, and where the rest is."""
    language = settings.language
    lines = [title(ended, language)]
    if ended.outcome is not None and ended.state == "done":
        outcome = say(f"results.outcome.{ended.outcome}", language)
        lines.append(say("notify.outcome", language, outcome=outcome))
    if settings.public_url:
        fields = {"lang": language, **({"run": ended.run} if ended.run else {})}
        page = "results" if ended.run else ""
        lines.append(f"{settings.public_url.rstrip('/')}/{page}?{urlencode(fields)}")
    return "\n".join(lines)


def deliver_due(database: Database, settings: Settings, send: Send | None = None) -> int:
    """Send what is due to the addresses of these settings; how many arrived."""
    if settings.addresses:
        _address(database, settings)
    arrived = 0
    for address in settings.addresses:
        for row in _due(database, channel_of(address)):
            if not _claim(database, row):
                continue  # another sender was faster
            ended = _ended(row)
            words = title(ended, settings.language), body(ended, settings)
            is_sent = (send or send_by_apprise)(address, *words)
            _keep(database, row, is_sent)
            arrived += is_sent
    return arrived


def send_by_apprise(address: str, title: str, body: str) -> bool:
    """Send one message; False: it was not taken, or the address is none."""
    import apprise  # only here: it takes a second, and pages do not send

    sender = apprise.Apprise()
    return bool(
        sender.add(address)
        and sender.notify(title=title, body=body, body_format=apprise.NotifyFormat.TEXT)
    )


class Courier:
    """A thread that sends what is due, beside a supervisor that keeps workers."""

    def __init__(self, database: Database, settings: Settings, stop: threading.Event) -> None:
        self._database = database
        self._settings = settings
        self._stop = stop

    def start(self) -> None:
        """Begin, where there is an address to send to."""
        if self._settings.addresses:
            threading.Thread(target=self._run, name="courier", daemon=True).start()

    def _run(self) -> None:
        while not self._stop.wait(COURIER_SECONDS):
            try:
                deliver_due(self._database, self._settings)
            except Exception as error:  # whatever one message does, the workers go on
                if is_outage(error):
                    log.warning("notifications wait for the database")
                else:
                    log.warning("a notification was not sent: %s", type(error).__name__)


def _address(database: Database, settings: Settings) -> None:
    """A row for every address of what ended lately and took long; each event once."""
    note = tables.notifications
    news = (note.c.channel == IN_APP) & (note.c.state == "queued")
    with database.read() as connection:
        if connection.execute(select(note.c.id).where(news).limit(1)).first() is None:
            return
    with database.write() as connection:
        present = now(connection)
        found = update(note).where(news).values(state="sent").returning(*note.c)
        for row in connection.execute(found).all():
            values = row._mapping["values"]
            if row.created_at > present - NEWS and values["seconds"] >= (
                settings.notify_after_seconds
            ):
                event = {"kind": row.kind, "run_id": row.run_id, "task_id": row.task_id}
                event |= {"values": values, "created_at": present, "state": "queued", "attempts": 0}
                for address in settings.addresses:
                    channel = channel_of(address)
                    connection.execute(insert(note).values(channel=channel, **event))


def _due(database: Database, channel: str) -> list[Row[Any]]:
    note = tables.notifications
    query = _with_names().where(note.c.channel == channel, note.c.state == "queued")
    with database.read() as connection:
        present = now(connection)
        rows = connection.execute(query.order_by(note.c.id)).all()
    return [row for row in rows if _due_at(row) <= present]


def _due_at(row: Row[Any]) -> datetime:
    last: datetime = row.tried_at or row.created_at
    return last + timedelta(seconds=PAUSES[row.attempts])


def _claim(database: Database, row: Row[Any]) -> bool:
    """Count the attempt, if nobody else has; the last one leaves the queue with it."""
    note = tables.notifications
    attempts = row.attempts + 1
    state = "failed" if attempts == len(PAUSES) else "queued"
    with database.write() as connection:
        claimed = connection.execute(
            update(note)
            .where(note.c.id == row.id, note.c.attempts == row.attempts)
            .values(attempts=attempts, tried_at=now(connection), state=state)
            .returning(note.c.id)
        ).first()
    return claimed is not None


def _keep(database: Database, row: Row[Any], is_sent: bool) -> None:
    note = tables.notifications
    if not is_sent:
        log.warning("notification %d was not taken (attempt %d)", row.id, row.attempts + 1)
    values = {"state": "sent", "last_error": None} if is_sent else {"last_error": "not taken"}
    with database.write() as connection:
        connection.execute(update(note).where(note.c.id == row.id).values(**values))
