"""Drives app.py through Streamlit's AppTest, and reads the flow that it sends to the browser."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from streamlit.testing.v1 import AppTest

APP = Path(__file__).parents[3] / "app.py"
PATIENCE = 300
"""Seconds that one run may take; TensorFlow may still be starting, on a busy machine."""


def visit(page: str = "explore", **query: Any) -> AppTest:
    """A new visitor who follows a link: the query's values are JSON unless they are text."""
    app = AppTest.from_file(str(APP), default_timeout=PATIENCE)
    app.session_state["go"] = page
    for name, value in query.items():
        app.query_params[name] = value if isinstance(value, str) else json.dumps(value)
    return app.run()


def picture(app: AppTest) -> dict[str, np.ndarray]:
    """The tensors that can be opened in the flow, by their id."""
    header, body = message(app)
    arrays = {}
    for row, number, at in zip(*(header[f"tensor_{part}"] for part in ("row", "number", "array")), strict=True):
        name = header["tensors"][row]["id"] + (str(number) if number >= 0 else "")
        if name not in header["options"]["tensors"] or name in arrays:
            continue
        entry = header["arrays"][at]
        dtype, shape = np.dtype(f"<{entry['encoding']}"), tuple(entry["shape"])
        count = int(np.prod(shape, dtype=int))
        arrays[name] = np.frombuffer(body, dtype, count, entry["offsets"][0]).reshape(shape)
    return arrays


def message(app: AppTest) -> tuple[dict[str, Any], bytes]:
    """The flow's message: its header and the bytes of its arrays."""
    [flow] = flows(app)
    data = flow.proto.bytes
    (length,) = struct.unpack_from("<I", data)
    start = -(-(4 + length) // 8) * 8
    return json.loads(data[4 : 4 + length]), data[start:]


def flows(app: AppTest) -> list[Any]:
    """The flow on the page, if there is one."""
    return _components(app, "layer_explorer_flow")


def stages(app: AppTest) -> list[Any]:
    """The stages on the page: tensors as cards."""
    return _components(app, "layer_explorer_stage")


def _components(app: AppTest, name: str) -> list[Any]:
    return [found for found in app.get("bidi_component") if found.proto.component_name == name]


def failures(app: AppTest) -> list[str]:
    """What went wrong on the page: exceptions of the app itself, and problem boxes."""
    return [str(found.value) for found in (*app.exception, *app.error)]
