"""Of a table the chosen columns are kept, each value as it stands, or one sentence says why not."""

from __future__ import annotations

import csv
import io
import json
import random
import unicodedata
import zipfile
from pathlib import Path
from typing import NamedTuple

import openpyxl
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.documents import columns, excel, pieces, readers
from evaluations.documents.archives import Allowance, unpacked
from evaluations.documents.cleaning import NormalPieces
from evaluations.documents.columns import MOST_COLUMNS, Column
from evaluations.documents.pieces import Content
from evaluations.documents.readers import Source, Told, read
from evaluations.documents.texts import TextWriter
from evaluations.errors import RefusedDocument
from evaluations.wording import LANGUAGES
from tests.evaluations.documents.test_excel import saved, xlsx
from tests.evaluations.documents.texts import western

SIZES = (1, 2, 3, 7, 64, 1000)
SAMPLES = Path(__file__).parents[2] / "samples"


class Was(NamedTuple):
    """What came out of a file."""

    text: str
    told: Told

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.told.columns]


@pytest.fixture
def kept(tmp_path):
    """Reads bytes under a name, with some of the columns or as they are."""
    number = iter(range(1_000_000))

    def reading(name: str, data: bytes | str, *chosen: str, encoding: str | None = None) -> Was:
        content = Content.of(data.encode() if isinstance(data, str) else data)
        writer = TextWriter(tmp_path / f"{next(number)}.text")
        told = read(Source(name, content, encoding, chosen or None), writer)
        return Was(writer.close().path.read_text(encoding="utf-8"), told)

    return reading


def refusal(kept, name: str, data: bytes | str, *chosen: str) -> RefusedDocument:
    with pytest.raises(RefusedDocument) as refused:
        kept(name, data, *chosen)
    for language in LANGUAGES:
        said = refused.value.words(language)
        assert said.startswith(f"{name}: ")
        assert "{" not in said
        assert "\n" not in said
    return refused.value


# --- .csv and .tsv -------------------------------------------------------------------------------

HEADER = ("受注　番号", "ＩＤ", " note ", "amount;,", "担当")
VALUES = ("冷却ポンプ", 'he said "no"', "two\nlines", "a,b;c\td|e", "", " 1.10 ", "①㈱髙橋", "-5")


def table(delimiter: str, seed: int = 1, rows: int = 60) -> str:
    """Rows as another program writes them, in whose cells everything occurs."""
    rng = random.Random(seed)
    out = io.StringIO()
    quoting = rng.choice((csv.QUOTE_ALL, csv.QUOTE_MINIMAL))
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n", quoting=quoting)
    writer.writerow(HEADER)
    for number in range(rows):
        writer.writerow([str(number), *(rng.choice(VALUES) for _ in HEADER[1:])])
    return out.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_kept_cells_are_those_that_pandas_reads(kept, delimiter, encoding):
    for seed in range(3):
        text = table(delimiter, seed)
        was = kept("a.csv", text.encode(encoding), "担当", "受注 番号", "note")
        frame = pandas.read_csv(
            io.StringIO(text.replace("\r\n", "\n")), sep=delimiter, dtype=str, na_filter=False
        )
        again = pandas.read_csv(io.StringIO(was.text), sep=delimiter, dtype=str, na_filter=False)
        expected = frame[["受注　番号", " note ", "担当"]]  # in the file's order
        pandas.testing.assert_frame_equal(again, expected)
        assert was.told.warnings == ()
        assert was.names == ["受注 番号", "ＩＤ", "note", "amount;,", "担当"]


def test_a_tsv_is_separated_by_tabs_whatever_its_first_line_says(kept):
    was = kept("a.tsv", "a,b,c\td\n1,2,3\t4\n", "d")
    assert was.text == "d\n4"
    assert was.names == ["a,b,c", "d"]


