"""What of a file is left out before it is stored: columns of a table, personal data.

Masking is decided once for all files of an upload, columns for each table. `masking_form` answers
what is to be masked; `show_masked` draws what that makes of the files, before anything is stored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st
from reading import Choices, Reading
from session import language, state, words
from uploads import Upload

from components.markup import as_label, draw, element, notice, table
from evaluations.documents import KINDS, PATTERNS, Masking, NamesError, names_in, places_in_words
from evaluations.records import Document

PLACES = 8  # lines of the preview


@dataclass(frozen=True)
class Decided:
    """What is masked, and whether that can be; whether whole files are kept beside their texts."""

    masking: Masking | None
    is_possible: bool

    def keeps(self, choices: Choices) -> bool:
        """Whether a file that is read like that is kept as it was, see `kept_form`."""
        is_cut = choices.masking is not None or bool(choices.columns)
        return not is_cut or bool(_remembered().get("original", False))


def _remembered() -> dict[str, Any]:
    """What was decided about the files before, in this visit."""
    return state("masking", {})


def masking_form() -> Decided:
    """What the visitor wants masked in all files."""
    remembered = _remembered()
    draw(
        element("div", words("app.data.mask"), class_="lab-name"),
        element("p", words("app.data.mask.why"), class_="lab-small"),
    )
    kinds = []
    for column, kind in zip(st.columns(len(PATTERNS)), PATTERNS, strict=True):
        with column:
            ticked = st.checkbox(
                _label(kind),
                value=remembered.get(kind, False),
                key=f"mask_{kind}",
            )
        remembered[kind] = ticked
        kinds += [kind] if ticked else []
    names, is_possible = _names(remembered)
    masking = Masking.of({"kinds": [*kinds, *(["name"] if names else [])], "names": names})
    return Decided(masking, is_possible)


def kept_form(decided: Decided, files: Sequence[Choices]) -> None:
    """Whether files of which something is left out are stored as they were, too.

    Args:
        files: how those that can be seen are read; what is masked is so in the others as well.
    """
    remembered = _remembered()
    if decided.masking is not None or any(one.columns for one in files):
        remembered["original"] = st.checkbox(
            words("app.data.mask.original"),
            value=remembered.get("original", False),
            key="mask_original",  # no help: who presses its sign ticks the box
        )
        if remembered["original"]:
            notice("warning", words("app.data.mask.original.kept"))


def _names(remembered: dict[str, Any]) -> tuple[tuple[str, ...], bool]:
    """The names that are to be masked, and whether the list can be used."""
    before = str(remembered.get("names", ""))
    with st.expander(words("app.data.mask.name"), expanded=bool(before)):
        written = st.text_area(
            words("app.data.mask.name.list"),
            value=before,
            key="mask_names",
            placeholder=words("app.data.mask.name.example"),
            height=110,
        )
        draw(element("p", words("app.data.mask.name.how"), class_="lab-small"))
    remembered["names"] = written
    try:
        return names_in(written), True
    except NamesError as error:
        notice("error", words(error.key, file=_label("name"), **error.values))
        return (), False


def show_masked(
    readings: Sequence[Reading], masking: Masking | None, has_large: bool = False
) -> bool:
    """How much is masked, or could be, and what some of the places become.

    Args:
        readings: of the files that can be seen; of large ones, of their beginning.
        has_large: whether there are large ones: what is counted is not all that will be masked.

    Returns:
        Whether something was seen that is not masked.
    """
    masked, seen = _sums(readings, "masked"), _sums(readings, "seen")
    kinds = () if masking is None else masking.kinds
    only = words("app.data.mask.only")  # a count reads like an all-clear
    left = {kind: n for kind, n in seen.items() if kind not in kinds}
    if left:
        key = "app.data.mask.seen" if masking is None else "app.data.mask.left"
        notice("warning", words(key, kinds=listed_places(left)), *([] if masking else [only]))
    if masking is None:
        return bool(left)
    if masked:
        key = "app.data.mask.done.large" if has_large else "app.data.mask.done"
        notice("info", words(key, kinds=listed_places(masked)), only)
    else:
        notice(
            "info", words("app.data.mask.none.large" if has_large else "app.data.mask.none"), only
        )
    _places(readings)
    return bool(left)


def say_stored(documents: Sequence[Document], readings: Sequence[Reading]) -> None:
    """What was stored, what of it was masked, and whether the files themselves were."""
    said = [words("app.data.stored.said", documents=len(documents))]
    if masked := _sums(readings, "masked"):
        said.append(words("app.data.stored.masked", kinds=listed_places(masked)))
    if not any(document.original_kept for document in documents):
        said.append(words("app.data.stored.not_kept"))
    notice("good", " ".join(said))


def _places(readings: Sequence[Reading]) -> None:
    """Places that became marks, each in its line."""
    rows: list[list[object]] = []
    for reading in readings:
        samples = reading.private.samples
        for place in sorted(samples, key=lambda place: KINDS.index(place.kind)):
            around = element(
                "span",
                place.before,
                element("del", place.found),
                " ",
                element("ins", place.mark),
                place.after,
            )
            rows.append([_label(place.kind), around, reading.file])
    if not rows:
        return
    with st.expander(words("app.data.mask.places", n=min(len(rows), PLACES)), expanded=True):
        header = ["kind", "place", "file"]
        titles = [words(f"app.data.mask.column.{name}") for name in header]
        draw(table(titles, rows[:PLACES], class_="lab-masked"))


def _sums(readings: Sequence[Reading], what: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for reading in readings:
        found.update(dict(getattr(reading.private, what)))
    return found


def listed_places(counts: Mapping[str, int]) -> str:
    """How many places of each kind, in words."""
    return places_in_words(counts, language())


def _label(kind: str) -> str:
    """A kind of personal data at the beginning of a line."""
    named = words(f"documents.mask.{kind}")
    return named[:1].upper() + named[1:]


def chosen_columns(upload: Upload, reading: Reading) -> tuple[str, ...]:
    """The columns that the visitor keeps of a table, in its order; none: it stays as it stands."""
    names = tuple(column.name for column in reading.columns)
    chosen = st.session_state.get(_key(upload), _kept_before(upload, names))
    kept = tuple(name for name in names if name in chosen)
    return () if kept == names else kept


def choose_columns(upload: Upload, whole: Reading) -> None:
    """Let the visitor keep some columns of a table."""
    if not whole.columns:
        return
    samples = {column.name: column.sample for column in whole.columns}
    chosen = st.pills(
        words("app.data.columns"),
        list(samples),
        default=_kept_before(upload, tuple(samples)),
        selection_mode="multi",
        format_func=as_label,
        key=_key(upload),
        help=words("app.data.columns.why"),
    )
    state("kept_columns", {})[upload.id] = chosen
    if not chosen:
        notice("warning", words("app.data.columns.none"))
        return
    shown = [name for name in chosen if samples[name]][:PLACES]
    draw(
        element(
            "p",
            words("app.data.columns.sample"),
            *(element("code", f"{name}: {samples[name]}") for name in shown),
            class_="lab-small lab-samples",
        )
    )


def _kept_before(upload: Upload, names: tuple[str, ...]) -> list[str]:
    """What the visitor kept before the field went, because the file could not be read; else all."""
    before = state("kept_columns", {}).get(upload.id, names)
    return [name for name in names if name in before]


def _key(upload: Upload) -> str:
    return f"columns_{upload.id}"
