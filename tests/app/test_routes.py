"""The app's own routes: pieces of a file in, reports out, nothing without a signed permission."""

from __future__ import annotations

import asyncio
import io
import json
import os
import subprocess
import sys
from urllib.parse import unquote

import pytest
from pypdf import PdfReader
from starlette.applications import Starlette
from starlette.testclient import TestClient

from evaluations import reviews
from evaluations.records import Kpi
from evaluations.wording import say
from tests.app.conftest import APP
from tests.app.made_store import put
from tests.evaluations.reports.snapshots import VARIANTS
from tests.evaluations.reviewable import reviewable

BOX, FILE = "a" * 32, "b" * 32


@pytest.fixture
def client(settings):
    from routes import ROUTES

    with TestClient(Starlette(routes=ROUTES)) as opened:
        yield opened


@pytest.fixture
def allow(settings):
    from signing import sign, signing_key

    def permission(purpose, seconds=60, **fields):
        return sign(signing_key(settings.data_dir), purpose, fields, seconds)

    return permission


def send(client, token, data, offset, length, name="ログ.txt", file=FILE):
    from urllib.parse import quote

    headers = {
        "Upload-Token": token,
        "Upload-Offset": str(offset),
        "Upload-Length": str(length),
        "Upload-Name": quote(name),
    }
    return client.put(f"/api/upload/{file}", content=data, headers=headers)


def arrived(settings):
    from uploads import Box

    return Box(settings.data_dir / "uploads", BOX).complete()


def test_a_file_arrives_piece_by_piece_and_only_then_has_its_name(client, allow, settings):
    token = allow("upload", box=BOX, limit=100)
    assert send(client, token, b"12345", 0, 8).json() == {"offset": 5}
    assert arrived(settings) == []
    assert send(client, token, b"678", 5, 8).json() == {"offset": 8}
    (upload,) = arrived(settings)
    assert (upload.name, upload.path.read_bytes()) == ("ログ.txt", b"12345678")


def test_a_piece_at_the_wrong_place_is_refused_with_the_right_place(client, allow, settings):
    token = allow("upload", box=BOX, limit=100)
    send(client, token, b"12345", 0, 8)
    for offset in (0, 3, 6):
        reply = send(client, token, b"678", offset, 8)
        assert (reply.status_code, reply.json()["offset"]) == (409, 5)
    where = client.get(f"/api/upload/{FILE}", headers={"Upload-Token": token})
    assert where.json() == {"offset": 5}
    send(client, token, b"678", 5, 8)
    assert arrived(settings)[0].path.read_bytes() == b"12345678"


def test_an_empty_file_arrives_as_well(client, allow, settings):
    send(client, allow("upload", box=BOX, limit=100), b"", 0, 0)
    assert arrived(settings)[0].bytes == 0


@pytest.mark.parametrize(
    ("data", "length"), [(b"1" * 11, 11), (b"1" * 11, 5)], ids=["announced", "not announced"]
)
def test_the_server_enforces_the_size_limit(client, allow, settings, data, length):
    reply = send(client, allow("upload", box=BOX, limit=10), data, 0, length)
    assert (reply.status_code, reply.json()["error"]) == (413, "size")
    assert arrived(settings) == []


def test_a_forged_expired_or_foreign_permission_uploads_nothing(client, allow, settings):
    good = allow("upload", box=BOX, limit=10)
    payload, _, signature = good.partition(".")
    bad = [
        "",
        "nonsense",
        f"{payload}.{signature[:-2]}xx",
        allow("upload", seconds=-1, box=BOX, limit=10),
        allow("download", run="r", format="pdf", language="ja"),
    ]
    for token in bad:
        assert send(client, token, b"1", 0, 1).status_code == 403
    assert arrived(settings) == []


