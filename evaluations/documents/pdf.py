"""PDF -> the text of its pages, in order.

pypdf finds the text; what it cannot find is told: pages that are pictures, damaged, or set in fonts
that do not name their characters.
pypdf mends damaged files silently, so a file that was cut off is refused before it tries.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from pypdf import PageObject, PdfReader
from pypdf.errors import LimitReachedError
from pypdf.generic import DecodedStreamObject, NameObject, StreamObject

from evaluations.documents.cleaning import REPLACEMENT, normal_text
from evaluations.documents.contents import looks_binary
from evaluations.documents.packages import (
    LARGEST_INFLATED,
    damage_refused,
    damaged,
    expands,
    of_another_kind,
)
from evaluations.documents.readers import Note, Reading, Source
from evaluations.errors import RefusedDocument

Loss = Literal["pages", "scans", "unmapped"]  # damaged, pictures, characters without a name

MOST_PAGES = 1000  # a full page takes about 0.04 s of a processor
MOST_CONTROLS = 0.1  # share of the characters: some glyphs without a name in an ordinary text
_END, _END_BYTES = b"%%EOF", 2048  # programs and mail servers put a little behind the end
# Encodings of composite fonts that name characters, as far as pypdf knows them.
# Source: PDF 1.7, table 118
_NAMED = re.compile(
    r"/(Uni\w+-(UCS2|UTF16)-|90ms-RKSJ-|GB-EUC-|GBpc-EUC-|GBK-EUC-|GBK2K-|ETen(ms)?-B5-)[HV]$"
)
_UNNAMED, _UNNAMED_CODE = "\ufdd0", b"FDD0"  # a noncharacter: no text holds it
_BEHIND = 64  # glyphs that may follow the last one with a name
_SINGLE = re.compile(rb"beginbfchar(.*?)endbfchar", re.DOTALL)
_SINGLE_LINE = re.compile(rb"<([0-9A-Fa-f]{4})>\s*<[^>]*>")
_RANGES = re.compile(rb"beginbfrange(.*?)endbfrange", re.DOTALL)
_RANGE_LINE = re.compile(rb"<([0-9A-Fa-f]{4})>\s*<([0-9A-Fa-f]{4})>\s*(?:<[^>]*>|\[[^\]]*\])")
# Fonts that draw a kanji and its radical with one glyph make PDFs that name the radical.
# Source: Unicode 17, blocks CJK Radicals Supplement and Kangxi Radicals
_RADICALS = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0x2E80, 0x2FE0)}


def read_pages(source: Source) -> Reading:
    """The text of a PDF.

    Raises:
        RefusedDocument: no PDF, encrypted, damaged, too many pages, or pages without any text.
    """
    with damage_refused(source), _limits_refused(source):
        refusal = of_another_kind(source, "PDF")
        if refusal:
            raise refusal
        reader = PdfReader(io.BytesIO(source.data))
        if reader.is_encrypted:
            raise RefusedDocument("documents.refused.encrypted", file=source.name)
        if _END not in source.data[-_END_BYTES:]:
            raise damaged(source)
        pages = reader.get_num_pages()
        if pages > MOST_PAGES:
            raise RefusedDocument(
                "documents.refused.pages", file=source.name, pages=pages, limit=MOST_PAGES
            )
        return _reading(source, reader)


@contextmanager
def _limits_refused(source: Source) -> Iterator[None]:
    """Turn a limit of pypdf (75 MB of one stream, so many steps) into a sentence."""
    try:
        yield
    except LimitReachedError as error:
        raise RefusedDocument("documents.refused.pdf_limit", file=source.name) from error


def _reading(source: Source, reader: PdfReader) -> Reading:
    texts: list[str] = []
    lost: Counter[Loss] = Counter()
    size = 0
    for page in reader.pages:
        text, loss = _read(page)
        if loss:
            lost[loss] += 1
        elif text:
            size += len(text)
            if size > LARGEST_INFLATED:  # one stream may be the text of every page
                raise expands(source)
            texts.append(text)
    whole = normal_text("\n".join(texts))
    if texts and looks_binary(whole, MOST_CONTROLS):
        raise RefusedDocument("documents.refused.unmapped", file=source.name)
    if not texts:
        raise _no_text(source, lost)
    pages = len(reader.pages)
    losses = [
        Note(f"documents.partial.{loss}", {"lost": count, "pages": pages})
        for loss, count in lost.items()
    ]
    places = whole.count(REPLACEMENT)
    if places:
        losses.append(Note("documents.partial.glyphs", {"places": places}))
    return Reading(whole, None, losses=tuple(losses))


def _read(page: PageObject) -> tuple[str, Loss | None]:
    """The text of a page, and why there is none where that is a loss."""
    try:
        _name_every_glyph(page)
        text = page.extract_text().translate(_RADICALS).strip("\n")
        if _UNNAMED in text:
            text = text.replace(_UNNAMED, "" if _names_clusters(page) else REPLACEMENT)
        if not text.strip():
            return "", "scans" if _part(page, "/XObject") else None
        return ("", "unmapped") if _has_unmapped_font(page) else (text, None)
    except (MemoryError, LimitReachedError):
        raise
    except Exception:  # damage inside one page breaks pypdf in any way; the others may be whole
        return "", "pages"


def _has_unmapped_font(page: PageObject) -> bool:
    """Whether a font numbers its glyphs and does not say which characters they are.

    pypdf would take the numbers for characters.
    """
    fonts = (font.get_object() for font in _part(page, "/Font").values())
    return any(
        font.get("/Subtype") == "/Type0"
        and "/ToUnicode" not in font
        and not _NAMED.match(str(font.get("/Encoding")))
        for font in fonts
    )


def _name_every_glyph(page: PageObject) -> None:
    """Give the glyphs that a font leaves out of its list of characters the name _UNNAMED.

    pypdf would take their numbers for characters. Only where a font numbers its glyphs one after
    another, as small subsets do: elsewhere most numbers belong to no glyph of the file.
    """
    for resource in _part(page, "/Font").values():
        font = resource.get_object()
        names = font["/ToUnicode"].get_object() if "/ToUnicode" in font else None
        if isinstance(names, StreamObject) and str(font.get("/Encoding")).startswith("/Identity"):
            listed = names.get_data()
            if _UNNAMED_CODE not in listed:  # pages share their fonts
                completed = DecodedStreamObject()
                completed.set_data(_completed(listed))
                font[NameObject("/ToUnicode")] = completed


def _completed(listed: bytes) -> bytes:
    """A ToUnicode list with a line for each glyph that it leaves out, where those are few."""
    named = _named_glyphs(listed)
    unnamed = sorted({*range(1, max(named, default=0) + _BEHIND)} - named)
    if len(unnamed) > len(named) + _BEHIND:
        return listed
    lines = b"".join(b"<%04X> <%s>\n" % (glyph, _UNNAMED_CODE) for glyph in unnamed)
    added = b"%d beginbfchar\n%sendbfchar\nendcmap" % (len(unnamed), lines)
    return listed.replace(b"endcmap", added, 1)


def _named_glyphs(listed: bytes) -> set[int]:
    """The numbers of the glyphs that a ToUnicode list names.

    Source: Adobe Technical Note 5014, CMap files, bfchar and bfrange.
    """
    named: set[int] = set()
    for section in _SINGLE.findall(listed):
        named.update(int(glyph, 16) for glyph in _SINGLE_LINE.findall(section))
    for section in _RANGES.findall(listed):
        for first, last in _RANGE_LINE.findall(section):
            named.update(range(int(first, 16), int(last, 16) + 1))
    return named


def _names_clusters(page: PageObject) -> bool:
    """Whether the page gives the text of several glyphs together.

    The list names the whole of it at the first glyph then, and nothing at the others.
    """
    contents = page.get_contents()
    return contents is not None and b"/ActualText" in contents.get_data()


def _part(page: PageObject, name: str) -> dict[str, Any]:
    """Fonts or drawn objects of a page by name; empty where it has none."""
    resources: Any = page["/Resources"].get_object() if "/Resources" in page else {}
    found: dict[str, Any] = resources[name].get_object() if name in resources else {}
    return found


def _no_text(source: Source, lost: Counter[Loss]) -> RefusedDocument:
    """The refusal of a PDF of whose pages none can be read."""
    if lost["pages"]:
        return damaged(source)
    reason = "unmapped" if lost["unmapped"] else "scan"
    return RefusedDocument(f"documents.refused.{reason}", file=source.name)
