"""Training text read from installed Debian and Python packages, never copied into the repository.

In reading order: `Source` and `SourceText` name a text with its version and licence;
`installed_sources` reads all that are present; `missing_packages` says what to install for the
rest. The tables `DEBIAN` and `PYTHON` list the packages: each documentation is under a permissive
licence, checked in the package itself. Logs are made elsewhere (`tool_logs`); how sources are
weighted is the training's business.
"""

from __future__ import annotations

import ast
import gettext
import gzip
import hashlib
import html.parser
import io
import json
import re
import subprocess
import sysconfig
import tokenize
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Literal, NamedTuple, TypeVar

DOCUMENT_BYTES = 24_000  # longest document: the state may grow this old in training
SHORTEST_DOCUMENT = 400  # bytes; shorter pages are indexes and redirects
SOURCE_BYTES = 4_000_000  # of one source, so that none dominates
DOCSTRING_BYTES = 1_000_000  # of one Python package: docstrings resemble each other
CODE_BYTES = 8_000_000  # of one Python package to look through for them

T = TypeVar("T")


@dataclass(frozen=True)
class Source:
    """Where a training text comes from, as the checkpoint's record names it."""

    name: str
    version: str
    licence: str
    kind: Literal["documentation", "log"]
    language: str
    package: str | None  # to install with apt-get or pip; None: nothing to install


class SourceText(NamedTuple):
    """A source and its documents, in a fixed order."""

    source: Source
    texts: list[str]


Reader = Callable[[Path], Iterable[str]]


@dataclass(frozen=True)
class DebianSource:
    """Files of one Debian package, chosen by their path, and how to read them."""

    name: str
    package: str
    licence: str
    language: str
    paths: str  # regular expression, found anywhere in the path
    read: Reader


@dataclass(frozen=True)
class PythonSource:
    """One Python distribution: its docstrings and comments, or its Japanese messages."""

    distribution: str
    licence: str
    language: Literal["en", "ja"] = "en"


# ------------------------------------------------------------------------------------------------
# Text: decoding, HTML, documents of a good length


def decode(data: bytes) -> str:
    """Text of old and new pages: UTF-8, or the Japanese encodings that were usual before it."""
    if b"\x1b$" in data:  # ISO-2022-JP is valid ASCII, so UTF-8 would accept its escapes
        return data.decode("iso2022_jp", errors="replace")
    for encoding in ("utf-8", "euc_jp", "cp932"):
        try:
            return data.decode(encoding).removeprefix("\ufeff")
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


class _ReadableText(html.parser.HTMLParser):
    """Collects what a reader of the page sees; block elements end a line, <pre> keeps its lines."""

    hidden = frozenset({"script", "style", "head", "nav", "noscript", "svg"})
    spaced = frozenset(
        {"p", "table", "ul", "ol", "dl", "pre", "blockquote", *(f"h{n}" for n in range(1, 7))}
    )
    blocks = spaced | {"div", "br", "li", "dt", "dd", "tr", "hr", "section"}

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.hidden_depth = 0
        self.pre_depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a block, a list item, a cell or a hidden part."""
        if tag in self.hidden:
            self.hidden_depth += 1
        elif tag == "body":
            self.hidden_depth = 0  # a head that was never closed
        if tag == "pre":
            self.pre_depth += 1
        if tag in self.blocks:
            self.pieces.append("\n\n" if tag in self.spaced else "\n")
        if tag == "li":
            self.pieces.append("- ")
        elif tag in {"td", "th"}:
            self.pieces.append(" ")

    def handle_endtag(self, tag: str) -> None:
        """Close what `handle_starttag` opened."""
        if tag in self.hidden:
            self.hidden_depth = max(0, self.hidden_depth - 1)
        if tag == "pre":
            self.pre_depth = max(0, self.pre_depth - 1)
        if tag in self.spaced:
            self.pieces.append("\n\n")

    def handle_data(self, data: str) -> None:
        """Keep visible text; outside <pre> a line break in the source is only a space."""
        if not self.hidden_depth:
            self.pieces.append(data if self.pre_depth else re.sub(r"\s+", " ", data))


def html_to_text(page: str) -> str:
    """Readable text of an HTML page, blocks separated by blank lines."""
    parser = _ReadableText()
    parser.feed(page)
    parser.close()
    return tidy(re.sub(r"\n[ \t]+(?=- )", "\n", "".join(parser.pieces)))


def tidy(text: str) -> str:
    """The text with LF line ends, no trailing spaces or runs of blank lines, valid as UTF-8."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").replace("\xa0", " ")
    text = text.encode("utf-8", errors="ignore").decode("utf-8")
    text = re.sub(r"[ \t]+\n", "\n", text)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def is_japanese(text: str) -> bool:
    """Whether kana are a good part of the text: many pages of a translation are still English."""
    kana = len(re.findall(r"[ぁ-んァ-ヶ]", text))
    return kana > 0.05 * len(text)


