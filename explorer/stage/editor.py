"""The code editor: a text that the reader types, with marks on its lines and the tensors that each line made.

`draw` mounts it. The text lives in the browser: the server's takes its place only when its version is a newer one, so
nothing that is being typed is ever overwritten. Where the editor's module was not built (`tools/bundles.mjs`),
Streamlit's own text field takes its place.
"""

from __future__ import annotations

import functools
import hashlib
import json
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from explorer.experiment.experiment import MAX_CODE
from explorer.i18n.translator import Translator
from explorer.model.fix import with_plain_lines
from explorer.model.trace import Tensor
from explorer.stage.editor_labels import LABELS
from explorer.stage.encoding import grid_axes, padded
from explorer.stage.files import files
from explorer.stage.mount import component, event
from explorer.stage.pack import assemble, scale_of
from explorer.stage.statistics import json_number, statistics

__all__ = ["LABELS", "Editor", "Mark", "Note", "Typed", "draw"]

Severity: TypeAlias = Literal["error", "warning", "info"]

MAX_ID = 200
"""The most characters of a tensor's id."""
_MODULE = "bundles/codemirror.js"
_GRID = (18, 36)
"""The most rows and columns of a picture beside a line: a line is so many pixels high."""
_PICTURES = 3
"""So many tensors of a line have a picture; the others are only named."""
_MESSAGE = 4000
"""The most characters of a mark's message."""
_FIELD = 420
"""Pixels: the height of the plain field."""


@dataclass(frozen=True)
class Mark:
    """What is said about a line.

    Attributes:
        line: its number, from 1; a line that the text does not have is left out.
        message: plain text, in the reader's language.
        severity: an "error" also lights the line.
        column, end_column: what is underlined, in characters from 0; None for the whole line, or to the end of a word.
    """

    line: int
    message: str
    severity: Severity = "error"
    column: int | None = None
    end_column: int | None = None


@dataclass(frozen=True, eq=False)
class Note:
    """What a line made.

    Attributes:
        line: its number, from 1.
        tensors: the tensors, the most important first.
    """

    line: int
    tensors: Sequence[Tensor]


@dataclass(frozen=True, eq=False)
class Editor:
    """What the editor shows.

    Attributes:
        text: the server's text.
        version: counts the texts that come from the server: raise it whenever `text` is not what the reader typed
            (a template, a change that was accepted). A text of the same version never replaces what stands there.
        document: under this name the browser keeps what is typed, until the tab is closed. It comes back after a reload
            if the server then begins with the text that had run (or the one that it was typed on); what ran before the
            reload runs again.
        of: the text that `marks` and `notes` are about: the one that ran last; None if nothing ran. They stand at the
            lines where that text's lines are now, and are paler as long as the text is another one.
        marks: findings and errors.
        notes: what the lines made.
        now: the line that is running, from 1; 0 for none. Lines that the flow's cursor passes are lit without this.
        read_only: whether the text can only be read.
        can_run: whether there is a Run button and its key.
        by_itself: whether a text that parses runs after a pause.
        resumes: whether a text that ran in this tab before the page was loaded again runs again.
    """

    text: str
    version: int
    document: str
    of: str | None = None
    marks: Sequence[Mark] = ()
    notes: Sequence[Note] = ()
    now: int = 0
    read_only: bool = False
    can_run: bool = True
    by_itself: bool = False
    resumes: bool = True


@dataclass(frozen=True)
class Typed:
    """A text from the browser.

    Attributes:
        text: at most `MAX_CODE` characters; lines end in "\\n".
        version: of the server's text that it was typed on. One that is not the newest any more has been replaced: leave
            it alone.
        by_itself: whether it is to run because it parses, not because the reader said so.
    """

    text: str
    version: int
    by_itself: bool = False


def draw(
    editor: Editor,
    *,
    key: str,
    t: Translator,
    on_draft: Callable[[Typed], None],
    on_run: Callable[[Typed], None],
    on_select: Callable[[str], None] | None = None,
) -> None:
    """Draw the editor. What is typed, the selection and undo survive as long as `key` stays.

    Args:
        editor: what it shows.
        key: the element's key.
        t: the reader's language.
        on_draft: called with the text after a pause of typing, and when the reader leaves the editor.
        on_run: called with the text that is to run; it is the newest draft as well.
        on_select: called with the id of a tensor that the reader chose beside a line. It is the browser's: check it.
    """
    labels = {name: t(text) for name, text in LABELS.items()}
    if _MODULE not in files():
        _draw_plain(editor, key, labels, on_draft, on_run)
        return
    component("layer_explorer_editor", "editor/main.js")(
        key=key,
        data=pack_editor(editor, labels),
        on_draft_change=functools.partial(_report, key, "draft", on_draft),
        on_run_change=functools.partial(_report, key, "run", on_run),
        on_select_change=functools.partial(_report_select, key, on_select),
    )


