"""Bytes of unknown encoding -> text, with the guess, how sure it is, and what could not be read.

In reading order: `DecodedPieces` (what readers use: a file of any size, a piece at a time),
`decode` (the same in memory), `detect` (the order of evidence: byte-order mark, ISO-2022-JP
escapes, strict UTF-8, then a comparison), `decode_as` (one named encoding), `bits` (the comparison:
roughly how many bits a text of logs, Japanese or Western, needs for these characters; the encoding
in which the bytes make the likeliest text wins). What is sought in the whole file is sought piece
by piece; what is compared are samples.

Wrong readings of Japanese bytes are almost always valid, so being decodable is weak evidence: what
tells CP932 from EUC-JP is that one reading gives kana and everyday kanji, the other half-width
kana and kanji that nobody uses. charset-normalizer only breaks ties.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

from evaluations.documents.pieces import Content

ENCODINGS: tuple[str, ...] = (
    "utf-8",
    "utf-16-le",
    "utf-16-be",
    "utf-32-le",
    "utf-32-be",
    "cp932",
    "euc-jp",
    "iso-2022-jp",
    "iso-8859-1",
    "windows-1252",
)
"""Names that a user may choose; each is also a name that Python's codecs know."""

_BOMS: tuple[tuple[bytes, str], ...] = (
    # UTF-32 first: its little-endian mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ISO_2022_JP = re.compile(rb"\x1b(?:\$[@B]|\$\([DOQ]|\([IJ])")
_ESCAPE_BYTES = 4  # of the longest of them
_HIGH = re.compile(rb"[\x80-\xff]")
# what UTF-16 leaves in strict UTF-8
_CONTROLS = bytes(code for code in range(0x20) if code not in b"\t\n\x0b\x0c\r\x1b")
_C1_BYTES = bytes(range(0x80, 0xA0))

SAMPLE_BYTES = 64 * 1024
CERTAIN_BITS = 7.0  # evidence below this (about 1 : 130) is called a guess
# Mean bits of a character beyond ASCII above which a reading is only a guess: Japanese, where one
# kanji may stand alone in a line, and Western, where accents stand among plain letters.
CREDIBLE_BITS, CREDIBLE_WESTERN_BITS = 15.0, 12.0
UNREADABLE_BITS = 30.0  # price of bytes that an encoding cannot read
FEW_PLACES = 3  # so many unreadable places are damage at an edge, in a text of any length
LARGEST_UNREADABLE_SHARE = 0.05  # of the characters beyond ASCII; above it the text is not read


class Decoded(NamedTuple):
    """A text and how it was read."""

    text: str
    encoding: str
    alternative: str | None  # another encoding that explains the bytes about as well
    places: int  # where bytes could not be read and U+FFFD stands now
    is_credible: bool  # False: too much could not be read for this to be the encoding


class Guess(NamedTuple):
    """An encoding, and the next best one when the evidence does not settle it."""

    encoding: str
    alternative: str | None


class Reading(NamedTuple):
    """Bytes read in one encoding, U+FFFD wherever that was impossible."""

    text: str
    places: int


class DecodedPieces:
    """The text of a file in one encoding, piece by piece; when it is read, how well that went."""

    def __init__(self, content: Content, encoding: str) -> None:
        self.encoding = encoding
        self._content = content
        self._beyond_ascii = 0
        self._marks = 0  # U+FFFD in the text
        self._is_damaged = False

    @property
    def places(self) -> int:
        """Where bytes could not be read and U+FFFD stands now."""
        return self._marks if self._is_damaged else 0

    @property
    def is_credible(self) -> bool:
        """False: too much could not be read for this to be the encoding."""
        limit = LARGEST_UNREADABLE_SHARE * self._beyond_ascii
        return self.places <= FEW_PLACES or self.places <= limit

    @property
    def readable(self) -> int:
        """Characters beyond ASCII that could be read."""
        return self._beyond_ascii - self.places

    def __iter__(self) -> Iterator[str]:
        """The text; the same as that of `decode_as`, wherever pieces end."""
        decoder = codecs.getincrementaldecoder(_CODECS.get(self.encoding, self.encoding))("strict")
        held = b""
        for piece in self._content.pieces():
            data = held + piece
            end = len(data) - _open_end(data, self.encoding)
            held = data[end:]
            yield self._decoded(decoder, data[:end], False)
        yield self._decoded(decoder, held, True)

    def _decoded(self, decoder: codecs.IncrementalDecoder, data: bytes, is_last: bool) -> str:
        before = decoder.getstate()
        try:
            text = decoder.decode(data, is_last)
        except UnicodeDecodeError:
            self._is_damaged = True
            decoder.errors = _ON_ERROR.get(self.encoding, "replace")
            decoder.setstate(before)
            text = decoder.decode(data, is_last and decoder.errors == "replace")
        if is_last and self._is_damaged and decoder.errors != "replace":
            text += _cut_off(decoder)
        if not text.isascii():
            self._beyond_ascii += _beyond_ascii(text)
            self._marks += text.count("\ufffd")
        return text


def _cut_off(decoder: codecs.IncrementalDecoder) -> str:
    """What stands for half a character at the end: its bytes are judged one after the other.

    The decoder itself would pass over the others when the first of them is judged.
    """
    text = ""
    while pending := decoder.getstate()[0]:
        error = UnicodeDecodeError("jis", pending, 0, len(pending), "incomplete")
        mark, after = _windows_jis(error)
        flags = decoder.getstate()[1]
        decoder.setstate((b"", flags))
        text += str(mark) + decoder.decode(pending[after:])
    return text


def _open_end(data: bytes, encoding: str) -> int:
    """Bytes at the end of a piece that are read with those after it.

    Decoders wait for the rest of a character by themselves; only `_windows_jis` looks further, at
    the byte after one that has no place in ISO-2022-JP. It never looks beyond a line end.
    """
    line = len(data) - 1 - data.rfind(b"\n") if encoding == "iso-2022-jp" else 0
    return line if line <= _LONGEST_HELD else 0  # so long a line, and broken: no text in any case


_LONGEST_HELD = 64 * 1024


def decode(data: bytes, encoding: str | None = None) -> Decoded:
    """The text of `data`, read as `encoding` or, when that is None, as detected."""
    content = Content.of(data)
    guess = Guess(encoding, None) if encoding else detect(content)
    pieces = DecodedPieces(content, guess.encoding)
    text = "".join(pieces)
    return Decoded(text, guess.encoding, guess.alternative, pieces.places, pieces.is_credible)


def detect(data: bytes | Content) -> Guess:
    """The encoding of a file: mark, escapes, strict UTF-8, then the likeliest reading."""
    content = data if isinstance(data, Content) else Content.of(data)
    start = content.read(0, 4)
    for mark, encoding in _BOMS:
        if start.startswith(mark):
            return Guess(encoding, None)
    found = _evidence(content)
    if found.has_escapes and not found.has_nul and not found.has_high and _is_iso_2022_jp(content):
        return Guess("iso-2022-jp", None)
    if found.is_utf8 and not found.has_controls:
        return Guess("utf-8", None)
    if found.has_controls or content.size <= SAMPLE_BYTES:
        sample = _slices(content)
        wide = _compare(sample, ("utf-16-le", "utf-16-be", "utf-8", "cp932", "euc-jp"))
        if wide.encoding.startswith("utf-16") and not (
            # any two bytes are some Chinese character in UTF-16: doubt and damage together mean a
            # binary file, doubt alone a script that the comparison does not know
            wide.alternative and decode_as(sample, wide.encoding).places
        ):
            return wide
    if found.is_utf8:
        return Guess("utf-8", None)
    candidates = ("utf-8", "cp932", "euc-jp", "windows-1252")
    guess = _compare(_lines_beyond_ascii(content), candidates)
    # Windows-1252 is called by its older name where the two agree on every byte
    is_older = guess.encoding == "windows-1252" and not found.has_c1
    return Guess("iso-8859-1", guess.alternative) if is_older else guess


class _Evidence(NamedTuple):
    """What there is anywhere in a file."""

    has_nul: bool
    has_controls: bool
    has_escapes: bool  # those of ISO-2022-JP
    has_high: bool
    has_c1: bool
    is_utf8: bool


def _evidence(content: Content) -> _Evidence:
    """One look at every byte."""
    nul = controls = escapes = high = c1 = False
    is_utf8, before = True, b""
    utf8 = codecs.getincrementaldecoder("utf-8")()
    for piece in content.pieces():
        nul = nul or b"\x00" in piece
        controls = controls or _has_any(piece, _CONTROLS)
        if not escapes and (b"\x1b" in piece or b"\x1b" in before):
            escapes = _ISO_2022_JP.search(before + piece) is not None
        before = (before + piece)[-(_ESCAPE_BYTES - 1) :]
        if piece.isascii() and not utf8.getstate()[0]:
            continue
        high = high or not piece.isascii()
        c1 = c1 or _has_any(piece, _C1_BYTES)
        is_utf8 = is_utf8 and _continues(utf8, piece)
    is_utf8 = is_utf8 and _continues(utf8, b"", is_last=True)
    return _Evidence(nul, controls, escapes, high, c1, is_utf8)


def _has_any(piece: bytes, wanted: bytes) -> bool:
    # several times faster than a search by a regular expression
    return len(piece.translate(None, wanted)) < len(piece)


def _continues(decoder: codecs.IncrementalDecoder, piece: bytes, is_last: bool = False) -> bool:
    try:
        decoder.decode(piece, is_last)
    except UnicodeDecodeError:
        return False
    return True


def decode_as(data: bytes, encoding: str) -> Reading:
    """`data` in one encoding of ENCODINGS; unreadable bytes become U+FFFD and are counted."""
    codec = _CODECS.get(encoding, encoding)
    try:
        return Reading(data.decode(codec), 0)
    except UnicodeDecodeError:
        # U+FFFD exists in no legacy encoding; one that a Unicode file already held counts too,
        # since somebody before us could not read that place either
        text = data.decode(codec, errors=_ON_ERROR.get(encoding, "replace"))
        return Reading(text, text.count("\ufffd"))


# --- one encoding, with what Windows adds to it ------------------------------------------------

_CODECS: Mapping[str, str] = {"iso-2022-jp": "iso2022_jp_ext"}  # adds half-width kana, JIS X 0212
_ON_ERROR: Mapping[str, str] = {"euc-jp": "longssm-jis", "iso-2022-jp": "longssm-jis"}


def _windows_jis(error: UnicodeError) -> tuple[str | bytes, int]:
    """①, ㈱, 髙 and their like: rows that Windows has and Python's JIS codecs have not.

    A JIS pair (seven bits, or eight in EUC-JP) is moved to its place in CP932 and read there.
    """
    if not isinstance(error, UnicodeDecodeError):
        raise error
    pair = error.object[error.start : error.start + 2]
    first, second = (byte & 0x7F for byte in pair) if len(pair) == 2 else (0, 0)
    is_pair = 0x21 <= first <= 0x7E and 0x21 <= second <= 0x7E
    if is_pair and (pair[0] ^ pair[1]) < 0x80:  # both halves with, or both without the eighth bit
        lead = (first - 0x21 >> 1) + 0x81
        lead += 0x40 if lead > 0x9F else 0
        trail = second + (0x1F + (second >= 0x60) if first % 2 else 0x7E)
        try:
            return bytes((lead, trail)).decode("cp932"), error.start + 2
        except UnicodeDecodeError:
            return "\ufffd", error.start + 2
    return "\ufffd", min(error.start + 1, len(error.object))


codecs.register_error("longssm-jis", _windows_jis)


def _is_iso_2022_jp(content: Content) -> bool:
    pieces = DecodedPieces(content, "iso-2022-jp")
    for _ in pieces:
        pass
    limit = max(FEW_PLACES, LARGEST_UNREADABLE_SHARE * pieces.readable)
    return pieces.readable > 0 and pieces.places <= limit


# --- which reading is the likeliest ------------------------------------------------------------


def _compare(sample: bytes, candidates: tuple[str, ...]) -> Guess:
    """The candidate in which `sample` needs the fewest bits, and its rival if that is close."""
    readings = {name: decode_as(sample, name) for name in candidates}
    price = {
        name: bits(text) + places * UNREADABLE_BITS for name, (text, places) in readings.items()
    }
    best, second = sorted(candidates, key=price.__getitem__)[:2]
    if price[second] - price[best] < CERTAIN_BITS:
        return _break_tie(sample, best, second)
    text = readings[best].text
    extra = price[best] - bits("".join(c for c in text if c.isascii()))
    limit = CREDIBLE_WESTERN_BITS if best == "windows-1252" else CREDIBLE_BITS
    is_credible = extra <= limit * max(1, _beyond_ascii(text))
    return Guess(best, None if is_credible else second)


def _break_tie(sample: bytes, best: str, second: str) -> Guess:
    """charset-normalizer's word between two readings; the answer remains a guess."""
    from charset_normalizer import from_bytes  # only here: most files never need it

    python_names = {codecs.lookup(name).name.replace("-", "_"): name for name in (best, second)}
    match = from_bytes(sample, cp_isolation=list(python_names)).best()
    if match is not None and python_names.get(match.encoding.replace("-", "_")) == second:
        return Guess(second, best)
    return Guess(best, second)


def _slices(content: Content) -> bytes:
    """Beginning, middle and end, each at an even offset, so that two-byte units stay whole."""
    if content.size <= SAMPLE_BYTES:
        return content.whole()
    part = SAMPLE_BYTES // 4
    starts = (0, (content.size // 2) & ~1, (content.size - part) & ~1)
    return b"".join(content.read(start, start + part) for start in starts)


def _lines_beyond_ascii(content: Content, places: int = 16) -> bytes:
    """Lines that hold bytes beyond ASCII, from `places` places spread over the file."""
    if content.size <= SAMPLE_BYTES:
        return content.whole()
    room = SAMPLE_BYTES // places
    lines: list[bytes] = []
    end, high = 0, -1  # no byte beyond ASCII lies in [end, high)
    for place in range(places):
        end = max(end, place * content.size // places)
        taken = 0
        while taken < room:
            high = high if high >= end else _first_high(content, end)
            if high == content.size:
                break
            start = content.rfind(b"\n", max(end, high - room), high) + 1 or high
            end = content.find(b"\n", high, start + room)
            end = end if end > 0 else min(content.size, start + room)
            lines.append(content.read(start, end))
            taken += end - start
    return b"\n".join(lines)


def _first_high(content: Content, start: int) -> int:
    """Where the first byte beyond ASCII is, from `start` on; the file's size: there is none."""
    for piece in content.pieces(start):
        if not piece.isascii() and (found := _HIGH.search(piece)):
            return start + found.start()
        start += len(piece)
    return content.size


def _beyond_ascii(text: str) -> int:
    return 0 if text.isascii() else len(text) - len(text.encode("ascii", "ignore"))


# The everyday kanji of newspapers and of machine and business logs, most frequent first.
_EVERYDAY_KANJI = frozenset(
    "日一国会人年大十二本中長出三同時政事自行社見月分議後前民生連五発間対上部東者党地合市業内相方四定今回"
    "新場金員九入選立開手米力学問高代明実円関決子動京全目表戦経通外最言氏現理調体化田当八六約主題下首意法"
    "不来作性的要用制治度務強気小七成期公持野協取都和統以機平総加山思家話世受区領多県続進正安設保改数記院"
    "女初北午指権心界支第産結百派点教報済書府活原先共得解名交資予川向際査勝面委告軍文反元重近千考判認画海"
    "参売利組知案道信策集在件団別物側任引使求所次水半品昨論計死官増係感特情投示変打男基私各始島直両朝革価"
    "式確村提運終挙果西勢減台広容必応演電歳住争談能無再位置企真流格有疑口過局少放税検町常校料裁状工建語球"
    "営空職証土与急止送援供可役構木割聞身費付施切由説転食比難防補車優夫研収断何南石足違消境神番規術護展態"
    "導備宅害配副算視条幹独警宮究育席輸訪楽起万着乗店述残想線率病農州声質念待試族象銀域助労例衛然早張映限"
    "親額監環験追審商葉義伝働形景落担好退準訴辺造英被株頭技低毎医復仕去姿味負渡失移差衆個門写評課末守若極"
    "種美影命含福蔵量望松非核観察整段横型白深字答夜製票況音申様財港識注呼渉達了敗処庫荷納械閉除録誤値旧温"
    "圧装軸油漏洗溶倉便客更削接絡異故障排給湿振押滞遅延依頼担携帯読込印刷換返却請領札修繕清掃巡点灯炉管弁"
)
# Letters with accents in the order in which Western languages use them, and their punctuation.
_ACCENTED = frozenset("éèêëàâäáãåæçñíìîïóòôöõøœúùûüýÿßÉÈÊÀÂÄÁÅÆÇÑÍÎÓÔÖØŒÚÜ")
_WESTERN_MARKS = frozenset("“”‘’–—…•€°©®£§µ«»\xa0·±²³½™")
_VOICED = frozenset("ｳｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾊﾋﾌﾍﾎ")  # half-width kana that ﾞ can follow
_HALF_VOICED = frozenset("ﾊﾋﾌﾍﾎ")  # and ﾟ
_NEVER_FIRST = frozenset("ﾞﾟｰｧｨｩｪｫｬｭｮｯ､｡･｣")

# Kinds of characters, and the bits that say which one of its kind a character is.
_LETTER, _DIGIT, _SPACE, _KANA, _KATAKANA, _EVERYDAY, _KANJI, _RARE, _MARK = "a0 hkcnrj"
_FULL, _HALF, _SYMBOL, _ACCENT, _WEST, _ODD, _EMOJI, _NEVER, _CONTROL = "fwgAqzeux"
_WHICH: Mapping[str, float] = {
    _LETTER: 4.7, _DIGIT: 3.5, _SPACE: 3.0, _KANA: 5.0, _KATAKANA: 5.5, _EVERYDAY: 8.5,
    _KANJI: 11.5, _RARE: 13.0, _MARK: 3.0, _FULL: 6.0, _HALF: 5.7, _SYMBOL: 7.0, _ACCENT: 4.5,
    _WEST: 4.5, _ODD: 6.5, _EMOJI: 10.0, _NEVER: 16.0, _CONTROL: 5.0,
}  # fmt: skip
_ASCII, _JAPANESE = frozenset("a0 "), frozenset("hkcnrjf")
# Bits that say which kind comes next, after ASCII, Japanese, half-width kana, and the rest.
_NEXT: Mapping[str, Mapping[str, float]] = {
    "ascii": {
        _LETTER: 0.8, _DIGIT: 1.5, _SPACE: 1.0, _KANA: 7.0, _KATAKANA: 6.5, _EVERYDAY: 6.0,
        _KANJI: 7.0, _RARE: 11.0, _MARK: 6.0, _FULL: 7.0, _HALF: 7.0, _SYMBOL: 8.0, _ACCENT: 7.0,
        _WEST: 7.0, _ODD: 9.0, _EMOJI: 9.0, _NEVER: 12.0, _CONTROL: 10.0,
    },
    "japanese": {
        _LETTER: 4.0, _DIGIT: 4.0, _SPACE: 3.0, _KANA: 1.5, _KATAKANA: 2.5, _EVERYDAY: 1.8,
        _KANJI: 3.0, _RARE: 7.0, _MARK: 3.5, _FULL: 5.0, _HALF: 8.0, _SYMBOL: 6.0, _ACCENT: 12.0,
        _WEST: 9.0, _ODD: 12.0, _EMOJI: 9.0, _NEVER: 12.0, _CONTROL: 10.0,
    },
    "half": {
        _LETTER: 4.0, _DIGIT: 4.0, _SPACE: 2.5, _KANA: 6.0, _KATAKANA: 8.0, _EVERYDAY: 5.0,
        _KANJI: 6.0, _RARE: 10.0, _MARK: 5.0, _FULL: 6.0, _HALF: 0.4, _SYMBOL: 8.0, _ACCENT: 12.0,
        _WEST: 12.0, _ODD: 12.0, _EMOJI: 9.0, _NEVER: 12.0, _CONTROL: 10.0,
    },
    "western": {
        _LETTER: 0.7, _DIGIT: 3.0, _SPACE: 1.5, _KANA: 10.0, _KATAKANA: 10.0, _EVERYDAY: 10.0,
        _KANJI: 10.0, _RARE: 12.0, _MARK: 10.0, _FULL: 10.0, _HALF: 12.0, _SYMBOL: 8.0,
        _ACCENT: 6.0, _WEST: 4.0, _ODD: 7.0, _EMOJI: 9.0, _NEVER: 12.0, _CONTROL: 10.0,
    },
}  # fmt: skip
_LONE_HALF = 5.0  # half-width kana come in words
_IMPOSSIBLE_HALF = 7.0  # ﾞ after a vowel, a word that begins with a small kana
_ACCENT_IN_WORD = -3.0  # an accent beside a letter is a word of a Western language
_ACCENT_AFTER_ACCENT = 3.0  # a row of them is Cyrillic or Greek, read wrongly


def bits(text: str) -> float:
    """About how many bits a model of log text, Japanese or Western, needs for `text`.

    A sum over characters of (which kind comes next) + (which one of its kind). The prices are
    rough; only differences between readings of the same bytes are used, and they are large.
    """
    total = 0.0
    kind, before, previous, run = _SPACE, "ascii", "\n", 0
    for character in text:
        kind = _kind(character)
        total += _WHICH[kind] + _NEXT[before][kind]
        if kind == _HALF:
            total += _half_width_penalty(previous if run else "", character)
            run += 1
        else:
            total += _LONE_HALF if run == 1 else 0.0
            run = 0
            if kind == _ACCENT and previous.isalpha():
                total += _ACCENT_IN_WORD if previous.isascii() else _ACCENT_AFTER_ACCENT
        before = _context(kind)
        previous = character
    return total + (_LONE_HALF if run == 1 else 0.0)


def _half_width_penalty(previous: str, character: str) -> float:
    if not previous:
        return _IMPOSSIBLE_HALF if character in _NEVER_FIRST else 0.0
    if character == "ﾞ":
        return 0.0 if previous in _VOICED else _IMPOSSIBLE_HALF
    if character == "ﾟ":
        return 0.0 if previous in _HALF_VOICED else _IMPOSSIBLE_HALF
    return 0.0


@cache
def _context(kind: str) -> str:
    if kind in _ASCII or kind == _CONTROL:
        return "ascii"
    if kind in _JAPANESE or kind in (_SYMBOL, _EMOJI):
        return "japanese"
    return "half" if kind == _HALF else "western"


@cache
def _kind(character: str) -> str:
    code = ord(character)
    if code < 0x80:
        if character.isalpha():
            return _LETTER
        if character.isdigit():
            return _DIGIT
        return _SPACE if code >= 0x20 or character in "\t\n\r\f\x1b" else _CONTROL
    for first, last, kind in _RANGES:
        if first <= code <= last:
            return kind
    if character in _ACCENTED:
        return _ACCENT
    if character in _WESTERN_MARKS:
        return _WEST
    if 0x4E00 <= code <= 0x9FFF or code == 0x3005:
        return _kanji_kind(character)
    if code < 0x250:
        return _NEVER if code < 0xA0 else _ODD
    if code >= 0x1F000:
        return _EMOJI if code < 0x1FB00 else _NEVER
    return _SYMBOL if _is_in_cp932(character) else _NEVER


_RANGES: tuple[tuple[int, int, str], ...] = (
    (0x3041, 0x3096, _KANA),
    (0x30A1, 0x30FA, _KATAKANA),
    (0x30FC, 0x30FC, _KATAKANA),
    (0x3000, 0x3003, _MARK),
    (0x3008, 0x3011, _MARK),
    (0x301C, 0x301C, _MARK),
    (0x30FB, 0x30FB, _MARK),
    (0xFF61, 0xFF9F, _HALF),
    (0xFF01, 0xFF0F, _MARK),
    (0xFF10, 0xFF19, _FULL),
    (0xFF1A, 0xFF20, _MARK),
    (0xFF21, 0xFF3A, _FULL),
    (0xFF3B, 0xFF40, _MARK),
    (0xFF41, 0xFF5A, _FULL),
    (0xFF5B, 0xFF5E, _MARK),
    (0xE000, 0xF8FF, _NEVER),
)


def _kanji_kind(character: str) -> str:
    """Everyday; JIS level 1 (rows 16 to 47); everything else, which texts hold now and then."""
    if character in _EVERYDAY_KANJI or character == "々":
        return _EVERYDAY
    try:
        row = character.encode("euc_jp")[0] - 0xA0
    except UnicodeEncodeError:
        return _RARE if _is_in_cp932(character) else _NEVER
    return _KANJI if 16 <= row <= 47 else _RARE


def _is_in_cp932(character: str) -> bool:
    try:
        character.encode("cp932")
    except UnicodeEncodeError:
        return False
    return True
