"""The dashboard: `streamlit run app/main.py`.

The page script is `navigation.py`; beside it run the app's own routes, and at the start the
database is brought up to date and a worker is started that outlives the app. Told to stop, the app
closes its connections and ends with 0; the worker goes on (`python -m evaluations worker --stop`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st
from routes import ROUTES
from serving import OnlyOurMetrics, check_protected, end_well
from session import open_store, settings, show_failure, uploads_dir
from starlette.middleware import Middleware
from uploads import keep_swept
from warming import begin as begin_warming

from evaluations import short_probe, tokenizing
from evaluations.commands.failures import in_words
from evaluations.log import described, start_logging
from evaluations.wording import LANGUAGES
from evaluations.worker import ensure_worker

log = logging.getLogger("longssm.app")


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[dict[str, Any]]:
    """Database and worker are ready before the first page is drawn."""
    start_logging(settings())
    try:
        check_protected(settings())
        end_well()  # afterwards the server is not found any more
        await asyncio.to_thread(open_store)
        if settings().start_worker:
            await asyncio.to_thread(ensure_worker, settings())
    except Exception as error:
        said = in_words(error, settings())
        words = " ".join(map(said.words, LANGUAGES)) if said else described(error)
        log.critical("the app cannot start: %s", words)
        raise
    sweeping = asyncio.create_task(keep_swept(uploads_dir()))
    begin_warming()
    log.info("data folder: %s", settings().data_dir)
    try:
        yield {}
    finally:
        sweeping.cancel()
        # a page that waits for one of them would hold up the end of the server
        short_probe.end_all()
        tokenizing.end_all()


app = st.App(
    "navigation.py",
    routes=ROUTES,
    lifespan=lifespan,
    middleware=[Middleware(OnlyOurMetrics)],
    on_script_error=show_failure,
)
