"""The code editor's Python side: what is packed, what is taken from the browser, and the field that takes its place."""

from __future__ import annotations

import gc
import json
import struct
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.runtime.scriptrunner import script_runner
from streamlit.testing.v1 import AppTest

from explorer.experiment.experiment import MAX_CODE
from explorer.model.trace import Tensor
from explorer.stage import editor
from explorer.stage.editor import LABELS, Editor, Mark, Note, Typed, pack_editor

HOME = Path(__file__).parent


def tensor(value: Any, dtype: str = "", name: str = "t") -> Tensor:
    array = np.asarray(value)
    return Tensor(f"step:{name}", name, "intermediate", array, dtype or str(array.dtype))


def header(message: bytes) -> dict[str, Any]:
    [length] = struct.unpack("<I", message[:4])
    told: dict[str, Any] = json.loads(message[4 : 4 + length])
    return told


def test_a_text_that_ran_is_sent_once_and_lines_end_in_one_way() -> None:
    told = header(pack_editor(Editor("a\r\nb\rc", 1, "d", of="a\nb\nc"), LABELS))
    assert told["text"] == "a\nb\nc" and told["of"] is True
    assert header(pack_editor(Editor("a", 1, "d", of="b"), LABELS))["of"] == "b"
    assert header(pack_editor(Editor("a", 1, "d"), LABELS))["of"] is None


@pytest.mark.parametrize(
    ("value", "shape"),
    [(2.5, (1, 1)), (np.zeros(500), (1, 36)), (np.zeros((3, 500, 2)), (18, 2)), (np.zeros((19, 37)), (10, 19))],
)
def test_a_picture_is_small(value: Any, shape: tuple[int, int]) -> None:
    [note] = header(pack_editor(Editor("", 1, "d", notes=[Note(1, [tensor(value)])]), LABELS))["notes"]
    picture = note["tensors"][0]["picture"]
    assert (picture["rows"], picture["columns"]) == shape


def test_of_cells_that_become_one_the_farthest_from_zero_stays() -> None:
    values = np.random.default_rng(0).normal(size=(90, 90))
    values[40, 50], values[80, 3] = -99, np.nan
    drawn = editor._drawn(tensor(values))
    assert drawn is not None
    scale, cells = drawn
    assert np.nanmin(cells) == -99 == scale["minimum"]
    assert np.isnan(cells).sum() == 1 and np.isnan(cells[80 // 5, 3 // 3])
    assert editor._drawn(tensor(np.zeros((0, 3)))) is None and editor._drawn(tensor(np.array(["a"], object))) is None


def test_a_picture_is_drawn_once_and_goes_with_its_tensor() -> None:
    kept = tensor(np.ones((4, 4)))
    gc.collect()  # what other tests left
    before = len(editor._pictures)
    pack_editor(Editor("", 1, "d", notes=[Note(1, [kept])]), LABELS)
    assert len(editor._pictures) == before + 1 and editor._pictures[kept] is not None
    del kept
    gc.collect()
    assert len(editor._pictures) == before


@pytest.mark.parametrize(
    ("payload", "taken"),
    [
        ({"text": "a\r\nb", "version": 2}, Typed("a\nb", 2)),
        ({"text": "a", "version": 2, "by_itself": True}, Typed("a", 2, by_itself=True)),
        ({"text": "half \ud83d of one", "version": 1}, Typed("half \ufffd of one", 1)),
        ({"text": "whole 😀", "version": 1, "by_itself": 1}, Typed("whole 😀", 1)),
        ({"text": "x" * (MAX_CODE + 1), "version": 1}, None),
        ({"text": 5, "version": 1}, None),
        ({"text": "a", "version": True}, None),
        ({"text": "a"}, None),
        ("a", None),
        (None, None),
    ],
)
def test_what_the_browser_sends_is_checked(payload: Any, taken: Typed | None, monkeypatch: pytest.MonkeyPatch) -> None:
    got: list[Typed] = []
    monkeypatch.setattr(editor, "event", lambda key, name: payload)
    editor._report("key", "draft", got.append)
    assert got == ([taken] if taken else [])


@pytest.mark.parametrize(("payload", "taken"), [("step:1", ["step:1"]), ("x" * 201, []), (5, []), (None, [])])
def test_a_chosen_tensor_is_checked(payload: Any, taken: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    got: list[str] = []
    monkeypatch.setattr(editor, "event", lambda key, name: payload)
    editor._report_select("key", got.append)
    editor._report_select("key", None)
    assert got == taken


def test_without_the_module_a_plain_field_leads_to_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    built: Mapping[str, bytes] = {"editor/main.js": b""}
    monkeypatch.setattr(editor, "files", lambda: built)
    monkeypatch.setattr(sys, "path", [*sys.path])  # the page adds to it
    monkeypatch.setattr(script_runner, "_clean_problem_modules", lambda: None)  # it clears Keras's session
    app = AppTest.from_file(str(HOME / "editor_page.py"), default_timeout=20)
    app.query_params["notes"] = "1"
    app.run()
    assert not app.exception and "make run" in app.info[0].value and not app.get("bidi_component")
    app.text_area[0].set_value("y = 2\n").run()
    assert [one.text for one in app.session_state.drafts] == ["y = 2\n"] and app.text_area[0].value == "y = 2\n"
    next(button for button in app.button if button.label == "Run").click().run()
    assert app.session_state.runs == [Typed("y = 2\n", 1)]
    assert any("<img src=x" in text.value for text in app.text) and not app.exception
    next(button for button in app.button if button.label == "Newer").click().run()
    assert app.text_area[0].value == "x = 1\n"


def test_a_mark_is_shown_whole_up_to_a_limit() -> None:
    told = header(pack_editor(Editor("a", 1, "d", marks=[Mark(1, "m" * 9000)]), LABELS))
    assert told["marks"][0]["message"] == "m" * 4000