def cut(text: str, limit: int = DOCUMENT_BYTES) -> list[str]:
    """The text in pieces of at most `limit` UTF-8 bytes, cut at a near blank line, else at a line.

    The pieces joined give the text; a line longer than the limit is cut between characters.
    """
    pieces, piece, size = [], list[str](), 0
    for line in _lines_within(text, limit):
        length = len(line.encode())
        full = size + length > limit
        at_paragraph = size > 0.75 * limit and piece[-1] == "\n"
        if piece and (full or at_paragraph):
            pieces.append("".join(piece))
            piece, size = [], 0
        piece.append(line)
        size += length
    if piece:
        pieces.append("".join(piece))
    return pieces


def _lines_within(text: str, limit: int) -> Iterator[str]:
    for line in text.splitlines(keepends=True) if "\n" in text else [text]:
        if len(line.encode()) <= limit:
            yield line
            continue
        step = limit // 4  # a character has at most four bytes
        for start in range(0, len(line), step):
            yield line[start : start + step]


def documents(texts: Iterable[str], at_most: int = SOURCE_BYTES) -> list[str]:
    """Documents of a good length from whole pages: no repetitions, at most `at_most` bytes.

    Where there is too much, documents are taken at even distances, so that every part is seen.
    """
    found, seen = list[str](), set[bytes]()
    for text in texts:
        for piece in cut(tidy(text)):
            key = hashlib.sha256(piece.encode()).digest()
            if len(piece.encode()) >= SHORTEST_DOCUMENT and key not in seen:
                seen.add(key)
                found.append(piece)
    return evenly(found, [len(piece.encode()) for piece in found], at_most)


def evenly(items: Sequence[T], sizes: Sequence[int], at_most: int) -> list[T]:
    """As many of the items, at even distances, as `at_most` allows of the sum of their sizes."""
    keep = min(1.0, at_most / max(1, sum(sizes)))
    return [item for i, item in enumerate(items) if int((i + 1) * keep) > int(i * keep)]


# ------------------------------------------------------------------------------------------------
# Readers: one file to the texts in it


def read_html(path: Path) -> Iterable[str]:
    """The readable text of one page."""
    yield html_to_text(decode(path.read_bytes()))


def read_text(path: Path) -> Iterable[str]:
    """A plain file, packed or not (.gz, and .dz of dictionaries)."""
    data = path.read_bytes()
    yield decode(gzip.decompress(data) if path.suffix in {".gz", ".dz"} else data)


def read_manual_page(path: Path) -> Iterable[str]:
    """A manual page without its roff commands."""
    for text in read_text(path):
        text = re.sub(r'^[.\']\\".*\n', "", text, flags=re.M)
        text = re.sub(r"^\.S[Hh] +(.*)", r"\n\1\n", text, flags=re.M)
        text = re.sub(r"^\.[A-Za-z]+ ?", "", text, flags=re.M)
        yield re.sub(r"\\f[A-Z]|\\&", "", text).replace("\\-", "-").replace("\\e", "\\")


def read_catalogue(path: Path) -> Iterable[str]:
    """Messages and their translations of a gettext catalogue, .mo, two lines each."""
    with path.open("rb") as file:
        messages = gettext.GNUTranslations(file)
    entries: dict[object, str] = getattr(messages, "_catalog", {})
    pairs = ((key[0] if isinstance(key, tuple) else key, text) for key, text in entries.items())
    yield "\n\n".join(f"{key}\n{text}" for key, text in pairs if key and text and key != text)