def test_without_a_choice_a_table_is_the_text_it_is(kept):
    for name in ("orders.csv", "orders.tsv", "events.jsonl"):
        data = (SAMPLES / name).read_bytes()
        was = kept(name, data)
        assert was.text == kept("a.txt", data).text
        assert len(was.told.columns) > 1
    assert kept("orders.csv", (SAMPLES / "orders.csv").read_bytes()).told.columns == (
        Column("番号", "1001"),
        Column("品名", "冷却ポンプ"),
        Column("数量", "2"),
    )


def test_columns_without_a_name_of_their_own_have_numbers(kept):
    text = "a,,a,#2,#9,b,\n1,2,3,4,5,6,\n"
    was = kept("a.csv", text)
    assert was.names == ["a", "#2", "#3", "#4", "#5", "b"]  # nothing is in the seventh
    assert kept("a.csv", text, "#3", "#2").text == ",a\n2,3"


def test_samples_are_the_first_value_that_is_there(kept):
    was = kept("a.csv", 'a,b,c\n,,\n1," ",\n,\'x\ty,\n')
    assert was.told.columns == (Column("a", "1"), Column("b", "'x y"), Column("c", ""))


def test_a_row_that_is_cut_off_where_the_look_ends_is_no_sample(kept, monkeypatch):
    monkeypatch.setattr(columns, "LOOKED_CHARACTERS", 11)
    assert kept("a.csv", "a,b\n1,\n2,345\n").told.columns == (Column("a", "1"), Column("b", ""))
    assert kept("a.csv", "a,b\n1,\n2,34").told.columns[1] == Column("b", "34")
    assert kept("a.csv", "a,b,c,d,e,f,g,h\n").told.columns == ()


def test_rows_that_are_short_are_filled_and_what_is_too_long_is_left_out_and_counted(kept):
    was = kept("a.csv", "a,b,c\n1\n1,2,3,4,,5\n\n1,2,3,\n,,\n1,2,3,4\n,9,\n", "c", "a")
    assert was.text == "a,c\n1,\n1,3\n1,3\n1,3"
    (note,) = was.told.warnings
    assert note.key == "documents.warning.extra_cells"
    assert note.values == {"cells": 3, "rows": 2}


def test_a_column_alone_keeps_no_empty_row(kept):
    assert kept("a.csv", 'a,b\n1,2\n,3\n"x\n",4\n', "a").text == 'a\n1\n"x\n"'


@pytest.mark.parametrize("filler", ["x,y\n", "z\n"])
def test_a_quote_that_never_ends_is_refused_with_its_line(kept, monkeypatch, filler):
    text = 'a,b\n"1\n2",3\n4,"5\n' + filler * 200
    for most in (100, 10_000):  # the row is too long, or the file ends first
        monkeypatch.setattr(columns, "LONGEST_ROW", most)
        error = refusal(kept, "a.csv", text, "a")
        assert error.key == "documents.refused.open_quote"
        assert error.values["line"] == 4
    assert kept("a.csv", text).text == text.rstrip("\n")


def test_a_report_of_a_million_characters_may_stand_in_one_cell(kept):
    cell = '"' + "長い,報告\n" * 200_000 + '"'
    assert kept("a.csv", f"a,b\n1,{cell}\n2,3\n", "b").text == f"b\n{cell}\n3"


def test_other_columns_are_refused_by_name(kept):
    error = refusal(kept, "a.csv", "日時,品名\n1,2\n", "数量", "a\u202eb")
    assert error.key == "documents.refused.no_columns"
    assert error.values["columns"] == "数量, ab"
    assert error.values["found"] == "日時, 品名"
    assert refusal(kept, "a.csv", ",a\n,1\n", "#1").key == "documents.refused.columns_empty"
    assert refusal(kept, "a.csv", "\n \n", "a").key == "documents.refused.no_columns"


def test_what_is_no_text_is_refused_for_that_whatever_was_chosen(kept):
    assert refusal(kept, "a.csv", bytes(4096), "a").key == "documents.refused.binary"
    numbers = b"".join(i.to_bytes(4, "little") for i in range(9000))
    assert refusal(kept, "a.csv", numbers, "a").key == "documents.refused.binary"
    assert refusal(kept, "a.jsonl", numbers, "a").key == "documents.refused.binary"


