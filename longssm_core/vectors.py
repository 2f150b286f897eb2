"""Float32 arithmetic of the CPU kernels: what numba offers no vectors or fast functions for.

`exp`, `sigmoid` and `softplus` are polynomials without branches, so that a loop over them becomes
vector instructions; numba's own call a library for each number. `Lanes` writes vector
instructions by hand where values have to stay in registers: `add_product`, one tile of a matrix
product, is written with it, and so is the scan in `fused_mamba`. The kernels are compiled for the
processor they run on, at the first call, and kept on disk.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numba
import numpy as np
from numba import types
from numba.core import cgutils as numba_builders
from numba.core import codegen
from numba.core import config as numba_config
from numba.extending import intrinsic

cgutils: Any = numba_builders  # none of these has type hints
ir: Any = cgutils.ir

_settings: Any = numba_config
_host: Any = codegen
_FEATURES = _settings.CPU_FEATURES or _host.get_host_cpu_features()  # of what is compiled for
WIDE = "+avx512f" in _FEATURES.split(",")
LANES = 16 if WIDE else 8  # floats in one register
FLOAT, WORD, INDEX = ir.FloatType(), ir.IntType(32), ir.IntType(64)


def compiled(*relaxed: str) -> Callable[[Callable[..., Any]], Any]:
    """numba.njit with these relaxations of IEEE arithmetic.

    Never "nnan" or "ninf": a loss that is not finite has to stay so.
    """
    decorate: Callable[[Callable[..., Any]], Any] = numba.njit(
        nogil=True, cache=True, fastmath=set(relaxed), error_model="numpy", boundscheck=False
    )
    return decorate


def inserted(generator: Callable[..., Any]) -> Any:
    """numba's intrinsic: instructions written by hand."""
    return intrinsic(generator)


fast = compiled("reassoc", "contract", "nsz", "arcp")
exact_order = compiled("contract")  # "reassoc" would cancel a rounding by `_ROUND`

# ---------------------------------------------------------------------------- numbers

_LOG2E = np.float32(math.log2(math.e))
_LN2_HIGH, _LN2_LOW = np.float32(0.693359375), np.float32(-2.12194440e-4)
_ROUND = np.float32(1.5 * 2.0**23)  # added and subtracted: rounds to the nearest integer
_HIGHEST, _LOWEST = np.float32(88.0), np.float32(-87.0)
_E0, _E1 = np.float32(5.0000001201e-1), np.float32(1.6666665459e-1)
_E2, _E3 = np.float32(4.1665795894e-2), np.float32(8.3334519073e-3)
_E4, _E5 = np.float32(1.3981999507e-3), np.float32(1.9875691500e-4)
ZERO, ONE = np.float32(0.0), np.float32(1.0)


@inserted
def _power_of_two(typingctx: Any, rounded: Any) -> Any:
    """2^n from the bits of n + `_ROUND`."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        bits = builder.shl(builder.bitcast(arguments[0], WORD), ir.Constant(WORD, 23))
        bits = builder.add(bits, ir.Constant(WORD, 127 << 23))
        return builder.bitcast(bits, FLOAT)

    return types.float32(types.float32), generate


@exact_order
def exp(x: Any) -> Any:
    """e^x to 2e-7 relative, between -87 and 88; NaN stays NaN. Cephes' polynomial."""
    x = _HIGHEST if x > _HIGHEST else x
    x = _LOWEST if x < _LOWEST else x
    shifted = x * _LOG2E + _ROUND
    n = shifted - _ROUND
    r = x - n * _LN2_HIGH
    r = r - n * _LN2_LOW
    p = ((((_E5 * r + _E4) * r + _E3) * r + _E2) * r + _E1) * r + _E0
    return (p * r * r + r + ONE) * _power_of_two(shifted)


@exact_order
def exp_minus_one(x: Any) -> Any:
    """e^x - 1 to 2e-7 relative, also near 0, for x from -87 to 0; NaN stays NaN."""
    x = _LOWEST if x < _LOWEST else x
    shifted = x * _LOG2E + _ROUND
    n = shifted - _ROUND
    r = x - n * _LN2_HIGH
    r = r - n * _LN2_LOW
    p = ((((_E5 * r + _E4) * r + _E3) * r + _E2) * r + _E1) * r + _E0
    scale = _power_of_two(shifted)
    return (p * r * r + r) * scale + (scale - ONE)


@fast
def sigmoid(x: Any) -> Any:
    """1 / (1 + e^-x)."""
    return ONE / (ONE + exp(-x))


# log(1 + y) / y on 0 ... 1, to 5e-9 relative: least squares at Chebyshev points, reweighted
_L1, _L2, _L3 = np.float32(-0.49999902), np.float32(0.3332996), np.float32(-0.24954121)
_L4, _L5, _L6 = np.float32(0.19675873), np.float32(-0.15305403), np.float32(0.10603334)
_L7, _L8, _L9 = np.float32(-0.056956366), np.float32(0.019849777), np.float32(-0.0032436512)


@exact_order
def softplus(x: Any) -> Any:
    """log(1 + e^x) to 4e-7 relative; NaN stays NaN."""
    positive = x if x > ZERO else ZERO
    y = exp(-x if x > ZERO else x)
    q = ((((_L9 * y + _L8) * y + _L7) * y + _L6) * y + _L5) * y + _L4
    q = (((q * y + _L3) * y + _L2) * y + _L1) * y + ONE
    return positive + y * q


# ---------------------------------------------------------------------------- vectors

# (2^r - 1) / r on -1/2 ... 1/2, to 1.1e-7 of 2^r; exact at 0, where the slow decays are
_POWERS = (math.log(2.0), 0.240222816, 0.0555055998, 0.00966970878, 0.00133002731)
_LOWEST_POWER = -125.0  # 2^x below: a normal number still, as others are slow