def read_properties(path: Path) -> Iterable[str]:
    """The Japanese message files of a Java archive, their \\u escapes resolved."""
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            if re.search(r"_ja(_JP)?\.properties$", name):
                text = archive.read(name).decode("utf-8", errors="replace")
                text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)), text)
                yield re.sub(r"^#.*\n", "", text, flags=re.M)


def read_json_messages(path: Path) -> Iterable[str]:
    """The messages of a flat JSON file, one a line, with their keys."""
    messages = json.loads(path.read_text(encoding="utf-8"))
    yield "\n".join(f"{key}: {text}" for key, text in messages.items() if isinstance(text, str))


def read_bible(_program: Path) -> Iterable[str]:
    """The King James version, as its program prints it (the file has a format of its own)."""
    command = ["bible", "-f", "gen1:1-rev22:21"]
    yield decode(subprocess.run(command, capture_output=True, timeout=60, check=True).stdout)


def read_docstrings(path: Path) -> Iterable[str]:
    """Names, docstrings and longer comments of one Python file, in the order of the file."""
    try:
        code = path.read_text(encoding="utf-8")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # old escapes in other people's strings
            tree = ast.parse(code)
    except (SyntaxError, ValueError, OSError):
        return
    parts = [*_docstrings(tree), *_comments(code)]
    yield "\n\n".join(text for _, text in sorted(parts, key=lambda part: part[0]))


def _docstrings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module):
            text, line, title = ast.get_docstring(node), 0, ""
        elif isinstance(node, ast.ClassDef):
            text, line, title = ast.get_docstring(node), node.lineno, f"class {node.name}\n"
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            title = f"{node.name}({ast.unparse(node.args)})\n"
            text, line = ast.get_docstring(node), node.lineno
        else:
            continue
        if text:
            yield line, title + text


def _comments(code: str) -> Iterator[tuple[int, str]]:
    """Comments of at least two lines in a row, with the line where they start."""
    block, start, last = list[str](), 0, -1
    try:
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            if token.type != tokenize.COMMENT:
                continue
            if token.start[0] != last + 1:
                if len(block) > 1:
                    yield start, "\n".join(block)
                block, start = [], token.start[0]
            block.append(token.string)
            last = token.start[0]
    except (tokenize.TokenError, SyntaxError):
        return
    if len(block) > 1:
        yield start, "\n".join(block)


# ------------------------------------------------------------------------------------------------
# The tables. Licences as /usr/share/doc/<package>/copyright and the distributions give them.

