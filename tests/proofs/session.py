"""One user's whole session in a real browser, from Home to the package, in both languages.

The app is started as users start it, with its own worker, on an empty data folder for each session.
In one a plan is filled in and locked, a generated log is dropped and stored, and an evaluation of
that plan is run with outputs; in the other the bundled sample is evaluated in one click. Either is
read, compared, reviewed blindly, converted to money, written up and taken home in every format.
Each step says how long it took and what the page did not say although it should have. Goals:
nothing is missing, no request leaves the browser, none is refused, no error on a page, in its
console or in the log of the server. With --full the log has 20 MB.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import parse_qs, urlsplit

import psutil

from evaluations.reports import FORMATS
from evaluations.settings import Settings
from evaluations.wording import LANGUAGES, Language, say
from evaluations.worker import stop_worker
from longssm_core.corpus.generator import generate
from tests.proofs.size import BROWSERS

ROOT = Path(__file__).parents[2]
SEED = 9_250_000_000  # never used in training
SHORT, FULL = 400_000, 20_000_000  # bytes of the log
PIECE = 400_000  # bytes of what is generated at a time
PATIENCE, RUNNING = 300.0, 3_600.0  # seconds for one wait, and for the run, on a busy machine
SOURCES = ("log", "sample")  # what is evaluated
BROKEN_OFF = 3  # steps that broke off, after which the others would only wait in vain
KEYS, VOTES = "1234", 6  # of the keyboard, a key for each vote; how many are cast
MONEY = {
    "documents_per_month": 4_000,
    "minutes_careful": 0.1,
    "minutes_base": 0.5,
    "minutes_hopeful": 1,
    "yen_per_labour_hour": 4_200,
    "yen_per_machine_hour": 90,
    "running_yen_per_month": 30_000,
    "one_off_yen": 1_500_000,
    "payback_months_wanted": 24,
    "long_training_yen": 5_000_000,
}
TYPED: dict[str, tuple[str, str]] = {  # what the user writes
    "plan": ("受付ログの切り替え", "Switch for the desk logs"),
    "person": ("佐藤 花子", "Hanna Stone"),
    "kpi": ("読み直しの件数", "Entries read twice"),
    "unit": ("件", "entries"),
    "recommendation": (
        "まず一部署で四週間だけ試し、結果を見て決める。",
        "Try it in one department for four weeks, then decide.",
    ),
}
# sentences that tell of something that went wrong
BROKEN = "[data-testid=stException], .lab-notice.error"
FAILURE = re.compile(r"^\S+ (ERROR|CRITICAL) |Traceback")  # in a line of a log
# Opened on a page, the framework's own code looks for its server below that page before it looks
# at the root, and the browser writes both answers to its console.
LOOKED_FOR = re.compile(r"/\w+/_stcore/(health|host-config)$")


class Visit:
    """One visitor with a page, who notes what every step took and what it failed to show."""

    def __init__(self, page: Any, address: str, language: Language, pictures: Path | None) -> None:
        self.page, self.address, self.language = page, address, language
        self._pictures, self._steps, self._broken_off = pictures, 0, 0
        self._missing: list[str] = []
        self.missed: list[str] = []
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._listen)
        page.on("response", self._heed)

    # --- doing ---

    def open(self, page: str) -> None:
        """Go there by the bar at the top, as a visitor does."""
        name = self.words(f"app.page.{page}")
        link = self.page.locator("[data-testid=stTopNavLink]", has_text=name)
        if not link.count() or not link.first.is_visible():
            beside = self.words("app.pages.beside")
            self.page.locator("[data-testid=stTopNavSection]", has_text=beside).first.click()
            link = self.page.locator("a", has_text=name)
        link.first.click()
        self.page.wait_for_url(re.compile(r"/\?" if page == "home" else rf"/{page}\b"))
        self.settle()

    def press(self, key: str, then: str | None = None) -> None:
        """Press the button of that key; `then` appears afterwards."""
        self.page.locator(f".st-key-{key} button").first.click()
        if then is not None:
            self.page.wait_for_selector(then)
        self.settle()

    def fill(self, key: str, text: object) -> None:
        """Write into the field of that key and leave it."""
        field = self.page.locator(f".st-key-{key} input, .st-key-{key} textarea").first
        field.fill(str(text))
        field.press("Tab")

    def choose(self, key: str, text: str) -> None:
        """Choose what is called so in the list of that key."""
        self.page.locator(f".st-key-{key} [data-testid=stSelectbox] button").last.click()
        self.page.get_by_role("option", name=text, exact=True).click()
        self.settle()

    def settle(self) -> None:
        """Wait until the page has drawn itself."""
        self.page.wait_for_timeout(150)  # what was done is on its way
        self.page.wait_for_selector(".lab-title, .lab-notice")
        self.page.wait_for_function(
            "() => document.querySelector('.stApp')?.getAttribute('data-test-script-state')"
            " !== 'running' && !document.querySelector('[data-stale=\"true\"],"
            " [data-testid=stSkeleton]')"
        )

    def download(self, link: str) -> Path:
        """Take the file of that link."""
        with self.page.expect_download() as download:
            self.page.locator(link).first.click()
        if download.value.failure():  # the browser does not say what it was answered
            again = self.page.request.get(download.value.url)
            self.claim(f"{link}: {again.status} {again.status_text} when asked again", again.ok)
        return Path(download.value.path())

    # --- looking ---

    def _listen(self, line: Any) -> None:
        """Keep an error that the browser writes to its console."""
        place = urlsplit(line.location["url"]).path
        if line.type == "error" and not LOOKED_FOR.search(place):
            self.complaints.append(f"{line.text} ({place})")

    def _heed(self, response: Any) -> None:
        """Keep a refusal, which a page may take for an answer."""
        place = urlsplit(response.url).path
        if response.status >= 400 and not LOOKED_FOR.search(place):
            self.complaints.append(f"{response.status} for {place}")

    def words(self, key: str, **values: object) -> str:
        """The text of `key` in the visitor's language."""
        return say(key, self.language, **values)

    def typed(self, name: str) -> str:
        """What this visitor writes."""
        return TYPED[name][LANGUAGES.index(self.language)]

    def claim(self, what: str, is_so: object) -> None:
        """Note it as missing where it is not so."""
        if not is_so:
            self._missing.append(what)

    def says(self, *texts: str) -> None:
        """Note what is not to be read on the page."""
        fields = "fields => fields.map(field => field.value).join()"
        values = self.page.locator("input, textarea").evaluate_all(fields)
        seen = _plain(self.page.locator(".stApp").inner_text() + values)
        for text in texts:
            self.claim(text, _plain(text) in seen)

    def has(self, *selectors: str) -> None:
        """Note what is not on the page."""
        for selector in selectors:
            self.claim(selector, self.page.locator(selector).count())

    @contextmanager
    def step(self, page: str, what: str) -> Iterator[None]:
        """One step: its seconds, its picture, what was missing; the next one follows anyway.

        Raises:
            RuntimeError: BROKEN_OFF steps broke off.
        """
        from playwright.sync_api import Error

        began, self._missing = time.perf_counter(), []
        try:
            yield
        except Error as error:
            self._missing.append(f"broke off: {error.message.splitlines()[0]}")
            self._broken_off += 1
        seconds = time.perf_counter() - began
        broken = self.page.locator(BROKEN).all_inner_texts()
        self._missing += [f"on the page: {text}" for text in broken]
        self._steps += 1
        self._picture(page)
        missing = "; ".join(self._missing).replace("\n", " ")
        print(f"{self.language}  {page:9}{what:36}{seconds:8.1f}  {missing or 'as it should'}",
              flush=True)  # fmt: skip
        self.missed += [f"{page}: {one}" for one in self._missing]
        if self._broken_off == BROKEN_OFF:
            raise RuntimeError(f"{BROKEN_OFF} steps broke off")

    def outside(self) -> list[str]:
        """Addresses beyond the app that the browser asked for."""
        own = urlsplit(self.address).netloc
        asked = [urlsplit(url) for url in self.requests]
        return [
            url.geturl()
            for url in asked
            if url.scheme in ("http", "https", "ws", "wss") and url.netloc != own
        ]

    def _picture(self, page: str) -> None:
        if self._pictures is not None:
            name = f"{self._steps:02}-{page}-{self.language}.png"
            self.page.screenshot(path=str(self._pictures / name))


