"""The normal distribution and Student's t, as far as intervals and tests here need them.

SciPy's statistics take most of a second to import, which the web server and every command would
wait for before they can say anything: they are imported when a number is first asked for.
"""

from __future__ import annotations


def normal_level(value: float) -> float:
    """Probability that a standard normal variable is at most `value`."""
    from scipy.stats import norm

    return float(norm.cdf(value))


def normal_quantile(level: float) -> float:
    """The value that a standard normal variable stays below with probability `level`."""
    from scipy.stats import norm

    return float(norm.ppf(level))


def t_quantile(level: float, freedom: float) -> float:
    """The value that Student's t with `freedom` degrees stays below with probability `level`."""
    from scipy.stats import t

    return float(t.ppf(level, freedom))


def t_beyond(value: float, freedom: float) -> float:
    """Probability that Student's t with `freedom` degrees exceeds `value`."""
    from scipy.stats import t

    return float(t.sf(value, freedom))
