"""What A and B write at the same points of a document, beside the truth; or how to have it written.

Outputs are written by the two arms that the plan compares, for one document when they are asked for
here. They illustrate what the losses say, and are no part of the verdict.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from looking import View, look
from session import failures_in_words, language, open_store, settings, words

from components.evaluations import bar
from components.markup import Element, draw, element, notice, section, table
from evaluations.charts import arm_of
from evaluations.comparing import Compared
from evaluations.job_rows import Job
from evaluations.numbers import plain
from evaluations.outputs import TEXT_METRICS, Output
from evaluations.records import MOVING, Snapshot, Span
from evaluations.reports.content import arm_words
from evaluations.requests import output_jobs
from evaluations.token_view import LN2, beside, part_at
from evaluations.wording import say
from evaluations.worker import ensure_worker

REFRESH_SECONDS = 2.0
PROMPT_BYTES = 400
COUNTS = ("exact_match",)  # metrics that are yes or no at one point


def continuations(found: Snapshot, view: View, compared: Compared) -> None:
    """The outputs of the document in view, in whatever state they are."""
    section(words("compare.outputs"), words("compare.outputs.why", **_sides(found)))
    role = next(one.role for one in found.documents if one.id == view.document)
    if role != "scored":
        notice("info", words("compare.outputs.role"))
        return
    jobs = output_jobs(open_store(), found.run, view.document)
    if any(job.is_moving for job in jobs):
        with st.container(key="outputs_progress"):
            _moving(found.run, view.document)
    else:
        _ask(found, view.document, jobs)
    pairs = _pairs(found, view.document)
    if pairs:
        _point(found, view, compared, pairs)


def _sides(found: Snapshot) -> dict[str, str]:
    """What A and B are."""
    names = (found.comparison.arm_a, found.comparison.arm_b)
    a, b = (arm_words(arm_of(found, name), found, language()) for name in names)
    return {"a": a, "b": b}


# --- asking for them ----------------------------------------------------------------------------


def _ask(found: Snapshot, document: str, jobs: Sequence[Job]) -> None:
    """How it ended, and the button that asks for what is not there."""
    failed = [job.reason for job in jobs if job.reason is not None]
    if failed:
        reason = say(failed[0].key, language(), **failed[0].values)
        notice("warning", words("compare.outputs.failed", reason=reason))
    elif any(job.state == "cancelled" for job in jobs):
        notice("info", words("compare.outputs.cancelled"))
    elif not jobs and not _pairs(found, document):
        notice("info", words("compare.outputs.none"))
    elif len(jobs) == 2 or _pairs(found, document):
        return
    if st.button(words("compare.outputs.ask"), key="ask_outputs"):
        with failures_in_words():
            open_store().request_outputs(found.run, document=document)
            if settings().start_worker:
                ensure_worker(settings())
            st.rerun()


@st.fragment(run_every=REFRESH_SECONDS)
def _moving(run: str, document: str) -> None:
    """How far it is; the page is drawn anew when all has ended."""
    with failures_in_words():
        jobs = output_jobs(open_store(), run, document)
        if not any(job.is_moving for job in jobs):
            st.rerun()
        total = sum(job.total for job in jobs)
        share = sum(job.total if job.state == "done" else job.done for job in jobs) / max(1, total)
        is_running = any(job.state != "queued" for job in jobs)
        waits = open_store().summary(run).status in MOVING
        key = "running" if is_running else "waiting" if waits else "queued"
        text = words(f"compare.outputs.{key}", share=f"{100 * share:.0f}")
        draw(element("p", text, class_="lab-small"), bar(share))


# --- one point ----------------------------------------------------------------------------------


def _pairs(found: Snapshot, document: str) -> dict[int, tuple[Output, Output]]:
    """By the token after which it was written: what A and what B wrote, where both did."""
    own = [one for one in open_store().outputs(found.run) if one.document == document]
    sides = [
        {one.position: one for one in own if one.arm == arm}
        for arm in (found.comparison.arm_a, found.comparison.arm_b)
    ]
    return {at: (sides[0][at], sides[1][at]) for at in sorted(sides[0].keys() & sides[1].keys())}


def _point(
    found: Snapshot, view: View, compared: Compared, pairs: dict[int, tuple[Output, Output]]
) -> None:
    points = list(pairs)
    st.session_state["output_point"] = view.point if view.point in pairs else points[0]
    names = {
        at: words("compare.outputs.point", position=f"{at:,}", unit=found.plan.unit)
        for at in points
    }
    at = st.segmented_control(
        words("compare.outputs.points"),
        points,
        format_func=names.__getitem__,
        key="output_point",
        required=True,
        on_change=lambda: look(point=st.session_state["output_point"]),
    )
    a, b = pairs[at]
    draw(_texts(compared, a, b), _figures(a, b), _parting(a, b))
    st.button(
        words("compare.outputs.show"),
        key="show_point",
        type="tertiary",
        on_click=look,
        kwargs={"at": at, "upto": at + 1},
    )


def _texts(compared: Compared, a: Output, b: Output) -> Element:
    """The end of what was read, then truth, A and B; what is not as in the truth is marked."""
    prompt = compared.quoted(Span(a.position, a.position), PROMPT_BYTES).before
    apart = part_at(a.written_text, b.written_text)
    rows = [
        _row("truth", words("compare.outputs.truth"), element("span", a.reference_text or "∅")),
        _row("a", "A", _written(a, apart)),
        _row("b", "B", _written(b, apart)),
    ]
    return element(
        "div",
        element("p", words("compare.outputs.prompt"), class_="lab-small"),
        element("p", f"… {prompt}" if prompt else "∅", class_="lab-quote prompt"),
        *rows,
        class_="lab-outputs",
    )


def _row(kind: str, name: str, text: Element) -> Element:
    label = element("span", name, class_=f"side lab-{kind}")
    return element("div", label, element("p", text, class_="lab-quote"), class_=f"row {kind}")


def _written(one: Output, apart: int | None) -> Element:
    """The text of one side; the place where both part is marked, and what the truth has not."""
    children: list[object] = []
    done = 0
    for part in beside(one.written_text, one.reference_text):
        tag = "span" if part.kind == "same" else "u"
        cut = None if apart is None else apart - done
        if cut is not None and 0 <= cut < len(part.text):
            children += [element(tag, part.text[:cut]), _here(), element(tag, part.text[cut:])]
        else:
            children.append(element(tag, part.text))
        done += len(part.text)
    if apart == done:
        children.append(_here())
    return element("span", *(children or ["∅"]))


def _here() -> Element:
    return element("b", "◆", class_="parts", title=words("compare.outputs.parts.here"))


def _figures(a: Output, b: Output) -> Element:
    header = [words("app.results.outputs.metric"), "A", "B"]
    rows: list[list[object]] = [
        [words(f"outputs.{name}"), *(_score(name, metric(*_both(x))) for x in (a, b))]
        for name, metric in TEXT_METRICS.items()
    ]
    rows.append([words("outputs.reference_bits"), *(_bits(x) for x in (a, b))])
    return table(header, rows, numeric={1, 2})


def _both(one: Output) -> tuple[str, str]:
    return one.written_text, one.reference_text


def _score(name: str, value: float) -> str:
    if name in COUNTS:
        return "○" if value else "×"
    return plain(value)


def _bits(one: Output) -> str:
    if not one.reference:
        return "-"
    return plain(float(one.reference_nll.sum(dtype="float64")) / LN2 / len(one.reference))


def _parting(a: Output, b: Output) -> Element:
    apart = part_at(a.written_text, b.written_text)
    if apart is None:
        text = words("compare.outputs.same")
    else:
        text = words("compare.outputs.parts" if apart else "compare.outputs.apart", n=apart)
    return element("p", text, class_="lab-note")
