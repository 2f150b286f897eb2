"""A pair of one's own before it is trained: documents, start, what it will cost, the button."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from choosing import in_reading_order, ticked
from session import go, language, open_store, settings, state, stay_or_leave, words

from components.document_table import Row, document_table
from components.format import duration, today
from components.markup import draw, element, notice, paragraph, section
from evaluations.adaptation import Adaptation
from evaluations.errors import EvaluationError
from evaluations.held_out import LEAST
from evaluations.model_list import ListedModel
from evaluations.numbers import size
from evaluations.plan import LARGEST_SEED
from evaluations.records import Document
from evaluations.training_estimate import TrainingEstimate, estimate_training
from evaluations.training_view import PartedSizes, parted_sizes
from evaluations.worker import ensure_worker

MOST_STEPS = 1_000_000
MOST_SHARE = 90  # percent
FIRST = "zero-t16"  # what a pair is made of unless somebody says otherwise


def pair_form(models: Sequence[ListedModel]) -> None:
    """Choose, see the estimate, start."""
    paragraph(words("models.pair.lead"), "lab-note")
    stored = in_reading_order(open_store().documents())
    if not stored:
        notice("info", words("models.pair.no_documents"))
        if st.button(words("app.empty.to_data"), type="primary", key="to_data"):
            go("data")
        return
    left, right = st.columns([11, 8], gap="large")
    with left:
        documents = _documents(stored)
    with right, st.container(border=True, key="pair"):
        _ask(documents, [model for model in models if model.can_start_a_pair])


def _documents(stored: Sequence[Document]) -> list[Document]:
    """Those that are ticked."""
    section(words("models.pair.documents"))
    wanted = state("train_documents", ticked(stored))
    chosen = document_table(
        [Row(one.id, (one.name, size(one.bytes))) for one in stored],
        [words(f"app.data.column.{name}") for name in ("name", "size")],
        numeric=(1,),
        selected=wanted,
        tick_all=words("app.data.column.all"),
        version=state("train_version", 0),
        key="train_table",
    )
    return [one for one in stored if one.id in set(chosen)]


def choose_documents(ids: Sequence[str]) -> None:
    """Have exactly these ticked when the page is opened."""
    st.session_state["train_documents"] = list(ids)
    st.session_state["train_version"] = state("train_version", 0) + 1


def _ask(documents: Sequence[Document], starts: Sequence[ListedModel]) -> None:
    names = {model.source: model.name for model in starts}
    sources = list(names)
    source = st.selectbox(
        words("models.pair.start"),
        sources,
        index=sources.index(FIRST) if FIRST in sources else 0,
        format_func=names.__getitem__,
        key="pair_start",
        filter_mode=None,
    )
    default = words("models.pair.name.default", date=today())
    name = st.text_input(words("models.pair.name"), default, max_chars=120, key="pair_name")
    start = next(model for model in starts if model.source == source)
    wanted = _settings(start)
    if not documents:
        notice("warning", words("app.data.enough.none"))
        return
    try:
        with st.spinner(words("models.pair.parting")):
            sizes = _parted(documents, start, wanted)
    except EvaluationError as error:
        notice("warning", error.words(language()))
        return
    _say_parted(sizes)
    _go_on(name.strip() or default, documents, wanted, sizes)


def _settings(start: ListedModel) -> Adaptation:
    """What experts may change."""
    length = 64 if start.record is None else start.record.training_length
    with st.expander(words("models.pair.settings"), key="pair_settings"):
        steps = st.number_input(words("models.pair.steps"), 0, MOST_STEPS, 0, key="pair_steps")
        share = st.number_input(
            words("models.pair.share"),
            0,
            MOST_SHARE,
            0,
            help=words("models.pair.share.help"),
            key="pair_share",
        )
        seed = st.number_input(words("models.pair.seed"), 0, LARGEST_SEED, 0, key="pair_seed")
    return Adaptation(
        checkpoint=start.source,
        steps=int(steps) or None,
        training_length=length if start.record is None else None,
        hold_out=share / 100 if share else None,
        seed=int(seed),
    )


def _parted(documents: Sequence[Document], start: ListedModel, wanted: Adaptation) -> PartedSizes:
    """Found once for the same choice: the beginnings of all documents are read for it."""
    length = wanted.training_length or (start.record.training_length if start.record else 0)
    known = frozenset() if start.record is None else start.record.documents
    key = (tuple(one.id for one in documents), length, wanted.hold_out, wanted.seed, start.source)
    found: dict[object, PartedSizes] = state("parted", {})
    if key not in found:
        found[key] = parted_sizes(
            open_store(), documents, length, known, wanted.hold_out, wanted.seed
        )
    return found[key]


def _say_parted(sizes: PartedSizes) -> None:
    said = words(
        "models.pair.parted",
        training=len(sizes.training),
        training_size=size(sum(sizes.training)),
        held_out=len(sizes.held_out),
        held_out_size=size(sum(sizes.held_out)),
    )
    draw(element("p", said, class_="lab-text"))
    if sizes.too_short:
        draw(element("p", words("models.pair.too_short", n=sizes.too_short), class_="lab-small"))
    if len(sizes.held_out) < LEAST:
        notice("warning", words("models.pair.few", n=len(sizes.held_out)))


def _go_on(
    name: str, documents: Sequence[Document], wanted: Adaptation, sizes: PartedSizes
) -> None:
    """The estimate first; then, or without it, the training."""
    known: dict[object, TrainingEstimate] = state("training_estimates", {})
    key = (wanted, sizes)
    estimate = known.get(key)
    if estimate is not None:
        said = words(
            "models.pair.estimated",
            duration=duration(estimate.seconds),
            memory=size(estimate.memory),
            disk=size(estimate.disk),
            steps=estimate.steps,
        )
        draw(
            element("p", said, class_="lab-text"),
            element("p", words("models.pair.estimated.note"), class_="lab-small"),
        )
    elif st.button(words("models.pair.estimate"), type="primary", key="estimate", width="stretch"):
        try:
            with st.spinner(words("models.pair.estimating")):
                called_away = stay_or_leave()
                known[key] = estimate_training(settings(), wanted, sizes, called_away)
        except EvaluationError as error:
            notice("warning", error.words(language()))
        else:
            st.rerun()
    kind = "secondary" if estimate is None else "primary"
    if st.button(words("models.pair.begin"), type=kind, key="begin", width="stretch"):
        open_store().request_training(name, [one.id for one in documents], wanted)
        ensure_worker(settings())
        st.rerun()
