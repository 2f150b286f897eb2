"""What commands and workers write to stderr beside their words."""

from __future__ import annotations

import logging


def start_logging() -> None:
    """Our own messages and everybody's warnings, one line each."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(process)d %(message)s")
    logging.getLogger("longssm").setLevel(logging.INFO)
