"""Memory that could not be had: whether an error says so, and how much was asked for.

`is_out_of_memory` and `needed_gib` read the errors of Python, of torch on a processor (which has no
class for it) and of torch on an accelerator, without importing torch.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")
GIB = 1 << 30
_UNITS = {"bytes": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": GIB, "TiB": 1 << 40}
_ASKED = re.compile(r"tried to allocate ([0-9]+(?:\.[0-9]+)?) ?(bytes|[KMGT]iB)", re.IGNORECASE)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory was short, on whichever device."""
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == "OutOfMemoryError"
        or "DefaultCPUAllocator" in str(error)  # torch has no class for it on a CPU
    )


def needed_gib(error: BaseException) -> float | None:
    """GiB that were asked for in one piece; None: the error does not say."""
    found = _ASKED.search(str(error))
    if found is None:
        return None
    units = {name.lower(): size for name, size in _UNITS.items()}
    return float(found[1]) * units[found[2].lower()] / GIB


def with_room(compute: Callable[[], Result], make_room: Callable[[], None]) -> Result:
    """What `compute` gives; where memory is short, once more after `make_room`.

    The same computation with the same shapes: others would round otherwise.
    """
    try:
        return compute()
    except Exception as error:
        if not is_out_of_memory(error):
            raise
    # outside of the handler: the error keeps alive what the first try had allocated
    make_room()
    return compute()