def _plain(text: str) -> str:
    return "".join(text.split())


# --- the session -----------------------------------------------------------------------------


def whole_session(visit: Visit, log: Path | None) -> None:
    """Every step in a user's order; log: what is dropped, None: the bundled sample is taken."""
    with visit.step("home", "opened"):
        visit.page.goto(f"{visit.address}/?lang={visit.language}")
        visit.settle()
        visit.says(visit.words("app.home.title"), visit.words("app.home.list.empty"))
    if log is None:
        _start_sample(visit)
        name = visit.words("app.home.sample.name")
    else:
        _start_own(visit, log)
        name = visit.typed("plan")
    _watch(visit)
    _results(visit)
    if log is not None:
        _business_figure(visit)
    _compare(visit)
    _review(visit)
    _money(visit)
    _report(visit)
    _handover(visit)
    with visit.step("home", "the evaluation in the list"):
        visit.open("home")
        visit.says(name, visit.words("app.list.now.last", n=0))


def _start_sample(visit: Visit) -> None:
    with visit.step("run", "sample started by one click"):
        visit.press("home_sample", ".st-key-progress, .st-key-to_results")
        visit.says(visit.words("app.home.sample.name"))
        visit.claim("the evaluation in the address", "run" in _query(visit))


def _start_own(visit: Visit, log: Path) -> None:
    """Plan, data, estimate, start."""
    page, words, typed = visit.page, visit.words, visit.typed
    with visit.step("plan", "opened from Home"):
        visit.press("home_own", ".st-key-lock_rule")
        visit.says(words("app.rule.title"), words("app.rule.lock.means"))
    with visit.step("plan", "filled in"):
        _fill_plan(visit)
        visit.says(words("app.plan.depth.quick"))
        visit.has(".lab-rule")
    with visit.step("plan", "locked"):
        visit.press("lock_rule", ".st-key-next")
        visit.says(words("app.rule.is_locked"), typed("plan"), typed("kpi"), typed("person"))
    with visit.step("data", "opened with the plan"):
        visit.press("next", ".uploader .drop")
        visit.says(words("app.data.title"), words("app.data.empty"))
    with visit.step("data", "log dropped"):
        page.locator("input[type=file]").set_input_files(str(log))
        page.wait_for_selector(".st-key-store_files button")
        visit.settle()
        visit.says(log.name, words("app.data.status.accept"))
    with visit.step("data", "masking chosen"):
        page.locator(".st-key-mask_ip label").first.click()
        page.wait_for_selector(".st-key-mask_original")
        visit.settle()
        shown = page.locator(".stMain").inner_text()
        answers = [words("app.data.mask.done", kinds=""), words("app.data.mask.none")]
        said = any(answer.rstrip("。.") in shown for answer in answers)
        visit.claim("how much is masked is said before it is stored", said)
    with visit.step("data", "stored"):
        visit.press("store_files", ".st-key-next button:not([disabled])")
        visit.says(words("app.data.stored"))
    with visit.step("run", "opened with the locked plan"):
        visit.press("next", ".st-key-start")
        visit.says(words("app.rule.use"), typed("plan"))
        visit.has(".lab-rule", ".st-key-probe button")
    with visit.step("run", "estimated"):
        visit.press("probe")
        page.wait_for_function("() => !document.querySelector('.st-key-probe')")
        visit.settle()
        visit.says(words("app.plan.estimate.probed.note"))
    with visit.step("run", "outputs asked for, started"):
        page.locator(".st-key-outputs_quick label").click()
        visit.settle()
        visit.press("start", ".st-key-progress, .st-key-to_results")
        visit.claim("the evaluation in the address", "run" in _query(visit))


