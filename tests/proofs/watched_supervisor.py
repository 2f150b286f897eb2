"""The product's supervisor over `watched_process`: proofs see and disturb what its processes do.

`python -m tests.proofs.watched_supervisor` takes the options of `python -m evaluations worker`.
Where a nursery is named in the environment, its processes are copies of that one.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

from evaluations import worker
from evaluations.__main__ import main
from tests.proofs.nursery import ADDRESS, Begun, begin

MODULE = "tests.proofs.watched_process"


def start_process(
    arguments: Sequence[str], environment: dict[str, str]
) -> subprocess.Popen[bytes] | Begun:
    """A watched process in the group of this supervisor."""
    if ADDRESS in environment:
        return begin(MODULE, arguments, environment, group=os.getpgrp())
    return subprocess.Popen(
        [sys.executable, "-m", MODULE, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
    )


if __name__ == "__main__":
    worker.start_process = start_process
    worker.QUICK_DEATH = 0.0  # its processes die by the proof's hand: no reason to start them later
    sys.exit(main(["worker", *sys.argv[1:]]))
