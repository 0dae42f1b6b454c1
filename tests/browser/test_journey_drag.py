"""A number is dragged: everything behind it follows at once, and what was computed here is what TensorFlow gives."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from playwright.sync_api import Page, Route, expect
from screen import Screen
from test_journey_flow import WINDOW, number, written

from benchmarks.chromium import sent_by

ATTENTION = {"layer": "attention", "inputs": [{"kind": "normal", "shape": [1, 5, 3]}]}


def attention(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """The layer's output, in float64."""
    scores = np.tanh(x @ weight + bias)[..., 0]
    alpha = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
    context: np.ndarray = (alpha[..., None] * x).sum(1)
    return context


def come(screen: Screen) -> None:
    """Bring the pointer to the flow, and wait until it is known whether numbers can be computed there."""
    box = screen.flow.bounding_box()
    assert box
    screen.page.mouse.move(box["x"] + 3, box["y"] + 3)
    screen.page.mouse.move(box["x"] + 5, box["y"] + 5)
    expect(screen.flow).to_have_attribute("data-live", re.compile("live|refused"))


def drag(page: Page, place: dict[str, Any], right: int, up: int, steps: int = 6) -> None:
    page.mouse.move(place["x"], place["y"])
    page.mouse.down()
    page.mouse.move(place["x"] + right, place["y"] - up, steps=steps)


def outputs(screen: Screen) -> list[float]:
    """The numbers that the flow shows in its last tensor."""
    inked = [one for one in screen.inked() if re.fullmatch(r"\N{MINUS SIGN}?\d+(\.\d+)?", one["text"])]
    right = max(one["x"] for one in inked)
    line = [one for one in inked if right - one["x"] < 110]
    return [number(one["text"]) for one in sorted(line, key=lambda one: one["x"])]


def test_everything_follows_a_dragged_number_and_one_change_is_sent(screen: Screen) -> None:
    page = screen.page
    page.set_viewport_size(WINDOW)  # type: ignore[arg-type]
    frames = sent_by(page)
    screen.open(ATTENTION).painted()
    x, weight, bias = (screen.numbers(name) for name in ("input:0", "weight:attention_weight", "weight:attention_bias"))
    page.keyboard.press("Escape")
    come(screen)
    before = len(frames)
    place = written(screen, float(x[0, 2, 0]))
    drag(page, place, 0, 30)
    page.wait_for_timeout(100)
    half = outputs(screen)
    page.mouse.move(place["x"], place["y"] - 80, steps=6)
    page.wait_for_timeout(100)
    moved = x.astype("float64")
    moved[0, 2, 0] = in_hand(screen)
    shown = outputs(screen)
    np.testing.assert_allclose(shown, attention(moved, weight, bias)[0], atol=0.00501)
    assert half != shown, "frames on the way are drawn"
    assert len(frames) == before, "nothing is sent while it is dragged"
    with screen.change():
        page.mouse.up()
    assert len(frames) == before + 1, "one change is sent"
    expect(page.locator(".computed")).to_have_text(re.compile(r"\d+ of \d+ numbers that were computed here"))
    moved = screen.numbers("input:0")
    np.testing.assert_allclose(screen.numbers("output:0"), attention(moved, weight, bias), rtol=1e-5)
    assert moved[0, 2, 0] > x[0, 2, 0] and np.array_equal(np.delete(moved.ravel(), 6), np.delete(x.ravel(), 6))
    with screen.change():
        screen.press("undo")
    np.testing.assert_array_equal(screen.numbers("input:0"), x)


def in_hand(screen: Screen) -> float:
    """The number that is being dragged."""
    return float(screen.flow.get_attribute("data-hand") or "nan")


