"""The blind review of an evaluation, stored: who was shown what, what they said, when they ended.

In reading order: `Written` (what both arms wrote), `offer` (whether there is something to review),
`items` (one reviewer's list), `show` (texts of one item, stored as shown), `cast` (a vote),
`finish`; then what is read once somebody has finished: `summary`, `audit` and `audit_csv`. Until
then nothing that a page shows names an arm: `Item` and `Shown` know left and right only. Votes
count when their reviewer has finished, so nobody can watch the figures move. Like `store`, this
module holds queries.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, func, insert, select, update
from sqlalchemy.engine import Row

from evaluations import database as tables
from evaluations import requests
from evaluations.amendments import late_rule
from evaluations.blind_review import Ballot, Placed, Vote, Wrong, placed, summarize
from evaluations.database import insert_once, now
from evaluations.erasing import erased_of
from evaluations.outputs import Output, shown_text
from evaluations.records import Outcome, ReviewSummary, Snapshot
from evaluations.verdict import with_review
from evaluations.wording import Language, say

if TYPE_CHECKING:
    from evaluations.store import Store

FINISHED = "review_end"  # kind of entry: this reviewer's votes are final
LONGEST_NAME, LONGEST_COMMENT = 40, 2_000  # characters
PROMPT_BYTES = 700
Standing = Literal["unfinished", "withheld", "nothing", "waiting", "identical", "ready"]


def reviewer_name(typed: str) -> str:
    """The name under which votes are kept: one writing of it, so that it is found again."""
    return " ".join(unicodedata.normalize("NFKC", typed).split())[:LONGEST_NAME]


# --- what there is to review -----------------------------------------------------------------


class Offer(NamedTuple):
    """Whether an evaluation can be reviewed.

    unfinished, withheld: not this evaluation; nothing: outputs can be asked for; waiting: they are
    being written; identical: both arms wrote the same everywhere; ready.
    """

    standing: Standing
    points: int = 0  # that can be judged
    identical: int = 0  # left out: both wrote the same
    open_tasks: int = 0  # of writing
    tasks: int = 0
    documents: int = 0  # that both have continued


class Pair(NamedTuple):
    """What both arms wrote at one point, by arm, and what really stands there."""

    written: Mapping[str, str]
    reference: str


class Written:
    """What both arms of an evaluation wrote; read when it is first needed, and once.

    A page hands it from one function here to the next: it knows which arm wrote what.
    """

    def __init__(self, store: Store, found: Snapshot) -> None:
        self._store = store
        self._found = found

    @property
    def pairs(self) -> Mapping[tuple[str, int], Pair]:
        """By document and position, where they wrote something different."""
        return self._read[0]

    @property
    def identical(self) -> int:
        """Points at which both wrote the same."""
        return self._read[1]

    @property
    def documents(self) -> int:
        """Documents that both have continued."""
        return self._read[2]

    @cached_property
    def _read(self) -> tuple[dict[tuple[str, int], Pair], int, int]:
        arms = self._found.comparison.arm_a, self._found.comparison.arm_b
        by_point: dict[tuple[str, int], dict[str, Output]] = {}
        for one in requests.outputs(self._store, self._found.run):
            if one.arm in arms:
                by_point.setdefault((one.document, one.position), {})[one.arm] = one
        pairs, identical, documents = {}, 0, set()
        for point, own in by_point.items():
            if len(own) < len(arms):
                continue
            documents.add(point[0])
            written = {arm: own[arm].written_text for arm in arms}
            if written[arms[0]] == written[arms[1]]:
                identical += 1
            else:
                # the longer where they differ: the same whichever arm is A, so it tells no arm
                truth = max((own[arm].reference_text for arm in arms), key=lambda t: (len(t), t))
                pairs[point] = Pair(written, truth)
        return pairs, identical, len(documents)


def offer(store: Store, found: Snapshot, written: Written | None = None) -> Offer:
    """What can be reviewed now.

    Args:
        written: what was read already; None: it is read.
    """
    if found.status != "done" or not found.comparison.arm_b:
        return Offer("unfinished")
    if found.verdict.outcome is Outcome.WITHHELD:
        return Offer("withheld")
    still, tasks = requests.open_outputs(store, found.run)
    if still:
        return Offer("waiting", open_tasks=still, tasks=tasks)
    written = written or Written(store, found)
    if written.pairs:
        documents = written.documents
        return Offer("ready", len(written.pairs), written.identical, documents=documents)
    return Offer("identical" if written.identical else "nothing", identical=written.identical)


# --- one reviewer ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Item:
    """One point in a reviewer's own order; nothing in it tells the arms apart."""

    document: str
    position: int
    vote: Vote | None
    wrong: Wrong | None  # None: not answered
    comment: str


@dataclass(frozen=True)
class Shown:
    """What a reviewer reads of an item, all of it text."""

    name: str  # of the document
    prompt: str
    left: str
    right: str
    reference: str  # what really stands there: no arm wrote it