def _query(visit: Visit) -> dict[str, list[str]]:
    return parse_qs(urlsplit(visit.page.url).query)


def _watch(visit: Visit) -> None:
    with visit.step("run", "reloaded, watched to the end"):
        visit.page.reload()
        visit.page.wait_for_selector(".st-key-progress, .st-key-to_results")
        visit.page.wait_for_selector(".st-key-to_results button", timeout=RUNNING * 1000)
        visit.settle()


def _results(visit: Visit) -> None:
    page, words = visit.page, visit.words
    with visit.step("results", "opened"):
        visit.press("to_results", ".lab-verdict")
        page.wait_for_selector("[data-testid=stVegaLiteChart] canvas, .stVegaLiteChart svg")
        visit.says(words("app.results.curve"), words("app.results.validity"))
        outcome = page.locator(".lab-verdict").get_attribute("data-outcome")
        visit.claim("no Go from a quick run", outcome != "go")


def _business_figure(visit: Visit) -> None:
    with visit.step("results", "business figure entered"):
        visit.fill("kpi_author", visit.typed("person"))
        visit.page.locator("[class*='st-key-kpi_'] input[type=number]").first.fill("12")
        visit.press("kpi_send", f"td:has-text('{visit.typed('person')}')")
        visit.says(visit.words("app.kpi.history"), visit.typed("kpi"))


