"""Files of a report: formats, names, and the same content in Markdown and JSON."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path

import pytest

from evaluations.records import Snapshot
from evaluations.reports import FORMATS, UnknownReportFormat, report_name, write_report
from evaluations.reports.content import memo
from evaluations.reports.markdown import literal, markdown_text
from evaluations.wording import LANGUAGES, Language
from tests.evaluations.reports.snapshots import NASTY, VARIANTS, snapshot
from tests.evaluations.reports.test_pdf import texts


def test_one_complete_file_per_format_is_written(tmp_path: Path) -> None:
    made = snapshot()
    written = write_report(made, ["pdf", "md", "json", "pdf"], tmp_path / "new" / "folder", "ja")
    assert [path.suffix for path in written] == [".pdf", ".md", ".json"]
    assert sorted(written) == sorted((tmp_path / "new" / "folder").iterdir())  # no leftovers
    assert written[0].read_bytes().startswith(b"%PDF-1.7")


def test_the_json_is_the_stored_snapshot(tmp_path: Path) -> None:
    made = snapshot()
    (path,) = write_report(made, ["json"], tmp_path, "ja")
    assert Snapshot.model_validate_json(path.read_text(encoding="utf-8")) == made


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_unknown_format_is_refused_before_anything_is_written(
    tmp_path: Path, language: Language
) -> None:
    with pytest.raises(UnknownReportFormat) as refused:
        write_report(snapshot(), ["md", "docx"], tmp_path, language)
    message = refused.value.words(language)
    assert "docx" in message
    assert all(name in message for name in FORMATS)
    assert list(tmp_path.iterdir()) == []


def test_the_run_names_the_file_and_cannot_leave_the_folder(tmp_path: Path) -> None:
    made = snapshot(run="../../etc/x y")
    (path,) = write_report(made, ["md"], tmp_path, "en")
    assert path.parent == tmp_path
    assert report_name(snapshot(run="r1"), "pdf", "ja") == "longssm-ab-r1-ja.pdf"
    assert report_name(snapshot(run="r1"), "json", "ja") == "longssm-ab-r1.json"


@pytest.mark.parametrize("variant", list(VARIANTS))
@pytest.mark.parametrize("language", LANGUAGES)
def test_markdown_says_what_the_memo_says(variant: str, language: Language) -> None:
    made = VARIANTS[variant]()
    text = markdown_text(made, language)
    said = texts(asdict(memo(made, language)))
    missing = [one for one in said if literal(one) not in text]
    assert [one for one in missing if "判断に使えない" not in one and "must not" not in one] == []


def test_names_cannot_become_links_images_or_html_in_markdown() -> None:
    text = markdown_text(VARIANTS["nasty"](), "ja")
    for name in NASTY:
        assert literal(name) in text
    bare = re.sub(r"\\.", "", text)  # without what is escaped
    assert not re.search(r"\]\(|!\[|<\w|https?:/|`", bare)


def test_a_pipe_in_a_name_does_not_split_a_table_cell() -> None:
    assert literal("a|b") == r"a\|b"


def test_a_quick_run_is_stamped_in_markdown_too() -> None:
    assert "**速報・判定不可**" in markdown_text(VARIANTS["quick"](), "ja")


def test_a_withheld_verdict_shows_no_number_of_the_curve_in_markdown() -> None:
    made = VARIANTS["withheld"]()
    text = markdown_text(made, "en")
    assert not [p for p in made.curve if f"{p.bits_per_byte:.3f}" in text]
