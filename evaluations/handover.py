"""The handover package after a Go: all that the serving side needs to make the change, as one zip.

`package(snapshot, language)` makes it from the shown snapshot alone, the same bytes every time: a
guide with checklist and monitoring, the settings for production, an example that loads the
checkpoint and reads as it was evaluated, the locked plan, the result, the reproduction record and a
list of SHA-256. Without Go or Conditional there is none. The weights are named by their fingerprint
and not in it: they are the ones that were evaluated, where they were.

No folder of this machine stands in any of it (`without_folders`): where the plan names one, the
package has the checkpoint's name beside its fingerprint, and the locked plan's hash is in the
reproduction record, since that of `plan.json` is then another. What is stored does not change.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from typing import Any

from evaluations.charts import arm_of
from evaluations.errors import RefusedHandover
from evaluations.numbers import signed
from evaluations.plan import canonical_json, plan_hash
from evaluations.records import Arm, Outcome, Snapshot
from evaluations.reports.content import memo
from evaluations.reports.json import json_text
from evaluations.wording import Language, say

HANDED_OVER = (Outcome.GO, Outcome.CONDITIONAL)
MOMENT = (1980, 1, 1, 0, 0, 0)  # of every file: the package depends on the result alone
HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+(@[\w.-]+)?")
CHECKS, INDICATORS = 7, 5  # lines of the guide
NAMED = ("previous", "zero_adapted", "zero", "zero_control")  # trainings with words of their own

EXAMPLE = '''"""Serving example: how each document is read, as it was evaluated.

The state belongs to one document: never share it between documents, users or requests that are
not the same text going on. It holds the inputs of the convolutions and the hidden state of every
layer; keep both, in float32.
"""

import torch

from longssm_core import load_checkpoint
from longssm_core.records import find_checkpoint

CHECKPOINT = {checkpoint!r}  # name or folder of the checkpoint that was evaluated
FINGERPRINT = {fingerprint!r}
WINDOW = {window!r}  # tokens after which the state is blanked; None: kept to the document's end


def load():
    """The evaluated checkpoint, and no other."""
    found = find_checkpoint(CHECKPOINT).fingerprint
    if found != FINGERPRINT:
        raise SystemExit(f"{{CHECKPOINT}} is another checkpoint: {{found}}")
    return load_checkpoint(CHECKPOINT)


class DocumentReader:
    """One document, read piece by piece in its order."""

    def __init__(self, model):
        self.model = model
        self.inputs = 0  # of the model, the start token first
        self.first = self.read([model.config.bos])  # logits of the document's first token

    def read(self, tokens):
        """Logits after each of these tokens, (1, length, vocabulary); the state is kept."""
        rest, logits = list(tokens), []
        while rest:
            since = self.inputs if WINDOW is None else self.inputs % WINDOW
            if since == 0:
                self.state = self.model.initial_state(1)  # blank
            room = len(rest) if WINDOW is None else WINDOW - since
            logits.append(self._read_on(rest[:room]))
            rest = rest[room:]
        return torch.cat(logits, dim=1)

    def _read_on(self, tokens):
        piece = torch.tensor([tokens], device=next(self.model.parameters()).device)
        with torch.inference_mode():
            logits, self.state = self.model(piece, self.state)
        self.inputs += len(tokens)
        return logits
'''


def can_be_handed_over(snapshot: Snapshot) -> bool:
    """Whether the outcome says that the change is to be made."""
    return snapshot.status == "done" and snapshot.verdict.outcome in HANDED_OVER


def package(snapshot: Snapshot, language: Language) -> bytes:
    """The zip.

    Raises:
        RefusedHandover: the outcome is neither Go nor Conditional.
    """
    arm = arm_of(snapshot, snapshot.comparison.arm_b)
    if arm is None or not can_be_handed_over(snapshot):
        outcome = say(f"results.outcome.{snapshot.verdict.outcome.value}", language)
        raise RefusedHandover("handover.refused", outcome=outcome)
    snapshot = without_folders(snapshot)
    files = {
        "README.md": _guide(snapshot, arm, language),
        "settings.json": _json(_settings(snapshot, arm)),
        "serving_example.py": EXAMPLE.format(
            checkpoint=checkpoint_name(arm), fingerprint=arm.fingerprint, window=arm.window
        ),
        "plan.json": canonical_json(snapshot.plan) + "\n",
        "result.json": json_text(snapshot),
        "reproduction.json": _json(_reproduction(snapshot)),
    }
    sums = [f"{hashlib.sha256(text.encode()).hexdigest()}  {name}" for name, text in files.items()]
    files["SHA256SUMS"] = "\n".join(sums) + "\n"
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, MOMENT), text.encode(), zipfile.ZIP_DEFLATED)
    return made.getvalue()


def package_name(snapshot: Snapshot, language: Language) -> str:
    """The file's name."""
    return f"handover-{snapshot.run[:8]}-{language}.zip"


def _json(values: dict[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False, indent=2) + "\n"


def without_folders(snapshot: Snapshot) -> Snapshot:
    """The same with every checkpoint by its name: its fingerprint says which one it is."""
    arms = tuple(
        arm.model_copy(update={"checkpoint": checkpoint_name(arm)}) for arm in snapshot.plan.arms
    )
    plan = snapshot.plan.model_copy(update={"arms": arms})
    return snapshot.model_copy(update={"plan": plan})


def checkpoint_name(arm: Arm) -> str:
    """A shipped name, a hub id, or the last part of a folder."""
    if HUB_ID.fullmatch(arm.checkpoint):
        return arm.checkpoint
    return arm.checkpoint.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]