DEBIAN = (
    DebianSource(
        "Apache HTTP Server manual, Japanese", "apache2-doc", "Apache-2.0", "ja",
        r"/manual/ja/.*\.html$", read_html,
    ),
    DebianSource(
        "Apache HTTP Server manual", "apache2-doc", "Apache-2.0", "en",
        r"/manual/en/.*\.html$", read_html,
    ),
    DebianSource(
        "PostgreSQL manual", "postgresql-doc-15", "PostgreSQL", "en", r"/html/.*\.html$", read_html
    ),
    DebianSource(
        "PostgreSQL server messages, Japanese", "postgresql-15", "PostgreSQL", "ja",
        r"/ja/LC_MESSAGES/.*\.mo$", read_catalogue,
    ),
    DebianSource(
        "PostgreSQL client messages, Japanese", "postgresql-client-15", "PostgreSQL", "ja",
        r"/ja/LC_MESSAGES/.*\.mo$", read_catalogue,
    ),
    DebianSource(
        "SQLite documentation", "sqlite3-doc", "public-domain", "en", r"\.html$", read_html
    ),
    DebianSource(
        "Apache Tomcat messages, Japanese", "libtomcat10-java", "Apache-2.0", "ja",
        r"i18n-ja-[\d.]+\.jar$", read_properties,
    ),
    DebianSource(
        "Apache Derby messages, Japanese", "libderby-java", "Apache-2.0", "ja",
        r"Locale_ja_JP-[\d.]+\.jar$", read_properties,
    ),
    DebianSource(
        "Apache Subversion messages, Japanese", "subversion", "Apache-2.0", "ja",
        r"/ja/LC_MESSAGES/.*\.mo$", read_catalogue,
    ),
    DebianSource(
        "TypeScript messages, Japanese", "node-typescript", "Apache-2.0", "ja",
        r"/lib/ja/.*\.json$", read_json_messages,
    ),
    DebianSource(
        "EB Library manual, Japanese", "eb-doc", "BSD-3-Clause", "ja", r"\.html$", read_html
    ),
    DebianSource(
        "w3m documents, Japanese", "w3m", "w3m (permissive)", "ja",
        r"/doc/w3m/ja/.*(\.html|README[^/]*|HISTORY\.gz)$", read_html,
    ),
    DebianSource(
        "MeCab manual, Japanese", "mecab", "BSD-3-Clause", "ja",
        r"/doc/mecab/[a-z-]+\.html$", read_html,
    ),
    DebianSource(
        "Canna documents, Japanese", "canna", "ISC", "ja", r"/canna/.*\.jp(\.gz)?$", read_text
    ),
    DebianSource(
        "Canna manual pages, Japanese", "canna", "ISC", "ja", r"/man/ja/", read_manual_page
    ),
    DebianSource(
        "nkf manual page, Japanese", "nkf", "nkf (permissive)", "ja", r"/man/ja/", read_manual_page
    ),
    DebianSource(
        "The Jargon File", "jargon-text", "public-domain", "en", r"jargon\.txt\.gz$", read_text
    ),
    DebianSource(
        "The Devil's Dictionary", "dict-devil", "public-domain", "en", r"\.dict\.dz$", read_text
    ),
    DebianSource(
        "King James Bible", "bible-kjv", "public-domain", "en", r"/bin/bible$", read_bible
    ),
)  # fmt: skip

PYTHON = (
    PythonSource("numpy", "BSD-3-Clause"),
    PythonSource("scipy", "BSD-3-Clause"),
    PythonSource("pandas", "BSD-3-Clause"),
    PythonSource("sympy", "BSD-3-Clause"),
    PythonSource("networkx", "BSD-3-Clause"),
    PythonSource("SQLAlchemy", "MIT"),
    PythonSource("alembic", "MIT"),
    PythonSource("pydantic", "MIT"),
    PythonSource("pytest", "MIT"),
    PythonSource("rich", "MIT"),
    PythonSource("pip", "MIT"),
    PythonSource("altair", "BSD-3-Clause"),
    PythonSource("streamlit", "Apache-2.0"),
    PythonSource("transformers", "Apache-2.0"),
    PythonSource("torch", "BSD-3-Clause"),
    PythonSource("Django", "BSD-3-Clause"),
    PythonSource("wagtail", "BSD-3-Clause"),
    PythonSource("Django", "BSD-3-Clause", "ja"),
    PythonSource("django-cms", "BSD-3-Clause", "ja"),
    PythonSource("djangorestframework", "BSD-3-Clause", "ja"),
    PythonSource("wagtail", "BSD-3-Clause", "ja"),
    PythonSource("horizon", "Apache-2.0", "ja"),
    PythonSource("Sphinx", "BSD-2-Clause", "ja"),
    PythonSource("WTForms", "BSD-3-Clause", "ja"),
    PythonSource("jupyterlab-language-pack-ja-JP", "BSD-3-Clause", "ja"),
)

# Evaluated on, hence never trained on: the change log of OpenSSL, in whatever package it comes.
EXCLUDED = re.compile(r"openssl", re.IGNORECASE)


# ------------------------------------------------------------------------------------------------
# Packages


@cache
def debian_version(package: str) -> str | None:
    """The version of an installed Debian package, None if it is absent or this is no Debian."""
    command = ["dpkg-query", "--show", "--showformat=${db:Status-Status} ${Version}", package]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=20).stdout
    except OSError:
        return None
    status, _, version = answer.partition(" ")
    return version if status == "installed" else None


def debian_files(package: str) -> list[Path]:
    """The files of an installed Debian package, links left out, sorted."""
    command = ["dpkg-query", "--listfiles", package]
    listing = subprocess.run(command, capture_output=True, text=True, timeout=20).stdout
    paths = (Path(line) for line in listing.splitlines() if not EXCLUDED.search(line))
    return sorted(path for path in paths if path.is_file() and not path.is_symlink())


