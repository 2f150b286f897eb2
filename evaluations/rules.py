"""Rules that are written and locked on their own, before there is an evaluation.

A rule is a plan file (`plan.PlanFile`: question, models, depth, decision rule) in the table
`rules`: `save` writes one or changes an open one, `lock` closes it for good, `copy` makes an open
one of it, `archive` takes it out of the list. Its hash is over its text, which is what
`run --plan FILE` reads: `locked_like` finds the locked rule that a plan file is equal to, so the
page and the command start the same evaluation. `stage_of` says how early it was locked.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.engine import Row

from evaluations import database as tables
from evaluations.database import Database, now
from evaluations.documents.cleaning import one_line
from evaluations.errors import RefusedPlan, UnknownRule
from evaluations.plan import PlanFile, checked_rule
from evaluations.records import STORED, DecisionRule, Plan, RuleLock
from evaluations.settings import LONGEST_SHOWN


@dataclass(frozen=True)
class Rule:
    """A saved rule, as it stands in the table."""

    id: str
    name: str
    plan: PlanFile
    text: str  # canonical JSON, a plan file by itself
    hash: str
    created: datetime
    locked: datetime | None  # None: it may still be changed
    archived: bool

    @property
    def decision(self) -> DecisionRule:
        """What decides."""
        return DecisionRule.model_validate(self.plan.rule, context=STORED)


def complete(plan: PlanFile) -> PlanFile:
    """The same with every field of its decision rule, so that a later default changes nothing.

    Raises:
        RefusedPlan: there is no decision rule, or it is not one of the plan's lengths.
    """
    given = plan.rule or {}
    lengths = plan.lengths or (given.get("primary_length", 0), given.get("short_length", 0))
    rule = checked_rule(given, lengths)
    return plan.model_copy(update={"rule": rule.model_dump(mode="json")})


def rule_text(plan: PlanFile) -> str:
    """One text per plan file: what the hash is over."""
    values = plan.model_dump(mode="json", exclude_none=True)
    return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def rule_hash(text: str) -> str:
    """SHA-256 of a rule's text."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def rules(database: Database, archived: bool = False) -> list[Rule]:
    """All saved rules, the newest first; archived ones only where asked for."""
    table = tables.rules
    query = select(table).order_by(table.c.created_at.desc(), table.c.id)
    if not archived:
        query = query.where(table.c.archived_at.is_(None))
    with database.read() as connection:
        return [_rule(row) for row in connection.execute(query)]


def find(database: Database, rule: str) -> Rule:
    """One of them.

    Raises:
        UnknownRule: there is none of that id.
    """
    with database.read() as connection:
        return _rule(_row(connection, rule))


def save(database: Database, name: str, plan: PlanFile, rule: str | None = None) -> str:
    """Write a rule that may still be changed; its id.

    Args:
        rule: an open one to change; None: a new one.

    Raises:
        UnknownRule: there is none of that id.
        RefusedPlan: it is locked, or what it says is not a rule.
    """
    text = rule_text(complete(plan))
    values = {"name": one_line(name), "rule": text, "rule_hash": rule_hash(text)}
    table = tables.rules
    with database.write() as connection:
        if rule is not None:
            _row(connection, rule)
            is_open = (table.c.id == rule) & table.c.locked_at.is_(None)
            if connection.execute(update(table).where(is_open).values(**values)).rowcount == 0:
                raise RefusedPlan("rules.locked")
            return rule
        made = secrets.token_hex(8)
        connection.execute(insert(table).values(id=made, created_at=now(connection), **values))
        return made


def lock(database: Database, rule: str) -> Rule:
    """Close a rule: from now on it can only be archived or copied. A locked one stays as it is.

    Raises:
        UnknownRule: there is none of that id.
    """
    table = tables.rules
    with database.write() as connection:
        is_open = (table.c.id == rule) & table.c.locked_at.is_(None)
        connection.execute(update(table).where(is_open).values(locked_at=now(connection)))
        return _rule(_row(connection, rule))


def copy(database: Database, rule: str, name: str) -> str:
    """A new open rule that says the same; its id.

    Raises:
        UnknownRule: there is none of that id.
    """
    return save(database, name, find(database, rule).plan)


def archive(database: Database, rule: str, archived: bool = True) -> None:
    """Take a rule out of the list, or put it back; evaluations keep what they were begun with.

    Raises:
        UnknownRule: there is none of that id.
    """
    table = tables.rules
    with database.write() as connection:
        _row(connection, rule)
        moment = now(connection) if archived else None
        connection.execute(update(table).where(table.c.id == rule).values(archived_at=moment))


