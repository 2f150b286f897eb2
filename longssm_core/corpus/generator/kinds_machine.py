"""Documents written by machines.

Server, application, broker, cluster and equipment logs, tables of events.

Each function yields the lines of one document without end; `generate` cuts them. `MACHINE_KINDS`
lists them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from longssm_core.corpus.generator import words_en, words_ja
from longssm_core.corpus.generator.clock import STAMPS
from longssm_core.corpus.generator.layout import line_layout, stamp_style
from longssm_core.corpus.generator.phrases import DONE, Chain, Phrasebook, Template
from longssm_core.corpus.generator.world import Customer, Numbering, Pool, World

Lines = Iterator[str]


def _chain(world: World, low: int = 10, high: int = 26) -> Chain:
    book = Phrasebook(world)
    return Chain(world, book.templates(world.draws.between(low, high)))


def _pace(world: World) -> Callable[[], None]:
    """Moves the clock on by short and long pauses in this document's rhythm."""
    random, clock = world.draws.random, world.clock
    mean = world.draws.pick((0.05, 0.4, 2.0, 9.0, 40.0))
    return lambda: clock.advance(mean * 6 * random() * random() * random())


def machine_log(world: World) -> Lines:
    """Equipment log: states, drifting values, alarms with code, text and action, hourly counts."""
    draws, clock = world.draws, world.clock
    line, pace = line_layout(world), _pace(world)
    joint, mark = draws.pick((" -> ", "→", " => ", " から ")), draws.pick(("=", ":", " ", "＝"))
    if world.language == "en":
        joint, mark = joint.replace(" から ", "->"), mark.replace("＝", "=")
    if draws.chance(0.7):
        yield f"# {world.company_name} {world.department()}"
        for fault in world.faults:
            yield f"# {fault.code}{mark}{fault.symptom}"
    state_word = world.say(
        draws.pick(("状態", "モード", "運転状態")), draws.pick(("state", "mode", "status"))
    )
    count_word = world.say(
        draws.pick(("生産数", "累計", "カウンタ")), draws.pick(("count", "total", "cycles"))
    )
    by = world.say(draws.pick(("担当", "操作者", "作業者")), draws.pick(("operator", "by", "user")))
    done = world.say("復帰", draws.pick(("cleared", "reset", "recovered")))
    while True:
        for _ in range(draws.between(15, 40)):
            machine = draws.often(world.machines)
            pace()
            clock.wander(0, 30)
            event = draws.random()
            if event < 0.55:
                values = " ".join(f"{m.name}{mark}{m.next()}{m.unit}" for m in machine.metrics)
                yield line(0, machine.name, values)
            elif event < 0.72:
                old = machine.state
                machine.state = draws.often([s for s in world.machine_states[:-1] if s != old])
                yield line(
                    0,
                    machine.name,
                    f"{state_word} {old}{joint}{machine.state} {by}{mark}{machine.operator.name}",
                )
            elif event < 0.86:
                fault = draws.often(machine.faults)
                yield line(2, machine.name, f"{fault.code} {fault.symptom}")
                clock.wander(20, 900)
                yield line(1, machine.name, f"{fault.code} {done} ({fault.action})")
            else:
                machine.counter += machine.counter_step
                yield line(0, machine.name, f"{count_word}{mark}{machine.counter}")
        for machine in world.machines:
            machine.counter += machine.counter_step * draws.between(1, 9)
            yield line(
                3,
                machine.name,
                f"{count_word}{mark}{machine.counter} {state_word}{mark}{machine.state}"
                f" {machine.code}",
            )


def access_log(world: World) -> Lines:
    """Web access log: every client keeps its agent, every path its size."""
    draws, clock = world.draws, world.clock
    pace, stamp = (
        _pace(world),
        STAMPS[draws.pick(("web", "web", "web", "iso", "iso_z", "epoch_ms"))],
    )
    paths = []
    for _ in range(draws.between(12, 40)):
        path = "/" + "/".join(draws.some(words_en.PATH_WORDS, draws.between(1, 3)))
        if draws.chance(0.5):
            path += f".{draws.pick(words_en.EXTENSIONS)}"
        elif world.language != "en" and draws.chance(0.15):
            path += f"?q={draws.pick(words_ja.GOODS[0].products)}"
        paths.append(
            (
                path,
                draws.between(120, 90000),
                draws.pick(("200",) * 9 + ("304", "404", "302", "500")),
            )
        )
    follow = {path[0]: draws.pick(paths) for path in paths}
    agents = [
        f"{world.coined().capitalize()}/{draws.between(1, 120)}.{draws.between(0, 9)}"
        f" ({world.coined()}; {draws.pick(('X11', 'Win64', 'Phone', 'bot', 'U'))})"
        for _ in range(6)
    ]
    clients = [
        (address, draws.pick(agents), draws.pick(["-", "-", *[p.login for p in world.people[:3]]]))
        for address in world.addresses
    ]
    referer = f"https://{world.internet_domain}"
    pattern = draws.pick(
        (
            '{ip} - {user} [{time}] "{verb} {path} HTTP/1.1" {status} {size}',
            '{ip} - {user} [{time}] "{verb} {path} HTTP/1.1" {status} {size} "{referer}" "{agent}"',
            '{ip} - {user} [{time}] "{verb} {path} HTTP/1.1" {status} {size} "{referer}" "{agent}"',
            '{time} {ip} {verb} {path} {status} {size} {ms}ms "{agent}"',
            "{time}\t{verb}\t{path}\t{status}\t{ms}\t{ip}\t{user}",
            "{time} {status} {verb} {path} from={ip} user={user} bytes={size} took={ms}",
            "[{time}] {verb} {path} -> {status} ({ms} ms, {size} B) {ip}",
        )
    )
    at = dict.fromkeys(range(len(clients)), paths[0])
    while True:
        pace()
        index = int(draws.random() * draws.random() * len(clients))
        last = at[index]
        page = follow[last[0]] if draws.chance(0.5) else draws.often(paths)
        at[index] = page
        ip, agent, user = clients[index]
        yield pattern.format(
            ip=ip,
            user=user,
            time=stamp(clock),
            verb="GET" if page[1] % 7 else "POST",
            path=page[0],
            status=page[2],
            size=page[1],
            referer=referer + last[0],
            agent=agent,
            ms=int(page[1] ** 0.5 * (0.5 + draws.random())),
        )


def _syslog_line(world: World) -> Callable[[str, str], str]:
    """Writes "time host tag: message" in this document's way."""
    draws, clock, host = world.draws, world.clock, world.draws.pick(world.hosts)
    stamp = STAMPS[draws.pick(("syslog", "syslog", "syslog", "iso_zone", "iso", "ctime"))]
    head = draws.pick(("", "", "", f"<{draws.between(10, 190)}>"))
    return lambda tag, message: f"{head}{stamp(clock)} {host} {tag}: {message}"


def syslog(world: World) -> Lines:
    """System log of one host.

    Daemons with lasting process ids, recurring jobs, leases, service starts.
    """
    draws, line, pace = world.draws, _syslog_line(world), _pace(world)
    names = draws.some(words_en.DAEMONS, draws.between(4, 8))
    tags = {
        name: name if name == "kernel" else f"{name}[{draws.between(300, 32000)}]" for name in names
    }
    book = Phrasebook(world)
    chains = {name: Chain(world, book.templates(draws.between(3, 6))) for name in names}
    leases = [
        (ip, ":".join(draws.hexadecimal(2) for _ in range(6)), draws.pick(world.hosts))
        for ip in world.addresses[:9]
    ]
    jobs = [f"/usr/lib/{draws.pick(words_en.PACKAGES)}/{world.coined()}" for _ in range(4)]
    dhcp = f"dhcpd[{draws.between(300, 32000)}]"
    device = f"{draws.pick(('eth', 'ens', 'enp', 'bond', 'wlan'))}{draws.between(0, 9)}"
    while True:
        name = draws.often(names)
        pace()
        event = draws.random()
        if event < 0.62:
            yield line(tags[name], chains[name].next().text())
        elif event < 0.74:
            yield line(
                f"CRON[{draws.between(1000, 32000)}]",
                f"({draws.often(world.people).login}) CMD ({draws.often(jobs)})",
            )
        elif event < 0.84:
            ip, mac, host = draws.often(leases)
            yield line(dhcp, f"DHCPACK on {ip} to {mac} ({host}) via {device}")
        elif event < 0.92:
            yield line(
                "kernel",
                f"[{world.clock.elapsed_ms // 1000:6}.{draws.between(0, 999999):06}] {device}:"
                f" {chains[name].next().text()}",
            )
        else:
            tags[name] = f"{name}[{draws.between(300, 32000)}]"
            yield line("systemd[1]", f"Started {name} - {draws.pick(jobs)}.")


def auth_log(world: World) -> Lines:
    """Logins and sessions.

    Who usually comes from where, guesses from strangers, sessions that open and close.
    """
    draws, line, pace = world.draws, _syslog_line(world), _pace(world)
    home = [
        (p.login, draws.pick(world.addresses), "SHA256:" + draws.hexadecimal(20))
        for p in world.people
    ]
    guesses = ["root", "admin", "test", "oracle", *[world.coined() for _ in range(8)]]
    strangers = [f"203.0.113.{draws.between(1, 254)}" for _ in range(5)] + [
        f"198.51.100.{draws.between(1, 254)}"
    ]
    open_sessions: list[tuple[str, int, str]] = []
    number = draws.between(1000, 30000)
    while True:
        pace()
        number += draws.between(1, 9)
        tag, port, event = f"sshd[{number}]", draws.between(1024, 65000), draws.random()
        if event < 0.4:
            guess, ip = draws.often(guesses), draws.often(strangers)
            for _ in range(draws.between(1, 3)):
                yield line(
                    tag, f"Failed password for invalid user {guess} from {ip} port {port} ssh2"
                )
            yield line(tag, f"Connection closed by invalid user {guess} {ip} port {port} [preauth]")
        elif event < 0.72 or not open_sessions:
            login, ip, key = draws.often(home)
            yield line(tag, f"Accepted publickey for {login} from {ip} port {port} ssh2: RSA {key}")
            yield line(tag, f"pam_unix(sshd:session): session opened for user {login} by (uid=0)")
            open_sessions.append((login, number, ip))
        elif event < 0.85:
            login, _, _ = draws.pick(open_sessions)
            yield line(
                "sudo",
                f"{login} : TTY=pts/{draws.between(0, 4)} ; PWD=/home/{login} ; USER=root ;"
                f" COMMAND=/usr/bin/{draws.often(words_en.PACKAGES)}",
            )
        else:
            login, process, _ = open_sessions.pop(int(draws.random() * len(open_sessions)))
            yield line(
                f"sshd[{process}]", f"pam_unix(sshd:session): session closed for user {login}"
            )


def _stack_trace(world: World, root: str) -> list[str]:
    draws = world.draws
    kind = draws.pick(words_en.EXCEPTIONS)
    frames = []
    for _ in range(draws.between(3, 8)):
        package = draws.pick(words_en.PACKAGES)
        owner = package.capitalize() + draws.pick(words_en.CLASS_TAILS)
        method = draws.pick(words_en.METHOD_HEADS) + draws.pick(words_en.PACKAGES).capitalize()
        frames.append(
            f"\tat {root}.{package}.{owner}.{method}({owner}.java:{draws.between(20, 900)})"
        )
    reason = Phrasebook(world).template()
    return [
        f"{root}.{kind}Exception: {reason.text()}",
        *frames,
        f"\t... {draws.between(3, 60)} more",
    ]


def app_log(world: World) -> Lines:
    """Application log with request ids that live for several lines and stack traces that come
    back.
    """
    draws, line, pace = world.draws, line_layout(world), _pace(world)
    chain = _chain(world, 14, 30)
    root = f"{draws.pick(('com', 'org', 'net', 'jp.co'))}.{world.coined()}"
    traces = [_stack_trace(world, root) for _ in range(draws.between(2, 5))]
    requests = Pool(draws, Numbering(draws).next, 0.2, 5)
    wrap = draws.pick(("[{}] {}", "{1} [{0}]", "req={} {}", "({}) {}", "{1} requestId={0}", "{1}"))
    while True:
        pace()
        template = chain.next()
        yield line(template.level, template.source, wrap.format(requests(), template.text()))
        if template.level == 2 and draws.chance(0.6):
            yield from draws.often(traces)


def cluster_events(world: World) -> Lines:
    """Container cluster.

    Deployments, pods with hashed names on nodes, images and versions, restarts.
    """
    draws, clock, pace = world.draws, world.clock, _pace(world)
    namespaces = draws.some(words_en.PACKAGES, 3)
    pods, registry = [], f"registry.{world.internet_domain}"
    version = draws.between(1, 40)
    for _ in range(draws.between(5, 12)):
        name = f"{draws.pick(words_en.PACKAGES)}-{draws.pick(words_en.PACKAGES)}"
        pods.append(
            [
                draws.pick(namespaces),
                name,
                f"{draws.hexadecimal(9)}-{draws.hexadecimal(5)}",
                draws.pick(world.hosts),
                f"{registry}/{name}:{draws.between(1, 9)}.{draws.between(0, 30)}",
            ]
        )
    stamp, style = stamp_style(world), draws.between(0, 3)
    chain, restarts = _chain(world, 6, 12), dict.fromkeys(range(len(pods)), 0)
    while True:
        pace()
        index = int(draws.random() * draws.random() * len(pods))
        space, name, suffix, node, image = pods[index]
        pod = f"{space}/{name}-{suffix}"
        reason, message = draws.pick(
            (
                ("Pulled", f'Container image "{image}" already present on machine'),
                ("Scheduled", f"Successfully assigned {pod} to {node}"),
                ("Started", f"Started container {name}"),
                (
                    "Unhealthy",
                    (
                        "Readiness probe failed:"
                        f" http://{world.addresses[index % len(world.addresses)]}:8080/{space}"
                    ),
                ),
                (
                    "BackOff",
                    (
                        f"Back-off restarting failed container {name} in pod {pod} (restart"
                        f" {restarts[index]})"
                    ),
                ),
                ("Note", chain.next().text()),
                ("Killing", f"Stopping container {name}"),
            )
        )
        if reason == "Killing":
            restarts[index] += 1
            pods[index][2] = f"{suffix[:9]}-{draws.hexadecimal(5)}"
            version += 1
        kind = "Warning" if reason in ("Unhealthy", "BackOff") else "Normal"
        yield (
            f"{stamp(clock)} {kind:<8} {reason:<10} pod/{pod} {message}",
            (
                f'{stamp(clock)} {node} kubelet: "{reason}" pod="{pod}" restarts={restarts[index]}'
                f' msg="{message}"'
            ),
            f"{space}\t{kind}\t{reason}\tpod/{name}-{suffix}\t{message}",
            (
                f"{kind[0]}{clock.month:02}{clock.monthday:02}"
                f" {world.time()}:{clock.second:02}.{clock.ms:03}000 {version}"
                f" {name}.go:{len(name) * 13}] {reason} pod={pod} node={node}: {message}"
            ),
        )[style]


