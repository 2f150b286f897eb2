"""What A and B write at the same points of the documents, compared: for experts."""

from __future__ import annotations

from session import language, open_store, words

from components.markup import Element, draw, element, table
from evaluations.numbers import interval, plain, signed
from evaluations.outputs import OutputMeasure, OutputsSummary


def outputs_details(run: str) -> None:
    """The comparison of the outputs of an evaluation; nothing where there are none."""
    found = open_store().outputs_summary(run)
    if found is not None:
        draw(_comparison(found))


def _comparison(found: OutputsSummary) -> Element:
    why = words(
        "app.results.outputs.why",
        documents=found.documents,
        points=found.points,
        same=found.same,
    )
    header = [words("app.results.outputs.metric"), "A", "B", words("app.results.outputs.delta")]
    rows: list[list[object]] = [
        [words(f"outputs.{one.name}"), plain(one.arm_a), plain(one.arm_b), _difference(one)]
        for one in found.measures
    ]
    return element(
        "div",
        element("h3", words("app.results.outputs"), class_="lab-section"),
        element("p", why, class_="lab-note"),
        table(header, rows, numeric={1, 2, 3}),
    )


def _difference(one: OutputMeasure) -> str:
    if one.ci_low is None or one.ci_high is None:
        return signed(one.delta)
    return f"{signed(one.delta)} [{interval(one.ci_low, one.ci_high, language())}]"
