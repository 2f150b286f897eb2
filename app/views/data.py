"""Data: drop files, see how each was understood, choose the documents to evaluate on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import streamlit as st
from choosing import (
    ENOUGH,
    FEWEST,
    SHORTEST_TRAINING_LENGTH,
    Use,
    in_reading_order,
    tick,
    tick_also,
    ticked,
    ticked_version,
    uses,
)
from components.document_table import Row, document_table
from components.files_at_work import files_at_work, hand_over, is_large
from components.markup import badge, draw, element, heading, notice, section
from components.preparation import (
    Decided,
    choose_columns,
    chosen_columns,
    kept_form,
    masking_form,
    say_stored,
    show_masked,
)
from components.uploader import uploader
from reading import (
    Choices,
    Reading,
    has_beginning,
    is_read,
    read_beginning,
    read_upload,
    store_upload,
)
from session import go, language, open_store, rule_id, state, upload_box, uploads_dir, words
from streamlit.delta_generator import DeltaGenerator
from uploads import Box, Upload

from evaluations.documents import ENCODINGS, Split, display_name, has_own_encoding
from evaluations.erasing import Erased, left_words
from evaluations.findings import parts_words
from evaluations.numbers import about_characters, size
from evaluations.records import Document
from evaluations.wording import say

AUTOMATIC = ""
TONES = {"accept": "good", "warn": "half", "partial": "half", "reject": "bad"}


def chosen_encoding(upload: Upload) -> str | None:
    """The encoding that the visitor chose; None: recognize it."""
    return st.session_state.get(f"encoding_{upload.id}") or None


class Reviewed(NamedTuple):
    """One file as it would be stored: how it is read, and what that gave."""

    choices: Choices
    reading: Reading  # of a large file: of its beginning
    whole: Reading  # the same with all columns


def review(box: Box, uploads: list[Upload]) -> bool:
    """The files that have arrived, each as it would be stored; whether there is one to store."""
    section(words("app.data.pending"))
    # nobody stores before having passed what may be masked, nor looks for it below many files
    preparation = st.container(border=True, key="preparation")
    action, files = st.container(), st.container()
    with preparation:
        decided = masking_form()
    large = [upload for upload in uploads if is_large(upload)]
    uploads = [upload for upload in uploads if not is_large(upload)]
    with files:
        beginnings = review_all_large(box, large, decided)
        reviewed = read_all(uploads, decided)
        alone = sum(one.reading.documents for one in reviewed.values()) < FEWEST
        splits = {}
        for upload in uploads:
            with st.container(border=True, key=f"file_{upload.id}"):
                splits[upload.id] = review_one(box, upload, reviewed[upload.id], alone)
    with preparation:
        readings = [one.reading for one in reviewed.values()]
        kept_form(decided, [one.choices for one in [*beginnings, *reviewed.values()]])
        shown = [*(one.reading for one in beginnings), *readings]
        left = show_masked(shown, decided.masking, has_large=bool(large))
    good = [upload for upload in uploads if reviewed[upload.id].reading.documents]
    if not good:
        return False
    total = sum(count(reviewed[upload.id].reading, splits[upload.id]) for upload in good)
    with action:
        pressed = st.button(
            words(store_label(left, decided), documents=total),
            type="secondary" if left else "primary",
            key="store_files",
            disabled=not decided.is_possible,
        )
        if pressed:
            store(box, good, reviewed, splits, decided)
    return True


def store_label(left: bool, decided: Decided) -> str:
    """The key of what storing is called: not the same where something is left unmasked."""
    if not left:
        return "app.data.store"
    return "app.data.store.left" if decided.masking is None else "app.data.store.partly"


def read_all(uploads: list[Upload], decided: Decided) -> dict[str, Reviewed]:
    """Every file, read; with a word about how far where that takes time."""
    place = st.empty()
    found = {}
    for i, upload in enumerate(uploads, start=1):
        said = words("app.data.reading", n=i, total=len(uploads))
        found[upload.id] = read_one(upload, decided, place, said)
    place.empty()
    return found


def read_one(upload: Upload, decided: Decided, place: DeltaGenerator, said: str) -> Reviewed:
    """One file, read as it was decided; `said` in the place while that takes time."""

    def read(choices: Choices) -> Reading:
        if is_read(upload, choices):
            return read_upload(upload, choices)
        with place, st.spinner(said):
            return read_upload(upload, choices)

    return as_decided(upload, decided, read)


def as_decided(upload: Upload, decided: Decided, read: Callable[[Choices], Reading]) -> Reviewed:
    """A file as the visitor wants it: read whole, and then with the columns that are kept of it."""
    choices = Choices(chosen_encoding(upload), decided.masking)
    whole = read(choices)
    columns = chosen_columns(upload, whole)
    if not columns:
        return Reviewed(choices, whole, whole)
    choices = replace(choices, columns=columns)
    return Reviewed(choices, read(choices), whole)


def review_one(box: Box, upload: Upload, reviewed: Reviewed, split_it: bool) -> Split | None:
    """One file: what was understood, and what may be overruled; how it is to be split."""
    reading = reviewed.reading
    about, side = st.columns([7, 3], vertical_alignment="top")
    with about:
        draw(
            element(
                "div",
                element("span", reading.file, class_="lab-name"),
                " ",
                badge(words(f"app.data.status.{reading.status}"), TONES[reading.status]),
            )
        )
        if reading.documents:
            found = words(
                "app.data.found",
                encoding=(reading.encoding or "-").upper(),
                size=size(reading.bytes),
                documents=reading.documents,
            )
            draw(element("p", found, class_="lab-small"))
        if reading.messages:
            kind = "error" if reading.status == "reject" else "warning"
            notice(kind, *(say(m.key, language(), **m.values) for m in reading.messages))
        choose_columns(upload, reviewed.whole)
        split = choose_split(upload, reading, split_it)
        preview(reading)
    with side:
        overrule(box, upload, reading.file)
    return split


def preview(reading: Reading) -> None:
    """The beginning of the first document as it would be stored."""
    if reading.beginning:
        with st.expander(words("app.data.preview")):
            st.code(reading.beginning, language=None, wrap_lines=True, height=220)


def overrule(box: Box, upload: Upload, name: str) -> None:
    """What a visitor may decide about a file: its encoding, and that it is not wanted."""
    if not has_own_encoding(name):
        choose_encoding(upload)
    if st.button(words("app.data.forget"), key=f"forget_{upload.id}", type="tertiary"):
        box.remove(upload.id)
        st.rerun()


def review_all_large(box: Box, uploads: list[Upload], decided: Decided) -> list[Reviewed]:
    """Files that a worker reads; the beginnings of those that can be seen before."""
    found = []
    for upload in uploads:
        with st.container(border=True, key=f"file_{upload.id}"):
            found.append(review_large(box, upload, decided))
    return [one for one in found if one is not None]


def review_large(box: Box, upload: Upload, decided: Decided) -> Reviewed | None:
    """A file that a worker reads: what can be said about it before."""
    seen = None
    if has_beginning(upload):
        seen = as_decided(upload, decided, partial(read_beginning, upload))
    about, side = st.columns([7, 3], vertical_alignment="top")
    with side:
        overrule(box, upload, upload.name)
    with about:
        draw(element("div", display_name(upload.name), class_="lab-name"))
        splits = {
            words("app.data.split.none"): None,
            words("app.data.large.pieces", n=FEWEST): Split(pieces=FEWEST),
            words("app.data.large.pieces", n=ENOUGH): Split(pieces=ENOUGH),
            words("app.data.large.day"): Split(by="day"),
        }
        chosen = st.selectbox(
            words("app.data.split"), list(splits), key=f"split_{upload.id}", filter_mode=None
        )
        if seen is None:
            draw(element("p", words("app.data.large.unseen"), class_="lab-small"))
            choices = Choices(chosen_encoding(upload), decided.masking)
        else:
            choose_columns(upload, seen.whole)
            preview(seen.reading)
            draw(element("p", words("app.data.large.beginning"), class_="lab-small"))
            choices = seen.choices
        hand_over(box, upload, choices, splits[chosen], decided)
    return seen


def choose_encoding(upload: Upload) -> None:
    """The encoding, which may be overruled."""
    names = {AUTOMATIC: words("app.data.encoding.auto")} | {e: e.upper() for e in ENCODINGS}
    st.selectbox(
        words("app.data.encoding"),
        list(names),
        format_func=names.__getitem__,
        key=f"encoding_{upload.id}",
        filter_mode=None,
    )


def choose_split(upload: Upload, reading: Reading, split_it: bool) -> Split | None:
    """How one long log becomes documents, unless there are enough files for a verdict anyway."""
    if not reading.offers:
        return None
    numbers = [*range(len(reading.offers)), -1]
    names = {number: split_label(reading, number) for number in numbers}
    chosen = state("chosen_splits", {})
    before = chosen.get(upload.id, 0 if split_it else -1)
    number = st.selectbox(
        words("app.data.split"),
        numbers,
        index=numbers.index(before if before in numbers else -1),
        format_func=names.__getitem__,
        # another field where the sizes are others: the browser would go on showing the old ones
        key=f"split_{upload.id}_{reading.bytes}",
        filter_mode=None,
    )
    if number != before:  # until then it follows how many files there are
        chosen[upload.id] = number
    draw(element("p", words("app.data.split.why"), class_="lab-small"))
    return None if number == -1 else reading.offers[number].split


def split_label(reading: Reading, number: int) -> str:
    """A way to split, and what it makes."""
    if number == -1:
        return words("app.data.split.none")
    offer = reading.offers[number]
    values = {"documents": offer.documents, "median_bytes": offer.median_bytes}
    return say(offer.label, language(), **values)


def count(reading: Reading, split: Split | None) -> int:
    """How many documents the file makes, split in this way."""
    for offer in reading.offers:
        if offer.split == split:
            return offer.documents
    return reading.documents


def store(
    box: Box,
    uploads: list[Upload],
    reviewed: dict[str, Reviewed],
    splits: dict[str, Split | None],
    decided: Decided,
) -> None:
    """Store the files' documents and tick them."""
    place, stored = st.empty(), []
    for i, upload in enumerate(uploads, start=1):
        with place, st.spinner(words("app.data.storing", n=i, total=len(uploads))):
            choices, split = reviewed[upload.id].choices, splits[upload.id]
            added = store_upload(box, upload, choices, split, decided.keeps(choices))
        tick_also([document.id for document in added])
        stored += added
    if stored:
        st.session_state["stored"] = stored, [reviewed[upload.id].reading for upload in uploads]
    st.rerun()


