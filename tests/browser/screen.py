"""What a test does and reads on the page: fields, cells, displayed numbers, messages, the link."""

from __future__ import annotations

import json
import re
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
from playwright.sync_api import Locator, Page, WebSocket
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.chromium import paste

PATIENCE = 60_000
"""Milliseconds that a run of the page may take; TensorFlow may still be starting."""

LOST = 10.0
"""Seconds after which a press that began nothing is taken for lost: a page may replace a button as it is pressed."""

_IDLE = """() => document.querySelector("[data-testid=stApp]")?.dataset.testScriptState === 'notRunning'"""
_DRAWN = """async () => {
  const moving = document.getAnimations()
    .filter(({ playState, effect }) => playState === "running" && effect?.getComputedTiming().endTime < 2000)
  await Promise.all(moving.map(({ finished }) => finished.catch(() => {})))  // a click on what moves may be lost
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 30))))
}"""
_PAINTED = """() => {
  const find = (root) => root.querySelector("[data-testid=flow][data-painted]")
    ?? [...root.querySelectorAll("*")].flatMap((node) => node.shadowRoot ?? []).map(find).find(Boolean)
  return Boolean(find(document))
}"""
_TELL_VIOLATIONS = """addEventListener("securitypolicyviolation", (event) =>
  console.error("Content-Security-Policy", event.effectiveDirective, event.blockedURI, event.sourceFile))"""
_LISTEN_TO_INK = """{
  const pen = CanvasRenderingContext2D.prototype
  const { fillText, clearRect } = pen
  pen.clearRect = function (...box) {
    this.canvas.inked = []
    return clearRect.apply(this, box)
  }
  pen.fillText = function (text, x, y, ...more) {
    const place = this.getTransform().transformPoint({ x, y })
    const size = parseFloat(this.font.match(/([\\d.]+)px/)?.[1] ?? "0")
    const part = { center: 0.5, right: 1, end: 1 }[this.textAlign] ?? 0
    const width = this.measureText(text).width
    ;(this.canvas.inked ??= []).push({ text, x: place.x, y: place.y, size, width, part })
    return fillText.call(this, text, x, y, ...more)
  }
}"""
_INKED = """(flow) => {
  const canvas = flow.querySelector(".board canvas")
  const box = canvas.getBoundingClientRect()
  const ratio = canvas.width / box.width
  return (canvas.inked ?? []).map(({ text, x, y, size, width, part }) =>
    ({ text, x: box.x + x / ratio, y: box.y + y / ratio, size, width, left: box.x + x / ratio - part * width }))
}"""
_KEYS = (
    """() => [...document.querySelectorAll("[class*=st-key-]")].map((box) => box.className.match(/st-key-(\\S+)/)[1])"""
)
_READ_TABLES = """(card) => [...card.querySelectorAll(".table table")].map((table) =>
  [...table.querySelectorAll("tbody tr")].map((row) =>
    [...row.querySelectorAll("td")].map((cell) => cell.textContent)))"""


@dataclass(frozen=True)
class Server:
    """The running app.

    Attributes:
        address: where it answers.
        pid: the web process.
        log: its output.
    """

    address: str
    pid: int
    log: Path


