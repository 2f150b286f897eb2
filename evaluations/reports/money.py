"""Yen in words: the same sentences and figures for the Money page and for every report.

In reading order: `MoneySheet` (all that is said), `money_sheet` (snapshot and assumptions -> it),
then one function per part. What the figures are, says `evaluations.money`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from evaluations.money import (
    NOTHING_YEN,
    SCENARIOS,
    Measured,
    Money,
    MoneyInputs,
    Ratio,
    Scenario,
    Turn,
    money,
)
from evaluations.numbers import interval, length, plain, signed
from evaluations.records import Outcome, Snapshot
from evaluations.wording import Language, say

FAR = 10.0  # times its own size: an assumption that must change by more hardly matters
Source = Literal["measured", "assumed"]


@dataclass(frozen=True)
class MoneyLine:
    """One figure, and whether the run measured it or people assume it."""

    label: str
    value: str
    source: Source
    badge: str  # the source in a word


@dataclass(frozen=True)
class MoneyFormula:
    """What is computed, how, and with which numbers in the base scenario (empty: none yet)."""

    label: str
    words: str
    worked: str


@dataclass(frozen=True)
class MoneySheet:
    """Cost and effect in yen, as far as they can be said."""

    conclusion: str
    notes: tuple[str, ...]  # what is missing, what is refused, what the figures leave out
    head: tuple[str, ...]
    scenarios: tuple[tuple[str, ...], ...]
    inputs: tuple[MoneyLine, ...]
    formulas: tuple[MoneyFormula, ...]
    turns: tuple[str, ...]  # nearest first
    alternative: str


def money_sheet(snapshot: Snapshot, inputs: MoneyInputs, language: Language) -> MoneySheet:
    """All that can be said about yen; a withheld verdict shows no measurement."""
    found = money(snapshot, inputs)
    return MoneySheet(
        conclusion=_conclusion(found, language),
        notes=_notes(found, language),
        head=tuple(
            say(f"money.head.{name}", language)
            for name in ("scenario", "minutes", "saved", "machine", "running", "net", "payback")
        ),
        scenarios=tuple(_scenario(one, language) for one in found.scenarios),
        inputs=(*_measured(snapshot, found.measured, language), *_assumed(inputs, language)),
        formulas=_formulas(found, language),
        turns=tuple(_turn(one, language) for one in found.turns),
        alternative=_alternative(found, language),
    )


def money_line(snapshot: Snapshot, inputs: MoneyInputs, language: Language) -> str:
    """The conclusion, short enough for page 1 of a report."""
    found = money(snapshot, inputs)
    base = next((one for one in found.scenarios if one.name == "base"), None)
    if inputs == MoneyInputs():
        return say("money.short.nothing", language)
    if found.refusal is not None:
        return _refused(found, language)
    if base is None:
        return say("money.short.missing", language, n=len(_needed(found)))
    said = say(
        f"money.short{_kind(base)}",
        language,
        net=about_yen(base.net, language),
        payback=_months(base.payback_months, language),
        range=_range(found, "short", language),
    )
    return _trial(found, said, language)


def _trial(found: Money, said: str, language: Language) -> str:
    """What is said of yen, marked as a trial sum where adoption is not settled."""
    return said if found.is_settled else say("money.trial", language, said=said)


def _range(found: Money, form: Literal["short", "conclusion"], language: Language) -> str:
    """From the careful to the hopeful month; empty where one of them cannot be computed."""
    ends = {one.name: one for one in found.scenarios}
    if "careful" not in ends or "hopeful" not in ends:
        return ""
    shown = {
        f"{name}_{what}": value
        for name, one in (("careful", ends["careful"]), ("hopeful", ends["hopeful"]))
        for what, value in (
            ("net", about_yen(one.net, language)),
            ("payback", _months(one.payback_months, language)),
        )
    }
    return say(f"money.range.{form}", language, **shown)


def _refused(found: Money, language: Language) -> str:
    """Why nothing is converted; where only the saving is refused, what the costs alone come to."""
    never = (say("money.refusal.never", language),) if found.never_pays else ()
    said = _in_a_row(*never, say(f"money.refusal.{found.refusal}", language), language=language)
    one_off = found.inputs.one_off_yen
    if found.costs_only is None or one_off is None:
        return said
    costs = {"net": about_yen(found.costs_only, language), "one_off": yen(one_off, language)}
    kind = "costs" if found.costs_only <= -NOTHING_YEN else "no_costs"
    return _in_a_row(said, say(f"money.refusal.{kind}", language, **costs), language=language)


def _in_a_row(*sentences: str, language: Language) -> str:
    """Sentences one after the other."""
    return (" " if language == "en" else "").join(filter(None, sentences))


def _kind(base: Scenario) -> str:
    """Which sentence fits a month: it pays back, it brings just nothing, or it costs."""
    if base.payback_months is not None:
        return ""
    return ".zero" if abs(base.net) <= NOTHING_YEN else ".never"


# --- conclusion ------------------------------------------------------------------------------


def _conclusion(found: Money, language: Language) -> str:
    base = next((one for one in found.scenarios if one.name == "base"), None)
    if found.refusal is not None:
        return _refused(found, language)
    if base is None:
        names = [say(f"money.input.{name}", language) for name in _needed(found)]
        return say(
            "money.conclusion.missing",
            language,
            missing=say("reports.comma", language).join(names),
        )
    said = [
        say(
            f"money.conclusion{_kind(base)}",
            language,
            net=about_yen(base.net, language),
            payback=_months(base.payback_months, language),
        ),
    ]
    if found.pays is not None:
        never = ".never" if base.payback_months is None else ""
        key = f"money.conclusion.{'pays' if found.pays else f'not{never}'}"
        months = figure(found.inputs.payback_months_wanted)
        said.append(say(key, language, months=months))
    said.append(_range(found, "conclusion", language))
    return _trial(found, _in_a_row(*said, language=language), language)


def _needed(found: Money) -> tuple[str, ...]:
    """What the base scenario still needs."""
    optional = ("minutes_careful", "minutes_hopeful", "payback_months_wanted", "long_training_yen")
    return tuple(name for name in found.missing if name not in optional)


def _notes(found: Money, language: Language) -> tuple[str, ...]:
    notes = []
    if found.refusal is None and found.scenarios:
        shown = {one.name for one in found.scenarios}
        absent = [say(f"money.{name}", language) for name in SCENARIOS if name not in shown]
        if absent:
            names = say("reports.comma", language).join(absent)
            notes.append(say("money.note.scenario", language, names=names))
        if found.pays is None:
            notes.append(say("money.note.wanted", language))
        if any(one.payback_months is None for one in found.scenarios):
            notes.append(say("money.note.never", language))
        if found.measured.slowdown is not None and found.measured.slowdown.low is None:
            notes.append(say("money.note.no_interval", language))
    notes += [say(f"money.note.{name}", language) for name in ("gain", "state")]
    return tuple(notes)


# --- tables ----------------------------------------------------------------------------------


def _scenario(one: Scenario, language: Language) -> tuple[str, ...]:
    return (
        say(f"money.{one.name}", language),
        figure(one.minutes),
        yen(one.saved, language),
        yen(one.machine, language),
        yen(one.running, language),
        yen(one.net, language),
        _months(one.payback_months, language),
    )


def _measured(snapshot: Snapshot, found: Measured, language: Language) -> tuple[MoneyLine, ...]:
    unmeasured = say("reports.unmeasured", language)
    unit = snapshot.plan.unit
    shown: dict[str, str | None] = dict.fromkeys(
        ("speed", "slowdown", "memory", "tokens", "documents", "lengths", "gain")
    )
    if snapshot.verdict.outcome is not Outcome.WITHHELD:
        shown["documents"] = say("reports.unit.documents", language, value=f"{found.documents:,}")
        shown["lengths"] = say(
            "money.measured.lengths.value",
            language,
            primary=length(found.context_length),
            longest=length(found.longest_length),
            unit=unit,
        )
        shown["gain"] = _gain(found, language)
        if found.tokens_per_document is not None:
            shown["tokens"] = f"{found.tokens_per_document:,.0f}"
        if found.tokens_per_second is not None:
            # of B counts the ratio below alone: the two speeds, measured apart, give another one
            shown["speed"] = f"{found.tokens_per_second[0]:,.0f}"
        if found.memory_bytes is not None:
            a, b = (value / 2**20 for value in found.memory_bytes)
            shown["memory"] = f"A {a:,.0f}, B {b:,.0f} MiB"
        if found.slowdown is not None:
            shown["slowdown"] = _ratio(found.slowdown)
    badge = say("money.badge.measured", language)
    return tuple(
        MoneyLine(
            say(f"money.measured.{name}", language, device=snapshot.device),
            unmeasured if value is None else value,
            "measured",
            badge,
        )
        for name, value in shown.items()
    )


def _ratio(ratio: Ratio) -> str:
    value = plain(ratio.value, 2)
    if ratio.low is None or ratio.high is None:
        return value
    return f"{value} ({plain(ratio.low, 2)}–{plain(ratio.high, 2)})"


def _gain(found: Measured, language: Language) -> str | None:
    if found.gain is None:
        return None
    if found.gain_low is None or found.gain_high is None:
        return say("reports.difference.alone", language, delta=signed(found.gain))
    ends = interval(found.gain_low, found.gain_high, language)
    return say("reports.difference", language, delta=signed(found.gain), interval=ends)


def _assumed(inputs: MoneyInputs, language: Language) -> tuple[MoneyLine, ...]:
    badge, absent = say("money.badge.assumed", language), say("money.absent", language)
    return tuple(
        MoneyLine(
            say(f"money.input.{name}", language),
            absent if value is None else figure(value),
            "assumed",
            badge,
        )
        for name, value in inputs
    )


def _formulas(found: Money, language: Language) -> tuple[MoneyFormula, ...]:
    """In words, and worked through with the numbers of the base scenario."""
    base = next((one for one in found.scenarios if one.name == "base"), None)
    worked = dict.fromkeys(("saved", "machine", "net", "payback"), "")
    inputs, measures = found.inputs, found.measured
    if base is not None and measures.tokens_per_second is not None:
        documents = figure(inputs.documents_per_month)
        labour, rate = figure(inputs.yen_per_labour_hour), figure(inputs.yen_per_machine_hour)
        saved, machine = yen(base.saved, language), yen(base.machine, language)
        net, running = yen(base.net, language), figure(base.running)
        worked = {
            "saved": f"{documents} × {figure(base.minutes)} ÷ 60 × {labour} = {saved}",
            "machine": f"{documents} × {measures.tokens_per_document:,.0f} ÷ "
            f"{measures.tokens_per_second[0]:,.0f} ÷ 3,600 × {rate} × "
            f"({plain(base.slowdown, 2)} − 1) = {machine}",
            "net": f"{saved} − {machine} − {running} = {net}".replace("− −", "+ "),
            "payback": say("money.formula.payback.never", language, net=net)
            if base.payback_months is None
            else f"{figure(inputs.one_off_yen)} ÷ {net} = "
            + _months(base.payback_months, language),
        }
    return tuple(
        MoneyFormula(
            say(f"money.formula.{name}", language),
            say(f"money.formula.{name}.words", language),
            how,
        )
        for name, how in worked.items()
    )


def _turn(one: Turn, language: Language) -> str:
    name = say(f"money.input.{one.name}", language)
    if one.turns_at is None:
        return say("money.turn.never", language, name=name)
    if one.change is None:
        return say("money.turn.zero", language, name=name, at=figure(one.turns_at))
    kind = ".far" if abs(one.change) >= FAR else ".here" if abs(one.change) < 0.005 else ""
    return say(
        f"money.turn{kind}",
        language,
        name=name,
        entered=figure(one.entered),
        at=figure(one.turns_at),
        change=f"{100 * one.change:+,.0f}".replace("-", "−"),
    )


def _alternative(found: Money, language: Language) -> str:
    one = found.alternative
    if one is None:
        missing = found.inputs.long_training_yen is None
        key = "missing" if missing else "refused" if found.refusal else "unknown"
        return say(f"money.alternative.{key}", language)
    more = "dearer" if one.dearer_by > 0 else "cheaper" if one.dearer_by < 0 else "same"
    cost = say(
        f"money.alternative.{more}",
        language,
        one_off=yen(one.one_off, language),
        by=yen(abs(one.dearer_by), language),
    )
    never = ".never" if one.payback_months is None else ""
    months = _months(one.payback_months, language)
    back = say(f"money.alternative.back{never}", language, payback=months)
    return _in_a_row(cost, back, language=language)


# --- numbers ---------------------------------------------------------------------------------


def yen(value: float, language: Language) -> str:
    """Whole yen: `123,000 円`."""
    whole = 0 if abs(value) <= NOTHING_YEN else round(value)
    return say("money.yen", language, value=f"{whole:,}".replace("-", "−"))


def about_yen(value: float, language: Language) -> str:
    """Yen to three figures, as one says a sum that rests on assumptions: `約 110,000 円`."""
    whole = 0 if abs(value) <= NOTHING_YEN else round(value)
    rounded = round(whole, 3 - len(str(abs(whole))))
    shown = yen(rounded, language)
    return shown if rounded == whole else say("money.about", language, yen=shown)


def _months(value: float | None, language: Language) -> str:
    if value is None:
        return say("money.never", language)
    return say("money.months", language, value=f"{value:,.1f}")


def figure(value: float | None) -> str:
    """Three figures at least, and no zeros behind them: 0.25, 1.5, 1,234."""
    assert value is not None
    places = 0 if value == 0 else max(0, 2 - math.floor(math.log10(abs(value))))
    shown = f"{value:,.{places}f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown
