"""What people enter is appended; the last entry of a key counts."""

from __future__ import annotations

from evaluations import entries
from tests.evaluations.queued import queue_run


def test_the_last_entry_of_each_key_counts_and_the_earlier_ones_stay(store):
    run = queue_run(store)
    entries.add(store.database, run, "edit", {"text": "初め"}, key="risk", author="田中")
    entries.add(store.database, run, "edit", {"text": "あと"}, key="risk", author="佐藤")
    entries.add(store.database, run, "edit", {"text": "next"}, key="step")
    entries.add(store.database, run, "money", {"yen": 1.5})

    latest = entries.latest(store.database, run, "edit")

    assert {key: entry.values["text"] for key, entry in latest.items()} == {
        "risk": "あと",
        "step": "next",
    }
    assert latest["risk"].author == "佐藤"
    texts = [entry.values["text"] for entry in entries.history(store.database, run, "edit")]
    assert texts == ["初め", "あと", "next"]
    assert entries.latest(store.database, run, "money")[""].values == {"yen": 1.5}


def test_entries_of_another_evaluation_are_not_shown(store):
    run, other = queue_run(store), queue_run(store, seed=7)
    entries.add(store.database, run, "kpi", {"actual": 3}, key="hours")

    assert entries.latest(store.database, other, "kpi") == {}
