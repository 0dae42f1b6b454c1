"""Every word that a notebook adds to the flow's own, or says in another way, as English msgids."""

from __future__ import annotations

LABELS: dict[str, str] = {
    "live.computing": "Computed in the browser while you drag.",
    "live.computing.cell": "Computed in the browser: {name}{cell} = {value}.",
    "live.refused": "Numbers cannot be computed in the browser. {why}",
    "notebook.alone": "No Python is running here: what was dragged was computed in the browser alone.",
    "notebook.touched": "No Python is running here: the cells that count are outlined, but the sum cannot be written.",
    "notebook.reset": "Take back the changed cells ({count})",
    "notebook.failed": "Python could not compute that: {why}",
}

ALONE: dict[str, str] = {
    "flow.number.hint": "Touch a cell: the cells that count for it are outlined.",
    "flow.number.example": "Touch a cell: the cells that count for it are outlined. The one in violet is an example.",
}
"""Where no Python runs besides the browser."""