def _fill_plan(visit: Visit) -> None:
    new = "rule__"  # of the keys of a plan that is not stored yet
    visit.fill(f"{new}name", visit.typed("plan"))
    visit.page.locator(
        f".st-key-{new}depth label", has_text=visit.words("app.plan.depth.quick")
    ).click()
    visit.settle()
    visit.fill(f"{new}margin", "0.02")
    visit.fill(f"{new}decider", visit.typed("person"))
    visit.fill(f"{new}date", "2026-12-25")
    visit.fill(f"{new}kpi_0_name", visit.typed("kpi"))
    visit.choose(f"{new}kpi_0_direction", visit.words("app.rule.kpi.direction.at_most"))
    visit.fill(f"{new}kpi_0_target", "10")
    visit.fill(f"{new}kpi_0_unit", visit.typed("unit"))
    visit.settle()


def _compare(visit: Visit) -> None:
    page, words = visit.page, visit.words
    with visit.step("compare", "opened"):
        visit.open("compare")
        page.wait_for_selector(".text .cell")
        visit.says(words("compare.stretches"), words("compare.outputs"))
    with visit.step("compare", "jumped to a loss"):  # there may be no line on which B is better
        visit.press("jump_loss_1", ".text .cell.marked")
        visit.claim("the place in the address", "at" in _query(visit))
    with visit.step("compare", "outputs"):
        if page.locator(".st-key-ask_outputs").count():  # of a document that was not among them
            visit.press("ask_outputs", ".st-key-output_point")
        page.locator(".st-key-output_point").scroll_into_view_if_needed()
        page.locator(".st-key-output_point button").last.click()
        visit.settle()
        visit.has(".lab-outputs .row.truth", ".lab-outputs .row.a", ".lab-outputs .row.b")
        visit.says(words("compare.outputs.truth"))


def _review(visit: Visit) -> None:
    page, words, person = visit.page, visit.words, visit.typed("person")
    with visit.step("review", "opened from Compare"):
        visit.press("to_review", ".st-key-begin, .st-key-request_outputs")
        visit.says(words("app.review.lead"))
    if page.locator(".st-key-request_outputs").count():  # nobody had asked the methods to write
        with visit.step("review", "outputs asked for, written"):
            visit.press("request_outputs")
            page.wait_for_selector(".st-key-begin", timeout=RUNNING * 1000)
            visit.settle()
    elif page.locator(".st-key-request_more").count():  # or for one document alone
        with visit.step("review", "more outputs asked for, written"):
            visit.press("request_more")
            page.wait_for_selector(".st-key-request_more", state="detached")
            page.wait_for_selector(".st-key-begin", timeout=RUNNING * 1000)
            visit.settle()
    with visit.step("review", "begun"):
        visit.says(words("app.review.how"))
        visit.fill("review_name", person)
        visit.press("begin", ".lab-blind-pair")
        visit.says(words("app.review.as", name=person), words("app.review.question"))
    voted = 0
    with visit.step("review", "votes by keyboard"):
        while voted < VOTES and page.locator(".lab-blind-pair").count():
            before = page.locator(".lab-progress h2").inner_text()
            page.keyboard.press(KEYS[voted % len(KEYS)])
            page.wait_for_function(
                "before => document.querySelector('.lab-progress h2')?.innerText !== before",
                arg=before,
            )
            visit.settle()
            voted += 1
    with visit.step("review", "finished"):
        if page.locator(".st-key-stop button").count():
            visit.press("stop", ".st-key-finish")
        visit.press("finish", ".st-key-review_reveal")
        visit.says(words("app.review.thanks", name=person, votes=voted))
    with visit.step("review", "result"):
        page.locator(".st-key-review_reveal label").first.click()
        page.locator(".st-key-review_audit summary").click()
        page.wait_for_selector("table.lab-audit")
        visit.settle()
        visit.says(words("app.review.reviewers"), words("app.review.audit"))
        table = visit.download("a[data-format=reviews]").read_text(encoding="utf-8-sig")
        visit.claim("the votes in the file", table.count(person) >= voted)


