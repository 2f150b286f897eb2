"""Training initializations: the state a window starts from. The one registry of this room.

An initialization takes the state at the end of the window before, the blank state and which rows
begin a new document, and returns the state for the next window. Whatever it returns carries no
gradient: back-propagation stops at the border of the window.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor

from longssm_core.state import ModelState


class Initialization(Protocol):
    """(final state of the window before, blank state, fresh (batch,) bool) -> initial state."""

    def __call__(self, previous: ModelState, blank: ModelState, fresh: Tensor) -> ModelState:
        """The state that the next window starts from, without gradient."""
        ...


INITIALIZATIONS: dict[str, Initialization] = {}


def initialization(name: str) -> Callable[[Initialization], Initialization]:
    """Register a training initialization under `name`; a second one of that name is refused."""

    def register(function: Initialization) -> Initialization:
        if name in INITIALIZATIONS:
            raise ValueError(f"training initialization {name!r} is registered twice")
        INITIALIZATIONS[name] = function
        return function

    return register


@initialization("zero")
def zero(previous: ModelState, blank: ModelState, fresh: Tensor) -> ModelState:
    """Every window starts blank."""
    return blank


@initialization("previous")
def previous(previous: ModelState, blank: ModelState, fresh: Tensor) -> ModelState:
    """Every window starts where the one before ended; blank at the start of a document.

    Source: LongSSM (arXiv:2406.02080), h_0 of a window := h_T of the window before, no gradient.
    """
    return previous.detach().where((~fresh).to(torch.float32))
