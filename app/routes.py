"""The app's own HTTP routes, beside Streamlit's.

`/api/health` says whether the app is up (and that it never loaded torch), `/api/ready` whether
all is there that it serves with, `/api/metrics` what is going on, in figures. `/api/upload/...`
takes a file in pieces, `/api/download/...` hands out a report, `/api/font/...` serves Japanese
glyphs to a browser on a machine without any. A route has no session: what it may do stands in a
token that the page signed (`signing`).
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections import defaultdict
from collections.abc import Callable
from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4
from session import open_store, settings, uploads_dir
from signing import signing_key, verify
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from uploads import PIECE_BYTES, Box, UploadError

from evaluations.errors import EvaluationError
from evaluations.fonts import font_files
from evaluations.operations import failed_check
from evaluations.reviews import audit_csv
from evaluations.settings import Settings
from evaluations.telemetry import Telemetry
from evaluations.wording import Language, say

PRIVATE = {
    "Cache-Control": "private, no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
ANSWER_SECONDS = 8.0  # for a question to the database and the disk, which may both hang
log = logging.getLogger("longssm.app")
_one_writer_per_file: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)


async def health(_request: Request) -> JSONResponse:
    """Up, and whether the tensor library has found its way into this process."""
    return JSONResponse({"status": "ok", "torch": "torch" in sys.modules}, headers=PRIVATE)


# --- what an operator asks -----------------------------------------------------------------------


class Asked:
    """A question to the database that is on its way once, however many wait for the answer."""

    def __init__(self) -> None:
        self._answer: asyncio.Task[Any] | None = None

    async def answer(self, question: Callable[..., Any], *arguments: object) -> Any:
        """The answer of `question`, asked in a thread.

        Raises:
            TimeoutError: none in ANSWER_SECONDS; it is waited for by whoever asks next.
        """
        if self._answer is None or self._answer.done():
            self._answer = asyncio.create_task(asyncio.to_thread(question, *arguments))
        return await asyncio.wait_for(asyncio.shield(self._answer), ANSWER_SECONDS)


_readiness, _figures = Asked(), Asked()


async def ready(request: Request) -> JSONResponse:
    """Whether all is there; else 503 with the name of the check that failed, and nothing else."""
    if _is_foreign(request):
        return JSONResponse({"status": "refused"}, status_code=403, headers=PRIVATE)
    try:
        failed = await _readiness.answer(failed_check, settings())
    except TimeoutError:
        failed = "time"
    if failed is None:
        return JSONResponse({"status": "ready"}, headers=PRIVATE)
    answer = {"status": "not ready", "check": failed}
    return JSONResponse(answer, status_code=503, headers=PRIVATE)


async def metrics(request: Request) -> Response:
    """Figures in Prometheus' text format, where the settings offer them."""
    if not settings().metrics:
        return PlainTextResponse("not found\n", status_code=404, headers=PRIVATE)
    if _is_foreign(request):
        return PlainTextResponse("refused\n", status_code=403, headers=PRIVATE)
    try:
        text = await _figures.answer(_telemetry(settings()).text)
    except Exception:
        log.exception("no figures")
        return PlainTextResponse("not available\n", status_code=503, headers=PRIVATE)
    return Response(text, media_type=CONTENT_TYPE_PLAIN_0_0_4, headers=PRIVATE)


@lru_cache(maxsize=2)
def _telemetry(settings: Settings) -> Telemetry:
    return Telemetry(settings)


def _is_foreign(request: Request) -> bool:
    """Whether a page of another site had a browser ask; who is no browser says nothing of it."""
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site", "none")
    same = origin is None or urlsplit(origin).netloc == request.headers.get("host")
    return not same or site not in ("same-origin", "none")


# --- upload ------------------------------------------------------------------------------------


