"""Errors of this room.

EvaluationError            carries a wording key and its values; the words are made in `wording`
├── RefusedDocument        this file cannot be read; the others go on
├── RefusedPlan            the arms, lengths or rule that were asked for contradict each other
├── UnknownRun             no evaluation of that id
├── LeaseLost              another worker holds the task now: stop writing
├── DatabaseTooNew         the database was written by a later version
└── NothingToScore         no target has any bytes
"""

from __future__ import annotations

from evaluations.wording import Language, say


class EvaluationError(Exception):
    """A broken promise with words for people: `key` in the catalogue, `values` for its fields."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key = key
        self.values = values

    def words(self, language: Language) -> str:
        """What was found, what was expected, what to do."""
        return say(self.key, language, **self.values)

    def __str__(self) -> str:
        return self.words("en")


class RefusedDocument(EvaluationError):
    """This file cannot be read; the message names it, the reason and the fix."""


class RefusedPlan(EvaluationError):
    """The arms, lengths or rule that were asked for contradict each other."""


class UnknownRun(EvaluationError):
    """No evaluation has that id."""


class LeaseLost(EvaluationError):
    """The task's fencing token has moved on: what this worker computed must not be written."""


class DatabaseTooNew(EvaluationError):
    """The database's schema comes from a later version of the product."""


class NothingToScore(EvaluationError):
    """No target has any bytes."""
