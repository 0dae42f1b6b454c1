"""A small app for the browser tests of the code editor."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

import streamlit as st

from explorer.stage.routes import routes

app = st.App(str(Path(__file__).with_name("editor_page.py")), routes=routes())