def choose(documents: list[Document], waiting: bool) -> None:
    """The stored documents with a tick each, and whether they can carry a verdict.

    Nobody goes on while files are waiting to be stored: the evaluation would be one without them.
    """
    section(
        words("app.data.stored"),
        words(
            "app.data.stored.note",
            training_length=SHORTEST_TRAINING_LENGTH,
            characters=about_characters(SHORTEST_TRAINING_LENGTH),
        ),
    )
    finding, action = st.columns([5, 2], vertical_alignment="center")
    use = uses(documents)
    rows = [row(document, use[document.id]) for document in documents]
    columns = ["name", "size", "times", "encoding", "use"]
    if any(document.masked or document.columns for document in documents):
        columns.append("prepared")
        rows = [
            one._replace(cells=(*one.cells, prepared_words(document)))
            for one, document in zip(rows, documents, strict=True)
        ]
    chosen = document_table(
        rows,
        [words(f"app.data.column.{name}") for name in columns],
        numeric=(1, 2),
        selected=ticked(documents),
        tick_all=words("app.data.column.all"),
        version=ticked_version(),
    )
    tick(chosen)
    with finding:
        names = {document.id: document.name for document in documents}
        usable = [names[document] for document in chosen if use[document].longest > 0]
        enough(len(chosen), usable)
    with action:
        if st.button(
            words("app.data.next.planned" if rule_id() else "app.data.next"),
            type="secondary" if waiting else "primary",
            disabled=waiting or not chosen,
            help=words("app.data.next.waiting") if waiting else None,
            key="next",
            width="stretch",
        ):
            go("run", new=True)


