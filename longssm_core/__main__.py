"""Commands of this room: `python -m longssm_core list | train | bench`.

`list` shows the shipped checkpoints; `train` makes them, or with --study trains small models under
every initialization and compares them by length; `bench` measures scoring beside its peers.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from longssm_core.errors import CoreError
from longssm_core.records import ARMS, SHIPPED_ARMS, describe_checkpoint, shipped_checkpoints

CORPUS_REQUEST = "request.json"  # what a text was made for, beside its data.json


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 done, 1 failed."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except (CoreError, OSError) as error:  # OSError: a folder that cannot be made or read
        print(error, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m longssm_core", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    listing = commands.add_parser("list", help="the shipped checkpoints")
    listing.add_argument("--json", action="store_true")
    listing.set_defaults(run=list_checkpoints)
    training = commands.add_parser("train", help="make the checkpoints of one training length")
    training.add_argument("--training-length", type=int, default=16, metavar="T")
    training.add_argument(
        "--megabytes", type=_megabytes, default=24.0, help="of text that each arm reads"
    )
    training.add_argument(
        "--corpus-megabytes",
        type=_megabytes,
        help="of text to draw from, read again when it is at its end; as --megabytes when left out",
    )
    training.add_argument("--arms", nargs="+", choices=ARMS, default=SHIPPED_ARMS)
    training.add_argument("--seed", type=_seed, default=0)
    training.add_argument("--corpus", type=Path, help="folder of the text; made when it is empty")
    training.add_argument(
        "--sources",
        choices=("all", "generator"),
        help="all (when left out): also installed documentation and tool logs; "
        "generator: generated logs alone",
    )
    training.add_argument("--output", type=Path, required=True, help="folder for the checkpoints")
    training.add_argument(
        "--study",
        action="store_true",
        help="train small models under every initialization at T = 16 ... 1,024; write table and "
        "figure of loss against length",
    )
    training.add_argument("--seeds", type=_count, default=3, help="of the study")
    training.set_defaults(run=lambda options: (study if options.study else train_pair)(options))
    benching = commands.add_parser("bench", help="speed and memory of scoring, beside its peers")
    benching.add_argument("--shapes", nargs="+", metavar="NAME", help="such as mamba-130m; all")
    benching.add_argument("--lengths", nargs="+", type=_count, default=[512, 8192], metavar="N")
    benching.add_argument("--threads", nargs="+", type=_count, default=[1], metavar="N")
    benching.add_argument(
        "--peers", type=_names, metavar="NAME,...", help="beside ours, such as llama.cpp; all"
    )
    benching.add_argument(
        "--memory", action="store_true", help="memory of ours at 8,192 and 1,048,576 tokens instead"
    )
    benching.add_argument(
        "--scaling",
        action="store_true",
        help="time and memory of one document from 10 kB to 32 MB, and their exponents, instead; "
        "exit code 1 where the time is not linear",
    )
    benching.add_argument("--megabytes", type=float, default=32.0, help="the largest of --scaling")
    benching.add_argument("--json", action="store_true")
    benching.set_defaults(run=run_bench)
    return parser


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")]


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} given, at least 1 expected")
    return value


def _seed(text: str) -> int:
    value = int(text)
    if not 0 <= value < 2**31:
        raise argparse.ArgumentTypeError(f"{text} given, 0 to {2**31 - 1} expected")
    return value


def _megabytes(text: str) -> float:
    value = float(text)
    if not (math.isfinite(value) and value > 0):
        raise argparse.ArgumentTypeError(f"{text} given, a number above 0 expected")
    return value


def list_checkpoints(options: argparse.Namespace) -> int:
    """Print name, training and fingerprint of every shipped checkpoint."""
    found = [describe_checkpoint(name) for name in shipped_checkpoints()]
    if options.json:
        rows = [
            {
                "name": one.record.name,
                "training_initialization": one.record.training_initialization,
                "training_length": one.record.training_length,
                "training_tokens": one.record.training_tokens,
                "parameters": one.record.parameters,
                "fingerprint": one.fingerprint,
            }
            for one in found
        ]
        print(json.dumps(rows, indent=2))
        return 0
    for one in found:
        record = one.record
        print(
            f"{record.name:18} {record.training_initialization:13} T={record.training_length:<4}"
            f" {record.training_tokens / 1e6:6.1f} M tokens  {record.parameters:,} parameters"
            f"  {one.fingerprint[:12]}"
        )
    return 0


def train_pair(options: argparse.Namespace) -> int:
    """Make the checkpoints of one training length; repeat the command to go on."""
    # imported here: listing must not wait for torch
    from longssm_core.config import Mamba2Config
    from longssm_core.pair import alone_in, arm_plans, make_pair
    from longssm_core.training import TrainingConfig

    training = TrainingConfig(
        initialization="zero",
        training_length=options.training_length,
        steps=max(1, round(options.megabytes * 1e6 / TrainingConfig.tokens_per_step)),
        seed=options.seed,
    )
    corpus = options.corpus or options.output / "corpus"
    model = Mamba2Config()
    # what cannot be trained is refused here, before a text is made for it
    list(arm_plans(training, model, corpus, options.output, options.arms))
    with alone_in(options.output):
        _corpus(corpus, options)
        for folder in make_pair(training, model, corpus, options.output, options.arms):
            print(folder)
    return 0


def study(options: argparse.Namespace) -> int:
    """Train and measure what the study's folder does not hold yet; print the table."""
    import torch

    from longssm_core.pair import alone_in

    torch.set_num_threads(1)  # one core for each process, so that two can run side by side
    with alone_in(options.output):
        return _study(options)


