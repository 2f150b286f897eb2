"""A real browser under watch: before a review is finished, nothing tells it which arm is which."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from evaluations.settings import Settings
from evaluations.store import open_store
from tests.end_to_end.test_dashboard import outside, settled
from tests.evaluations.reviewable import WORDS, reviewable

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TELLING = ("提案", "従来", "引継", "ゼロ初期化", "PROPOSED", "zero initiali")
DRESSED = ('class="lab-a"', 'class="lab-b"')  # in the colour of an arm


class Watched:
    """Everything that reaches the page: messages, answers, addresses and what is drawn."""

    def __init__(self, page) -> None:
        self.page = page
        self.frames: list[bytes] = []
        self.answers: list = []
        page.on("websocket", lambda socket: socket.on("framereceived", self._frame))
        page.on("response", lambda answer: self.answers.append(answer))

    def _frame(self, payload: bytes | str) -> None:
        self.frames.append(payload.encode() if isinstance(payload, str) else payload)

    def found(self, words: Iterable[str]) -> list[str]:
        """Those of the words that have reached the page up to now."""
        everything = self._everything()
        return sorted(word for word in words if word.encode() in everything)

    def _everything(self) -> bytes:
        """All of it, but the browser's own program, which is the same for everybody."""
        bodies = [
            answer.body()
            for answer in self.answers
            if answer.ok and "/static/" not in answer.url and "/api/font/" not in answer.url
        ]
        urls = [*self.page.requests, self.page.url]
        parts = [*self.frames, *bodies, *(url.encode() for url in urls)]
        return b"\n".join([*parts, self.page.content().encode()])


def test_no_arm_reaches_the_browser_before_the_votes_are_in(site, page):
    store = open_store(Settings(data_dir=site.data_dir))
    run = reviewable(store)
    comparison, arms = store.snapshot(run).comparison, store.snapshot(run).plan.arms
    store.close()
    names = {name for arm in arms for name in (arm.name, arm.checkpoint, arm.fingerprint)}
    watched = Watched(page)
    page.goto(f"{site.address}/review?run={run}&lang=ja")
    settled(page)
    page.locator(".st-key-review_name input").fill("佐藤")
    page.locator(".st-key-begin button").click()
    for key in ("1", "2"):
        page.wait_for_selector(".st-key-vote_left button")
        settled(page)
        looks = "pre => [pre.className, pre.style.cssText, getComputedStyle(pre).color].join()"
        left, right = page.locator(".lab-blind-pair pre").all()
        assert left.evaluate(looks) == right.evaluate(looks)
        before = page.locator(".lab-progress h2").inner_text()
        page.keyboard.press(key)
        page.wait_for_function(
            "before => document.querySelector('.lab-progress h2')?.innerText !== before",
            arg=before,
        )
    page.locator(".st-key-stop button").click()
    page.wait_for_selector(".st-key-finish button")
    settled(page)

    wanted = (*WORDS.values(), *names, *TELLING, *DRESSED)
    assert watched.found(wanted) == sorted(WORDS.values())  # the texts themselves, and no more
    assert len(watched.frames) > 20
    assert page.locator(".stMain").locator(".lab-a, .lab-b, .a, .b").count() == 0

    page.locator(".st-key-finish button").click()
    page.wait_for_selector(".st-key-review_reveal")
    settled(page)
    assert watched.found(wanted) == sorted(WORDS.values())
    page.locator(".st-key-review_reveal label").first.click()
    page.locator(".st-key-review_audit summary").click()
    page.wait_for_selector("table.lab-audit")
    with page.expect_download() as download:
        page.locator("a[data-format=reviews]").click()
    table = download.value.path().read_text(encoding="utf-8-sig")
    assert comparison.arm_a in table
    assert comparison.arm_b in table
    assert {"提案", *DRESSED} <= set(watched.found(wanted))  # the watch does see
    assert outside(page, site) == []
