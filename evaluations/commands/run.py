"""`python -m evaluations run FILE...`: from files to a verdict, or to a queued evaluation.

Repeating an interrupted command finishes the same run: the plan and the texts decide which it is.
The command starts worker processes of its own when nobody works on this database, and they end
with it; progress goes to stderr, the result alone to stdout.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from evaluations import additions
from evaluations.commands import ALL_REFUSED, DONE, FAILED
from evaluations.commands.notices import StatusLine, tell
from evaluations.commands.options import (
    AS_IT_IS,
    Preparation,
    add_preparation,
    choice,
    lengths,
    masked_words,
    preparation,
    split,
    text,
    whole,
)
from evaluations.contract import snapshot_json
from evaluations.database import is_outage
from evaluations.documents import ENCODINGS, LARGEST_TEXT, Ingested, Split, ingest_path
from evaluations.documents.limits import USUAL, Limits
from evaluations.errors import RefusedPlan
from evaluations.jobs import DATABASE_PATIENCE, OUTAGE_PAUSE
from evaluations.kinds import LEVELS
from evaluations.outputs import REQUESTS, OutputsRequest
from evaluations.plan import LARGEST_SEED, PlanFile, PlannedRun, plan_of, read_plan_file
from evaluations.records import MOST_ROWS, MOVING, Depth, Document, Preset
from evaluations.reports import prepare_folder, write_report
from evaluations.reports.markdown import markdown_text
from evaluations.requests import open_outputs, outputs_summary, request_outputs
from evaluations.rules import locked_like
from evaluations.settings import Settings
from evaluations.store import Progress, Store, open_store
from evaluations.wording import Language, say
from evaluations.worker import is_running, start_worker

REPORT_FORMATS = ("pdf", "md", "json")
MOST_POINTS = 1_000  # of a document, for its outputs
POLL = 0.25  # seconds between two looks at the progress

Seen = TypeVar("Seen")


def add_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    """The options of `run`."""

    def help_of(option: str) -> str:
        return say(f"command.run.{option}", language)

    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help=help_of("files"))
    for option, choices in (("preset", list(Preset)), ("depth", list(Depth))):
        read, names = choice(f"--{option}", choices), "{" + ",".join(choices) + "}"
        parser.add_argument(f"--{option}", type=read, metavar=names, help=help_of(option))
    for option in ("zero", "proposed"):
        read = text(f"--{option}")
        parser.add_argument(f"--{option}", type=read, metavar="CKPT", help=help_of(option))
    parser.add_argument("--lengths", type=lengths, metavar="N,N,...", help=help_of("lengths"))
    parser.add_argument("--plan", type=Path, metavar="FILE", help=help_of("plan"))
    seed = whole("--seed", least=0, most=LARGEST_SEED)
    parser.add_argument("--seed", type=seed, metavar="N", help=help_of("seed"))
    rows = whole("--rows", least=1, most=MOST_ROWS)
    parser.add_argument("--rows", type=rows, metavar="N", help=help_of("rows"))
    parser.add_argument("--split", type=split, metavar="HOW", help=help_of("split"))
    read, names = choice("--encoding", ENCODINGS), "{" + ",".join(ENCODINGS) + "}"
    parser.add_argument(
        "--encoding", type=read, metavar=names, help=say("command.encoding", language)
    )
    add_preparation(parser, language, storing=True)
    parser.add_argument("--name", type=text("--name"), help=help_of("name"))
    parser.add_argument("--database", metavar="URL", help=say("command.database", language))
    parser.add_argument("--report", type=Path, metavar="DIR", help=help_of("report"))
    parser.add_argument("--json", action="store_true", help=say("command.json", language))
    outputs = whole("--outputs", least=0, most=MOST_POINTS)
    parser.add_argument("--outputs", type=outputs, metavar="N", help=help_of("outputs"))
    levels = "{" + ",".join(LEVELS) + "}"
    level = choice("--priority", list(LEVELS))
    parser.add_argument("--priority", type=level, metavar=levels, help=help_of("priority"))
    parser.add_argument("--no-wait", action="store_true", help=help_of("no_wait"))


def main(arguments: argparse.Namespace, settings: Settings) -> int:
    """Ingest, plan, queue, compute, print; the exit code."""
    language = settings.language
    if arguments.report is not None:
        prepare_folder(arguments.report)
    prepared = preparation(arguments)
    accepted = list(
        accepted_files(
            arguments.files,
            arguments.split,
            language,
            settings.largest_text,
            encoding=arguments.encoding,
            limits=settings.reader_limits,
            prepared=prepared,
        )
    )
    if not accepted:
        return ALL_REFUSED
    store = open_store(settings)
    try:
        documents = add_new(store, accepted, language, prepared.keep_original)
        planned = _planned(arguments, documents, store)
        _tell_too_short(planned, language)
        name = arguments.name or _name(documents, language)
        level = None if arguments.priority is None else LEVELS[arguments.priority]
        run_id = store.start_run(name, planned.plan, planned.run_documents, level)
        _request_outputs(store, run_id, planned.plan.depth, arguments.outputs, language)
        if arguments.no_wait:
            print(run_id)
            return DONE
        wait_for(store, {run_id: ""}, language)
        return _show(store, run_id, arguments, language)
    finally:
        store.close()


def _request_outputs(
    store: Store, run: str, depth: Depth, points: int | None, language: Language
) -> None:
    """Have both arms write on, as much as was asked for; whether they can is no failure of a run.

    Args:
        points: of each document; None: as usual at that depth.
    """
    usual = REQUESTS[depth]
    if points is None and usual is not None:
        wanted = usual
    elif points:
        wanted = (usual or OutputsRequest()).model_copy(update={"items": points})
    else:
        return
    try:
        request_outputs(store, run, wanted)
    except RefusedPlan as error:
        reason = error.words(language)
        tell(say("command.run.outputs_failed", language, reason=reason))


def accepted_files(
    paths: Sequence[Path],
    split: Split | None,
    language: Language,
    largest_text: int = LARGEST_TEXT,
    encoding: str | None = None,
    limits: Limits = USUAL,
    prepared: Preparation = AS_IT_IS,
) -> Iterator[tuple[Path, Ingested]]:
    """The files that can be read; what is to be said about the others goes to stderr."""
    for path in paths:
        ingested = ingest_path(
            path,
            encoding=encoding,
            split=split,
            columns=prepared.columns,
            masking=prepared.masking,
            largest_text=largest_text,
            limits=limits,
        )
        if ingested.messages:
            tell(ingested.words(language))
        if prepared.masking is not None:
            tell(masked_words(ingested, language))
        if ingested.documents:
            yield path, ingested


def add_new(
    store: Store,
    accepted: Sequence[tuple[Path, Ingested]],
    language: Language,
    keep_originals: bool = True,
) -> list[Document]:
    """The documents, stored; a text that is there twice counts once, and that is said."""
    first: dict[str, Document] = {}
    for path, ingested in accepted:
        documents = [extracted.document for extracted in ingested.documents]
        if any(document.id not in first for document in documents):
            store.add_documents(ingested, path if keep_originals else None)
        for document in documents:
            if first.setdefault(document.id, document) is not document:
                tell_duplicate(document.name, first[document.id].name, language)
    return list(first.values())


def _planned(
    arguments: argparse.Namespace, documents: Sequence[Document], store: Store
) -> PlannedRun:
    """The plan of the command's options and the plan file."""
    file = read_plan_file(arguments.plan) if arguments.plan else PlanFile()
    chosen = _merged(arguments, file)
    hash_ = locked_like(store.database, chosen)
    rows = store.settings.rows
    return plan_of(chosen, documents, rows, store.tokenize, store.document_start, hash_)


