"""Training text that is made by running the tools of this machine: logs in the formats they really write.

In reading order: `produce_tool_logs` runs every `Tool` of the table `TOOLS` that is installed, each in a
folder of its own; `run` and `serving` start a command and always end it; then one short function for each
tool. Servers listen on loopback only and are asked a bounded number of times. What is asked of them is drawn from a
fixed seed; times, process ids and speeds are the machine's, so the texts differ from run to run and the
checkpoint's record keeps their hash.
"""

# ruff: noqa: E501 (configurations and programs in other languages are longer than our lines)

from __future__ import annotations

import contextlib
import http.client
import json
import logging
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from longssm_core.corpus.installed import (
    Source,
    SourceText,
    debian_version,
    decode,
    documents,
)

LOG_BYTES = 1_000_000  # of one tool, so that none dominates
READ_BYTES = 6_000_000  # of one file or output, before documents are chosen from it
SECONDS = 60  # for one command
HOST = "host01"  # in place of this machine's name
JAPANESE = "ja_JP.UTF-8"

log = logging.getLogger(__name__)
Make = Callable[[Path], Iterable[str]]
Command = tuple[str | Path, ...]


@dataclass(frozen=True)
class Tool:
    """A kind of log: the programs it needs, and the function that makes it in a folder."""

    name: str
    programs: tuple[str, ...]
    make: Make
    package: str | None = None  # Debian package that brings the first program
    language: Literal["en", "ja"] = "en"


def produce_tool_logs(folder: Path) -> Iterator[SourceText]:
    """The logs of every tool that is here, in the order of `TOOLS`; absent or failing tools are left out."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)  # servers give up their root rights and still have to reach their files
    for number, tool in enumerate(TOOLS):
        found = tool_log(tool, folder / f"{number:02}")
        if found is not None:
            yield found


def tool_log(tool: Tool, folder: Path) -> SourceText | None:
    """The documents one tool made, None if a program is absent, it failed, or it wrote nothing."""
    absent = [program for program in tool.programs if find(program) is None]
    if absent:
        log.info("%s: left out, %s is not installed", tool.name, ", ".join(absent))
        return None
    folder.mkdir(parents=True, exist_ok=True)
    found: list[str] = []
    try:
        for text in tool.make(folder):
            found.append(neutral(text[:READ_BYTES], folder))
    except (OSError, subprocess.SubprocessError, http.client.HTTPException) as error:
        log.warning("%s: stopped early, %s", tool.name, error)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if tool.language == "ja":
        found = [piece for text in found for piece in documents([text]) if shows_japanese(piece)]
    texts = documents(found, LOG_BYTES)
    source = Source(tool.name, version(tool), "own output", "log", tool.language, tool.package)
    return SourceText(source, texts) if texts else None


def shows_japanese(text: str) -> bool:
    """Whether the tool spoke Japanese here: a log is mostly names and numbers, so a little is enough."""
    return len(re.findall(r"[ぁ-んァ-ヶ一-龠]", text)) > 0.01 * len(text)


def missing_tools() -> list[str]:
    """What to install for the full set of logs, as "apt: NAME", sorted."""
    absent = {t.package for t in TOOLS if any(find(program) is None for program in t.programs)}
    return sorted(f"apt: {package}" for package in absent if package)


def version(tool: Tool) -> str:
    """The version of the tool's package, else what it says itself; of Python where that is the tool."""
    installed = debian_version(tool.package) if tool.package else None
    if installed or not tool.programs:
        return installed or f"Python {sys.version.split()[0]}"
    return run(tool.programs[0], "--version").partition("\n")[0]


def neutral(text: str, folder: Path) -> str:
    """The text without the names of this machine and of the scratch folder, and without colours."""
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)
    text = text.replace(str(folder), "/srv/app")
    for prefix in (sys.prefix, sys.base_prefix):
        text = text.replace(prefix, "/usr/local")
    text = text.replace(str(Path.home()), "/home/user")
    name = re.escape(socket.gethostname())
    return re.sub(rf"(?<![\w./-]){name}(?![\w./-])", HOST, text)


# ------------------------------------------------------------------------------------------------
# Starting programs, and ending them


@cache
def find(program: str) -> str | None:
    """Where a program is, also outside the search path of ordinary users."""
    versioned = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    places = [os.environ.get("PATH", ""), "/usr/sbin", "/sbin", *map(str, versioned)]
    return shutil.which(program, path=os.pathsep.join(places))


def environment(locale: str = "C.UTF-8", **more: str) -> dict[str, str]:
    """A small environment, so that settings of this machine do not reach the logs."""
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "JAVA_HOME") if key in os.environ}
    return {**kept, "LC_ALL": locale, "TZ": "Asia/Tokyo", "COLUMNS": "120", "TERM": "dumb", **more}


