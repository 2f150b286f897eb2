"""Whether a recommendation that people wrote reads against the verdict beside which it will stand.

`advice` reads a text in Japanese or English by a few words, so it can be mistaken: what rests on it
is a sentence to the writer when it is saved (`reads_against`), nothing that counts or is printed.
"""

from __future__ import annotations

from typing import Literal

from evaluations.records import Outcome

Advice = Literal["for", "against"]

# a text with any of these advises against, whatever else it holds: "採用を見送る", "do not adopt"
_AGAINST = (
    "見送", "しない", "せず", "不採用", "中止", "却下", "否決", "取りやめ", "反対",
    "not ", "n't", "reject", "declin", "abandon", "against", "refrain",
)  # fmt: skip
_FOR = (
    "採用", "導入", "承認", "進め", "切り替え", "切替",
    "adopt", "approv", "roll out", "rollout", "introduc", "go ahead", "proceed", "deploy",
)  # fmt: skip
_ADOPTS = (Outcome.GO, Outcome.CONDITIONAL)


def advice(text: str) -> Advice | None:
    """What a text seems to advise about adoption; None: nothing that can be told."""
    told = text.casefold()
    if any(word in told for word in _AGAINST):
        return "against"
    return "for" if any(word in told for word in _FOR) else None


def reads_against(text: str, outcome: Outcome) -> Advice | None:
    """What a text seems to advise where the verdict says the contrary; None: they agree."""
    advised = advice(text)
    if advised == "for" and outcome not in _ADOPTS:
        return advised
    # undecided is no adoption either: to wait or to refuse agrees with it
    return advised if advised == "against" and outcome in _ADOPTS else None
