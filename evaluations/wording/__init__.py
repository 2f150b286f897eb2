"""Every word that people read, Japanese and English side by side.

`say(key, language, **values)` is the one way to a text, for pages, commands and reports alike.
The entries live in the modules beside this one, a pair per key, so that a translation cannot be
forgotten; `CATALOGUE` joins them and refuses a key that two modules claim.

Values are inserted literally (`str.format` fields by name): they may come from a user's file and
are never looked at for further fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from evaluations.wording import (
    additions,
    appendix,
    builtin,
    checkpoints,
    commands,
    compare,
    delivery,
    documents,
    engines,
    faults,
    handover,
    jobs,
    kpis,
    models,
    money,
    office,
    operations,
    pages,
    probes,
    reports,
    requests,
    results,
    review,
    rules,
    run_list,
    spans,
    team,
    theory,
)

Language = Literal["ja", "en"]
LANGUAGES: tuple[Language, ...] = ("ja", "en")


class Entry(NamedTuple):
    """One text in both languages."""

    ja: str
    en: str


def _join(*parts: Mapping[str, tuple[str, str]]) -> dict[str, Entry]:
    joined: dict[str, Entry] = {}
    for part in parts:
        for key, (ja, en) in part.items():
            if key in joined:
                raise ValueError(f"wording key {key!r} is claimed twice")
            joined[key] = Entry(ja, en)
    return joined


CATALOGUE: Mapping[str, Entry] = _join(
    builtin.ENTRIES,
    additions.ENTRIES,
    appendix.ENTRIES,
    checkpoints.ENTRIES,
    commands.ENTRIES,
    compare.ENTRIES,
    delivery.ENTRIES,
    documents.ENTRIES,
    engines.ENTRIES,
    faults.ENTRIES,
    handover.ENTRIES,
    jobs.ENTRIES,
    kpis.ENTRIES,
    money.ENTRIES,
    models.ENTRIES,
    office.ENTRIES,
    operations.ENTRIES,
    pages.ENTRIES,
    probes.ENTRIES,
    reports.ENTRIES,
    requests.ENTRIES,
    results.ENTRIES,
    review.ENTRIES,
    rules.ENTRIES,
    run_list.ENTRIES,
    spans.ENTRIES,
    team.ENTRIES,
    theory.ENTRIES,
)


# what a model reads, and what its lengths are counted in: the field `unit` of any text
UNITS = {
    "bytes": {"ja": ("バイト", "バイト"), "en": ("bytes", "byte")},
    "tokens": {"ja": ("トークン", "トークン"), "en": ("tokens", "token")},
}


def say(key: str, language: Language, **values: object) -> str:
    """The text of `key` in `language`, its named fields filled with `values`.

    The value `unit` is bytes (where it is not given) or tokens; texts have its word as the fields
    `unit` and, of one alone, `one_unit`.

    Raises:
        KeyError: the catalogue has no such key, or a field of the text was not given.
    """
    many, one = UNITS[str(values.get("unit", "bytes"))][language]
    words = {**values, "unit": many, "one_unit": one}
    return getattr(CATALOGUE[key], language).format(**words)  # type: ignore[no-any-return]