def run(
    *command: str | Path,
    cwd: Path | None = None,
    text: str = "",
    seconds: float = SECONDS,
    env: dict[str, str] | None = None,
) -> str:
    """What a command wrote on both its outputs, also when it failed or its time was over."""
    program = find(str(command[0])) or str(command[0])
    with subprocess.Popen(
        [program, *map(str, command[1:])],
        cwd=cwd,
        env=env or environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as process:
        try:
            output, _ = process.communicate(text.encode(), timeout=seconds)
        except subprocess.TimeoutExpired:
            _end(process)
            output, _ = process.communicate()
    return decode(output[:READ_BYTES])


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process and all it started, politely first."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=5)
            break


@contextlib.contextmanager
def serving(
    *command: str | Path,
    output: Path,
    port: int | None = None,
    cwd: Path | None = None,
    env: dict[str, str] | None = None,
) -> Iterator[int]:
    """A running server's process id, its outputs in a file; it is ended on leaving."""
    program = find(str(command[0])) or str(command[0])
    with output.open("ab") as file:
        process = subprocess.Popen(
            [program, *map(str, command[1:])],
            cwd=cwd,
            env=env or environment(),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            if port is not None:
                wait_for(port)
            yield process.pid
        finally:
            _end(process)


def wait_for(port: int, seconds: float = 30) -> None:
    """Return when something listens on the loopback port; raise TimeoutError if nothing does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise TimeoutError(f"nothing listens on loopback port {port} after {seconds} s")


def free_port() -> int:
    """A loopback port that nobody uses at the moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def contents(*paths: Path) -> Iterator[str]:
    """The texts of those files that exist."""
    for path in paths:
        if path.is_file():
            with path.open("rb") as file:
                yield decode(file.read(READ_BYTES))


def library() -> Path:
    """The standard library's folder: text and code of every kind that is always there."""
    return Path(sysconfig.get_paths()["stdlib"])


# ------------------------------------------------------------------------------------------------
# What visitors ask a web server


AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile Safari/604.1",
    "Mozilla/5.0 (compatible; ExampleBot/2.1; +http://example.com/bot.html)",
    "curl/7.88.1",
    "python-requests/2.32.3",
    "Prometheus/2.53.0",
    "kube-probe/1.29",
    "okhttp/4.12.0",
)
SECTIONS = (
    "catalog",
    "orders",
    "account",
    "docs",
    "blog",
    "api/v1/items",
    "api/v2/users",
    "static/img",
)
WORDS = (
    "pump", "valve", "motor", "sensor", "filter", "bearing", "gasket", "cable", "switch", "relay",
    "panel", "frame", "spring", "gear", "belt", "nozzle", "cylinder", "hose", "bracket", "fuse",
    "alpha", "delta", "north", "south", "blue", "red", "green", "small", "large", "heavy",
)  # fmt: skip


@dataclass(frozen=True)
class Visit:
    """One request of a visitor."""

    method: str
    path: str
    headers: dict[str, str]
    body: str


def visits(count: int, seed: int) -> Iterator[Visit]:
    """Requests of many visitors side by side, each with an address, an agent and a way through the site."""
    rng = random.Random(seed)
    visitors = [_visitor(rng) for _ in range(40)]
    for _ in range(count):
        place = rng.randrange(len(visitors))
        if rng.random() < 0.02:
            visitors[place] = _visitor(rng)
        headers, came_from = visitors[place]
        section, item = rng.choice(SECTIONS), f"{rng.choice(WORDS)}-{rng.randrange(3000)}"
        path = rng.choice(
            [f"/{section}/{item}", f"/{section}/", f"/search?q={rng.choice(WORDS)}+{rng.choice(WORDS)}",
             f"/{section}/{item}.png", "/", "/login", f"/cart/add?sku={item}&qty={rng.randrange(1, 9)}",
             "/robots.txt", "/favicon.ico", "/missing/" + item, "/private/" + item, "/old/" + item]
        )  # fmt: skip
        method = rng.choices(["GET", "POST", "HEAD", "PUT", "DELETE"], [80, 12, 4, 2, 2])[0]
        body = json.dumps({"item": item, "quantity": rng.randrange(99)}) if method == "POST" else ""
        yield Visit(method, path, {**headers, "Referer": came_from}, body)
        visitors[place] = (headers, f"https://shop.example.com{path}")


def _visitor(rng: random.Random) -> tuple[dict[str, str], str]:
    address = ".".join(str(rng.randrange(1, 255)) for _ in range(4))
    headers = {
        "User-Agent": rng.choice(AGENTS),
        "X-Forwarded-For": address,
        "Host": "shop.example.com",
    }
    if rng.random() < 0.3:
        headers["Cookie"] = f"session={rng.getrandbits(64):016x}"
    return headers, rng.choice(
        ["-", "https://www.example.org/", "https://search.example.net/?q=parts"]
    )


def browse(port: int, count: int, seed: int) -> None:
    """Send the requests to the loopback port, whatever is answered."""
    for visit in visits(count, seed):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection.request(visit.method, visit.path, visit.body or None, visit.headers)
            connection.getresponse().read()
        connection.close()


def website(folder: Path) -> Path:
    """A folder with some of the pages that visitors ask for."""
    root = folder / "www"
    rng = random.Random(1)
    for section in SECTIONS:
        (root / section).mkdir(parents=True, exist_ok=True)
        for number in rng.sample(range(3000), 200):
            name = f"{rng.choice(WORDS)}-{number}"
            (root / section / name).write_text("x" * rng.randrange(20, 6000))
        (root / section / "index.html").write_text(f"<h1>{section}</h1>" + "text " * 300)
    (root / "index.html").write_text("<h1>Start</h1>" + "text " * 500)
    for path in [root, *root.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    return root


# ------------------------------------------------------------------------------------------------
# Servers


def nginx_logs(folder: Path) -> Iterator[str]:
    """Access logs in three formats and the error log with informational lines."""
    port, root = free_port(), website(folder)
    (folder / "nginx.conf").write_text(f"""
daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log info;
events {{ worker_connections 64; }}
http {{
  log_format timed '$remote_addr [$time_iso8601] "$request" $status $body_bytes_sent rt=$request_time '
                   'host=$host id=$request_id conn=$connection/$connection_requests';
  log_format events escape=json '{{"time":"$time_iso8601","remote":"$remote_addr","method":"$request_method",'
    '"uri":"$uri","args":"$args","status":$status,"bytes":$body_bytes_sent,"agent":"$http_user_agent",'
    '"referer":"$http_referer","seconds":$request_time}}';
  set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  limit_req_zone $binary_remote_addr zone=each:1m rate=90r/s;
  server {{
    listen 127.0.0.1:{port}; root {root}; rewrite_log on;
    access_log {folder}/combined.log combined; access_log {folder}/timed.log timed;
    access_log {folder}/events.json events;
    location /private/ {{ deny all; }}
    location /old/ {{ rewrite ^/old/(.*)$ /catalog/$1 permanent; }}
    location /cart/ {{ return 302 /login; }}
    location /api/ {{ proxy_pass http://127.0.0.1:1; }}
    location /search {{ limit_req zone=each burst=3 nodelay; return 200 "found"; }}
  }}
}}
""")
    with serving("nginx", "-c", folder / "nginx.conf", output=folder / "out", port=port):
        browse(port, 4000, seed=2)
    names = ("combined.log", "timed.log", "events.json", "error.log")
    for text in contents(*(folder / name for name in names)):
        yield text[:400_000]


def apache_logs(folder: Path) -> Iterator[str]:
    """Access log with virtual host, and the error log with the reasons of each module."""
    port, root = free_port(), website(folder)
    modules = Path("/usr/lib/apache2/modules")
    names = (
        "mpm_event",
        "authz_core",
        "authz_host",
        "dir",
        "mime",
        "alias",
        "rewrite",
        "headers",
        "autoindex",
    )
    load = "\n".join(f"LoadModule {name}_module {modules}/mod_{name}.so" for name in names)
    (folder / "httpd.conf").write_text(f"""
ServerRoot {folder}
ServerName shop.example.com
PidFile {folder}/pid
Listen 127.0.0.1:{port}
{load}
User www-data
Group www-data
TypesConfig /etc/mime.types
DocumentRoot {root}
LogLevel info rewrite:trace3 authz_core:debug core:trace4
ErrorLog {folder}/error.log
CustomLog {folder}/access.log "%v:%p %h %l %u %t \\"%r\\" %>s %O \\"%{{Referer}}i\\" \\"%{{User-Agent}}i\\" %D"
<Directory {root}>
  Require all granted
  Options +Indexes
</Directory>
<Location /private>
  Require ip 10.1.0.0/16
</Location>
RewriteEngine on
RewriteRule ^/old/(.*)-([0-9]+)$ /catalog/$1?number=$2 [R=301,L]
RewriteCond %{{HTTP_USER_AGENT}} Bot
RewriteRule ^/cart/ - [F]
""")
    start = ("apache2", "-f", folder / "httpd.conf", "-DFOREGROUND")
    with serving(*start, output=folder / "out", port=port):
        browse(port, 1500, seed=3)
    yield from contents(folder / "access.log", folder / "error.log")


def python_server_log(folder: Path) -> Iterator[str]:
    """What the standard library's web server prints for each request."""
    port, root = free_port(), website(folder)
    command = (
        sys.executable,
        "-u",
        "-m",
        "http.server",
        str(port),
        "--bind",
        "127.0.0.1",
        "-d",
        root,
    )
    with serving(*command, output=folder / "out", port=port):
        browse(port, 1200, seed=4)
    yield from contents(folder / "out")


def haproxy_log(folder: Path) -> Iterator[str]:
    """A reverse proxy's lines, with timers and termination codes, before a small server."""
    front, back, root = free_port(), free_port(), website(folder)
    (folder / "haproxy.cfg").write_text(f"""
global
  log stdout format raw local0 debug
defaults
  mode http
  log global
  option httplog
  option http-server-close
  timeout connect 2s
  timeout client 5s
  timeout server 5s
frontend shop
  bind 127.0.0.1:{front}
  capture request header User-Agent len 40
  capture request header X-Forwarded-For len 15
  acl admin path_beg /private
  http-request deny if admin
  use_backend broken if {{ path_beg /api/v2 }}
  default_backend pages
backend pages
  server page1 127.0.0.1:{back} check inter 500
  server page2 127.0.0.1:{back} check inter 700
backend broken
  server gone 127.0.0.1:1 check inter 400
""")
    server = (sys.executable, "-m", "http.server", str(back), "--bind", "127.0.0.1", "-d", root)
    proxy = ("haproxy", "-f", folder / "haproxy.cfg")
    with (
        serving(*server, output=folder / "server", port=back),
        serving(*proxy, output=folder / "out", port=front),
    ):
        browse(front, 1500, seed=5)
    yield from contents(folder / "out")


def redis_logs(folder: Path) -> Iterator[str]:
    """The server's log at debug level, a monitored stream of commands, statistics and a benchmark."""
    port = free_port()
    options = ("--port", str(port), "--bind", "127.0.0.1", "--loglevel", "debug", "--dir", folder)
    client = ("redis-cli", "-p", str(port))
    with serving("redis-server", *options, "--save", "2 50", output=folder / "log", port=port):
        with serving(*client, "monitor", output=folder / "monitor"):
            time.sleep(0.5)
            run(*client, text="\n".join(redis_commands(3000)))
        for section in ("server", "memory", "stats", "commandstats", "latencystats", "keyspace"):
            yield run(*client, "info", section)
        yield run("redis-benchmark", "-p", str(port), "-n", "400", "-c", "5", "-t", "get,set,lpush")
        run(*client, "bgrewriteaof")
        time.sleep(3)
    yield from contents(folder / "log", folder / "monitor")


def redis_commands(count: int) -> Iterator[str]:
    """Commands of a shop that keeps carts, counters and queues."""
    rng = random.Random(6)
    for number in range(count):
        word, user = rng.choice(WORDS), rng.randrange(1000, 1100)
        yield rng.choice(
            [f"SET session:{user} {rng.getrandbits(48):x} EX {rng.randrange(60, 900)}", f"GET session:{user}",
             f"HINCRBY cart:{user} {word} {rng.randrange(1, 5)}", f"HGETALL cart:{user}", f"INCR visits:{word}",
             f"LPUSH queue:mail order-{number}", "RPOP queue:mail", f"ZADD score {rng.randrange(100)} {word}",
             f"EXPIRE cart:{user} 600", f"DEL cart:{user}", "ZRANGE score 0 3 WITHSCORES", f"SADD tags {word}"]
        )  # fmt: skip


def memcached_log(folder: Path) -> Iterator[str]:
    """The very verbose log of a cache."""
    port, rng = free_port(), random.Random(7)
    user = ("-u", "nobody") if os.geteuid() == 0 else ()
    start = ("memcached", "-vv", "-l", "127.0.0.1", "-p", str(port), *user)
    with (
        serving(*start, output=folder / "out", port=port),
        socket.create_connection(("127.0.0.1", port), 5) as client,
    ):
        for number in range(3000):
            key = f"{rng.choice(WORDS)}:{rng.randrange(400)}"
            value = f"{rng.getrandbits(40):x}"
            line = f"set {key} 0 {rng.randrange(900)} {len(value)}\r\n{value}\r\n"
            line = line if rng.random() < 0.4 else f"get {key}\r\n"
            client.sendall(line.encode() if number % 50 else b"stats\r\n")
            client.recv(65536)
    yield from contents(folder / "out")


def sshd_logs(folder: Path) -> Iterator[str]:
    """Both ends of secure shell sessions at their most talkative, with keys that fit and keys that do not."""
    port = free_port()
    Path("/run/sshd").mkdir(exist_ok=True)
    for name in ("host", "good", "bad"):
        run(
            "ssh-keygen",
            "-q",
            "-t",
            "ed25519",
            "-N",
            "",
            "-C",
            f"{name}@example.com",
            "-f",
            folder / name,
        )
    (folder / "authorized").write_text((folder / "good.pub").read_text())
    (folder / "config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nPidFile {folder}/pid\n"
        f"AuthorizedKeysFile {folder}/authorized\nStrictModes no\nPasswordAuthentication no\n"
        "PermitRootLogin yes\nLogLevel DEBUG3\nUsePAM no\nSubsystem sftp internal-sftp\n"
    )
    common = ("ssh", "-F", "none", "-p", str(port), "-o", "StrictHostKeyChecking=no",
              "-o", f"UserKnownHostsFile={folder}/known", "-o", "BatchMode=yes", "-vvv")  # fmt: skip
    start = (find("sshd") or "sshd", "-D", "-f", folder / "config", "-E", folder / "log")
    with serving(*start, output=folder / "out", port=port):
        for turn in range(9):
            key, user = (
                ("bad" if turn % 3 == 1 else "good"),
                ("nobody1" if turn % 4 == 3 else "root"),
            )
            yield run(
                *common, "-i", folder / key, f"{user}@127.0.0.1", "uname; ls /; exit 3", seconds=10
            )
    yield from contents(folder / "log")


def syslog(folder: Path) -> Iterator[str]:
    """The system logger's file in the traditional and in the new time format, fed by `logger`."""
    for format_name in ("RSYSLOG_TraditionalFileFormat", "RSYSLOG_SyslogProtocol23Format"):
        socket_path, target = folder / "dev.log", folder / f"{format_name}.log"
        (folder / "conf").write_text(
            f'module(load="imuxsock" SysSock.Use="off")\ninput(type="imuxsock" Socket="{socket_path}")\n'
            f'*.* action(type="omfile" file="{target}" template="{format_name}")\n'
        )
        start = ("rsyslogd", "-n", "-f", folder / "conf", "-i", folder / "pid")
        with serving(*start, output=folder / "out"):
            time.sleep(1)
            for tag, line in daemon_lines(700):
                run("logger", "-u", socket_path, "-t", tag, "-p", "daemon.info", line)
            time.sleep(1)
        yield from contents(target)


def daemon_lines(count: int) -> Iterator[tuple[str, str]]:
    """Messages of invented services, as a machine room's would be; jobs start and finish later."""
    rng = random.Random(8)
    open_jobs: list[tuple[int, str]] = []
    for number in range(count):
        if open_jobs and rng.random() < 0.4:
            job, word = open_jobs.pop(rng.randrange(len(open_jobs)))
            yield (
                f"worker[{4000 + job % 7}]",
                f"job {job} ({word}) finished in {rng.random() * 9:.3f} s",
            )
            continue
        word = rng.choice(WORDS)
        open_jobs.append((number, word))
        tag, line = rng.choice(
            [(f"CRON[{900 + number}]", f"(app) CMD (/srv/app/bin/{word} --nightly)"),
             ("systemd[1]", f"Started {word}.service - {word.title()} collector."),
             ("kernel", f"[{number * 1.7:12.6f}] eth0: link {rng.choice(['up', 'down'])}, 1000 Mbps"),
             (f"worker[{4000 + number % 7}]", f"job {number} ({word}) accepted from queue {word}"),
             ("dhclient[611]", f"bound to 10.0.{number % 250}.{rng.randrange(250)} -- renewal in {number} seconds.")]
        )  # fmt: skip
        yield tag, line


# ------------------------------------------------------------------------------------------------
# PostgreSQL


@contextlib.contextmanager
def postgres(
    folder: Path, locale: str, env: dict[str, str], **settings: str
) -> Iterator[tuple[str, ...]]:
    """A scratch server with its messages in a language; gives the start of a psql command."""
    port, data = free_port(), folder / "data"
    data.mkdir(mode=0o700)
    switch: tuple[str, ...] = ()
    if os.geteuid() == 0:  # the server refuses to run as root
        for path in (folder, data):
            shutil.chown(path, "postgres")
        switch = ("runuser", "-u", "postgres", "--")
    init: Command = (*switch, find("initdb") or "initdb", "-D", data, "-A", "trust", "-E", "UTF8")
    (folder / "init.out").write_text(
        run(*init, f"--lc-messages={locale}", "--locale=C.UTF-8", env=env)
    )
    options = {"port": str(port), "listen_addresses": "127.0.0.1", "unix_socket_directories": str(data),
               "fsync": "off", "shared_buffers": "32MB", "logging_collector": "off", **settings}  # fmt: skip
    with (data / "postgresql.conf").open("a") as file:
        file.writelines(f"{key} = '{value}'\n" for key, value in options.items())
    start: Command = (*switch, find("postgres") or "postgres", "-D", data)
    with serving(*start, output=folder / "log", port=port, env=env):
        yield ("psql", "-X", "-h", "127.0.0.1", "-p", str(port), "-U", "postgres")


TALKATIVE = {
    "log_statement": "all",
    "log_duration": "on",
    "log_connections": "on",
    "log_disconnections": "on",
    "log_lock_waits": "on",
    "log_checkpoints": "on",
    "log_temp_files": "0",
    "work_mem": "64kB",
    "autovacuum_naptime": "2s",
    "log_autovacuum_min_duration": "0",
}


def postgres_logs(folder: Path) -> Iterator[str]:
    """Server log, plans, tables as psql draws them, a dump and a benchmark."""
    prefix = {"log_line_prefix": "%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h "}
    with postgres(folder, "C", environment(), **TALKATIVE, **prefix) as psql:
        yield run(*psql, "-e", text=shop_schema())
        run(*psql, text="\n".join(shop_statements(700, seed=9)))
        yield run(*psql, "-a", text="\n".join(shop_plans(40)))
        yield run(
            *psql, text="\\d+ item\n\\d+ purchase\n\\dt+\n\\df pg_catalog.to*\n\\l+\n\\dconfig\n"
        )
        yield run(*psql, "--csv", text="select * from purchase order by id limit 2000;\n")
        yield run(*psql, "-x", text="select * from purchase join item on item = sku limit 300;\n")
        yield run(*psql, text="select * from pg_settings;\n")[:120_000]
        host, port = psql[3], psql[5]
        bench = ("pgbench", "-h", host, "-p", port, "-U", "postgres", "postgres")
        yield run(*bench, "-i", "-s", "1") + run(*bench, "-T", "4", "-P", "1", "-r", "-c", "2")
        yield run("pg_dump", "-v", "-h", host, "-p", port, "-U", "postgres", "-t", "item")[:150_000]
        wal = sorted((folder / "data/pg_wal").glob("0000*"))
        yield run("pg_waldump", "-n", "1500", wal[0])[:150_000]
    for text in contents(folder / "log"):
        yield text[:450_000]


def postgres_structured_logs(folder: Path) -> Iterator[str]:
    """The server's own CSV and JSON logs."""
    structured = {
        "logging_collector": "on",
        "log_destination": "csvlog,jsonlog",
        "log_directory": "server",
    }
    with postgres(folder, "C", environment(), **{**TALKATIVE, **structured}) as psql:
        run(*psql, text=shop_schema())
        run(*psql, text="\n".join(shop_statements(500, seed=10)))
    yield from contents(*sorted((folder / "data/server").glob("*")))


def postgres_japanese_logs(folder: Path) -> Iterator[str]:
    """The server and its clients speaking Japanese."""
    env = japanese(folder)
    prefix = {"log_line_prefix": "%m [%p] %q%u@%d "}
    with postgres(folder, JAPANESE, env, **TALKATIVE, **prefix) as psql:
        run(*psql, text=shop_schema(), env=env)
        yield run(*psql, "-a", text="\n".join(shop_statements(600, seed=11)), env=env)
        yield run(*psql, text="\\d+ item\n\\d+ purchase\n\\dt+\n\\l+\n\\du\n\\?\n\\h\n", env=env)
        host, port = psql[3], psql[5]
        yield run("pg_dump", "-v", "-h", host, "-p", port, "-U", "postgres", "-s", env=env)
    for name in ("initdb", "psql", "pg_dump", "pg_ctl", "createdb", "pg_basebackup", "pg_waldump"):
        yield run(name, "--help", env=env)
    yield run("pg_controldata", folder / "data", env=env)
    yield from contents(folder / "init.out", folder / "log")


def shop_schema() -> str:
    """Tables of a parts shop."""
    rows = ",\n".join(
        f"('{word}-{n}', '{word}', {n * 7 % 93 + 1})" for n in range(40) for word in WORDS
    )
    return f"""
create table item (sku text primary key, kind text not null, price numeric check (price > 0));
create table purchase (id serial primary key, item text references item, quantity int, note text,
                       at timestamptz default now());
create index purchase_item on purchase (item);
insert into item values {rows};
insert into purchase (item, quantity, note)
  select sku, (random() * 9)::int, md5(sku || n) from item, generate_series(1, 3) n;
analyze;
"""


def shop_statements(count: int, seed: int) -> Iterator[str]:
    """Statements of a day in the shop, some of them wrong."""
    rng = random.Random(seed)
    for number in range(count):
        sku, amount = f"{rng.choice(WORDS)}-{rng.randrange(48)}", rng.randrange(-1, 20)
        yield rng.choice(
            [f"insert into purchase (item, quantity) values ('{sku}', {amount});",
             f"select sum(quantity) from purchase where item = '{sku}';",
             f"update item set price = price * 1.0{amount % 9} where sku = '{sku}';",
             f"begin; update item set price = {amount} where sku = '{sku}'; commit;",
             f"insert into item values ('{sku}', 'x', {amount});", f"select quantity / {amount} from purchase limit 1;",
             f"select kind, count(*), avg(price) from item group by kind having count(*) > {amount};",
             f"delete from item where sku = '{sku}';", f"select colour from item where price > {amount};",
             f"vacuum {rng.choice(['analyze', 'verbose'])} purchase;", "checkpoint;",
             f"create table batch_{number} as select * from purchase where quantity > {amount};",
             f"drop table batch_{rng.randrange(number + 1)};", f"selec {amount};",
             f"prepare p{number} as select * from item where price < $1; execute p{number}({amount});",
             f"select '{sku}'::int;", f"set statement_timeout = {abs(amount) * 100};"]
        )  # fmt: skip


def shop_plans(count: int) -> Iterator[str]:
    """Questions about the shop whose plans the server explains, as text and as JSON."""
    rng = random.Random(12)
    for _ in range(count):
        form = rng.choice(
            ["analyze, buffers", "analyze, verbose", "analyze, format json", "costs off"]
        )
        where = rng.choice(
            ["true", f"price > {rng.randrange(90)}", f"kind = '{rng.choice(WORDS)}'"]
        )
        yield (
            f"explain ({form}) select kind, sum(quantity * price) from purchase join item on item = sku "
            f"where {where} group by kind order by {rng.choice(['1', '2 desc'])} limit {rng.randrange(1, 50)};"
        )


# ------------------------------------------------------------------------------------------------
# Packages, Python, version control


def debian_logs(_folder: Path) -> Iterator[str]:
    """The package manager's own logs, where they are in English, and its lists."""
    logs = Path("/var/log")
    names = ("dpkg.log", "alternatives.log", "apt/history.log", "apt/term.log")
    for text in contents(*(logs / name for name in names)):
        if not re.search(r"[ぁ-ん]", text):
            yield re.sub(r"https?://\S+", "http://mirror.example.org/debian", text)[:300_000]
    yield run("dpkg", "-l")[:200_000]
    yield run("dpkg-query", "-W", "-f", "${Package}\t${Version}\t${Installed-Size}\t${Section}\n")[
        :100_000
    ]
    yield run("dpkg", "-s", "bash", "coreutils", "perl", "python3", "dpkg", "apt", "libc6", "tar")


def unittest_logs(_folder: Path) -> Iterator[str]:
    """Python's own tests, verbosely."""
    for name in (
        "test_json",
        "test_datetime",
        "test_textwrap",
        "test_enum",
        "test_logging",
        "test_re",
    ):
        yield run(sys.executable, "-m", "test", "-v", name, seconds=40)[:150_000]


def pytest_logs(folder: Path) -> Iterator[str]:
    """A test session with passes, failures, errors and skips, in several forms."""
    rng = random.Random(13)
    for number in range(12):
        (folder / f"test_{rng.choice(WORDS)}_{number}.py").write_text(failing_tests(rng))
    for options in (
        ("-v",),
        ("-q", "--tb=short"),
        ("-vv", "--tb=long", "--durations=9"),
        ("-rA", "--tb=line"),
    ):
        yield run(
            sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options, folder, cwd=folder
        )


def failing_tests(rng: random.Random) -> str:
    """A test module in which about a quarter of the tests fail, each in its own way."""
    lines = ["import logging, pytest", "log = logging.getLogger('shop.stock')"]
    for number in range(14):
        word, other = rng.choice(WORDS), rng.choice(WORDS)
        check = rng.choice(
            [f"assert len('{word}') < 9", f"assert '{word}' == '{other}'", f"assert {{'{word}': {number}}}['{word}'] >= 0",
             f"log.warning('low stock of {word}: %d', {number}); assert {number} < 9", "pytest.skip('no device')",
             f"print('checking {word}'); [1, 2][{number % 4}]", f"int('{word}')", f"assert sorted('{word}')",
             f"assert [1, {number}, 3] == [1, 2, 3]", f"assert {number} in range(99)", "assert True"]
        )  # fmt: skip
        lines += ["", f"def test_{word}_{number}():", f"    {check}"]
    values = ", ".join(map(repr, rng.sample(WORDS, 6)))
    lines += [
        "",
        f"@pytest.mark.parametrize('name', [{values}])",
        "def test_names(name):",
        "    assert len(name) != 5",
    ]
    return "\n".join(lines) + "\n"


def pip_logs(folder: Path) -> Iterator[str]:
    """Building, installing, conflicting and removing small packages of our own, very verbosely."""
    env = environment(PIP_CONFIG_FILE=os.devnull, PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_NO_INDEX="1",
                      PIP_ROOT_USER_ACTION="ignore")  # fmt: skip
    wheels, pip = folder / "wheels", (sys.executable, "-m", "pip")
    for number, word in enumerate(WORDS[:8]):
        package = folder / f"{word}-src"
        (package / word).mkdir(parents=True)
        (package / word / "__init__.py").write_text(f'"""The {word}."""\n')
        needs = [f'"{WORDS[number - 1]}>=1.{number - 1}"'] if number else []
        needs += [f'"{WORDS[0]}<1.{number % 3}"'] if number > 5 else []
        (package / "pyproject.toml").write_text(
            f'[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
            f'[project]\nname = "{word}"\nversion = "1.{number}.0"\ndependencies = [{", ".join(needs)}]\n'
        )
        yield run(
            *pip,
            "wheel",
            "-vv",
            "--no-deps",
            "--no-build-isolation",
            "-w",
            wheels,
            package,
            env=env,
        )
    for word in WORDS[:8]:
        options = ("--find-links", wheels, "--target", folder / "site")
        yield run(*pip, "install", "-vv", *options, word, env=env)
    yield run(*pip, "list", "-v", "--path", folder / "site", env=env) + run(*pip, "check", env=env)


PROGRAM = '''
import concurrent.futures, json, logging, random, sys, time
class Refused(Exception):
    """An order that cannot be carried out."""
def price(order):
    return {"pump": 120, "valve": 35, "motor": 480}[order["item"]] * order["quantity"]
def check(order):
    if order["quantity"] > 7:
        raise Refused(f"order {order['id']}: only 7 in stock, {order['quantity']} wanted")
    return price(order)
def work(order):
    log = logging.getLogger(f"shop.{order['item']}")
    log.debug("order %(id)s: %(quantity)d x %(item)s", order)
    time.sleep(random.random() / 2000)
    try:
        total = check(order)
    except Refused:
        log.exception("order %s refused", order["id"])
    except KeyError as error:
        log.error("order %s: no price for %s", order["id"], error, exc_info=random.random() < 0.5)
    else:
        log.info("order %s accepted, total=%.2f customer=%s", order["id"], total, order["customer"])
logging.basicConfig(level="DEBUG", stream=sys.stdout, style="{", format=FORMAT)
random.seed(SEED)
orders = [{"id": f"A{random.randrange(10**6):06}", "item": random.choice(["pump", "valve", "motor", "hose"]),
           "quantity": random.randrange(1, 10), "customer": random.choice("ABCDEF") + str(random.randrange(99))}
          for _ in range(350)]
with concurrent.futures.ThreadPoolExecutor(4) as pool:
    list(pool.map(work, orders))
'''


def python_program_logs(folder: Path) -> Iterator[str]:
    """A threaded program's log in four layouts, with the tracebacks of its refused orders."""
    layouts = (
        "{asctime} {levelname:8} {name} [{threadName}] {message}",
        "[{levelname}] {created:.6f} {process}/{thread} {funcName}:{lineno} - {message}",
        "{asctime} | {levelname} | {module}.{funcName} | {message}",
        'level={levelname} ts={created} logger={name} msg="{message}"',
    )
    for seed, layout in enumerate(layouts):
        script = folder / "orders.py"
        script.write_text(PROGRAM.replace("FORMAT", repr(layout)).replace("SEED", str(seed)))
        yield run(sys.executable, script)[:100_000]


def python_tool_logs(folder: Path) -> Iterator[str]:
    """Profiles, import times, byte code, traces and syntax trees of Python programs."""
    script = folder / "orders.py"
    script.write_text(PROGRAM.replace("FORMAT", "'{message}'").replace("SEED", "1"))
    quiet = ("-c", "import json, asyncio, email.message, xml.dom.minidom, sqlite3")
    yield run(sys.executable, "-X", "importtime", *quiet)
    yield run(sys.executable, "-v", *quiet)[:150_000]
    for order in ("cumulative", "tottime", "name"):
        yield run(sys.executable, "-m", "cProfile", "-s", order, script)[-60_000:]
    yield run(sys.executable, "-m", "trace", "--trace", script)[:100_000]
    yield run(sys.executable, "-m", "dis", script)
    yield run(sys.executable, "-m", "ast", script)[:80_000]
    yield run(sys.executable, "-m", "tokenize", script)
    yield run(sys.executable, "-m", "compileall", "-f", "-l", folder)
    yield run(
        sys.executable,
        "-X",
        "dev",
        "-m",
        "asyncio",
        text="import asyncio\nawait asyncio.sleep(0)\n1/0\n",
    )


def git_logs(folder: Path) -> Iterator[str]:
    """A repository that grows by changed files of the standard library: history, patches, traces."""
    rng, repository = random.Random(14), folder / "repo"
    env = environment(
        GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_NOSYSTEM="1", GIT_TRACE="1", GIT_TRACE_SETUP="1"
    )
    plain = {key: value for key, value in env.items() if not key.startswith("GIT_TRACE")}
    repository.mkdir()
    run("git", "init", "-b", "main", cwd=repository, env=plain)
    people = (
        "Ada Example <ada@example.com>",
        "田中 花子 <tanaka@example.jp>",
        "Bo Sample <bo@example.org>",
    )
    for key, value in (("user.name", "Build"), ("user.email", "build@example.com")):
        run("git", "config", key, value, cwd=repository, env=plain)
    for path in rng.sample(sorted(library().glob("*.py")), 60):
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
        kept = [line for line in lines if rng.random() > 0.02]
        for stage, content in enumerate((kept[: rng.randrange(40, 160)], kept[:180])):
            (repository / path.name).write_text("".join(content))
            run("git", "add", "-A", cwd=repository, env=plain)
            verb = rng.choice(["Add", "Fix", "Rework", "Simplify"]) if stage else "Start"
            message = f"{verb} {path.stem}\n\nSee #{rng.randrange(900)}."
            run(
                "git",
                "commit",
                "-m",
                message,
                "--author",
                rng.choice(people),
                cwd=repository,
                env=plain,
            )
    for options in (
        ("--stat",),
        ("-p",),
        ("--graph", "--oneline", "--decorate"),
        ("--numstat", "--format=fuller"),
    ):
        yield run("git", "log", *options, cwd=repository, env=plain)[:250_000]
    yield run("git", "log", "--format=%h,%aI,%an,%s", cwd=repository, env=plain)
    for command in (
        ("fsck", "-v"),
        ("gc",),
        ("count-objects", "-v"),
        ("status",),
        ("reflog",),
        ("clone", ".", "../copy"),
    ):
        yield run("git", *command, cwd=repository, env=env)[:60_000]


def subversion_logs(folder: Path, env: dict[str, str] | None = None) -> Iterator[str]:
    """A repository's history and a working copy's messages."""
    env, rng = env or environment(), random.Random(15)
    run("svnadmin", "create", folder / "svn", env=env)
    url = f"file://{folder}/svn"
    yield run("svn", "checkout", url, folder / "copy", env=env)
    for number in range(25):
        path = folder / "copy" / f"{rng.choice(WORDS)}.txt"
        new = not path.exists()
        path.write_text("\n".join(rng.choice(WORDS) for _ in range(rng.randrange(5, 40))) + "\n")
        output = run("svn", "add", path, env=env) if new else run("svn", "diff", path, env=env)
        message = f"Change {number} of {path.stem}"
        yield output + run("svn", "commit", "-m", message, folder / "copy", env=env)
    for command in (
        "log -v",
        "info",
        "status -v",
        "list -v",
        "update",
        "commit -m x missing",
        "blame gone",
    ):
        yield run("svn", *command.split(), cwd=folder / "copy", env=env)
    yield run("svnadmin", "dump", folder / "svn", env=env)[-60_000:]
    for command in [
        "add",
        "blame",
        "cat",
        "checkout",
        "commit",
        "copy",
        "diff",
        "import",
        "info",
        "log",
        "merge",
        "switch",
        "update",
    ]:
        yield run("svn", "help", command, env=env)


# ------------------------------------------------------------------------------------------------
# Files, processes, the network


def trace_logs(folder: Path) -> Iterator[str]:
    """System calls of small programs, in several layouts."""
    target = folder / "trace"
    programs = (("ls", "-la", "/usr/lib"), (sys.executable, "-S", "-c", "import json, socket"), ("tar", "-cf", os.devnull, library() / "json"),
                ("sort", "/etc/services"), ("find", "/usr/lib/systemd", "-name", "*.socket"))  # fmt: skip
    for options in (
        ("-f",),
        ("-f", "-tt", "-T"),
        ("-r", "-y"),
        ("-c",),
        ("-k", "-e", "trace=openat"),
    ):
        for program in programs:
            run("strace", *options, "-o", target, *program, seconds=20)
            for text in contents(target):
                yield text[:50_000]


def library_call_logs(folder: Path) -> Iterator[str]:
    """Library calls of a small program."""
    (folder / "a.c").write_text(C_PROGRAM)
    run("gcc", "-O0", "-no-pie", "-o", folder / "a", folder / "a.c", "-lm")
    for options in (("-f",), ("-S", "-tt"), ("-c",)):
        run("ltrace", *options, "-o", folder / "out", folder / "a", seconds=20)
        for text in contents(folder / "out"):
            yield text[:80_000]


def listing_logs(folder: Path, env: dict[str, str] | None = None) -> Iterator[str]:
    """Listings and archives of the system's own files."""
    env = env or environment()
    yield run("ls", "-laR", "/usr/lib/systemd", "/usr/share/perl5", env=env)[:120_000]
    yield run("ls", "-lhR", "--full-time", "/usr/share/doc", "/usr/lib/python3", env=env)[:60_000]
    yield run("find", "/usr/include", "-ls", env=env)[:80_000]
    yield run(
        "find",
        "/usr/lib/systemd",
        "/usr/share/zoneinfo",
        "-printf",
        "%y %m %u:%g %s %TY-%Tm-%Td %p\\n",
        env=env,
    )[:60_000]
    yield run("stat", *sorted(Path("/usr/lib").iterdir()), env=env)
    yield run("du", "-ah", library(), env=env)[:60_000]
    yield run("tar", "-czvvf", folder / "a.tgz", "/usr/share/perl5", env=env)[:80_000]
    yield run("tar", "-tvf", folder / "a.tgz", "--full-time", env=env)[:60_000]
    copy = folder / "copy"
    yield run("cp", "-rv", library() / "email", copy, env=env)
    yield run("df", "-hT", env=env) + run("wc", *sorted(copy.glob("*.py")), env=env)
    yield run("diff", "-ru", library() / "json", copy, env=env)[:60_000]
    yield run("rm", "-rv", copy, env=env) + run("ls", copy, env=env) + run("cat", folder, env=env)


def rsync_logs(folder: Path) -> Iterator[str]:
    """Two runs of a copy, with progress, item changes, statistics and a log file."""
    options = ("-aivv", "--progress", "--stats", f"--log-file={folder}/log")
    source, target = folder / "source", folder / "target"
    shutil.copytree(library() / "email", source)
    yield run("rsync", *options, "--exclude=*.pyc", f"{source}/", target)
    for path in sorted(source.glob("*.py"))[::3]:
        path.write_text("changed\n")
    yield run("rsync", *options, "--delete", "--dry-run", f"{source}/", target)
    yield run("rsync", *options, "--delete", "-z", f"{source}/", target)
    yield from contents(folder / "log")


def archive_logs(folder: Path) -> Iterator[str]:
    """Packing and listing with zip and checksums of files."""
    yield run("zip", "-rv", folder / "a.zip", "json", "email", cwd=library())
    yield run("unzip", "-v", folder / "a.zip") + run("unzip", "-t", folder / "a.zip")
    paths = sorted(library().glob("*.py"))
    yield run("sha256sum", *paths[:120]) + run("md5sum", *paths[:120]) + run("file", *paths[:120])


SLEEPER = "import time\nend = time.time() + 40\nwhile time.time() < end:\n    sum(range(9**5)); time.sleep(0.05)\n"


def process_logs(folder: Path) -> Iterator[str]:
    """Snapshots of a small program's process and of the kernel's threads."""
    (folder / "collector.py").write_text(SLEEPER)
    with serving(sys.executable, folder / "collector.py", output=folder / "out") as pid:
        time.sleep(1)
        yield run("top", "-b", "-n", "12", "-d", "0.5", "-p", str(pid))
        yield run(
            "ps", "-L", "-o", "pid,ppid,lwp,nlwp,stat,pcpu,pmem,rss,etime,args", "-p", str(pid)
        )
        yield run("ps", "-o", "pid,ppid,pri,ni,stat,wchan:20,comm", "--ppid", "2")
        yield run("lsof", "-p", str(pid)) + run("pmap", "-x", str(pid))
        yield "".join(
            contents(
                *(Path(f"/proc/{pid}") / name for name in ("status", "maps", "limits", "smaps"))
            )
        )
        yield run("pidstat", "-rudh", "-p", str(pid), "1", "8")
    names = (
        "meminfo",
        "vmstat",
        "interrupts",
        "stat",
        "cpuinfo",
        "slabinfo",
        "zoneinfo",
        "diskstats",
        "net/snmp",
        "net/netstat",
    )
    yield from (text[:40_000] for text in contents(*(Path("/proc") / name for name in names)))


def resource_logs(folder: Path, env: dict[str, str] | None = None) -> Iterator[str]:
    """Tables that repeat every second, as text, CSV and JSON."""
    env, data = env or environment(), folder / "sar"
    yield (
        run("vmstat", "-t", "1", "12", env=env)
        + run("vmstat", "-s", env=env)
        + run("free", "-h", env=env)
    )
    yield run("iostat", "-xt", "1", "6", env=env) + run("mpstat", "-P", "ALL", "1", "5", env=env)
    run("sar", "-o", data, "1", "12", env=env)
    yield run("sar", "-A", "-f", data, env=env)[:120_000]
    yield run("sadf", "-d", data, "--", "-A", env=env)[:80_000]
    yield run("sadf", "-j", data, "--", "-A", env=env)[:80_000]
    yield run("sadf", "-x", data, env=env)[:60_000]
    yield run("lsblk", "-J", "-O", env=env)[:30_000]


def network_logs(folder: Path) -> Iterator[str]:
    """Packets on loopback in three layouts, what the client saw, sockets, interfaces and routes."""
    port, root = free_port(), website(folder)
    command = (sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1", "-d", root)
    with serving(*command, output=folder / "server", port=port):
        for options in (("-nn",), ("-nn", "-vvv", "-e"), ("-nn", "-X", "-tttt")):
            capture = ("tcpdump", "-i", "lo", "-l", *options, "-c", "300", "tcp", "port", str(port))
            with serving(*capture, output=folder / "packets"):
                time.sleep(1)
                browse(port, 40, seed=16)
                time.sleep(1)
        for path in ("/", "/missing", "/docs/", "/blog"):
            address = f"http://127.0.0.1:{port}{path}"
            yield run("curl", "-sv", "--trace-time", "-o", os.devnull, address)
            yield run("curl", "-s", "--trace-ascii", "-", "-o", os.devnull, address)
            yield run("wget", "-d", "-O", os.devnull, address)
        yield run("ss", "-tnpiem", "sport", "=", str(port), "or", "dport", "=", str(port))
    yield (
        run("ip", "-s", "addr")
        + run("ip", "-j", "-p", "addr")
        + run("ip", "route", "show", "table", "local")
    )
    yield from contents(folder / "packets")


# ------------------------------------------------------------------------------------------------
# Compilers and runtimes


C_PROGRAM = """
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
struct part { char name[16]; int stock; double price; };
static int cheaper(const void *a, const void *b) {
  double d = ((struct part *)a)->price - ((struct part *)b)->price; return d < 0 ? -1 : d > 0;
}
int main(int argc, char **argv) {
  struct part *parts = malloc(60 * sizeof *parts); int unused; unsigned u = 3;
  for (int i = 0; i < 60; i++) {
    snprintf(parts[i].name, 16, "part-%03d", i * 37 % 60);
    parts[i].stock = i * i % 17; parts[i].price = sqrt(i * 13 % 29) + strlen(parts[i].name);
  }
  qsort(parts, 60, sizeof *parts, cheaper);
  for (int i = 0; i < u * 20; i++) printf("%s %d %.2f\\n", parts[i].name, parts[i].stock, parts[i].price);
  free(parts);
}
"""
WRONG_C = """
#include <stdio.h>
int total(int n) { int s; for (int i = 0; i <= n; i++) s += i }
static void never(void) { char b[4]; sprintf(b, "%d %s", 3.5); }
int main(void) { int x = "text"; printf("%d\\n", y); return total(1, 2); }
"""


def compiler_logs(folder: Path, env: dict[str, str] | None = None) -> Iterator[str]:
    """Builds, warnings, errors, symbol tables, machine code and debug output of make."""
    env = env or environment()
    parts = [f"part{n}" for n in range(12)]
    for name in parts:
        (folder / f"{name}.c").write_text(C_PROGRAM.replace("main", f"run_{name}"))
    (folder / "main.c").write_text(C_PROGRAM)
    (folder / "wrong.c").write_text(WRONG_C)
    objects = " ".join(f"{name}.o" for name in ["main", *parts])
    (folder / "Makefile").write_text(
        f"CFLAGS = -Wall -Wextra -g\napp: {objects}\n\tgcc -o $@ $^ -lm -Wl,-Map=app.map\nbad: wrong.o gone.o\n"
    )
    yield run("make", "-B", "app", cwd=folder, env=env) + run(
        "make", "-k", "bad", cwd=folder, env=env
    )
    yield run("make", "-d", "app", cwd=folder, env=env)[:60_000]
    yield run("gcc", "-v", "-Wl,--verbose", "main.c", "-lm", cwd=folder, env=env)
    yield run("gcc", "-c", "-ftime-report", "-fopt-info-all", "-O3", "main.c", cwd=folder, env=env)[
        :60_000
    ]
    yield run("gcc", "-fdiagnostics-format=json", "-Wall", "-c", "wrong.c", cwd=folder, env=env)
    yield run("readelf", "-aW", "app", cwd=folder, env=env)[:60_000]
    yield run("objdump", "-dS", "app", cwd=folder, env=env)[:80_000]
    yield run("nm", "-an", "app", cwd=folder, env=env) + run("ldd", "app", cwd=folder, env=env)
    yield from (text[:60_000] for text in contents(folder / "app.map"))
    for program in (
        "objdump",
        "readelf",
        "ld",
        "as",
        "nm",
        "make",
        "wget",
        "bash",
        "tar",
        "diff",
        "find",
        "grep",
    ):
        yield run(program, "--help", env=env)
    yield run(
        "bash", text="cd /missing\nnothere\n[ 1 -eq a ]\necho $((1/0))\nif true; the\n", env=env
    )


def debugger_logs(folder: Path) -> Iterator[str]:
    """A debugger's session and a memory checker's report."""
    (folder / "a.c").write_text(
        C_PROGRAM.replace("free(parts);", "parts[60].stock++; free(parts); free(parts);")
    )
    run("gcc", "-g", "-O0", "-o", folder / "a", folder / "a.c", "-lm")
    script = "break cheaper\nrun\nbt full\ninfo locals\ninfo registers\ncontinue 30\nbt\nptype struct part\nx/20i $pc\nkill\n"
    yield run("gdb", "-q", "-nx", "-batch-silent", folder / "a", text=script)
    yield run("gdb", "-q", "-nx", folder / "a", text=script)
    yield run("valgrind", "-v", "--leak-check=full", folder / "a")


def cmake_logs(folder: Path) -> Iterator[str]:
    """Configuring and building a small project, with everything shown."""
    (folder / "main.c").write_text(C_PROGRAM)
    (folder / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.20)\nproject(parts C)\nfind_package(Threads)\nfind_package(ZLIB)\n"
        "include(CheckFunctionExists)\ncheck_function_exists(strlcpy HAVE_STRLCPY)\n"
        "add_executable(parts main.c)\ntarget_link_libraries(parts m)\n"
    )
    yield run("cmake", "-B", "build", "--trace-expand", cwd=folder)[:200_000]
    yield run("cmake", "--build", "build", "-v", cwd=folder) + run(
        "cmake", "-LAH", "build", cwd=folder
    )
    yield from (
        text[:80_000] for text in contents(*sorted((folder / "build/CMakeFiles").glob("*.log")))
    )


JAVA_PROGRAM = """
import java.util.*; import java.util.logging.*; import java.util.concurrent.*;
public class Shop {
  static final Logger log = Logger.getLogger("shop.orders");
  static int price(String item) { if (item.equals("hose")) throw new IllegalArgumentException("no price: " + item);
    return item.length() * 10; }
  public static void main(String[] args) throws Exception {
    log.setLevel(Level.ALL); Random random = new Random(3); List<byte[]> kept = new ArrayList<>();
    ExecutorService pool = Executors.newFixedThreadPool(3); String[] items = {"pump", "valve", "motor", "hose"};
    for (int i = 0; i < 260; i++) { final int n = i; final String item = items[random.nextInt(4)];
      for (int k = 0; k < 40; k++) kept.add(new byte[20000]); if (kept.size() > 600) kept.clear();
      pool.submit(() -> { try { log.info("order " + n + ": " + item + " costs " + price(item)); }
        catch (RuntimeException e) { log.log(Level.SEVERE, "order " + n + " refused", e); } }); }
    pool.shutdown(); pool.awaitTermination(9, TimeUnit.SECONDS); }
}
"""
WRONG_JAVA = """
import java.util.*;
public class Wrong implements Runnable { List<String> names = new ArrayList<Integer>(); final int x;
  int total(int n) { String s = n; return; } void gone() { missing(); int y; y++; throw new Exception(); }
  abstract void a(); private int total(int m) { while (true) {} m++; } switch }
class Other extends Wrong { int z = super.q; void t() { for (String s : 3) s.foo(); Date d = new Date(1,1,1); } }
"""


def java_logs(folder: Path, options: Sequence[str] = ()) -> Iterator[str]:
    """A program's log with stack traces, the collector's log, loaded classes, compiler messages."""
    (folder / "Shop.java").write_text(JAVA_PROGRAM)
    for number in range(4):
        kept = WRONG_JAVA if number < 2 else WRONG_JAVA.replace("switch }", "}")
        (folder / "Wrong.java").write_text(
            kept if number % 2 else kept.replace("abstract void a();", "")
        )
        yield run(
            "javac",
            *(f"-J{o}" for o in options),
            "-Xlint:all",
            "-Xdiags:verbose",
            "Wrong.java",
            cwd=folder,
        )
    yield run("javac", *(f"-J{o}" for o in options), "-Xlint:all", "Shop.java", cwd=folder)
    java: Command = ("java", *options, "-Xmx48m", "-cp", folder)
    yield run(*java, "Shop")[:150_000]
    yield run(*java, "-Xlog:gc*,safepoint", "Shop")[:120_000]
    yield run(*java, "-verbose:class", "-version")[:60_000]
    for program in ("java", "javac", "jar", "jdeps", "keytool", "jlink"):
        if find(program):
            help_option = "-help" if program == "keytool" else "--help"
            yield (
                run(program, *(f"-J{o}" for o in options if program != "java"), help_option)
                if program != "java"
                else run(*java, "--help")
            )
    yield run(*java, "Missing") + run(*java, "-Xmx1k", "Shop") + run(*java, "-XX:+Gone", "Shop")


def node_logs(folder: Path) -> Iterator[str]:
    """A runtime's traces of memory and optimization, stack traces, and the package manager's log."""
    (folder / "shop.js").write_text(
        "const kept = []; const price = (i) => { if (i % 97 === 0) throw new TypeError('no price for item ' + i);"
        " return { id: i, name: 'item-' + i, price: i * 1.1 }; };\n"
        "for (let i = 1; i < 400000; i++) { try { kept.push(price(i)); } catch (e) { if (i % 7760 === 0)"
        " console.error(new Date().toISOString(), e); } if (kept.length > 90000) kept.length = 0; }\n"
        "console.table(kept.slice(0, 40)); process.report.reportOnFatalError = true;"
        " console.log(JSON.stringify(process.memoryUsage()));\n"
    )
    for options in (
        ("--trace-gc", "--trace-gc-verbose"),
        ("--trace-opt", "--trace-deopt"),
        ("--trace-sync-io",),
    ):
        yield run("node", *options, "shop.js", cwd=folder)[:100_000]
    yield run("node", "-p", "process.report.getReport(); process.config", cwd=folder)[:30_000]
    for word in WORDS[:4]:
        (folder / word).mkdir()
        (folder / word / "package.json").write_text(json.dumps({"name": word, "version": "1.0.0"}))
    (folder / "package.json").write_text(
        json.dumps({"name": "shop", "version": "1.0.0", "dependencies": {w: f"file:{w}" for w in WORDS[:4]},
                    "scripts": {"test": "node shop.js", "bad": "exit 3"}})
    )  # fmt: skip
    npm = ("npm", "--offline", "--no-audit", "--loglevel", "silly", "--registry=http://127.0.0.1:1")
    env = environment(npm_config_cache=str(folder / "cache"), npm_config_userconfig=os.devnull)
    for command in (
        ("install",),
        ("run", "bad"),
        ("ls", "--all"),
        ("install", "gone"),
        ("pack", "--dry-run"),
    ):
        yield run(*npm, *command, cwd=folder, env=env)


WRONG_TS = """
interface Part { name: string; stock: number; readonly price?: number }
abstract class Base { abstract go(): void; private x = 1; constructor(public n: string) {} }
class Shop<T extends Part> extends Base implements Missing {
  parts: T[] = [1, 2]; total(): number { return this.parts.map(p => p.cost).join(); }
  static a: string = 3; get b() { } set b(v, w) { } override nothing() { } async *c(): Part { await 1; }
}
let shop = new Base(); const y: Part = { name: 1, colour: "red" }; y.price = 2; y.stock.foo(1, 2);
function f(a?: number, b: string) { return a + undefinedName; } f("x"); f(1, "b", 3); enum E { A = "x", B }
export default shop; import { gone } from "./gone"; for (let i of 5) { } const z; delete y; new.target; break;
type U = Part extends infer V ? V : never; let t: [number, string] = ["a", 1, 2]; switch (t) { case 1: case 1: }
var shop = 3; declare module "m" { } namespace N { export let q: Q } label: while (false) { continue other }
if (y = null) { } let n: number = null; t = undefined; class D extends D { } @dec class G { } yield 3; x?.y = 4;
"""


def typescript_logs(folder: Path, locale: str = "en") -> Iterator[str]:
    """A compiler's complaints about a very wrong program, its options, and its module resolution."""
    rng, lines, names = random.Random(17), WRONG_TS.strip().splitlines(), list[str]()
    for number in range(60):
        chosen = rng.sample(lines, rng.randrange(3, len(lines) + 1))
        text = "\n".join(chosen).replace("Part", rng.choice(WORDS).title())
        names.append(f"{rng.choice(WORDS)}{number}.ts")
        (folder / names[-1]).write_text(text.replace("shop", rng.choice(WORDS)) + "\n")
    tsc = ("tsc", "--locale", locale, "--noEmit", "--noUnusedLocals", "--target", "es2020")
    for number in range(4):
        strict = ("--strict",) if number % 2 else ()
        pretty = ("--pretty",) if number % 3 == 0 else ()
        yield run(*tsc, *strict, *pretty, *names[15 * number : 15 * number + 15], cwd=folder)
    yield run("tsc", "--locale", locale, "--all") + run(
        "tsc", "--locale", locale, "--init", cwd=folder
    )
    yield from contents(folder / "tsconfig.json")
    yield run(*tsc, "--traceResolution", "--diagnostics", names[0], cwd=folder)


def cargo_logs(folder: Path) -> Iterator[str]:
    """A Rust build with everything shown, tests, and the compiler's long explanations of errors."""
    run("cargo", "init", "--name", "shop", "--vcs", "none", folder)
    good = 'fn double(x: i32) -> i32 { x * 2 }\nfn main() { let unused = 3; println!("{}", double(4)); }\n'
    tests = "\n".join(f"#[test]\nfn {word}_fits() {{ assert_eq!(double({n}), {n * 2 - n % 5 // 4}); }}"
                      for n, word in enumerate(WORDS))  # fmt: skip
    (folder / "src/main.rs").write_text(good + tests)
    yield run("cargo", "build", "-vv", "--offline", cwd=folder)
    yield run("cargo", "test", "--offline", cwd=folder)
    wrong = (
        'fn main() { let s = String::from("a"); let t = s; println!("{}", s); }',
        'struct P { n: i32 }\nfn main() { let p = P { m: 1 }; let x: i32 = "a"; p.go(); }',
        "fn longest(a: &str, b: &str) -> &str { if a > b { a } else { b } }\nfn main() { let v = vec![1]; v.push(2); }",
        "use std::gone; trait T { fn f(&self); } struct S; impl T for S {} fn main() { match 3 { 1 => {} } }",
        "fn main() { let r; { let x = 5; r = &x; } let mut v = vec![1]; let a = &v[0]; v.push(*a); undefined!(); }",
    )
    for text in wrong:
        (folder / "wrong.rs").write_text(text)
        yield run("rustc", "--edition", "2021", "wrong.rs", cwd=folder)
        yield run("rustc", "--edition", "2021", "--error-format=json", "wrong.rs", cwd=folder)


def ant_logs(folder: Path) -> Iterator[str]:
    """A build tool's verbose and failing runs."""
    (folder / "src").mkdir()
    (folder / "src/Shop.java").write_text(JAVA_PROGRAM)
    copies = "\n".join(f'<copy file="src/Shop.java" tofile="out/{word}.txt"/>' for word in WORDS)
    (folder / "build.xml").write_text(
        f'<project name="shop" default="jar"><target name="prepare"><mkdir dir="out"/>{copies}</target>'
        '<target name="compile" depends="prepare"><javac srcdir="src" destdir="out" includeantruntime="false" debug="on"/>'
        '</target><target name="jar" depends="compile"><jar destfile="shop.jar" basedir="out"/>'
        '<checksum file="shop.jar"/></target><target name="bad"><fail message="no release without a date"/></target></project>'
    )
    for options in ((), ("-v",), ("-d",), ("bad",), ("-diagnostics",), ("gone",)):
        yield run("ant", *options, cwd=folder)[:80_000]


def sqlite_logs(folder: Path) -> Iterator[str]:
    """A small database's schema, plans, statistics and tables in every form of output."""
    rows = "".join(
        f"insert into stock values({n},'{w}-{n % 9}',{n * 7 % 50});\n"
        for n, w in enumerate(WORDS * 4)
    )
    plans = "".join(
        f"select count(*), sum(n) from stock where name like '{word}%' and n>{len(word)};\n"
        for word in WORDS
    )
    setup = f"create table stock(id integer primary key, name text unique, n int);\n{rows}create index by_n on stock(n);\n"
    yield run(
        "sqlite3",
        "-echo",
        folder / "a.db",
        text=setup + "insert into stock values(1,'x',2);\nselect q;\nselec;\n",
    )
    for mode in ("csv", "json", "box", "line", "insert stock", "markdown", "column", "html"):
        yield run(
            "sqlite3", folder / "a.db", text=f".mode {mode}\n.headers on\nselect * from stock;\n"
        )
    yield run("sqlite3", folder / "a.db", text=f".eqp full\n.stats on\n.timer on\n{plans}")[:80_000]
    yield run("sqlite3", folder / "a.db", text=".dump\n.schema\n.dbinfo\n.show\n")


def certificate_logs(folder: Path) -> Iterator[str]:
    """Certificates in words, and a handshake message by message."""
    key, port = folder / "key", free_port()
    for word in WORDS[:6]:
        subject = f"/C=JP/O=Example {word.title()}/CN={word}.example.com"
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", folder / "cert",
            "-days", "30", "-subj", subject)  # fmt: skip
        yield run("openssl", "x509", "-text", "-in", folder / "cert")
    start = (
        "openssl",
        "s_server",
        "-accept",
        f"127.0.0.1:{port}",
        "-key",
        key,
        "-cert",
        folder / "cert",
        "-www",
    )
    client = ("openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-msg", "-state")
    with serving(*start, output=folder / "out", port=port):
        for protocol in ("-tls1_2", "-tls1_3", "-no_ticket", "-tls1_1"):
            yield run(*client, protocol, text="Q\n", seconds=10)
    yield run("openssl", "asn1parse", "-in", folder / "cert") + run("openssl", "ciphers", "-v")


def rotation_logs(folder: Path) -> Iterator[str]:
    """What a log rotation considers and does."""
    for word in WORDS:
        (folder / f"{word}.log").write_text("line\n" * (len(word) * 50))
    (folder / "conf").write_text(
        f"{folder}/*.log {{\n  size 900\n  rotate 3\n  compress\n  dateext\n  missingok\n  create 0640 root root\n}}\n"
    )
    (folder / "conf").chmod(0o644)
    for options in (("-d",), ("-v",), ("-v", "-f")):
        yield run("logrotate", *options, "-s", folder / "state", folder / "conf")


# ------------------------------------------------------------------------------------------------
# Japanese


def japanese(folder: Path) -> dict[str, str]:
    """An environment in Japanese; the locale is made in the folder, so nothing is installed."""
    target = folder / "locale"
    target.mkdir(exist_ok=True)
    target.chmod(0o755)
    run("localedef", "-i", "ja_JP", "-f", "UTF-8", target / JAPANESE)
    return environment(JAPANESE, LOCPATH=str(target), LANGUAGE="ja")


def tomcat_japanese_log(folder: Path) -> Iterator[str]:
    """An application server speaking Japanese: starting, deploying good and bad applications, stopping."""
    port, home = free_port(), Path("/usr/share/tomcat10")
    for name in ("conf", "logs", "temp", "webapps", "work"):
        (folder / name).mkdir()
    (folder / "conf/server.xml").write_text(
        f'<Server port="-1"><Service name="Catalina"><Connector port="{port}" address="127.0.0.1" maxGone="3"/>'
        '<Engine name="Catalina" defaultHost="localhost"><Host name="localhost" appBase="webapps" autoDeploy="true">'
        f'<Valve className="org.apache.catalina.valves.AccessLogValve" directory="{folder}/logs" prefix="access"/>'
        "</Host></Engine></Service></Server>"
    )
    (folder / "conf/logging.properties").write_text(
        "handlers = java.util.logging.ConsoleHandler\n.level = INFO\norg.apache.catalina.level = FINE\n"
        "org.apache.coyote.level = FINE\njava.util.logging.ConsoleHandler.level = ALL\n"
        "java.util.logging.ConsoleHandler.formatter = org.apache.juli.OneLineFormatter\n"
    )
    shutil.copy(home / "etc/web.xml", folder / "conf/web.xml")
    for number, word in enumerate(WORDS[:18]):
        information = folder / "webapps" / word / "WEB-INF"
        information.mkdir(parents=True)
        classes = ("filter", "servlet", "listener")[number % 3]
        body = f"<{classes}><{classes}-name>x</{classes}-name><{classes}-class>app.Gone</{classes}-class></{classes}>"
        body = body.replace("<listener-name>x</listener-name>", "")
        (information / "web.xml").write_text(
            f"<web-app>{body}</web-app>" if number % 4 else "<web-app><x></web-app>"
        )
    jars = ":".join(str(home / "bin" / name) for name in ("bootstrap.jar", "tomcat-juli.jar"))
    start = ("java", "-Duser.language=ja", "-Duser.country=JP", "-Dfile.encoding=UTF-8", "-Dstdout.encoding=UTF-8",
             "-Dstderr.encoding=UTF-8", f"-Dcatalina.home={home}", f"-Dcatalina.base={folder}", "-Xmx200m",
             f"-Djava.util.logging.config.file={folder}/conf/logging.properties",
             "-Djava.util.logging.manager=org.apache.juli.ClassLoaderLogManager", "-cp", jars,
             "org.apache.catalina.startup.Bootstrap")  # fmt: skip
    with serving(*start, output=folder / "out", port=port):
        browse(port, 60, seed=18)
    yield from contents(folder / "out")


def japanese_system_logs(folder: Path) -> Iterator[str]:
    """Listings, builds and tables of everyday tools in Japanese."""
    env = japanese(folder)
    for name, make in (
        ("files", listing_logs),
        ("build", compiler_logs),
        ("table", resource_logs),
        ("svn", subversion_logs),
    ):
        (folder / name).mkdir()
        yield from make(folder / name, env)


def java_japanese_logs(folder: Path) -> Iterator[str]:
    """The Java compiler and its tools in Japanese."""
    utf8 = ("-Dfile.encoding=UTF-8", "-Dstdout.encoding=UTF-8", "-Dstderr.encoding=UTF-8")
    return java_logs(folder, ("-Duser.language=ja", "-Duser.country=JP", "-Dsun.stdout.encoding=UTF-8",
                              "-Dsun.stderr.encoding=UTF-8", *utf8))  # fmt: skip


def typescript_japanese_logs(folder: Path) -> Iterator[str]:
    """The TypeScript compiler in Japanese."""
    return typescript_logs(folder, "ja")


TOOLS = (
    Tool("nginx access and error logs", ("nginx",), nginx_logs, "nginx"),
    Tool("Apache HTTP Server logs", ("apache2",), apache_logs, "apache2"),
    Tool("Python http.server log", (), python_server_log),
    Tool("HAProxy log", ("haproxy",), haproxy_log, "haproxy"),
    Tool("Redis log, monitor and statistics", ("redis-server", "redis-cli"), redis_logs, "redis-server"),
    Tool("memcached log", ("memcached",), memcached_log, "memcached"),
    Tool("OpenSSH debug logs", ("sshd", "ssh"), sshd_logs, "openssh-server"),
    Tool("rsyslog files", ("rsyslogd", "logger"), syslog, "rsyslog"),
    Tool("PostgreSQL log, plans and tables", ("postgres", "initdb", "psql"), postgres_logs, "postgresql-15"),
    Tool("PostgreSQL CSV and JSON logs", ("postgres", "psql"), postgres_structured_logs, "postgresql-15"),
    Tool("PostgreSQL log, Japanese", ("postgres", "psql", "localedef"), postgres_japanese_logs, "postgresql-15", "ja"),
    Tool("dpkg and apt logs", ("dpkg",), debian_logs, "dpkg"),
    Tool("Python unittest output", (), unittest_logs),
    Tool("pytest output", (), pytest_logs),
    Tool("pip output", (), pip_logs),
    Tool("Python program logs", (), python_program_logs),
    Tool("Python profiles and traces", (), python_tool_logs),
    Tool("git history and traces", ("git",), git_logs, "git"),
    Tool("Subversion output", ("svn", "svnadmin"), subversion_logs, "subversion"),
    Tool("strace output", ("strace",), trace_logs, "strace"),
    Tool("ltrace output", ("ltrace", "gcc"), library_call_logs, "ltrace"),
    Tool("file listings", ("ls", "tar", "find"), listing_logs, "coreutils"),
    Tool("rsync logs", ("rsync",), rsync_logs, "rsync"),
    Tool("zip and checksum lists", ("zip", "unzip"), archive_logs, "zip"),
    Tool("process snapshots", ("top", "ps", "lsof", "pidstat"), process_logs, "procps"),
    Tool("resource tables", ("vmstat", "iostat", "sar", "sadf"), resource_logs, "sysstat"),
    Tool("packet dumps and client traces", ("tcpdump", "curl", "ss"), network_logs, "tcpdump"),
    Tool("C compiler and make output", ("gcc", "make"), compiler_logs, "gcc"),
    Tool("gdb and valgrind sessions", ("gdb", "valgrind", "gcc"), debugger_logs, "gdb"),
    Tool("CMake output", ("cmake", "gcc"), cmake_logs, "cmake"),
    Tool("Java logs", ("java", "javac"), java_logs, "openjdk-17-jdk-headless"),
    Tool("Node.js and npm logs", ("node", "npm"), node_logs, "nodejs"),
    Tool("TypeScript compiler output", ("tsc",), typescript_logs, "node-typescript"),
    Tool("Rust compiler and cargo output", ("rustc", "cargo"), cargo_logs),
    Tool("Ant output", ("ant", "javac"), ant_logs, "ant"),
    Tool("SQLite shell output", ("sqlite3",), sqlite_logs, "sqlite3"),
    Tool("TLS certificates and handshakes", ("openssl",), certificate_logs, "openssl"),
    Tool("logrotate output", ("logrotate",), rotation_logs, "logrotate"),
    Tool("Tomcat log, Japanese", ("java",), tomcat_japanese_log, "tomcat10", "ja"),
    Tool("everyday tools, Japanese", ("localedef", "make", "gcc", "svn", "sar"), japanese_system_logs, "locales", "ja"),
    Tool("Java compiler output, Japanese", ("java", "javac"), java_japanese_logs, "openjdk-17-jdk-headless", "ja"),
    Tool("TypeScript compiler output, Japanese", ("tsc",), typescript_japanese_logs, "node-typescript", "ja"),
)  # fmt: skip