def test_free_text_offers_whatever_it_does_and_is_read(kept):
    rng = random.Random(3)
    log = "\n".join(f"{western(rng)}, {western(rng)}" for _ in range(300))
    assert kept("a.csv", log).text == log
    assert kept("a.csv", "one line").told.columns == ()
    assert kept("a.csv", '"' * 7).told.columns == ()


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from('a",;\t|\n\r\x00\ufeff\u2028\u202e列\x85\ud800'), max_size=60))
def test_looking_for_columns_never_fails(text):
    head = columns.TableHead(None)
    for piece in NormalPieces([text]):
        head.take(piece)
    for column in head.columns():
        assert 0 < len(column.name) <= 80
        assert len(column.name.splitlines()) == 1
    keys = columns.JsonKeys()
    keys.see(columns.members(text) or [])
    assert keys.columns() == ()


HOSTILE = (
    "<script>alert(1)</script>",
    "**bold** [x](http://a) $a$ :red[b]",
    "\u202egnp.exe\u2066\u200b",
    "\x1b[31mred\x00",
    "x" * 500,
    "x" * 501,
    "a\u2028b",
)


def test_hostile_headers_are_names_on_one_line_and_can_be_chosen(kept):
    out = io.StringIO()
    csv.writer(out).writerows([HOSTILE, HOSTILE, [str(n) for n in range(len(HOSTILE))]])
    found = kept("a.csv", out.getvalue()).told.columns
    assert len(found) == len({column.name for column in found}) == len(HOSTILE)
    for number, column in enumerate(found):
        for shown in column:
            assert 0 < len(shown) <= 80
            assert not [c for c in shown if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl")]
        assert kept("a.csv", out.getvalue(), column.name).text.endswith(f"\n{number}")
    assert found[1].name == HOSTILE[1]  # markup is text
    assert found[5].name == "#6"  # as the one before it, as far as it is shown


@pytest.mark.parametrize("count", [2, MOST_COLUMNS, MOST_COLUMNS + 1, 10_000])
def test_of_very_many_columns_none_is_offered(kept, count):
    head = [f"c{n}" for n in range(count)]
    rows = ",".join(head) + "\n" + ",".join(map(str, range(count)))
    objects = json.dumps({name: n for n, name in enumerate(head)})
    book = xlsx(head, range(count))
    for name, data in (("a.csv", rows), ("a.jsonl", objects), ("a.xlsx", book)):
        offered = kept(name, data).told.columns
        assert len(offered) == (count if count <= MOST_COLUMNS else 0)
        one, told = kept(name, data, "c1")  # by name it can still be chosen, which is told
        assert Column("c1", "1" if offered else "") in told.columns
        assert one == ('{"c1": 1}' if name == "a.jsonl" else "c1\n1")
    assert refusal(kept, "a.csv", rows, "no").words("ja").count("c1") == 1


# --- .jsonl --------------------------------------------------------------------------------------

LINES = (
    '{"n": 1.10, "e":1e5 , "u": "\\u3042\\n", "\\u006e": -0.0, "s": "\t"}',  # no tab in a string
    ' {"u":"あ", "deep": {"n": [1.10, {"e": 1}]}, "e": 100000000000000000000000.50,"n" : null} ',
    "",
    '{"x": 1}',
    '[{"n": 1}]',
    '{"n": 1} {"n": 2}',
    '{"n": "a\\"b", "n": true}',
    '{"n": [], "u": {}}',
    '{"n": 01}',
    "{}",
)


def test_members_are_copied_as_they_stand(kept):
    was = kept("a.jsonl", "\n".join(LINES), "n", "deep", "e")
    assert was.text.split("\n") == [
        '{"deep": {"n": [1.10, {"e": 1}]}, "e": 100000000000000000000000.50, "n" : null}',
        '{"n": "a\\"b", "n": true}',
        '{"n": []}',
    ]
    (note,) = was.told.warnings
    assert note.key == "documents.warning.not_objects"
    assert note.values == {"left": 4, "lines": 9, "first": 1}
    good = LINES[0].replace("\t", "")
    assert kept("a.jsonl", good, "n", "e").text == '{"n": 1.10, "e":1e5, "\\u006e": -0.0}'
    assert kept("a.jsonl", good, "u").text == '{"u": "\\u3042\\n"}'


def test_keys_are_offered_in_the_order_in_which_they_appear(kept):
    text = '{"b": null, "a": ""}\nno\n{"c": {"d": 1.10}, "a": "\\u3042 い"}\n{"b": [2]}\n'
    assert kept("a.jsonl", text).told.columns == (
        Column("b", "[2]"),
        Column("a", "あ い"),
        Column("c", '{"d": 1.10}'),
    )
    late = '{"a": 1}\n' * columns.LOOKED_ROWS + '{"late": 1, "a": 2}\n'
    assert kept("a.jsonl", late).told.columns == ()
    was = kept("a.jsonl", late, "late", "no")
    assert was.text == '{"late": 1}'
    assert was.told.columns == (Column("late", ""),)


def test_lines_too_long_to_be_parsed_are_left_out_and_counted(kept, monkeypatch):
    monkeypatch.setattr(readers, "LONGEST_JSON", 50)
    text = '{"a": 1}\n{"a": "' + "x" * 60 + '"}\nno\n{"a": 2}'
    was = kept("a.jsonl", text, "a")
    assert was.text == '{"a": 1}\n{"a": 2}'
    assert [note.values for note in was.told.warnings] == [{"left": 2, "lines": 4, "first": 2}]


def test_an_object_of_very_many_members_is_not_taken_apart(kept, monkeypatch):
    monkeypatch.setattr(columns, "MOST_MEMBERS", 3)
    text = '{"a": 1, "b": 2, "c": 3}\n{"a": 1, "b": 2, "c": 3, "d": 4}'
    assert kept("a.jsonl", text).names == ["a", "b", "c"]
    assert kept("a.jsonl", text).told.warnings == ()
    was = kept("a.jsonl", text, "a")
    assert was.text == '{"a": 1}'
    assert was.told.warnings[0].values == {"left": 1, "lines": 2, "first": 2}


def test_a_jsonl_without_the_columns_is_refused(kept):
    error = refusal(kept, "a.jsonl", '{"a": 1}\n[2]\n', "b")
    assert (error.key, error.values["found"]) == ("documents.refused.no_columns", "a")
    assert refusal(kept, "a.jsonl", "[2]\nno\n", "b").key == "documents.refused.no_table"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.text(max_size=3), JSON, max_size=5), st.booleans(), st.data())