def database_log(world: World) -> Lines:
    """Database server log.

    Connections with user and process, statements with durations, checkpoints, lock waits.
    """
    draws, clock, pace = world.draws, world.clock, _pace(world)
    tables = [
        f"{draws.pick(words_en.PACKAGES)}_{draws.pick(words_en.PACKAGES)}"
        for _ in range(draws.between(4, 9))
    ]
    columns = {table: draws.some(words_en.PATH_WORDS, 4) for table in tables}
    stamp = STAMPS[draws.pick(("iso_dot", "iso", "iso_z_ms", "packed"))]
    bases = draws.some(words_en.PACKAGES, 2)
    keys = Pool(draws, Numbering(draws, "").next, 0.15, 10)
    open_: list[tuple[int, str, str, str]] = []
    layout, note = (
        draws.pick(
            (
                "{t} [{p}] {u}@{d} {l}:  {m}",
                "{t} UTC [{p}-{n}] {l}:  {m}",
                "{t} {l} {p} {d}/{u}: {m}",
            )
        ),
        _chain(world, 4, 9),
    )
    number = 0
    while True:
        pace()
        number += 1
        if not open_ or (draws.chance(0.12) and len(open_) < 9):
            person = draws.often(world.people)
            open_.append(
                (
                    draws.between(900, 65000),
                    person.login,
                    draws.pick(bases),
                    draws.pick(world.addresses),
                )
            )
            process, user, base, host = open_[-1]
            message, level = (
                (
                    f"connection authorized: user={user} database={base} host={host}"
                    f" application_name={draws.pick(world.components)}"
                ),
                "LOG",
            )
        else:
            process, user, base, host = draws.pick(open_)
            table, level, event = draws.often(tables), "LOG", draws.random()
            column = draws.often(columns[table])
            if event < 0.55:
                sql = draws.pick(
                    (
                        (
                            f"SELECT {', '.join(columns[table][:3])} FROM {table} WHERE {column} ="
                            f" '{keys()}'"
                        ),
                        (
                            f"UPDATE {table} SET {column} = {draws.between(0, 99)} WHERE id ="
                            f" '{keys()}'"
                        ),
                        f"DELETE FROM {table} WHERE {column} < {draws.between(1, 999)}",
                    )
                )
                message = (
                    f"duration: {draws.between(1, 9000)}.{draws.between(0, 999):03} ms  statement:"
                    f" {sql}"
                )
            elif event < 0.65:
                message, level = (
                    f'duplicate key value violates unique constraint "{table}_{column}_key"',
                    "ERROR",
                )
            elif event < 0.75:
                message = (
                    f"checkpoint complete: wrote {draws.between(1, 4000)} buffers"
                    f" ({draws.between(0, 30)}.{draws.between(0, 9)}%)"
                )
            elif event < 0.83:
                message, level = (
                    (
                        f"process {process} still waiting for ShareLock on transaction {keys()}"
                        f" after 1000.{draws.between(0, 999):03} ms"
                    ),
                    "WARNING",
                )
            elif event < 0.92:
                message = note.next().text()
            else:
                message = (
                    "disconnection: session time:"
                    f" 0:{draws.between(0, 59):02}:{draws.between(0, 59):02} user={user}"
                    f" database={base} host={host}"
                )
                open_.remove((process, user, base, host))
        yield layout.format(t=stamp(clock), p=process, u=user, d=base, l=level, m=message, n=number)


def broker_log(world: World) -> Lines:
    """Message broker.

    Partitions whose leader, epoch and replicas are repeated whenever they are mentioned.
    """
    draws, line, pace = world.draws, line_layout(world), _pace(world)
    topics = [
        f"{draws.pick(words_en.PACKAGES)}{draws.pick(('.', '-', '_'))}"
        f"{draws.pick(words_en.PACKAGES)}"
        for _ in range(draws.between(3, 6))
    ]
    nodes = [
        draws.between(1, 5) * draws.pick((1, 1, 100, 1001)) + n for n in range(draws.between(3, 5))
    ]
    state = {
        f"{topic}-{part}": [draws.pick(nodes), draws.between(1, 60), draws.between(10**3, 10**7)]
        for topic in topics
        for part in range(draws.between(2, 4))
    }
    partitions, groups = list(state), [f"{world.coined()}-group" for _ in range(3)]
    chain, leader = (
        _chain(world, 5, 9),
        world.say("リーダー", draws.pick(("leader", "Leader", "owner"))),
    )
    epoch, offset = draws.pick(
        (
            ("epoch", "offset"),
            ("leaderEpoch", "endOffset"),
            ("generation", "position"),
            ("zxid", "lsn"),
        )
    )
    elected = world.say(f"{leader}を選出{DONE[world.register]}", "leader elected")
    while True:
        pace()
        partition = draws.often(partitions)
        entry, event = state[partition], draws.random()
        entry[2] += draws.between(1, 400)
        now = f"{leader}={entry[0]} {epoch}={entry[1]} {offset}={entry[2]}"
        component = world.components[0] if event < 0.5 else world.components[1]
        if event < 0.5:
            yield line(0, component, f"[{partition}] {now}")
        elif event < 0.65:
            old, entry[0] = entry[0], draws.pick(nodes)
            entry[1] += 1
            yield line(
                1,
                component,
                f"[{partition}] {elected}: {old} -> {entry[0]} {epoch}={entry[1]} isr={nodes}",
            )
        elif event < 0.82:
            yield line(
                0,
                component,
                f"{draws.often(groups)} commit {partition}@{entry[2]} ({epoch} {entry[1]})",
            )
        else:
            template = chain.next()
            yield line(template.level, component, template.text())


