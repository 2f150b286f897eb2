"""Personal data in a text -> marks, before the text is stored: mail, phone, card, IP, listed names.

In reading order: `Masking` (what is to be masked), `names_in` (a pasted list of names), `Masker` (a
text that comes in pieces -> the masked text, with counts and samples for the preview),
`masked_text` (the same of a text in one piece), then the finders, one for each kind of value.

A place becomes a mark such as `[mail-1]` or `[ip-3]`. The same value, compared after widths, case
and separators are made equal, has the same number everywhere in an upload: a log stays followable,
and a value that comes again far away is exactly what a carried state may remember, so one mark for
all would change what is measured. Numbers say the order of first appearance and nothing else: no
value can be computed back from its mark. `MOST_VALUES` values of a kind are remembered; those that
are new after them become a mark without a number, `[ip]`.

Finders search in a translation of the text that has the same length (full-width characters as
ASCII, dashes as "-", lower case), so that indices agree. A place has at most `LONGEST_PLACE`
characters and lies in one line. Where places overlap, mail wins over ip, then card, phone and name;
of one kind, the place that was found first. The text is read in stretches, and a place is masked
only when so much of what follows is known that nothing can change it: no result depends on where a
piece or a stretch ends.

What is masked is what looks like such a value: an order number may be a valid phone number, and a
version of four small numbers is an address. Hence the preview. Not found: names in half-width kana
or in another script than in the list, mail addresses with other letters than a to z.

The child that reads files runs this: it needs the standard library, and `phonenumbers` only where
phone numbers are asked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from ipaddress import AddressValueError, IPv6Address
from itertools import chain
from typing import Any, Literal, NamedTuple, Self, get_args

from evaluations.documents.cleaning import normal_text, one_line

Kind = Literal["mail", "phone", "card", "ip", "name"]
KINDS: tuple[Kind, ...] = get_args(Kind)
PATTERNS: tuple[Kind, ...] = ("mail", "phone", "card", "ip")  # those that need no list

MOST_NAMES = 1_000
LONGEST_NAME = 100  # characters
MOST_VALUES = 100_000  # of a kind, that have a number
MOST_SAMPLES = 5  # of a kind, for the preview
SAMPLE_CONTEXT = 24  # characters on both sides of a sample

STRETCH = 256 * 1024  # characters that are searched at once
LONGEST_PLACE = 600  # characters: a mail address of 8 labels, a name of 100 parts and their gaps
LONGEST_ADDRESS = 45  # characters of an IPv6 address with an IPv4 address at its end
# Characters that must be known after a place. Finders see at most LONGEST_PLACE on both sides of
# where they recognize one; a doubt about an overlap is passed on by a place for each of 7 finders.
AHEAD = 9 * LONGEST_PLACE


class NamesError(ValueError):
    """A list of names cannot be used: `key` and `values` of the sentence that says why."""

    key: str

    def __init__(self, said: str, **values: str | int) -> None:
        super().__init__(said)
        self.values = values


class TooManyNames(NamesError):
    """A list has more than `MOST_NAMES` names."""

    key = "documents.names.many"

    def __init__(self, found: int) -> None:
        said = f"{found} names; at most {MOST_NAMES} can be masked"
        super().__init__(said, found=found, most=MOST_NAMES)


class NameTooLong(NamesError):
    """A name of a list has more than `LONGEST_NAME` characters."""

    key = "documents.names.long"

    def __init__(self, name: str) -> None:
        said = f"a name of {len(name)} characters; at most {LONGEST_NAME} are allowed"
        super().__init__(said, name=one_line(name[:SAMPLE_CONTEXT]), most=LONGEST_NAME)


@dataclass(frozen=True)
class Masking:
    """What is to be masked.

    Raises:
        ValueError: an unknown or repeated kind; names without "name", or the other way round;
            names that `names_in` would not give.
    """

    kinds: tuple[Kind, ...]  # in the order of KINDS, however they were given
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        ordered = tuple(kind for kind in KINDS if kind in self.kinds)
        if len(ordered) != len(self.kinds):
            raise ValueError(f"unknown or repeated kinds in {self.kinds}; known are {KINDS}")
        if ("name" in ordered) != bool(self.names):
            raise ValueError('names are given if, and only if, "name" is masked')
        if names_in("\n".join(self.names)) != tuple(self.names):
            raise ValueError("names must be as `names_in` gives them")
        object.__setattr__(self, "kinds", ordered)
        object.__setattr__(self, "names", tuple(self.names))

    @classmethod
    def of(cls, values: Mapping[str, Any] | None) -> Self | None:
        """The same from JSON, or from what somebody chose; None where nothing is masked."""
        if values is None or not values["kinds"]:
            return None
        return cls(tuple(values["kinds"]), tuple(values["names"]))


def names_in(text: str) -> tuple[str, ...]:
    """The names of a pasted or uploaded list, in order, without blanks and repeats.

    A name ends where a line, a tab, a comma or a semicolon is ("Smith, John" are two: too much
    is masked rather than nothing). Names that differ in width, case or spaces alone are repeats.

    Raises:
        TooManyNames: more than `MOST_NAMES`.
        NameTooLong: one has more than `LONGEST_NAME` characters.
    """
    names: dict[str, str] = {}
    # as in texts, lone surrogates are no characters; a BOM comes with each file that was pasted
    for line in normal_text(text).replace("\ufeff", "").splitlines():
        for name in map(str.strip, _BETWEEN_NAMES.split(line)):
            if len(name) > LONGEST_NAME:
                raise NameTooLong(name)
            if name:
                names.setdefault("".join(_normalized(name).split()), name)
    if len(names) > MOST_NAMES:
        raise TooManyNames(len(names))
    return tuple(names.values())


_BETWEEN_NAMES = re.compile("[\t,;、，；､]")


class Found(NamedTuple):
    """A place that was masked, for the preview; all of it is text of the user."""

    kind: Kind
    found: str
    mark: str
    before: str  # up to SAMPLE_CONTEXT characters of the same line, as they were
    after: str


class Masker:
    """Masks the texts of one upload; each comes in pieces, one text after the other."""

    def __init__(self, masking: Masking) -> None:
        self.counts: dict[Kind, int] = {}  # places that were masked; kinds that occurred
        self.samples: list[Found] = []  # of each kind, where its first MOST_SAMPLES values are
        self._searches = _searches(masking)
        self._numbers: dict[Kind, dict[str, int]] = {kind: {} for kind in KINDS}  # of values
        self._begin()

    def _begin(self) -> None:
        self._waiting: list[str] = []  # pieces that were not searched yet
        self._length = 0  # of them and of what is held
        self._held = ""  # a little of what was given back, and what is not certain yet
        self._done = 0  # index in it, up to which it was given back
        for search in self._searches:
            search.begin()

    def take(self, piece: str) -> Iterator[str]:
        """What becomes certain by the next piece of a text in normal form, masked."""
        for start in range(0, len(piece), STRETCH):
            part = piece[start : start + STRETCH]
            self._waiting.append(part)
            self._length += len(part)
            if self._length >= STRETCH + AHEAD:
                yield from self._given(is_end=False)

    def end(self) -> Iterator[str]:
        """The rest of this text; another may begin, and numbers and counts go on."""
        yield from self._given(is_end=True)
        self._begin()

    def _given(self, is_end: bool) -> Iterator[str]:
        text = self._held + "".join(self._waiting)
        known = len(text) if is_end else len(text) - LONGEST_PLACE  # all that begins before it is
        certain = len(text) if is_end else len(text) - AHEAD
        places = self._places(text, known)
        masked: list[str] = []
        done = self._done
        for place in places:
            if place.start >= certain:
                break
            masked += (text[done : place.start], self._masked(text, place))
            done = place.stop
        if done < certain:
            masked.append(text[done:certain])
            done = certain
        self._hold(text, done)
        if any(masked):
            yield "".join(masked)

    def _places(self, text: str, known: int) -> list[_Place]:
        """Places that begin before `known`, in order and without overlaps."""
        normalized, taken, places = _normalized(text), bytearray(len(text)), []
        for search in self._searches:
            for place in search.places(normalized, known):
                if taken.find(1, place.start, place.stop) < 0:
                    taken[place.start : place.stop] = b"\1" * (place.stop - place.start)
                    places.append(place)
        return sorted(places)

    def _masked(self, text: str, place: _Place) -> str:
        """The mark of a place, which is counted."""
        kind, numbers = place.kind, self._numbers[place.kind]
        self.counts[kind] = self.counts.get(kind, 0) + 1
        number = numbers.get(place.value)
        if number is not None:
            return f"[{kind}-{number}]"
        if len(numbers) == MOST_VALUES:
            return f"[{kind}]"
        number = numbers[place.value] = len(numbers) + 1
        mark = f"[{kind}-{number}]"
        if number <= MOST_SAMPLES:
            self.samples.append(_sample(text, place, mark))
        return mark

    def _hold(self, text: str, done: int) -> None:
        """Keep what is not given back yet, and what a sample shows before it."""
        dropped = max(0, done - SAMPLE_CONTEXT)
        self._held, self._done = text[dropped:], done - dropped
        self._waiting, self._length = [], len(self._held)
        for search in self._searches:
            search.drop(dropped, self._done)


def masked_text(text: str, masking: Masking) -> str:
    """The masked form of a text in normal form."""
    masker = Masker(masking)
    return "".join([*masker.take(text), *masker.end()])


def _sample(text: str, place: _Place, mark: str) -> Found:
    before = text[max(0, place.start - SAMPLE_CONTEXT) : place.start].rpartition("\n")[2]
    after = text[place.stop : place.stop + SAMPLE_CONTEXT].partition("\n")[0]
    return Found(place.kind, text[place.start : place.stop], mark, before, after)


class _Place(NamedTuple):
    """Characters [start, stop) of a text that hold a value; equal values are the same."""

    start: int
    stop: int
    kind: Kind
    value: str


@dataclass
class _Search:
    """One finder on its way through a text of which a part is held at a time."""

    find: _Finder
    _next: int = 0  # index in what is held, from which it goes on
    _open: list[_Place] = field(default_factory=list)  # found and not given back yet

    def begin(self) -> None:
        """A new text."""
        self._next, self._open = 0, []

    def places(self, normalized: str, known: int) -> list[_Place]:
        """The open places, and those that are recognized before `known`."""
        for place in self.find(normalized, self._next, known):
            self._open.append(place)
            self._next = place.stop
        self._next = max(self._next, known)
        return self._open

    def drop(self, dropped: int, done: int) -> None:
        """Characters before `dropped` are gone; those before `done`, counted after it, settled."""
        self._next -= dropped
        shifted = (p._replace(start=p.start - dropped, stop=p.stop - dropped) for p in self._open)
        self._open = [place for place in shifted if place.start >= done]


# Places that are recognized in [start, stop) of a normalized text, which goes on after `stop`.
_Finder = Callable[[str, int, int], Iterator[_Place]]


def _searches(masking: Masking) -> list[_Search]:
    """The finders of what is to be masked; earlier ones win where places overlap."""
    finders: list[_Finder] = []
    if "mail" in masking.kinds:
        finders.append(_mails)
    if "ip" in masking.kinds:
        finders += (_around(_IPV6_SIGN, 39, _IPV6, _ipv6), _around(_IPV4_SIGN, 3, _IPV4, _ipv4))
    if "card" in masking.kinds:
        finders.append(_matches(_CARD, _card))
    if "phone" in masking.kinds:
        finders.append(_matches(_PHONE, _phone))
    if "name" in masking.kinds:
        finders += (_matches(pattern, _name) for pattern in _names_patterns(masking.names))
    return [_Search(finder) for finder in finders]


_Judge = Callable[[re.Match[str]], "_Place | None"]


def _matches(pattern: re.Pattern[str], judge: _Judge, longest: int = LONGEST_PLACE) -> _Finder:
    """The finder of what `pattern` proposes and `judge` accepts, all or the beginning of it."""

    def find(text: str, start: int, stop: int) -> Iterator[_Place]:
        end = stop + longest  # of what is looked at: the rest would be looked at again
        while (match := pattern.search(text, start, end)) and match.start() < stop:
            place = judge(match)
            if place:
                yield place
            start = place.stop if place else match.start() + 1

    return find


def _around(sign: re.Pattern[str], before: int, pattern: re.Pattern[str], judge: _Judge) -> _Finder:
    """The same for addresses, which contain a sign after at most `before` characters.

    Signs are rare, and found faster than places where an address might begin.
    """
    find_matches = _matches(pattern, judge, LONGEST_ADDRESS + 1)

    def find(text: str, start: int, stop: int) -> Iterator[_Place]:
        begin = max(0, start - before)  # what begins before it was judged already
        while (found := sign.search(text, start, stop + LONGEST_ADDRESS)) and found.start() < stop:
            start = found.start() + 1
            begin = max(begin, found.start() - before)
            for place in find_matches(text, begin, start):
                yield place
                start = max(start, place.stop)
            begin = start

    return find


# --- widths and case ---------------------------------------------------------------------------


def _normalized(text: str) -> str:
    """`text` as finders see it, character by character."""
    return text.lower() if text.isascii() else text.translate(_translation())


@cache
def _translation() -> str:
    """What stands for each character of the basic plane; a string: `translate` reads it fastest."""
    table = [_lower(chr(code)) for code in range(0x10000)]
    for code in range(0xFF01, 0xFF5F):
        table[code] = chr(code - 0xFEE0).lower()
    for dash in "‐‑‒–—―−ーｰ":
        table[ord(dash)] = "-"
    for space in "\u00a0\u2002\u2003\u2009\u202f\u3000":
        table[ord(space)] = " "
    return "".join(table)


def _lower(character: str) -> str:
    lower = character.lower()
    return lower if len(lower) == 1 else character


# --- the finders -------------------------------------------------------------------------------
# Each pattern begins with one plain set of characters, by which `re` skips to the next candidate,
# and looks back over that character: `(?<![0-9].)` is "no digit before".

# In JSON a line end is \n and, where it is written for ASCII, a character is \u96fb: what stands
# behind such an escape begins there, whatever its last letter is.
_ESCAPED = r"(?<=\\[nrtbf].)|(?<=\\u[0-9a-f]{4}.)"

# %40 is the @ of an address in a URL
_MAIL_DOMAIN = re.compile(
    r"(?:@|%40)(?=[a-z0-9])((?:[a-z0-9-]{1,63}\.){1,7}(?:xn--[a-z0-9-]{1,59}|[a-z]{2,24}))"
    r"(?![a-z0-9_])"
)
_MAIL_LOCAL_REVERSED = re.compile(r"[a-z0-9._+'&-]{0,63}[a-z0-9_](?![a-z0-9_])")
_LOCAL = 64  # characters before the @, by RFC 5321


def _mails(text: str, start: int, stop: int) -> Iterator[_Place]:
    """Mail addresses: from each @ forwards, then back."""
    while (match := _MAIL_DOMAIN.search(text, start)) and match.start() < stop:
        start = match.start() + 1
        before = text[max(0, match.start() - _LOCAL - 1) : match.start()][::-1]
        local = _MAIL_LOCAL_REVERSED.match(before)
        if local:
            value = f"{local[0][::-1]}@{match[1]}"
            yield _Place(match.start() - len(local[0]), match.end(), "mail", value)


_IPV6_SIGN = re.compile(
    r":(?<!::)(?::(?!:)|(?:[0-9a-f]{1,4}:){5,6}[0-9a-f.]{1,15}(?![0-9a-z_]|:[0-9a-f:]))"
)
_IPV6 = re.compile(
    rf"[0-9a-f:](?:(?<![0-9a-z_].)|{_ESCAPED})(?<![0-9a-f]:.)(?<!::.)"
    r"(?:(?<=:):|[0-9a-f]{0,3}:)(?:[0-9a-f]{0,4}:){0,7}"
    r"(?:[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}|[0-9a-f]{0,4})(?![0-9a-z_:])"
)


def _ipv6(match: re.Match[str]) -> _Place | None:
    found = match[0]
    if found.endswith(":") and not found.endswith("::"):
        found = found[:-1]  # "from 2001:db8::1: closed"
    groups = found.split(":")
    if "::" not in found and len(groups) < 7:  # a time of day, of which logs are full
        return None
    if all(len(group) == 2 for group in groups) or not any(map(str.isdigit, found)):
        return None  # 00:1a:2b:3c:4d:5e:6f:70 is a card's number; :: and dead::beef are words
    try:
        address = IPv6Address(found)
    except AddressValueError:
        return None
    return _Place(match.start(), match.start() + len(found), "ip", str(address))


_IPV4_SIGN = re.compile(r"\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}(?!\.?[0-9])")
_IPV4 = re.compile(
    # not the versions of browsers: Chrome/120.0.0.0 is in every line of an access log
    rf"[0-9](?:(?<![0-9a-z_.].)|{_ESCAPED})(?<!rv:.)(?<!chrome/.)(?<!crios/.)(?<!edg/.)(?<!edga/.)(?<!opr/.)"
    r"(?<!firefox/.)(?<!browser/.)(?<!version/.)[0-9]{0,2}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}"
    r"(?![0-9a-z_])(?!\.[0-9]|\+[a-z])"  # 2.3.19.1+dfsg1 is the version of a package
)


def _ipv4(match: re.Match[str]) -> _Place | None:
    octets = [int(octet) for octet in match[0].split(".")]
    if max(octets) > 255:
        return None
    return _Place(*match.span(), "ip", ".".join(map(str, octets)))


_CARD = re.compile(
    rf"[2-6](?:(?<![0-9a-z_].)|{_ESCAPED})(?<![0-9][-.].)"
    r"(?:[0-9]{12,18}"
    r"|[0-9]{3}([- ])[0-9]{4}\1[0-9]{4}\1[0-9]{4}"
    r"|[0-9]{3}([- ])[0-9]{6}\2[0-9]{5})"
    r"(?![0-9a-z_])(?![-.][0-9])"
)


def _card(match: re.Match[str]) -> _Place | None:
    number = match[0].translate(_SEPARATORS)
    return _Place(*match.span(), "card", number) if _is_luhn(number) else None


def _is_luhn(number: str) -> bool:
    """Whether the check digit is right. Source: ISO/IEC 7812-1, annex B."""
    doubled = number[-2::-2].translate(_DOUBLED)
    return sum(map(int, number[-1::-2] + doubled)) % 10 == 0


_DOUBLED = str.maketrans("0123456789", "0246813579")  # the sum of the digits of its double
_SEPARATORS = dict.fromkeys(map(ord, "-() "))  # to be left out


# In turn: +1 650-253-0000; (03)1234-5678; 03(1234)5678; 03-1234-5678 and 03 1234 5678;
# 0120-12-34-56; 09012345678 and 03-12345678. Directly before or after may be what a phone is.
_PHONE = re.compile(
    rf"[+(0](?:(?<=\()|(?<![0-9a-z_].)|(?<=tel.)|(?<=fax.)|{_ESCAPED})(?<![0-9][-.].)"
    r"(?:(?<=\+)[1-9](?:[-() ]{0,2}[0-9]){7,14}"
    r"|(?<=\()0[0-9]{1,4}\)[- ]?[0-9]{1,4}[- ]?[0-9]{4}"
    r"|(?<=0)(?:[0-9]{1,4}\([0-9]{1,4}\)[- ]?[0-9]{4}"
    r"|[0-9]{1,4}([- ])[0-9]{1,4}\1[0-9]{3,4}"
    r"|[0-9]{3}-[0-9]{2}-[0-9]{2}-[0-9]{2}"
    r"|[0-9]{1,4}[- ]?[0-9]{6,8}))"
    r"(?:(?=tel|fax|ext)|(?![0-9a-z_]))(?![-.][0-9])"
)
_GROUP_END = re.compile(r"[0-9](?![0-9])")


def _phone(match: re.Match[str]) -> _Place | None:
    """A number with its country's code may go on into what follows: its longest valid part."""
    found = match[0]
    stops = [len(found)]
    if found.startswith("+"):
        stops = [group.end() for group in _GROUP_END.finditer(found)]
    for stop in reversed(stops):
        value = _valid_phone(found[:stop].translate(_SEPARATORS))
        if value:
            return _Place(match.start(), match.start() + stop, "phone", value)
    return None