def test_the_touched_cell_s_sum_follows(screen: Screen) -> None:
    page = screen.page
    screen.open({"layer": "keras.layers.Dense", "params": {"units": 2}}).painted()
    x, kernel = screen.numbers("input:0"), screen.numbers("weight:kernel")
    screen.touch("output:0", 0, 1)
    page.keyboard.press("Escape")
    come(screen)
    drag(page, written(screen, float(x[0, 0])), 0, 60)
    page.wait_for_timeout(100)
    x[0, 0] = in_hand(screen)
    expect(screen.sum.locator("[data-part=value]")).to_have_text(re.compile(r"-?\d"))
    total = float(screen.sum.locator("[data-part=value]").inner_text())
    np.testing.assert_allclose(total, (x[0].astype("float64") * kernel[:, 1]).sum(), rtol=1e-5)
    said = page.locator(".computed").inner_text()
    assert said.startswith("Computed here: output[0, 1] = ") and f"{total:.4f}"[:5] in said
    with screen.change():
        page.mouse.up()


def test_pointing_at_a_cell_lights_its_sources_without_asking(screen: Screen) -> None:
    page = screen.page
    frames = sent_by(page)
    screen.open({"layer": "keras.layers.Dense", "params": {"units": 3}}).painted()
    output = screen.numbers("output:0")
    page.keyboard.press("Escape")
    come(screen)
    before = len(frames)
    place = written(screen, float(output[0, 0]))
    plain = page.locator("[data-testid=flow] canvas").first.screenshot()
    page.mouse.move(place["x"], place["y"])
    page.wait_for_timeout(150)
    assert page.locator("[data-testid=flow] canvas").first.screenshot() != plain
    assert len(frames) == before
    assert str(screen.flow.get_attribute("data-lit")).split()[:2] == ["input:0", "weight:kernel"]


def test_a_number_is_changed_by_keys_alone_and_the_page_says_what_follows(screen: Screen) -> None:
    page = screen.page
    screen.open({"layer": "keras.layers.Dense", "params": {"units": 2}}).painted()
    screen.touch("output:0", 0, 0)
    before = screen.numbers("output:0")
    expect(screen.flow).to_have_attribute("data-live", "live")  # the focus came to it
    field = screen.field("weight:bias", 0, 0)
    for _ in range(3):
        field.press("ArrowUp")
    field.press("Shift+ArrowUp")
    bias = float(field.input_value())
    assert bias > 0
    said = page.locator(".computed").inner_text()
    shown = float(re.findall(r"= (-?[\d.e-]+)\.", said)[0])
    np.testing.assert_allclose(shown, before[0, 0] + bias, rtol=1e-5)
    with screen.change():
        field.press("Enter")
    np.testing.assert_allclose(screen.numbers("output:0")[:, 0], before[:, 0] + bias, rtol=1e-5)


def test_escape_puts_a_typed_number_back(screen: Screen) -> None:
    screen.open({"layer": "keras.layers.Dense", "params": {"units": 2}}).painted()
    kernel = screen.numbers("weight:kernel")
    expect(screen.flow).to_have_attribute("data-live", "live")
    field = screen.field("weight:kernel", 0, 0)
    field.fill("5")
    assert screen.flow.get_attribute("data-hand") == "5"
    field.press("Escape")
    np.testing.assert_array_equal(screen.numbers("weight:kernel"), kernel)


def test_escape_lets_a_dragged_number_go_as_it_was(screen: Screen) -> None:
    page = screen.page
    page.set_viewport_size(WINDOW)  # type: ignore[arg-type]
    frames = sent_by(page)
    screen.open(ATTENTION).painted()
    x = screen.numbers("input:0")
    page.keyboard.press("Escape")
    come(screen)
    before, shown = len(frames), outputs(screen)
    drag(page, written(screen, float(x[0, 2, 0])), 0, 80)
    page.wait_for_timeout(100)
    assert outputs(screen) != shown
    screen.flow.focus()
    page.keyboard.press("Escape")
    page.mouse.up()
    page.wait_for_timeout(200)
    assert outputs(screen) == shown and len(frames) == before


