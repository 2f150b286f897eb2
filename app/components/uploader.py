"""The drop zone: many files of any size, in the page's language, sent in resumable pieces.

`uploader` draws it; when files have arrived, they are found in the visitor's box (`uploads`).
What the browser reports is only a reason to look there.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from session import settings, state, upload_box, words
from signing import sign, signing_key
from uploads import PIECE_BYTES

from evaluations.documents import supported
from evaluations.numbers import size

TOKEN_SECONDS = 12 * 3600.0
ERRORS = ("size", "disk", "token", "network", "other")

_HTML = """
<div class="uploader">
  <div class="drop">
    <div class="title"></div>
    <div class="hint"></div>
    <button class="choose" type="button"></button>
    <input type="file" multiple tabindex="-1">
  </div>
  <ul aria-live="polite"></ul>
</div>
"""
_HERE = Path(__file__).parent
_mount = st.components.v2.component(
    "longssm_uploader",
    html=_HTML,
    css=(_HERE / "uploader.css").read_text(encoding="utf-8"),
    js=(_HERE / "uploader.js").read_text(encoding="utf-8"),
)


def uploader(compact: bool) -> None:
    """Draw the drop zone of this visitor's box; the page reruns when files have arrived."""
    endings = [ending.removeprefix(".") for ending in supported()]
    _mount(
        key="uploader",
        data={
            "url": "/api/upload",
            "token": _token(upload_box()),
            "limit": settings().largest_text,
            "compact": compact,
            "piece": PIECE_BYTES,
            "labels": {
                "title": words("app.upload.title"),
                "hint": words(
                    "app.upload.hint",
                    formats=words("app.upload.comma").join(endings),
                    limit=size(settings().largest_text),
                ),
                "choose": words("app.upload.choose"),
                "list": words("app.upload.list"),
                "waiting": words("app.upload.waiting"),
                "paused": words("app.upload.paused"),
                "again": words("app.upload.again"),
                "errors": {reason: words(f"app.upload.error.{reason}") for reason in ERRORS},
            },
        },
        on_done_change=lambda: None,
    )


def _token(box: str) -> str:
    """One permission per visit: a stable value, so that an upload is not disturbed by reruns."""
    tokens = state("upload_tokens", {})
    if box not in tokens:
        permission = {"box": box, "limit": settings().largest_text}
        tokens[box] = sign(signing_key(settings().data_dir), "upload", permission, TOKEN_SECONDS)
    return str(tokens[box])