def _money(visit: Visit) -> None:
    with visit.step("money", "opened from the review"):
        visit.press("to_money", ".st-key-save_money")
        visit.says(visit.words("app.money.form"), visit.words("app.money.measured"))
    with visit.step("money", "assumptions saved"):
        for name, value in MONEY.items():
            field = visit.page.locator(f"[class*='st-key-money_{name}_'] input").first
            field.fill(str(value))
        visit.fill("money_author", visit.typed("person"))
        visit.press("save_money", ".st-key-to_report [data-testid=stBaseButton-primary]")
        visit.says(visit.words("app.money.saved"))
        said = (visit.words("app.money.scenarios"), visit.words("money.refusal.not_better"))
        seen = _plain(visit.page.locator(".stApp").inner_text())
        visit.claim("scenarios, or why there are none", any(_plain(one) in seen for one in said))


def _report(visit: Visit) -> None:
    page, words, person = visit.page, visit.words, visit.typed("person")
    text = visit.typed("recommendation")
    with visit.step("report", "opened from Money"):
        visit.press("to_report", "a[data-format=pdf]")
        _wait_for_sheet(visit)
        visit.has(*(f"a[data-format={name}]" for name in FORMATS))
    with visit.step("report", "recommendation written"):
        page.get_by_role("tab", name=words("app.report.tab.write")).click()
        page.locator("[class*='st-key-edit_recommendation_'] textarea").fill(text)
        visit.fill("edit_author", person)
        visit.press("save_edit")
        page.wait_for_selector(f"text={words('app.report.edit.saved')}")
        visit.settle()
        _wait_for_sheet(visit)
    with visit.step("report", "history"):
        page.get_by_role("tab", name=words("app.report.tab.history")).click()
        page.wait_for_selector(".lab-history")
        visit.says(text, person)
    for name in FORMATS:
        with visit.step("report", f"{name} taken home"):
            page.get_by_role("tab", name=words("app.report.tab.files")).click()
            file = visit.download(f"a[data-format={name}]")
            visit.claim("the recommendation in it", _plain(text) in _plain(read(file, name)))


def _wait_for_sheet(visit: Visit) -> None:
    visit.page.wait_for_function(
        "() => document.querySelector('img.lab-sheet')?.naturalWidth > 500"
    )


def _handover(visit: Visit) -> None:
    with visit.step("results", "review shown, package"):
        visit.open("results")
        visit.page.wait_for_selector(".lab-verdict")
        visit.settle()
        visit.says(visit.words("review.title"))
        outcome = visit.page.locator(".lab-verdict").get_attribute("data-outcome")
        offered = visit.page.locator("a[data-format=zip]").count()
        visit.claim("a package", bool(offered) == (outcome in ("go", "conditional")))
        if offered:
            with zipfile.ZipFile(visit.download("a[data-format=zip]")) as package:
                visit.claim("a whole package", package.testzip() is None and package.namelist())


def read(file: Path, name: str) -> str:
    """All text of a report."""
    if name == "pdf":
        from pypdf import PdfReader

        return "".join(page.extract_text() for page in PdfReader(file).pages)
    if name in ("pptx", "xlsx"):
        with zipfile.ZipFile(file) as parts:
            marked = [parts.read(one).decode() for one in parts.namelist() if one.endswith(".xml")]
        return "".join(re.findall(r"<(?:a:)?t(?: [^>]*)?>([^<]*)<", "".join(marked)))
    text = file.read_text(encoding="utf-8")
    return json.dumps(json.loads(text), ensure_ascii=False) if name == "json" else text


# --- the app ---------------------------------------------------------------------------------