def _study(options: argparse.Namespace) -> int:
    from longssm_core.corpus.mixture import Corpus
    from longssm_core.study import StudyPlan, report, run_study

    corpus = options.corpus or options.output / "corpus"
    _corpus(corpus, options)
    text = Corpus.load(corpus)
    plan = StudyPlan(options.megabytes, options.seeds, text=text.record.fingerprint)
    for point in run_study(plan, text, options.output):
        print(
            f"seed {point.seed}  T = {point.training_length}  {point.initialization}  "
            f"context {point.context_length}: {point.bits_per_byte:.3f}",
            file=sys.stderr,
        )
    command = f"python -m longssm_core train --study --megabytes {plan.megabytes:g}"
    more = f"--corpus-megabytes {len(text.tokens) / 1e6:.0f} --seeds {plan.seeds} --output DIR"
    print(report(plan, options.output, f"{command} {more}"))
    return 0


def run_bench(options: argparse.Namespace) -> int:
    """Measure and print the table; peers that are not installed are named."""
    if options.scaling:
        return _run_scaling(options)
    from longssm_core.bench import FLAT, SHAPES, bench, memory, memory_table, table
    from longssm_core.peers import PEERS

    unknown = sorted(set(options.shapes or ()) - set(SHAPES))
    if unknown:
        raise CoreError(f"no shape {', '.join(unknown)}; there are {', '.join(SHAPES)}")
    peers = options.peers or list(PEERS)
    unknown = sorted(set(peers) - set(PEERS))
    if unknown:
        raise CoreError(f"no peer {', '.join(unknown)}; there are {', '.join(PEERS)}")
    if options.memory:
        rows = [(s, n, memory(s, n)) for s in options.shapes or ["shipped"] for n in FLAT]
        print(json.dumps(rows) if options.json else memory_table(rows))
        return 0
    missing = [name for name in peers if not PEERS[name].is_installed]
    if missing:
        print(f"not installed, left out: {', '.join(missing)}", file=sys.stderr)
    found = []
    for one in bench(options.shapes or list(SHAPES), options.lengths, options.threads, peers):
        found.append(one)
        print(
            f"{one.shape} {one.backend} {one.length}: {one.tokens_per_second:,.0f}", file=sys.stderr
        )
    print(json.dumps([asdict(one) for one in found], indent=2) if options.json else table(found))
    return 0