class Screen:
    """One visitor's page."""

    def __init__(self, page: Page, server: Server) -> None:
        self.page = page
        self.root = page.locator("body")
        self.server = server
        self.errors: list[str] = []
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.console: list[str] = []
        page.on("console", lambda message: self._hear(message.text))
        page.on("requestfailed", lambda request: self.console.append(f"{request.url}: {request.failure}"))
        page.add_init_script(_TELL_VIOLATIONS)
        page.add_init_script(_LISTEN_TO_INK)
        self.begun, self.running = 0, False
        self.socket: WebSocket | None = None
        self.received = self.largest = 0
        page.on("websocket", self._connected)

    def _hear(self, text: str) -> None:
        """Note what the browser tells. Of the page's Content-Security-Policy: what the page needs, it must allow."""
        self.console.append(text)
        if "Content-Security-Policy" in text:
            self.errors.append(text)

    # -- going places
    def open(self, experiment: Mapping[str, Any] | None = None, page: str = "explore", **query: str) -> Screen:
        """Open a page with a link of an experiment and a look."""
        parts = {name: v if isinstance(v, str) else json.dumps(v) for name, v in (experiment or {}).items()}
        return self.go(f"{self.server.address}/{page}?{urlencode({**parts, **query})}")

    def go(self, address: str) -> Screen:
        """Open an address and wait until it is drawn."""
        self._disconnect()
        with self.change():
            self.page.goto(address)
        return self

    def reload(self) -> None:
        """Load the page again and wait until it is drawn."""
        self._disconnect()
        with self.change():
            self.page.reload()

    def _disconnect(self) -> None:
        """From here on nothing counts that the page which is left still runs."""
        self.socket, self.running = None, False

    def _connected(self, socket: WebSocket) -> None:
        self.socket, self.running = socket, False
        socket.on("framereceived", lambda frame: self._listen(socket, frame))

    def _listen(self, socket: WebSocket, frame: str | bytes) -> None:
        """Count the script's runs, as the server tells: a quick one may not be seen in the page at all."""
        if isinstance(frame, bytes) and socket is self.socket:
            self.received += len(frame)
            self.largest = max(self.largest, len(frame))
            message = ForwardMsg.FromString(frame)
            if message.WhichOneof("type") == "new_session":
                self.begun, self.running = self.begun + 1, True
            elif message.WhichOneof("type") == "script_finished":
                self.running = message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN  # another one follows

    def settle(self, begun: int = 1) -> None:
        """Wait until the page's script has begun as often as given, has ended, and what it sent is drawn."""
        deadline = time.monotonic() + PATIENCE / 1000
        while True:
            while self.running or self.begun < begun:
                if time.monotonic() > deadline:
                    state = self.page.locator("[data-testid=stApp]").get_attribute("data-test-script-state")
                    now = "runs" if self.running else "has ended"
                    raise AssertionError(f"The script began {self.begun} times, not {begun}; it {now}: {state}")
                self.page.wait_for_timeout(15)
            self.page.wait_for_function(_IDLE)
            self.page.evaluate(_DRAWN)
            if self.page.evaluate(_IDLE) and not self.running:  # no further run began in the meantime
                return

    def painted(self) -> Screen:
        """Wait for the flow."""
        self.page.wait_for_function(_PAINTED)
        return self

    @contextmanager
    def change(self) -> Iterator[None]:
        """What is done inside makes the page's script run; afterwards that run has ended."""
        before = self.begun
        yield
        self.settle(before + 1)

    # -- controls
    def control(self, key: str) -> Locator:
        """The element with a Streamlit key."""
        return self.page.locator(".st-key-" + "".join(c if c.isalnum() or c in "_-" else "-" for c in key))

    def type(self, key: str, text: str) -> None:
        """Type into a field and leave it."""
        field = self.control(key).locator("input, textarea").first
        field.fill(text)
        with self.change():
            field.press("Control+Enter" if field.evaluate("field => field.tagName") == "TEXTAREA" else "Enter")

    def typed(self, key: str) -> str:
        """What stands in a field."""
        return self.control(key).locator("input, textarea").first.input_value()

    def choose(self, key: str, option: str) -> None:
        """Choose from a list."""
        field = self.control(key).locator("input").first
        field.click()
        field.fill(option)  # long lists draw only what is found
        with self.change():
            self.page.get_by_role("option", name=option, exact=True).click()

    def press(self, key: str) -> None:
        """Press a button: once more, and with a warning, if nothing begins."""
        begun, button = self.begun, self.control(key).locator("button").first
        with self.change():
            button.click()
            until = time.monotonic() + LOST
            while self.begun == begun and time.monotonic() < until:
                self.page.wait_for_timeout(15)
            if self.begun == begun:
                warnings.warn(f"A press of {key} was lost.", stacklevel=2)
                button.click()

    def paste(self, code: str) -> None:
        """Paste a text over all that stands in the code editor."""
        paste(self.control("editor").locator(".cm-content"), code)

    def run_code(self, code: str) -> None:
        """Paste code and run it with the keys."""
        self.paste(code)
        with self.change():
            self.control("editor").locator(".cm-content").press("Control+Enter")

    @property
    def code(self) -> str:
        """What stands in the code editor."""
        lines = self.control("editor").locator(".cm-line")
        lines.first.wait_for()
        return "\n".join(lines.all_inner_texts()).replace("\u200b", "")

    def tab(self, title: str) -> None:
        """Open a panel below the flow, in whichever group it is."""
        panel = self.page.locator("[class*=st-key-panels_]").get_by_role("radio", name=title, exact=True)
        groups = self.control("panel_groups").get_by_role("radio").all()
        for group in groups:
            if panel.count():
                break
            if not group.is_checked():
                with self.change():
                    group.click()
        if not panel.is_checked():
            with self.change():
                panel.click()

    def tabs(self) -> list[str]:
        """The titles of all panels."""
        titles = []
        for group in self.control("panel_groups").get_by_role("radio").all():
            if not group.is_checked():
                with self.change():
                    group.click()
            titles += self.page.locator("[class*=st-key-panels_]").get_by_role("radio").all_inner_texts()
        return titles

    # -- the flow, and the tensor that is opened large in it
    @property
    def flow(self) -> Locator:
        """The flow of the call."""
        return self.root.locator("[data-testid=flow]")

    def inked(self) -> list[dict[str, Any]]:
        """The texts that the flow's canvas shows now, each with its place in the window and its size in pixels."""
        self.page.evaluate(_DRAWN)
        found: list[dict[str, Any]] = self.flow.evaluate(_INKED)
        return found

    def open_lens(self) -> Locator:
        """Open the place where one tensor is shown large, beside the names of all."""
        lens = self.root.locator("[data-testid=lens]")
        if not lens.is_visible():
            self.flow.locator("[data-does=lens]").click()
            lens.wait_for()
        return lens

    def card(self, tensor: str) -> Locator:
        """The card of a tensor, which is opened large for it."""
        lens = self.open_lens()
        card = lens.locator(f'article[data-tensor="{tensor}"]')
        if not card.count() or not card.is_visible():
            lens.locator(f'[data-open="{tensor}"]').click()
            card.wait_for()
            self.page.evaluate(_DRAWN)
        return card

    def named(self, name: str) -> str:
        """The id of the tensor with a name: the first in the trace's order."""
        names = (
            self.open_lens()
            .locator("[data-open]")
            .filter(has=self.page.locator("b").filter(has_text=re.compile(f"^{re.escape(name)}$")))
        )
        return str(names.first.get_attribute("data-open"))

    def tensors(self) -> list[str]:
        """The ids of the tensors that can be opened, in their order."""
        return [str(name.get_attribute("data-open")) for name in self.open_lens().locator("[data-open]").all()]

    def shape(self, tensor: str) -> tuple[int, ...]:
        """The shape that is written above a tensor."""
        text = self.card(tensor).get_attribute("data-shape") or ""
        return tuple(int(size) for size in text.split(",")) if text else ()

    def dtype(self, tensor: str) -> str:
        """The dtype that is written above a tensor."""
        return self.card(tensor).locator(".shape").inner_text().split()[-1]

    def texts(self, tensor: str) -> np.ndarray:
        """The numbers of a tensor as its table prints them. Every slice is read."""
        card = self.card(tensor)
        button = card.locator("[data-tool=table]")
        if button.get_attribute("aria-pressed") != "true":
            button.click()
        shape = self.shape(tensor)
        axes = {name: self._axis(card, name) for name in ("rows", "columns", "facets")}
        if len(shape) <= 2:
            return np.array(card.evaluate(_READ_TABLES)[0]).reshape(shape)
        cells = np.full(shape, None, dtype=object)
        sliders = card.locator("input[type=range]").all()
        self._read_slices(card, cells, axes, sliders, {})
        assert all(cell is not None for cell in cells.ravel()), f"{tensor}: the table leaves cells out"
        return cells.astype(str)

    @property
    def stale(self) -> bool:
        """Whether the flow is marked as the last good one."""
        return self.page.locator(".flow.stale").count() == 1

    def _axis(self, card: Locator, part: str) -> int:
        select = card.locator(f"select[data-part={part}]")
        return int(select.input_value()) if select.count() else -1

    def _read_slices(
        self, card: Locator, cells: np.ndarray, axes: dict[str, int], sliders: Sequence[Locator], at: dict[int, int]
    ) -> None:
        if sliders:
            axis = int(str(sliders[0].get_attribute("data-part")).removeprefix("slider-"))
            for position in range(cells.shape[axis]):
                sliders[0].fill(str(position))
                self._read_slices(card, cells, axes, sliders[1:], {**at, axis: position})
            return
        for facet, table in enumerate(card.evaluate(_READ_TABLES)):
            place = {**at, axes["facets"]: facet}
            index = tuple(
                slice(None) if axis in (axes["rows"], axes["columns"]) else place.get(axis, 0)
                for axis in range(cells.ndim)
            )
            found = np.array(table, dtype=object)
            cells[index] = found if axes["rows"] < axes["columns"] else found.T

    def numbers(self, tensor: str) -> np.ndarray:
        """The displayed numbers of a tensor, in its dtype."""
        texts, dtype = self.texts(tensor), self.dtype(tensor)
        return texts == "True" if dtype == "bool" else texts.astype("float64").astype(dtype)

    def point_at(self, tensor: str, row: int, column: int, facet: int = 0) -> str:
        """Move the keyboard's cursor to a cell; gives what the readout says."""
        overlay = self.card(tensor).locator("canvas.overlay")
        overlay.focus()
        for key in ["Control+Home", *["PageUp"] * 8, *["PageDown"] * facet]:
            overlay.press(key)
        for _ in range(row):
            overlay.press("ArrowDown")
        for _ in range(column):
            overlay.press("ArrowRight")
        self.page.evaluate(_DRAWN)
        return self.card(tensor).locator("[data-readout] .value").inner_text()

    def field(self, tensor: str, row: int, column: int) -> Locator:
        """The field on a cell of a tensor, opened with the keyboard."""
        self.point_at(tensor, row, column)
        self.card(tensor).locator("canvas.overlay").press("F2")
        return self.card(tensor).locator("input.edit")

    def edit(self, tensor: str, row: int, column: int, text: str) -> None:
        """Set a cell of a tensor with the keyboard."""
        field = self.field(tensor, row, column)
        field.fill(text)
        with self.change():
            field.press("Enter")

    # -- the touched cell
    def touch(self, tensor: str, *index: int) -> None:
        """Touch a cell with the keyboard, and wait for the answer."""
        card = self.card(tensor)
        row, column, facet = (0, 0, *index)[-2], (0, 0, *index)[-1], 0
        if len(index) > 2:
            row, column = index[self._axis(card, "rows")], index[self._axis(card, "columns")]
            facet = index[self._axis(card, "facets")] if self._axis(card, "facets") >= 0 else 0
        for slider in card.locator("input[type=range]").all():
            axis = int(str(slider.get_attribute("data-part")).removeprefix("slider-"))
            slider.fill(str(index[axis]))
        self.point_at(tensor, row, column, facet)
        with self.change():
            card.locator("canvas.overlay").press("Enter")

    @property
    def sum(self) -> Locator:
        """The arithmetic of the touched cell."""
        return self.root.locator("[data-testid=arithmetic]:not([hidden])")

    def ask(self, way: str) -> None:
        """Ask for another trail of the touched cell: "made", "could" or "moves"."""
        with self.change():
            self.sum.locator(f"[data-way={way}]").click()

    def trail(self, tensor: str) -> np.ndarray:
        """How strongly each cell of a tensor counts for the touched one, as its table tells."""
        self.texts(tensor)
        marks = """(card) => [...card.querySelectorAll(".table table")].map((table) =>
          [...table.querySelectorAll("tbody tr")].map((row) =>
            [...row.querySelectorAll("td")].map((cell) => cell.className ? Number(cell.dataset.counts ?? 0) : NaN)))"""
        return np.array(self.card(tensor).evaluate(marks)).reshape(self.shape(tensor))

    def terms(self) -> list[list[str]]:
        """The lines of the written sum: factors, then what they come to."""
        read = """(sum) => [...sum.querySelectorAll("tbody tr")].map((row) => [
          ...[...row.querySelectorAll(".number span")].map((span) => span.textContent).filter(Boolean),
          row.querySelector(".term").textContent])"""
        return list(self.sum.evaluate(read))

    # -- messages
    @property
    def link(self) -> str:
        """The address of the page."""
        return self.page.url

    def problems(self) -> list[str]:
        """The messages in problem boxes."""
        return [box.inner_text() for box in self.page.locator("[class*=st-key-problem_] [data-testid=stAlert]").all()]

    def mark(self) -> str:
        """The mark beside the heading: what the check against NumPy found."""
        badges = self.control("heading").locator("[data-testid=stMarkdownContainer]").all()
        words = badges[-1].inner_text().split() if badges else []
        return " ".join(words[1:])  # the first is the icon's name

    @property
    def alive(self) -> bool:
        """Whether the page shows no failure of the app itself."""
        return self.page.locator("[data-testid=stException], .st-key-page_failed").count() == 0

    def report(self) -> str:
        """For the report of a failed test: what the page shows, and what the browser and the server have said."""
        if self.page.is_closed():
            return "The page is closed."
        state = self.page.locator("[data-testid=stApp]").get_attribute("data-test-script-state", timeout=1000)
        keys = self.page.evaluate(_KEYS)
        parts = {
            "address": self.page.url[:300],
            "script": f"{state}, begun {self.begun} times, {'runs' if self.running else 'has ended'}",
            "keys": " ".join(keys),
            "alerts": "\n".join(self.page.get_by_role("alert").all_inner_texts()),
            "text": self.page.locator("body").inner_text(timeout=1000),
            "browser": "\n".join(self.console[-30:]),
            "server": self.server.log.read_text(errors="replace")[-3000:],
        }
        return "\n".join(f"-- {name}\n{text}" for name, text in parts.items())
