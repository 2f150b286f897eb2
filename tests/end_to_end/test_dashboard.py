"""A business user's whole way: drop a log, start, watch, read the verdict, take the memo home."""

from __future__ import annotations

import io
import json
import re
import urllib.request
from urllib.parse import parse_qs, urlsplit

import pytest
from pypdf import PdfReader

from evaluations.reports import FORMATS
from evaluations.wording import say
from longssm_core.corpus.generator import generate

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LOG_SEED = 9_200_000_000  # never used in training
FINISH_SECONDS = 900
CLICK = "![x](http://127.0.0.1:9/x.png) **b** :red[r]"


def settled(page) -> None:
    """Wait until the page has drawn itself."""
    page.wait_for_selector(".lab-title, .lab-notice")
    page.wait_for_function(
        "() => document.querySelector('.stApp')?.getAttribute('data-test-script-state')"
        " !== 'running' && !document.querySelector('[data-stale=\"true\"]')"
    )


def seen(page) -> str:
    return page.locator(".stMain").inner_text()


def outside(page, site) -> list[str]:
    """Addresses beyond the app that the browser asked for."""
    own = urlsplit(site.address).netloc
    asked = [urlsplit(url) for url in page.requests]
    return [
        url.geturl()
        for url in asked
        if url.scheme in ("http", "https", "ws", "wss") and url.netloc != own
    ]


def test_a_log_becomes_a_verdict_and_a_memo(site, page, tmp_path):
    log = tmp_path / "工場 ライン3.log"
    log.write_text(generate(LOG_SEED, 400_000).text, encoding="utf-8")

    page.goto(f"{site.address}/data")
    settled(page)
    page.locator("input[type=file]").set_input_files(str(log))
    page.wait_for_selector(".st-key-store_files button")
    assert "工場 ライン3.log" in seen(page)
    assert say("app.data.status.accept", "ja") in seen(page)
    stored = page.locator(".st-key-store_files button").inner_text()
    documents = int(re.search(r"\d+", stored).group())
    assert documents >= 20  # one long log is offered as many documents

    page.locator(".st-key-store_files button").click()
    page.wait_for_selector(".st-key-store_files", state="detached")  # else it goes on with others
    settled(page)
    page.locator(".st-key-next button:not([disabled])").click()
    page.wait_for_selector(".st-key-start button")
    settled(page)
    page.locator(".st-key-start button").click()
    page.wait_for_url(re.compile(r"run=[0-9a-f]+"))
    run = parse_qs(urlsplit(page.url).query)["run"][0]

    page.wait_for_selector(".lab-progress, .st-key-to_results")
    page.reload()  # a refresh is a new session: the address is enough to find the evaluation
    page.wait_for_selector(".lab-progress, .st-key-to_results")
    assert run in page.url

    page.wait_for_selector(".st-key-to_results button", timeout=FINISH_SECONDS * 1000)
    page.locator(".st-key-to_results button").click()
    page.wait_for_selector(".lab-verdict")
    settled(page)
    assert page.locator(".lab-verdict").get_attribute("data-outcome") != "go"  # a quick run
    page.wait_for_selector(
        "[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg"
    )
    box = page.locator("[data-testid=stVegaLiteChart]").bounding_box()
    assert box["width"] > 600
    assert box["height"] > 250

    for step in ("to_compare", "to_review", "to_money", "to_report"):
        page.locator(f".st-key-{step} button").click()
        settled(page)
    page.wait_for_selector("a[data-format=pdf]")
    page.wait_for_function("() => document.querySelector('img.lab-sheet')?.naturalWidth > 500")
    assert all(page.locator(f"a[data-format={name}]").count() == 1 for name in FORMATS)
    with page.expect_download() as download:
        page.locator("a[data-format=pdf]").click()
    assert download.value.suggested_filename.endswith(".pdf")
    pdf = PdfReader(io.BytesIO(download.value.path().read_bytes()))
    assert len(pdf.pages) > 1  # the decision alone on the first, all else behind it
    words = "".join(pdf.pages[0].extract_text().split())
    assert "結論" in words
    assert "速報" in words

    assert outside(page, site) == []
    assert not health(site)["torch"]


