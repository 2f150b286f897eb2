"""Documents are parted by lot: some train, some are kept, none is both."""

from __future__ import annotations

import pytest

from evaluations.documents import ExtractedDocument, ingest_path
from evaluations.errors import RefusedAdaptation, UnusablePlace
from evaluations.held_out import hold_out, part_checked, write_held_out
from tests.evaluations.queued import document, some_text


def documents(sizes: list[int]) -> list[ExtractedDocument]:
    texts = [some_text(number, size) for number, size in enumerate(sizes)]
    return [ExtractedDocument(document(text, f"d{n}.log"), text) for n, text in enumerate(texts)]


def ids(part) -> set[str]:
    return {one.document.id for one in part}


@pytest.mark.parametrize(
    ("given", "held_out"), [(2, 1), (8, 4), (11, 5), (12, 6), (20, 6), (24, 6), (40, 10)]
)
def test_a_quarter_is_held_out_at_least_six_and_never_more_than_half(given, held_out):
    parted = hold_out(documents([2_000] * given), 16, seed=0)
    assert (len(parted.held_out), len(parted.training)) == (held_out, given - held_out)
    assert not ids(parted.held_out) & ids(parted.training)


@pytest.mark.parametrize(("share", "held_out"), [(0.01, 1), (0.5, 5), (0.99, 9)])
def test_a_share_is_kept_to_and_something_is_left_to_train_on(share, held_out):
    assert len(hold_out(documents([2_000] * 10), 16, 0, share).held_out) == held_out


def test_the_order_of_the_files_does_not_matter_and_the_seed_does():
    given = documents([2_000] * 12)
    assert hold_out(given, 16, 1) == hold_out(given[::-1], 16, 1)
    assert ids(hold_out(given, 16, 1).held_out) != ids(hold_out(given, 16, 2).held_out)


def test_what_is_too_short_to_be_scored_trains_and_what_holds_no_window_does_nothing():
    given = documents([10, 1_000, 1_000, 2_000])
    parted = hold_out(given, 16, 0, share=0.6)
    assert ids(parted.too_short) == ids(given[:1])
    assert ids(parted.held_out) == ids(given[3:])
    assert ids(parted.training) == ids(given[1:3])


def test_what_the_start_was_trained_on_is_never_held_out():
    given = documents([2_000] * 4)
    for seed in range(5):
        parted = hold_out(given, 16, seed, 0.9, frozenset(ids(given[:3])))
        assert ids(parted.held_out) == ids(given[3:])


def test_near_copies_stay_on_one_side():
    given = documents([4_000] * 6)
    copies = [one.text[:3_500] + "\nthe end" for one in given]
    given += [ExtractedDocument(document(text, "copy.log"), text) for text in copies]
    for seed in range(5):
        held = ids(hold_out(given, 16, seed).held_out)
        assert len(held) == 6
        for one, copy in zip(given[:6], given[6:], strict=True):
            assert (one.document.id in held) == (copy.document.id in held)


@pytest.mark.parametrize("sizes", [[2_000], [1_000, 1_000], [5, 2_000], []])
def test_too_few_documents_are_refused(sizes):
    with pytest.raises(RefusedAdaptation) as refused:
        hold_out(documents(sizes), 16, 0)
    assert refused.value.key == "command.adapt.too_few"


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "製造ログ [1/3].csv",
        "-rf",
        "...",
        "a" * 300 + ".log",
        "日" * 120,
        'x"$(y)',
    ],
)
def test_held_out_files_have_safe_names_and_are_read_as_the_same_documents(tmp_path, name):
    text = "id,値\n1,two\n\ttabs\N{SYMBOL FOR ESCAPE}\n\n  end  "
    one = ExtractedDocument(document(text, name), text)
    (path,) = write_held_out([one], tmp_path / "held-out")
    assert path.parent == tmp_path / "held-out"
    assert path.name.startswith("001-")
    assert len(path.name.encode()) < 255
    assert not set('/\\:*?"<>|$ ') & set(path.name)
    (again,) = ingest_path(path).documents
    assert again.document.id == one.document.id
    assert again.text == text


def test_what_an_earlier_call_held_out_does_not_stay(tmp_path):
    given = documents([2_000] * 3)
    write_held_out(given, tmp_path)
    written = write_held_out(given[1:2], tmp_path)
    assert sorted(tmp_path.iterdir()) == written
    assert written[0].read_bytes().decode() == given[1].text


@pytest.mark.parametrize("name", ["notes.txt", "001-report.pdf", "2024-notes.txt", "more/"])
def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path, name):
    write_held_out(documents([2_000] * 2), tmp_path)
    before = sorted(tmp_path.iterdir())
    assert len(before) == 2
    foreign = tmp_path / name
    foreign.mkdir() if name.endswith("/") else foreign.write_text("mine")
    with pytest.raises(UnusablePlace) as refused:
        write_held_out(documents([2_000]), tmp_path)
    assert refused.value.key == "place.not_held_out"
    assert refused.value.values["path"] == foreign
    assert sorted(tmp_path.iterdir()) == sorted([*before, foreign])


def test_a_file_of_the_name_that_a_document_would_get_is_not_written_over(tmp_path):
    given = documents([2_000] * 2)
    first, second = write_held_out(given, tmp_path / "held-out")
    (tmp_path / "held-out.json").write_text("half a li", encoding="utf-8")
    assert write_held_out(given, tmp_path / "held-out") == [first, second]  # known by their texts
    (tmp_path / "held-out.json").unlink()
    second.write_text("mine", encoding="utf-8")
    with pytest.raises(UnusablePlace) as refused:
        write_held_out(given, tmp_path / "held-out")
    assert refused.value.values["path"] == second
    assert second.read_text(encoding="utf-8") == "mine"


def test_documents_are_spared_to_say_when_to_end_where_there_are_enough():
    many = documents([3_000] * 10)
    trained, checked = part_checked(many, 16, seed=0, known=frozenset())
    assert (len(trained), len(checked)) == (8, 2)
    assert ids((*trained, *checked)) == ids(many)
    assert part_checked(many, 16, 0, frozenset()) == (trained, checked)
    assert part_checked(many[:7], 16, 0, frozenset()) == (tuple(many[:7]), ())
    known = frozenset(one.document.id for one in many)
    assert part_checked(many, 16, 0, known) == (tuple(many), ())
