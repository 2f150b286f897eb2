"""Blind review: two continuations side by side, and nothing that tells which method wrote which.

What this page sends to the browser before a review is finished comes from `reviews.Shown`, which
knows left and right only. Designed states: no evaluation, not finished, withheld, no texts yet,
being written, all the same, the start, an item, the end of the list, finished.
"""

from __future__ import annotations

import streamlit as st
from components.empty import no_evaluation
from components.evaluations import bar
from components.format import set_apart
from components.markup import draw, element, lead, notice, section
from components.own_pair_offer import needs_own_pair
from components.review_results import review_results
from session import failures_in_words, go, labels, open_store, run_id, settings, snapshot, words

from evaluations import reviews
from evaluations.blind_review import VOTES, WRONG, Vote, Wrong
from evaluations.outputs import OutputsRequest
from evaluations.paired import minimum_units
from evaluations.records import Snapshot
from evaluations.reviews import Item, Offer, Written
from evaluations.worker import ensure_worker

REFRESH_SECONDS = 3.0
SECONDS = 25  # in which a point is read and judged


def review(found: Snapshot) -> None:
    """One evaluation: as far as its review can be."""
    written = Written(open_store(), found)
    offer = reviews.offer(open_store(), found, written)
    reviewer = st.session_state.get(f"reviewer_{found.run}")
    if offer.standing == "ready" and reviewer:
        judge(found, reviewer, written)
        return
    lead(words("app.review.lead"))
    if offer.standing == "ready":
        start(found, offer)
    elif offer.standing == "waiting":
        waiting(found)
    else:
        nothing_to_judge(found, offer)
    there = reviews.finished(open_store(), found.run) and offer.standing != "withheld"
    if there and st.toggle(words("app.review.results.ask"), key="review_results"):
        review_results(found)


# --- before --------------------------------------------------------------------------------------


def nothing_to_judge(found: Snapshot, offer: Offer) -> None:
    """Why not, and the one thing to do."""
    if offer.standing == "unfinished":
        notice("info", words("app.review.unfinished"))
        if st.button(words("app.results.to_run"), type="primary", key="to_run"):
            go("run")
    elif offer.standing == "nothing":
        request(found, offer)
    else:
        sentence = words(f"app.review.{offer.standing}", n=offer.identical)
        notice("warning" if offer.standing == "withheld" else "info", sentence)
        if st.button(words("app.review.to_results"), type="primary", key="to_results"):
            go("results")


def request(found: Snapshot, offer: Offer) -> None:
    """Have both methods write."""
    usual = wanted(found)
    if offer.tasks:
        notice("warning", words("app.review.gone"))
    amount = words("app.review.nothing", documents=usual.documents, items=usual.items)
    draw(element("p", amount, class_="lab-text"))
    with st.container(horizontal=True):
        asked = st.button(words("app.review.request"), type="primary", key="request_outputs")
        if st.button(words("app.review.without"), key="to_money"):
            go("money")
    if asked:
        have_written(found)


def have_written(found: Snapshot) -> None:
    """Ask for what is not there yet, and see how far it is."""
    open_store().request_outputs(found.run, wanted(found))
    ensure_worker(settings())
    st.rerun()


def wanted(found: Snapshot) -> OutputsRequest:
    """As usual, from as many documents as an interval of the rule's confidence takes."""
    usual = OutputsRequest()
    fewest = minimum_units(found.plan.rule.confidence)
    return usual.model_copy(update={"documents": max(usual.documents, fewest)})


@st.fragment(run_every=REFRESH_SECONDS)
def waiting(found: Snapshot) -> None:
    """How far the writing is; the page goes on by itself."""
    with failures_in_words():
        offer = reviews.offer(open_store(), found)
        if offer.standing != "waiting":
            st.rerun()
        done = offer.tasks - offer.open_tasks
        notice("info", words("app.review.waiting", done=done, total=offer.tasks))
        draw(bar(done / offer.tasks))


