"""How long a page takes with a thousand stored evaluations: to change to it, and to run it again.

A store is filled with finished evaluations, each with its plan, documents, tasks and result. Every
page whose file is there is then opened with an evaluation in its address and run again, by
Streamlit's own runner: what is measured is the whole script with all its questions to the database.
With --full also in a browser, from the click in the top bar (or the key that runs the page again)
to the page that stands still. Goals, for a machine at rest: 0.5 s for a change of page, 0.3 s for
running it again, of script and browser alike; the median of several tries counts.
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.error import URLError

from sqlalchemy import insert

from evaluations import database as tables
from evaluations.plan import canonical_json, plan_hash
from evaluations.records import Document, Snapshot
from evaluations.settings import Settings, load_settings
from evaluations.store import open_store
from tests.evaluations.reports.snapshots import VARIANTS
from tests.proofs.size import BROWSERS

ROOT = Path(__file__).parents[2]
APP = ROOT / "app"
EVALUATIONS, SHORT = 1_000, 100
CHANGE, AGAIN = 0.5, 0.3  # seconds, goals
TRIES = 5
QUIET = 250  # milliseconds without a change, and a page stands still
BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
OUTCOMES = ("go", "conditional", "no_go", "quick", "withheld")
IN_VIEW = "run-00007"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this proof."""
    parser.add_argument("--full", action="store_true", help="a thousand, and in a browser")
    parser.add_argument("--n", type=int, help="evaluations")
    parser.add_argument(
        "--slack", type=float, default=1.0, help="by which the goals are multiplied"
    )


def run(options: argparse.Namespace) -> int:
    """Fill, measure, print; 1 where a goal is missed."""
    count = options.n or (EVALUATIONS if options.full else SHORT)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["LONGSSM_DATA_DIR"] = folder
        os.environ.pop("LONGSSM_DATABASE_URL", None)
        began = time.perf_counter()
        fill(load_settings(), count)
        print(f"{count:,} evaluations stored in {time.perf_counter() - began:.1f} s", flush=True)
        print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processor cores")
        print(f"{'':10}{'':10}{'first':>8}{'change':>8}{'again':>8}   seconds, medians of {TRIES}")
        clocks = {"script": measured()}
        if options.full:
            clocks["browser"] = clicked(Path(folder))
        missed = [
            f"{name} ({how})"
            for how, timed in clocks.items()
            for name, *times in timed
            if told(how, name, times, options.slack)
        ]
    print("every goal is met" if not missed else f"missed: {', '.join(missed)}")
    return 1 if missed else 0


def told(how: str, name: str, times: list[float], slack: float) -> bool:
    """Print a line; whether a goal is missed."""
    print(f"{how:10}{name:10}" + "".join(f"{seconds:8.3f}" for seconds in times), flush=True)
    _first, change, again = times
    return change > slack * CHANGE or again > slack * AGAIN


# --- the store -------------------------------------------------------------------------------


def fill(settings: Settings, count: int) -> None:
    """Store finished evaluations with all their rows, as many as asked for."""
    made = [VARIANTS[name]() for name in OUTCOMES]
    store = open_store(settings)
    with store.database.write() as connection:
        known: dict[str, Document] = {}
        rows: dict[str, list[dict[str, Any]]] = {
            name: [] for name in ("runs", "run_documents", "tasks", "snapshots")
        }
        for number in range(count):
            found = made[number % len(made)]
            for name, new in _rows(found, number, known).items():
                rows[name] += new
        listed = [
            {**one.model_dump(), "added_at": BEGUN, "erased_at": None} for one in known.values()
        ]
        connection.execute(insert(tables.documents), listed)
        for name, new in rows.items():
            connection.execute(insert(getattr(tables, name)), new)
    store.close()


def _rows(
    found: Snapshot, number: int, known: dict[str, Document]
) -> dict[str, list[dict[str, Any]]]:
    """The rows of one evaluation."""
    run, moment = f"run-{number:05d}", BEGUN + timedelta(hours=number)
    plan = found.plan.model_copy(update={"seed": number})
    name = f"第{number % 7 + 1}工場 設備ログ {number:04d}"
    hash_ = plan_hash(plan)
    snapshot = found.model_copy(update={"run": run, "name": name, "plan": plan, "plan_hash": hash_})
    documents = []
    for one in found.documents:
        known.setdefault(
            one.id,
            Document(
                id=one.id,
                name=one.name,
                bytes=max(one.bytes, 1),
                characters=max(one.bytes, 1),
                encoding="utf-8",
                format="log",
                original_sha256=one.id,
            ),
        )
        documents.append(known[one.id])
    return {
        "runs": [
            {
                "id": run,
                "name": name,
                "created_at": moment,
                "plan": canonical_json(plan),
                "plan_hash": hash_,
                "documents_hash": "0" * 64,
                "locked_at": moment,
            }
        ],
        "run_documents": [
            {
                "run_id": run,
                "document_id": one.id,
                "order": order,
                "role": "scored",
                "document": one.model_dump_json(),
            }
            for order, one in enumerate(documents)
        ],
        "tasks": [
            _task(run, one.id, arm.name, order, moment)
            for order, one in enumerate(documents)
            for arm in plan.arms
        ],
        "snapshots": [
            {
                "run_id": run,
                "snapshot": snapshot.model_copy(
                    update={"plan_hash": plan_hash(plan)}
                ).model_dump_json(),
                "outcome": found.verdict.outcome.value,
                "created_at": moment,
            }
        ],
    }


