"""Change a parameter -> the new picture is painted, in Chromium, against a trivial rerun and against the plain app.

All apps are open at once and take turns, so that whatever else the machine does falls on all of them. The number goes
up five times, then another field changes (unmeasured), then it goes down five times: no answer comes from a cache.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

from playwright.sync_api import Page

from benchmarks.chromium import chromium, step, visit
from benchmarks.figure import Figure, Goal, measure
from benchmarks.server import APPS, EXPLORER, running
from benchmarks.statistic import median, milliseconds

REPEATS = 30
RUN = 5
"""How often the number goes one way before it turns."""
WARM_UP = 3
PAUSE = 200
"""Milliseconds between two changes: a hand is not faster."""

TRIVIAL_LINEAR = Goal("change a parameter → painted: Linear, against a trivial rerun", 2.5, "x")
TRIVIAL_CENTER = Goal("change a parameter → painted: CenterZero, against a trivial rerun", 2.5, "x")
PLAIN = Goal("change a parameter → painted: Linear, against the plain app", 5, "x", at_least=True)
FROZEN = Goal("change a parameter → painted: Linear, against the plain app with a frozen heap", 2, "x", at_least=True)


@dataclass
class Contestant:
    """A page whose number is changed.

    Attributes:
        page: where.
        kind: what the stopwatch waits for.
        key: the number's widget.
        start: its first value.
        shape: the output's shape, with `{}` for the number; empty where the picture does not tell.
        other: the widget that changes between two runs of the number.
    """

    page: Page
    kind: str
    key: str
    start: int
    shape: str = ""
    other: str = "seed"
    turns: int = 0
    at: int = 0
    marks: list[dict[str, float]] = field(default_factory=list)
    """Of each change: milliseconds until it was sent, and until the last message came before it was shown."""

    def step(self, up: bool) -> float:
        """Change the number by one; milliseconds until that is painted."""
        self.at += 1 if up else -1
        return self._press(self.key, up)

    def turn(self) -> None:
        """Change the other field by one."""
        self.turns += 1
        self._press(self.other, up=True)

    def timeline(self) -> str:
        """When the change was sent, and when the last message came before it was shown, in words."""
        sent, received = (median([one[mark] for one in self.marks]) for mark in ("sent", "received"))
        return f": sent after {sent:.0f}, last message after {received:.0f}"

    def _press(self, field: str, up: bool) -> float:
        number = self.start + self.at
        text = f"{number} {self.turns}" if self.kind == "plots" else f"shown {number} {self.turns}"
        elapsed = step(self.page, self.kind, field, up, shape=self.shape.format(number), count=3, text=text)
        self.marks.append(self.page.evaluate("() => ({...window.stopwatch.marks})"))
        self.page.wait_for_timeout(PAUSE)
        return elapsed


def race(contestants: dict[str, Contestant], repeats: int, warm_up: int = WARM_UP) -> dict[str, list[float]]:
    """Let them take turns; the milliseconds of each."""
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(warm_up + repeats):
        run, place = divmod(turn, RUN)
        for name, contestant in contestants.items():
            contestant.page.bring_to_front()
            if place == 0 and run:
                contestant.turn()
            elapsed = contestant.step(up=run % 2 == 0)
            if turn >= warm_up:
                times[name].append(elapsed)
    return times


def run() -> Iterator[Figure]:
    """Race them."""
    with ExitStack() as stack:
        explorer = stack.enter_context(running(EXPLORER))
        trivial = stack.enter_context(running(APPS / "trivial.py"))
        plain = stack.enter_context(running(APPS / "plain.py", default_settings=True))
        frozen = stack.enter_context(running(APPS / "plain_frozen.py", default_settings=True))
        browser = stack.enter_context(chromium())

        def explore(layer: str) -> Page:
            page = visit(browser, f"{explorer.address}/explore?layer={layer}", "[data-testid=flow][data-painted]")
            page.wait_for_timeout(500)
            return page

        plots = ".heatmaplayer image"
        linear = Contestant(explore("linear"), "stage", "p_linear_units", 4, "2,{}")
        center = Contestant(explore("center_zero"), "stage", "p_center_zero_height", 2, other="p_center_zero_width")
        text = Contestant(visit(browser, trivial.address, "[data-testid=stText]"), "text", "units", 4)
        slow = Contestant(visit(browser, plain.address, plots), "plots", "units", 4)
        less_slow = Contestant(visit(browser, frozen.address, plots), "plots", "units", 4)
        times = race({"linear": linear, "trivial": text, "plain": slow, "frozen": less_slow, "center": center}, REPEATS)
    yield from figures(times, {"linear": linear.timeline(), "trivial": text.timeline()})


def figures(times: dict[str, list[float]], timelines: dict[str, str]) -> Iterator[Figure]:
    """The figures that follow from the milliseconds of each contestant."""
    words = {name: milliseconds(values) + timelines.get(name, "") for name, values in times.items()}
    middle = {name: median(values) for name, values in times.items()}
    against_trivial = f"trivial rerun {words['trivial']}"
    yield Figure(TRIVIAL_LINEAR, middle["linear"] / middle["trivial"], words["linear"], against_trivial)
    yield Figure(TRIVIAL_CENTER, middle["center"] / middle["trivial"], words["center"], against_trivial)
    yield Figure(PLAIN, middle["plain"] / middle["linear"], words["linear"], f"plain app {words['plain']}")
    yield Figure(FROZEN, middle["frozen"] / middle["linear"], words["linear"], f"plain app, frozen {words['frozen']}")


measure("change", 10, (TRIVIAL_LINEAR, TRIVIAL_CENTER, PLAIN, FROZEN), run)
