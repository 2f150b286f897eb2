"""`python -m tests.proofs NAME …`: print a proof's figures; exit 1 when its goal is missed."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module

PROOFS = (
    "calibration",
    "cancel",
    "compare_page",
    "encodings",
    "estimate",
    "extension",
    "fuzz",
    "invariance",
    "kill",
    "memory",
    "nonfinite",
    "pages",
    "pair",
    "parallel",
    "poison",
    "ray",
    "reproduce",
    "restore",
    "session",
    "size",
    "stalls",
    "webkill",
    "zombie",
)


def main(arguments: list[str] | None = None) -> int:
    """Run one proof."""
    parser = argparse.ArgumentParser(prog="python -m tests.proofs", description=__doc__)
    names = parser.add_subparsers(required=True, metavar="NAME")
    for name in PROOFS:
        proof = import_module(f"tests.proofs.{name}")
        one = names.add_parser(name, help=(proof.__doc__ or "").splitlines()[0])
        proof.add_arguments(one)
        one.set_defaults(run=proof.run)
    options = parser.parse_args(arguments)
    return int(options.run(options))


if __name__ == "__main__":
    sys.exit(main())
