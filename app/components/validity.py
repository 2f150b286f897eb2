"""Was the evaluation valid: every check with a tick, and what to do where one failed."""

from __future__ import annotations

from session import language, words

from components.markup import Element, element, joined, notice_element
from evaluations.findings import failed_words
from evaluations.records import Check, Snapshot


def validity(snapshot: Snapshot) -> Element:
    """A sentence about all checks, then the checks."""
    checks = snapshot.validity
    failed = [check for check in checks if not check.passed and not check.warning]
    warned = [check for check in checks if not check.passed and check.warning]
    if failed:
        more = _actions(failed) if len(failed) > 1 else []  # of one, the verdict has told it
        summary = notice_element("error", words("app.results.validity.bad"), *more)
    elif warned:
        summary = notice_element(
            "warning", words("app.results.validity.warning"), *_actions(warned)
        )
    else:
        summary = element("p", words("app.results.validity.good"), class_="lab-text")
    ticks = element("ul", *(_tick(check) for check in checks), class_="lab-checks")
    return joined(summary, ticks)


def _actions(checks: list[Check]) -> list[str]:
    return [words(f"results.check.{check.check}.action") for check in checks]


def _tick(check: Check) -> Element:
    tone, sign = ("good", "✓") if check.passed else ("half", "!") if check.warning else ("bad", "×")
    said = (
        words(f"results.check.{check.check}") if check.passed else failed_words(check, language())
    )
    return element(
        "li",
        element("span", sign, class_="mark", aria_hidden="true"),
        element("span", said),
        class_=tone,
    )
