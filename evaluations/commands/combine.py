"""`python -m evaluations combine RUN RUN RUN`: one difference over several training seeds."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

import numpy as np

from evaluations.commands import DONE
from evaluations.commands.options import text
from evaluations.errors import RefusedOption
from evaluations.numbers import interval, signed
from evaluations.paired import Estimate
from evaluations.records import Snapshot
from evaluations.seeds import LEAST_SEEDS, across_evaluations
from evaluations.settings import Settings
from evaluations.store import open_store
from evaluations.wording import Language, say


def add_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    """The options of `combine`."""
    runs = say("command.combine.runs", language)
    parser.add_argument("runs", type=text("RUN"), metavar="RUN", nargs="+", help=runs)
    parser.add_argument("--json", action="store_true", help=say("command.json", language))
    parser.add_argument("--database", metavar="URL", help=say("command.database", language))


def main(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print the difference with its interval over documents and seeds."""
    runs = list(dict.fromkeys(arguments.runs))
    if len(runs) < 2:
        raise RefusedOption("combine.one", least=LEAST_SEEDS)
    store = open_store(settings)
    try:
        snapshots = [store.snapshot(run) for run in runs]
    finally:
        store.close()
    # by the first evaluation's seed: the same evaluations give the same digits
    found = across_evaluations(snapshots, np.random.default_rng(snapshots[0].plan.seed))
    if arguments.json:
        print(json.dumps(_values(snapshots, found)))
    else:
        print(_sentence(snapshots, found, settings.language))
    return DONE


def _values(snapshots: Sequence[Snapshot], found: Estimate) -> dict[str, object]:
    result = snapshots[0].comparison
    return {
        "runs": [one.run for one in snapshots],
        "arm_a": result.arm_a,
        "arm_b": result.arm_b,
        "context_length": result.primary_length,
        "delta_bits_per_byte": found.delta,
        "ci_low": found.ci_low,
        "ci_high": found.ci_high,
        "p_value": found.p_value,
        "method": found.method,
        "seeds": len(snapshots),
        "units": found.units,
    }


def _sentence(snapshots: Sequence[Snapshot], found: Estimate, language: Language) -> str:
    result, rule = snapshots[0].comparison, snapshots[0].plan.rule
    values: dict[str, object] = {
        "seeds": len(snapshots),
        "units": found.units,
        "arm_a": result.arm_a,
        "arm_b": result.arm_b,
        "length": f"{result.primary_length:,}",
        "delta": "-" if found.delta is None else signed(found.delta),
        "confidence": f"{100 * rule.confidence:g}",
        "least": LEAST_SEEDS,
    }
    if found.ci_low is None or found.ci_high is None or found.p_value is None:
        return say("combine.found.few", language, **values)
    values["interval"] = interval(found.ci_low, found.ci_high, language)
    values["p"] = f"{found.p_value:.2g}"
    return say("combine.found", language, **values)
