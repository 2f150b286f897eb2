"""Settings come from the environment once, and another process can be given the same ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from evaluations.errors import RefusedOption
from evaluations.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def _clean(monkeypatch):
    for name in Settings.model_fields:
        monkeypatch.delenv(f"LONGSSM_{name.upper()}", raising=False)


def test_without_an_environment_everything_is_in_the_data_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    settings = load_settings()
    assert settings.data_dir == tmp_path / "data"
    assert settings.url == f"sqlite:///{tmp_path}/data/longssm.sqlite3"


def test_a_variable_is_read_and_an_argument_goes_before_it(monkeypatch):
    monkeypatch.setenv("LONGSSM_DATABASE_URL", "postgresql://user@host/name")
    assert load_settings().url == "postgresql+psycopg://user@host/name"
    assert load_settings(database_url="sqlite:////x.db").url == "sqlite:////x.db"
    assert load_settings(database_url=None).url.startswith("postgresql")


def test_the_same_settings_reach_another_process(monkeypatch, tmp_path):
    settings = Settings(data_dir=tmp_path, worker_processes=3, lease_seconds=2.5, language="en")
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    assert load_settings() == settings


@pytest.mark.parametrize(
    ("locale", "language"), [("en_US.UTF-8", "en"), ("ja_JP.UTF-8", "ja"), ("C", "ja")]
)
def test_commands_speak_english_where_the_locale_does_and_else_japanese(
    monkeypatch, locale, language
):
    monkeypatch.setenv("LC_ALL", locale)
    assert load_settings().language == language


@pytest.mark.parametrize("name", ["a b", "a?b=c", "100%41", "資料"])
def test_the_database_is_in_the_data_folder_whatever_that_is_called(monkeypatch, tmp_path, name):
    folder = tmp_path / name
    settings = load_settings(data_dir=folder)
    assert make_url(settings.url).database == str(folder / "longssm.sqlite3")


@pytest.mark.parametrize(
    ("field", "value"),
    [("lease_seconds", 0), ("worker_processes", 0), ("poll_seconds", float("nan"))],
)
def test_impossible_values_are_refused_by_name(field, value):
    with pytest.raises(RefusedOption, match=f"LONGSSM_{field.upper()} cannot be {value}"):
        load_settings(**{field: value})


@pytest.mark.parametrize("device", ["cpu", "cuda", "cuda:1", "mps", None])
def test_devices_that_torch_knows_are_taken(device):
    assert load_settings(device=device).device == device


def test_a_file_is_known_by_its_whole_path_and_keeps_its_options(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    timed = make_url(load_settings(database_url="sqlite:///x.db?timeout=5").url)
    assert (timed.database, timed.query) == (str(tmp_path / "x.db"), {"timeout": "5"})


def test_two_databases_of_one_folder_have_a_worker_each(tmp_path):
    one = Settings(data_dir=tmp_path)
    other = Settings(data_dir=tmp_path, database_url="postgresql://host/name")
    assert one.worker_lock != other.worker_lock
    assert one.worker_lock.parent == Path(tmp_path)