def test_a_token_that_tensorflow_would_refuse_says_so(screen: Screen) -> None:
    screen.page.set_viewport_size(WINDOW)  # type: ignore[arg-type]
    screen.open({"layer": "keras.layers.Embedding", "params": {"input_dim": 21, "output_dim": 2}}).painted()
    table = screen.numbers("weight:embeddings")
    expect(screen.flow).to_have_attribute("data-live", "live")
    field = screen.field("input:0", 0, 0)
    field.fill("7")
    expect(screen.page.locator(".computed")).to_contain_text("Computed here")
    field.fill("99")
    expect(screen.page.locator(".computed")).to_have_text("TensorFlow would refuse this number.")
    field.fill("4")
    field.press("ArrowDown")
    assert field.input_value() == "3"
    with screen.change():
        field.press("Enter")
    np.testing.assert_array_equal(screen.numbers("output:0")[0, 0], table[3])


def test_a_wrong_kernel_is_noticed_on_arrival(screen: Screen) -> None:
    def planted(route: Route) -> None:
        answer = route.fetch()
        body = answer.text()
        assert "AddV2: [(x, y) => x + y," in body
        route.fulfill(response=answer, body=body.replace("AddV2: [(x, y) => x + y,", "AddV2: [(x, y) => x + y + 1e-3,"))

    screen.page.set_viewport_size(WINDOW)  # type: ignore[arg-type]
    screen.page.route("**/tape/kernels/functions.js", planted)
    screen.open(ATTENTION).painted()
    x = screen.numbers("input:0")
    screen.page.keyboard.press("Escape")
    come(screen)
    expect(screen.flow).to_have_attribute("data-live", "refused")
    expect(screen.page.locator(".computed")).to_contain_text("is not what TensorFlow gave")
    place = written(screen, float(x[0, 2, 0]))
    drag(screen.page, place, 0, 40)
    screen.page.mouse.up()
    assert in_hand(screen) != in_hand(screen), "nothing is in the hand"  # NaN


def test_a_layer_that_is_not_computed_here_is_edited_as_ever_and_says_why(screen: Screen) -> None:
    layer = {"layer": "keras.layers.IntegerLookup", "params": {"vocabulary": [3, 4]}}
    screen.open(layer).painted()
    before = screen.numbers("output:0")
    screen.page.keyboard.press("Escape")
    come(screen)
    expect(screen.page.locator(".computed")).to_contain_text("Numbers are not computed while you drag.")
    screen.edit("input:0", 0, 0, "4")
    assert not np.array_equal(screen.numbers("output:0"), before)


def test_the_interpreter_is_loaded_when_the_reader_comes_to_the_flow(screen: Screen) -> None:
    asked: list[str] = []
    screen.page.on("request", lambda request: asked.append(request.url))
    screen.go(screen.server.address)
    screen.open(ATTENTION).painted()
    assert any("/flow/live.js" in url for url in asked)
    assert not any("/tape/tape.js" in url or "/kernels/" in url for url in asked)
    come(screen)
    assert any("/kernels/index.js" in url for url in asked)