@lru_cache(maxsize=10_000)  # logs name the same few again and again
def _valid_phone(number: str) -> str | None:
    """A number as E.164, where its country has such numbers; without "+", it is one of Japan."""
    import phonenumbers  # only where phone numbers are asked for

    try:
        parsed = phonenumbers.parse(number, "JP")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


@dataclass
class _Node:
    """What may follow some first characters of names, spaces left out."""

    children: dict[str, _Node] = field(default_factory=dict)
    is_end: bool = False
    is_word: bool = False  # the name that ends here ends with an ASCII letter or digit
    has_gap: bool = False  # spaces may come before the children


def _names_patterns(names: tuple[str, ...]) -> list[re.Pattern[str]]:
    """Any of the names, the longest first: a tree, so that a thousand cost little more than one.

    Those that begin with an ASCII letter or digit are apart: letters are everywhere, and would be
    compared with every first character of the others.
    """
    root = _Node()
    escaped = ((name, json_name) for name in names if (json_name := _escaped(name)))
    for name, written in chain(zip(names, names, strict=True), escaped):
        node = root
        for part in _normalized(written).split():
            node.has_gap = True
            for character in part:
                node = node.children.setdefault(character, _Node())
        node.is_end, node.is_word = True, _is_word(_normalized(name)[-1])
    words, others = [], []
    for first, node in root.children.items():
        if _is_word(first):
            begins = f"(?:(?<![a-z0-9].)|{_ESCAPED})"
            words.append(f"{first}{begins}{_names_after(node)}")
        else:
            others.append(re.escape(first) + _names_after(node))
    return [re.compile("|".join(branches)) for branches in (words, others) if branches]


_GAP = r"(?: {0,4}|\\u3000)"  # between the parts of a name
LONGEST_GAP = 6


def _escaped(name: str) -> str:
    """A name as it stands in JSON that is written for ASCII; empty: as it is, or too long."""
    escaped = " ".join(json.dumps(part)[1:-1] for part in name.split())
    longest = len(escaped) + LONGEST_GAP * escaped.count(" ")
    return escaped if escaped != name and longest <= LONGEST_PLACE else ""


def _names_after(node: _Node) -> str:
    """The pattern of what follows the character of `node`."""
    end = "(?![a-z0-9])" if node.is_word else ""
    branches = [re.escape(c) + _names_after(child) for c, child in node.children.items()]
    if not branches:
        return end
    inner = branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"
    inner = f"{_GAP}{inner}" if node.has_gap else inner
    return f"(?:{inner}|{end})" if node.is_end else inner


def _is_word(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _name(match: re.Match[str]) -> _Place:
    found = _UNICODE_ESCAPE.sub(lambda code: chr(int(code[1], 16)), match[0])
    return _Place(*match.span(), "name", "".join(_normalized(found).split()))


_UNICODE_ESCAPE = re.compile(r"\\u([0-9a-f]{4})")