def _run_scaling(options: argparse.Namespace) -> int:
    """Measure one shape at every size; 1 where the time grows faster than the size."""
    from longssm_core import scaling as of

    (shape,) = options.shapes or [of.TINY]
    if shape not in of.shapes():
        raise CoreError(f"no shape {shape}; there are {', '.join(of.shapes())}")
    found = []
    for one in of.scaling(shape, round(options.megabytes * 1e6)):
        found.append(one)
        print(f"{shape} {one.size:,}: {one.seconds:.2f} s", file=sys.stderr)
    exponents = {"time": of.time_exponent(found), "memory": of.memory_exponent(found)}
    if options.json:
        print(json.dumps({"sizes": [asdict(one) for one in found], "exponents": exponents}))
    else:
        print(of.scaling_table(found))
    return int(exponents["time"] is not None and exponents["time"] > of.LINEAR)


def _corpus(folder: Path, options: argparse.Namespace) -> None:
    """Have the text that is asked for in `folder`."""
    (_check_corpus if (folder / "data.json").is_file() else _make_corpus)(folder, options)


def _corpus_request(options: argparse.Namespace) -> dict[str, object]:
    return {
        "corpus-megabytes": options.corpus_megabytes or options.megabytes,
        "seed": options.seed,
        "sources": options.sources or "all",
    }


def _check_corpus(folder: Path, options: argparse.Namespace) -> None:
    """Refuse a text that is not the one asked for.

    A text named by its folder is the one asked for, whatever it was made for; only what the command
    also says of it must be true.
    """
    asked, request = _corpus_request(options), folder / CORPUS_REQUEST
    if options.corpus is not None:
        said = {"corpus-megabytes": options.corpus_megabytes, "sources": options.sources}
        asked = {name: value for name, value in said.items() if value is not None}
    made = _made_for(request) if request.is_file() else {}
    if any(made.get(name) != value for name, value in asked.items()):
        raise CoreError(
            f"{folder} holds a text made with {_spelled(made) or 'unknown options'}, asked for is "
            f"{_spelled(asked)}: choose another --output, delete the folder, or name it with "
            "--corpus, without these options, to read it as it is"
        )


def _made_for(request: Path) -> dict[str, object]:
    from longssm_core.damage import undamaged
    from longssm_core.errors import DamagedFile

    with undamaged(request, request.parent):
        made = json.loads(request.read_text(encoding="utf-8"))
    if not isinstance(made, dict):
        raise DamagedFile(request, request.parent, "malformed")
    return made


def _spelled(request: dict[str, object]) -> str:
    return " ".join(f"--{name} {value}" for name, value in request.items())


def _make_corpus(folder: Path, options: argparse.Namespace) -> None:
    from longssm_core.corpus.installed import SourceText, installed_sources, missing_packages
    from longssm_core.corpus.mixture import build_corpus
    from longssm_core.corpus.tool_logs import produce_tool_logs

    request = _corpus_request(options)
    texts: list[SourceText] = []
    if request["sources"] == "all":
        missing = missing_packages()
        if missing:
            print(f"sources not installed, left out: {', '.join(missing)}", file=sys.stderr)
        texts = list(installed_sources())
        with tempfile.TemporaryDirectory() as scratch:
            texts += list(produce_tool_logs(Path(scratch)))
    size = options.corpus_megabytes or options.megabytes
    corpus = build_corpus(round(size * 1e6), options.seed, texts)
    folder.mkdir(parents=True, exist_ok=True)
    # before the text: the folder counts as made when the text's last file, data.json, is there
    (folder / CORPUS_REQUEST).write_text(json.dumps(request) + "\n", encoding="utf-8")
    corpus.save(folder)


if __name__ == "__main__":
    sys.exit(main())