def sensor_csv(world: World) -> Lines:
    """Sensor table: a header, then rows of drifting values with machine, lot and operator."""
    draws, clock = world.draws, world.clock
    walks = world.walks(draws.between(3, 7))
    separator, stamp, period = (
        draws.pick((",", ",", ";", "\t")),
        stamp_style(world),
        draws.pick((1, 5, 10, 30, 60, 300)),
    )
    lots, machine = Numbering(draws), draws.pick(world.machines)
    lot, extra = lots.next(), draws.between(0, 3)
    names = [
        f"{walk.name}[{walk.unit}]" if walk.unit and extra else walk.name.replace(" ", "_")
        for walk in walks
    ]
    yield separator.join(
        [
            world.say("日時", draws.pick(("timestamp", "time", "ts"))),
            world.say("設備", "machine"),
            world.say("ロット", "lot"),
            *names,
            world.say("作業者", "operator"),
            world.say("判定", "flag"),
        ]
    )
    good, bad = draws.pick(
        (
            ("OK", "NG"),
            ("0", "1"),
            ("PASS", "FAIL"),
            ("良", "否") if world.language != "en" else ("good", "bad"),
        )
    )
    while True:
        if draws.chance(0.06):
            lot, machine = lots.next(), draws.often(world.machines)
        clock.advance(period)
        values = [walk.next() for walk in walks]
        flag = bad if draws.chance(0.04) else good
        yield separator.join(
            [stamp(clock), machine.code, lot, *values, machine.operator.name, flag]
        )


def csv_events(world: World) -> Lines:
    """Process-event table.

    Interleaved cases that walk through this company's steps with lasting case data.
    """
    draws, clock = world.draws, world.clock
    separator, stamp = draws.pick((",", ",", ";", "\t")), stamp_style(world)
    steps = draws.pick(
        (words_ja.CASE_STATES + words_ja.ORDER_STATES)
        if world.tongue() == "ja"
        else (words_en.CASE_STATES + words_en.ORDER_STATES)
    )
    desks = {step: draws.often(world.people) for step in steps}
    header = [
        world.say("案件番号", "case_id"),
        world.say("作業", "activity"),
        world.say("時刻", "timestamp"),
        world.say("担当", "resource"),
        world.say("取引先", "customer"),
        world.say("金額", "amount"),
    ]
    order = draws.shuffled(range(6)) if draws.chance(0.5) else list(range(6))
    yield separator.join(header[i] for i in order)
    cases: list[tuple[str, int, Customer, str]] = []
    numbers = Numbering(draws)
    while True:
        clock.wander(20, 4000)
        if len(cases) < 4 or (len(cases) < 40 and draws.chance(0.2)):
            amount = str(draws.between(10, 99999))
            cases.append((numbers.next(), 0, draws.often(world.customers), amount))
        index = int(draws.random() * len(cases))
        number, at, customer, amount = cases[index]
        row = (number, steps[at], stamp(clock), desks[steps[at]].name, customer.code, amount)
        following = at + 1 if draws.chance(0.9) else max(at - 1, 0)
        if following == len(steps):
            cases.pop(index)
        else:
            cases[index] = (number, following, customer, amount)
        yield separator.join(row[i] for i in order)


def jsonl_events(world: World) -> Lines:
    """Events as JSON lines.

    Sessions with user, device and plan that stay the same, actions in habitual order.
    """
    draws, clock, stamp = world.draws, world.clock, stamp_style(world)
    pace, separators = _pace(world), draws.pick(((",", ":"), (", ", ": ")))
    plain = draws.chance(0.5) or world.language == "en"
    fields = draws.shuffled(["time", "event", "user", "session", "item", "value", "place"])
    keys = (
        {name: name for name in fields}
        if plain
        else {
            "time": "日時",
            "event": "操作",
            "user": "利用者",
            "session": "セッション",
            "item": "対象",
            "value": "数量",
            "place": "拠点",
        }
    )
    if plain:
        keys.update(
            {
                "time": draws.pick(("time", "ts", "@timestamp")),
                "session": draws.pick(("session", "sid", "trace_id")),
                "user": draws.pick(("user", "uid", "actor")),
            }
        )
    actions = [
        f"{draws.pick(words_en.PACKAGES)}{draws.pick(('.', '_', ':'))}"
        f"{draws.pick(words_en.METHOD_HEADS)}"
        for _ in range(8)
    ]
    if not plain:
        actions = [draws.pick(words_ja.PROCESSES) for _ in range(8)]
    after = {action: draws.pick(actions) for action in actions}
    sessions: list[list[str]] = []
    while True:
        pace()
        if len(sessions) < 3 or draws.chance(0.08):
            person = draws.often(world.people)
            sessions.append(
                [draws.hexadecimal(10), person.login, draws.pick(world.places), draws.pick(actions)]
            )
            sessions = sessions[-9:]
        session = draws.pick(sessions)
        session[3] = after[session[3]] if draws.chance(0.65) else draws.pick(actions)
        product = draws.often(world.products)
        row: dict[str, object] = {
            "time": stamp(clock),
            "event": session[3],
            "user": session[1],
            "session": session[0],
            "item": product.number,
            "value": draws.between(1, 9) * product.lot_size,
            "place": session[2],
        }
        yield json.dumps(
            {keys[name]: row[name] for name in fields}, ensure_ascii=False, separators=separators
        )