def test_members_are_those_that_json_reads(value, is_ascii, data):
    line = json.dumps(
        value,
        ensure_ascii=is_ascii,
        separators=data.draw(st.sampled_from([(",", ":"), (", ", ": "), (" ,\t", " : ")])),
    )
    found = columns.members(line)
    again = {member.key: json.loads(member.value) for member in found}
    assert repr(again) == repr(json.loads(line))
    assert all(member.text in line for member in found)
    cut = line[: data.draw(st.integers(0, len(line) - 1))]
    assert columns.members(cut) is None


# --- .xlsx ---------------------------------------------------------------------------------------


def workbook() -> bytes:
    book = openpyxl.Workbook()
    book.active.title = "四月"
    for row in ((None,), ("番号", "品　名", None, "数量"), (1, "軸受", "x", 2)):
        book.active.append(row)
    book.active.append((2, None, None, None, "y"))
    sheet = book.create_sheet("五月")
    for row in (("品　名", "備考"), ("弁", "a\nb"), (None, "c")):
        sheet.append(row)
    book.create_sheet("別").append(("z",))
    return saved(book)


def test_each_sheet_keeps_the_columns_that_it_has(kept):
    whole = kept("a.xlsx", workbook())
    assert whole.text.startswith("四月\n番号\t品　名\t\t数量\n1\t軸受\tx\t2\n2\t\t\t\ty\n五月\n")
    assert whole.told.columns == (
        Column("番号", "1"),
        Column("品 名", "軸受"),
        Column("#3", "x"),
        Column("数量", "2"),
        Column("備考", "a b"),
        Column("z", ""),
    )
    was = kept("a.xlsx", workbook(), "品 名", "番号")
    assert was.text == "四月\n番号\t品　名\n1\t軸受\n2\n五月\n品　名\n弁"
    assert was.told.columns == whole.told.columns
    assert [note.values for note in was.told.warnings] == [{"cells": 1, "rows": 1}]
    assert kept("a.xlsx", workbook(), "備考").text == "五月\n備考\na b\nc"


