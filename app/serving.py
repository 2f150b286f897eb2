"""How the server of the app behaves beside its pages and routes.

`check_protected` refuses an address that others reach unless something before it asks who they are;
`end_well` has it end with 0 when it is told to stop; `OnlyOurMetrics` closes Streamlit's own
figures, which are open to everybody and cannot be turned off; `spare_modules` keeps pages fast.
"""

from __future__ import annotations

import gc
import ipaddress
import signal
import threading
from functools import cache
from typing import Any

import streamlit as st
import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from evaluations.errors import RefusedOption
from evaluations.settings import Settings

STREAMLIT_METRICS = "/_stcore/metrics"
STOP_PATIENCE = 10  # seconds for requests that are being answered, once the server is to stop


def check_protected(settings: Settings) -> None:
    """Raise RefusedOption where others reach the app and nothing is declared to protect it."""
    server = _server()
    address = server.config.host if server else st.get_option("server.address")
    if not settings.behind_proxy and not is_this_machine(address):
        raise RefusedOption("start.unprotected", address=address or "0.0.0.0")


def is_this_machine(address: str | None) -> bool:
    """Whether only this machine reaches a server that listens there; None: everywhere."""
    if address == "localhost" or (address or "").startswith("unix:"):
        return True
    try:
        return ipaddress.ip_address(address or "").is_loopback
    except ValueError:  # a name may be any machine's
        return False


def _server() -> uvicorn.Server | None:
    """The server that runs this app, while it handles its own signals."""
    found = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    return found if isinstance(found, uvicorn.Server) else None


def end_well() -> None:
    """Have the server that runs this app end with 0 after SIGTERM, in STOP_PATIENCE at most.

    uvicorn ends itself by the signal that it was sent, which looks like a failure to who sent it.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    server = _server()
    if server is None:
        return  # another server runs this app, and has its own way
    server.config.timeout_graceful_shutdown = STOP_PATIENCE

    def stop(*_: Any) -> None:
        server.should_exit = True

    signal.signal(signal.SIGTERM, stop)


class OnlyOurMetrics:
    """Answers 404 where Streamlit would tell its own figures."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything else on."""
        closed = scope["type"] == "http" and scope["path"].rstrip("/") == STREAMLIT_METRICS
        answer = PlainTextResponse("not found\n", status_code=404) if closed else self._app
        await answer(scope, receive, send)


@cache
def spare_modules(_count: int) -> None:
    """Garbage collections leave out what is there now; done once for each number of loaded modules.

    Streamlit collects all garbage after every run of the page script, and the browser waits for
    it. Nearly all that it looks through are modules, which stay: a quarter of a million objects.
    """
    gc.freeze()
