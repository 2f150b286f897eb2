"""The invented world of one document: who and what exists, how it is named, numbered and measured.

Main names in reading order: `Numbering` (ids of one pattern), `Pool` (ids that come back), `Walk`
(a measured value), `Person`, `Machine`, `Fault`, `Product`, and `World`, which draws them on
first use. Sentences are made in `phrases`, line layouts in `layout`, documents in the `kinds_`
modules.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from longssm_core.corpus.generator import words_en, words_ja
from longssm_core.corpus.generator.clock import (
    COMMON_DATES,
    DATES,
    JAPANESE_DATES,
    Clock,
    Stamp,
)
from longssm_core.corpus.generator.draws import Draws
from longssm_core.corpus.generator.words_types import DomainWords


class Numbering:
    """Ids of one pattern: its own letters, separator, digits and step."""

    def __init__(self, draws: Draws, prefix: str | None = None, width: int | None = None) -> None:
        self.draws = draws
        letters = draws.capitals(draws.between(1, 3)) if prefix is None else prefix
        short = width is not None
        width = width or draws.between(4, 6)
        self.number = draws.between(10 ** (width - 1), 6 * 10 ** (width - 1))
        self.step = draws.pick((1, 1, 1, 2, 3, 5, 7, 10, 11))
        self.jitter = draws.pick((0, 0, 0, 1, 4, 30))
        separator = draws.pick(("-", "-", "", "_", "/", ":", "#"))
        tail = draws.pick(("", "", "", f"-{draws.capitals(1)}", f"/{draws.between(1, 9)}"))
        middle = draws.pick(("", "", f"{draws.between(18, 27)}{draws.between(1, 12):02}-"))
        self.format = (
            f"{letters}{separator}{'' if short else middle}%0{width}d{'' if short else tail}"
        )

    def next(self) -> str:
        """The next id."""
        self.number += self.step + (self.draws.between(0, self.jitter) if self.jitter else 0)
        return self.format % self.number

    def fixed(self, count: int) -> list[str]:
        """`count` ids with irregular gaps, as part numbers have."""
        ids = []
        for _ in range(count):
            self.number += self.draws.between(1, max(self.number // 9, 9))
            ids.append(self.format % self.number)
        return ids


class Pool:
    """Ids that come back: mostly known ones, now and then a new one."""

    def __init__(self, draws: Draws, make: Callable[[], str], renewal: float, size: int) -> None:
        self.draws, self.make, self.renewal = draws, make, renewal
        self.members = [make() for _ in range(size)]

    def __call__(self) -> str:
        """A known id; with the pool's renewal rate a new one that takes an old one's place."""
        random = self.draws.random
        index = int(random() * len(self.members))
        if random() < self.renewal:
            self.members[index] = self.make()
        return self.members[index]


class Walk:
    """A measured value that drifts slowly inside its range, written with its own decimals and
    unit.
    """

    def __init__(self, draws: Draws, name: str, unit: str, low: float, high: float) -> None:
        self.random = draws.random
        self.name, self.unit = name, unit
        span = high - low
        self.low = low + span * 0.6 * draws.random()
        self.high = self.low + span * (0.08 + 0.3 * draws.random())
        decimals = draws.pick((2, 2, 3) if span < 12 else (0, 0, 1) if span > 500 else (0, 1, 1, 2))
        self.value = self.low + (self.high - self.low) * draws.random()
        self.step = (self.high - self.low) * draws.pick((0.02, 0.05, 0.15))
        self.format = f"%.{decimals}f"
        self.limit = self.format % self.high

    def next(self) -> str:
        """The value after one more step, without its unit."""
        value = self.value + (self.random() - 0.5) * self.step
        self.value = min(max(value, self.low), self.high)
        return self.format % self.value


@dataclass(frozen=True)
class Person:
    """Somebody of this world: as written here, the login, and what they do."""

    name: str
    login: str
    role: str
    department: str


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong again and again.

    Always the same code, cause and corrective action.
    """

    code: str
    part: str
    symptom: str
    cause: str
    action: str  # ja "フィルタの交換", en "replace the filter"
    tongue: str

    def say(self, ja: str, en: str) -> str:
        """The wording in the language that the fault itself is written in."""
        return ja if self.tongue == "ja" else en


@dataclass
class Machine:
    """A machine with its state, counter and drifting values."""

    name: str
    code: str
    metrics: list[Walk]
    faults: list[Fault]
    operator: Person
    state: str
    counter: int
    counter_step: int


