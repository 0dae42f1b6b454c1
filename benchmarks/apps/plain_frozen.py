"""The plain app, with everything that its imports made frozen out of the garbage collector's way."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Import what the plain app imports, then freeze it."""
    import keras
    import plotly.express

    assert keras and plotly.express
    gc.collect()
    gc.freeze()
    yield


app = st.App(Path(__file__).with_name("plain.py"), lifespan=lifespan)
