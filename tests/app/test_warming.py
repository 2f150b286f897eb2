"""What is made ready in the background is what the pages then ask for."""

from __future__ import annotations

import subprocess
import sys

from evaluations.wording import say
from tests.app.conftest import APP
from tests.app.made_store import put
from tests.evaluations.reports.snapshots import VARIANTS


def test_the_report_page_finds_the_report_of_the_evaluation_in_view_made(
    open_page, settings, monkeypatch
):
    import report_files
    import warming

    put(settings, VARIANTS["go"](), "run")
    made = []
    make = report_files._make
    monkeypatch.setattr(
        report_files, "_make", lambda *asked: made.append(asked[1].format) or make(*asked)
    )
    warming.make_report(warming.InView("run", "en", "UTC"))
    assert made == ["pdf"]
    screen = open_page("report", "en", run="run")
    assert say("app.report.source.none", "en") in screen.text
    assert made == ["pdf"]


def test_of_an_evaluation_that_still_runs_nothing_is_made(settings, monkeypatch):
    import report_files
    import warming

    moving = VARIANTS["running"]()
    monkeypatch.setattr(warming, "snapshot", lambda _run: moving)
    monkeypatch.setattr(report_files, "made", None)  # whoever needs it fails
    warming.make_report(warming.InView("run", "en", "UTC"))


def test_all_that_is_made_ready_is_there_and_holds_no_tensor_library():
    code = (
        "import sys, warming; warming.make_ready(); "
        "sys.exit('torch' in sys.modules or not set(warming.MODULES) <= sys.modules.keys())"
    )
    found = subprocess.run([sys.executable, "-c", code], cwd=APP, capture_output=True, check=False)
    assert (found.returncode, found.stderr) == (0, b"")
