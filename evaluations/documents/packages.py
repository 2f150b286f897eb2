"""The container of Word and Excel files: a ZIP of XML parts, opened without trusting it.

In reading order: `damage_refused` (whatever a parser breaks on becomes one sentence), `Package`
(the parts, counted while they inflate), `Events` (what a part's XML is handed to), `main_part`.

No DTD and no entity is accepted, no relation that points outside is followed, and only the parts
that a reader asks for are inflated: macros and pictures stay where they are.

Source: ECMA-376, parts 1 (markup) and 2 (packages); the strict form has namespaces of its own.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol
from xml.parsers import expat

from evaluations.documents.contents import signature
from evaluations.documents.names import extension
from evaluations.documents.readers import Source
from evaluations.errors import RefusedDocument

LARGEST_INFLATED = 256 * 1024 * 1024  # bytes of all parts that are read, together
_PIECE_BYTES = 64 * 1024
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # what the standard allows
_IS_ENCRYPTED = 0x1
_OLD_OFFICE = "Microsoft Office 97-2003"
# an encrypted workbook or document is an OLE file that holds this stream
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_KINDS = {"document": "Word", "workbook": "Excel", "presentation": "PowerPoint"}


class Events(Protocol):
    """Who is told of a part's XML; a tag is its namespace, a blank and its name."""

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""

    def end(self, tag: str) -> None:
        """An element ends."""

    def text(self, text: str) -> None:
        """A piece of an element's text."""


@contextmanager
def damage_refused(source: Source) -> Iterator[None]:
    """Turn whatever breaks inside into the sentence that the file is damaged.

    Every exception, since parsers of formats this large break on hostile bytes in any way; what is
    refused already and what ran out of memory pass.
    """
    try:
        yield
    except (RefusedDocument, MemoryError):
        raise
    except Exception as error:
        raise damaged(source) from error


def damaged(source: Source) -> RefusedDocument:
    """The refusal of a file that its name's format cannot be read from."""
    return RefusedDocument(
        "documents.refused.damaged", file=source.name, extension=extension(source.name)
    )


def other_kind(source: Source, kind: str) -> RefusedDocument:
    """The refusal of a file that is something else than its name says."""
    return RefusedDocument(
        "documents.refused.other_kind",
        file=source.name,
        extension=extension(source.name),
        kind=kind,
    )


def of_another_kind(source: Source, expected: str) -> RefusedDocument | None:
    """The refusal of a file whose first bytes are not those of `expected`; None where they are."""
    kind = signature(source.data)
    if kind == expected:
        return None
    if kind == _OLD_OFFICE and _ENCRYPTED_STREAM in source.data:
        return RefusedDocument("documents.refused.encrypted", file=source.name)
    return damaged(source) if kind is None else other_kind(source, kind)


class Package:
    """The parts of a Word or Excel file.

    Raises:
        RefusedDocument: no ZIP, encrypted, or inflated beyond LARGEST_INFLATED.
        zipfile.BadZipFile: a damaged one (see `damage_refused`).
    """

    def __init__(self, source: Source) -> None:
        refusal = of_another_kind(source, "ZIP")
        if refusal:
            raise refusal
        self.source = source
        self.inflated = 0
        self._archive = zipfile.ZipFile(io.BytesIO(source.data))
        self.parts = self._archive.infolist()
        if any(part.flag_bits & _IS_ENCRYPTED for part in self.parts):
            raise RefusedDocument("documents.refused.encrypted", file=source.name)

    def has(self, name: str) -> bool:
        """Whether there is a part of that name."""
        return name in self._archive.NameToInfo

    def parse(self, part: str | zipfile.ZipInfo, events: Events) -> None:
        """Hand the XML of a part to `events`, piece by piece.

        Raises:
            KeyError: no such part.
            expat.ExpatError: the part is not XML.
            RefusedDocument: it declares a document type, or inflates too far.
        """
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = events.start
        parser.EndElementHandler = events.end
        parser.CharacterDataHandler = events.text
        parser.StartDoctypeDeclHandler = self._refuse_document_type
        for piece in self._pieces(part):
            parser.Parse(piece, False)
        parser.Parse(b"", True)

    def relations(self, part: str) -> dict[str, str]:
        """The last word of each relation's type -> the part that it leads to, within the file."""
        folder, name = posixpath.split(part)
        found = _Relations(folder)
        relations = posixpath.join(folder, "_rels", f"{name}.rels")
        if self.has(relations):
            self.parse(relations, found)
        return found.parts

    def _pieces(self, part: str | zipfile.ZipInfo) -> Iterator[bytes]:
        info = self._archive.getinfo(part) if isinstance(part, str) else part
        if info.compress_type not in _METHODS:
            raise damaged(self.source)
        with self._archive.open(info) as inflating:
            while piece := inflating.read(_PIECE_BYTES):
                self.inflated += len(piece)  # sizes in the ZIP's directory may lie
                if self.inflated > LARGEST_INFLATED:
                    raise expands(self.source)
                yield piece

    def _refuse_document_type(self, *_: object) -> None:
        raise RefusedDocument("documents.refused.document_type", file=self.source.name)


def expands(source: Source) -> RefusedDocument:
    """The refusal of a file whose contents are too large once they are unpacked."""
    limit = LARGEST_INFLATED // (1024 * 1024)
    return RefusedDocument("documents.refused.expands", file=source.name, limit=limit)


def main_part(package: Package) -> str:
    """The part that holds the document or the workbook.

    Raises:
        RefusedDocument: it is an ordinary ZIP.
    """
    main = package.relations("").get("officeDocument", "")
    if not package.has(main):
        raise other_kind(package.source, "ZIP")
    return main


def check_root(package: Package, root: str, expected: str) -> None:
    """Refuse a presentation or a workbook that is called a document, and the like.

    `root` is the tag of the main part's first element, `expected` the name that it should have.
    """
    found = root.rpartition(" ")[2]
    if found != expected:
        raise other_kind(package.source, _KINDS.get(found, "ZIP"))


class _Relations:
    """Collects the relations that stay within the file."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.parts: dict[str, str] = {}

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if attributes.get("TargetMode", "Internal") == "Internal" and "Target" in attributes:
            # an absolute target replaces the folder in `join`
            path = posixpath.normpath(posixpath.join(self.folder, attributes["Target"]))
            kind = attributes.get("Type", "").rpartition("/")[2]
            self.parts.setdefault(kind, path.lstrip("/"))

    def end(self, tag: str) -> None:
        pass

    def text(self, text: str) -> None:
        pass