@dataclass(frozen=True)
class Product:
    """A product with its number, unit price, standard quantity and place in the store."""

    number: str
    name: str
    price: int
    lot_size: int
    bin: str


@dataclass(frozen=True)
class Customer:
    """A business partner and whom and where it always deals with."""

    code: str
    name: str
    owner: Person
    place: str
    carrier: str
    favourites: list[Product] = field(default_factory=list)


class World:
    """Everything one document talks about, drawn from its own source and only when first used."""

    def __init__(self, draws: Draws, language: str, domain: str) -> None:
        self.draws, self.language, self.domain = draws, language, domain
        self.clock = Clock(draws)
        self.register = draws.pick(("polite", "plain", "noun", "noun"))

    # -- language ---------------------------------------------------------------------------

    def tongue(self) -> str:
        """The language of the next piece: mixed worlds toss a coin."""
        if self.language == "mixed":
            return self.draws.pick(("ja", "en"))
        return self.language

    def say(self, ja: str, en: str) -> str:
        """One of two wordings."""
        return ja if self.tongue() == "ja" else en

    def choose(self, ja: Sequence[str], en: Sequence[str]) -> str:
        """A word from the list of the language."""
        return self.draws.pick(ja if self.tongue() == "ja" else en)

    def domain_words(self, tongue: str) -> DomainWords:
        """The words of this world's line of work."""
        return (words_ja.DOMAINS if tongue == "ja" else words_en.DOMAINS)[self.domain]

    # -- names ------------------------------------------------------------------------------

    def coined(self) -> str:
        """A new Latin word, such as "velcora"."""
        draws = self.draws
        body = "".join(draws.pick(words_en.SYLLABLES) for _ in range(draws.between(1, 2)))
        return body + draws.pick(words_en.SYLLABLE_ENDS)

    def katakana(self) -> str:
        """A new Japanese brand-like word."""
        return "".join(self.draws.pick(words_ja.KATAKANA) for _ in range(self.draws.between(3, 4)))

    def place(self) -> str:
        """An invented town."""
        if self.tongue() == "ja":
            return self.draws.pick(words_ja.PLACES)[0]
        return self.draws.pick(words_en.PLACE_HEADS) + self.draws.pick(words_en.PLACE_TAILS)

    def company(self, carrier: bool = False) -> str:
        """An invented company."""
        draws = self.draws
        if self.tongue() == "ja":
            tails = words_ja.CARRIER_TAILS if carrier else words_ja.COMPANY_TAILS
            stem = draws.pick(words_ja.COMPANY_STEMS) + draws.pick(tails)
            return draws.pick(words_ja.COMPANY_FORMS).format(stem)
        tails = words_en.CARRIER_TAILS if carrier else words_en.COMPANY_TAILS
        stem = f"{draws.pick(words_en.COMPANY_STEMS)} {draws.pick(tails)}"
        return draws.pick(words_en.COMPANY_FORMS).format(stem)

    def department(self) -> str:
        """A department's name."""
        return self.draws.pick(self.domain_words(self.tongue()).departments)

    @cached_property
    def _name_style(self) -> int:
        return self.draws.between(0, 5)

    def _person(self) -> Person:
        draws, style = self.draws, self._name_style
        role = self.choose(words_ja.ROLES, words_en.ROLES)
        if self.tongue() == "ja":
            (family, family_latin), (given, given_latin) = (
                draws.pick(words_ja.SURNAMES),
                draws.pick(words_ja.GIVEN_NAMES),
            )
            name = (family, family, f"{family}{given}", f"{family} {given}", f"{family}　{given}")[
                min(style, 4)
            ]
        else:
            family_latin, given_latin = (
                draws.pick(words_en.SURNAMES),
                draws.pick(words_en.GIVEN_NAMES),
            )
            forms = ("{g} {f}", "{i}. {f}", "{f}", "{g} {f}", "{f}, {g}", "{g}")
            name = forms[style].format(f=family_latin, g=given_latin, i=given_latin[0])
        return Person(name, self._login(family_latin, given_latin), role, self.department())

    def _login(self, family: str, given: str) -> str:
        family, given = family.lower(), given.lower()
        forms = (f"{given[0]}{family}", f"{given}.{family}", f"{family}-{given[0]}", family, given)
        return forms[self._name_style % 5]

    @cached_property
    def people(self) -> list[Person]:
        """The people, those first in the list being met most often."""
        return [self._person() for _ in range(self.draws.between(5, 14))]

    @cached_property
    def places(self) -> list[str]:
        """Sites and destinations."""
        return [self.place() for _ in range(self.draws.between(3, 9))]

    @cached_property
    def company_name(self) -> str:
        """Whose document this is."""
        return self.company()

    @cached_property
    def internet_domain(self) -> str:
        """A reserved example domain with an invented host part."""
        return f"{self.coined()}.example{self.draws.pick(('', '.com', '.org', '.net'))}"

    def fellow(self, *others: Person) -> Person:
        """Somebody who is none of the others."""
        rest = [person for person in self.people if person not in others]
        return self.draws.often(rest or self.people)

    # -- technology -------------------------------------------------------------------------

    @cached_property
    def hosts(self) -> list[str]:
        """Host names of one house style."""
        draws = self.draws
        style = draws.between(0, 3)
        site = draws.pick(words_ja.PLACES)[1] if self.language != "en" else self.coined()
        names = []
        for number in range(draws.between(3, 9)):
            use = draws.pick(words_en.PACKAGES)
            names.append(
                (
                    f"{use}{number + 1:02}",
                    f"{site[:4]}-{use}-{number + 1}",
                    f"{self.coined()}",
                    f"{use}-{draws.between(1, 99)}.{site}",
                )[style]
            )
        return names

    @cached_property
    def addresses(self) -> list[str]:
        """Private or documentation addresses."""
        draws = self.draws
        net = draws.pick(
            (
                f"10.{draws.between(0, 255)}.{draws.between(0, 255)}",
                f"192.168.{draws.between(0, 255)}",
                f"172.{draws.between(16, 31)}.{draws.between(0, 255)}",
                "192.0.2",
                "198.51.100",
                "203.0.113",
            )
        )
        return [f"{net}.{draws.between(1, 254)}" for _ in range(draws.between(6, 24))]

    @cached_property
    def components(self) -> list[str]:
        """Names of programs or subsystems, one style per document."""
        draws = self.draws
        style = draws.between(0, 4)
        count = draws.between(5, 12)
        if style == 0 and self.language != "en":
            return draws.some(self.domain_words("ja").parts, count)
        heads = draws.some(words_en.PACKAGES, count)
        root = f"{draws.pick(('com', 'org', 'jp.co', 'net'))}.{self.coined()}"
        forms: list[str] = []
        for head in heads:
            tail = draws.pick(words_en.CLASS_TAILS)
            forms.append(
                (
                    head,
                    f"{head}-{tail.lower()}",
                    f"{root}.{head}.{head.capitalize()}{tail}",
                    f"{head.capitalize()}{tail}",
                    f"{head}.{tail.lower()}",
                )[style]
            )
        return forms

    # -- plant ------------------------------------------------------------------------------

    def walks(self, count: int) -> list[Walk]:
        """New measured values of different kinds."""
        options = words_ja.METRICS if self.tongue() == "ja" else words_en.METRICS
        return [Walk(self.draws, *metric) for metric in self.draws.some(options, count)]

    @cached_property
    def machine_states(self) -> tuple[str, ...]:
        """The words for what a machine is doing; the last one means trouble."""
        return self.draws.pick(
            words_ja.MACHINE_STATES if self.tongue() == "ja" else words_en.MACHINE_STATES
        )

    @cached_property
    def faults(self) -> list[Fault]:
        """The faults that recur in this document."""
        prefix = self.draws.pick(("E", "F", "AL", "ERR", "W", "K", None))
        codes = Numbering(self.draws, prefix, self.draws.pick((2, 3, 3, 4)))
        return [self._fault(code) for code in codes.fixed(self.draws.between(4, 9))]

    def _fault(self, code: str) -> Fault:
        draws, tongue = self.draws, self.tongue()
        source = self.domain_words(tongue)
        trouble = draws.pick(source.troubles)
        part, kind = draws.pick(trouble.parts), draws.pick(trouble.faults)
        remedied = part if draws.chance(0.8) else draws.pick(trouble.parts)
        remedy, cause = draws.pick(trouble.remedies), draws.pick(trouble.causes or source.causes)
        if tongue == "ja":
            return Fault(code, part, f"{part}の{kind}", cause, f"{remedied}の{remedy}", tongue)
        return Fault(code, part, f"{part} {kind}", cause, f"{remedy} the {remedied}", tongue)

    @cached_property
    def machines(self) -> list[Machine]:
        """The machines of the plant, named in one style."""
        draws = self.draws
        tongue = self.tongue()
        kinds = draws.some(words_ja.MACHINES if tongue == "ja" else words_en.MACHINES, 4)
        form = draws.pick(words_ja.MACHINE_FORMS if tongue == "ja" else words_en.MACHINE_FORMS)
        codes = Numbering(draws, width=draws.between(3, 5)).fixed(9)
        machines = []
        for number in range(draws.between(4, 9)):
            name = form.format(draws.pick(kinds), number + 1)
            metrics = self.walks(draws.between(2, 4))
            machines.append(
                Machine(
                    name=name,
                    code=codes[number],
                    metrics=metrics,
                    faults=draws.some(self.faults, draws.between(1, 3)),
                    operator=draws.often(self.people),
                    state=self.machine_states[0],
                    counter=draws.between(0, 99999),
                    counter_step=draws.between(1, 60),
                )
            )
        return machines

    @cached_property
    def spots(self) -> list[str]:
        """Where things happen in this line of work: machines, hosts, sites or departments."""
        if self.domain == "plant":
            return [machine.name for machine in self.machines]
        if self.domain == "it":
            return self.hosts
        if self.domain == "logistics":
            return self.places
        return list(dict.fromkeys(self.department() for _ in range(6)))

    # -- trade ------------------------------------------------------------------------------

    @cached_property
    def _trade(self) -> int:
        return self.draws.between(0, len(words_ja.GOODS) - 1)

    def product_name(self) -> str:
        """What a product of this world's trade is called."""
        draws = self.draws
        if self.tongue() == "ja":
            goods = words_ja.GOODS[self._trade]
            brand = draws.pick(goods.modifiers) if draws.chance(0.6) else self.katakana()
            return brand + draws.pick(goods.products)
        goods = words_en.GOODS[self._trade]
        name = f"{draws.pick(goods.modifiers)} {draws.pick(goods.products)}"
        return name if draws.chance(0.6) else f"{self.coined().capitalize()} {name}"

    @cached_property
    def products(self) -> list[Product]:
        """The range of goods, each with its own price, lot size and bin."""
        draws = self.draws
        aisle = draws.pick(("{}-{:02}-{}", "{}{:02}{}", "{}.{:02}.{}", "{}棚{:02}-{}", "R{}/{}/{}"))
        if self.language == "en" and "棚" in aisle:
            aisle = "{}-{:02}{}"
        return [
            Product(
                number,
                self.product_name(),
                draws.between(2, 400) * draws.pick((5, 10, 100)),
                draws.pick((6, 10, 12, 20, 24, 48, 50, 100, 144, 250)),
                aisle.format(draws.capitals(1), draws.between(1, 40), draws.between(1, 6)),
            )
            for number in Numbering(draws).fixed(draws.between(6, 14))
        ]

    @cached_property
    def customers(self) -> list[Customer]:
        """The customers; each keeps its owner, destination, carrier and favourite goods."""
        draws = self.draws
        carriers = [self.company(carrier=True) for _ in range(3)]
        codes = Numbering(draws).fixed(12)
        return [
            Customer(
                code=codes[index],
                name=self.company(),
                owner=draws.pick(self.people),
                place=draws.pick(self.places),
                carrier=draws.often(carriers),
                favourites=draws.some(self.products, draws.between(1, 4)),
            )
            for index in range(draws.between(5, 12))
        ]

    @cached_property
    def money(self) -> Callable[[int], str]:
        """How amounts are written here."""
        if self.language == "ja":
            styles: tuple[Callable[[int], str], ...] = (
                lambda n: f"{n:,}円",
                lambda n: f"¥{n:,}",
                lambda n: f"{n}円",
                lambda n: f"{n:,}",
            )
        else:
            styles = (
                lambda n: f"{n / 100:,.2f}",
                lambda n: f"EUR {n / 100:.2f}",
                lambda n: f"${n / 100:,.2f}",
                lambda n: f"{n:,} JPY",
                lambda n: f"GBP {n / 100:,.2f}",
            )
        return self.draws.pick(styles)

    @cached_property
    def date(self) -> Callable[[], str]:
        """Today's date in this document's style."""
        style: Stamp = DATES[
            self.draws.pick(JAPANESE_DATES if self.language == "ja" else COMMON_DATES)
        ]
        return lambda: style(self.clock)

    def due(self, days: int) -> str:
        """A short date some days ahead."""
        date = self.clock.date_after(days)
        if self.language == "ja":
            return (
                f"{date.month}月{date.day}日"
                if self.register == "polite"
                else f"{date.month}/{date.day}"
            )
        return f"{date.year}-{date.month:02}-{date.day:02}"

    def time(self) -> str:
        """Hour and minute."""
        return f"{self.clock.hour:02}:{self.clock.minute:02}"