class Lanes:
    """Writes instructions on vectors of `count` float32 into a function that numba compiles."""

    def __init__(
        self, context: Any, builder: Any, signature: Any, arguments: Any, count: int = LANES
    ) -> None:
        self._context, self.builder = context, builder
        self._types, self._arguments, self.count = signature.args, arguments, count
        self.vector, self._words = ir.VectorType(FLOAT, count), ir.VectorType(WORD, count)

    def pointer(self, number: int, at: Any = None) -> Any:
        """To float `at` of the array that is argument `number`."""
        array = self._context.make_array(self._types[number])
        start = array(self._context, self.builder, self._arguments[number]).data
        return start if at is None else self.builder.gep(start, [at])

    def beyond(self, pointer: Any, floats: Any) -> Any:
        """The pointer moved on."""
        return self.builder.gep(pointer, [INDEX(floats) if isinstance(floats, int) else floats])

    def times(self, index: Any, factor: Any) -> Any:
        """An index multiplied."""
        factor = INDEX(factor) if isinstance(factor, int) else factor
        return self.builder.mul(index, factor)

    def load(self, pointer: Any) -> Any:
        """A vector, from anywhere."""
        found = self.builder.load(self.builder.bitcast(pointer, self.vector.as_pointer()))
        found.align = 4
        return found

    def store(self, value: Any, pointer: Any) -> None:
        """A vector, to anywhere."""
        place = self.builder.bitcast(pointer, self.vector.as_pointer())
        self.builder.store(value, place).align = 4

    def spread(self, pointer: Any) -> Any:
        """The float there in all lanes."""
        return self.spread_value(self.builder.load(pointer))

    def spread_value(self, value: Any) -> Any:
        """One float in all lanes."""
        none = ir.Constant(self.vector, ir.Undefined)
        first = self.builder.insert_element(none, value, WORD(0))
        lanes = ir.Constant(self._words, [0] * self.count)
        return self.builder.shuffle_vector(first, none, lanes)

    def constant(self, value: float | np.float32) -> Any:
        """One number in all lanes."""
        return ir.Constant(self.vector, [float(np.float32(value))] * self.count)

    def replaced(self, value: Any, lane: Any, other: Any) -> Any:
        """`value` with that lane of `other`; with no lane where there is no such one."""
        numbers = ir.VectorType(INDEX, self.count)
        none = ir.Constant(numbers, ir.Undefined)
        first = self.builder.insert_element(none, lane, WORD(0))
        zeros = ir.Constant(self._words, [0] * self.count)
        wanted = self.builder.shuffle_vector(first, none, zeros)
        here = self.builder.icmp_signed("==", wanted, ir.Constant(numbers, list(range(self.count))))
        return self.builder.select(here, other, value)

    def variable(self, value: Any) -> Any:
        """A place for a vector that changes in a loop; the compiler makes it a register."""
        place = cgutils.alloca_once(self.builder, self.vector)
        self.builder.store(value, place)
        return place

    def multiply_add(self, a: Any, b: Any, c: Any) -> Any:
        """a * b + c."""
        kind = ir.FunctionType(self.vector, [self.vector] * 3)
        name = f"llvm.fmuladd.v{self.count}f32"
        function = cgutils.get_or_insert_function(self.builder.module, kind, name)
        return self.builder.call(function, [a, b, c])

    def decayed(self, h: Any, x: Any, inflow: Any) -> Any:
        """2^x h + inflow, x at most 0, the power to 1e-7 relative; NaN stays NaN.

        As 2^n (h + (2^r - 1) h) + inflow: a power near 1, rounded to float32, would err to the same
        side at every step, and a slow state with it.
        """
        build, lowest = self.builder, self.constant(_LOWEST_POWER)
        x = build.select(build.fcmp_ordered("<", x, lowest), lowest, x)
        shifted = build.fadd(x, self.constant(_ROUND))
        r = build.fsub(x, build.fsub(shifted, self.constant(_ROUND)))
        value = self.constant(_POWERS[-1])
        for coefficient in reversed(_POWERS[:-1]):
            value = self.multiply_add(value, r, self.constant(coefficient))
        fraction = self.multiply_add(build.fmul(value, r), h, h)
        return self.multiply_add(self._whole_power(shifted), fraction, inflow)

    def _whole_power(self, shifted: Any) -> Any:
        """2^n from the bits of n + `_ROUND`."""
        bits = self.builder.bitcast(shifted, self._words)
        bits = self.builder.shl(bits, ir.Constant(self._words, [23] * self.count))
        bits = self.builder.add(bits, ir.Constant(self._words, [127 << 23] * self.count))
        return self.builder.bitcast(bits, self.vector)


def add_product(
    lanes: Lanes,
    sums: Sequence[Sequence[Any]],
    a: Any,
    a_row: Any,
    a_step: Any,
    b: Any,
    b_row: Any,
    steps: Any,
) -> None:
    """Adds to the tile `sums` (rows of variables) the product of a (rows, steps) and b.

    a[i, k] is at pointer a + i * a_row + k * a_step, row k of b at b + k * b_row.
    """
    build = lanes.builder
    with cgutils.for_range(build, steps) as loop:
        b_here = lanes.beyond(b, lanes.times(loop.index, b_row))
        a_here = lanes.beyond(a, lanes.times(loop.index, a_step))
        right = [lanes.load(lanes.beyond(b_here, lanes.count * n)) for n in range(len(sums[0]))]
        for row, totals in enumerate(sums):
            value = lanes.spread(lanes.beyond(a_here, lanes.times(a_row, row)))
            for total, part in zip(totals, right, strict=True):
                build.store(lanes.multiply_add(value, part, build.load(total)), total)