def audit_log(world: World) -> Lines:
    """Audit trail in key=value pairs.

    Actors with fixed roles and addresses, objects with owners, decisions by rule.
    """
    draws, clock, stamp = world.draws, world.clock, stamp_style(world)
    pace, numbers = _pace(world), Numbering(draws)
    home = {p.login: draws.pick(world.addresses) for p in world.people}
    objects = [
        (
            (
                f"/{draws.pick(words_en.PATH_WORDS)}/{world.coined()}"
                f".{draws.pick(words_en.EXTENSIONS)}"
            ),
            draws.pick(world.people).login,
        )
        for _ in range(draws.between(8, 18))
    ]
    rules = {o[0]: f"{draws.pick(words_en.PACKAGES)}-{draws.between(1, 99):02}" for o in objects}
    keys = draws.pick(
        (
            ("seq", "actor", "ip", "op", "obj", "owner", "rule", "result"),
            ("id", "user", "src", "action", "target", "own", "policy", "outcome"),
        )
    )
    results = world.choose(("許可",), ("allow",)), world.choose(("拒否",), ("deny",))
    operations = [
        (
            draws.pick(words_ja.PROCESSES)
            if world.tongue() == "ja"
            else draws.pick(words_en.METHOD_HEADS)
        )
        for _ in range(6)
    ]
    gap, quote = draws.pick((" ", " ", "; ", ", ", "|")), draws.pick(("", '"'))
    while True:
        pace()
        person, (path, owner) = draws.often(world.people), draws.often(objects)
        result = (
            results[0] if (owner == person.login or len(path + person.login) % 3) else results[1]
        )
        values = (
            numbers.next(),
            person.login,
            home[person.login],
            draws.often(operations),
            path,
            owner,
            rules[path],
            result,
        )
        yield f"{stamp(clock)}{gap}" + gap.join(
            f"{key}={quote}{value}{quote}" for key, value in zip(keys, values, strict=True)
        )


def package_log(world: World) -> Lines:
    """Package manager.

    Installs and upgrades from the version installed last to a newer one, in its own steps.
    """
    draws, clock = world.draws, world.clock
    stamp, style = STAMPS[draws.pick(("iso", "iso", "iso_zone", "slash"))], draws.between(0, 2)
    suffix = draws.pick(("", "-1", f"+{world.coined()}1", "-0ubuntu1", ".el9"))
    arch = draws.pick(("amd64", "arm64", "x86_64", "all"))
    tails = ("", "-utils", "-common", "-dev", "2", "4", "6")
    packages = {
        f"{draws.pick(('lib', '', 'python3-', ''))}{world.coined()}{draws.pick(tails)}": [
            draws.between(0, 9),
            draws.between(0, 20),
            draws.between(0, 9),
        ]
        for _ in range(draws.between(14, 40))
    }
    names = list(packages)
    while True:
        clock.wander(600, 90000)
        chosen = draws.some(names, draws.between(2, 6))
        if style == 0:
            yield f"{stamp(clock)} startup archives unpack"
        elif style == 1:
            yield f"Start-Date: {stamp(clock)}"
            yield f"Commandline: apt-get install {' '.join(chosen)}"
            yield f"Requested-By: {draws.often(world.people).login} ({draws.between(1000, 1004)})"
        for name in chosen:
            version = packages[name]
            old = f"{version[0]}.{version[1]}.{version[2]}{suffix}"
            version[2] += draws.between(1, 3)
            new = f"{version[0]}.{version[1]}.{version[2]}{suffix}"
            clock.wander(0, 3)
            if style == 0:
                yield f"{stamp(clock)} upgrade {name}:{arch} {old} {new}"
                for status in ("half-configured", "unpacked", "half-installed"):
                    yield f"{stamp(clock)} status {status} {name}:{arch} {old}"
                yield f"{stamp(clock)} configure {name}:{arch} {new} <none>"
                yield f"{stamp(clock)} status installed {name}:{arch} {new}"
            elif style == 1:
                yield f"Unpacking {name} ({new}) over ({old}) ..."
                yield f"Setting up {name} ({new}) ..."
            else:
                yield f"{stamp(clock)} Upgraded: {name}-{new}.{arch} (was {old})"
        if style == 1:
            yield f"End-Date: {stamp(clock)}"
            yield ""


