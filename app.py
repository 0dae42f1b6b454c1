"""Layer Explorer's entry: `streamlit run app.py`. It starts the engine, chooses the language and the page."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st

from explorer.engine.pool.client import close_engines, engine, tell_loopback, trust_watched, watched_engine
from explorer.engine.process import return_large_blocks
from explorer.settings import WATCH_VARIABLE, settings
from explorer.stage.routes import routes
from explorer.views.open_pages import forget_absent
from explorer.watching import stop_watching, watch
from explorer.web import limit_streamlit, listens_on_loopback, middleware

# Seconds after which a thread that computes lets another one go on: a fifth of Python's own. A change needs that some
# ten times until its picture is there, and beside pages that are being opened each of them is a wait.
SWITCH = 0.001


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Start the engine with the server, and take the start-up objects out of the garbage collector's way.

    Streamlit collects all garbage after every script run; what is frozen here is not looked at again. Measured:
    it halves the time from a click to the new picture.
    """
    from explorer.views import navigation

    return_large_blocks()
    sys.setswitchinterval(SWITCH)
    limit_streamlit(settings())
    tell_loopback(listens_on_loopback())
    engine()
    if (file := os.environ.get(WATCH_VARIABLE)) and listens_on_loopback():
        trust_watched(watch(Path(file)).knows)
        watched_engine()
    navigation.preload()
    gc.collect()
    gc.freeze()
    yield
    stop_watching()
    close_engines()


if __name__ == "__main__":
    from explorer.views import navigation

    navigation.show()
else:
    app = st.App(Path(__file__), lifespan=lifespan, routes=routes(), middleware=middleware(settings(), forget_absent))
