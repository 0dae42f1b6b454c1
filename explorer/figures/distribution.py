"""How the values of a tensor are distributed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

BLUE, ORANGE, GREY = "#3b6fb6", "#d9772b", "#8a8f98"
MAX_BINS = 40
_LARGEST = float(np.finfo("float64").max)


def histogram(values: np.ndarray, words: Mapping[str, str]) -> go.Figure:
    """A histogram with one bin edge at zero, so that no bar mixes negative and positive values.

    Args:
        values: any shape; what is not finite is left out.
        words: "value" and "cells" in the reader's language, for the axes.
    """
    flat = np.asarray(values, "float64").ravel()
    finite = flat[np.isfinite(flat)]
    counts, edges = np.histogram(finite, bins=_edges(finite))
    centres = edges[:-1] / 2 + edges[1:] / 2
    colours = [ORANGE if right <= 0 else BLUE for right in edges[1:]]
    figure = go.Figure(
        go.Bar(
            x=centres,
            y=counts,
            width=np.diff(edges),
            marker={"color": colours, "line": {"width": 0}},
            customdata=np.stack([edges[:-1], edges[1:]], axis=-1),
            hovertemplate="%{customdata[0]:.4g} … %{customdata[1]:.4g}<br>%{y}<extra></extra>",
        )
    )
    return _quiet(figure, words["value"], words["cells"])


def _edges(values: np.ndarray) -> np.ndarray:
    if values.size == 0:
        return np.array([-1.0, 0.0, 1.0])
    low, high = float(values.min()), float(values.max())
    if low == high:
        width = abs(low) * 0.1 or 0.5
        return np.clip([low - width, low + width], -_LARGEST, _LARGEST)
    bins = int(np.clip(np.sqrt(values.size) * 2, 8, MAX_BINS))
    width = high / bins - low / bins
    if low >= 0 or high <= 0:
        return np.linspace(low, high, bins + 1)
    if width == 0 or max(high, -low) > _LARGEST / 2:  # too near to each other, or too far away, to be divided
        return np.array([low, 0.0, high])
    edges = np.arange(min(np.floor(low / width), -1), max(np.ceil(high / width), 1) + 1) * width
    edges[0], edges[-1] = min(edges[0], low), max(edges[-1], high)  # a rounded edge may not lose the extremes
    return np.asarray(edges)


def _quiet(figure: go.Figure, x: str, y: str) -> go.Figure:
    figure.update_layout(
        height=220,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        bargap=0.04,
        showlegend=False,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )
    figure.update_xaxes(title=x, zeroline=True, zerolinecolor=GREY)
    figure.update_yaxes(title=y, rangemode="tozero")
    return figure