def items(
    store: Store, found: Snapshot, reviewer: str, written: Written | None = None
) -> list[Item]:
    """This reviewer's items: those that were shown, in their order, then the others in theirs.

    A document that was erased takes its items along.

    Args:
        written: as in `offer`.
    """
    run, pairs = found.run, (written or Written(store, found)).pairs
    order = placed(run, reviewer, pairs, (found.comparison.arm_a, found.comparison.arm_b))
    with store.database.read() as connection:
        rows = _rows(connection, run, reviewer)
    known = {(row.document_id, row.position): row for row in rows}
    points = [point for point in known if point in pairs]
    points += [(one.document, one.position) for one in order if one[:2] not in known]
    return [_item(point, known.get(point)) for point in points]


def _item(point: tuple[str, int], row: Row[Any] | None) -> Item:
    if row is None:
        return Item(*point, vote=None, wrong=None, comment="")
    return Item(*point, vote=row.vote, wrong=row.wrong, comment=row.comment or "")


def show(
    store: Store, found: Snapshot, reviewer: str, item: Item, written: Written | None = None
) -> Shown | None:
    """The texts of an item, and that this reviewer has them in view; None: they were erased.

    Args:
        written: as in `offer`.
    """
    run, pairs = found.run, (written or Written(store, found)).pairs
    point = (item.document, item.position)
    if point not in pairs:
        return None
    arms = found.comparison.arm_a, found.comparison.arm_b
    (sides,) = placed(run, reviewer, [point], arms)
    with store.database.read() as connection:
        row = _shown_before(connection, run, reviewer, sides)
    if row is None:
        with store.database.write() as connection:
            row = _first_shown(connection, run, reviewer, sides)
    part = next(one for one in store.run_documents(run) if one.document.id == item.document)
    prompt = requests.prompt_end(store, part, item.position, PROMPT_BYTES)
    return Shown(
        name=part.document.name,
        prompt=shown_text(prompt),
        left=pairs[point].written[row.left_arm],
        right=pairs[point].written[row.right_arm],
        reference=pairs[point].reference,
    )


def _shown_before(
    connection: Connection, run: str, reviewer: str, sides: Placed
) -> Row[Any] | None:
    """The stored mapping of an item; None: it was not shown yet."""
    table = tables.reviews
    this = (table.c.document_id == sides.document) & (table.c.position == sides.position)
    return connection.execute(select(table).where(_of(run, reviewer), this)).first()


def _first_shown(connection: Connection, run: str, reviewer: str, sides: Placed) -> Row[Any]:
    """The mapping of an item, stored now unless somebody was faster."""
    table = tables.reviews
    number = connection.scalar(select(func.count()).select_from(table).where(_of(run, reviewer)))
    values = {
        "run_id": run,
        "reviewer": reviewer,
        "number": number,
        "document_id": sides.document,
        "position": sides.position,
        "left_arm": sides.left_arm,
        "right_arm": sides.right_arm,
        "shown_at": now(connection),
    }
    insert_once(connection, table, values)
    row = _shown_before(connection, run, reviewer, sides)
    assert row is not None  # it has just been stored, by us or by somebody else
    return row


def cast(
    store: Store, run: str, reviewer: str, item: Item, vote: Vote, wrong: Wrong | None, comment: str
) -> bool:
    """Keep a vote in place of an earlier one; False: it is too late, or the document was erased."""
    table = tables.reviews
    with store.database.write() as connection:
        _one_at_a_time(connection, run)
        gone = item.document in erased_of(connection, run)
        if gone or reviewer in _finished(connection, run):
            return False
        changed = connection.execute(
            update(table)
            .where(_of(run, reviewer), table.c.document_id == item.document)
            .where(table.c.position == item.position)
            .values(
                vote=vote,
                wrong=wrong,
                comment=comment.strip()[:LONGEST_COMMENT] or None,
                voted_at=now(connection),
            )
        )
    return changed.rowcount == 1


def finish(store: Store, run: str, reviewer: str) -> bool:
    """Make this reviewer's votes final and let them count; False: there are none, or they are."""
    with store.database.write() as connection:
        _one_at_a_time(connection, run)
        votes = sum(row.vote is not None for row in _rows(connection, run, reviewer))
        if votes == 0 or reviewer in _finished(connection, run):
            return False
        entry = {
            "run_id": run,
            "kind": FINISHED,
            "key": reviewer,
            "values": {"votes": votes},
            "author": reviewer,
            "entered_at": now(connection),
        }
        connection.execute(insert(tables.entries).values(**entry))
    store.list_outcome(run)
    return True


def finished(store: Store, run: str) -> dict[str, datetime]:
    """Who has finished, and when."""
    with store.database.read() as connection:
        return _finished(connection, run)


def begun(store: Store, run: str) -> list[str]:
    """Who was shown something but has not finished."""
    table = tables.reviews
    with store.database.read() as connection:
        names = connection.scalars(select(table.c.reviewer).where(table.c.run_id == run).distinct())
        done = _finished(connection, run)
        return sorted(name for name in names if name not in done)


def _finished(connection: Connection, run: str) -> dict[str, datetime]:
    of = tables.entries.c
    query = select(of.key, of.entered_at).where(of.run_id == run, of.kind == FINISHED)
    return {row.key: row.entered_at for row in connection.execute(query)}


