"""What the commands that steer an evaluation share: `pause`, `resume`, `cancel`, `priority`."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from evaluations.commands import DONE
from evaluations.commands.options import text
from evaluations.run_list import RunSummary
from evaluations.settings import Settings
from evaluations.store import Store, open_store
from evaluations.wording import Language, say


def add_run(parser: argparse.ArgumentParser, language: Language) -> None:
    """Which evaluation, in which database."""
    run_id = say("command.run_id", language)
    parser.add_argument("run", type=text("RUN"), metavar="RUN", help=run_id)
    parser.add_argument("--database", metavar="URL", help=say("command.database", language))


def steer(
    run: str,
    settings: Settings,
    change: Callable[[Store], None],
    words: Callable[[RunSummary], str] | None = None,
) -> int:
    """Change an evaluation and say how it stands."""
    store = open_store(settings)
    try:
        change(store)
        found = store.summary(run)
    finally:
        store.close()
    print(
        words(found) if words else say("command.steered", settings.language, **how(found, settings))
    )
    return DONE


def how(found: RunSummary, settings: Settings) -> dict[str, str]:
    """Its name and its status, in words."""
    status = say(f"command.status.{found.status}", settings.language)
    return {"name": found.name, "status": status}
