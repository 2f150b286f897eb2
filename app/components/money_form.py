"""The form for assumptions about money: an empty field is an assumption that nobody has made."""

from __future__ import annotations

import streamlit as st
from session import open_store, state, words

from components.markup import notice
from evaluations.additions import LONGEST, Added, write_money
from evaluations.money import NO_INPUTS, MoneyInputs
from evaluations.records import Snapshot

LARGEST = {"payback_months_wanted": 1200.0}  # of the fields; MoneyInputs refuses more
MINUTES, YEN_PER_HOUR, YEN = 1e6, 1e9, 1e12


def money_form(found: Snapshot, added: Added, conclusion: str) -> None:
    """One field per assumption; saving appends an entry and shows the page again.

    Args:
        conclusion: what follows from what is saved, said beside the button once it is.
    """
    before = added.money.value if added.money is not None else NO_INPUTS
    # the fields keep what is typed until it is saved, and then begin with what was saved
    mark = f"{found.run}_{state('money_saves', 0)}"
    with st.form(f"money_{mark}", border=False):
        typed = _fields(before, mark)
        author = st.text_input(
            words("app.money.author"),
            value=st.session_state.get("author", ""),
            max_chars=LONGEST["author"],
            key="money_author",
        )
        pressed = st.form_submit_button(
            words("app.money.save"),
            key="save_money",
            type="secondary" if added.money else "primary",
        )
    if pressed:
        st.session_state["author"] = author.strip()
        _save(found.run, before, MoneyInputs(**typed), author.strip())
    elif st.session_state.pop("money_saved", False):
        notice("info", words("app.money.saved"), conclusion)


def _fields(before: MoneyInputs, mark: str) -> dict[str, float | None]:
    """What stands in every field, two beside each other; None: it is empty."""
    typed: dict[str, float | None] = {}
    for number, (name, value) in enumerate(before):
        if number % 2 == 0:
            columns = st.columns(2, vertical_alignment="bottom")
        lowest = 1.0 if name == "payback_months_wanted" else 0.0
        typed[name] = columns[number % 2].number_input(
            words(f"money.input.{name}"),
            min_value=lowest,
            max_value=_largest(name),
            value=value,
            step=1.0,
            format="%g",
            placeholder=words("money.absent"),
            key=f"money_{name}_{mark}",
        )
    return typed


def _largest(name: str) -> float:
    if name.startswith("minutes_"):
        return MINUTES
    if name in ("one_off_yen", "running_yen_per_month", "long_training_yen"):
        return YEN
    return LARGEST.get(name, YEN_PER_HOUR)


def _save(run: str, before: MoneyInputs, inputs: MoneyInputs, author: str) -> None:
    if not author:
        notice("warning", words("app.money.unnamed"))
    elif inputs == before:
        notice("info", words("app.money.unchanged"))
    else:
        write_money(open_store().database, run, inputs, author)
        st.session_state["money_saved"] = True
        st.session_state["money_saves"] += 1
        st.rerun()
