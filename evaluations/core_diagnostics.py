"""`diagnose`: arms A and B of a comparison on one document, by the models themselves.

Knows torch, like `core_scorer`: imported by commands and workers only. What is measured is said in
`diagnosis`, how in `longssm_core.diagnostics`.
"""

from __future__ import annotations

import hashlib

import numpy as np
import torch

from evaluations.core_scorer import CoreScorer
from evaluations.diagnosis import (
    KEPT,
    TRIALS,
    ArmDiagnosis,
    NewlineTest,
    NormAt,
    Recall,
    Remembered,
    distances_within,
    newline_test,
    plant,
    recall,
)
from evaluations.records import Arm
from evaluations.validity import STATE_GROWTH
from longssm_core.checkpoint import tokenizer_of
from longssm_core.diagnostics import (
    continuation_losses,
    effective_remembrance,
    repeated_token,
    state_norms,
)
from longssm_core.models import LanguageModel

CONTEXT, PLACES = 4_096, 4  # tokens before a prediction, and at how many places
NORMS, EVERY = 8_192, 256  # tokens whose norms are looked at, and how often
NEWLINES = 16_384


class Diagnostics(CoreScorer):
    """A scorer that looks at what its checkpoints remember."""

    def diagnose(self, arm: Arm, text: str, seed: int) -> ArmDiagnosis:
        """One arm on one document.

        Args:
            text: stored text; also the filler around the planted keys.
            seed: places the keys: the same for both arms, so that they answer the same questions.

        Raises:
            RefusedPlan: another checkpoint is there now under the arm's name.
        """
        model = self._model(arm)
        tokens = torch.from_numpy(tokenizer_of(model).encode(text))
        return ArmDiagnosis(
            arm=arm.name,
            checkpoint=arm.checkpoint,
            remembrance=_remembrance(model, tokens),
            norms=_norms(model, tokens),
            newlines=self._newline_test(model, arm),
            recall=tuple(
                self._recall(model, arm, text, distance, seed)
                for distance in distances_within(text)
            ),
        )

    def _newline_test(self, model: LanguageModel, arm: Arm) -> NewlineTest:
        newline = int(tokenizer_of(model).encode("\n")[-1])
        every = min(EVERY, max(1, arm.training_length))
        found = repeated_token(model, newline, NEWLINES, every)
        return newline_test(
            found.nll.double().cpu().numpy(),
            np.array(found.positions, dtype=np.float64),
            found.norms[:, :, 0].norm(dim=1).double().cpu().numpy(),
            arm.training_length,
            model.config.vocabulary,
            STATE_GROWTH,
        )

    def _recall(
        self, model: LanguageModel, arm: Arm, text: str, distance: int, seed: int
    ) -> Recall:
        encode, found = tokenizer_of(model).encode, []
        for trial in range(TRIALS):
            planted = plant(text, distance, _generator(seed, distance, trial))
            values = [torch.from_numpy(encode(value)) for value in planted.values]
            read = [
                continuation_losses(
                    model, torch.from_numpy(encode(log)), values, arm.policy.value, arm.window
                )
                for log in (planted.text, planted.control)
            ]
            found.append(torch.stack(read).double().cpu().numpy())
        losses, control = np.stack(found, axis=1)
        return recall(distance, losses, control)


def _remembrance(model: LanguageModel, tokens: torch.Tensor) -> tuple[Remembered, ...]:
    """Means over several places, as far as the document reaches."""
    context = min(CONTEXT, len(tokens))
    kept = [k for k in KEPT if k < context]
    if not kept:
        return ()
    ends = np.unique(np.linspace(context, len(tokens), PLACES).astype(int))
    found = [
        effective_remembrance(model, tokens[end - context : end], [context - k for k in kept])
        for end in ends
    ]
    means = torch.stack(found).double().mean(dim=0).tolist()
    return tuple(
        Remembered(kept=k, context=context, distance=mean)
        for k, mean in zip(kept, means, strict=True)
    )


def _norms(model: LanguageModel, tokens: torch.Tensor) -> tuple[NormAt, ...]:
    found = state_norms(model, tokens[None, :NORMS], every=EVERY)
    return tuple(
        NormAt(position=position, layers=tuple(norms[:, 0].double().tolist()))
        for position, norms in zip(found.positions, found.norms, strict=True)
    )


def _generator(seed: int, distance: int, trial: int) -> np.random.Generator:
    digest = hashlib.sha256(f"planted:{seed}:{distance}:{trial}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "little"))