def test_the_sample_starts_a_real_evaluation_with_one_click_and_can_be_cancelled(site, page):
    page.goto(f"{site.address}/?lang=en")
    settled(page)
    page.locator(".st-key-home_sample button").click()
    page.wait_for_url(re.compile(r"run=[0-9a-f]+"))
    page.wait_for_selector(".lab-progress")
    assert say("app.progress.leave", "en") in seen(page)
    page.locator(".st-key-cancel button").click()
    page.locator(".st-key-cancel_yes button").click()
    page.wait_for_selector(".st-key-again")
    assert say("app.progress.cancelled", "en") in seen(page)
    assert outside(page, site) == []


def test_one_click_changes_the_language_of_the_whole_page(site, page):
    page.goto(site.address)
    settled(page)
    assert say("app.home.title", "ja") in seen(page)
    page.wait_for_function("() => document.documentElement.lang === 'ja'")
    page.get_by_text("English", exact=True).click()
    page.wait_for_function("() => document.documentElement.lang === 'en'")
    settled(page)
    assert say("app.home.title", "en") in seen(page)
    assert "lang=en" in page.url
    page.reload()
    settled(page)
    assert say("app.home.title", "en") in seen(page)


def test_the_button_that_locks_a_plan_is_in_sight_at_the_first_step_and_at_the_last(site, page):
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(f"{site.address}/plan?lang=ja")
    button = page.locator(".st-key-lock_rule button")
    button.wait_for()
    settled(page)
    for place in (page.locator(".lab-step").first, page.locator(".st-key-rule__kpi_2_name")):
        place.scroll_into_view_if_needed()
        box = button.bounding_box()
        assert box["y"] > 0
        assert box["y"] + box["height"] <= 720


def test_file_names_and_text_stay_text_and_call_nobody(site, page, tmp_path):
    log = tmp_path / (CLICK.replace("/", "_") + ".log")
    log.write_text(f"{CLICK}\n<img src=x onerror=alert(1)>\n" * 400, encoding="utf-8")
    page.goto(f"{site.address}/data")
    settled(page)
    page.locator("input[type=file]").set_input_files(str(log))
    page.wait_for_selector(".st-key-store_files button")
    page.locator("[class*=st-key-file_] [data-testid=stExpander] summary").first.click()
    page.wait_for_selector("[data-testid=stCode]")
    assert log.name in seen(page)
    assert CLICK in page.locator("[data-testid=stCode]").inner_text()
    page.locator(".st-key-store_files button").click()
    page.wait_for_selector(".st-key-next button")
    settled(page)
    assert page.locator("img[src*='127.0.0.1:9'], img[src=x]").count() == 0
    assert outside(page, site) == []


def test_an_interrupted_upload_goes_on_where_it_stopped(site, page, tmp_path):
    log = tmp_path / "big.log"
    log.write_text(generate(LOG_SEED + 1, 200_000).text * 100, encoding="utf-8")  # three pieces
    offsets: list[int] = []

    def cut_the_second_piece(route) -> None:
        offset = route.request.headers.get("upload-offset")
        if offset is not None:
            offsets.append(int(offset))
            if len(offsets) == 2:
                route.abort()
                return
        route.continue_()

    page.route("**/api/upload/**", cut_the_second_piece)
    page.goto(f"{site.address}/data")
    settled(page)
    page.locator("input[type=file]").set_input_files(str(log))
    page.wait_for_selector(".st-key-store_files button")
    assert offsets[1] == offsets[2] == 8 * 1024 * 1024
    assert len(offsets) == 4


def test_the_app_never_loads_the_tensor_library(site):
    assert health(site) == {"status": "ok", "torch": False}


def health(site) -> dict[str, object]:
    with urllib.request.urlopen(f"{site.address}/api/health") as reply:
        return json.loads(reply.read())
