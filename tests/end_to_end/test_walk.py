"""Every page with a finished evaluation, and without one, as a visitor of either language sees it.

On each: no word of the other language (but those on the lists below, which were reviewed), text of
enough contrast in the light and in the dark theme (WCAG 2.2 AA), no control without a name, none
that the keyboard cannot reach, nothing wider than a window of 1280 x 720, no failure, and no
request to anybody else.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from evaluations.settings import Settings
from evaluations.store import open_store
from tests.app.made_store import put
from tests.end_to_end.test_dashboard import outside, settled
from tests.evaluations.queued import queue_run, work_off
from tests.evaluations.reports.snapshots import VARIANTS

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SEEN = (Path(__file__).parent / "seen.js").read_text(encoding="utf-8")
NAVIGATION = Path(__file__).parents[2] / "app" / "navigation.py"
LISTS = re.findall(r"^(?:PAGES|BESIDE) = \(([^)]*)\)", NAVIGATION.read_text(encoding="utf-8"), re.M)
assert len(LISTS) == 2  # the main way, and what is beside it
PAGES = tuple(name for names in LISTS for name in re.findall(r'"(\w+)"', names))
WITHOUT = ("run", "review")  # where no evaluation is a page of its own; the others say the same
ATTEMPTS, ATTEMPT_MS = 5, 200
WINDOW = {"width": 1280, "height": 720}

JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uff01-\uff60]+")
LATIN = re.compile(r"(?<![\w./:#@-])[A-Za-z][a-z]+(?:-[A-Za-z]+)*(?![\w/:@]|\.\w)|\b[A-Z]{3,}\b")
# names, units and terms that a Japanese reader meets in this form everywhere
LATIN_TERMS = frozenset(
    re.findall(
        r"\S+",
        """LongSSM English Excel Markdown JSON PDF PPTX PowerPoint HTML CSV CPU GPU Mamba Go
        No-Go KPI UTC UTF carry reset cpu csv docx gz jsonl log md pdf tsv txt xes xlsx zip""",
    )
)
# a paper under its own title, the names of a person, a company and the shipped checkpoints
QUOTED = re.compile(
    "LongSSM: On the Length Extension of State-space Models in Language Modelling"
    r"|Shida Wang|Hugging Face|\b(?:zero|previous)(?:-\w+)?-t\d+"
)


def foreign(texts: list[str], language: str, own: str) -> list[str]:
    """Words of the other language that are neither terms nor names that a user gave."""
    if language == "en":
        found = [word for text in texts for word in JAPANESE.findall(text) if text != "日本語"]
        return [word for word in found if word not in own]
    found = [word for text in texts for word in LATIN.findall(QUOTED.sub("", text))]
    return [word for word in found if word not in LATIN_TERMS and word not in own]


@pytest.fixture(scope="module")
def finished(site) -> tuple[str, str]:
    """A finished evaluation; its id, and the text of all names in it."""
    found = VARIANTS["go"]()
    run = put(Settings(data_dir=site.data_dir), found, "walked")
    names = [found.name, *(one.name for one in found.documents)]
    return run, "\n".join([*names, *(one.checkpoint for one in found.plan.arms)])


@pytest.fixture(scope="module")
def scored(site) -> tuple[str, str]:
    """An evaluation whose losses are stored, for the page that shows them; its id, its names."""
    settings = Settings(data_dir=site.data_dir)
    store = open_store(settings)
    run = queue_run(store, size=2_000)
    work_off(settings)
    found = store.snapshot(run)
    texts = [store.document_text(one.id) for one in found.documents]
    store.close()
    names = [found.name, *(one.name for one in found.documents), *texts]
    return run, "\n".join([*names, *(one.name for one in found.plan.arms)])


def names_of_all(site) -> list[str]:
    """The names of all evaluations and documents here, those of other tests as well."""
    store = open_store(Settings(data_dir=site.data_dir))
    names = [one.name for one in (*store.runs(archived=True), *store.documents())]
    store.close()
    return names


@pytest.mark.parametrize(("language", "scheme"), [("ja", "light"), ("en", "dark")])
@pytest.mark.parametrize("page_name", PAGES)
def test_a_page_is_in_one_language_legible_and_fits(
    site, page, finished, scored, page_name, language, scheme
):
    page.set_viewport_size(WINDOW)
    page.emulate_media(color_scheme=scheme)
    run = (scored if page_name == "compare" else finished)[0]
    own = "\n".join((finished[1], scored[1], *names_of_all(site)))  # every list shows all of them
    path = "" if page_name == "home" else page_name
    for query in (f"&run={run}", *([""] if page_name in WITHOUT else [])):
        page.goto(f"{site.address}/{path}?lang={language}{query}")
        settled(page)
        assert wrong(page, language, own) == {}, query
    assert outside(page, site) == []


@pytest.mark.parametrize(("language", "scheme"), [("ja", "light"), ("en", "dark")])
def test_files_are_prepared_in_one_language_legibly_and_stored_without_what_was_ticked(
    site, page, tmp_path, language, scheme
):
    page.set_viewport_size(WINDOW)
    page.emulate_media(color_scheme=scheme)
    rows = [f"{n},sato{n % 3}@example.com,10.0.{n // 100}.{n % 100},pump" for n in range(250)]
    file = tmp_path / f"{language}.csv"
    file.write_text("\n".join(["number,who,where,what", *rows]), encoding="utf-8")
    page.goto(f"{site.address}/data?lang={language}")
    settled(page)
    page.locator("input[type=file]").set_input_files(str(file))
    page.wait_for_selector(".st-key-store_files button")
    page.locator(".st-key-mask_mail label").first.click()
    page.wait_for_selector(".lab-masked")
    page.locator("[class*=st-key-columns_] button", has_text="number").click()
    page.wait_for_function("() => document.querySelectorAll('.lab-samples code').length === 3")
    page.locator("[class*=st-key-columns_] button", has_text="what").click()
    page.wait_for_function("() => document.querySelectorAll('.lab-samples code').length === 2")
    page.locator("[class*=st-key-file_] [data-testid=stExpander] summary").click()
    page.wait_for_selector("[data-testid=stCode] :text('[mail-1],10.0.0.0')")
    settled(page)
    own = "\n".join([file.name, file.read_text(encoding="utf-8"), *names_of_all(site)])
    assert wrong(page, language, own + "\nmail") == {}  # the mark, in the explanation and the text

    page.locator(".st-key-store_files button").click()
    page.wait_for_selector(".st-key-store_files", state="detached")
    settled(page)
    store = open_store(Settings(data_dir=site.data_dir))
    stored = [one for one in store.documents() if one.name.startswith(file.name)]
    texts = [store.document_text(one.id) for one in stored]
    store.close()
    assert {(one.columns, one.masked) for one in stored} == {(("who", "where"), ("mail",))}
    assert all("@" not in text and "pump" not in text for text in texts)
    assert sum(text.count("[mail-") for text in texts) == len(rows)


def wrong(page, language: str, own: str) -> dict[str, list[str]]:
    """What is wrong with a page that has drawn itself, by kind."""
    for _ in range(ATTEMPTS):  # the framework's own words are replaced as they appear
        seen = page.evaluate(SEEN)
        words = foreign(seen["texts"] + seen["names"], language, own)
        if not words:
            break
        page.wait_for_timeout(ATTEMPT_MS)
    assert seen["texts"]
    assert page.locator("[data-testid=stException], .lab-notice.error").count() == 0
    others = ("dim", "nameless", "mouseOnly", "wide")
    found = {"words": words, **{what: seen[what] for what in others}}
    return {kind: places for kind, places in found.items() if places}