class Server:
    """The app on a port and a data folder of its own, and what it says to its operator."""

    def __init__(self, folder: Path) -> None:
        self._settings = Settings(data_dir=folder / "data")
        self._log = folder / "server.log"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        self.address = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "streamlit", "run", "app/main.py"]
        with self._log.open("w") as log:
            self._server = subprocess.Popen(
                [*command, "--server.port", str(port)],
                cwd=ROOT,
                env={**os.environ, **self._settings.environment()},
                stdout=log,
                stderr=log,
            )

    def wait(self) -> None:
        """Until it answers."""
        patience = time.monotonic() + 120
        while time.monotonic() < patience:
            try:
                urllib.request.urlopen(f"{self.address}/api/health", timeout=5).close()
                return
            except (URLError, OSError):
                time.sleep(0.2)
        raise RuntimeError(f"the app did not start:\n{self._log.read_text()[-3000:]}")

    def megabytes(self) -> float:
        """Memory of the web server's own process."""
        return float(psutil.Process(self._server.pid).memory_info().rss / 1e6)

    def failures(self) -> list[str]:
        """Lines of its log and its worker's that tell of a failure."""
        logs = [log for log in (self._log, self._settings.worker_log) if log.exists()]
        texts = [log.read_text(encoding="utf-8", errors="replace") for log in logs]
        return [line for text in texts for line in text.splitlines() if FAILURE.search(line)]

    def close(self) -> None:
        """End it and its worker."""
        self._server.send_signal(signal.SIGTERM)
        try:
            self._server.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._server.kill()
            raise
        finally:
            stop_worker(self._settings)


@contextmanager
def visitor(server: Server, language: Language, pictures: Path | None) -> Iterator[Visit]:
    """A fresh visitor in a browser of their own."""
    from playwright.sync_api import sync_playwright

    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=arguments)
        page = browser.new_page(viewport={"width": 1280, "height": 720}, timezone_id="Asia/Tokyo")
        page.set_default_timeout(PATIENCE * 1000)
        yield Visit(page, server.address, language, pictures)
        browser.close()


def generated(size: int, seed: int) -> str:
    """A log of `size` bytes that no checkpoint has seen."""
    count = max(1, size // PIECE)
    return "".join(generate(seed + number, size // count).text for number in range(count))


def session(language: Language, folder: Path, size: int, pictures: Path | None) -> list[str]:
    """One session in one language; what was missed. size: bytes of the log, 0: the sample."""
    log = folder / ("受付 2026.log" if language == "ja" else "desk 2026.log") if size else None
    if log is not None:
        log.write_text(generated(size, SEED), encoding="utf-8")
    with closing(Server(folder)) as server:
        server.wait()
        before = server.megabytes()
        began = time.perf_counter()
        with visitor(server, language, pictures) as visit:
            try:
                whole_session(visit, log)
            except RuntimeError as error:
                visit.missed.append(str(error))
        after, seconds = server.megabytes(), time.perf_counter() - began
        missed = [*visit.missed, *_told("request to others", visit.outside)]
        missed += _told("in the browser's console", lambda: visit.complaints)
        missed += _told("in the server's log", server.failures)
        with urllib.request.urlopen(f"{server.address}/api/health") as reply:
            missed += ["torch in the web server"] if json.loads(reply.read())["torch"] else []
    what = f"{log.stat().st_size / 1e6:.1f} MB" if log is not None else "the sample"
    print(
        f"{language}  {what}, {seconds:.0f} s; web server "
        f"{before:.0f} MB before, {after:.0f} MB after; {len(visit.requests)} requests, "
        f"{len(visit.outside())} of them to others",
        flush=True,
    )
    return [f"{language} {one}" for one in missed]


def _told(what: str, found: Callable[[], list[str]]) -> list[str]:
    return [f"{what}: {one}" for one in found()]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this proof."""
    parser.add_argument("--full", action="store_true", help="with a log of 20 MB")
    parser.add_argument("--language", choices=LANGUAGES, action="append", help="all without it")
    parser.add_argument("--source", choices=SOURCES, action="append", help="both without it")
    parser.add_argument("--pictures", type=Path, help="folder for a picture of every step")


def run(options: argparse.Namespace) -> int:
    """Print every step of every language; 1 where something was not as it should be."""
    missed: list[str] = []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the app is ended as well
    sizes = {"log": FULL if options.full else SHORT, "sample": 0}
    for source in options.source or SOURCES:
        for language in options.language or LANGUAGES:
            pictures = options.pictures and options.pictures / source
            if pictures is not None:
                pictures.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory() as folder:
                missed += session(language, Path(folder), sizes[source], pictures)
    print("everything as it should" if not missed else "\n".join(["missed:", *missed]))
    return 1 if missed else 0
