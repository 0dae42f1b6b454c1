"""The least that a Streamlit app can do: one number, shown. Its start-up objects are frozen as in the Explorer's."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Take the start-up objects out of the garbage collector's way."""
    gc.collect()
    gc.freeze()
    yield


if __name__ == "__main__":
    number = st.number_input("units", 1, 1024, 4, key="units")
    seed = st.number_input("seed", 0, None, 0, key="seed")
    st.text(f"shown {number} {seed}")
else:
    app = st.App(Path(__file__), lifespan=lifespan)