def erase(documents: list[Document]) -> None:
    """Take one document out of everything, after a second look."""
    with st.popover(words("app.data.erase"), key="erase"):
        names = {document.id: document.name for document in documents}
        chosen = st.selectbox(
            words("app.data.erase.which"),
            list(names),
            format_func=names.__getitem__,
            key="erase_document",
            index=None,
            filter_mode=None,
        )
        draw(element("p", words("app.data.erase.sure"), class_="lab-text"))
        yes = words("app.data.erase.yes")
        if st.button(yes, key="erase_yes", disabled=chosen is None) and chosen is not None:
            st.session_state["erased"] = open_store().erase_document(chosen)
            st.rerun()


def say_erased(erased: Erased) -> None:
    """What went, and what did not."""
    values = {"losses": erased.losses, "copies": erased.copies, "ended": erased.ended}
    sentences = [words("erase.done", document=erased.document.name, **values)]
    sentences += left_words(erased, language())
    notice("good" if erased.is_whole else "warning", *sentences)


def row(document: Document, use: Use) -> Row:
    """One document as a line of the table."""
    times = document.bytes // SHORTEST_TRAINING_LENGTH
    cells = (
        document.name,
        size(document.bytes),
        words("app.data.column.times.value", n=times),
        document.encoding.upper() or "-",
        use_words(use),
    )
    return Row(document.id, cells)