def _merged(arguments: argparse.Namespace, file: PlanFile) -> PlanFile:
    """What the command and the plan file say together; where both speak they must agree."""
    values = {name: getattr(arguments, name, None) for name in PlanFile.model_fields}
    given = PlanFile.model_validate({k: v for k, v in values.items() if v is not None})
    for name in PlanFile.model_fields:
        in_command, in_file = getattr(given, name), getattr(file, name)
        if None not in (in_command, in_file) and in_command != in_file:
            raise RefusedPlan(
                "plan.contradiction", option=name, command=in_command, plan_file=in_file
            )
    return given.model_copy(update=file.model_dump(exclude_none=True))


def wait_for(store: Store, runs: Mapping[str, str], language: Language) -> None:
    """Until the runs have ended, with somebody who works on them.

    Args:
        runs: id -> what is said before it is waited for; "": nothing.
    """
    worker: subprocess.Popen[bytes] | None = None
    try:
        for run, title in runs.items():
            if title:
                tell(title)
            line = _ProgressLine(language)
            look = partial(store.progress, run)
            while (progress := _patiently(look, line)).status in MOVING:
                line.show(progress)
                if (worker is None or worker.poll() is not None) and _nobody_works(store, progress):
                    worker = start_worker(store.settings)
                time.sleep(POLL)
            line.end(progress)
            outputs = partial(open_outputs, store, run)
            while progress.status == "done" and (left := _patiently(outputs, line))[0]:
                line.show_outputs(*left)
                if (worker is None or worker.poll() is not None) and _nobody_works(store, progress):
                    worker = start_worker(store.settings)
                time.sleep(POLL)
                progress = _patiently(look, line)
            for failure in progress.failures:
                reason = say(failure.reason.key, language, **failure.reason.values)
                tell(f"{failure.document}: {failure.arm}: {reason}")
    finally:
        if worker is not None and worker.stdin is not None:
            worker.stdin.close()
            worker.wait()