def pack_editor(editor: Editor, labels: Mapping[str, str]) -> bytes:
    """Encode it for the browser; of each tensor a small picture, float32."""
    text, of = with_plain_lines(editor.text), None if editor.of is None else with_plain_lines(editor.of)
    arrays: list[np.ndarray] = []
    offset = 0
    notes = []
    for note in editor.notes:
        told = []
        for position, tensor in enumerate(note.tensors):
            entry: dict[str, Any] = {"id": tensor.id, "name": tensor.name, "dtype": tensor.dtype}
            entry |= {"shape": list(tensor.value.shape), "picture": None}
            if position < _PICTURES and (drawn := _pictures.get(tensor) or _drawn(tensor)):
                scale, cells = drawn
                entry["picture"] = {**scale, "rows": cells.shape[0], "columns": cells.shape[1], "offset": offset}
                arrays.append(cells)
                offset += padded(cells.nbytes)
            told.append(entry)
        notes.append({"line": note.line, "tensors": told})
    marks = [{**vars(mark), "message": mark.message[:_MESSAGE]} for mark in editor.marks]
    said = hashlib.sha256(json.dumps([of, marks, notes, dict(labels)]).encode())
    for array in arrays:
        said.update(array.tobytes())
    header = {
        "version": 1,
        "labels": dict(labels),
        "text": text,
        "edition": editor.version,
        "document": editor.document,
        "of": True if of == text else of,  # most often the same: sent once
        "said": said.hexdigest(),  # what is said again is not drawn again
        "marks": marks,
        "notes": notes,
        "now": editor.now,
        "read_only": editor.read_only,
        "can_run": editor.can_run,
        "by_itself": editor.by_itself,
        "resumes": editor.resumes,
        "limit": MAX_CODE,
    }
    return assemble(header, arrays)


_Drawn: TypeAlias = tuple[dict[str, Any], np.ndarray]
_pictures: weakref.WeakKeyDictionary[Tensor, _Drawn] = weakref.WeakKeyDictionary()
"""What was drawn of a tensor, as long as something else holds it: an editor is drawn at each pause of typing."""


def _drawn(tensor: Tensor) -> _Drawn | None:
    """The first slice of a tensor as a small grid, with what its colours depend on; None for text and without cells."""
    value = tensor.value
    if value.dtype.kind not in "biuf" or value.size == 0:
        return None
    grid = value if value.ndim > 1 else value.reshape(1, -1)
    rows, columns = grid_axes(tensor.axes if len(tensor.axes) == grid.ndim else (), grid.ndim)
    first = np.moveaxis(grid, (rows, columns), (-2, -1)).reshape(-1, grid.shape[rows], grid.shape[columns])[0]
    cells = _condensed(_condensed(first.astype(np.float64), _GRID[0]).T, _GRID[1]).T
    figures = statistics(value)
    scale = {name: json_number(getattr(figures, name)) for name in ("minimum", "maximum")}
    with np.errstate(over="ignore"):
        drawn = {"scale": scale_of(tensor.scale, value), **scale}, np.ascontiguousarray(cells, "<f4")
    _pictures[tensor] = drawn
    return drawn


def _condensed(cells: np.ndarray, limit: int) -> np.ndarray:
    """At most `limit` rows: of those that become one the values farthest from zero, and NaN before any number."""
    step = -(-len(cells) // limit)
    if step == 1:
        return cells
    parts = (cells[start : start + step] for start in range(0, len(cells), step))
    farthest = [np.take_along_axis(part, np.abs(part).argmax(axis=0)[None], axis=0)[0] for part in parts]
    return np.stack(farthest)  # NaN is the largest to argmax


def _draw_plain(
    editor: Editor,
    key: str,
    labels: Mapping[str, str],
    on_draft: Callable[[Typed], None],
    on_run: Callable[[Typed], None],
) -> None:
    """Streamlit's own field with a button: it leads to the same calls. Marks stand below it, notes are left out."""
    import streamlit as st

    st.info(labels["editor.plain"], icon=":material/construction:")
    field = f"{key}_plain_{editor.version}"  # a newer text of the server's is another field

    def typed() -> Typed:
        text = st.session_state.get(field)
        return Typed(with_plain_lines(text if isinstance(text, str) else editor.text)[:MAX_CODE], editor.version)

    st.text_area(
        labels["editor.code"],
        value=with_plain_lines(editor.text),
        height=_FIELD,
        max_chars=MAX_CODE,
        key=field,
        on_change=lambda: on_draft(typed()),
        disabled=editor.read_only,
    )
    if editor.can_run:
        st.button(labels["editor.run"], key=f"{key}_plain_run", type="primary", on_click=lambda: on_run(typed()))
    for mark in editor.marks:
        st.text(labels["editor.plain.mark"].format(line=mark.line, message=mark.message[:_MESSAGE]))


def _report(key: str, name: str, callback: Callable[[Typed], None]) -> None:
    payload = event(key, name)
    if not isinstance(payload, Mapping):
        return
    text, version = payload.get("text"), payload.get("version")
    if isinstance(text, str) and len(text) <= MAX_CODE and type(version) is int:
        whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # half a character is none
        callback(Typed(with_plain_lines(whole), version, payload.get("by_itself") is True))


def _report_select(key: str, on_select: Callable[[str], None] | None) -> None:
    tensor = event(key, "select")
    if on_select is not None and isinstance(tensor, str) and len(tensor) <= MAX_ID:
        on_select(tensor)
