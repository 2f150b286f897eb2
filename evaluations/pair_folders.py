"""The folders of pairs that workers have trained: where they are, and what they hold of documents.

A folder is named by what was asked for, so the same request has the same one. Beside checkpoints
it holds text: `corpus`, which training reads, and `held-out`, which an evaluation can read.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from evaluations.adaptation import HELD_OUT, Adaptation
from evaluations.settings import Settings
from longssm_core.records import LOCK

PAIRS = "pairs"  # folder in the data folder
TEXTS = ("corpus", HELD_OUT)  # folders in that of a pair which hold words of documents


def wanted_in(request: Mapping[str, Any]) -> Adaptation:
    """How the pair of a request is to be made."""
    fields = Adaptation.model_fields
    return Adaptation(**{name: request[name] for name in fields if name in request})


def pair_folder(settings: Settings, request: Mapping[str, Any], documents: Sequence[str]) -> Path:
    """The folder of a request's pair, made from the documents of these ids."""
    facts = [wanted_in(request).model_dump(mode="json"), sorted(documents)]
    name = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]
    return settings.data_dir / PAIRS / name


def forget_texts(folder: Path, patience: float) -> bool:
    """Take the texts out of a pair's folder; its checkpoints stay.

    False: a process went on training there for all of `patience` seconds, or holds a file open.
    """
    try:
        with FileLock(folder / LOCK, timeout=patience):
            for name in TEXTS:
                if (folder / name).exists():
                    shutil.rmtree(folder / name)
            (folder / f"{HELD_OUT}.json").unlink(missing_ok=True)
    except (Timeout, OSError):
        return False
    return True