def python_version(distribution: str) -> str | None:
    """The version of an installed Python distribution, None if it is absent."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def missing_packages() -> list[str]:
    """What to install for the full set, as "apt: NAME" and "pip: NAME", sorted."""
    apt = {f"apt: {s.package}" for s in DEBIAN if debian_version(s.package) is None}
    pip = {f"pip: {s.distribution}" for s in PYTHON if python_version(s.distribution) is None}
    return sorted(apt | pip)


# ------------------------------------------------------------------------------------------------
# Sources


def installed_sources() -> Iterator[SourceText]:
    """Every documentation source whose package is here, in the order of the tables, none empty."""
    readers: list[Callable[[], SourceText | None]] = [
        *(lambda entry=entry: read_debian(entry) for entry in DEBIAN),
        read_standard_library,
        *(lambda entry=entry: read_python(entry) for entry in PYTHON),
    ]
    for read in readers:
        found = read()
        if found is not None and found.texts:
            yield found


def read_debian(entry: DebianSource) -> SourceText | None:
    """The documents of one Debian package, None where it is not installed."""
    version = debian_version(entry.package)
    if version is None:
        return None
    paths = (path for path in debian_files(entry.package) if re.search(entry.paths, str(path)))
    pages = (page for path in paths for page in entry.read(path))
    if entry.language == "ja":
        pages = (page for page in pages if is_japanese(page))
    source = Source(
        entry.name, version, entry.licence, "documentation", entry.language, entry.package
    )
    return SourceText(source, documents(pages))


def read_python(entry: PythonSource) -> SourceText | None:
    """Docstrings, comments and description of one distribution, or its Japanese messages."""
    version = python_version(entry.distribution)
    if version is None:
        return None
    installed = metadata.distribution(entry.distribution)
    paths = sorted(Path(str(installed.locate_file(path))) for path in installed.files or [])
    if entry.language == "ja":
        paths = [p for p in paths if re.search(r"/ja(_JP)?/LC_MESSAGES/[^/]*\.mo$", str(p))]
        name = f"{entry.distribution} messages, Japanese"
        texts = documents(page for path in paths for page in read_catalogue(path))
    else:
        name = f"{entry.distribution} docstrings"
        description = str(installed.metadata.json.get("description", ""))
        texts = documents([description, *gathered(code_documentation(paths))], DOCSTRING_BYTES)
    source = Source(
        name, version, entry.licence, "documentation", entry.language, entry.distribution
    )
    return SourceText(source, texts)


def read_standard_library() -> SourceText:
    """Docstrings and comments of Python's own library, without its tests and what others wrote."""
    root = Path(sysconfig.get_paths()["stdlib"])
    paths = sorted(p for p in root.rglob("*.py") if "site-packages" not in p.parts)
    code = code_documentation(paths, 4 * CODE_BYTES)
    source = Source(
        "Python standard library docstrings", sysconfig.get_python_version(), "PSF-2.0",
        "documentation", "en", None,
    )  # fmt: skip
    return SourceText(source, documents(gathered(code)))


def code_documentation(paths: Iterable[Path], at_most: int = CODE_BYTES) -> Iterator[str]:
    """Docstrings and comments of the Python files among the paths, without tests and copies."""
    left_out = {"test", "tests", "testing", "_vendor", "idle_test", "lib2to3"}
    files = [
        path
        for path in paths
        if path.suffix == ".py"
        and not left_out & set(path.parts)
        and not EXCLUDED.search(str(path))
    ]
    files = [path for path in files if path.is_file()]
    for path in evenly(files, [path.stat().st_size for path in files], at_most):
        yield from read_docstrings(path)


def gathered(texts: Iterable[str], size: int = DOCUMENT_BYTES // 2) -> Iterator[str]:
    """Short texts joined to documents of about `size` characters, long ones as they are."""
    waiting, length = list[str](), 0
    for text in texts:
        waiting.append(text.strip())
        length += len(text)
        if length >= size:
            yield "\n\n\n".join(waiting)
            waiting, length = [], 0
    if waiting:
        yield "\n\n\n".join(waiting)
