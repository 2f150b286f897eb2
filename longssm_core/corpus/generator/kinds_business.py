"""Documents of record.

Orders, batches, stock, accounts, calls, inspections, incidents, in lines and blocks.

Each function yields the lines of one document without end; `generate` cuts them. `BUSINESS_KINDS`
lists them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from longssm_core.corpus.generator import words_en, words_ja
from longssm_core.corpus.generator.layout import stamp_style
from longssm_core.corpus.generator.phrases import DONE, Phrasebook, capitalized, past_phrase, remark
from longssm_core.corpus.generator.words_types import words
from longssm_core.corpus.generator.world import (
    Customer,
    Fault,
    Machine,
    Numbering,
    Person,
    Product,
    World,
)

Lines = Iterator[str]

_STEPS_JA = words("計量 混合 加熱 冷却 成形 乾燥 洗浄 切断 研磨 塗装 組付 充填 包装 検品")
_STEPS_EN = words(
    "weighing mixing heating cooling moulding drying washing cutting grinding coating fitting"
    " filling wrapping sorting"
)


class Order:
    """An order on its way: everything but its status stays the same."""

    def __init__(self, world: World, number: str) -> None:
        draws = world.draws
        self.number = number
        self.customer: Customer = draws.often(world.customers)
        self.product: Product = draws.pick(self.customer.favourites)
        self.quantity = self.product.lot_size * draws.between(1, 9)
        self.amount = self.quantity * self.product.price
        self.due = world.due(draws.between(2, 20))
        self.at = 0


def _labels(world: World, ja: str, en: str) -> dict[str, str]:
    """Field labels by key, from "key=label" lists in both languages."""
    text = world.say(ja, en)
    pairs = [item.replace("_", " ").split("=") for item in text.split()]
    return {pair[0]: pair[1] for pair in pairs}


def orders(world: World) -> Lines:
    """Order journal.

    Orders pass through the company's statuses with number, customer, amount and owner repeated.
    """
    draws, clock, stamp = world.draws, world.clock, stamp_style(world)
    states = draws.pick(words_ja.ORDER_STATES if world.tongue() == "ja" else words_en.ORDER_STATES)
    label = _labels(
        world,
        "c=得意先 p=品番 q=数量 a=金額 o=担当 d=納期 s=状態",
        "c=customer p=item q=qty a=amount o=owner d=due s=status",
    )
    mark, gap = (
        draws.pick(("=", ":", "：" if world.language == "ja" else ": ", " ")),
        draws.pick((" ", " / ", ", ", "、" if world.language == "ja" else "; ", "\t")),
    )
    numbers, live = Numbering(draws), list[Order]()
    long_name = draws.chance(0.5)
    yield f"{world.company_name} {world.say('受注進捗', 'order journal')} {world.date()}"
    if draws.chance(0.6):
        for customer in world.customers:
            owner = f"{label['o']}{mark}{customer.owner.name}"
            yield f"{customer.code}{mark}{customer.name}{gap}{customer.place}{gap}{owner}"
        for product in world.products:
            yield f"{product.number}{mark}{product.name}{gap}@{world.money(product.price)}"
    while True:
        clock.wander(30, 2500)
        if len(live) < 5 or (len(live) < 30 and draws.chance(0.25)):
            live.append(Order(world, numbers.next()))
        order = draws.pick(live)
        who = order.customer.name if long_name else order.customer.code
        what = order.product.name if long_name else order.product.number
        fields = [
            f"{label['c']}{mark}{who}",
            f"{label['p']}{mark}{what}",
            f"{label['q']}{mark}{order.quantity}",
            f"{label['a']}{mark}{world.money(order.amount)}",
            f"{label['o']}{mark}{order.customer.owner.name}",
        ]
        if order.at == 0:
            fields.append(f"{label['d']}{mark}{order.due}")
        if order.at == len(states) - 2:
            fields.append(f"{order.customer.carrier} {order.customer.place}")
        yield gap.join([f"{stamp(clock)} {order.number}", states[order.at], *fields])
        order.at += 1
        if order.at == len(states):
            live.remove(order)


def batches(world: World) -> Lines:
    """Lot tracking.

    Opening with recipe, process values by step, inspection against the limits stated first,
    release.
    """
    draws, clock = world.draws, world.clock
    lots, stamp = Numbering(draws), stamp_style(world)
    steps = draws.some(_STEPS_JA if world.tongue() == "ja" else _STEPS_EN, 4)
    checks = world.walks(draws.between(3, 5))
    label = _labels(
        world,
        "lot=ロット product=品名 qty=数量 insp=検査 limit=規格上限 ok=合格 ng=不合格 rel=出荷可"
        " by=検査員 mat=原料 end=完了",
        "lot=Lot product=product qty=qty insp=inspection limit=limit ok=pass ng=fail rel=released"
        " by=inspector mat=material end=done",
    )
    materials = {
        product.number: (Numbering(draws).next(), world.company()) for product in world.products
    }
    inspectors = {check.name: draws.often(world.people) for check in checks}
    for check in checks:
        yield (
            f"{check.name} {label['limit']} {check.limit}{check.unit} {label['by']}"
            f" {inspectors[check.name].name}"
        )
    open_: list[tuple[str, Product, Machine, int]] = []
    while True:
        clock.wander(60, 1500)
        if len(open_) < 3 or (len(open_) < 8 and draws.chance(0.15)):
            product = draws.often(world.products)
            open_.append(
                (
                    lots.next(),
                    product,
                    draws.often(world.machines),
                    product.lot_size * draws.between(2, 12),
                )
            )
            lot, product, machine, quantity = open_[-1]
            material, supplier = materials[product.number]
            yield (
                f"{stamp(clock)} {label['lot']} {lot} {label['product']} {product.name}"
                f" ({product.number}) {label['qty']} {quantity} {machine.name} {label['mat']}"
                f" {material} {supplier}"
            )
            continue
        index = int(draws.random() * len(open_))
        lot, product, machine, quantity = open_[index]
        if draws.chance(0.55):
            walk = draws.pick(machine.metrics)
            yield (
                f"{stamp(clock)} {lot} {draws.pick(steps)} {machine.name} {walk.name}"
                f" {walk.next()}{walk.unit} ({machine.operator.name})"
            )
        elif draws.chance(0.7):
            check = draws.pick(checks)
            yield (
                f"{stamp(clock)} {lot} {label['insp']} {check.name} {check.next()}{check.unit}"
                f" {label['ok']} {inspectors[check.name].name}"
            )
        else:
            bad = draws.between(0, 6)
            yield (
                f"{stamp(clock)} {label['lot']} {lot} {label['end']} {product.number}"
                f" {quantity - bad}/{quantity} {label['ng']} {bad} {label['rel']}"
                f" {machine.operator.name}"
            )
            open_.pop(index)


def inventory(world: World) -> Lines:
    """Stock journal.

    Goods in and out of their own bins with the stock that remains, and a daily count.
    """
    draws, clock, stamp = world.draws, world.clock, stamp_style(world)
    stock = {product.number: product.lot_size * draws.between(4, 60) for product in world.products}
    into, out, left = (
        world.say("入庫", draws.pick(("IN", "receipt", "+"))),
        world.say("出庫", draws.pick(("OUT", "issue", "-"))),
        world.say("残", draws.pick(("left ", "balance ", "on hand "))),
    )
    separator, slips = draws.pick((" ", "\t", ",", " | ")), Numbering(draws)
    takers = {product.number: draws.pick(world.customers) for product in world.products}
    yield f"{world.company_name} {world.place()} {world.say('入出庫記録', 'stock journal')}"
    while True:
        for _ in range(draws.between(12, 30)):
            clock.wander(30, 1800)
            product = draws.often(world.products)
            number = product.number
            amount = product.lot_size * draws.between(1, 4)
            leaves = stock[number] > amount and draws.chance(0.6)
            stock[number] += -amount if leaves else amount
            partner = takers[number].name if leaves else world.customers[-1].carrier
            yield separator.join(
                [
                    stamp(clock),
                    slips.next(),
                    out if leaves else into,
                    number,
                    product.name,
                    product.bin,
                    str(amount),
                    f"{left}{stock[number]}",
                    partner,
                ]
            )
        person = draws.often(world.people)
        clock.set_hour(draws.between(17, 19))
        yield f"== {world.date()} {world.say('棚卸', 'count')} {person.name} =="
        for product in draws.some(world.products, 5):
            yield separator.join(
                [product.bin, product.number, product.name, f"{left}{stock[product.number]}"]
            )


def ledger(world: World) -> Lines:
    """Cash book.

    A chart of accounts, entries with counterparties, a running balance and exact daily totals.
    """
    draws, clock = world.draws, world.clock
    names = (
        "普通預金 売掛金 買掛金 売上高 仕入高 旅費交通費 通信費 水道光熱費 消耗品費 支払手数料"
        " 地代家賃 修繕費 広告宣伝費 給料手当 法定福利費 荷造運賃"
        if world.tongue() == "ja"
        else (
            "bank receivables payables sales purchases travel telephone utilities supplies"
            " bank_fees rent repairs advertising wages social_security freight"
        )
    ).split()
    first, step = draws.between(100, 700), draws.pick((1, 2, 5, 10, 11))
    codes = [str(first + step * n) for n in range(len(names))]
    accounts = [(codes[i], name.replace("_", " ")) for i, name in enumerate(names)]
    partners = []
    for customer in world.customers:
        incoming = draws.chance(0.5)  # receivables and sales bring money in, all else costs
        account = draws.pick(
            (accounts[1], accounts[3]) if incoming else (accounts[2], *accounts[4:])
        )
        partners.append(
            (customer, account, draws.between(1, 800) * draws.pick((100, 110, 500, 1080)), incoming)
        )
    slips, separator = Numbering(draws), draws.pick((" ", "\t", ",", " | ", " / "))
    label = _labels(
        world,
        "in=入金 out=出金 bal=残高 sum=本日計 open=繰越",
        "in=credit out=debit bal=balance sum=day_total open=brought_forward",
    )
    for code, name in accounts:
        yield f"{code} {name}"
    balance = draws.between(10**6, 10**8)
    yield f"{label['open']} {world.money(balance)}"
    while True:
        paid = received = 0
        for _ in range(draws.between(5, 14)):
            clock.wander(100, 3000)
            customer, (code, name), usual, incoming = draws.often(partners)
            amount = usual if draws.chance(0.6) else usual * draws.between(2, 9)
            balance += amount if incoming else -amount
            received, paid = received + amount * incoming, paid + amount * (not incoming)
            yield separator.join(
                [
                    world.date(),
                    slips.next(),
                    code,
                    name,
                    label["in" if incoming else "out"],
                    world.money(amount),
                    customer.name,
                    f"{label['bal']} {world.money(balance)}",
                ]
            )
        owner = draws.often(world.people)
        yield separator.join(
            [
                f"{label['sum']} {world.date()}",
                f"{label['in']} {world.money(received)}",
                f"{label['out']} {world.money(paid)}",
                f"{label['bal']} {world.money(balance)}",
                owner.name,
            ]
        )
        clock.set_hour(9)


def call_center(world: World) -> Lines:
    """Call records.

    Cases with category codes from the legend, callers who ring again about the same case.
    """
    draws, clock, register = world.draws, world.clock, world.register
    cases: list[tuple[str, str, str, Product, Fault]] = []
    numbers, stamp = Numbering(draws), stamp_style(world)
    yield f"{world.company_name} {world.department()} {world.say('応対記録', 'contact record')}"
    for fault in world.faults:
        yield f"{fault.code} {fault.symptom}"
    yield ""
    greeting = world.say(
        draws.pick(("お客様", "契約者", "ご本人")), draws.pick(("caller", "customer", "client"))
    )
    done = DONE[register]
    while True:
        clock.wander(60, 2400)
        agent = draws.often(world.people)
        if len(cases) < 3 or draws.chance(0.45):
            name = (
                draws.pick(words_ja.SURNAMES)[0] + "様"
                if world.tongue() == "ja"
                else f"{draws.pick(('Ms', 'Mr'))} {draws.pick(words_en.SURNAMES)}"
            )
            cases.append(
                (
                    numbers.next(),
                    name,
                    world.place(),
                    draws.often(world.products),
                    draws.often(world.faults),
                )
            )
            number, name, place, product, fault = cases[-1]
            yield f"{stamp(clock)} {number} {fault.code} {name} {place} {agent.name}"
            yield fault.say(
                f"　{product.name}（{product.number}）の件。{fault.symptom}とのこと。{greeting}"
                f"へ{fault.action}を案内{done}。",
                f"  {capitalized(greeting)} reports {fault.symptom} with {product.name}"
                f" ({product.number}). Advised to {fault.action}.",
            )
        else:
            index = int(draws.random() * len(cases))
            number, name, place, product, fault = cases[index]
            if draws.chance(0.5):
                yield f"{stamp(clock)} {number} {fault.code} {name} {place} {agent.name}"
                yield fault.say(
                    f"　再入電。{product.number}の{fault.symptom}が続く。"
                    f"原因は{fault.cause}、{fault.action}で対応{done}。",
                    f"  Called again about {product.number}: {fault.symptom} persists. Cause is"
                    f" {fault.cause}; will {fault.action}.",
                )
            else:
                cases.pop(index)
                yield (
                    f"{stamp(clock)} {number} {world.say('完了', 'closed')} {fault.code} {name}"
                    f" {product.number} {agent.name}"
                )


def maintenance(world: World) -> Lines:
    """Inspection records.

    Per machine the items and limits of its sheet, values, marks, parts replaced, next date.
    """
    draws, clock = world.draws, world.clock
    spare = {fault.code: Numbering(draws).next() for fault in world.faults}
    interval = {machine.name: draws.pick((7, 14, 30, 60, 90)) for machine in world.machines}
    good, bad = (
        draws.pick((("○", "×"), ("良", "要処置"), ("レ", "▲"), ("異常なし", "異常あり")))
        if world.tongue() == "ja"
        else draws.pick((("OK", "NOK"), ("pass", "FAIL"), ("[x]", "[!]"), ("good", "action")))
    )
    head = world.say(
        draws.pick(("点検記録", "定期点検表", "設備点検票")),
        draws.pick(("inspection record", "maintenance sheet", "PM report")),
    )
    label = _labels(
        world,
        "by=点検者 lim=基準 next=次回 part=交換部品 act=処置 cause=原因",
        "by=inspector lim=limit next=next_due part=part_fitted act=action cause=cause",
    )
    bullet, slips = (
        draws.pick(
            ("・", "- ", "  ", "* ") if world.language == "ja" else ("- ", "  ", "* ", "o ")
        ),
        Numbering(draws),
    )
    while True:
        machine = draws.often(world.machines)
        clock.wander(3600, 80000)
        yield f"{head} {slips.next()} {world.date()}"
        yield f"{machine.name} ({machine.code}) {label['by']}: {machine.operator.name}"
        for walk in machine.metrics:
            yield (
                f"{bullet}{walk.name} {walk.next()}{walk.unit} ({label['lim']}"
                f" {walk.limit}{walk.unit}) {good}"
            )
        for fault in machine.faults:
            if draws.chance(0.7):
                yield f"{bullet}{fault.part} {good}"
                continue
            yield f"{bullet}{fault.part} {bad} {fault.code} {fault.symptom}"
            yield f"  {label['cause']}: {fault.cause} / {label['act']}: {fault.action}"
            if draws.chance(0.6):
                yield f"  {label['part']}: {spare[fault.code]}"
        if draws.chance(0.4):
            yield f"{bullet}{remark(world)}"
        yield f"{label['next']}: {world.due(interval[machine.name])}"
        yield ""


def incidents(world: World) -> Lines:
    """Incident records.

    Causes and corrective actions recur, each record pointing back to the last of its kind.
    """
    draws, clock = world.draws, world.clock
    numbers, style = (
        Numbering(
            draws,
            draws.pick(
                ("INC", "TT", "障", None) if world.language == "ja" else ("INC", "TT", "CASE", None)
            ),
        ),
        draws.between(0, 1),
    )
    services = draws.some(world.domain_words(world.tongue()).parts, 6)
    severity = draws.pick(
        (("重大", "中", "軽微"), ("A", "B", "C"), ("1級", "2級", "3級"))
        if world.tongue() == "ja"
        else (("SEV1", "SEV2", "SEV3"), ("critical", "major", "minor"), ("P1", "P2", "P3"))
    )
    previous: dict[str, str] = {}
    home = {
        fault.code: (draws.pick(services), draws.often(world.people), draws.pick(severity))
        for fault in world.faults
    }
    while True:
        clock.wander(3000, 90000)
        fault = draws.often(world.faults)
        number = numbers.next()
        yield from (_incident_block if style else _incident_log)(
            world, number, fault, *home[fault.code], previous.get(fault.code)
        )
        previous[fault.code] = number
        yield ""


def _incident_block(
    world: World,
    number: str,
    fault: Fault,
    service: str,
    owner: Person,
    severity: str,
    last: str | None,
) -> Lines:
    clock = world.clock
    reporter = world.fellow(owner)
    begin = f"{world.date()} {world.time()}"
    clock.wander(600, 9000)
    if fault.tongue == "ja":
        done = DONE[world.register]
        yield f"■ {number}　{service}（{severity}）"
        yield f"発生日時：{begin}　報告者：{reporter.name}"
        yield f"事象：{fault.symptom}（{fault.code}）"
        if last:
            yield f"関連：{last}と同一原因"
        yield f"原因：{fault.cause}"
        yield f"対応：{fault.action}を実施{done}。担当 {owner.name}（{owner.department}）"
        yield f"復旧：{world.time()}　{remark(world)}"
    else:
        yield f"{number}: {fault.symptom} ({severity})"
        yield f"  service: {service}  code: {fault.code}"
        yield f"  opened: {begin} by {reporter.name}"
        if last:
            yield f"  same cause as {last}"
        yield f"  cause: {fault.cause}"
        yield f"  action: {past_phrase(fault.action)}; owner {owner.name} ({owner.department})"
        yield f"  resolved: {world.time()}; {remark(world)}"


def _incident_log(
    world: World,
    number: str,
    fault: Fault,
    service: str,
    owner: Person,
    severity: str,
    last: str | None,
) -> Lines:
    clock, done = world.clock, DONE[world.register]
    japanese = fault.tongue == "ja"
    entries = (
        [
            f"検知 {service} {fault.symptom} {severity}",
            f"{owner.name}が調査を開始{done}",
            f"{last}と同じ{fault.code}" if last else f"{fault.code}として登録{done}",
            f"原因は{fault.cause}と判明",
            f"{fault.action}を実施{done}",
            f"復旧を確認{done}。{remark(world)}",
        ]
        if japanese
        else [
            f"detected on {service}: {fault.symptom} ({severity})",
            f"{owner.name} is looking into it",
            f"looks like {last}, code {fault.code}" if last else f"filed under {fault.code}",
            f"cause found: {fault.cause}",
            past_phrase(fault.action),
            f"service is back, {remark(world)}",
        ]
    )
    yield f"{world.date()} {number}"
    for entry in entries:
        yield f"{world.time()} {number} {entry}"
        clock.wander(60, 2500)


def work_orders(world: World) -> Lines:
    """Work-order messages.

    This company's own sentences about tickets, people and places, filled again and again.
    """
    draws, clock, stamp = world.draws, world.clock, stamp_style(world)
    book = Phrasebook(world)
    templates = book.templates(draws.between(10, 20))
    tickets: list[tuple[str, Person, str, Fault]] = []
    numbers, mark = (
        Numbering(draws),
        draws.pick((": ", " - ", "：" if world.language == "ja" else " | ", " ")),
    )
    while True:
        clock.wander(60, 3000)
        if len(tickets) < 4 or draws.chance(0.15):
            tickets.append(
                (
                    numbers.next(),
                    draws.often(world.people),
                    draws.pick(world.places),
                    draws.often(world.faults),
                )
            )
            tickets = tickets[-12:]
            number, person, place, fault = tickets[-1]
            text = fault.say(
                f"{place}、{fault.symptom}。{person.name}へ割当",
                f"{fault.symptom} at {place}, assigned to {person.name}",
            )
        elif draws.chance(0.2):
            index = int(draws.random() * len(tickets))
            number, person, place, fault = tickets[index]
            other = world.fellow(person)
            tickets[index] = (number, other, place, fault)
            text = fault.say(
                f"{person.name}から{other.name}へ引継ぎ（{place}、{fault.symptom}）",
                f"{other.name} takes over from {person.name} ({fault.symptom}, {place})",
            )
        elif draws.chance(0.4):
            number, person, place, fault = tickets.pop(int(draws.random() * len(tickets)))
            text = fault.say(
                f"{person.name}、{place}にて{fault.action}、完了{DONE[world.register]}",
                f"{person.name} {past_phrase(fault.action)} at {place}, done",
            )
        else:
            number, person, place, fault = draws.pick(tickets)
            text = f"{draws.often(templates).text()}{world.say('、', ', ')}{person.name}"
        yield f"{stamp(clock)} {number}{mark}{text}"


BUSINESS_KINDS: dict[str, tuple[Callable[[World], Lines], str, str]] = {
    "orders": (orders, "logistics", "txt"),
    "batches": (batches, "plant", "txt"),
    "inventory": (inventory, "logistics", "txt"),
    "ledger": (ledger, "office", "txt"),
    "call_center": (call_center, "office", "txt"),
    "maintenance": (maintenance, "plant", "txt"),
    "incidents": (incidents, "it", "txt"),
    "work_orders": (work_orders, "any", "log"),
}
