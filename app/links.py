"""Addresses of files to take home: signed, and good for some hours."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from session import settings
from signing import sign, signing_key

LINK_HOURS = 8


def download_address(permission: dict[str, Any], file: str) -> str:
    """Where the route hands out what `permission` names, under the name `file`."""
    token = sign(signing_key(settings().data_dir), "download", permission, LINK_HOURS * 3600.0)
    return f"/api/download/{token}/{quote(file, safe='')}"
