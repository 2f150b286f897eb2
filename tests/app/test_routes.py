"""The app's own routes: pieces of a file in, reports out, nothing without a signed permission."""

from __future__ import annotations

import io
from urllib.parse import unquote

import pytest
from pypdf import PdfReader
from starlette.applications import Starlette
from starlette.testclient import TestClient

from evaluations.records import Kpi
from evaluations.wording import say
from tests.app.made_store import put
from tests.evaluations.reports.snapshots import VARIANTS

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
