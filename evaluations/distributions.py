"""The normal, Student's t and the beta distribution, as far as intervals and tests need them.

By SciPy's special functions, which its statistics are made of. They are imported when a number is
first asked for: the web server and every command start sooner without.
"""

from __future__ import annotations


def normal_level(value: float) -> float:
    """Probability that a standard normal variable is at most `value`."""
    from scipy.special import ndtr

    return float(ndtr(value))


def normal_quantile(level: float) -> float:
    """The value that a standard normal variable stays below with probability `level`."""
    from scipy.special import ndtri

    return float(ndtri(level))


def t_quantile(level: float, freedom: float) -> float:
    """The value that Student's t with `freedom` degrees stays below with probability `level`."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, level))


def t_beyond(value: float, freedom: float) -> float:
    """Probability that Student's t with `freedom` degrees exceeds `value`."""
    from scipy.special import stdtr

    return float(stdtr(freedom, -value))


def beta_quantile(level: float, a: float, b: float) -> float:
    """The value that a beta variable with `a` and `b` stays below with probability `level`."""
    from scipy.special import betaincinv

    return float(betaincinv(a, b, level))