def locked_like(database: Database, plan: PlanFile) -> str | None:
    """The hash of the locked rule that says exactly what a plan file says; None: there is none."""
    if plan.rule is None:
        return None
    hash_ = rule_hash(rule_text(plan))
    with database.read() as connection:
        return None if locked_row(connection, hash_) is None else hash_


def locked_row(connection: Connection, hash_: str) -> Row[Any] | None:
    """The row of the rule that was locked first under that hash, and is what it was."""
    table = tables.rules
    query = (
        select(table)
        .where(table.c.rule_hash == hash_, table.c.locked_at.is_not(None))
        .order_by(table.c.locked_at)
        .limit(1)
    )
    row = connection.execute(query).first()
    return row if row is not None and rule_hash(row.rule) == hash_ else None


def rule_of(connection: Connection, plan: Plan) -> str | None:
    """The id of the locked rule that a plan says it was made by; None: it says nothing.

    Raises:
        RefusedPlan: there is no such rule, or the plan asks for something else than it does.
    """
    if plan.rule_hash is None:
        return None
    row = locked_row(connection, plan.rule_hash)
    if row is None or not _is_of(plan, _rule(row)):
        raise RefusedPlan("rules.differs", hash=plan.rule_hash[:16])
    return str(row.id)


def _is_of(plan: Plan, rule: Rule) -> bool:
    """Whether a plan asks for what a locked rule says, in every field that the rule names."""
    file = rule.plan
    asked = {
        "preset": (file.preset, plan.preset),
        "depth": (file.depth, plan.depth),
        "lengths": (file.lengths, plan.lengths),
    }
    agrees = all(said is None or said == done for said, done in asked.values())
    return agrees and rule.decision == plan.rule and plan.seed == (file.seed or 0)


def rule_lock(connection: Connection, run: Row[Any]) -> RuleLock | None:
    """What is to be said of the rule that a run was begun with; None: it brought its own."""
    table = tables.rules
    if run.rule_id is None:
        return None
    row = connection.execute(select(table).where(table.c.id == run.rule_id)).one()
    stage = stage_of(row.locked_at, *_first_seen(connection, run))
    moment = row.locked_at.isoformat(timespec="seconds")
    return RuleLock(name=row.name, rule_hash=row.rule_hash, locked_at=moment, stage=stage)


def stage_of(
    locked: datetime, first_document: datetime | None, first_run: datetime | None
) -> Literal["before_documents", "before_results", "after_results"]:
    """How early a rule was locked.

    Args:
        locked: when.
        first_document: when the first of the evaluation's documents was put in.
        first_run: when the first other evaluation of any of them was begun; None: there was none.
    """
    if first_run is not None and first_run <= locked:
        return "after_results"
    if first_document is not None and first_document <= locked:
        return "before_results"
    return "before_documents"


def _first_seen(connection: Connection, run: Row[Any]) -> tuple[datetime | None, datetime | None]:
    """When the first of a run's documents was put in, and when the first was evaluated before."""
    part, runs, document = tables.run_documents, tables.runs, tables.documents
    files = (
        select(document.c.original_sha256)
        .join(part, part.c.document_id == document.c.id)
        .where(part.c.run_id == run.id)
    )
    same = document.c.original_sha256.in_(files)  # however it was cut and masked then
    added = select(func.min(document.c.added_at)).where(same)
    begun = (
        select(runs.c.created_at)
        .join(part, part.c.run_id == runs.c.id)
        .join(document, document.c.id == part.c.document_id)
        .where(same, runs.c.id != run.id, runs.c.created_at < run.created_at)
        .order_by(runs.c.created_at)
        .limit(1)
    )
    return connection.scalar(added), connection.scalar(begun)


def _row(connection: Connection, rule: str) -> Row[Any]:
    table = tables.rules
    row = connection.execute(select(table).where(table.c.id == rule)).first()
    if row is None:
        raise UnknownRule("rules.unknown", rule=rule[:LONGEST_SHOWN])
    return row


def _rule(row: Row[Any]) -> Rule:
    return Rule(
        id=row.id,
        name=row.name,
        plan=PlanFile.model_validate_json(row.rule),
        text=row.rule,
        hash=row.rule_hash,
        created=row.created_at,
        locked=row.locked_at,
        archived=row.archived_at is not None,
    )
