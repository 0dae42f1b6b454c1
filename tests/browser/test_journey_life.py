"""The life of a layer and its calls, on the page: what is shown is what Keras gave."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator
from screen import Screen
from violations import serious

LINEAR = {"layer": "linear"}


def moment(screen: Screen, title: str) -> Locator:
    """An expander of the life panel, opened."""
    found = screen.page.locator("[data-testid=stExpander]").filter(has_text=re.compile(rf"^\s*\S*\s*\d+ · {title}"))
    found.first.wait_for()
    if found.first.locator("details[open]").count() == 0:
        with screen.change():
            found.first.locator("summary").click()
    return found.first


def text(place: Locator) -> str:
    return re.sub(r"\s+", " ", place.inner_text())


def run(screen: Screen, call: str) -> Locator:
    """The box of a call, once the result is in it."""
    box = screen.control(f"call_{call}")
    box.get_by_text(re.compile("It gives|It raises")).first.wait_for()
    return box


def group(screen: Screen, title: str) -> None:
    with screen.change():
        screen.control("calls_group").get_by_role("radio", name=title, exact=True).click()


# ------------------------------------------------------------------------------------------------ life
def test_weights_are_born_in_build_with_their_reasons(screen: Screen) -> None:
    screen.open(LINEAR, panel="life").painted()
    born = text(moment(screen, "The first call, part 1: build"))
    assert "Linear.build(input_shape=(2, 2))" in born and "Linear.add_weight(kernel (2, 4)" in born
    assert "weights: 2 · parameters: 12" in born
    assert "axis 1 = 4: units (with 5 instead of 4 it becomes 5)." in born
    assert "def build(self, input_shape" in born
    screen.type("p_linear_units", "3")
    born = text(moment(screen, "The first call, part 1: build"))
    assert "parameters: 9" in born and "axis 1 = 3: units" in born
    assert screen.alive


def test_another_feature_size_is_refused_with_the_two_sizes(screen: Screen) -> None:
    screen.open(LINEAR, panel="life", call="other_features").painted()
    refused = text(moment(screen, "Another feature size"))
    assert "Axis -1 of the input has the wrong size." in refused
    assert "Expected: 2" in refused and "Received: (2, 3)" in refused


def test_the_three_ways_stand_side_by_side(screen: Screen) -> None:
    screen.open(LINEAR, panel="life").painted()
    screen.page.get_by_text("Eager, symbolic, compiled", exact=True).wait_for()
    rows = screen.page.locator("[data-testid=stMarkdown] table").last.locator("tbody tr").all()
    cells = [row.locator("td").all_inner_texts() for row in rows]
    assert [row[0] for row in cells] == ["Eager", "Symbolic", "Compiled"]
    assert [row[2] for row in cells] == ["(2, 4)", "(None, 4)", "(2, 4)"]
    assert [row[4] for row in cells] == ["0", "no numbers", "0"]


def test_a_symbolic_tensor_says_what_does_not_apply(screen: Screen) -> None:
    screen.open({"layer": "keras.Input"}, panel="life")
    assert "KerasTensor" in text(moment(screen, "The constructor"))
    assert "does not apply" in text(moment(screen, "A second call"))
    assert screen.alive


# ------------------------------------------------------------------------------------------------ calls
def test_a_call_is_made_and_its_result_follows_the_layer(screen: Screen) -> None:
    screen.open(LINEAR, panel="calls").painted()
    assert "12" in text(run(screen, "count_params"))
    screen.type("p_linear_units", "3")
    screen.control("call_count_params").get_by_text("It gives").wait_for()
    assert re.search(r"It gives [\d.]+ ms 9\b", text(screen.control("call_count_params")))


def test_the_nodes_of_a_shared_layer_are_drawn(screen: Screen) -> None:
    screen.open(LINEAR, panel="calls").painted()
    group(screen, "Nodes")
    box = run(screen, "three_nodes")
    drawing = box.locator("[data-testid=stGraphVizChart] svg")
    drawing.wait_for()
    labels = [label.strip() for label in drawing.locator("text").all_text_contents()]
    assert {"node 0", "node 1", "node 2", "linear"} <= set(labels)
    assert labels.count("(None, 2)") == 3 and labels.count("(None, 4)") == 3
    rows = [
        row.locator("td").all_inner_texts()
        for row in box.locator("[data-testid=stMarkdown] table").last.locator("tr").all()
    ]
    assert [row[0] for row in rows if row] == ["0", "1", "2"]


def test_the_round_trip_ends_in_a_difference_of_0(screen: Screen) -> None:
    screen.open({"layer": "my_multi_layer"}, panel="calls", call="round_trip").painted()
    drawing = screen.control("call_round_trip").locator("[data-testid=stGraphVizChart] svg")
    drawing.wait_for()
    labels = [label.strip() for label in drawing.locator("text").all_text_contents()]
    assert "|difference| 0" in labels and "from_config(config)" in labels


def test_a_keras_file_is_saved_downloaded_and_loaded_back(screen: Screen) -> None:
    screen.open(LINEAR, panel="calls").painted()
    group(screen, "Saving")
    box = run(screen, "load_model")
    assert re.search(r"It gives [\d.,]+ ms 0\b", text(box))
    with screen.page.expect_download() as waiting:
        box.get_by_role("button", name=re.compile("Download layer.keras")).click()
    content = Path(waiting.value.path()).read_bytes()
    assert waiting.value.suggested_filename == "layer.keras"
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        assert b"layer_explorer>Linear" in file.read("config.json")


def test_a_dead_call_shows_its_error_and_the_modern_form_beside_it(screen: Screen) -> None:
    screen.open(LINEAR, panel="calls", call="get_output_shape_for").painted()
    box = screen.control("call_get_output_shape_for")
    box.get_by_text("It gives").wait_for()
    assert "AttributeError: 'Linear' object has no attribute 'get_output_shape_for'" in text(box)
    assert "layer.compute_output_shape((2, 2))" in text(box) and "(2, 4)" in text(box)


def test_weights_are_edited_refused_and_taken_into_the_picture(screen: Screen) -> None:
    screen.open(LINEAR, panel="calls").painted()
    box = screen.control("call_set_weights")
    area = box.locator("textarea")
    kernel = np.arange(8.0).reshape(2, 4).tolist()

    def apply(given: object) -> None:
        area.fill(str(given))
        with screen.change():
            area.press("Control+Enter")
        with screen.change():
            screen.control("apply_weights").locator("button").click()

    apply([kernel])
    box.get_by_text("It raises").wait_for()
    assert "The layer has 2 weights, and 1 arrays were given." in text(box)
    assert "weight list of length 1, but the layer was expecting 2 weights" in text(box)
    apply([kernel, [1, 1, 1, 1]])
    box.get_by_text("It gives").wait_for()
    with screen.change():
        screen.control("take_weights").locator("button").click()
    np.testing.assert_array_equal(screen.numbers("weight:kernel"), kernel)
    np.testing.assert_array_equal(screen.numbers("output:0"), [[5, 7, 9, 11]] * 2)


def test_the_table_of_masks_follows_the_chain(screen: Screen) -> None:
    chain = {
        "layer": "keras.layers.Embedding",
        "params": {"input_dim": 5, "mask_zero": True},
        "inputs": [{"kind": "typed", "shape": [1, 3], "values": [1, 2, 0]}],
        "then": [["keras.layers.Dense", {}], ["keras.layers.LSTM", {}]],
    }
    screen.open(chain, panel="calls", call="masks").painted()
    table = screen.control("call_masks").locator("[data-testid=stMarkdown] table")
    table.wait_for()
    cells = [row.locator("td").all_inner_texts() for row in table.locator("tbody tr").all()]
    assert [row[5] for row in cells] == ["born here", "passed on", "used, and ends here"]


def test_a_claim_leads_to_the_call_that_shows_it(screen: Screen) -> None:
    screen.open(page="then-and-now")
    with screen.change():
        screen.page.get_by_role("radio", name="2020, article on layers", exact=True).click()
    with screen.change():
        screen.page.locator(".st-key-claim_page_002-get-config summary").click()
    with screen.change():
        screen.control("live_page_002-get-config").locator("button").click()
    box = screen.control("call_from_config")
    box.get_by_text("It gives").wait_for()
    assert "'built': False" in text(box)
    assert "call=from_config" in screen.link and "panel=calls" in screen.link


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_the_panels(visitor: Callable[..., Screen], scheme: str) -> None:
    screen = visitor(color_scheme=scheme)
    found: dict[str, object] = {}
    for panel, call in (("life", "build"), ("calls", "nodes"), ("calls", "get_input_at"), ("calls", "set_weights")):
        screen.open({"layer": "attention"}, panel=panel, call=call).painted()
        screen.page.get_by_text(re.compile("It gives|Why these shapes|Apply")).first.wait_for()
        screen.settle(screen.begun)
        screen.page.wait_for_timeout(600)  # what a rerun redraws fades in
        found[f"{panel} {call}"] = serious(screen, scheme, f".st-key-{panel}_panel")
    assert not any(found.values()), found