def _one_at_a_time(connection: Connection, run: str) -> None:
    """Until the transaction ends no other vote of a run is kept or made final (SQLite: at all)."""
    own = select(tables.runs.c.id).where(tables.runs.c.id == run)
    connection.execute(own.with_for_update(key_share=True))


def _of(run: str, reviewer: str) -> ColumnElement[bool]:
    return (tables.reviews.c.run_id == run) & (tables.reviews.c.reviewer == reviewer)


def _rows(connection: Connection, run: str, reviewer: str) -> Sequence[Row[Any]]:
    table = tables.reviews
    query = select(table).where(_of(run, reviewer)).order_by(table.c.number, table.c.id)
    return connection.execute(query).all()


# --- afterwards ------------------------------------------------------------------------------


def reviewed(store: Store, found: Snapshot, until: datetime | None = None) -> Snapshot:
    """A result with its review as it stands, or stood at `until`: the figures, and the verdict."""
    review = summary(store, found, until)
    if review is None:
        return found
    late, amended = found.amended_verdict, late_rule(found.amendments)
    if late is not None and amended is not None:
        late = with_review(late, review, amended.review_margin)
    return found.model_copy(
        update={
            "review": review,
            "verdict": with_review(found.verdict, review, found.plan.rule.review_margin),
            "amended_verdict": late,
        }
    )


def summary(store: Store, found: Snapshot, until: datetime | None = None) -> ReviewSummary | None:
    """What finished reviewers said about the two arms that are compared; None: there are none.

    Args:
        until: those count who had finished then; None: all.
    """
    arms = found.comparison.arm_a, found.comparison.arm_b
    with store.database.read() as connection:
        ends = _finished(connection, found.run)
        done = {name for name, at in ends.items() if until is None or at <= until}
        if not done:
            return None
        table = tables.reviews
        query = select(table).where(table.c.run_id == found.run, table.c.vote.is_not(None))
        rows = connection.execute(query.order_by(table.c.id)).all()
    ballots = [
        Ballot(
            row.reviewer,
            row.document_id,
            row.position,
            row.left_arm,
            row.right_arm,
            row.vote,
            row.wrong,
        )
        for row in rows
        if row.reviewer in done and {row.left_arm, row.right_arm} == set(arms)
    ]
    return summarize(
        ballots,
        *arms,
        {document.id: document.group for document in found.documents},
        Written(store, found).identical,
        found.plan.rule.confidence,
    )


class Audited(NamedTuple):
    """One item as one finished reviewer met it."""

    reviewer: str
    number: int  # from 1
    document: str  # its name
    position: int
    left_arm: str
    right_arm: str
    vote: str | None  # None: shown, and skipped
    wrong: str | None  # None: not answered, or "none" as earlier versions stored it
    comment: str
    shown_at: datetime | None
    voted_at: datetime | None
    reference: str | None  # what really stood there; None: erased since


def audit(store: Store, run: str) -> list[Audited]:
    """Which side was which arm for whom, with vote and times: of finished reviewers only."""
    found = store.snapshot(run)
    names = {one.document.id: one.document.name for one in store.run_documents(run)}
    pairs = Written(store, found).pairs
    with store.database.read() as connection:
        done = _finished(connection, run)
        rows = [row for name in sorted(done) for row in _rows(connection, run, name)]
    return [
        Audited(
            row.reviewer,
            row.number + 1,
            names.get(row.document_id, row.document_id),
            row.position,
            row.left_arm,
            row.right_arm,
            row.vote,
            row.wrong,
            row.comment or "",
            row.shown_at,
            row.voted_at,
            pair.reference if (pair := pairs.get((row.document_id, row.position))) else None,
        )
        for row in rows
    ]


def wrong_words(row: Audited, language: Language) -> str:
    """Where there is wrong information, or that nothing says so; empty: there is no vote."""
    return "" if row.vote is None else say(f"review.wrong.{row.wrong or 'unmarked'}", language)


def audit_csv(store: Store, run: str, language: Language) -> bytes:
    """The same as CSV that Excel opens in any language, times in UTC; no cell is a formula."""
    columns = [name for name in Audited._fields if name != "reference"]
    made = io.StringIO()
    writer = csv.writer(made, lineterminator="\r\n")
    writer.writerow(say(f"review.column.{name}", language) for name in columns)
    for row in audit(store, run):
        said = row._replace(
            vote=say(f"review.vote.{row.vote or 'none'}", language),
            wrong=wrong_words(row, language),
        )
        writer.writerow(_cell(getattr(said, name)) for name in columns)
    return made.getvalue().encode("utf-8-sig")


def _cell(value: object) -> str:
    """A cell that a spreadsheet takes for text: an apostrophe goes before what it would compute.

    Source: OWASP, CSV Injection.
    """
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    text = "" if value is None else str(value)
    risky = text.lstrip(" \u3000")[:1] in tuple("=+-@\t\r\n＝＋－＠") and text.strip() != ""
    return f"'{text}" if risky else text
