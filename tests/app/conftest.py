"""The pages run by Streamlit's own test runner, on a store in a temporary folder."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext
from streamlit.testing.v1 import AppTest

from evaluations.settings import Settings, load_settings
from evaluations.store import Store, open_store

APP = Path(__file__).parents[2] / "app"


@pytest.fixture(autouse=True)
def app_folder_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """As `streamlit run app/main.py` puts it there."""
    monkeypatch.syspath_prepend(str(APP))


@pytest.fixture(autouse=True)
def main_module_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """AppTest puts the page script in its place, and later spawned processes would start there."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.fixture(autouse=True)
def nothing_is_made_ready(monkeypatch: pytest.MonkeyPatch, app_folder_on_the_path: None) -> None:
    """A test that starts the app leaves a thread, which would open the stores of all later ones."""
    monkeypatch.setattr("warming._work", lambda: None)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("LONGSSM_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("LONGSSM_DATABASE_URL", raising=False)
    return load_settings()


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    opened = open_store(settings)
    yield opened
    opened.close()


class Screen:
    """A page as its reader sees it."""

    def __init__(self, test: AppTest) -> None:
        self.test = test

    @property
    def text(self) -> str:
        """All words on the page, in order, markup included."""
        return "\n".join(_words(self.test.main))

    def press(self, key: str) -> Screen:
        self.test.button(key=key).click().run()
        return self

    def data(self, component: str) -> list[Any]:
        """What the browser's part of a component gets, for each time that it is on the page."""
        protos = [getattr(child, "proto", None) for child in self.test.main]
        return [
            json.loads(proto.json)
            for proto in protos
            if getattr(proto, "component_name", "") == component
        ]

    @property
    def buttons(self) -> dict[str, str]:
        return {button.key: button.label for button in self.test.button if button.key}


def _words(block: Any) -> Iterator[str]:
    for child in block.children.values():
        if hasattr(child, "children"):
            label = getattr(getattr(child, "proto", None), "label", "")
            if isinstance(label, str) and label:
                yield label
            yield from _words(child)
            continue
        proto = getattr(child, "proto", None)
        for name in ("body", "html", "label", "value", "code_text"):
            found = getattr(proto, name, None)
            if isinstance(found, str) and found:
                yield found


@pytest.fixture
def open_page(settings: Settings):
    """Opens a page in a language, with an evaluation and other fields in its URL."""

    def open_it(page: str = "home", language: str = "ja", **query: str) -> Screen:
        test = AppTest.from_file(str(APP / "navigation.py"), default_timeout=30)
        test.query_params["lang"] = language
        for name, value in query.items():
            test.query_params[name] = value
        test.run()
        if page != "home":
            test.switch_page(f"views/{page}.py").run()
        return Screen(test)

    assert "streamlit" in sys.modules
    return open_it


@pytest.fixture
def looks(monkeypatch) -> list[float]:
    """Seconds after which parts of the pages that are drawn ask to be drawn again by themselves."""
    asked: list[float] = []
    enqueue = ScriptRunContext.enqueue

    def watched(self, message) -> None:
        if message.HasField("auto_rerun"):
            asked.append(message.auto_rerun.interval)
        enqueue(self, message)

    monkeypatch.setattr(ScriptRunContext, "enqueue", watched)
    return asked
