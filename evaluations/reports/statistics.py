"""What an expert asks about the numbers: p values, the mean by document, what could be detected."""

from __future__ import annotations

from evaluations.contract import EFFECTS
from evaluations.numbers import interval, plain, signed
from evaluations.records import Contrast, Outcome, Snapshot
from evaluations.reports.content import Line
from evaluations.wording import Language, say


def statistics(snapshot: Snapshot, language: Language) -> tuple[Line, ...]:
    """One line per statement; none where the evaluation is not valid or has no difference yet."""
    result = snapshot.comparison
    if snapshot.verdict.outcome is Outcome.WITHHELD or result.delta_bits_per_byte is None:
        return ()
    lines = [_line("method", say(f"results.method.{result.method}", language), language)]
    if result.p_value is not None:
        lines.append(_line("p", f"{result.p_value:.2g}", language))
    if result.macro is not None:
        macro = _with_interval(result.macro, result.macro_low, result.macro_high, language)
        lines.append(_line("macro", macro, language))
    lines += [_further(one, language) for one in _further_contrasts(snapshot)]
    for name in EFFECTS:
        one: Contrast | None = getattr(snapshot.effects, name)
        if one is not None and one.holm_p_value is not None:
            label = say(f"results.effect.{name}", language)
            lines.append(Line(label, _adjusted(one, language)))
    if snapshot.detectable:
        found = [
            say(
                "reports.statistics.detectable.one",
                language,
                units=one.units,
                effect=plain(one.effect),
            )
            for one in snapshot.detectable
        ]
        separator = "、" if language == "ja" else ", "
        lines.append(_line("detectable", separator.join(found), language))
    return tuple(lines)


def _further_contrasts(snapshot: Snapshot) -> list[Contrast]:
    return [one for one in snapshot.contrasts if one.holm_p_value is not None]


def _further(one: Contrast, language: Language) -> Line:
    label = say("reports.statistics.against", language, arm=one.arm_a)
    return Line(label, _adjusted(one, language))


def _adjusted(one: Contrast, language: Language) -> str:
    values = {
        "difference": _with_interval(one.delta_bits_per_byte, one.ci_low, one.ci_high, language),
        "p": f"{one.p_value:.2g}",
        "holm": f"{one.holm_p_value:.2g}",
    }
    return say("reports.statistics.adjusted", language, **values)


def _with_interval(
    value: float | None, low: float | None, high: float | None, language: Language
) -> str:
    if value is None:
        return "-"
    if low is None or high is None:
        return signed(value)
    return f"{signed(value)} ({interval(low, high, language)})"


def _line(name: str, value: str, language: Language) -> Line:
    return Line(say(f"reports.statistics.{name}", language), value)
