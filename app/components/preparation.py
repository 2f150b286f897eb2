"""What of a file is left out before it is stored: columns of a table, personal data.

Masking is decided once for all files of an upload, columns for each table. `masking_form` answers
what is to be masked; `show_masked` draws what that makes of the files, before anything is stored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st
from reading import Choices, Reading
from session import language, state, words
from uploads import Upload

from components.markup import as_label, draw, element, notice, table
from evaluations.documents import KINDS, PATTERNS, Masking, NamesError, names_in, places_in_words

PLACES = 12  # lines of the preview


@dataclass(frozen=True)
class Decided:
    """What is masked, and whether that can be; whether whole files are kept beside their texts."""

    masking: Masking | None
    is_possible: bool = True
    keeps_all: bool = False

    def keeps(self, choices: Choices) -> bool:
        """Whether a file that is read like that is kept as it was."""
        return self.keeps_all or not (choices.masking or choices.columns)


def masking_form(uploads: Sequence[Upload]) -> Decided:
    """What the visitor wants left out of these files, but for the columns of each."""
    remembered = state("masking", {})
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
    keeps_all = False
    if masking is not None or any(st.session_state.get(_key(upload)) for upload in uploads):
        keeps_all = st.checkbox(
            words("app.data.mask.original"),
            value=remembered.get("original", False),
            key="mask_original",
            help=words("app.data.mask.original.why"),
        )
        remembered["original"] = keeps_all
    return Decided(masking, is_possible, keeps_all)


def _names(remembered: dict[str, object]) -> tuple[tuple[str, ...], bool]:
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
) -> None:
    """How much is masked, or could be, and what some of the places become.

    Args:
        readings: of the files that can be seen; of large ones, of their beginning.
        has_large: whether there are large ones: what is counted is not all that will be masked.
    """
    masked, seen = _sums(readings, "masked"), _sums(readings, "seen")
    if masking is None:
        if seen:
            notice("info", words("app.data.mask.seen", kinds=listed_places(seen)))
        return
    if masked:
        key = "app.data.mask.done.large" if has_large else "app.data.mask.done"
        notice("good", words(key, kinds=listed_places(masked)))
    elif has_large:
        notice("info", words("app.data.mask.none.large"))
    else:
        notice("warning", words("app.data.mask.none"))
    left = Counter({kind: n for kind, n in seen.items() if kind not in masking.kinds})
    if left:
        notice("info", words("app.data.mask.left", kinds=listed_places(left)))
    _places(readings)


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
    if not reading.columns:
        return ()
    chosen = set(st.session_state.get(_key(upload)) or ())
    return tuple(column.name for column in reading.columns if column.name in chosen)


def choose_columns(upload: Upload, whole: Reading) -> None:
    """Let the visitor keep some columns of a table."""
    if not whole.columns:
        return
    samples = {column.name: column.sample for column in whole.columns}
    st.pills(
        words("app.data.columns"),
        list(samples),
        selection_mode="multi",
        format_func=as_label,
        key=_key(upload),
        help=words("app.data.columns.why"),
    )
    chosen = [name for name in chosen_columns(upload, whole) if samples[name]]
    if chosen:
        draw(
            element(
                "p",
                words("app.data.columns.sample"),
                *(element("code", f"{name}: {samples[name]}") for name in chosen[:PLACES]),
                class_="lab-small lab-samples",
            )
        )


def _key(upload: Upload) -> str:
    return f"columns_{upload.id}"
