"""The page of `editor_app.py`: one code editor, and beside it what it reported."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import streamlit as st

sys.path[:0] = [str(Path(__file__).parents[3])]

from explorer.i18n.translator import translator  # noqa: E402  (found by the line above)
from explorer.model.trace import Tensor  # noqa: E402
from explorer.stage.editor import Editor, Mark, Note, Typed, draw  # noqa: E402

TEXT = """import keras


class Scale(keras.layers.Layer):
    \"\"\"Multiplies by a weight.\"\"\"

    def build(self, shape):
        self.w = self.add_weight(shape=(shape[-1],), initializer="ones")  # one number for each feature

    def call(self, x):
        y = x * self.w
        total = keras.ops.sum(y, axis=-1)
        return total / 2.5
"""
HOSTILE = "<img src=x onerror=\"document.body.dataset.hit = 1\"><script>1</script> 'call' {0} %s"


def tensor(name: str, value: np.ndarray) -> Tensor:
    return Tensor(f"step:{name}", name, "intermediate", value, str(value.dtype))


NOTES = (
    Note(11, [tensor("y", np.arange(-6, 6, dtype="float32").reshape(2, 6))]),
    Note(
        12, [tensor("total", np.array([-9.0, 27.0], "float32")), tensor("<b>", np.array(True)), tensor("c", np.eye(9))]
    ),
    Note(13, [tensor("mean", np.array(2.5, "float32"))]),
)
MARKS = (
    Mark(8, HOSTILE, "warning", 17, 32),
    Mark(13, "The shapes do not fit.", "error"),
    Mark(99, "A line that there is not.", "error"),
)

st.set_page_config(layout="wide")
state = st.session_state
if "shown" not in state:
    state.shown = Editor(TEXT, 1, "test")
    state.drafts, state.runs, state.chosen = [], [], []
query = st.query_params


def drafted(typed: Typed) -> None:
    if typed.version == state.shown.version:
        state.drafts.append(typed)
        state.shown = replace(state.shown, text=typed.text)


def ran(typed: Typed) -> None:
    state.runs.append(typed)
    noted = query.get("notes") is not None
    state.shown = replace(
        state.shown, text=typed.text, of=typed.text, notes=NOTES if noted else (), marks=MARKS if noted else ()
    )


def newer() -> None:
    state.shown = replace(state.shown, text="x = 1\n", version=state.shown.version + 1)


def anew() -> None:
    """What a server knows that was started again."""
    state.shown = Editor(TEXT, 1, "test")


draw(
    replace(state.shown, read_only="read_only" in query, by_itself="by_itself" in query, now=int(query.get("now", 0))),
    key="editor",
    t=translator(query.get("lang", "en")),
    on_draft=drafted,
    on_run=ran,
    on_select=state.chosen.append,
)
st.button("Newer", key="newer", on_click=newer)
st.button("Anew", on_click=anew)
told = {
    "drafts": [[one.text, one.version] for one in state.drafts],
    "runs": [[one.text, one.version, one.by_itself] for one in state.runs],
    "chosen": state.chosen,
}
with st.container(key="told"):
    st.code(json.dumps(told), language=None, wrap_lines=True)
