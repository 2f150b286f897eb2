"""The form for assumptions about money: an empty field is an assumption that nobody has made."""

from __future__ import annotations

import streamlit as st
from session import open_store, words

from components.format import moment
from components.markup import notice
from evaluations.additions import LONGEST, Added, Entered, write_money
from evaluations.money import ASSUMED, NO_INPUTS, MoneyInputs
from evaluations.records import Snapshot
from evaluations.reports.money import figure

LARGEST = {"payback_months_wanted": 1200.0}  # of the fields; MoneyInputs refuses more
MINUTES, YEN_PER_HOUR, YEN = 1e6, 1e9, 1e12


def money_form(found: Snapshot, added: Added, conclusion: str) -> None:
    """One field per assumption; saving appends an entry and shows the page again.

    Args:
        conclusion: what follows from what is saved, said beside the button once it is.
    """
    begun = _begun_with(found.run, added)
    mark = _mark(found.run, begun)
    with st.form(f"money_{mark}", border=False):
        typed = _fields(_values(begun), mark)
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
        _save(found.run, added.money, MoneyInputs(**typed), author.strip())
    elif st.session_state.pop("money_saved", False):
        notice("info", words("app.money.saved"), conclusion)


def _begun_with(run: str, added: Added) -> Entered[MoneyInputs] | None:
    """What was saved when the fields were filled; they keep what is typed as long as they stand."""
    base = _base(run)
    mark = _mark(run, st.session_state.get(base))
    if base not in st.session_state or f"money_{ASSUMED[0]}_{mark}" not in st.session_state:
        st.session_state[base] = added.money
    begun: Entered[MoneyInputs] | None = st.session_state[base]
    return begun


def _base(run: str) -> str:
    """Under which name the session keeps it."""
    return f"money_base_{run}"


def _mark(run: str, begun: Entered[MoneyInputs] | None) -> str:
    """What tells the fields of one saved version from those of another."""
    return f"{run}_{'' if begun is None else begun.at.isoformat()}"


def _values(entered: Entered[MoneyInputs] | None) -> MoneyInputs:
    return NO_INPUTS if entered is None else entered.value


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


def _save(run: str, saved: Entered[MoneyInputs] | None, inputs: MoneyInputs, author: str) -> None:
    """Append what was typed; what somebody else saved meanwhile is shown first, and once.

    Args:
        saved: what counts now.
    """
    seen = f"{_base(run)}_seen"
    if not author:
        notice("warning", words("app.money.unnamed"))
    elif inputs == _values(saved):
        notice("info", words("app.money.unchanged"))
    elif saved is not None and saved not in (
        st.session_state[_base(run)],
        st.session_state.get(seen),
    ):
        st.session_state[seen] = saved
        _meanwhile(saved, inputs)
    else:
        write_money(open_store().database, run, inputs, author)
        st.session_state["money_saved"] = True
        del st.session_state[_base(run)]
        st.rerun()


def _meanwhile(saved: Entered[MoneyInputs], inputs: MoneyInputs) -> None:
    """Who saved, when, and in which fields it differs from what was typed."""
    author = saved.author or words("reports.written.nobody")
    differing = [
        words(
            "app.money.meanwhile.one",
            name=words(f"money.input.{name}"),
            theirs=_shown(theirs),
            yours=_shown(getattr(inputs, name)),
        )
        for name, theirs in saved.value
        if theirs != getattr(inputs, name)
    ]
    sentence = words("app.money.meanwhile", moment=moment(saved.at), author=author)
    notice("warning", sentence, *differing)


def _shown(value: float | None) -> str:
    return words("money.absent") if value is None else figure(value)
