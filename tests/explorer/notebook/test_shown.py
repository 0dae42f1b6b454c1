"""What is shown, without a browser: its messages, its HTML, and what it says where something is missing."""

from __future__ import annotations

import base64
import gzip
import json
import re
import sys
import tomllib
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import explorer
from explorer.core import examine, trace_layer, trail
from explorer.model.problem import Problem
from explorer.notebook import Shown, html
from explorer.notebook.widget import FlowWidget

X = np.arange(6, dtype="float32").reshape(2, 3) / 4
ROOT = Path(__file__).parents[3]
EVIL = "</script><img src=x onerror=alert(1)>"


@pytest.fixture
def shown() -> Shown:
    return explorer.show(keras.layers.Dense(4), X)


@pytest.fixture
def said(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the widget sends."""
    sent: list[Any] = []
    monkeypatch.setattr(FlowWidget, "send", lambda self, content, buffers=None: sent.append((content, buffers)))
    return sent


def header(message: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(message[4 : 4 + int.from_bytes(message[:4], "little")])
    return found


class Tags(HTMLParser):
    """The tags of a page, and its texts outside of scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def evil() -> keras.layers.Layer:
    class Evil(keras.layers.Layer):
        """</script><img src=x onerror=alert(1)>"""

        def build(self, shape):
            self.w = self.add_weight(shape=(shape[-1], 2), name="<img src=x onerror=alert(1)>")

        def call(self, x):
            return x @ self.w

    Evil.__name__ = EVIL
    return Evil()


def test_the_page_holds_everything_and_names_nothing_elsewhere(shown: Shown, tmp_path: Path) -> None:
    saved = shown.save(tmp_path / "shown.html").read_text(encoding="utf-8")
    outside = re.sub(r'"[A-Za-z0-9+/=]{100,}"', '""', saved)
    assert "://" not in outside and "src=" not in outside and "@import" not in outside
    packed = [gzip.decompress(base64.b64decode(text)) for text in re.findall(r'"([A-Za-z0-9+/=]{200,})"', saved)]
    code, flow, tape, accounts = packed
    assert code.decode() == html.code() and header(flow)["options"]["call"] == header(tape)["of"]
    assert json.loads(accounts)["step:1@0,3"]["equations"]
    assert len(saved) < 300_000


def test_hostile_names_are_text_in_the_page() -> None:
    page = explorer.page(evil(), X)
    known = Tags(explorer.page(keras.layers.Dense(2), X))
    tags = Tags(page)
    assert tags.tags == known.tags and "img" not in tags.tags
    assert EVIL in "".join(tags.texts) and page.count("</script>") == 1


def test_hostile_names_are_text_where_values_display_themselves() -> None:
    layer = evil()
    values = trace_layer(layer, [X]), examine(layer, [X]), trail(layer, [X], "output:0", (0, 1))
    for value in values:
        tags = Tags(value._repr_html_() or "")
        assert tags.tags and not {"img", "iframe"} & set(tags.tags), type(value)
        assert "onerror" in "".join(tags.texts), type(value)


def test_its_colours_are_the_app_s() -> None:
    themes = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["theme"]
    js = ROOT / "explorer" / "notebook" / "js"
    style, grounds = (js / "notebook.css").read_text(), (js / "theme.js").read_text()
    page = explorer.page(keras.layers.Dense(2), X)
    for theme in (themes["light"], themes["dark"]):
        assert theme["textColor"] in style and theme["primaryColor"] in style and theme["textColor"] in page
        assert f'"{theme["backgroundColor"]}"' in grounds and f"background: {theme['backgroundColor']};" in page


def test_a_trail_prints_how_strongly_each_cell_counts() -> None:
    layer = keras.layers.Dense(2)
    layer(X)
    drawn = trail(layer, [X], "output:0", (0, 1))._repr_html_() or ""
    texts = Tags(drawn).texts
    assert [f"{x:.4g}" for x in np.array(layer.kernel)[:, 1]] == texts[texts.index("input:0") + 2 :][:3]
    assert "3 of 6 cells count" in drawn


def test_the_layer_s_own_error_where_nothing_was_recorded() -> None:
    with pytest.raises(Problem, match="no tensor"):
        explorer.show(keras.layers.Dense(2), "x")


def test_a_failed_call_is_shown_and_its_trace_is_not_to_be_had() -> None:
    class Fails(keras.layers.Layer):
        def call(self, x):
            y = x * 2
            return keras.ops.reshape(y, (5, 5))

    failed = explorer.show(Fails(), X, language="ko")
    message = header(failed.widget.flow)
    assert failed.problem is not None and message["options"]["failed"] and not message["options"]["editable"]
    assert "호출이 실패" in message["options"]["notes"][0]
    with pytest.raises(Problem):
        failed.trace()


def test_a_touched_cell_is_answered(shown: Shown, said: list[Any]) -> None:
    shown.widget._heard(None, {"touch": {"tensor": "output:0", "index": [1, 2]}, "number": 3}, [])
    (content, [answer]), (heard, _) = said
    told = header(answer)
    assert content == {"told": 3} and heard["problem"] == ""
    assert told["cell"] == {"tensor": "output:0", "index": [1, 2]} and told["way"] == "made"
    assert told["arithmetic"]["equations"] and told["trail"]["weight:kernel"][1] == 12


def test_set_cells_are_computed_and_come_back(shown: Shown, said: list[Any]) -> None:
    widget, before = shown.widget, shown.trace().outputs[0].value
    widget._heard(None, {"edit": {"tensor": "input:0", "cells": [[[1, 2], "2.5"]]}, "number": 1}, [])
    widget._heard(None, {"edit": {"tensor": "input:0", "cells": [[[0, 0], "-1"]]}, "number": 2}, [])
    assert shown.edits == {"input:0": {(1, 2): 2.5, (0, 0): -1.0}}
    x, kernel = X.copy(), shown.trace().weights[0].value
    x[1, 2], x[0, 0] = 2.5, -1.0
    np.testing.assert_allclose(shown.trace().outputs[0].value, x @ kernel, rtol=1e-6)
    assert header(widget.flow)["options"]["edited"] == {"input:0": [[1, 2], [0, 0]]}
    widget._heard(None, {"reset": True, "number": 3}, [])
    assert not shown.edits
    np.testing.assert_array_equal(shown.trace().outputs[0].value, before)
    assert [content["heard"] for content, _ in said] == [1, 2, 3]


@pytest.mark.parametrize(
    "content",
    [
        None,
        "touch",
        {},
        {"touch": 1},
        {"touch": {"tensor": "output:0", "index": [0, -1]}},
        {"touch": {"tensor": "output:0", "index": [0, True]}},
        {"touch": {"tensor": "output:0", "index": [0, 99]}},
        {"touch": {"tensor": "output:9", "index": [0, 0]}},
        {"touch": {"tensor": "output:0", "index": [0, 0], "way": ["x"]}},
        {"edit": {"tensor": "input:0", "cells": [[[0, 0], "x"]]}},
        {"edit": {"tensor": "input:0", "cells": [[[0, 99], "1"]]}},
        {"edit": {"tensor": "input:0", "cells": [[[0], "1"]]}},
        {"edit": {"tensor": "weight:none", "cells": [[[0, 0], "1"]]}},
        {"edit": {"tensor": "output:0", "cells": [[[0, 0], "1"]]}},
        {"edit": {"tensor": "input:0", "cells": [1]}},
        {"edit": {"tensor": "input:0", "cells": []}},
        {"reset": "yes"},
    ],
)
def test_a_message_that_makes_no_sense_changes_nothing(shown: Shown, said: list[Any], content: Any) -> None:
    flow = shown.widget.flow
    shown.widget._heard(None, content, [])
    assert not shown.edits and shown.widget.flow == flow


def test_without_anywidget_it_says_what_to_install_and_the_page_is_there(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "explorer.notebook.widget")
    monkeypatch.setitem(sys.modules, "anywidget", None)
    with pytest.raises(ImportError, match=re.escape("pip install 'layer-explorer[notebook]'")):
        _ = shown.widget
    assert shown.page()


def test_without_its_code_it_says_how_to_make_it(shown: Shown, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(html, "BUNDLE", tmp_path / "absent.js")
    for function in (html.code, html._packed_code):
        function.cache_clear()
    try:
        with pytest.raises(FileNotFoundError, match=r"make node_modules/\.bundled"):
            shown.page()
        assert "make node_modules/.bundled" in (shown.trace()._repr_html_() or "")
    finally:
        for function in (html.code, html._packed_code):
            function.cache_clear()
