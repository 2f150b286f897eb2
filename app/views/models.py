"""Models: the checkpoints there are, adding one, and training a pair on one's own documents."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from components.markup import draw, heading, notice, section
from components.model_table import model_facts, model_table
from components.pair_form import pair_form
from components.trainings import trainings
from session import labels, language, open_store, settings, words

from evaluations.errors import UnusableCheckpoint
from evaluations.model_list import ListedModel, ModelList, add_model, forget_model, list_models

VIEWS = ("list", "pair")


def show_list(found: ModelList) -> None:
    """The table; what cannot be read; the details of one; adding another."""
    draw(model_table(found.models))
    if found.unusable:
        reasons = [one.problem.words(language()) for one in found.unusable]
        notice("warning", words("models.unusable"), *reasons)
    if st.toggle(words("models.expert"), key="models_expert"):
        show_details(found.models)
    section(words("models.add"), words("models.add.why"))
    add()
    forget([one.source for one in found.models if one.place in ("folder", "hub")], found)


def show_details(models: Sequence[ListedModel]) -> None:
    """All that is known of one."""
    names = {model.source: model.name for model in models}
    chosen = st.selectbox(
        words("models.expert.which"),
        list(names),
        format_func=names.__getitem__,
        key="models_which",
        filter_mode=None,
    )
    draw(model_facts(next(model for model in models if model.source == chosen)))


def add() -> None:
    """A folder or a hub id, looked at before it is listed."""
    field, button = st.columns([7, 2], vertical_alignment="bottom")
    source = field.text_input(
        words("models.add.source"),
        max_chars=400,
        placeholder="owner/name@0123456789abcdef0123456789abcdef01234567",
        key="models_source",
    )
    pressed = button.button(
        words("models.add.button"), key="models_add", width="stretch", disabled=not source.strip()
    )
    if pressed:
        try:
            with st.spinner(words("models.add.checking")):
                st.session_state["model_added"] = add_model(settings(), source)
        except UnusableCheckpoint as refused:
            notice("error", refused.words(language()))
            return
        st.rerun()
    added: ListedModel | None = st.session_state.pop("model_added", None)
    if added is not None:
        say_added(added)


def say_added(added: ListedModel) -> None:
    """What it is, and what it cannot be used for."""
    parameters = f"{added.parameters:,}"
    values = {"name": added.name, "architecture": added.architecture, "parameters": parameters}
    notice("good", words("models.add.done", **values))
    if added.record is None:
        notice("info", words("models.add.no_record"))


def forget(sources: Sequence[str], found: ModelList) -> None:
    """Take one that was added off the list; those that cannot be read as well."""
    added = [*sources, *(one.source for one in found.unusable if one.place in ("folder", "hub"))]
    if not added:
        return
    with st.popover(words("models.add.forget"), key="models_forget"):
        chosen = st.selectbox(words("models.expert.which"), added, key="models_forget_which")
        if st.button(words("models.add.forget"), key="models_forget_yes"):
            forget_model(settings(), chosen)
            st.rerun()


heading(words("models.title"), words("models.lead"))
if (asked := st.session_state.pop("models_show", None)) is not None:
    st.session_state["models_view"] = asked
view = st.segmented_control(
    words("models.show"),
    VIEWS,
    default=None if "models_view" in st.session_state else VIEWS[0],
    format_func=labels("models.show", VIEWS).__getitem__,
    key="models_view",
    required=True,
    label_visibility="collapsed",
)
listed = list_models(open_store())
if view == "pair":
    trainings()
    pair_form(listed.models)
else:
    show_list(listed)
