"""Valid files of every format that is read, and damaged ones made of them.

In reading order: `originals` (the files), `mutant` (one damaged file), `changed` (bytes with a few
places flipped, cut, spliced, repeated or replaced by something hostile), `changed_inside` (the same
inside what is compressed, packed again, so that checksums and sizes are right).
"""

from __future__ import annotations

import gzip
import io
import json
import random
import re
import zipfile
import zlib
from collections.abc import Callable, Mapping
from functools import cache
from typing import NamedTuple
from xml.sax.saxutils import quoteattr

import openpyxl
import typst
from pypdf import PdfWriter

from evaluations.fonts import FAMILY, font_folders
from tests.evaluations.documents.office import docx, paragraph, table, zipped
from tests.proofs import logs

TEXT = ("txt", "log", "md", "csv", "tsv", "jsonl")
FORMATS = (*TEXT, "xes", "gz", "zip", "nested.zip", "pdf", "docx", "xlsx")
CHANGES, CHANCES = (1, 2, 3, 6), (60, 20, 10, 10)  # of one file: many hide what one would show
LARGEST = 400_000  # bytes that a change may make a file grow to
_STREAM = re.compile(rb"stream\r?\n")
_NUMBER = re.compile(rb"\d+")
_VALUE = re.compile(rb'="([^"<>]{0,200})"')
_ELEMENT = re.compile(rb"<[^<>/]{1,80}>[^<>]{0,80}</[^<>]{1,40}>|<[^<>]{1,200}/>")

NUMBERS = (
    b"0", b"-1", b"1", b"255", b"65536", b"2147483647", b"2147483648", b"4294967295",
    b"9223372036854775808", b"99999999999999999999", b"1e308", b"1e999", b"NaN", b"0x7fff", b"-0",
)  # fmt: skip
TOKENS = (
    b"\x00", b"\x00" * 64, b"\xff\xff\xff\xff", b"\x1b[2J\x1b]0;title\x07", b"\x1b$B", b"\x1b(I",
    b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\x00\x00", b"\xed\xa0\x80", b"\xc0\xaf",
    b"\xf4\x90\x80\x80", b"\xe2\x80\xae", b"\xe2\x81\xa6", b"\xef\xbf\xbf", b"\x8e", b"\x8f\xa2",
    b"\r", b"\r\r\n", b"\x0c", b"\xe2\x80\xa8", b"%s%n{0}{x.__class__}", b"../../etc/passwd",
    b"=cmd|' /C calc'!A0", b"<script>alert(1)</script>", b"[" * 20_000, b'{"a":' * 20_000,
    b"9" * 6_000, b'"', b"\\", b"\\ud800", b'{"a": 1e999999}', b"\xa4" * 999, b"\xb1\xdf" * 400,
    # XML
    b"<", b">", b"&", b"&lt;", b"&#0;", b"&#xD800;", b"&#x10FFFF;", b"]]>", b"<![CDATA[", b"<!--",
    b"<?xml version='1.1' encoding='utf-7'?>", b'<?xml version="1.0" encoding="utf-16"?>',
    b'<!DOCTYPE a [<!ENTITY b "c">]>', b'<!DOCTYPE a SYSTEM "http://127.0.0.1/a">',
    b'<!ENTITY % x SYSTEM "file:///etc/passwd">%x;', b"<a>" * 5_000, b"</a>", b' xmlns:a="b"',
    b' a="%s"' % (b"b" * 9_000), b"<xi:include href='/etc/passwd'/>",
    # XES, Word, Excel
    b"<trace>", b"</trace>", b"<event/>", b'<list key="a"><values>', b'<string key="" value=""/>',
    b"<w:tbl><w:tr><w:tc>" * 300, b'<w:gridSpan w:val="2147483647"/>', b"<w:p/>", b"<w:r><w:t>a",
    b'<dimension ref="A1:XFD1048576"/>', b'<c r="XFD1048576" t="s"><v>-1</v></c>',
    b'<c r="A1" t="s"><v>99999999</v></c>', b'<row r="1048577">', b'<c r="AAAA1"><v>1</v></c>',
    b'<c r="A1" t="d"><v>9999-99-99</v></c>', b'<c t="e"><v>#REF!</v></c>',
    b'TargetMode="External"',
    b'Target="../../../x"', b'<sheet name="a" sheetId="1" r:id="rId99"/>', b'date1904="1"',
    # ZIP and gzip
    b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06" + bytes(18), b"PK\x06\x06" + bytes(52),
    b"PK\x06\x07" + bytes(16), b"\x1f\x8b\x08\x04", b"\x01\x00\x10\x00" + bytes(16),
    # PDF
    b"<<", b">>", b"[", b"]", b"(", b"\\(", b" obj", b"endobj", b"stream\n", b"endstream", b"xref",
    b"trailer<</Root 1 0 R/Prev 0>>", b"startxref\n0\n%%EOF", b"/Length 99999999999", b"1 0 R",
    b"/Kids[1 0 R 2 0 R 2 0 R]", b"/Parent 3 0 R", b"/Filter[/FlateDecode/FlateDecode]", b"/Prev 9",
    b"/Filter/LZWDecode", b"/Filter/RunLengthDecode", b"/Filter/ASCII85Decode",
    b"/Type/ObjStm/N 9999",
    b"/DecodeParms<</Predictor 15/Columns 2147483647>>", b"/Encrypt<</Filter/Standard/V 5>>",
    b"<<" * 3_000, b"[" * 3_000, b"/Contents[4 0 R 4 0 R]", b"BI /W 9 ID \x00 EI",
    b"/XObject 3 0 R",
    b"<0000> <FFFFFFFF> <0000>", b"1 beginbfrange <0000> <FFFF> [<0041>]", b"q " * 3_000, b"/A Do ",
)  # fmt: skip
NAMES = (  # how an upload may be called, before its ending
    "report", "受注", "../../etc/passwd", "..\\..\\windows\\win.ini", "a\u202egnp", "a\x00b",
    "\x1b[31mred",
    "\ud800", "n" * 400, "a\nb", " ", "=1+1",
    "<img src=x>", "CON", "a\u200bb", "名\ufeff簿", "{0}%s",
    "'\"`",
)  # fmt: skip