def _patiently(look: Callable[[], Seen], line: _ProgressLine) -> Seen:
    """What a look gives; a database that does not answer is waited for, as its workers do."""
    patience = time.monotonic() + DATABASE_PATIENCE
    while True:
        try:
            return look()
        except Exception as error:
            if not is_outage(error) or time.monotonic() > patience:
                raise
            line.wait()
            time.sleep(OUTAGE_PAUSE)


def _nobody_works(store: Store, progress: Progress) -> bool:
    """No worker on this machine, nor on another one where there may be one."""
    elsewhere = progress.worker_alive and not store.database.is_sqlite
    return not elsewhere and not is_running(store.settings)


def _show(store: Store, run: str, arguments: argparse.Namespace, language: Language) -> int:
    """The result on stdout, and the report where one was asked for."""
    snapshot, added = store.snapshot(run), additions.read(store.database, run)
    if arguments.report is not None:
        for path in write_report(snapshot, REPORT_FORMATS, arguments.report, language, added):
            tell(say("command.report.written", language, path=path))
    if arguments.json:
        found = snapshot_json(snapshot, language, outputs_summary(store, run))
        print(json.dumps(found))  # ASCII: any console can print it
    else:
        print(markdown_text(snapshot, language, added))
    return DONE if snapshot.status == "done" else FAILED


class _ProgressLine:
    """How far the run is, on stderr."""

    def __init__(self, language: Language) -> None:
        self._language, self._line = language, StatusLine()

    def show(self, progress: Progress) -> None:
        """Say how far it is, unless that was just said."""
        if not self._line.is_due():
            return
        percent = 100 * progress.done // max(1, progress.total)
        if progress.status == "paused":
            words = say("command.run.paused", self._language)
        elif progress.seconds_left is None:
            words = say("command.run.progress", self._language, percent=percent)
        else:
            seconds = round(progress.seconds_left)
            words = say(
                "command.run.progress_left", self._language, percent=percent, seconds=seconds
            )
        self._line.write(words)

    def wait(self) -> None:
        """Say that the database does not answer."""
        if self._line.is_due():
            self._line.write(say("command.run.waiting", self._language))

    def show_outputs(self, left: int, total: int) -> None:
        """Say how far what both arms write is, unless that was just said."""
        if self._line.is_due():
            done = total - left
            self._line.write(
                say("command.generate.progress", self._language, done=done, total=total)
            )

    def end(self, progress: Progress) -> None:
        """Say how it ended."""
        self._line.write(say(f"command.run.{progress.status}", self._language))
        self._line.end()


def _tell_too_short(planned: PlannedRun, language: Language) -> None:
    for part in planned.run_documents:
        if part.role == "too_short":
            tell(say("command.run.too_short", language, file=part.document.name))


def tell_duplicate(file: str, first: str, language: Language) -> None:
    """Say that two files hold the same text."""
    tell(say("command.run.duplicate", language, file=file, first=first))


def _name(documents: Sequence[Document], language: Language) -> str:
    first, others = documents[0].name, len(documents) - 1
    if others == 0:
        return first
    return say("command.run.name_of_many", language, first=first, others=others)
