"""Figures as a Markdown table."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.figure import Figure, Goal

HEADINGS = ("what", "measured", "against", "figure", "goal", "")


def table(figures: Iterable[Figure]) -> str:
    """One row a figure: what, measured, against, the number, its goal, and whether it is reached."""
    rows = [HEADINGS, ("---",) * len(HEADINGS), *(_row(figure) for figure in figures)]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)


def _row(figure: Figure) -> tuple[str, ...]:
    goal = figure.goal
    mark = "pass" if figure.met else "**miss**"
    return goal.what, figure.measured, figure.against or "–", number(figure.value, goal.unit), wanted(goal), mark


def wanted(goal: Goal) -> str:
    """A goal in words: "<= 2.5 x"."""
    return f"{'≥' if goal.at_least else '≤'} {goal.limit:g} {goal.unit}"


def number(value: float, unit: str) -> str:
    """A number with its unit, to the digits that a repeated run would show again."""
    digits = 0 if unit == "messages" else 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
    return f"{value:.{digits}f} {unit}"