class Mutant(NamedTuple):
    """One damaged file."""

    format: str  # of FORMATS
    name: str  # that its user gave it
    data: bytes


def mutant(number: int, seed: int) -> Mutant:
    """The same file for the same numbers; the formats take turns."""
    rng = random.Random(f"{seed}/{number}")
    kind = FORMATS[number % len(FORMATS)]
    data = rng.choice(originals(kind))
    if kind not in (*TEXT, "xes") and rng.random() < 0.6:
        data = changed_inside(kind, data, rng)
        if rng.random() < 0.3:
            data = changed(data, rng)
    else:
        data = changed(data, rng)
    stem = rng.choice(NAMES) if rng.random() < 0.2 else "made"
    return Mutant(kind, f"{stem}{_ending(kind)}", data)


# --- damage ------------------------------------------------------------------------------------


def changed(data: bytes, rng: random.Random) -> bytes:
    """`data` with a few changes; never empty."""
    made = bytearray(data)
    # XML that is no longer XML is refused before anything in it is looked at
    kinds = _GENTLE if data.lstrip().startswith(b"<") and rng.random() < 0.7 else _CHANGES
    for _ in range(rng.choices(CHANGES, CHANCES)[0]):
        rng.choice(kinds)(made, rng)
        made = made[:LARGEST] or bytearray(b"\n")
    return bytes(made)


def _flip(made: bytearray, rng: random.Random) -> None:
    for _ in range(rng.choice((1, 1, 1, 8, 64))):
        made[rng.randrange(len(made))] ^= 1 << rng.randrange(8)


def _overwrite(made: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(made))
    made[at : at + 4] = rng.choice((bytes(4), b"\xff" * 4, b"\x7f\xff\xff\xff", rng.randbytes(4)))


def _cut(made: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(made))
    end = len(made) if rng.random() < 0.15 else at + rng.randint(1, 200)
    del made[at:end]


def _splice(made: bytearray, rng: random.Random) -> None:
    other = rng.choice(originals(rng.choice(FORMATS)))
    at = rng.randrange(len(other))
    to = rng.randrange(len(made))
    made[to:to] = other[at : at + rng.randint(1, 400)]


def _double(made: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(made))
    made[at:at] = bytes(made[at : at + rng.randint(1, 300)]) * rng.choice((1, 1, 2, 50, 1000))


