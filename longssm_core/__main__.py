"""Commands of this room: `python -m longssm_core list | train`.

`list` shows the shipped checkpoints; `train` makes them.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from longssm_core.errors import CoreError
from longssm_core.records import describe_checkpoint, shipped_checkpoints

ARMS = ("zero", "previous", "zero_adapted", "zero_control")


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 done, 1 failed."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except CoreError as error:
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
    training.add_argument("--megabytes", type=float, default=24, help="of training text per arm")
    training.add_argument("--arms", nargs="+", choices=ARMS, default=ARMS)
    training.add_argument("--seed", type=int, default=0)
    training.add_argument("--corpus", type=Path, help="folder of the text; made when it is empty")
    training.add_argument(
        "--sources",
        choices=("all", "generator"),
        default="all",
        help="all: also installed documentation and tool logs; generator: generated logs alone",
    )
    training.add_argument("--output", type=Path, required=True, help="folder for the checkpoints")
    training.set_defaults(run=train_pair)
    return parser


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
    from longssm_core.pair import make_pair
    from longssm_core.training import TrainingConfig

    corpus = options.corpus or options.output / "corpus"
    if not (corpus / "data.json").is_file():
        _make_corpus(corpus, options)
    tokens_per_step = TrainingConfig("zero", options.training_length, 1).tokens_per_step
    training = TrainingConfig(
        initialization="zero",
        training_length=options.training_length,
        steps=max(1, round(options.megabytes * 1e6 / tokens_per_step)),
        seed=options.seed,
    )
    for folder in make_pair(training, Mamba2Config(), corpus, options.output, options.arms):
        print(folder)
    return 0


def _make_corpus(folder: Path, options: argparse.Namespace) -> None:
    from longssm_core.corpus.installed import SourceText, installed_sources, missing_packages
    from longssm_core.corpus.mixture import build_corpus
    from longssm_core.corpus.tool_logs import produce_tool_logs

    texts: list[SourceText] = []
    if options.sources == "all":
        missing = missing_packages()
        if missing:
            print(f"sources not installed, left out: {', '.join(missing)}", file=sys.stderr)
        texts = list(installed_sources())
        with tempfile.TemporaryDirectory() as scratch:
            texts += list(produce_tool_logs(Path(scratch)))
    build_corpus(round(options.megabytes * 1e6), options.seed, texts).save(folder)


if __name__ == "__main__":
    sys.exit(main())
