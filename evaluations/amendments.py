"""Amendments of a locked rule: appended one after the other, none ever taken back.

`amended_rule` (the fields that change), `seal` (an amendment whose hash also covers the one
before it), `is_unbroken` (nothing in the chain was changed afterwards), `rule_in_force` and
`late_rule`. Whoever has seen results can choose a rule that they meet: so an amendment decides only
if it was made before any loss was stored; after that the locked rule goes on deciding, and what
the amended one would say is shown beside it, never as Go.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from evaluations.errors import RefusedPlan
from evaluations.plan import checked_rule
from evaluations.records import Amendment, DecisionRule, Outcome, Plan, Reason, Verdict


def amended_rule(plan: Plan, rule: DecisionRule, changes: Mapping[str, Any]) -> DecisionRule:
    """`rule` with `changes`.

    Raises:
        RefusedPlan: no such field, a value out of range, a length that is not scored, or nothing
            changes.
    """
    changed = checked_rule({**rule.model_dump(), **changes}, plan.lengths)
    if changed == rule:
        raise RefusedPlan("amend.nothing")
    return changed


def check_units(earlier: Sequence[DecisionRule], rule: DecisionRule) -> None:
    """A figure of the business keeps its unit: what is entered for it counts under all rules.

    Raises:
        RefusedPlan: one of `earlier` measures a figure of the same name otherwise.
    """
    for kpi in rule.kpis:
        for known in (one for before in earlier for one in before.kpis):
            if known.name == kpi.name and known.unit != kpi.unit:
                raise RefusedPlan("kpi.other_unit", name=kpi.name, counted=known.unit or "-")


def seal(
    previous: str,
    number: int,
    before: DecisionRule,
    rule: DecisionRule,
    reason: str,
    author: str,
    made_at: str,
    after_results: bool,
) -> Amendment:
    """The amendment with its hash.

    Args:
        previous: hash of the amendment before it; of the plan for the first one.
        number: from 1.
        before, rule: what is changed, and into what.
        made_at: ISO 8601, UTC.
        after_results: whether losses of the evaluation were stored when it was made.
    """
    values = {
        "number": number,
        "before": before,
        "rule": rule,
        "reason": reason,
        "author": author,
        "made_at": made_at,
        "after_results": after_results,
        "previous": previous,
    }
    open_ = Amendment(**values, hash="")
    return open_.model_copy(update={"hash": _hash(open_)})


def is_unbroken(plan_hash: str, amendments: Sequence[Amendment]) -> bool:
    """Whether each amendment follows the one before it and is what its hash says."""
    previous = plan_hash
    for number, one in enumerate(amendments, 1):
        if (one.number, one.previous, one.hash) != (number, previous, _hash(one)):
            return False
        previous = one.hash
    return True


def rule_in_force(plan: Plan, amendments: Sequence[Amendment]) -> DecisionRule:
    """The rule that decides: the last one that was made before anybody could see a result."""
    early = [one.rule for one in amendments if not one.after_results]
    return early[-1] if early else plan.rule


def late_rule(amendments: Sequence[Amendment]) -> DecisionRule | None:
    """The last rule that was made when results could be seen; None: there is none."""
    late = [one.rule for one in amendments if one.after_results]
    return late[-1] if late else None


def in_hindsight(verdict: Verdict) -> Verdict:
    """What a rule made after the results would say; where it would say Go, Conditional."""
    if verdict.outcome is not Outcome.GO:
        return verdict
    side = ".reading" if verdict.reason.key.endswith(".reading") else ""
    key = f"results.reason.conditional.amended{side}"
    reason = Reason(key=key, values=verdict.reason.values)
    return verdict.model_copy(update={"outcome": Outcome.CONDITIONAL, "reason": reason})


def _hash(one: Amendment) -> str:
    facts = one.model_dump(mode="json", exclude={"hash"})
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
