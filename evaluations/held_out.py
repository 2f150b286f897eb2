"""Which documents train a pair of one's own, and which are kept for its evaluation.

`hold_out` draws them by a seed, whatever the order of the files; `write_held_out` writes the texts
as files that `python -m evaluations run` reads as the same documents.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from evaluations.documents.ingest import ExtractedDocument
from evaluations.errors import RefusedAdaptation, UnusablePlace
from evaluations.records import Depth
from evaluations.targets import AMOUNTS
from evaluations.validity import KNOWN, similar_documents
from longssm_core.overlap import SKETCHED, Sketch, containment, sketch, united

SHARE = 0.25  # of the documents, where nobody says another
LEAST = 6  # documents that can carry a verdict
CHECKED = 0.2  # of the documents that train: they say when to end
LEAST_TO_CHECK = 8  # documents that train, of which some can be spared for that
LONGEST_WINDOW = 16  # training lengths: the cold start that no arm's headline counts
LONGEST_NAME = 50  # characters of a document's name in that of its file


class Parted(NamedTuple):
    """The documents by what becomes of them, each part in the order of their ids."""

    training: tuple[ExtractedDocument, ...]
    held_out: tuple[ExtractedDocument, ...]
    too_short: tuple[ExtractedDocument, ...]  # hold no window of the training


def hold_out(
    documents: Iterable[ExtractedDocument],
    training_length: int,
    seed: int,
    share: float | None = None,
    known: frozenset[str] = frozenset(),
) -> Parted:
    """The documents, parted by lot.

    Without a share a quarter is held out, at least six, but never more than half. Only documents
    that are long enough to be scored are held out, and none that the start was trained on. What is
    mostly the same text stays on one side: else the pair would be evaluated on what it learned.

    Args:
        training_length: T, in bytes; shorter documents are of no use.
        share: of the usable documents.
        known: ids of documents that the starting checkpoint was trained on.

    Raises:
        RefusedAdaptation: nothing could be held out, or nothing would be left to train on.
    """
    distinct = sorted({one.document.id: one for one in documents}.items())
    usable = [one for _, one in distinct if one.document.bytes >= training_length]
    least = LONGEST_WINDOW * training_length + 1 + AMOUNTS[Depth.STANDARD].minimum_targets
    eligible = [
        one for one in usable if one.document.bytes >= least and one.document.id not in known
    ]
    count = min(len(eligible), _wanted(len(usable), share))
    if count < 1:
        raise RefusedAdaptation("command.adapt.too_few", documents=len(usable), least=least)
    drawn = _drawn(usable, {one.document.id for one in eligible}, count, seed)
    if not drawn:
        raise RefusedAdaptation("command.adapt.too_few", documents=len(usable), least=least)
    return Parted(
        training=tuple(one for one in usable if one.document.id not in drawn),
        held_out=tuple(one for one in usable if one.document.id in drawn),
        too_short=tuple(one for _, one in distinct if one.document.bytes < training_length),
    )


def part_checked(
    training: Sequence[ExtractedDocument], training_length: int, seed: int, known: frozenset[str]
) -> tuple[tuple[ExtractedDocument, ...], tuple[ExtractedDocument, ...]]:
    """The documents to train on, and those that say which step's weights are kept; as `hold_out`.

    None are spared for that where there are few, or all of them are short or near-copies.
    """
    if len(training) < LEAST_TO_CHECK:
        return tuple(training), ()
    try:
        parted = hold_out(training, training_length, seed, CHECKED, known)
    except RefusedAdaptation:
        return tuple(training), ()
    return parted.training, parted.held_out


def _drawn(
    usable: Sequence[ExtractedDocument], eligible: set[str], count: int, seed: int
) -> set[str]:
    """Ids of at most `count` eligible documents, none of them a near-copy of one that is left."""
    sketches = {one.document.id: sketch(one.beginning(SKETCHED).encode("utf-8")) for one in usable}
    copies = _near_copies(sketches)
    whole = [copies[i] for i in sorted(copies) if copies[i] <= eligible and i == min(copies[i])]
    drawn: set[str] = set()
    for position in np.random.default_rng(seed).permutation(len(whole)):
        if len(drawn) + len(whole[position]) <= count:
            drawn |= whole[position]
    return drawn - _known(sketches, drawn)


def _known(sketches: Mapping[str, Sketch], drawn: set[str]) -> set[str]:
    """Those of the drawn documents that stand in all the others together: they would be refused."""
    training = united(found for name, found in sketches.items() if name not in drawn)
    shares = {name: containment(sketches[name], training) for name in drawn}
    return {name for name, share in shares.items() if share is not None and share >= KNOWN}


def _near_copies(sketches: Mapping[str, Sketch]) -> dict[str, set[str]]:
    """For every document the ids of those that are mostly the same text, itself among them."""
    copies = {name: {name} for name in sketches}
    for one, other, _ in similar_documents(sketches):
        together = copies[one] | copies[other]
        for member in together:
            copies[member] = together
    return copies


def _wanted(usable: int, share: float | None) -> int:
    if share is None:
        return min(usable // 2, max(LEAST, round(SHARE * usable)))
    return min(usable - 1, max(1, round(share * usable)))


def write_held_out(documents: Sequence[ExtractedDocument], folder: Path) -> list[Path]:
    """One UTF-8 text file for each document, named by a number and what is safe of its name.

    What an earlier call wrote into `folder` and this one does not is removed. What was written is
    listed in a file beside `folder`, since a name alone does not tell whose a file is.

    Raises:
        UnusablePlace: the folder holds something that no call wrote; nothing is changed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    texts = {folder / _file_name(number, one): one for number, one in enumerate(documents, 1)}
    listed = folder.parent / f"{folder.name}.json"
    before, own = sorted(folder.iterdir()), _names_in(listed)
    for path in before:
        is_own = path.is_file() and (path.name in own or _holds(path, texts.get(path)))
        if not is_own:
            raise UnusablePlace("place.not_held_out", path=path, folder=folder)
    names = {path.name for path in texts}
    _list_names(listed, own | names)  # first: a file that is half written is known as ours
    for path, one in texts.items():
        with path.open("wb") as file:  # bytes: LF stays LF on Windows
            file.writelines(one.pieces())
    for path in set(before) - set(texts):
        path.unlink()
    _list_names(listed, names)
    return list(texts)


def _holds(path: Path, one: ExtractedDocument | None) -> bool:
    """Whether a file is the text of a document."""
    if one is None or path.stat().st_size != one.document.bytes:
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == one.document.id


def _file_name(number: int, one: ExtractedDocument) -> str:
    safe = re.sub(r"[^\w.-]+", "_", one.document.name)[:LONGEST_NAME].strip("._")
    return f"{number:03}-{safe or 'document'}.txt"


def _names_in(listed: Path) -> set[str]:
    """The names that earlier calls wrote; none where that is not known."""
    try:
        found = json.loads(listed.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError, RecursionError):
        return set()
    return {name for name in found if isinstance(name, str)} if isinstance(found, list) else set()


def _list_names(listed: Path, names: set[str]) -> None:
    listed.write_text(json.dumps(sorted(names)) + "\n", encoding="utf-8")
