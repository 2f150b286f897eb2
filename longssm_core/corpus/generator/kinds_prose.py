"""Documents written by people.

Shift reports, handover books, minutes, mails, release notes, chats, diaries.

Each function yields the lines of one document without end; `generate` cuts them. `PROSE_KINDS`
lists them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from longssm_core.corpus.generator import words_en, words_ja
from longssm_core.corpus.generator.phrases import (
    DOING,
    DONE,
    IS,
    TO_DO,
    WILL_DO,
    capitalized,
    fault_sentence,
    gerund,
    past,
    past_phrase,
    plural,
    remark,
)
from longssm_core.corpus.generator.world import Fault, Machine, Numbering, Person, World

Lines = Iterator[str]


def _rota(world: World) -> list[tuple[str, Person, int]]:
    """The shifts of a day with their leaders and starting hours."""
    names = world.draws.pick(
        words_ja.SHIFT_NAMES if world.tongue() == "ja" else words_en.SHIFT_NAMES
    )
    first = world.draws.between(5, 8)
    return [
        (name, world.people[index % len(world.people)], (first + index * 24 // len(names)) % 24)
        for index, name in enumerate(names)
    ]


def _trouble(world: World, machine: Machine, fault: Fault, seen: dict[str, str]) -> str:
    """What happened, why, what was done, and when it was last seen."""
    minutes, who, is_ = world.draws.between(5, 90), machine.operator.name, IS[world.register]
    before, seen[fault.code] = seen.get(fault.code), world.date()
    text = fault_sentence(world, machine.name, fault, world.time())
    if fault.tongue == "ja":
        text += (
            f"原因は{fault.cause}{is_}。{who}が{fault.action}を実施（停止{minutes}分、"
            f"{fault.code}）。"
        )
        return text + (f"前回は{before}に発生。" if before else "初発。")
    text += (
        f" The cause was {fault.cause}; {who} {past_phrase(fault.action)} ({minutes} min down,"
        f" {fault.code})."
    )
    return text + (f" Last seen on {before}." if before else " First time.")


def shift_report(world: World) -> Lines:
    """Daily shift reports.

    A table per machine with targets, troubles told in sentences, exact totals, the next leader.
    """
    draws, clock = world.draws, world.clock
    rota, department, seen = _rota(world), world.department(), dict[str, str]()
    target = {machine.name: machine.counter_step * 24 for machine in world.machines}
    product = {machine.name: draws.pick(world.products) for machine in world.machines}
    title = world.say(
        draws.pick(("製造日報", "作業日報", "運転日報", "直報告書")),
        draws.pick(("Shift report", "Daily report", "Production report")),
    )
    label = _labels(world)
    rule = draws.pick(("", "----", "======", "＊＊＊" if world.language == "ja" else "***"))
    while True:
        for index, (shift, leader, hour) in enumerate(rota):
            clock.set_hour(hour, 30)
            yield f"{title} {world.date()} {shift} {department}"
            yield (
                f"{label[0]}{leader.name}　{label[1]}{draws.pick(words_ja.WEATHER)}"
                if world.language == "ja"
                else f"{label[0]}{leader.name}, {label[1]}{draws.pick(words_en.WEATHER)}"
            )
            made = scrap = 0
            for machine in world.machines:
                count = int(target[machine.name] * (0.8 + draws.random() * 0.25))
                bad = draws.between(0, 5)
                made, scrap = made + count, scrap + bad
                yield (
                    f"{machine.name} {product[machine.name].name} {label[2]}{target[machine.name]}"
                    f" {label[3]}{count} {label[4]}{bad}"
                )
            yield f"{label[5]} {label[3]}{made} {label[4]}{scrap}"
            for _ in range(draws.between(0, 3)):
                machine = draws.often(world.machines)
                clock.wander(300, 4000)
                yield _trouble(world, machine, draws.often(machine.faults), seen)
            following = rota[(index + 1) % len(rota)]
            yield (
                f"{label[6]}{following[0]} {following[1].name}{world.say('さんへ', '')}"
                f" {remark(world)}"
            )
            yield rule


def _labels(world: World) -> tuple[str, ...]:
    if world.tongue() == "ja":
        return ("記録者：", "天候：", "計画", "実績", "不良", "合計", "申し送り：")
    return ("written by ", "weather ", "plan ", "actual ", "scrap ", "Total", "Handed to ")


@dataclass
class OpenItem:
    """Something that is carried from shift to shift until it is done."""

    number: str
    text: str
    owner: Person
    since: str
    fault: Fault


def handover(world: World) -> Lines:
    """Handover book.

    Who passes to whom, and open items carried on in the same words until they are closed.
    """
    draws, clock = world.draws, world.clock
    rota, numbers, items = _rota(world), Numbering(draws), list[OpenItem]()
    heading = world.say(
        draws.pick(("引継ぎ簿", "申し送り", "引継事項")),
        draws.pick(("Handover", "Shift handover", "Log of handovers")),
    )
    bullet = draws.pick(
        ("・", "- ", "○", "＊") if world.language == "ja" else ("- ", "* ", "o ", "> ")
    )
    arrow, done = (
        draws.pick((" → ", "から", " ⇒ ") if world.language == "ja" else (" -> ", " to ", " > ")),
        DONE[world.register],
    )
    while True:
        for index, (shift, leader, hour) in enumerate(rota):
            clock.set_hour(hour)
            following = rota[(index + 1) % len(rota)]
            yield (
                f"{heading} {world.date()} {world.time()} {shift}"
                f" {leader.name}{arrow}{following[0]} {following[1].name}"
            )
            for item in list(items):
                if draws.chance(0.22):
                    items.remove(item)
                    yield bullet + item.fault.say(
                        f"【完了】{item.number} {item.text}"
                        f" {item.owner.name}が{item.fault.action}を完了{done}。",
                        f"[done] {item.number} {item.text} {item.owner.name}"
                        f" {past_phrase(item.fault.action)}.",
                    )
                else:
                    yield bullet + item.fault.say(
                        f"【継続】{item.number} {item.text}"
                        f"（{item.since}から、担当{item.owner.name}）",
                        f"[open] {item.number} {item.text} (since {item.since}, {item.owner.name})",
                    )
            for _ in range(draws.between(0, 2) if len(items) < 7 else 0):
                machine = draws.often(world.machines)
                fault = draws.often(machine.faults)
                text = fault.say(
                    f"{machine.name} {fault.symptom}。{fault.action}{TO_DO[world.register]}。",
                    f"{machine.name}: {fault.symptom}, please {fault.action}.",
                )
                items.append(
                    OpenItem(numbers.next(), text, draws.often(world.people), world.date(), fault)
                )
                yield bullet + fault.say(
                    f"【新規】{items[-1].number} {text}", f"[new] {items[-1].number} {text}"
                )
            yield bullet + remark(world)
            yield ""


def meeting_minutes(world: World) -> Lines:
    """Minutes of a regular meeting.

    The same circle, standing topics, actions with owners that the next meeting reviews.
    """
    draws, clock = world.draws, world.clock
    numbers, actions = (
        Numbering(draws, draws.pick(("A", "AI", "宿題" if world.language == "ja" else "ACT"))),
        list[tuple[str, str, Person, str]](),
    )
    topics = draws.some(words_ja.TOPICS if world.tongue() == "ja" else words_en.TOPICS, 6)
    sources = world.domain_words(world.tongue())
    name = world.say(
        f"{world.department()}{draws.pick(('定例会議', '進捗会議', '品質会議', '連絡会'))}",
        f"{world.department()}"
        f" {draws.pick(('weekly', 'review', 'standing meeting', 'steering group'))}",
    )
    owners = {topic: draws.often(world.people) for topic in topics}
    writer, count, hour = draws.pick(world.people), draws.between(2, 90), draws.between(9, 16)
    done, will, doing = DONE[world.register], WILL_DO[world.register], DOING[world.register]
    while True:
        count += 1
        present = draws.some(world.people, draws.between(3, 6))
        if world.tongue() == "ja":
            yield f"第{count}回 {name} 議事録"
            yield f"日時：{world.date()} {hour}:00～　場所：{draws.pick(world.places)}会議室"
            yield f"出席：{'、'.join(p.name for p in present)}　記録：{writer.name}"
        else:
            yield f"{name}, no. {count}, {world.date()} {hour}:00, {draws.pick(world.places)} room"
            yield f"Present: {', '.join(p.name for p in present)}. Minutes: {writer.name}"
        yield world.say("1. 前回宿題の確認", "1. Open actions")
        for action in list(actions):
            number, task, person, due = action
            if draws.chance(0.45):
                actions.remove(action)
                yield world.say(
                    f"  {number} {task}（{person.name}、期限{due}）：完了",
                    f"  {number} {task} ({person.name}, due {due}): done",
                )
            else:
                yield world.say(
                    f"  {number} {task}（{person.name}、期限{due}）：継続",
                    f"  {number} {task} ({person.name}, due {due}): still open",
                )
        for index, topic in enumerate(draws.some(topics, draws.between(2, 4))):
            owner, fault = owners[topic], draws.often(world.faults)
            other = world.fellow(owner)
            yield f"{index + 2}. {topic}"
            yield fault.say(
                f"  {owner.name}より報告。{fault.symptom}は{fault.cause}によるもの。"
                f"{fault.action}を実施{done}。",
                f"  {owner.name} reported. The {fault.symptom} came from {fault.cause}; the team"
                f" {past_phrase(fault.action)}.",
            )
            yield world.say(
                f"  {other.name}：{draws.pick(sources.things)}の{draws.pick(words_ja.PROCESSES)}"
                f"を検討{doing}。"
                f"次回までに整理{will}。",
                f"  {other.name} asked about the {draws.pick(sources.things)}; {owner.name} will"
                " report next time.",
            )
            if len(actions) < 8 and draws.chance(0.7):
                task = world.say(
                    f"{draws.pick(sources.things)}の{draws.pick(words_ja.PROCESSES)}",
                    f"{draws.pick(sources.actions)} the {draws.pick(sources.things)}",
                )
                actions.append((numbers.next(), task, other, world.due(draws.between(3, 21))))
                yield (
                    world.say("  → ", "  -> ")
                    + f"{actions[-1][0]} {task} {other.name} {actions[-1][3]}"
                )
        clock.advance(7 * 86400)
        yield world.say(f"次回：{world.date()} {hour}:00", f"Next: {world.date()} {hour}:00")
        yield ""


def email_thread(world: World) -> Lines:
    """Mail threads.

    Subjects that return, quoted lines of the mail before, each sender's own signature.
    """
    draws, clock, number = world.draws, world.clock, Numbering(world.draws)
    threads: list[tuple[str, Fault, list[str], str, Person, Person]] = []
    domain, phone = (
        world.internet_domain,
        {p.login: f"{draws.between(1000, 9999)}" for p in world.people},
    )
    while True:
        clock.wander(600, 20000)
        sender = draws.often(world.people)
        receiver = world.fellow(sender)
        reply = len(threads) > 3 or (bool(threads) and draws.chance(0.6))
        if reply:
            index = int(draws.random() * len(threads))
            ticket, fault, quoted, subject, receiver, sender = threads[index]
            threads[index] = (ticket, fault, quoted, subject, sender, receiver)
        else:
            ticket, fault, quoted = number.next(), draws.often(world.faults), []
            subject = fault.say(f"【{ticket}】{fault.symptom}の件", f"[{ticket}] {fault.symptom}")
        yield f"From: {sender.name} <{sender.login}@{domain}>"
        yield f"To: {receiver.name} <{receiver.login}@{domain}>"
        yield f"Date: {world.date()} {world.time()}"
        yield f"Subject: {'Re: ' if reply else ''}{subject}"
        yield ""
        body = list(_mail_body(world, sender, receiver, fault, ticket, reply))
        yield from body
        for line in quoted:
            yield f"> {line}"
        yield from (
            "--",
            f"{sender.name} / {sender.department}",
            f"{world.company_name} {world.say('内線', 'ext.')} {phone[sender.login]}",
            "",
        )
        if not reply:
            threads.append((ticket, fault, body[1:4], subject, sender, receiver))
        elif draws.chance(0.3):
            threads.pop(index)


def _mail_body(
    world: World, sender: Person, receiver: Person, fault: Fault, ticket: str, reply: bool
) -> Lines:
    draws = world.draws
    if fault.tongue == "ja":
        yield draws.pick(
            (
                f"{receiver.name}様",
                f"{receiver.name}さん",
                f"{receiver.department} {receiver.name}様",
            )
        )
        yield f"お疲れ様です。{sender.name}です。"
        if reply:
            yield draws.pick(
                (
                    f"{ticket}の件、原因は{fault.cause}でした。",
                    f"ご連絡ありがとうございます。{fault.action}を手配しました。",
                    f"{fault.symptom}ですが、{fault.action}の後は再発していません。",
                )
            )
        else:
            yield f"{draws.often(world.spots)}で{fault.symptom}（{fault.code}）が発生しました。"
            yield draws.pick(
                (
                    "ご確認をお願いします。",
                    f"{world.due(draws.between(1, 6))}までにご回答ください。",
                    "状況が分かり次第ご連絡ください。",
                )
            )
        yield "よろしくお願いいたします。"
        return
    yield draws.pick((f"Hi {receiver.name},", f"Dear {receiver.name},", f"{receiver.name},"))
    if reply:
        yield draws.pick(
            (
                f"about {ticket}: the cause was {fault.cause}.",
                f"thanks for letting us know. We {past_phrase(fault.action)} this morning.",
                f"the {fault.symptom} has not come back since we {past_phrase(fault.action)}.",
            )
        )
    else:
        yield f"we have seen {fault.symptom} ({fault.code}) on {draws.often(world.spots)}."
        yield draws.pick(
            (
                "Could you have a look?",
                f"Please answer by {world.due(draws.between(1, 6))}.",
                "Let me know when you know more.",
            )
        )
    yield draws.pick(("Best regards,", "Thanks,", "Kind regards,"))


def release_notes(world: World) -> Lines:
    """Release notes with versions descending, the same authors and components, issue numbers that
    are referred to again.
    """
    draws, clock = world.draws, world.clock
    major, minor, patch = draws.between(3, 14), draws.between(4, 30), draws.between(0, 9)
    product = (
        draws.pick((world.coined().capitalize(), world.katakana()))
        if world.language != "en"
        else world.coined().capitalize()
    )
    issue, sources = draws.between(30_000, 99_000), world.domain_words(world.tongue())
    components, parts = draws.some(world.components, 6), draws.some(sources.parts, 8)
    owners = {component: draws.often(world.people) for component in components}
    heads = draws.pick(
        (("追加", "修正", "変更"), ("新機能", "不具合修正", "改善"))
        if world.tongue() == "ja"
        else (
            ("Added", "Fixed", "Changed"),
            ("Features", "Bug fixes", "Improvements"),
            ("New", "Fixes", "Internal"),
        )
    )
    mark, title, bullet = (
        draws.pick(("#{}", "GH-{}", "[{}]", "(#{})")),
        draws.pick(("## {} - {}", "## [{}] {}", "### v{} ({})", "{} / {}")),
        draws.pick(("- ", "* ", "  * ")),
    )
    seen: list[str] = []
    things, fixes = (
        draws.some(sources.things, 9),
        [f for t in sources.troubles for f in draws.some(t.faults, 4)],
    )
    yield f"# {product} {world.say('変更履歴', 'changelog')}"
    while True:
        yield ""
        yield title.format(f"{major}.{minor}.{patch}", world.date())
        for head in [head for head in heads if draws.chance(0.6)] or heads[:1]:
            yield f"### {head}"
            for _ in range(draws.between(1, 5)):
                component = draws.often(components)
                thing, part, fault, verb = (
                    draws.pick(things),
                    draws.pick(parts),
                    draws.pick(fixes),
                    draws.pick(sources.actions),
                )
                issue -= draws.between(1, 12)
                number = mark.format(issue)
                text = _change(world, head == heads[1], thing, part, fault, verb)
                if seen and draws.chance(0.15):
                    text += world.say(
                        f"（{draws.pick(seen)}の続き）", f", follow-up to {draws.pick(seen)}"
                    )
                seen = [*seen[-30:], number]
                yield f"{bullet}{component}: {text} {number} ({owners[component].name})"
        clock.advance(-86400 * draws.between(3, 40))
        patch -= 1
        if patch < 0:
            minor, patch = minor - 1, draws.between(0, 5)
        if minor < 0:
            major, minor = max(major - 1, 0), draws.between(3, 20)


def _change(world: World, is_fix: bool, thing: str, part: str, fault: str, verb: str) -> str:
    draws = world.draws
    if not thing.isascii() or not part.isascii():
        if is_fix:
            return draws.pick(
                (
                    f"{part}の{fault}を修正",
                    f"{thing}の{draws.pick(words_ja.PROCESSES)}で起きる{fault}を解消",
                    f"{fault}の後に{thing}を{verb}できない問題に対処",
                )
            )
        return draws.pick(
            (
                f"{thing}の{draws.pick(words_ja.PROCESSES)}に対応",
                f"{part}の{verb}を画面から行えるように変更",
                f"{thing}の{verb}を高速化",
            )
        )
    if is_fix:
        return draws.pick(
            (
                f"fix {fault} in the {part}",
                f"no more {fault} when {gerund(verb)} a {thing}",
                f"{thing} can be {past(verb)} again after a {fault}",
            )
        )
    return draws.pick(
        (
            f"{verb} several {plural(thing)} at once",
            f"allow to {verb} the {part} per {thing}",
            f"faster {thing} {draws.pick(words_en.PROCESSES)}",
        )
    )


def chat_log(world: World) -> Lines:
    """Team chat.

    People with their habits, tickets that come up again, answers that repeat cause and remedy.
    """
    draws, clock, numbers = world.draws, world.clock, Numbering(world.draws)
    shape = draws.pick(
        ("[{t}] {n}: {m}", "{t} <{n}> {m}", "{n} ({t}) {m}", "{t} {n}> {m}", "{t}\t{n}\t{m}")
    )
    use_login = draws.chance(0.5)
    openings = world.say(
        "お疲れ様です。 了解です。 確認します。 すみません、 念のため、 共有です。",
        "ok, fyi: hmm, right, sorry, morning, thanks,",
    ).split()
    habit = {p.login: draws.pick(openings) for p in world.people}
    live: list[tuple[str, Fault, Person, str]] = []
    day = -1
    while True:
        clock.wander(10, 4000)
        if clock.day != day:
            day = clock.day
            yield f"--- {world.date()} ---"
        person = draws.often(world.people)
        if len(live) < 2 or draws.chance(0.25):
            live.append(
                (numbers.next(), draws.often(world.faults), person, draws.often(world.spots))
            )
            live = live[-8:]
            ticket, fault, asker, where = live[-1]
            text = fault.say(
                f"{where}で{fault.symptom}が出ています。{ticket}で起票しました",
                f"{where} shows {fault.symptom}, opened {ticket}",
            )
        else:
            ticket, fault, asker, where = draws.pick(live)
            person = person if person != asker else world.fellow(asker)
            at = f"@{asker.login if use_login else asker.name} "
            text = fault.say(
                draws.pick(
                    (
                        f"{at}{ticket}の原因は{fault.cause}でした",
                        f"{ticket}は{fault.action}で直りました",
                        f"{at}{where}の件、進捗いかがですか",
                        f"{fault.code}はまた{fault.symptom}ですね",
                        f"{ticket}は{world.fellow(person).name}さんに引き継ぎます",
                    )
                ),
                draws.pick(
                    (
                        f"{at}{ticket} was {fault.cause}",
                        f"{ticket}: {past_phrase(fault.action)}, works again",
                        f"{at}any news about {where}?",
                        f"{fault.code} again, {fault.symptom} as before",
                        f"{world.fellow(person).name} takes over {ticket}",
                    )
                ),
            )
        if draws.chance(0.35):
            text = (
                f"{habit[person.login]} {text}"
                if text.isascii()
                else f"{habit[person.login]}{text}"
            )
        yield shape.format(t=world.time(), n=person.login if use_login else person.name, m=text)


def work_diary(world: World) -> Lines:
    """A diary in paragraphs.

    One writer, the same colleagues, places and worries, coming back to earlier days.
    """
    draws, clock = world.draws, world.clock
    days: list[tuple[str, Machine, Fault]] = []
    writer = world.people[0]
    yield world.say(
        f"{writer.department} {writer.name} 業務日誌",
        f"Diary of {writer.name}, {writer.department}",
    )
    while True:
        clock.set_hour(20)
        clock.set_hour(draws.between(7, 9), draws.between(0, 59))
        machine = draws.often(world.machines)
        fault = draws.often(machine.faults)
        tongue = fault.tongue
        pieces = (
            _diary_ja(world, machine, fault, days)
            if tongue == "ja"
            else _diary_en(world, machine, fault, days)
        )
        yield ""
        yield (
            f"{world.date()} {draws.pick(words_ja.WEATHER if tongue == 'ja' else words_en.WEATHER)}"
        )
        yield from pieces
        days = [*days[-20:], (world.date(), machine, fault)]


def _diary_ja(
    world: World, machine: Machine, fault: Fault, days: list[tuple[str, Machine, Fault]]
) -> Lines:
    draws, done = world.draws, "しました" if world.register == "polite" else "した"
    writer = world.people[0]
    partner = machine.operator if machine.operator != writer else world.fellow(writer)
    colleague, source = world.fellow(writer), world.domain_words("ja")
    product, customer = draws.often(world.products), draws.often(world.customers)
    plan = draws.pick(source.troubles)
    yield (
        f"朝礼で{colleague.name}さんから{draws.pick(source.things)}の{draws.pick(source.actions)}に"
        f"ついて連絡が{'あった' if done == 'した' else 'ありました'}。"
    )
    yield (
        f"{world.time()}に{machine.name}（{machine.code}）で{fault.symptom}が発生{done}。"
        f"{partner.name}さんと調べた結果、"
        f"原因は{fault.cause}{'だった' if done == 'した' else 'でした'}。{fault.action}を行い、"
        f"午後から再開{done}。"
    )
    if days and draws.chance(0.7):
        date, before, old = draws.pick(days)
        yield (
            f"{date}に起きた{before.name}の{old.symptom}は、{old.action}の後は"
            f"{'出ていない' if done == 'した' else '出ていません'}。"
        )
    if draws.chance(0.7):
        yield (
            f"{customer.name}（{customer.place}）向けの{product.name}"
            f"{product.lot_size * draws.between(1, 9)}個は{customer.carrier}で出荷{done}。"
            f"担当は{customer.owner.name}さん。"
        )
    if draws.chance(0.5):
        yield (
            f"{draws.pick(words_ja.COMMENTS)}。"
            f"明日は{draws.pick(plan.parts)}の{draws.pick(plan.remedies)}を予定。"
        )


def _diary_en(
    world: World, machine: Machine, fault: Fault, days: list[tuple[str, Machine, Fault]]
) -> Lines:
    draws = world.draws
    writer = world.people[0]
    partner = machine.operator if machine.operator != writer else world.fellow(writer)
    colleague, source = world.fellow(writer), world.domain_words("en")
    product, customer = draws.often(world.products), draws.often(world.customers)
    plan = draws.pick(source.troubles)
    yield (
        f"{colleague.name} reminded us this morning to {draws.pick(source.actions)} the"
        f" {draws.pick(source.things)}."
    )
    yield (
        f"At {world.time()} {machine.name} ({machine.code}) stopped with {fault.symptom}."
        f" {partner.name} and I traced it to {fault.cause}. We {past_phrase(fault.action)} and were"
        f" running again after {draws.between(10, 180)} minutes."
    )
    if days and draws.chance(0.7):
        date, before, old = draws.pick(days)
        yield (
            f"The {old.symptom} on {before.name} from {date} has not returned since we"
            f" {past_phrase(old.action)}."
        )
    if draws.chance(0.7):
        yield (
            f"{product.lot_size * draws.between(1, 9)} pieces of {product.name} left for"
            f" {customer.name} in {customer.place} with {customer.carrier}; {customer.owner.name}"
            " signed the papers."
        )
    if draws.chance(0.5):
        yield (
            f"{capitalized(draws.pick(words_en.COMMENTS))}. Tomorrow we"
            f" {draws.pick(plan.remedies)} the {draws.pick(plan.parts)}."
        )


PROSE_KINDS: dict[str, tuple[Callable[[World], Lines], str, str]] = {
    "shift_report": (shift_report, "plant", "txt"),
    "handover": (handover, "plant", "txt"),
    "meeting_minutes": (meeting_minutes, "any", "txt"),
    "email_thread": (email_thread, "any", "txt"),
    "release_notes": (release_notes, "it", "md"),
    "chat_log": (chat_log, "any", "log"),
    "work_diary": (work_diary, "plant", "txt"),
}
