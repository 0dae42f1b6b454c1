"""Series of times as a picture: plotly draws it in a headless Chromium, so that no other program is needed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from benchmarks.chromium import chromium

WIDTH, HEIGHT = 1440, 420
COLOURS = ("#8a93a3", "#1c5fb0")


@dataclass(frozen=True)
class Series:
    """Times over sizes.

    Attributes:
        name: what grows.
        points: each size with the milliseconds of either way.
        ways: what the two are called.
    """

    name: str
    points: Sequence[Sequence[float]]
    ways: tuple[str, str]


def draw(series: Sequence[Series], to: Path) -> None:
    """Draw the series beside each other, on logarithmic axes, into a PNG file."""
    figure = make_subplots(1, len(series), subplot_titles=[one.name for one in series])
    for column, one in enumerate(series, start=1):
        for way, (name, colour) in enumerate(zip(one.ways, COLOURS, strict=True), start=1):
            sizes, times = [point[0] for point in one.points], [point[way] for point in one.points]
            line = go.Scatter(x=sizes, y=times, name=name, line_color=colour, mode="lines+markers", showlegend=False)
            figure.add_trace(line, row=1, col=column)
            end = {"x": math.log10(sizes[-1]), "y": math.log10(times[-1])}
            figure.add_annotation(**end, text=name, font_color=colour, showarrow=False, yshift=12, row=1, col=column)
    figure.update_xaxes(type="log", title_text="n")
    figure.update_yaxes(type="log", title_text="ms")
    figure.update_annotations(font_size=12)
    figure.update_layout(
        width=WIDTH, height=HEIGHT, template="plotly_white", margin={"l": 60, "r": 20, "t": 40, "b": 50}
    )
    to.parent.mkdir(exist_ok=True)
    with chromium() as browser:
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.set_content(figure.to_html(include_plotlyjs=True, config={"displayModeBar": False}))
        page.locator(".js-plotly-plot").screenshot(path=to)
