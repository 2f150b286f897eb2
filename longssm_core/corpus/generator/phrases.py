"""Message templates that are new in every document, put together from pieces of grammar.

`Phrasebook` composes a template once (fixed words) and fills its slots at every use (ids, hosts,
counts); `Chain` orders templates the way programs do: one event is usually followed by the same
next one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from longssm_core.corpus.generator import words_en, words_ja
from longssm_core.corpus.generator.world import Fault, Numbering, Pool, World

Slot = Callable[[], str]

DONE = {"polite": "しました", "plain": "した", "noun": ""}
WAS_DONE = {"polite": "されました", "plain": "された", "noun": ""}
DOING = {"polite": "しています", "plain": "している", "noun": "中"}
TO_DO = {"polite": "をお願いします", "plain": "を行うこと", "noun": "が必要"}  # after a noun
WILL_DO = {"polite": "します", "plain": "する", "noun": "予定"}
IS = {"polite": "です", "plain": "である", "noun": ""}

JAPANESE_FAILURES = (
    "に失敗",
    "がタイムアウト",
    "を中断",
    "を再試行",
    "が上限を超過",
    "を拒否",
    "の応答なし",
    "が競合",
)
JAPANESE_STEPS = ("を開始", "を完了", "を確認", "が終了", "を受理", "を再開", "を保留", "を記録")
ENGLISH_FAILURES = (
    "failed",
    "timed out",
    "was aborted",
    "will be retried",
    "exceeded its limit",
    "was rejected",
    "is not responding",
    "conflicts with another one",
)
ENGLISH_STEPS = (
    "started",
    "completed",
    "confirmed",
    "finished",
    "accepted",
    "resumed",
    "put on hold",
    "recorded",
)


def past(verb: str) -> str:
    """The past form of a regular English verb."""
    if verb.endswith("e"):
        return verb + "d"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb[:-1] + "ied"
    return verb + "ed"


def gerund(verb: str) -> str:
    """The -ing form of a regular English verb."""
    return (verb[:-1] if verb.endswith("e") and not verb.endswith("ee") else verb) + "ing"


def plural(noun: str) -> str:
    """The plural of a regular English noun."""
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s")


def past_phrase(phrase: str) -> str:
    """ "replace the filter" as "replaced the filter"."""
    verb, _, rest = phrase.partition(" ")
    return f"{past(verb)} {rest}".rstrip()


def capitalized(text: str) -> str:
    """The text with its first letter in upper case."""
    return text[:1].upper() + text[1:]


@dataclass(frozen=True)
class Template:
    """A sentence with open places: `pattern % slots`."""

    level: int
    source: str
    pattern: str
    slots: tuple[Slot, ...]

    def text(self) -> str:
        """The sentence with its places filled."""
        return self.pattern % tuple([slot() for slot in self.slots])


class Phrasebook:
    """The templates and slots of one document."""

    def __init__(self, world: World) -> None:
        self.world = world
        draws = world.draws
        self.words = {tongue: world.domain_words(tongue) for tongue in ("ja", "en")}
        self.vocabulary = {
            tongue: (
                draws.some(source.things, 9),
                draws.some(words_ja.PROCESSES if tongue == "ja" else words_en.PROCESSES, 8),
            )
            for tongue, source in self.words.items()
        }
        self.ids = [
            Pool(draws, Numbering(draws).next, 0.08, 12),
            Pool(draws, Numbering(draws).next, 0.5, 4),
            Pool(draws, lambda: draws.hexadecimal(8), 0.1, 10),
        ]
        self.keys = draws.some(words_en.PACKAGES, 6)
        self.kv = draws.pick(("{}=%s", "{}=%s", "{}: %s", "{}:%s", "[{}=%s]", '{}="%s"', "{} %s"))
        self.tail_gap = draws.pick((" ", ", ", "; ", " | "))
        self.between = draws.between

    # -- slots ------------------------------------------------------------------------------

    def _number(self) -> Slot:
        draws = self.world.draws
        base, spread = draws.between(0, 400), draws.pick((3, 20, 300, 9000))
        return lambda: str(base + int(draws.random() * draws.random() * spread))

    def _cycle(self) -> Slot:
        """A counter that rises by its own step."""
        state = [self.between(0, 50000)]
        step = self.world.draws.pick((1, 1, 2, 4, 8, 16, 100, 256))

        def count() -> str:
            state[0] += step
            return str(state[0])

        return count

    def _member(self) -> Slot:
        world, draws = self.world, self.world.draws
        options: list[str] = draws.pick(
            (world.hosts, world.addresses, [p.login for p in world.people], world.components)
        )
        return lambda: draws.often(options)

    # -- templates --------------------------------------------------------------------------

    def templates(self, count: int) -> list[Template]:
        """`count` new templates, some of them warnings and errors."""
        return [self.template() for _ in range(count)]

    def template(self) -> Template:
        """One new template in the tongue of the world."""
        draws, world = self.world.draws, self.world
        level = draws.pick((0, 0, 0, 0, 0, 1, 2, 3))
        tongue = world.tongue()
        pattern, slots = (self._japanese if tongue == "ja" else self._english)(level)
        for _ in range(draws.pick((0, 1, 1, 2, 3))):
            tail, slot = self._tail(tongue)
            pattern += tail
            slots.append(slot)
        return Template(level, draws.pick(world.components), pattern, tuple(slots))

    def _japanese(self, level: int) -> tuple[str, list[Slot]]:
        draws, register = self.world.draws, self.world.register
        things, processes = self.vocabulary["ja"]
        thing, process = draws.pick(things), draws.pick(processes)
        ids = draws.pick(self.ids)
        subject, slots = draws.pick(
            (
                (f"{thing}%sの{process}", [ids]),
                (f"{thing}の{process}", []),
                (f"{process}（{thing} %s）", [ids]),
                (f"{draws.pick(self.words['ja'].parts)}の{thing}{process}", []),
            )
        )
        if level in (1, 2):
            ending = draws.pick(JAPANESE_FAILURES)
            if ending == "の応答なし":
                return subject + ending, list(slots)
        else:
            ending = draws.pick(JAPANESE_STEPS)
        return subject + ending + DONE[register], list(slots)

    def _english(self, level: int) -> tuple[str, list[Slot]]:
        draws = self.world.draws
        things, processes = self.vocabulary["en"]
        thing, process = draws.pick(things), draws.pick(processes)
        verb = draws.pick(self.words["en"].actions)
        ids: Slot = draws.pick(self.ids)
        outcome = draws.pick(ENGLISH_FAILURES if level in (1, 2) else ENGLISH_STEPS)
        shapes: tuple[tuple[str, list[Slot]], ...] = (
            (f"{thing} {process} {outcome}", []),
            (f"{process} of {thing} %s {outcome}", [ids]),
            (f"{capitalized(gerund(verb))} {thing} %s", [ids]),
            (f"{past(verb)} %s {plural(thing)}", [self._number()]),
            (f"{capitalized(thing)} %s: {process} {outcome}", [ids]),
            (
                (f"cannot {verb} {thing} %s", [ids])
                if level in (1, 2)
                else (f"{thing} %s {past(verb)}", [ids])
            ),
        )
        return draws.pick(shapes)

    def _tail(self, tongue: str) -> tuple[str, Slot]:
        draws = self.world.draws
        gap = self.tail_gap
        if tongue == "ja":
            return draws.pick(
                (
                    ("（所要%sミリ秒）", self._number()),
                    ("、担当%s", self._login()),
                    ("、件数%s", self._number()),
                    (f"、{draws.pick(self.world.components)}から%s件", self._number()),
                    ("、再試行%s回目", lambda: str(draws.between(1, 5))),
                    ("、通番%s", self._cycle()),
                    (gap + self.kv.format(draws.pick(self.keys)), self._member()),
                )
            )
        return draws.pick(
            (
                (" in %s ms", self._number()),
                (" for %s", self._login()),
                (" from %s", self._member()),
                (" (attempt %s of 5)", lambda: str(draws.between(1, 5))),
                (" to %s", self._member()),
                (gap + self.kv.format(draws.pick(self.keys)), self._member()),
                (gap + self.kv.format(draws.pick(self.keys)), self._cycle()),
                (gap + self.kv.format(draws.pick(self.keys)), self._number()),
            )
        )

    def _login(self) -> Slot:
        world, draws = self.world, self.world.draws
        return lambda: draws.often(world.people).login


class Chain:
    """Templates in a habitual order: each has a usual successor."""

    def __init__(self, world: World, templates: list[Template], habit: float = 0.6) -> None:
        self.draws, self.templates, self.habit = world.draws, templates, habit
        order = world.draws.shuffled(range(len(templates)))
        self.successor = {order[i]: order[(i + 1) % len(order)] for i in range(len(order))}
        self.at = 0

    def next(self) -> Template:
        """The template that comes next."""
        if self.draws.chance(self.habit):
            self.at = self.successor[self.at]
        else:
            self.at = int(self.draws.random() * self.draws.random() * len(self.templates))
        return self.templates[self.at]


# -- sentences about people and faults, used by the business documents --------------------------


def remark(world: World) -> str:
    """A short closing remark."""
    return world.choose(words_ja.COMMENTS, words_en.COMMENTS)


def fault_sentence(world: World, machine: str, fault: Fault, time: str) -> str:
    """That a fault was seen on a machine at a time."""
    done = WAS_DONE[world.register]
    symptom = fault.symptom
    return fault.say(
        world.draws.pick(
            (
                f"{time} {machine}で{symptom}が発生{DONE[world.register]}。",
                f"{machine}にて{symptom}を確認{DONE[world.register]}（{time}）。",
                f"{time}頃、{machine}の{symptom}が報告{done}。",
            )
        ),
        world.draws.pick(
            (
                f"At {time} {machine} stopped with {symptom}.",
                f"{capitalized(symptom)} on {machine} at {time}.",
                f"{machine} showed {symptom} ({time}).",
            )
        ),
    )
