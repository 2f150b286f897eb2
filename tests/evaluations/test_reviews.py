"""The stored blind review: what a reviewer is given, votes, and what comes out once all is in."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path

import pytest
from sqlalchemy import select, update

from evaluations import database as tables
from evaluations import requests, reviews
from evaluations.backup import back_up, restore
from evaluations.database import Database
from evaluations.records import Outcome
from evaluations.reports.content import memo
from evaluations.reports.markdown import markdown_text
from evaluations.settings import Settings
from evaluations.store import Store, open_store
from evaluations.wording import CATALOGUE, say
from tests.evaluations.databases import empty_database
from tests.evaluations.reports.snapshots import VARIANTS
from tests.evaluations.reviewable import WORDS, reviewable

ROBIN, TIT = WORDS["b"], WORDS["a"]


EITHER = pytest.mark.parametrize(
    "settings", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)


@pytest.fixture
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """On SQLite, but where a test asks for either kind of database."""
    if getattr(request, "param", "sqlite") == "sqlite":
        yield Settings(data_dir=tmp_path / "data", language="en")
        return
    with empty_database(request.getfixturevalue("postgres")) as url:
        yield Settings(data_dir=tmp_path / "data", language="en", database_url=url)


def vote_all(store: Store, run: str, name: str, likes: str, end: bool = True, **remarks) -> int:
    """Votes for the side whose text holds `likes` (neither: same); how many."""
    found = store.snapshot(run)
    items = reviews.items(store, found, name)
    for item in items:
        shown = reviews.show(store, found, name, item)
        vote = "left" if likes in shown.left else "right" if likes in shown.right else "same"
        asked = {"wrong": None, "comment": "", **remarks}
        assert reviews.cast(store, run, name, item, vote, **asked)
    if end:
        assert reviews.finish(store, run, name)
    return len(items)


def test_a_reviewer_is_given_texts_and_no_arm(store):
    run = reviewable(store)
    found = store.snapshot(run)
    offer = reviews.offer(store, found)
    assert (offer.standing, offer.points, offer.identical) == ("ready", 6, 1)
    names = [found.comparison.arm_a, found.comparison.arm_b]
    sides = set()
    for item in reviews.items(store, found, "Sato"):
        shown = reviews.show(store, found, "Sato", item)
        text = store.document_text(item.document)
        assert text[: item.position].endswith(shown.prompt)
        assert len(shown.prompt) > 100
        assert {ROBIN, TIT} == {w for w in WORDS.values() if w in shown.left + shown.right}
        sides.add(ROBIN in shown.left)
        assert shown.reference == "wren"  # what really came next
        given = str((astuple(item), astuple(shown)))
        assert not any(name in given for name in names)
    assert sides == {True, False}


@EITHER
def test_what_was_shown_stays_where_it_was_and_a_vote_can_be_changed_until_the_end(store):
    run = reviewable(store)
    found = store.snapshot(run)
    first, *_ = before = reviews.items(store, found, "Sato")
    seen = reviews.show(store, found, "Sato", first)
    assert reviews.cast(store, run, "Sato", first, "left", "right", " [x](y) ")
    assert reviews.cast(store, run, "Sato", first, "both_bad", None, "second thought")
    after = reviews.items(store, found, "Sato")
    assert [one.position for one in after] == [one.position for one in before]
    assert (after[0].vote, after[0].wrong, after[0].comment) == ("both_bad", None, "second thought")
    assert reviews.show(store, found, "Sato", first) == seen
    assert not reviews.cast(store, run, "Sato", after[1], "left", None, "")  # never shown
    assert reviews.begun(store, run) == ["Sato"]

    assert reviews.finish(store, run, "Sato")
    assert not reviews.finish(store, run, "Sato")
    assert not reviews.cast(store, run, "Sato", first, "left", None, "")
    assert reviews.items(store, found, "Sato")[0].vote == "both_bad"
    assert list(reviews.finished(store, run)) == ["Sato"]
    assert not reviews.finish(store, run, "nobody")


@EITHER
def test_only_finished_reviewers_count(store):
    run = reviewable(store)
    vote_all(store, run, "Ito", ROBIN, end=False)
    assert store.snapshot(run).review is None
    assert reviews.audit(store, run) == []
    voted = vote_all(store, run, "Sato", TIT)
    review = store.snapshot(run).review
    assert (review.votes, review.win_rate, review.wins_a) == (voted, 0.0, voted)
    assert [one.reviewer for one in review.reviewers] == ["Sato"]
    assert reviews.finish(store, run, "Ito")
    review = store.snapshot(run).review
    assert (review.votes, review.win_rate, review.identical) == (2 * voted, 0.5, 1)
    assert review.alpha < 0


@pytest.mark.parametrize(
    ("likes", "outcome", "key"),
    [
        (ROBIN, Outcome.GO, "go"),
        ("neither", Outcome.CONDITIONAL, "conditional.review"),
        (TIT, Outcome.UNDECIDED, "undecided.review"),
    ],
)
def test_the_verdict_follows_the_reviewers_everywhere(store, likes, outcome, key):
    run = reviewable(store)
    vote_all(store, run, "Sato", likes)
    found = store.snapshot(run)
    assert (found.verdict.outcome, found.verdict.reason.key) == (outcome, f"results.reason.{key}")
    assert store.summary(run).outcome is outcome
    assert found.verdict.criteria[-1].key == "results.criterion.review"
    for language in ("ja", "en"):
        content = memo(found, language)
        assert len(content.review) == 7
        assert "{" not in content.reason + "".join(line.value for line in content.review)
        printed = markdown_text(found, language)
        assert content.review[0].value[:20] in printed
        half = {"ja": "半分", "en": "half"}[language]  # wherever a win rate stands
        assert half in content.review[1].value
        assert half in content.criteria[-1].criterion
        assert ("{review_rate}" in template(found, language)) == (half in content.reason)
        asked = {"ja": "互角の 50% から 10 ポイント", "en": "10 points below even"}
        assert asked[language] in printed


def template(found, language: str) -> str:
    """The words of the reason, before any number is filled in."""
    japanese, english = CATALOGUE[found.verdict.reason.key]
    return {"ja": japanese, "en": english}[language]


def test_a_plan_may_say_how_much_worse_a_review_may_be(store):
    found = VARIANTS["go"]()
    rule = found.plan.rule.model_copy(update={"review_margin": 0.5})
    wide = found.model_copy(update={"plan": found.plan.model_copy(update={"rule": rule})})
    run = reviewable(store, snapshot=wide)
    vote_all(store, run, "Sato", "neither")
    found = store.snapshot(run)
    assert found.verdict.outcome is Outcome.GO
    assert (found.verdict.criteria[-1].target, memo(found, "en").criteria[-1].target) == (
        0.0,
        "> 0%",
    )


def test_a_withheld_verdict_stays_withheld_and_its_review_is_neither_offered_nor_printed(store):
    run = reviewable(store, snapshot=VARIANTS["withheld"]())
    found = store.snapshot(run)
    assert reviews.offer(store, found).standing == "withheld"
    vote_all(store, run, "Sato", ROBIN)
    assert store.snapshot(run).verdict == found.verdict
    assert memo(store.snapshot(run), "en").review == ()
    printed = markdown_text(store.snapshot(run), "en")
    assert "People have reviewed outputs" in printed
    assert say("appendix.review.none", "en") not in printed


@EITHER
def test_an_erased_document_takes_its_texts_and_comments_but_not_the_votes(settings, store):
    run = reviewable(store)
    voted = vote_all(store, run, "Sato", ROBIN, end=False, comment="quotes the log")
    found = store.snapshot(run)
    last = reviews.items(store, found, "Sato")[-1]
    store.erase_document(last.document)
    assert reviews.show(store, found, "Sato", last) is None
    assert not reviews.cast(store, run, "Sato", last, "left", None, "quotes it again")
    left = reviews.items(store, store.snapshot(run), "Sato")
    assert last.document not in {one.document for one in left}
    assert reviews.finish(store, run, "Sato")
    assert store.snapshot(run).review.votes == voted
    gone = [one for one in reviews.audit(store, run) if one.reference is None]
    assert len(gone) == voted - len(left) > 0
    assert {one.comment for one in gone} == {""}


@EITHER
def test_the_audit_names_who_saw_what_where_and_no_cell_is_a_formula(store):
    run = reviewable(store)
    voted = vote_all(store, run, "=cmd|' /C calc'!A0", ROBIN, comment=" =1+1", wrong="left")
    rows = reviews.audit(store, run)
    arms = store.snapshot(run).comparison
    assert len(rows) == voted
    for one in rows:
        liked = one.left_arm if one.vote == "left" else one.right_arm
        assert liked == arms.arm_b
        assert {one.left_arm, one.right_arm} == {arms.arm_a, arms.arm_b}
        assert one.shown_at <= one.voted_at
        assert one.reference == "wren"
    data = reviews.audit_csv(store, run, "ja")
    assert data.startswith(b"\xef\xbb\xbf")
    head, *body = csv.reader(io.StringIO(data.decode("utf-8-sig")))
    assert len(body) == voted
    assert head[0] == "確認者"
    assert body[0][0].startswith("'=cmd")
    assert body[0][8] == "'=1+1"  # stored without the space
    assert not any(cell[:1] in "=+-@\t" for row in body for cell in row if cell)


@pytest.mark.parametrize(
    "text", ["=1", "+1", "-1", "@x", "\t=1", "  =1", "\u3000=1", "＝1", "\r=1", "\n=1"]
)
def test_a_cell_that_a_spreadsheet_would_compute_gets_an_apostrophe(text):
    assert reviews._cell(text) == f"'{text}"
    assert reviews._cell(f"a{text}") == f"a{text}"


def test_one_person_has_one_name_however_it_is_typed():
    assert reviews.reviewer_name("  佐藤　Ｋ ") == reviews.reviewer_name("佐藤 K") == "佐藤 K"
    assert reviews.reviewer_name(" \u3000") == ""


@pytest.mark.parametrize("documents", [True, False])
def test_a_backup_without_documents_holds_votes_and_no_comments(settings, store, documents):
    run = reviewable(store)
    voted = vote_all(store, run, "Sato", ROBIN, comment="quotes the log")
    copy = settings.data_dir.parent / f"copy-{documents}"
    back_up(settings, copy, documents=documents)
    assert (b"quotes the log" in (copy / "database.sqlite3").read_bytes()) is documents
    into = Settings(data_dir=settings.data_dir.parent / f"again-{documents}")
    restore(copy, into)
    again = open_store(into)
    assert again.snapshot(run).review.votes == voted
    again.close()


def test_no_answer_about_wrong_information_stays_apart_from_no_and_old_votes_stay_readable(store):
    run = reviewable(store)
    found = store.snapshot(run)
    first, second, *_ = reviews.items(store, found, "Sato")
    for item, said in ((first, None), (second, "none")):
        reviews.show(store, found, "Sato", item)
        assert reviews.cast(store, run, "Sato", item, "same", said, "")
    assert [one.wrong for one in reviews.items(store, found, "Sato")[:2]] == [None, "none"]
    reviews.finish(store, run, "Sato")
    review = store.snapshot(run).review
    assert (review.votes, review.wrong_answers) == (2, 1)
    said = [reviews.wrong_words(one, "en") for one in reviews.audit(store, run)]
    assert said == ["No answer on record", "No"]  # the first is what earlier versions stored


def test_what_really_came_next_is_the_same_whichever_arm_is_a(store):
    run = reviewable(store)
    found = store.snapshot(run)
    with store.database.write() as connection:  # one arm's plan keeps more of the record
        mine = tables.outputs.c.arm == found.comparison.arm_b
        longer = {"reference": b"wren\nwren again\n", "settings": {"lines": 2}}
        connection.execute(update(tables.outputs).where(mine).values(**longer))
    sides = {"arm_a": found.comparison.arm_b, "arm_b": found.comparison.arm_a}
    other = found.model_copy(update={"comparison": found.comparison.model_copy(update=sides)})
    pairs = [reviews.Written(store, one).pairs for one in (found, other)]
    assert {k: v.reference for k, v in pairs[0].items()} == {
        k: v.reference for k, v in pairs[1].items()
    }
    assert {one.reference for one in pairs[0].values()} == {"wren\nwren again"}


def test_an_item_that_is_in_view_already_writes_nothing_and_texts_are_read_once(store, monkeypatch):
    run = reviewable(store)
    found = store.snapshot(run)
    first = reviews.items(store, found, "Sato")[0]
    shown = reviews.show(store, found, "Sato", first)
    monkeypatch.setattr(Database, "write", None)  # whoever needs it fails
    reads = []
    outputs = requests.outputs
    monkeypatch.setattr(requests, "outputs", lambda *of: reads.append(of) or outputs(*of))

    written = reviews.Written(store, found)
    assert reviews.offer(store, found, written).points == 6
    assert reviews.items(store, found, "Sato", written)[0] == first
    assert reviews.show(store, found, "Sato", first, written) == shown
    assert len(reads) == 1


def test_outputs_are_asked_for_once_and_waited_for(store):
    run = reviewable(store, written=False)
    found = store.snapshot(run)
    assert reviews.offer(store, found).standing == "nothing"
    store.request_outputs(run)
    offer = reviews.offer(store, found)
    assert (offer.standing, offer.open_tasks, offer.tasks) == ("waiting", 12, 12)


def test_where_both_wrote_the_same_everywhere_there_is_nothing_to_judge(store):
    run = reviewable(store, documents=1, items=2, identical=2)
    offer = reviews.offer(store, store.snapshot(run))
    assert (offer.standing, offer.points, offer.identical) == ("identical", 0, 2)


def test_a_stored_result_does_not_hold_the_review(store):
    run = reviewable(store)
    vote_all(store, run, "Sato", TIT)
    assert stored_outcomes(store.database, run) == ("undecided", "go")


def stored_outcomes(database: Database, run: str) -> tuple[str, str]:
    """What lists show, and what the stored result says of the measurement alone."""
    stored = tables.snapshots
    with database.read() as connection:
        row = connection.execute(select(stored).where(stored.c.run_id == run)).one()
    found = json.loads(row.snapshot)
    assert found["review"] is None
    return row.outcome, found["verdict"]["outcome"]