def _token(made: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(made))
    if rng.random() < 0.4:  # between two elements, where XML may stay whole
        at = made.find(b">", at) + 1 or at
    made[at:at] = rng.choice(TOKENS)


def _number(made: bytearray, rng: random.Random) -> None:
    """A number that programs reckon with becomes one that they do not expect."""
    if found := _NUMBER.search(made, rng.randrange(len(made))):
        made[found.start() : found.end()] = rng.choice(NUMBERS)


def _value(made: bytearray, rng: random.Random) -> None:
    """The value of an attribute becomes that of another one."""
    values = list(_VALUE.finditer(made))
    if values:
        new = rng.choice(values).group(1) if rng.random() < 0.7 else rng.choice(NUMBERS)
        to = rng.choice(values)
        made[to.start(1) : to.end(1)] = new


def _element(made: bytearray, rng: random.Random) -> None:
    """An element once more, many times, or gone."""
    times = rng.choice((0, 2, 2, 500))
    at = rng.randrange(len(made))
    if found := _ELEMENT.search(made, at):
        made[found.start() : found.end()] = found.group() * times


_CHANGES = (_flip, _overwrite, _cut, _splice, _double, _token, _token, _number, _number, _element)
_GENTLE = (_number, _value, _value, _element, _element, _element)


def changed_inside(kind: str, data: bytes, rng: random.Random) -> bytes:
    """`data` with changes inside what it holds compressed, packed again."""
    if kind == "gz":
        return gzip.compress(changed(gzip.decompress(data), rng), mtime=0)
    if kind == "pdf":
        return _changed_stream(data, rng)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = rng.choice(sorted(parts))
    inner = name.rpartition(".")[2]
    if inner in ("zip", "gz", "docx", "xlsx", "pdf") and rng.random() < 0.7:
        parts[name] = changed_inside(inner, parts[name], rng)
    else:
        parts[name] = changed(parts[name], rng)
    if kind.endswith("zip") and rng.random() < 0.2:
        renamed = f"{rng.choice(NAMES)}.{inner}".encode("utf-8", "replace").decode()
        parts[renamed] = parts.pop(name)
    return zipped(parts)


def _changed_stream(data: bytes, rng: random.Random) -> bytes:
    """A PDF of which one compressed stream is changed; offsets stay right where it fits."""
    starts = [found.end() for found in _STREAM.finditer(data)]
    rng.shuffle(starts)
    for start in starts:
        inflating = zlib.decompressobj()
        try:
            plain = inflating.decompress(data[start:])
        except zlib.error:
            continue
        if not inflating.eof or not plain:
            continue
        end = len(data) - len(inflating.unused_data)
        packed = zlib.compress(changed(plain, rng), 9)
        return data[:start] + packed.ljust(end - start, b"\n") + data[end:]
    return changed(data, rng)


def _ending(kind: str) -> str:
    return ".log.gz" if kind == "gz" else ".zip" if kind == "nested.zip" else f".{kind}"


# --- valid files -------------------------------------------------------------------------------


@cache
def originals(kind: str) -> tuple[bytes, ...]:
    """Valid files of one format."""
    if kind in TEXT:
        return tuple(map(_text_file, (kind,) * 4, ("utf-8", "cp932", "utf-16", "iso2022_jp")))
    return _ORIGINALS[kind]()


def _text_file(kind: str, codec: str) -> bytes:
    rng = random.Random(f"{kind}/{codec}")
    text = logs.written(logs.customers if kind in ("csv", "tsv") else logs.operations, rng, 1500)
    if kind == "tsv":
        text = text.replace(",", "\t")
    if kind == "jsonl":
        rows = ({"n": n, "text": line} for n, line in enumerate(text.splitlines()))
        text = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    return text.encode(codec, "ignore")