def start(found: Snapshot, offer: Offer) -> None:
    """How it goes, and who judges."""
    section(words("app.review.how"))
    amount = {"points": offer.points, "minutes": max(1, round(offer.points * SECONDS / 60))}
    steps = [words(f"app.review.how.{n}", **amount) for n in (1, 2, 3, 4, 5)]
    if needs_own_pair(found) is not None:
        steps.insert(1, words("app.review.how.unknown"))
    if offer.identical:
        steps.append(words("app.review.how.identical", n=offer.identical))
    draw(element("ol", *(element("li", step) for step in steps), class_="lab-steps"))
    with st.form("review_start", border=False):
        typed = st.text_input(
            words("app.review.name"),
            key="review_name",
            max_chars=reviews.LONGEST_NAME,
            help=words("app.review.name.help"),
        )
        begin = st.form_submit_button(words("app.review.start"), type="primary", key="begin")
    if begin and (name := reviews.reviewer_name(typed)):
        st.session_state[f"reviewer_{found.run}"] = name
        st.session_state.pop(f"review_at_{found.run}", None)
        st.rerun()
    if begin:
        notice("warning", words("app.review.name.missing"))
    done, begun = reviews.finished(open_store(), found.run), reviews.begun(open_store(), found.run)
    if done or begun:
        sentence = words("app.review.people", done=len(done), begun=len(begun))
        draw(element("p", sentence, class_="lab-small"))
    else:
        more(found, offer)


def more(found: Snapshot, offer: Offer) -> None:
    """Texts of more documents, where too few were written for an interval: before anybody votes."""
    needed = wanted(found).documents
    ids = {one.id for one in found.documents if one.role == "scored"}
    if offer.documents >= min(needed, len(ids - set(found.erased))):
        return
    few = words("app.review.few", documents=offer.documents, needed=needed)
    draw(element("p", few, class_="lab-small"))
    if st.button(words("app.review.more"), key="request_more"):
        have_written(found)


# --- judging -------------------------------------------------------------------------------------


def judge(found: Snapshot, reviewer: str, written: Written) -> None:
    """One reviewer's list: an item, its end, or what comes after it."""
    if reviewer in reviews.finished(open_store(), found.run):
        over(found, reviewer)
        return
    items = reviews.items(open_store(), found, reviewer, written)
    at = min(_at(found.run, items), len(items))
    if st.session_state.pop("review_late", False):
        notice("warning", words("app.review.late"))
    voted = sum(item.vote is not None for item in items)
    _bar(reviewer, at, voted, len(items))
    if at == len(items):
        end(found.run, reviewer, items, voted)
    else:
        one(found, reviewer, items, at, written)


def _at(run: str, items: list[Item]) -> int:
    """The item in view: at first the first without a vote."""
    key = f"review_at_{run}"
    if key not in st.session_state:
        st.session_state[key] = _next_open(items, 0)
    return int(st.session_state[key])


def _next_open(items: list[Item], after: int) -> int:
    """The first item without a vote from `after` on; the end of the list if there is none."""
    return next((k for k in range(after, len(items)) if items[k].vote is None), len(items))


def _bar(reviewer: str, at: int, voted: int, points: int) -> None:
    where = words("app.review.progress", number=min(at + 1, points), points=points, voted=voted)
    draw(
        element(
            "div",
            element("h2", where, class_="lab-name"),
            element("span", words("app.review.as", name=reviewer)),
            class_="lab-progress",
        ),
        bar(voted / points, "thin"),
    )


def one(found: Snapshot, reviewer: str, items: list[Item], at: int, written: Written) -> None:
    """One item: the text so far and what came next, two continuations, the questions."""
    item = items[at]
    shown = reviews.show(open_store(), found, reviewer, item, written)
    if shown is None:
        st.rerun()
    blank = words("app.review.blank")
    draw(
        element("p", words("app.review.prompt", name=set_apart(shown.name)), class_="lab-small"),
        element("pre", shown.prompt, class_="lab-blind prompt"),
    )
    with st.expander(words("app.review.truth"), expanded=True, key="review_truth"):
        draw(element("pre", shown.reference, class_="lab-blind truth"))
    draw(
        element(
            "div",
            *(
                element(
                    "div",
                    element("p", words(f"app.review.{side}"), class_="lab-name"),
                    element("pre", text if text.strip() else blank, class_="lab-blind"),
                )
                for side, text in (("left", shown.left), ("right", shown.right))
            ),
            class_="lab-blind-pair",
        ),
    )
    key = f"{item.document[:12]}_{item.position}"
    _remarks(item, key)
    _votes(found.run, reviewer, items, at, key)


