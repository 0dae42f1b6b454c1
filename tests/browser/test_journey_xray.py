"""The X-ray: step through a call and read the numbers that stand beside the code."""

from __future__ import annotations

import re

import numpy as np
from playwright.sync_api import Locator, expect
from screen import Screen

ATTENTION = {"layer": "attention", "inputs": [{"kind": "normal", "shape": [2, 5, 3]}]}
_SHOWN = "(x) => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 20))))"
_STEP_ALONG = """async (root) => {
  const places = []
  for (let step = 0; step < 7; step++) {
    root.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true, cancelable: true }))
    await new Promise((done) => requestAnimationFrame(done))
    places.push(root.dataset.place)
  }
  return places
}"""
_READ = """(card) => [...card.querySelectorAll(".table table")].map((table) =>
  [...table.querySelectorAll("tbody tr")].map((row) =>
    [...row.querySelectorAll("td")].map((cell) => cell.textContent)))"""


class XRay:
    """What a reader does and reads in the X-ray."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.root = screen.page.locator("[data-testid=xray]")
        self.root.locator(".expression").wait_for()

    @property
    def place(self) -> str:
        self.root.evaluate(_SHOWN)
        return str(self.root.get_attribute("data-place"))

    @property
    def expression(self) -> str:
        self.root.evaluate(_SHOWN)
        return self.root.locator(".expression").inner_text()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.screen.page.keyboard.press(key)

    def focus(self) -> None:
        self.root.locator(".code").focus()

    def card(self, name: str, kind: str) -> Locator:
        """The card of a tensor by its heading, among what the step was given or what it gave."""
        self.root.evaluate(_SHOWN)
        heading = self.root.page.locator("h3").filter(has_text=re.compile(f"^{re.escape(name)}$"))
        return self.root.locator(f".slot.{kind} article:not([hidden])").filter(has=heading)

    def numbers(self, name: str, kind: str = "result") -> np.ndarray:
        """The displayed numbers of a tensor; slices side by side become the first axis."""
        card = self.card(name, kind)
        button = card.locator("[data-tool=table]")
        if button.get_attribute("aria-pressed") != "true":
            button.focus()  # the tools appear with the pointer or the focus
            button.press("Enter")
        found = np.array(card.evaluate(_READ)).astype("float32")
        button.press("Enter")
        return found[0] if len(found) == 1 else found


def test_attention_step_by_step_shows_the_numbers_of_each_line(screen: Screen) -> None:
    screen.open(ATTENTION, panel="xray").painted()
    x, output = screen.numbers("input:0"), screen.numbers("output:0")
    xray = XRay(screen)
    assert xray.place == "0:0"
    while "softmax" not in xray.expression:
        xray.root.locator("[data-move=next]").click()
    assert xray.expression == "alpha = keras.ops.softmax(scores, axis=-1)"
    scores, alpha = xray.numbers("scores", "operand"), xray.numbers("alpha")
    np.testing.assert_allclose(alpha.sum(-1), 1, atol=1e-6)
    np.testing.assert_allclose(alpha, np.exp(scores) / np.exp(scores).sum(-1, keepdims=True), rtol=1e-5)
    assert xray.root.locator(".line.here code").inner_text().strip().startswith("alpha = ")
    assert xray.root.locator(".line.here .tag").inner_text() == "alpha 2×5"

    xray.root.locator("[data-move=last]").click()
    context = xray.numbers("returned")
    np.testing.assert_array_equal(context, output)  # the context is what the picture shows
    np.testing.assert_allclose(context, (x * alpha[..., None]).sum(1), rtol=1e-5, atol=1e-6)


def test_stepping_asks_the_server_for_nothing_until_the_reader_rests(screen: Screen) -> None:
    screen.open(ATTENTION, panel="xray").painted()
    xray = XRay(screen)
    runs = screen.runs
    places = xray.root.evaluate(_STEP_ALONG)
    assert places == [f"0:{step}" for step in range(1, 8)]
    assert screen.runs == runs
    with screen.change():  # a second later the link follows
        pass
    assert "at=0%3A7" in screen.link


def test_a_click_on_a_line_an_expression_or_a_small_picture_leads_there(screen: Screen) -> None:
    screen.open(ATTENTION, panel="xray").painted()
    xray = XRay(screen)
    line = xray.root.locator(".line").filter(has_text=re.compile(r"scores = keras\.ops\.squeeze"))
    line.locator(".at").click()
    assert xray.expression.startswith("scores = ")
    line.locator("code span").filter(has_text="tanh").first.click()
    assert xray.expression == "keras.ops.tanh(projected)"
    xray.root.locator(".thumb", has_text="weighted").click()
    assert xray.expression.startswith("weighted = ")
    assert xray.root.locator(".thumb.now b").inner_text() == "weighted"


def test_pointing_lights_the_expression_and_its_tensor(screen: Screen) -> None:
    screen.open(ATTENTION, panel="xray", at="0:4").painted()
    xray = XRay(screen)
    assert xray.expression.startswith("alpha = ")  # the link leads to the step
    xray.card("scores", "operand").hover(position={"x": 40, "y": 20})
    lit = "".join(xray.root.locator("code .lit").all_inner_texts())
    assert lit == "scores"
    line = xray.root.locator(".line").filter(has_text=re.compile(r"scores = keras\.ops\.squeeze"))
    line.locator("code [data-site]").first.hover()
    expect(xray.root.locator(".slot.operand.lit h3")).to_have_text("scores")


def test_into_a_sub_layer_and_out_again(screen: Screen) -> None:
    screen.open({"layer": "layer_stack"}, panel="xray").painted()
    kernels = {name: screen.numbers(name) for name in screen.tensors() if name.endswith("kernel")}
    xray = XRay(screen)
    assert xray.root.locator(".crumbs").inner_text() == "LayerStack.call"
    while not xray.root.locator(".call.into").count():
        xray.root.locator("[data-move=next]").click()
        xray.root.evaluate(_SHOWN)
    outside = xray.place
    xray.root.locator(".call.into").click()
    assert xray.place.startswith("0.0:0")
    assert "matmul(inputs, self.kernel)" in xray.expression
    given, kernel, made = xray.numbers("inputs", "operand"), xray.numbers("self.kernel", "operand"), xray.numbers("x")
    np.testing.assert_array_equal(kernel, next(iter(kernels.values())))
    np.testing.assert_allclose(made, given @ kernel, rtol=1e-5, atol=1e-6)
    xray.root.locator("[data-part=call-next]").click()  # the same step of the next sub-layer
    assert xray.place == "0.1:0"
    np.testing.assert_array_equal(xray.numbers("self.kernel", "operand"), list(kernels.values())[1])
    xray.root.locator("[data-part=call-previous]").click()
    xray.root.locator("[data-part=out]").click()
    assert xray.place == outside


def test_keys_move_and_leave_the_pictures_their_own(screen: Screen) -> None:
    screen.open({"layer": "layer_stack"}, panel="xray").painted()
    xray = XRay(screen)
    xray.focus()
    xray.press("ArrowRight")
    assert xray.place == "0:1"
    xray.press("ArrowDown", "End")
    assert xray.place.startswith("0.0:") and not xray.place.endswith(":0")
    xray.press("Home")
    assert xray.place == "0.0:0"
    xray.press("ArrowUp")
    assert xray.place == "0:1"
    xray.press("End", "ArrowRight")  # there is nothing after the last step
    last = xray.place
    xray.press("ArrowLeft", "ArrowRight")
    assert xray.place == last
    cells = xray.root.locator(".slot.result article:not([hidden]) canvas.overlay").first
    cells.focus()
    cells.press("Control+Home")
    cells.press("ArrowRight")
    assert xray.place == last
    assert "[0, 1]" in xray.root.locator(".slot.result article:not([hidden]) .where").first.inner_text()


def test_play_runs_to_the_end_and_the_link_keeps_where_the_reader_rests(screen: Screen) -> None:
    screen.open(ATTENTION, panel="xray").painted()
    xray = XRay(screen)
    xray.root.locator("[data-part=speed]").select_option("10")
    xray.root.locator("[data-move=play]").click()
    expect(xray.root).to_have_attribute("data-place", "0:7")
    expect(xray.root.locator("[data-move=play]")).to_have_text("Play")
    screen.page.wait_for_url("**at=0%3A7**")
    assert xray.place == "0:7"


def test_the_step_survives_another_input_and_the_numbers_follow(screen: Screen) -> None:
    screen.open(ATTENTION, panel="xray", at="0:4").painted()
    xray = XRay(screen)
    before = xray.numbers("alpha")
    screen.type("seed", "3")
    assert xray.expression.startswith("alpha = ") and xray.place == "0:4"
    after = xray.numbers("alpha")
    assert before.shape == after.shape and (before != after).any()
    np.testing.assert_allclose(after.sum(-1), 1, atol=1e-6)


def test_every_call_of_an_lstm_can_be_walked(screen: Screen) -> None:
    inputs = [{"kind": "normal", "shape": [2, 5, 4]}]
    layer = {"layer": "keras.layers.LSTM", "params": {"units": 3, "return_sequences": True}, "inputs": inputs}
    screen.open(layer, panel="xray").painted()
    output = screen.numbers("output:0")
    xray = XRay(screen)
    xray.root.locator("[data-part=inside]").check()
    xray.focus()
    xray.press("End")
    xray.root.evaluate(_SHOWN)  # the step is drawn in the next frame
    place = xray.root.locator("output.place").inner_text()
    assert int(place.split()[1]) == int(place.split()[3]) > 100
    np.testing.assert_array_equal(xray.numbers("returned"), output)