async def upload(request: Request) -> JSONResponse:
    """One piece of a file (PUT or POST), or where the file stands (GET).

    Headers: `Upload-Token`, `Upload-Offset` (where the piece starts), `Upload-Length` (the whole
    file), `Upload-Name` (percent-encoded). A piece is taken only if it starts where the file
    ends; else 409 with the right offset, from which the browser goes on.
    """
    file = request.path_params["file"]
    try:
        permission = verify(
            signing_key(settings().data_dir), "upload", request.headers.get("upload-token", "")
        )
        if permission is None:
            raise UploadError("token", 403)
        box = Box(uploads_dir(), permission["box"])
        if request.method == "GET":
            return JSONResponse({"offset": box.size(file)}, headers=PRIVATE)
        async with _one_writer_per_file[f"{permission['box']}/{file}"]:
            offset = await _take_piece(request, box, file, permission["limit"])
        return JSONResponse({"offset": offset}, headers=PRIVATE)
    except UploadError as error:
        answer = {"error": error.reason, "offset": error.offset}
        return JSONResponse(answer, status_code=error.status, headers=PRIVATE)
    except ClientDisconnect:
        return JSONResponse({"error": "network"}, status_code=400, headers=PRIVATE)


async def _take_piece(request: Request, box: Box, file: str, limit: int) -> int:
    """Append the request's body to the file; its new size."""
    offset, length = _whole(request, "upload-offset"), _whole(request, "upload-length")
    if length > limit:
        raise UploadError("size", 413)
    name = unquote(request.headers.get("upload-name", "")) or file
    await asyncio.to_thread(box.begin, file, name[:255], length, offset)
    start = offset
    async for data in request.stream():
        offset += len(data)
        if offset > length or offset - start > PIECE_BYTES:
            raise UploadError("size", 413)
        if data:
            await asyncio.to_thread(box.append, file, data)
    if offset == length:
        await asyncio.to_thread(box.finish, file)
    return offset


def _whole(request: Request, header: str) -> int:
    text = request.headers.get(header, "")
    if not text.isascii() or not text.isdigit():
        raise UploadError("header", 400)
    return int(text)


# --- download ----------------------------------------------------------------------------------


async def download(request: Request) -> Response:
    """A report of one evaluation: its stored snapshot and the entries up to one moment."""
    permission = verify(signing_key(settings().data_dir), "download", request.path_params["token"])
    if permission is None:
        return _sentence("app.download.expired", "ja", 403, also="en")
    language: Language = permission["language"]
    import report_files  # only here: what makes reports is a third of the server's start

    try:
        if permission["format"] == "reviews":
            made = await asyncio.to_thread(audit_csv, open_store(), permission["run"], language)
            return _file(made, "text/csv; charset=utf-8", f"reviews-{permission['run'][:8]}.csv")
        data = await asyncio.to_thread(report_files.made, report_files.asked(permission))
    except EvaluationError as error:
        return PlainTextResponse(error.words(language), status_code=404, headers=PRIVATE)
    name = request.path_params["file"]
    kind = "handover" if permission["format"] == "zip" else "report"
    ascii_name = f"{kind}-{permission['run'][:8]}.{permission['format']}"
    shown = "inline" if permission["format"] == "png" else "attachment"
    disposition = f"{shown}; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name, safe='')}"
    return Response(
        data,
        media_type=report_files.media_type(permission["format"]),
        headers={**PRIVATE, "Content-Disposition": disposition},
    )


def _sentence(key: str, language: Language, status: int, also: Language) -> Response:
    text = f"{say(key, language)}\n{say(key, also)}\n"
    return PlainTextResponse(text, status_code=status, headers=PRIVATE)


def _file(data: bytes, media_type: str, name: str) -> Response:
    disposition = f'attachment; filename="{name}"'
    return Response(
        data, media_type=media_type, headers={**PRIVATE, "Content-Disposition": disposition}
    )


# --- font --------------------------------------------------------------------------------------


async def font(request: Request) -> Response:
    """The Japanese typeface; a browser asks for it only when the machine has none of its own."""
    regular, bold = font_files()
    path = bold if request.path_params["weight"] == "bold" else regular
    kept = {"Cache-Control": "public, max-age=31536000, immutable"}
    return FileResponse(path, media_type="font/otf", headers=kept)


ROUTES = [
    Route("/api/health", health, methods=["GET"]),
    Route("/api/ready", ready, methods=["GET"]),
    Route("/api/metrics", metrics, methods=["GET"]),
    Route("/api/upload/{file}", upload, methods=["GET", "PUT", "POST"]),
    Route("/api/download/{token}/{file}", download, methods=["GET"]),
    Route("/api/font/{weight}", font, methods=["GET"]),
]
