"""A trace, a report of the doctor and a trail as HTML, for the end of a notebook's cell. Every text is escaped."""

from __future__ import annotations

import html
import math
import secrets
from collections.abc import Iterable, Sequence

import numpy as np

from explorer.i18n.translator import Translator, translator
from explorer.model.dependence import Trail, cell_text
from explorer.model.report import OUTCOME_LABELS, Finding, Report
from explorer.model.trace import Trace
from explorer.notebook.html import Copy, fragment, summary
from explorer.notebook.message import accounts_message, flow_message

QUIET = ("passed", "not applicable")
"""Outcomes that are only counted."""
MOST_CELLS = 400
"""A tensor with more cells is counted, not printed."""
MARK = "122, 59, 214"
"""The violet of what counts for a cell."""


def drawn(value: object, language: str = "en") -> str:
    """A value as HTML.

    Args:
        value: a trace, a report or a trail.
        language: "en" or "ko".
    Raises:
        TypeError: if it is none of them.
    """
    t = translator(language)
    if isinstance(value, Trace):
        return _trace(value, t)
    if isinstance(value, Report):
        return _report(value, t)
    if isinstance(value, Trail):
        return _trail(value, t)
    raise TypeError(f"Expected a Trace, a Report or a Trail. Received: {type(value).__name__}")


def _trace(trace: Trace, t: Translator) -> str:
    """The flow without its tape: it steps and shows every number, and none can be changed."""
    identity = secrets.token_hex(16)
    said = {"notebook.touched": t("explorer.show(layer, *inputs) tells how a number came about, and lets you drag it.")}
    try:
        flow = flow_message(trace, identity, t, alone=True, fixed=True, words=said)
        return fragment(Copy(trace, identity, flow, accounts=accounts_message(trace, t)), wait=0)
    except FileNotFoundError as missing:
        return f"<p>{_safe(summary(trace))}</p><p>{_safe(str(missing))}</p>"


def _report(report: Report, t: Translator) -> str:
    """What was found, the gravest first; what is well is counted."""
    counts = ", ".join(f"{t(OUTCOME_LABELS[outcome])}: {count}" for outcome, count in report.counts().items() if count)
    rows = "".join(
        _finding(finding, report.waiting(finding), t) for finding in report.ordered if finding.outcome not in QUIET
    )
    first = f"<p>{_safe(t('Look at this first'))}:</p>" if len(report.told) > 1 else ""
    stopped = f"<p>{_safe(t.message(report.stopped))}</p>" if report.stopped else ""
    head = f"<p><b>{_safe(report.layer)}</b> · {_safe(', '.join(report.inputs))} · {_safe(counts)}</p>"
    return f'<div class="layer-explorer-report">{head}{stopped}{first}{rows}</div>'


def _finding(finding: Finding, waiting: Sequence[Finding], t: Translator) -> str:
    """One finding, folded but for its title and what was seen."""
    lines = [(t("What was tried"), t.message(finding.tried)), (t("Expected"), t.message(finding.expected))]
    lines += [(t("Why it matters"), t.message(finding.why))]
    lines += [(t("Line"), str(finding.place))] if finding.place else []
    lines += [(t("How to fix it"), t.message(finding.fix.what))] if finding.fix else []
    names = ", ".join(t.message(one.title) for one in waiting)
    lines += [(t("Checks that wait for this one: {count}", count=len(waiting)), names)]
    told = "".join(f"<p><b>{_safe(label)}</b>: {_safe(text)}</p>" for label, text in lines if text)
    title = f"<b>{_safe(t(OUTCOME_LABELS[finding.outcome]))}</b> · {_safe(t.message(finding.title))}"
    return f"<details><summary>{title}<br>{_safe(t.message(finding.seen))}</summary>{told}</details>"


def _trail(trail: Trail, t: Translator) -> str:
    """Every tensor that was reached, its cells the stronger the more they count."""
    head = f"<p><b>{_safe(cell_text(trail.tensor_id, trail.index))}</b> = {_safe(str(trail.value))}</p>"
    notes = "".join(f"<p>{_safe(t.message(note))}</p>" for note in trail.notes)
    tables = "".join(_table(name, array, t) for name, array in trail.cells.items())
    return f'<div class="layer-explorer-trail">{head}{notes}{tables}</div>'


def _table(name: str, array: np.ndarray, t: Translator) -> str:
    """The cells of one tensor, folded where no reader names it."""
    numbers = np.asarray(array, "float64")
    count = int(np.count_nonzero(numbers))
    told = t("{count} of {total} cells count", count=count, total=numbers.size)
    head = f"<summary><code>{_safe(name)}</code> {_safe(str(numbers.shape))} · {_safe(told)}</summary>"
    opened = " open" if count and not name.startswith(("step:", "other:")) else ""
    cells = _rows(numbers) if 0 < numbers.size <= MOST_CELLS else ""
    return f"<details{opened}>{head}{cells}</details>"


def _rows(numbers: np.ndarray) -> str:
    grid = numbers.reshape(-1, numbers.shape[-1]) if numbers.ndim else numbers.reshape(1, 1)
    finite = np.abs(grid[np.isfinite(grid)])
    largest = float(finite.max()) if finite.size and finite.max() else 1.0
    return f"<table>{''.join(f'<tr>{_cells(row, largest)}</tr>' for row in grid)}</table>"


def _cells(row: Iterable[float], largest: float) -> str:
    style = "text-align: right; padding: 2px 8px; background: rgba({}, {})"
    return "".join(f'<td style="{style.format(MARK, _strength(x, largest))}">{x:.4g}</td>' for x in row)


def _strength(number: float, largest: float) -> str:
    return f"{0.5 * min(1.0, abs(number) / largest):.2f}" if math.isfinite(number) else "0.50"


def _safe(text: str) -> str:
    return html.escape(text)