def job_log(world: World) -> Lines:
    """Batch scheduler.

    Nets of jobs that run in the same order every day, with return codes and elapsed times.
    """
    draws, clock, line = world.draws, world.clock, line_layout(world)
    nets = []
    for _ in range(draws.between(2, 4)):
        net = world.choose(
            [f"{p}{draws.pick(('日次', '夜間', '月次'))}" for p in words_ja.PROCESSES],
            [f"{draws.pick(('DAILY', 'NIGHT', 'HOURLY'))}_{p.upper()}" for p in words_en.PACKAGES],
        )
        jobs = [
            (
                f"{draws.capitals(2)}{draws.between(100, 999)}{draws.pick('ABCJX')}",
                draws.pick(world.hosts),
                draws.between(1, 1800),
            )
            for _ in range(draws.between(4, 9))
        ]
        nets.append((net, jobs, draws.often(world.people), draws.between(0, 23)))
    runs = Numbering(draws)
    start, end, bad = (
        world.say("開始", "started"),
        world.say("正常終了", "ended normally"),
        world.say("異常終了", "ended abnormally"),
    )
    again, call = world.say("再実行", "rerun"), world.say("当番へ連絡", "paged")
    while True:
        net, jobs, owner, hour = draws.often(nets)
        clock.set_hour(hour)
        run = runs.next()
        yield line(0, net, f"{run} {start}")
        total = 0
        for job, host, usual in jobs:
            yield line(0, net, f"{run} {job}@{host} {start}")
            seconds = int(usual * (0.9 + draws.random() * 0.2))
            clock.advance(seconds)
            total += seconds
            if draws.chance(0.05):
                fault = draws.often(world.faults)
                yield line(
                    2,
                    net,
                    f"{run} {job}@{host} {bad} rc={len(fault.symptom)} {fault.code}"
                    f" {fault.symptom}",
                )
                yield line(1, net, f"{run} {call}: {owner.name}")
                clock.wander(300, 2400)
                yield line(1, net, f"{run} {job} {again} ({fault.action})")
            yield line(0, net, f"{run} {job}@{host} {end} rc=0 {seconds}s")
        yield line(0, net, f"{run} {end} jobs={len(jobs)} {total}s")


def service_log(world: World) -> Lines:
    """A plain service log: habitual sequences of this program's own messages."""
    line, pace, chain = line_layout(world), _pace(world), _chain(world, 16, 40)
    while True:
        pace()
        template: Template = chain.next()
        yield line(template.level, template.source, template.text())


MACHINE_KINDS: dict[str, tuple[Callable[[World], Lines], str, str]] = {
    "machine_log": (machine_log, "plant", "log"),
    "access_log": (access_log, "it", "log"),
    "syslog": (syslog, "it", "log"),
    "auth_log": (auth_log, "it", "log"),
    "app_log": (app_log, "it", "log"),
    "service_log": (service_log, "it", "log"),
    "cluster_events": (cluster_events, "it", "log"),
    "database_log": (database_log, "it", "log"),
    "broker_log": (broker_log, "it", "log"),
    "sensor_csv": (sensor_csv, "plant", "csv"),
    "csv_events": (csv_events, "office", "csv"),
    "jsonl_events": (jsonl_events, "logistics", "jsonl"),
    "audit_log": (audit_log, "it", "log"),
    "package_log": (package_log, "it", "log"),
    "job_log": (job_log, "it", "log"),
}