def test_a_finger_drags_a_number_on_a_phone(screen: Screen) -> None:
    page = screen.page
    page.set_viewport_size({"width": 390, "height": 844})
    screen.open({"layer": "keras.layers.Dense", "params": {"units": 2}}).painted()
    x = screen.numbers("input:0")
    page.keyboard.press("Escape")
    come(screen)
    place = written(screen, float(x[0, 0]))
    device = page.context.new_cdp_session(page)

    def touch(kind: str, right: int) -> None:
        points = [] if kind == "touchEnd" else [{"x": place["x"] + right, "y": place["y"]}]
        device.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    device.send("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 2})
    touch("touchStart", 0)
    for right in (5, 20, 40):
        touch("touchMove", right)
    page.wait_for_timeout(100)
    assert in_hand(screen) > x[0, 0]
    with screen.change():
        touch("touchEnd", 0)
    assert screen.numbers("input:0")[0, 0] > x[0, 0]


# -- brushes: several numbers at once


def choose(screen: Screen, brush: str) -> None:
    screen.page.locator(".brushes").select_option(brush)
    screen.page.keyboard.press("Escape")


def dense(screen: Screen) -> tuple[np.ndarray, np.ndarray]:
    """A layer whose numbers are written; its input and its kernel."""
    screen.page.set_viewport_size(WINDOW)  # type: ignore[arg-type]
    inputs = [{"kind": "normal", "shape": [2, 4]}]
    screen.open({"layer": "keras.layers.Dense", "params": {"units": 3}, "inputs": inputs}).painted()
    found = screen.numbers("input:0"), screen.numbers("weight:kernel")
    screen.page.keyboard.press("Escape")
    come(screen)
    return found


def test_a_row_and_a_column_are_dragged_together_and_undone_together(screen: Screen) -> None:
    page = screen.page
    frames = sent_by(page)
    x, kernel = dense(screen)
    choose(screen, "row")
    before = len(frames)
    drag(page, written(screen, float(x[1, 2])), 0, 60)
    moved = in_hand(screen) - x[1, 2]
    assert moved > 0 and len(frames) == before
    with screen.change():
        page.mouse.up()
    assert len(frames) == before + 1
    now = screen.numbers("input:0")
    np.testing.assert_allclose(now[1], x[1] + moved, atol=0.02)  # each to a round number
    np.testing.assert_array_equal(now[0], x[0])
    np.testing.assert_allclose(screen.numbers("output:0"), now.astype("float64") @ kernel, rtol=1e-5)
    page.keyboard.press("Escape")
    choose(screen, "column")
    come(screen)
    drag(page, written(screen, float(kernel[2, 1])), 0, -60)
    with screen.change():
        page.mouse.up()
    then = screen.numbers("weight:kernel")
    assert (then[:, 1] < kernel[:, 1]).all() and np.array_equal(then[:, [0, 2]], kernel[:, [0, 2]])
    with screen.change():
        screen.press("undo")
    np.testing.assert_array_equal(screen.numbers("weight:kernel"), kernel)
    np.testing.assert_array_equal(screen.numbers("input:0"), now)


def test_a_region_is_marked_and_then_dragged(screen: Screen) -> None:
    page = screen.page
    frames = sent_by(page)
    x, _ = dense(screen)
    choose(screen, "region")
    before = len(frames)
    corners = [written(screen, float(x[at])) for at in ((0, 1), (1, 2))]
    drag(page, corners[0], round(corners[1]["x"] - corners[0]["x"]), -round(corners[1]["y"] - corners[0]["y"]))
    page.mouse.up()
    assert np.isnan(in_hand(screen)) and len(frames) == before, "it is only marked"
    drag(page, corners[1], 0, 50)
    assert in_hand(screen) > x[1, 2]
    with screen.change():
        page.mouse.up()
    changed = screen.numbers("input:0") != x
    assert changed[:, 1:3].all() and not changed[:, [0, 3]].any()


def test_the_one_of_a_row_goes_where_the_pointer_goes(screen: Screen) -> None:
    page = screen.page
    x, kernel = dense(screen)
    choose(screen, "one_hot")
    places = [written(screen, float(number)) for number in x[0]]
    page.mouse.move(places[0]["x"], places[0]["y"])
    page.mouse.down()
    for place in places[1:3]:
        page.mouse.move(place["x"], place["y"], steps=3)
    with screen.change():
        page.mouse.up()
    np.testing.assert_array_equal(screen.numbers("input:0")[0], [0, 0, 1, 0])
    np.testing.assert_allclose(screen.numbers("output:0")[0], kernel[2], rtol=1e-6)


def test_what_is_drawn_on_an_image_is_convolved(screen: Screen) -> None:
    page = screen.page
    page.set_viewport_size(WINDOW)  # type: ignore[arg-type]
    layer = {
        "layer": "keras.layers.Conv2D",
        "params": {"filters": 1, "kernel_size": [3, 3], "padding": "valid"},
        "inputs": [{"kind": "linspace", "shape": [1, 6, 6, 1]}],
    }
    screen.open(layer).painted()
    drawn = screen.numbers("input:0")[0, :, :, 0]
    kernel = screen.numbers("weight:kernel")[:, :, 0, 0].astype("float64")
    page.keyboard.press("Escape")
    come(screen)
    choose(screen, "pen")
    places = [written(screen, float(drawn[at])) for at in ((1, 1), (4, 1), (4, 4))]
    page.mouse.move(places[0]["x"], places[0]["y"])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(place["x"], place["y"])  # at once: the cells between are drawn, too
    ink = in_hand(screen)
    assert ink == drawn.max()
    with screen.change():
        page.mouse.up()
    drawn[1:5, 1] = drawn[4, 1:5] = ink
    np.testing.assert_array_equal(screen.numbers("input:0")[0, :, :, 0], drawn)
    windows = np.lib.stride_tricks.sliding_window_view(drawn.astype("float64"), (3, 3))
    expected = np.einsum("ijkl,kl->ij", windows, kernel)
    np.testing.assert_allclose(screen.numbers("output:0")[0, :, :, 0], expected, rtol=1e-5, atol=1e-6)


def test_a_field_changes_a_whole_row_by_keys_alone(screen: Screen) -> None:
    x, _ = dense(screen)
    screen.page.locator(".brushes").focus()
    screen.page.keyboard.press("ArrowDown")  # the next brush
    expect(screen.flow).to_have_attribute("data-brush", "row")
    field = screen.field("input:0", 0, 1)
    field.press("ArrowUp")
    stepped = float(field.input_value())
    assert stepped > x[0, 1]
    with screen.change():
        field.press("Enter")
    now = screen.numbers("input:0")
    np.testing.assert_allclose(now[0] - x[0], stepped - x[0, 1], atol=0.02)
    field = screen.field("input:0", 1, 0)
    field.fill("2.5")
    with screen.change():
        field.press("Enter")
    np.testing.assert_array_equal(screen.numbers("input:0")[1], [2.5] * 4)


def test_more_cells_than_an_experiment_holds_are_refused_with_a_sentence(screen: Screen) -> None:
    screen.page.set_viewport_size(WINDOW)  # type: ignore[arg-type]
    inputs = [{"kind": "normal", "shape": [2, 1200]}]
    screen.open({"layer": "keras.layers.Softmax", "inputs": inputs}).painted()
    screen.page.keyboard.press("Escape")
    come(screen)
    choose(screen, "row")
    field = screen.field("input:0", 0, 0)
    expect(screen.page.locator(".computed")).to_have_text("At most 1000 cells of an experiment can be set by hand.")
    field.press("Escape")


# -- a parameter that is a number of the call


def test_a_parameter_is_dragged_and_stands_in_the_form_and_in_the_link(screen: Screen) -> None:
    page = screen.page
    page.set_viewport_size(WINDOW)  # type: ignore[arg-type]
    frames = sent_by(page)
    screen.open({"layer": "keras.layers.Rescaling"}).painted()
    x = screen.numbers("input:0")
    page.keyboard.press("Escape")
    come(screen)
    knob = page.locator("[data-leaf='param:scale']")
    place = knob.bounding_box()
    assert place
    before = len(frames)
    drag(page, {"x": place["x"] + 10, "y": place["y"] + 8}, 60, 0)
    page.wait_for_timeout(100)
    scale = in_hand(screen)
    assert scale > 0.5 and len(frames) == before
    assert max(outputs(screen)) == round(float((x * scale).max()), 2)
    with screen.change():
        page.mouse.up()
    assert float(screen.typed("p_keras.layers.Rescaling_scale")) == round(scale, 6)
    np.testing.assert_allclose(screen.numbers("output:0"), x * np.float32(scale), rtol=1e-6)
    expect(page.locator(".computed")).to_contain_text("TensorFlow's to the last bit")
    assert f"{round(scale, 6)}" in screen.link
    page.keyboard.press("Escape")
    come(screen)
    page.locator("[data-leaf='param:offset']").click()
    page.keyboard.type("2")
    with screen.change():
        page.keyboard.press("Enter")
    np.testing.assert_allclose(screen.numbers("output:0"), x * np.float32(scale) + 2, rtol=1e-6)
    with screen.change():
        screen.press("undo")
    np.testing.assert_allclose(screen.numbers("output:0"), x * np.float32(scale), rtol=1e-6)