def _remarks(item: Item, key: str) -> None:
    if item.wrong is not None:  # nobody is led to an answer: nothing is chosen beforehand
        st.session_state.setdefault(f"wrong_{key}", item.wrong)
    st.session_state.setdefault(f"comment_{key}", item.comment)
    left, right = st.columns(2)
    with left:
        st.segmented_control(
            words("app.review.wrong"),
            WRONG,
            format_func=labels("review.wrong", WRONG).__getitem__,
            key=f"wrong_{key}",
        )
    with right:
        st.text_input(
            words("app.review.comment"),
            key=f"comment_{key}",
            max_chars=reviews.LONGEST_COMMENT,
        )


def _votes(run: str, reviewer: str, items: list[Item], at: int, key: str) -> None:
    """The four votes and the way on; each has a key of the keyboard."""
    draw(element("p", words("app.review.question"), class_="lab-name lab-question"))
    for column, number, vote in zip(st.columns(4), range(1, 5), VOTES, strict=True):
        with column:
            st.button(
                words(f"review.vote.{vote}"),
                key=f"vote_{vote}",
                type="primary" if items[at].vote == vote else "secondary",
                shortcut=str(number),
                width="stretch",
                on_click=_cast,
                args=(run, reviewer, items, at, vote, key),
            )
    with st.container(horizontal=True):
        back = {"on_click": _move, "args": (run, at - 1), "shortcut": "left"}
        st.button(words("app.review.back"), key="back", type="tertiary", disabled=at == 0, **back)
        skip = {"on_click": _move, "args": (run, at + 1), "shortcut": "right"}
        st.button(words("app.review.skip"), key="skip", type="tertiary", **skip)
        stop = {"on_click": _move, "args": (run, len(items))}
        st.button(words("app.review.finish.short"), key="stop", type="tertiary", **stop)
    draw(element("p", words("app.review.keys"), class_="lab-small"))


def _cast(run: str, reviewer: str, items: list[Item], at: int, vote: Vote, key: str) -> None:
    """Keep the vote and go to the next item without one."""
    wrong: Wrong | None = st.session_state.get(f"wrong_{key}")  # None: not answered
    comment = st.session_state.get(f"comment_{key}", "")
    kept = reviews.cast(open_store(), run, reviewer, items[at], vote, wrong, comment)
    st.session_state["review_late"] = not kept
    _move(run, _next_open(items, at + 1))


def _move(run: str, at: int) -> None:
    st.session_state[f"review_at_{run}"] = max(0, at)


# --- the end -------------------------------------------------------------------------------------


def end(run: str, reviewer: str, items: list[Item], voted: int) -> None:
    """Everything was seen: go back to what was skipped, or make the votes final."""
    left = len(items) - voted
    sentences = [words("app.review.end", points=len(items), voted=voted)]
    if left:
        sentences.append(words("app.review.end.open", open=left))
    notice("info", *sentences)
    with st.container(horizontal=True):
        if voted and st.button(words("app.review.finish"), type="primary", key="finish"):
            reviews.finish(open_store(), run, reviewer)
            st.rerun()
        if left:
            rest = {"on_click": _move, "args": (run, _next_open(items, 0))}
            kind = "secondary" if voted else "primary"
            st.button(words("app.review.rest"), key="rest", type=kind, **rest)
        back = {"on_click": _move, "args": (run, len(items) - 1), "shortcut": "left"}
        st.button(words("app.review.back"), key="back", type="tertiary", **back)


def over(found: Snapshot, reviewer: str) -> None:
    """This reviewer has finished."""
    own = [one for one in reviews.audit(open_store(), found.run) if one.reviewer == reviewer]
    votes = sum(one.vote is not None for one in own)
    notice("good", words("app.review.thanks", name=reviewer, votes=votes))
    with st.container(horizontal=True):
        if st.button(words("app.review.to_money"), type="primary", key="to_money"):
            go("money")
        leave = {"on_click": st.session_state.pop, "args": (f"reviewer_{found.run}", None)}
        st.button(words("app.review.leave"), key="leave", **leave)
    review_results(found)


if (run := run_id()) is None:
    lead(words("app.review.lead"))
    no_evaluation()
else:
    review(snapshot(run))
