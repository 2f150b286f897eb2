"""What people add to a report: texts in place of those made from the numbers, and assumptions.

In reading order: `Edit` with its parts (texts only: no number of a result has a field here),
`Added` (all that goes into a report, as it stood at one moment), `read`, `versions` (all edits)
and `write_edit`, `write_money` (from and to `entries`). What assumptions mean, says `money`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Generic, TypeVar

from pydantic import Field

from evaluations import entries
from evaluations.database import Database
from evaluations.money import MoneyInputs
from evaluations.records import Frozen
from evaluations.wording import LANGUAGES, Language

EDIT, MONEY = "edit", "money"  # kinds of entries
RISKS, STEPS, APPROVALS = 3, 3, 4  # as many as page 1 of a report has room for
LONGEST = {  # characters of each text
    "subject": 160,
    "request": 300,
    "recommendation": 300,
    "risk": 240,
    "measure": 240,
    "action": 140,
    "due": 20,
    "owner": 20,
    "role": 12,
    "name": 16,
    "author": 40,
}


def _text(name: str) -> object:
    return Field(max_length=LONGEST[name])


@dataclass(frozen=True)
class Risk:
    """What could go wrong, and what to do about it."""

    risk: Annotated[str, _text("risk")]
    measure: Annotated[str, _text("measure")]


@dataclass(frozen=True)
class Step:
    """One next step; date and owner are free words, empty where nobody has set them."""

    action: Annotated[str, _text("action")]
    due: Annotated[str, _text("due")] = ""
    owner: Annotated[str, _text("owner")] = ""


@dataclass(frozen=True)
class Approval:
    """One box to sign: what it is for, and who is to sign it."""

    role: Annotated[str, _text("role")]
    name: Annotated[str, _text("name")] = ""


class Edit(Frozen):
    """Texts of a report in one language that people wrote; None: the one made from the numbers."""

    subject: str | None = Field(default=None, max_length=LONGEST["subject"])
    request: str | None = Field(default=None, max_length=LONGEST["request"])
    recommendation: str | None = Field(default=None, max_length=LONGEST["recommendation"])
    risks: tuple[Risk, ...] | None = Field(default=None, max_length=RISKS)
    steps: tuple[Step, ...] | None = Field(default=None, max_length=STEPS)
    approvals: tuple[Approval, ...] | None = Field(default=None, max_length=APPROVALS)

    @property
    def parts(self) -> tuple[str, ...]:
        """Which parts people wrote, in the order of the report."""
        return tuple(name for name in type(self).model_fields if getattr(self, name) is not None)


Value = TypeVar("Value")


@dataclass(frozen=True)
class Entered(Generic[Value]):
    """A value, who entered it, and when."""

    value: Value
    author: str
    at: datetime


@dataclass(frozen=True)
class Added:
    """All that people added to one evaluation's reports, as it stood at one moment.

    And where they read it: a report tells every moment in that time zone, and names it.
    """

    edits: Mapping[Language, Entered[Edit]] = field(default_factory=dict)
    money: Entered[MoneyInputs] | None = None
    zone: str = "UTC"  # in whose time zone moments are told, by its IANA name

    @property
    def moment(self) -> datetime | None:
        """When the last of it was entered; None: nothing was."""
        moments = [one.at for one in self.edits.values()]
        if self.money is not None:
            moments.append(self.money.at)
        return max(moments, default=None)


NOTHING = Added()


def read(database: Database, run: str, until: datetime | None = None) -> Added:
    """What counts now, or counted at `until`: entries are never overwritten."""
    edits: dict[Language, Entered[Edit]] = {}
    for language, entered in versions(database, run, until):
        edits[language] = entered
    money = [
        Entered(MoneyInputs.model_validate(entry.values), entry.author, entry.entered_at)
        for entry in entries.history(database, run, MONEY, until)
    ]
    return Added(edits, money[-1] if money else None)


def versions(
    database: Database, run: str, until: datetime | None = None
) -> tuple[tuple[Language, Entered[Edit]], ...]:
    """Every edit that was saved, with the language of its report, the oldest first."""
    return tuple(
        (language, Entered(Edit.model_validate(entry.values), entry.author, entry.entered_at))
        for entry in entries.history(database, run, EDIT, until)
        for language in LANGUAGES
        if language == entry.key
    )


def write_edit(database: Database, run: str, language: Language, edit: Edit, author: str) -> None:
    """Append the texts of a report in one language; from now on they count.

    Raises:
        ValidationError: a text is longer than `LONGEST` says.
    """
    checked = Edit.model_validate(edit.model_dump())
    entries.add(
        database, run, EDIT, checked.model_dump(exclude_none=True), key=language, author=author
    )


def write_money(database: Database, run: str, inputs: MoneyInputs, author: str) -> None:
    """Append assumptions about money; from now on they count."""
    entries.add(database, run, MONEY, inputs.model_dump(exclude_none=True), author=author)
