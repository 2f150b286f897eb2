"""Signed, expiring permissions for the app's own routes.

Custom routes have no session behind them, so the page that draws a link decides what it may do
and signs that decision: `sign` -> a token in the link -> `verify` in the route. The key is made
once per data folder and stays there, so links survive a restart of the app.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import time
from pathlib import Path
from typing import Any

KEY_BYTES = 32


def signing_key(data_dir: Path) -> bytes:
    """The key of this data folder; made, readable by its owner only, when there is none."""
    path = data_dir / "signing.key"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        fresh = data_dir / f"signing.key.{secrets.token_hex(8)}"
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
        try:
            os.link(fresh, path)  # fails where another process was first: its key is the key
        except FileExistsError:
            pass
        except OSError:  # a file system without hard links
            os.replace(fresh, path)
        fresh.unlink(missing_ok=True)
    return path.read_bytes()


def sign(key: bytes, purpose: str, fields: dict[str, Any], seconds: float) -> str:
    """A token that allows `purpose` with exactly these fields for so many seconds."""
    body = {"purpose": purpose, "until": int(time.time() + seconds), **fields}
    payload = _encode(json.dumps(body, sort_keys=True, separators=(",", ":")).encode())
    return f"{payload}.{_encode(_mac(key, payload))}"


def verify(key: bytes, purpose: str, token: str) -> dict[str, Any] | None:
    """The token's fields; None when it is forged, expired or was made for another purpose."""
    payload, _, signature = token.partition(".")
    try:
        if not hmac.compare_digest(_decode(signature), _mac(key, payload)):
            return None
        body = json.loads(_decode(payload))
    except ValueError:
        return None
    if body["purpose"] != purpose or body["until"] < time.time():
        return None
    return {name: value for name, value in body.items() if name not in ("purpose", "until")}


def _mac(key: bytes, payload: str) -> bytes:
    return hmac.new(key, payload.encode(), hashlib.sha256).digest()


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