@pytest.mark.parametrize("file", ["..%2f..%2fx", "UPPER", "a.b", "x" * 100, "%00"])
def test_a_file_id_is_never_a_path(client, allow, settings, file):
    reply = send(client, allow("upload", box=BOX, limit=10), b"1", 0, 1, file=file)
    assert reply.status_code == 404
    assert not any(settings.data_dir.rglob("*.part"))


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_signed_link_hands_out_the_report_under_its_japanese_name(
    client, allow, settings, language
):
    put(settings, VARIANTS["go"](), "run")
    token = allow("download", run="run", format="pdf", language=language)
    reply = client.get(f"/api/download/{token}/報告書_第3工場.pdf")
    assert reply.status_code == 200
    disposition = reply.headers["content-disposition"]
    assert disposition.startswith('attachment; filename="report-run.pdf"; filename*=UTF-8')
    assert unquote(disposition.partition("''")[2]) == "報告書_第3工場.pdf"
    assert reply.headers["cache-control"] == "private, no-store"
    assert reply.headers["x-content-type-options"] == "nosniff"
    words = "".join(PdfReader(io.BytesIO(reply.content)).pages[0].extract_text().split())
    assert ("結論" in words) == (language == "ja")


def test_a_link_hands_out_the_handover_package_and_refuses_it_without_a_go(client, allow, settings):
    put(settings, VARIANTS["go"](), "run")
    put(settings, VARIANTS["no_go"](), "other")
    token = allow("download", run="run", format="zip", language="ja")
    reply = client.get(f"/api/download/{token}/x.zip")
    assert reply.headers["content-type"] == "application/zip"
    assert reply.content.startswith(b"PK")
    refused = allow("download", run="other", format="zip", language="en")
    reply = client.get(f"/api/download/{refused}/x.zip")
    assert reply.status_code == 404
    assert "only made after Go" in reply.text


def test_a_report_is_made_again_after_a_business_figure_was_entered(client, allow, settings, store):
    found = VARIANTS["go"]()
    rule = found.plan.rule.model_copy(update={"kpis": (Kpi(name="hours", target=3),)})
    plan = found.plan.model_copy(update={"rule": rule})
    put(settings, found.model_copy(update={"plan": plan}), "run")
    token = allow("download", run="run", format="md", language="en")
    before = client.get(f"/api/download/{token}/x.md").text
    store.enter_kpi("run", "hours", 4.0)
    after = client.get(f"/api/download/{token}/x.md").text
    assert say("results.outcome.conditional", "en") in before
    assert say("results.outcome.go", "en") in after


@pytest.mark.parametrize("is_asked_before", [False, True])
def test_a_link_tells_what_was_said_when_it_was_made(client, store, is_asked_before):
    """A figure that is entered and a review that ends later are told by the next link."""
    from report_files import Wanted, signed

    found = VARIANTS["go"]()
    rule = found.plan.rule.model_copy(update={"kpis": (Kpi(name="hours", target=3),)})
    plan = found.plan.model_copy(update={"rule": rule})
    run = reviewable(store, snapshot=found.model_copy(update={"plan": plan}))

    def told(address: str) -> tuple[bool, bool]:
        result = json.loads(client.get(address).content)
        return bool(result["kpi_actuals"]), result["review"] is not None

    def linked() -> str:
        return signed(Wanted(run, "json", "en"), "x.json")

    first = linked()
    if is_asked_before:
        assert told(first) == (False, False)
    store.enter_kpi(run, "hours", 4.0)
    second = linked()
    item = reviews.items(store, store.snapshot(run), "佐藤")[0]
    reviews.show(store, store.snapshot(run), "佐藤", item)
    assert reviews.cast(store, run, "佐藤", item, "same", None, "")
    assert reviews.finish(store, run, "佐藤")
    assert [told(link) for link in (first, second, linked())] == [
        (False, False), (True, False), (True, True)
    ]  # fmt: skip


def test_the_preview_is_a_picture_of_the_report(client, allow, settings):
    put(settings, VARIANTS["go"](), "run")
    token = allow("download", run="run", format="png", language="ja")
    reply = client.get(f"/api/download/{token}/preview.png")
    assert reply.headers["content-type"] == "image/png"
    assert reply.content.startswith(b"\x89PNG")


def test_a_link_opens_one_report_of_one_run_and_expires(client, allow, settings):
    put(settings, VARIANTS["go"](), "run")
    expired = allow("download", seconds=-1, run="run", format="json", language="ja")
    assert client.get(f"/api/download/{expired}/x.json").status_code == 403
    upload = allow("upload", box=BOX, limit=10)
    assert client.get(f"/api/download/{upload}/x.json").status_code == 403
    unknown = allow("download", run="other", format="json", language="en")
    reply = client.get(f"/api/download/{unknown}/x.json")
    assert reply.status_code == 404
    assert "Traceback" not in reply.text