def use_words(use: Use) -> str:
    """How far a document can be used."""
    if use.longest == 0:
        return words("app.data.use.short")
    if use.is_full:
        return words("app.data.use.full")
    return words("app.data.use.part", length=use.longest)


def prepared_words(document: Document) -> str:
    """What of the file is not in the text."""
    comma, said = words("documents.masked.comma"), []
    if document.columns:
        said.append(words("app.data.prepared.columns", columns=comma.join(document.columns)))
    if document.masked:
        kinds = comma.join(words(f"documents.mask.{kind}") for kind in document.masked)
        said.append(words("app.data.prepared.masked", kinds=kinds))
    return " / ".join(said) or "-"


def enough(chosen: int, usable: list[str]) -> None:
    """Whether the ticked documents can carry a verdict, and how many more would.

    Args:
        chosen: how many are ticked.
        usable: names of those that are long enough.
    """
    missing, parts = FEWEST - len(usable), parts_words(usable, language())
    if not chosen:
        notice("warning", words("app.data.enough.none"))
    elif missing > 0:
        notice("warning", words("app.data.enough.few", n=chosen, needed=missing))
    elif parts:
        notice("info", words("app.data.enough.parts", n=chosen, parts=parts))
    else:
        key = "app.data.enough.many" if len(usable) >= ENOUGH else "app.data.enough.some"
        notice("good", words(key, n=chosen))


heading(words("app.data.title"), words("app.data.lead"))
documents = in_reading_order(open_store().documents())
uploader(compact=bool(documents))
box = Box(uploads_dir(), upload_box())
arrived = box.complete()
waiting = review(box, arrived) if arrived else False
files_at_work()
if (stored := st.session_state.pop("stored", None)) is not None:
    say_stored(*stored)
if (erased := st.session_state.pop("erased", None)) is not None:
    say_erased(erased)
if documents:
    choose(documents, waiting)
    erase(documents)
elif not arrived:
    notice("info", words("app.data.empty"))