def _task(run: str, document: str, arm: str, position: int, moment: datetime) -> dict[str, Any]:
    return {
        "run_id": run,
        "kind": "score",
        "document_id": document,
        "arm": arm,
        "position": position,
        "priority": 0,
        "state": "done",
        "lease_token": 1,
        "attempts": 1,
        "deaths": 0,
        "next_unit": 4,
        "units": 4,
        "done_tokens": 50_000,
        "total_tokens": 50_000,
        "device": "CPU",
        "requested_at": moment,
        "started_at": moment,
        "finished_at": moment,
    }


# --- the clock -------------------------------------------------------------------------------


def page_names() -> list[str]:
    """Every page that has a file."""
    return sorted(path.stem for path in (APP / "views").glob("*.py"))


def measured() -> Iterator[tuple[Any, ...]]:
    """Name, seconds of the first visit, of a change to it later, and of running it again."""
    sys.path.insert(0, str(APP))
    from streamlit.testing.v1 import AppTest

    test = AppTest.from_file(str(APP / "navigation.py"), default_timeout=60)
    test.query_params["run"] = IN_VIEW
    test.run()
    for name in page_names():
        changes, again = [], []
        for _ in range(TRIES + 1):
            test.switch_page("views/home.py" if name != "home" else "views/data.py").run()
            changes.append(_seconds(test.switch_page(f"views/{name}.py").run))
            again += [_seconds(test.run) for _ in range(2)]
        if test.exception:
            raise RuntimeError(f"{name}: {test.exception[0].message}")
        yield name, changes[0], statistics.median(changes[1:]), statistics.median(again[2:])


def _seconds(work: Any) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def clicked(folder: Path) -> Iterator[tuple[Any, ...]]:
    """Name, seconds of the first click, of the later ones and of running again, in a browser."""
    import shutil

    from playwright.sync_api import sync_playwright

    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)))
    with _served(folder) as address, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.add_init_script(CLOCK)
        page.goto(f"{address}/?lang=en&run={IN_VIEW}")
        page.wait_for_selector(".lab-title")
        for name in page_names():
            changes, again = [], []
            for _ in range(TRIES + 1):
                _changed(page, "home" if name != "home" else "data")
                changes.append(_changed(page, name))
                page.keyboard.press("r")  # Streamlit's key for running the page again
                again.append(_still(page))
            yield name, changes[0], statistics.median(changes[1:]), statistics.median(again[1:])
        browser.close()


# How long after the last click or key the page changed for the last time, once it stands still:
# its script has begun since and ended, nothing old is left, and nothing has moved for a while.
CLOCK = """
const SCRIPT = "data-test-script-state", STALE = "data-stale";
let begun = 0, changed = 0, hasRun = false;
function start() { begun = changed = performance.now(); hasRun = false; }
addEventListener("click", start, true);
addEventListener("keydown", start, true);
const app = () => document.querySelector(".stApp");
new MutationObserver(() => {
  changed = performance.now();
  hasRun = hasRun || app()?.getAttribute(SCRIPT) === "running";
}).observe(document, { subtree: true, childList: true, characterData: true,
                       attributeFilter: [SCRIPT, STALE] });
window.secondsUntilStill = (quiet) => {
  const ended = hasRun && app().getAttribute(SCRIPT) === "notRunning";
  const whole = document.querySelector(".lab-title") && !document.querySelector(`[${STALE}=true]`);
  const still = ended && whole && performance.now() - changed > quiet;
  return still ? (changed - begun) / 1000 : null;
};
"""


def _changed(page: Any, name: str) -> float:
    """Click the page's link in the top bar, or under the word beside it; seconds until still."""
    path = "" if name == "home" else name
    link = page.locator(f"a[data-testid^=stTopNav][href$='/{path}']").first
    if not link.is_visible():
        page.locator("[data-testid=stTopNavSection]").click()
        link.wait_for()
    link.click()
    return _still(page)


def _still(page: Any) -> float:
    """Seconds from the last click or key to the last change of the page."""
    asked = f"() => window.secondsUntilStill({QUIET})"
    return float(page.wait_for_function(asked, polling=20).json_value())


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    """The app's address while it runs on that data folder."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "streamlit", "run", "app/main.py", "--server.port", str(port)]
    environment = {**os.environ, "LONGSSM_DATA_DIR": str(folder), "LONGSSM_START_WORKER": "0"}
    quiet = subprocess.DEVNULL
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=quiet, stderr=quiet)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"{address}/api/health", timeout=5)
                break
            except (URLError, OSError):
                time.sleep(0.25)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=30)