def test_a_workbook_without_the_columns_is_refused(kept):
    error = refusal(kept, "a.xlsx", workbook(), "価格")
    assert error.key == "documents.refused.no_columns"
    assert error.values["found"] == "番号, 品 名, #3, 数量, 備考, z"
    blank = saved(openpyxl.Workbook())
    assert refusal(kept, "a.xlsx", blank, "価格").key == "documents.refused.no_table"


def test_a_long_text_in_many_cells_is_counted_as_far_as_it_is_kept(kept, monkeypatch):
    book = xlsx(("a", "b"), *[(1, "あ" * 30_000)] * 40)
    monkeypatch.setattr(excel, "LARGEST_INFLATED", 1024 * 1024)
    assert refusal(kept, "a.xlsx", book, "b").key == "documents.refused.expands"
    assert kept("a.xlsx", book, "a").text.count("\n") == 40


# --- what no format changes ----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.jsonl"])
def test_no_result_depends_on_where_a_piece_ends(kept, monkeypatch, name):
    delimiter = "\t" if name.endswith("tsv") else ";"
    text = "\n".join(LINES) if name == "a.jsonl" else "\r\n\r" + table(delimiter)
    data = text.replace("\n", "\r\n").encode("utf-16")
    choices = ((), ("n", "u"), ("x", "s")) if name == "a.jsonl" else ((), ("担当", "note"))
    for looked in (columns.LOOKED_CHARACTERS, 150):
        monkeypatch.setattr(columns, "LOOKED_CHARACTERS", looked)
        for chosen in choices:
            monkeypatch.setattr(pieces, "PIECE", 1024 * 1024)
            whole = kept(name, data, *chosen)
            assert len(whole.told.columns) > 1
            for size in SIZES:
                monkeypatch.setattr(pieces, "PIECE", size)
                assert kept(name, data, *chosen) == whole


def test_formats_without_columns_are_read_whole_whatever_is_chosen(kept):
    for name in ("memo.txt", "alarm.log", "handover.md", "repairs.xes", "inspection.docx"):
        data = (SAMPLES / name).read_bytes()
        assert kept(name, data, "番号") == kept(name, data)
        assert kept(name, data).told.columns == ()


def test_every_file_in_an_archive_is_asked_for_the_same_columns(tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in (("a.csv", "a,b\n1,2"), ("b.csv", "c,d\n3,4"), ("c.txt", "a,b\n5,6")):
            archive.writestr(name, text)
    source = Source("x.zip", Content.of(buffer.getvalue()), columns=("b",))
    texts = []
    for number, member in enumerate(unpacked("x.zip", source, Allowance(tmp_path))):
        writer = TextWriter(tmp_path / f"{number}.text")
        try:
            read(member.content, writer)
            texts.append(writer.close().path.read_text())
        except RefusedDocument as refused:
            texts.append(refused.key)
    assert texts == ["b\n2", "documents.refused.no_columns", "a,b\n5,6"]