def _settings(snapshot: Snapshot, arm: Arm) -> dict[str, Any]:
    """What to change in production, and what it was compared with."""
    other = arm_of(snapshot, snapshot.comparison.arm_a)
    return {
        "checkpoint": _side(arm),
        "instead_of": None if other is None else _side(other),
        "initial_state": "blank at the beginning of each document",
        "between_pieces": "previous" if arm.window is None else f"zero every {arm.window} tokens",
        "between_documents": "zero",
        "state_dtype": "float32",
        "tokenizer": snapshot.plan.tokenizer,
        "longest_context_evaluated": max(snapshot.plan.lengths),
        "longest_state_age_in_training": arm.state_age,
    }


def _side(arm: Arm) -> dict[str, Any]:
    return {
        "name": checkpoint_name(arm),
        "fingerprint": arm.fingerprint,
        "training_initialization": arm.training_initialization,
        "training_length": arm.training_length,
        "reading_policy": arm.policy.value,
        "window": arm.window,
    }


def _reproduction(snapshot: Snapshot) -> dict[str, Any]:
    """What it takes to compute the same numbers again, bit by bit on the same kind of machine."""
    plan, lock = snapshot.plan, snapshot.rule_lock
    return {
        "command": f"python -m evaluations reproduce {snapshot.run}",
        "run": snapshot.run,
        "plan_hash": snapshot.plan_hash,
        "plan_file_is_as_locked": plan_hash(plan) == snapshot.plan_hash,
        "checkpoints": {
            arm.fingerprint: checkpoint_name(arm)
            for arm in sorted(plan.arms, key=lambda arm: arm.fingerprint)
        },
        "locked_at": snapshot.locked_at,
        "rule_lock": None if lock is None else lock.model_dump(mode="json"),
        "seed": plan.seed,
        "versions": plan.versions,
        "computed_by": [found.model_dump(mode="json") for found in snapshot.computed_by],
        "documents": [{"sha256": one.id, "role": one.role} for one in snapshot.documents],
    }


def _guide(snapshot: Snapshot, arm: Arm, language: Language) -> str:
    """The page that is read first. A user's words stand in it as code, never as markup."""
    content = memo(snapshot, language)
    values = _values(snapshot, arm)

    def said(key: str) -> str:
        return say(f"handover.{key}", language, **values)

    lines = [f"# {said('title')}", "", said("lead"), "", _quoted(content.subject), ""]
    lines += [f"**{content.verdict}** {content.reason}", "", f"## {said('change')}", ""]
    changes = ("1", f"2.{arm.policy.value}", "3")  # the arms of a plan carry or reset
    lines += [f"{i}. {said(f'change.{name}')}" for i, name in enumerate(changes, 1)]
    lines[-len(changes)] += _trained_words(arm, language)
    lines += ["", "```python", "reader = DocumentReader(load())", "for piece in document:"]
    lines += ["    logits = reader.read(piece)", "```", "", f"## {said('checks')}", ""]
    lines += [f"- [ ] {said(f'check.{number}')}" for number in range(1, CHECKS + 1)]
    lines += [f"- [ ] {said('open')}"] if snapshot.verdict.outcome is Outcome.CONDITIONAL else []
    lines += ["", f"## {said('watch')}", ""]
    lines += [f"- {said(f'watch.{number}')}" for number in range(1, INDICATORS + 1)]
    lines += ["", f"## {said('limits')}", "", said("limits.text"), ""]
    lines += [f"- {_quoted(risk.risk)} → {risk.measure}" for risk in content.risks]
    return "\n".join([*lines, "", f"## {said('files')}", "", said("files.text"), ""])


def _trained_words(arm: Arm, language: Language) -> str:
    """What the training initialization means, where there are words for it."""
    if arm.training_initialization not in NAMED:
        return ""
    return " " + say(f"handover.trained.{arm.training_initialization}", language)


def _quoted(text: str) -> str:
    """As code: whatever a user called it."""
    return "`" + text.replace("`", "'") + "`"


def _values(snapshot: Snapshot, arm: Arm) -> dict[str, Any]:
    rule, result = snapshot.plan.rule, snapshot.comparison
    bits = [p for p in snapshot.curve if p.arm == arm.name and p.kind == "matched"]
    at = next((p for p in bits if p.context_length == result.primary_length), None)
    delta = result.delta_bits_per_byte
    return {
        "checkpoint": checkpoint_name(arm),
        "fingerprint": arm.fingerprint[:16],
        "training": arm.training_initialization,
        "policy": "carry" if arm.window is None else f"{arm.policy.value}:{arm.window}",
        "window": f"{arm.window or 0:,}",
        "length": f"{result.primary_length:,}",
        "unit": snapshot.plan.unit,
        "longest": f"{max(snapshot.plan.lengths):,}",
        "level": "-" if at is None else f"{at.bits_per_byte:.3f}",
        "limit": "-" if at is None else f"{at.bits_per_byte + rule.short_margin:.3f}",
        "delta": "-" if delta is None else signed(delta),
        "margin": f"{rule.margin:.3f}",
        "slowdown": f"{rule.maximum_slowdown:g}",
        "memory": f"{rule.maximum_memory_ratio:g}",
        "decider": _quoted(rule.decider or "-"),
        "date": _quoted(rule.date or "-"),
    }