def test_the_signing_key_is_made_once_and_read_by_its_owner_only(settings):
    from signing import KEY_BYTES, signing_key

    first = signing_key(settings.data_dir)
    assert len(first) == KEY_BYTES
    assert signing_key(settings.data_dir) == first
    mode = (settings.data_dir / "signing.key").stat().st_mode
    assert mode & 0o077 == 0


def test_boxes_that_nobody_touches_are_swept_and_others_stay(client, allow, settings):
    from uploads import sweep

    send(client, allow("upload", box=BOX, limit=10), b"1", 0, 1)
    root = settings.data_dir / "uploads"
    sweep(root, older_than_seconds=3600)
    assert arrived(settings)
    sweep(root, older_than_seconds=-1)
    assert not (root / BOX).exists()


def test_they_are_swept_again_and_again_until_the_app_ends(client, allow, settings):
    from uploads import Box, keep_swept

    root = settings.data_dir / "uploads"

    async def an_app_that_runs() -> bool:
        sweeping = asyncio.create_task(keep_swept(root, pause=0.01, kept=-1))
        await asyncio.sleep(0.1)  # the first sweep found nothing
        Box(root, BOX).begin("a" * 16, "late.log", 1, 0)
        for _ in range(500):
            await asyncio.sleep(0.01)
            if not (root / BOX).exists():
                break
        sweeping.cancel()
        await asyncio.wait([sweeping])
        return sweeping.cancelled()

    assert asyncio.run(an_app_that_runs())
    assert not (root / BOX).exists()


def test_the_app_itself_sweeps_and_stops_with_its_end(settings, monkeypatch):
    import main

    seen = []

    async def swept(root) -> None:
        seen.append(root)
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            seen.append("ended")
            raise

    monkeypatch.setenv("LONGSSM_START_WORKER", "false")
    monkeypatch.setattr(main, "keep_swept", swept)

    async def start_and_stop() -> None:
        async with main.lifespan(None):
            await asyncio.sleep(0)
        await asyncio.sleep(0)

    asyncio.run(start_and_stop())
    assert seen == [settings.data_dir / "uploads", "ended"]


def test_the_server_starts_without_what_only_results_and_reports_need(settings):
    """Each of these takes a tenth of a second or more, before the first page is there."""
    from evaluations.store import open_store

    open_store(settings).close()  # its schema is there, as at every start but the first
    heavy = {"alembic", "altair", "pandas", "pypdf", "scipy.stats", "torch", "typst", "xlsxwriter"}
    asked = f"import main, sys; main.open_store(); print(*sorted({heavy!r} & set(sys.modules)))"
    environment = {**os.environ, **settings.environment()}
    found = subprocess.run(
        [sys.executable, "-c", asked], cwd=APP, env=environment, capture_output=True, text=True
    )
    assert (found.returncode, found.stdout) == (0, "\n"), found.stderr


@pytest.mark.parametrize(
    ("address", "is_inside"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("unix:///run/longssm.sock", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.0.7", False),
        ("longssm.example.com", False),
        (None, False),
    ],
)
def test_an_address_that_others_reach_is_told_from_this_machine(address, is_inside):
    from serving import is_this_machine

    assert is_this_machine(address) is is_inside


def test_a_server_that_others_reach_starts_only_where_a_protecting_proxy_is_declared(settings):
    command = [sys.executable, "-m", "streamlit", "run", "app/main.py", "--server.address=0.0.0.0"]
    environment = {**os.environ, **settings.environment(), "LONGSSM_START_WORKER": "false"}
    found = subprocess.run(
        [*command, "--server.port=0"],
        cwd=APP.parent,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert found.returncode != 0
    assert "LONGSSM_BEHIND_PROXY=true を設定してください" in found.stderr
    assert "set LONGSSM_BEHIND_PROXY=true." in found.stderr
    assert "Traceback" not in found.stderr
    assert not list(settings.data_dir.glob("*"))  # nothing was begun


def test_with_the_declaration_it_starts(settings, monkeypatch):
    import serving

    monkeypatch.setattr(serving.st, "get_option", lambda _name: "0.0.0.0")
    with pytest.raises(serving.RefusedOption):
        serving.check_protected(settings)
    serving.check_protected(settings.model_copy(update={"behind_proxy": True}))
