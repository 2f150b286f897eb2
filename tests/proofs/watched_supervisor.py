"""The product's supervisor over `watched_process`: proofs see and disturb what its processes do.

`python -m tests.proofs.watched_supervisor` takes the options of `python -m evaluations worker`.
"""

from __future__ import annotations

import sys

from evaluations import worker
from evaluations.__main__ import main

if __name__ == "__main__":
    worker.PROCESS = "tests.proofs.watched_process"
    worker.QUICK_DEATH = 0.0  # its processes die by the proof's hand: no reason to start them later
    sys.exit(main(["worker", *sys.argv[1:]]))
