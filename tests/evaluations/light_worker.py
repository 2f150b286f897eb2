"""A worker process without models: for kinds that compute in processes of their own."""

from __future__ import annotations

import argparse
import sys
import threading

from evaluations.settings import load_settings
from evaluations.worker_process import work
from tests.evaluations.fake_scorer import FakeScorer

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--name")
    parser.add_argument("--until-idle", action="store_true")
    chosen = parser.parse_args()
    sys.exit(work(load_settings(), FakeScorer(), threading.Event(), chosen.until_idle, chosen.name))
