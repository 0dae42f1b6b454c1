"""A call that is shown: the living widget where Python runs, and a copy that computes by itself everywhere else."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.i18n.translator import translator
from explorer.model.problem import Problem
from explorer.model.tape import Tape
from explorer.model.trace import Trace
from explorer.notebook import html
from explorer.notebook.call import Edits, LayerCall
from explorer.notebook.message import TALL, accounts_message, flow_message, tape_message, trail_message
from explorer.stage.flow_options import editable

if TYPE_CHECKING:
    from explorer.notebook.widget import FlowWidget


class Shown:
    """A call of a layer, as a reader sees and changes it.

    As the value of a cell it displays itself; `display(shown)` does so anywhere else in a cell.

    Args:
        call: what is shown.
        language: "en" or "ko".

    Attributes:
        problem: why the call failed; None if it did not.

    Raises:
        Problem: if the layer could not be built or called, and nothing of the call was recorded.
    """

    def __init__(self, call: LayerCall, language: str = "en") -> None:
        self._call = call
        self._language = language
        self._t = translator(language)
        self._identity = secrets.token_hex(16)
        self._edits: dict[str, dict[tuple[int, ...], float]] = {}
        self.problem: Problem | None = None
        try:
            self._trace = call.trace()
        except Problem as problem:
            if problem.trace is None:
                raise
            self._trace, self.problem = problem.trace, problem
        tape = Tape() if self.problem else call.tape()
        self._fixed = self.problem is not None or bool(tape.refusals)
        self._tape = b"" if self.problem else tape_message(tape, self._identity, self._t)
        self._widget: FlowWidget | None = None

    @property
    def edits(self) -> Mapping[str, Mapping[tuple[int, ...], float]]:
        """The cells that were set by hand: "input:0" or "weight:kernel" -> index -> number."""
        return {name: dict(cells) for name, cells in self._edits.items()}

    def trace(self) -> Trace:
        """The call with the numbers that are shown now, those that were set by hand included.

        Raises:
            Problem: if the call failed.
        """
        if self.problem is not None:
            raise self.problem
        return self._trace

    def reset(self) -> None:
        """Take back all cells that were set by hand."""
        self._change({})

    @property
    def widget(self) -> FlowWidget:
        """The widget, made when it is first asked for.

        Raises:
            ImportError: if anywidget is not installed.
        """
        if self._widget is None:
            try:
                from explorer.notebook.widget import FlowWidget
            except ImportError as error:
                raise ImportError(
                    "explorer.show needs anywidget, which is not installed. Expected: pip install "
                    "'layer-explorer[notebook]', or pip install anywidget. explorer.page(layer, *inputs) needs it not.",
                    name="anywidget",
                ) from error
            self._widget = FlowWidget(self._identity, self._flow(), self._tape, self._answer, self._set)
        return self._widget

    def page(self) -> str:
        """One HTML file with everything in it: it opens from disk, computes by itself, and asks for nothing."""
        return html.page(self._copy(0), self._language)

    def save(self, path: str | Path) -> Path:
        """Write `page()` into a file.

        Args:
            path: where to; an existing file is replaced.
        """
        path = Path(path)
        path.write_text(self.page(), encoding="utf-8")
        return path

    def _ipython_display_(self) -> None:
        """The widget for the living notebook, and behind it the copy: whoever saves or exports has that."""
        from IPython.display import display

        display(self.widget)  # type: ignore[no-untyped-call]
        display({"text/html": self._fragment(), "text/plain": repr(self)}, raw=True)  # type: ignore[no-untyped-call]

    def _display_(self) -> FlowWidget:
        """Marimo's way to ask what to show."""
        return self.widget

    def _repr_html_(self) -> str:
        return self._fragment()

    def __repr__(self) -> str:
        return html.summary(self._trace)

    def _fragment(self) -> str:
        return html.fragment(self._copy())

    def _copy(self, tall: int = TALL) -> html.Copy:
        told = accounts_message(self._trace, self._t)
        return html.Copy(self._trace, self._identity, self._flow(alone=True, tall=tall), self._tape, told)

    def _flow(self, alone: bool = False, tall: int = TALL) -> bytes:
        return flow_message(
            self._trace,
            self._identity,
            self._t,
            edits=self._edits,
            problem=self.problem,
            alone=alone,
            fixed=self.problem is not None or (alone and self._fixed),
            tall=tall,
        )

    def _answer(self, tensor: str, index: tuple[int, ...], way: str, whole: bool) -> bytes:
        """What the browser is told about a touched cell."""
        return trail_message(
            self._call, self._trace, self._edits, self._t, tensor=tensor, index=index, way=way, whole=whole
        )

    def _set(self, tensor: str, cells: Mapping[tuple[int, ...], float] | None) -> str:
        """Cells were set in the browser, or all taken back (None); why that could not be, or ""."""
        if cells is not None and not self._has(tensor, cells):
            return ""
        edits = {} if cells is None else {**self._edits, tensor: {**self._edits.get(tensor, {}), **cells}}
        try:
            self._change(edits)
        except Problem as problem:
            return self._t("Python could not compute that: {why}", why=self._t.message(problem.what))
        return ""

    def _has(self, tensor: str, cells: Iterable[tuple[int, ...]]) -> bool:
        """Whether these are cells that can be set: what the browser says is not to be trusted."""
        if self.problem is not None or tensor not in editable(list(self._trace.tensors())):
            return False
        shape = self._trace.tensor(tensor).value.shape
        return all(len(i) == len(shape) and all(a < n for a, n in zip(i, shape, strict=True)) for i in cells)

    def _change(self, edits: Edits) -> None:
        self._trace = self._call.trace(edits)
        self._edits = {name: dict(cells) for name, cells in edits.items()}
        if self._widget is not None:
            self._widget.flow = self._flow()