def _event_logs() -> tuple[bytes, ...]:
    rng = random.Random("xes")

    def event() -> str:
        return (
            f'<event><string key="concept:name" value={quoteattr(rng.choice(logs.EVENTS))}/>'
            f'<date key="time:timestamp" value="2026-04-0{rng.randint(1, 9)}T08:00:00+09:00"/>'
            f'<int key="cost" value="{rng.randint(1, 999)}"/></event>'
        )

    traces = "".join(
        f'<trace><string key="concept:name" value="case {n}"/>{"".join(event() for _ in range(3))}'
        "</trace>"
        for n in range(5)
    )
    body = f'<log xes.version="1.0" xmlns="http://www.xes-standard.org/">{traces}</log>'
    return tuple(
        f'<?xml version="1.0" encoding="{name}"?>{body}'.encode(codec)
        for name, codec in (("UTF-8", "utf-8"), ("Shift_JIS", "cp932"))
    )


def _gzips() -> tuple[bytes, ...]:
    return tuple(gzip.compress(data, mtime=0) for data in originals("log"))


def _zips() -> tuple[bytes, ...]:
    flat = {
        "web/アクセス.log": originals("log")[1],
        "a.csv": originals("csv")[0],
        "b.xes": _event_logs()[0],
    }
    office = {
        "a.docx": originals("docx")[0],
        "a.xlsx": originals("xlsx")[0],
        "a.pdf": originals("pdf")[1],
    }
    return zipped(flat), zipped(office)


def _nested_zips() -> tuple[bytes, ...]:
    inner = zipped({"day.log.gz": originals("gz")[0], "memo.txt": originals("txt")[0]})
    return (zipped({"day/1.zip": inner, "x.md": originals("md")[0]}), zipped({"o.zip": _zips()[1]}))


def _pdfs() -> tuple[bytes, ...]:
    pages = "冷却ポンプ点検 髙橋\n#pagebreak()\n= 表\n#table([ﾎﾟﾝﾌﾟ],[OK])"
    source = f'#set document(date: none)\n#set text(font: "{FAMILY}")\n{pages}'
    typeset = typst.compile(
        source.encode(), format="pdf", font_paths=[*font_folders()], ignore_system_fonts=True
    )
    again = io.BytesIO()  # without streams of objects: its tables and objects are plain
    PdfWriter(clone_from=io.BytesIO(typeset)).write(again)
    return typeset, again.getvalue(), _simple_pdf()


def _simple_pdf() -> bytes:
    """Two pages in a font that every program has."""
    content = zlib.compress(
        b"BT /F 12 Tf 9 700 Td (pump stopped) Tj T* (restarted at 08:15) Tj ET" * 9, 1
    )
    page = (
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R"
        "/Resources<</Font<</F 5 0 R>>>>>>"
    )
    bodies = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 2/Kids[3 0 R 6 0 R]>>",
        page.encode(),
        b"<</Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        page.encode(),
    ]
    made, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(bodies, 1):
        offsets.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    entries = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return made + (
        b"xref\n0 7\n0000000000 65535 f \n%strailer<</Size 7/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
        % (entries, len(made))
    )


def _word_files() -> tuple[bytes, ...]:
    rng = random.Random("docx")
    body = "".join(paragraph(rng.choice(logs.EVENTS)) for _ in range(12))
    cells = table(("機器", "状態"), (rng.choice(logs.MACHINES), "停止"), ("B", "復帰"))
    note = '<w:footnote w:id="2"><w:p><w:r><w:t>注記</w:t></w:r></w:p></w:footnote>'
    return docx(body + cells), docx(body, footnotes=note)


def _workbooks() -> tuple[bytes, ...]:
    rng = random.Random("xlsx")
    made = []
    for sheets in (1, 3):
        book = openpyxl.Workbook()
        for number in range(sheets):
            sheet = book.active if number == 0 else book.create_sheet(f"表{number}")
            for row in range(12):
                sheet.append(
                    [
                        row,
                        rng.choice(logs.SURNAMES),
                        rng.random(),
                        row % 2 == 0,
                        "=A1" if number else 7,
                    ]
                )
        buffer = io.BytesIO()
        book.save(buffer)
        with zipfile.ZipFile(buffer) as archive:  # without the part that says when it was made
            parts = {name: archive.read(name) for name in archive.namelist() if "core" not in name}
        made.append(zipped(parts))
    return tuple(made)


_ORIGINALS: Mapping[str, Callable[[], tuple[bytes, ...]]] = {
    "xes": _event_logs,
    "gz": _gzips,
    "zip": _zips,
    "nested.zip": _nested_zips,
    "pdf": _pdfs,
    "docx": _word_files,
    "xlsx": _workbooks,
}
