"""A blind review of what both arms wrote: who sees what where, and what the votes say.

In reading order: `placed` (which arm stands left for this reviewer, and when an item comes),
`Ballot` (one vote with the mapping that it was given under), `summarize` (win rate with interval,
each reviewer, wrong information, agreement), `rate_interval` and `nominal_alpha`. Nothing here
reads or stores: see `reviews`.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import numpy as np

from evaluations.distributions import beta_quantile, t_quantile
from evaluations.paired import by_group, minimum_units
from evaluations.records import FloatArray, ReviewerResult, ReviewSummary

Vote = Literal["left", "right", "same", "both_bad"]
Wrong = Literal["none", "left", "right", "both"]  # which side has wrong information
VOTES: tuple[Vote, ...] = get_args(Vote)
WRONG: tuple[Wrong, ...] = get_args(Wrong)
LEAST_CORRELATION = 0.2  # assumed of the votes on one document, where a few show less by luck


class Placed(NamedTuple):
    """One point of a document as one reviewer meets it."""

    document: str
    position: int
    left_arm: str
    right_arm: str


def placed(
    run: str, reviewer: str, points: Iterable[tuple[str, int]], arms: tuple[str, str]
) -> list[Placed]:
    """The points in this reviewer's own order, each with its own toss of the sides.

    Order and sides follow from run, reviewer and point alone, so they come back after a restart,
    and points that are added later do not move the others.

    Args:
        points: (document, position) of each.
        arms: both names, in an order that does not change.
    """
    drawn = []
    for document, position in points:
        facts = "\x1f".join((run, reviewer, document, str(position), *arms))
        digest = hashlib.sha256(f"review\x1f{facts}".encode()).digest()
        left, right = arms if digest[0] & 1 else arms[::-1]
        drawn.append((digest[1:], Placed(document, position, left, right)))
    return [one for _, one in sorted(drawn)]


@dataclass(frozen=True)
class Ballot:
    """One vote, and which arm stood where."""

    reviewer: str
    document: str
    position: int
    left_arm: str
    right_arm: str
    vote: Vote
    wrong: Wrong | None = None  # None: not answered, which is not "none"

    @property
    def choice(self) -> str:
        """The arm that was preferred, or `same` or `both_bad`."""
        return {"left": self.left_arm, "right": self.right_arm}.get(self.vote, self.vote)

    def score(self, arm: str) -> float:
        """1 where `arm` was preferred, 0 where the other was, else a half."""
        if self.vote in ("same", "both_bad"):
            return 0.5
        return float(self.choice == arm)

    def is_wrong(self, arm: str) -> bool:
        """Whether what `arm` wrote was said to hold wrong information."""
        side = "left" if arm == self.left_arm else "right"
        return self.wrong in (side, "both")


def summarize(
    ballots: Sequence[Ballot],
    arm_a: str,
    arm_b: str,
    groups: Mapping[str, str | None],
    identical: int = 0,
    confidence: float = 0.95,
) -> ReviewSummary | None:
    """What the votes say about B against A; None: there are none.

    Every vote counts alike, `same` and `both_bad` as half a win for each. The interval takes the
    document (or its declared group) as the unit, with all votes of all reviewers on it; it speaks
    about documents like these and about these reviewers.

    Args:
        groups: document -> its declared group.
        identical: points that nobody was shown because both arms wrote the same.
    """
    if not ballots:
        return None
    votes = Counter(one.choice for one in ballots)
    documents = list(dict.fromkeys(one.document for one in ballots))
    own_groups = [groups.get(document) for document in documents]
    rows = by_group(_sums(ballots, documents, arm_b), own_groups)
    bounds = rate_interval(rows[:, 0], rows[:, 1], confidence)
    points = {(one.document, one.position) for one in ballots}
    rated = [[one.choice for one in ballots if (one.document, one.position) == p] for p in points]
    return ReviewSummary(
        arm_a=arm_a,
        arm_b=arm_b,
        win_rate=float(rows[:, 0].sum() / rows[:, 1].sum()),
        ci_low=None if bounds is None else bounds.low,
        ci_high=None if bounds is None else bounds.high,
        confidence=confidence,
        votes=len(ballots),
        points=len(points),
        documents=len(documents),
        groups=len(set(own_groups) - {None}) or None,
        units=len(rows),
        wins_a=votes[arm_a],
        wins_b=votes[arm_b],
        same=votes["same"],
        both_bad=votes["both_bad"],
        wrong_a=sum(one.is_wrong(arm_a) for one in ballots),
        wrong_b=sum(one.is_wrong(arm_b) for one in ballots),
        wrong_answers=sum(one.wrong is not None for one in ballots),
        identical=identical,
        alpha=nominal_alpha(rated),
        reviewers=_reviewers(ballots, arm_a, arm_b),
    )


def _sums(ballots: Sequence[Ballot], documents: Sequence[str], arm: str) -> FloatArray:
    """Wins of `arm` and votes on each document, (documents, 2)."""
    index = {document: k for k, document in enumerate(documents)}
    rows = np.zeros((len(documents), 2))
    for one in ballots:
        rows[index[one.document]] += one.score(arm), 1.0
    return rows


def _reviewers(ballots: Sequence[Ballot], arm_a: str, arm_b: str) -> tuple[ReviewerResult, ...]:
    own: dict[str, list[Ballot]] = {}
    for one in ballots:
        own.setdefault(one.reviewer, []).append(one)
    return tuple(_reviewer(name, cast, arm_a, arm_b) for name, cast in sorted(own.items()))


def _reviewer(name: str, ballots: Sequence[Ballot], arm_a: str, arm_b: str) -> ReviewerResult:
    votes = Counter(one.choice for one in ballots)
    return ReviewerResult(
        reviewer=name,
        votes=len(ballots),
        win_rate=sum(one.score(arm_b) for one in ballots) / len(ballots),
        wins_a=votes[arm_a],
        wins_b=votes[arm_b],
        same=votes["same"],
        both_bad=votes["both_bad"],
    )


class RateBounds(NamedTuple):
    """Lower and upper end of a share."""

    low: float
    high: float


def rate_interval(
    wins: FloatArray, votes: FloatArray, confidence: float = 0.95
) -> RateBounds | None:
    """An interval of sum(wins) / sum(votes) when the votes on one document go together.

    The exact binomial interval for as many votes as these are worth: their number over the design
    effect (variance between documents over the binomial one), less what few documents leave
    unknown. The effect is taken to be at least that of a correlation of 0.2 within a document, so
    that a unanimous handful is not taken for certainty; halves make the interval conservative.
    None below six units.

    Args:
        wins: of each unit, from 0 to its votes.
        votes: of each unit, positive.

    Source: Korn and Graubard 1998, Survey Methodology 24, 193-201; Clopper and Pearson 1934.
    """
    units, total = len(votes), float(votes.sum())
    if units < minimum_units(confidence):
        return None
    rate = float(wins.sum()) / total
    binomial = rate * (1 - rate) / total
    between = units / (units - 1) * float((((wins - rate * votes) / total) ** 2).sum())
    least = 1 + LEAST_CORRELATION * (float((votes**2).sum()) / total - 1)
    effect = max(least, between / binomial) if binomial > 0 else least
    tail = (1 - confidence) / 2
    unknown = 1.0
    if total > units:
        unknown = t_quantile(1 - tail, total - 1) / t_quantile(1 - tail, units - 1)
    worth = total / effect * unknown**2
    won = rate * worth
    low = 0.0 if rate == 0 else beta_quantile(tail, won, worth - won + 1)
    high = 1.0 if rate == 1 else beta_quantile(1 - tail, won + 1, worth - won)
    return RateBounds(low, high)


def nominal_alpha(units: Iterable[Sequence[Hashable]]) -> float | None:
    """Krippendorff's alpha of nominal values: 1 - observed over expected disagreement.

    1: all agree; 0: as much as by chance; negative: less. Units with one value pair with nothing
    and do not count. None where no unit has two values, or all values are the same: nothing shows
    whether agreement is more than chance.

    Args:
        units: the values that each unit was given, by any of the observers.

    Source: Krippendorff 2011, Computing Krippendorff's Alpha-Reliability, section C (coincidences).
    """
    coincidences: defaultdict[tuple[Hashable, Hashable], float] = defaultdict(float)
    for values in units:
        if len(values) < 2:
            continue
        found = Counter(values)
        for one, count in found.items():
            for other, others in found.items():
                pairs = count * (others - (one == other))
                coincidences[one, other] += pairs / (len(values) - 1)
    margins: defaultdict[Hashable, float] = defaultdict(float)
    for (one, _), weight in coincidences.items():
        margins[one] += weight
    total = math.fsum(margins.values())
    expected = total**2 - math.fsum(weight**2 for weight in margins.values())
    if total == 0 or expected <= 1e-9:
        return None
    observed = math.fsum(weight for (one, other), weight in coincidences.items() if one != other)
    return 1 - (total - 1) * observed / expected
