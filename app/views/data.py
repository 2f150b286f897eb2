"""Data: drop files, see how each was understood, choose the documents to evaluate on."""

from __future__ import annotations

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
from components.uploader import uploader
from reading import Reading, is_read, read_upload, store_upload
from session import go, language, open_store, upload_box, uploads_dir, words
from uploads import Box, Upload

from evaluations.documents import ENCODINGS, Split, display_name, has_own_encoding
from evaluations.erasing import Erased, left_words
from evaluations.numbers import about_characters, size
from evaluations.records import Document
from evaluations.wording import say

AUTOMATIC = ""
TONES = {"accept": "good", "warn": "half", "partial": "half", "reject": "bad"}


def chosen_encoding(upload: Upload) -> str | None:
    """The encoding that the visitor chose; None: recognize it."""
    return st.session_state.get(f"encoding_{upload.id}") or None


def review(box: Box, uploads: list[Upload]) -> bool:
    """The files that have arrived, each as it would be stored; whether there is one to store."""
    section(words("app.data.pending"))
    for upload in uploads:
        if is_large(upload):
            with st.container(border=True, key=f"file_{upload.id}"):
                review_large(box, upload)
    uploads = [upload for upload in uploads if not is_large(upload)]
    readings = read_all(uploads)
    alone = sum(reading.documents for reading in readings.values()) < FEWEST
    splits = {}
    for upload in uploads:
        with st.container(border=True, key=f"file_{upload.id}"):
            splits[upload.id] = review_one(box, upload, readings[upload.id], alone)
    good = [upload for upload in uploads if readings[upload.id].documents]
    if not good:
        return False
    total = sum(count(readings[upload.id], splits[upload.id]) for upload in good)
    if st.button(words("app.data.store", documents=total), type="primary", key="store_files"):
        store(box, good, splits)
    return True


def read_all(uploads: list[Upload]) -> dict[str, Reading]:
    """Every file, read; with a word about how far where that takes time."""
    found = {}
    place = st.empty()
    for i, upload in enumerate(uploads, start=1):
        encoding = chosen_encoding(upload)
        if is_read(upload, encoding):
            found[upload.id] = read_upload(upload, encoding)
            continue
        with place, st.spinner(words("app.data.reading", n=i, total=len(uploads))):
            found[upload.id] = read_upload(upload, encoding)
    place.empty()
    return found


def review_one(box: Box, upload: Upload, reading: Reading, split_it: bool) -> Split | None:
    """One file: what was understood, and what may be overruled; how it is to be split."""
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
        split = choose_split(upload, reading, split_it)
        if reading.beginning:
            with st.expander(words("app.data.preview")):
                st.code(reading.beginning, language=None, wrap_lines=True, height=220)
    with side:
        overrule(box, upload, reading.file)
    return split


def overrule(box: Box, upload: Upload, name: str) -> None:
    """What a visitor may decide about a file: its encoding, and that it is not wanted."""
    if not has_own_encoding(name):
        choose_encoding(upload)
    if st.button(words("app.data.forget"), key=f"forget_{upload.id}", type="tertiary"):
        box.remove(upload.id)
        st.rerun()


def review_large(box: Box, upload: Upload) -> None:
    """A file that a worker reads: what can be said about it before."""
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
        hand_over(box, upload, chosen_encoding(upload), splits[chosen])


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
    number = st.selectbox(
        words("app.data.split"),
        numbers,
        index=0 if split_it else len(numbers) - 1,
        format_func=names.__getitem__,
        key=f"split_{upload.id}",
        filter_mode=None,
    )
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


def store(box: Box, uploads: list[Upload], splits: dict[str, Split | None]) -> None:
    """Store the files' documents and tick them."""
    place = st.empty()
    for i, upload in enumerate(uploads, start=1):
        with place, st.spinner(words("app.data.storing", n=i, total=len(uploads))):
            added = store_upload(box, upload, chosen_encoding(upload), splits[upload.id])
        tick_also([document.id for document in added])
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
    use = uses(documents)
    chosen = document_table(
        [row(document, use[document.id]) for document in documents],
        [words(f"app.data.column.{name}") for name in ("name", "size", "times", "encoding", "use")],
        numeric=(1, 2),
        selected=ticked(documents),
        tick_all=words("app.data.column.all"),
        version=ticked_version(),
    )
    tick(chosen)
    finding, action = st.columns([5, 2], vertical_alignment="center")
    with finding:
        enough(len(chosen), sum(use[document].longest > 0 for document in chosen))
    with action:
        if st.button(
            words("app.data.next"),
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


def enough(chosen: int, usable: int) -> None:
    """Whether the ticked documents can carry a verdict, and how many more would."""
    if not chosen:
        notice("warning", words("app.data.enough.none"))
    elif usable < FEWEST:
        notice("warning", words("app.data.enough.few", n=chosen, needed=FEWEST - usable))
    else:
        key = "app.data.enough.many" if usable >= ENOUGH else "app.data.enough.some"
        notice("good", words(key, n=chosen))


heading(words("app.data.title"), words("app.data.lead"))
documents = in_reading_order(open_store().documents())
uploader(compact=bool(documents))
box = Box(uploads_dir(), upload_box())
arrived = box.complete()
waiting = review(box, arrived) if arrived else False
files_at_work()
if (erased := st.session_state.pop("erased", None)) is not None:
    say_erased(erased)
if documents:
    choose(documents, waiting)
    erase(documents)
elif not arrived:
    notice("info", words("app.data.empty"))
