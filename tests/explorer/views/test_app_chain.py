"""A chain is put together in the sidebar; the picture, the link, undo and the examples know it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from app_probe import failures, message, picture, visit
from streamlit.testing.v1 import AppTest

pytestmark = pytest.mark.usefixtures("warm_engine")

DENSE = "keras.layers.Dense"
VERDICT = [["attention", {"bias": "scalar"}], [DENSE, {"units": 3}]]


def then(app: AppTest) -> Any:
    """The chain in the link."""
    return json.loads(app.query_params["then"]) if "then" in app.query_params else []


def edits(app: AppTest) -> Any:
    return json.loads(app.query_params["edits"]) if "edits" in app.query_params else []


def title(app: AppTest) -> str:
    return str(app.title[0].value)


def test_layers_are_added_opened_moved_and_taken_out() -> None:
    app = visit(layer="linear")
    alone = picture(app)
    app.selectbox(key="then_add").select(DENSE).run()
    shown = picture(app)
    assert failures(app) == [] and title(app) == "Linear → Dense" and then(app) == [[DENSE, {}]]
    np.testing.assert_array_equal(shown["weight:linear/kernel"], alone["weight:kernel"])
    hidden = shown["input:0"] @ shown["weight:linear/kernel"] + shown["weight:linear/bias"]
    wanted = hidden @ shown["weight:dense/kernel"] + shown["weight:dense/bias"]
    np.testing.assert_allclose(shown["output:0"], wanted, rtol=1e-6)

    app.number_input(key="then_0_keras.layers.Dense_units").set_value(7).run()
    assert picture(app)["output:0"].shape == (2, 7) and then(app) == [[DENSE, {"units": 7}]]
    app.selectbox(key="then_add").select("keras.layers.ReLU").run()
    assert title(app) == "Linear → Dense → ReLU" and (picture(app)["output:0"] >= 0).all()
    assert not [field for field in app.number_input if field.key == "then_0_keras.layers.Dense_units"]
    app.button(key="then_up_1").click().run()
    assert title(app) == "Linear → ReLU → Dense"
    app.button(key="undo").click().run()
    assert title(app) == "Linear → Dense → ReLU"
    app.button(key="then_remove_0").click().run()
    app.button(key="then_remove_0").click().run()
    assert failures(app) == [] and title(app) == "Linear" and then(app) == []
    np.testing.assert_array_equal(picture(app)["output:0"], alone["output:0"])


def test_edited_cells_go_with_their_layer() -> None:
    app = visit(layer="linear", edits=[["weight:kernel", [0, 1], 5]])
    app.selectbox(key="then_add").select(DENSE).run()
    assert failures(app) == [] and edits(app) == [["weight:linear/kernel", [0, 1], 5.0]]
    assert picture(app)["weight:linear/kernel"][0, 1] == 5
    app.button(key="then_remove_0").click().run()
    assert edits(app) == [["weight:kernel", [0, 1], 5.0]]

    app = visit(layer="linear", then=[[DENSE, {}], [DENSE, {"units": 2}]], edits=[["weight:dense_1/bias", [1], 3]])
    app.button(key="then_up_1").click().run()
    assert failures(app) == [] and edits(app) == [["weight:dense/bias", [1], 3.0]]
    app.button(key="then_remove_0").click().run()
    assert failures(app) == [] and edits(app) == []


def test_a_link_brings_the_chain_back_without_its_defaults() -> None:
    app = visit(layer="keras.layers.Embedding", then=[["attention", {"bias": "scalar"}], [DENSE, {"units": 4}]])
    assert failures(app) == [] and title(app) == "Embedding → Attention → Dense"
    assert then(app) == [["attention", {"bias": "scalar"}], [DENSE, {}]]


def test_a_hostile_link_is_told_and_the_rest_is_shown() -> None:
    links = [
        ([["nonsense", {}]], ["There is no layer of that name"], []),
        ([["os.system", {"a": 1}]], ["There is no layer of that name"], []),
        ([[DENSE, {"units": 10**9, "speed": 1}]], ["“units” cannot take", "no parameter “speed”"], [[DENSE, {}]]),
        ([["keras.layers.LSTMCell", {}], [DENSE, {}]], ["takes 2 tensors"], [[DENSE, {}]]),
        ([["keras.Input", {}]], ["is not a layer"], []),
        ([[DENSE, {}]] * 4, ["At most three layers"], []),
    ]
    for link, told, kept in links:
        app = visit(layer="linear", then=link)
        problems = " ".join(failures(app)).replace("\\", "")
        assert all(text in problems for text in told) and len(failures(app)) == len(told), problems
        assert then(app) == kept and not app.exception
        assert "output:0" in picture(app)


def test_what_does_not_fit_names_the_layer_and_can_be_taken_out() -> None:
    app = visit(layer="linear")
    before = picture(app)["output:0"]
    app.selectbox(key="then_add").select("keras.layers.LSTM").run()
    (problem,) = failures(app)
    assert "Layer 2 of 2, LSTM" in problem and "Expected: `3`" in problem and "Received: `2 (2, 4)`" in problem
    assert "output:0" not in picture(app) and message(app)[0]["options"]["failed"]  # how far the call came
    (take_out,) = (button for button in app.button if button.label == "Take “LSTM” out of the chain")
    take_out.click().run()
    assert failures(app) == [] and then(app) == []
    np.testing.assert_array_equal(picture(app)["output:0"], before)


def test_a_layer_that_cannot_follow_is_refused_where_it_was_chosen() -> None:
    app = visit(layer="linear")
    app.selectbox(key="then_add").select("keras.layers.LSTMCell").run()
    assert failures(app) == [] and then(app) == [] and title(app) == "Linear"
    assert any("takes 2 tensors" in text.value for text in app.markdown)


def test_a_refused_parameter_of_a_chained_layer_stays_typed() -> None:
    app = visit(layer="keras.layers.Conv2D", then=[["keras.layers.MaxPooling2D", {}]])
    app.button(key="then_open_0").click().run()
    field = "then_0_keras.layers.MaxPooling2D_pool_size"
    app.text_input(key=field).set_value("0, nine").run()
    assert app.text_input(key=field).value == "0, nine" and then(app) == [["keras.layers.MaxPooling2D", {}]]
    app.text_input(key=field).set_value("3, 3").run()
    assert then(app) == [["keras.layers.MaxPooling2D", {"pool_size": [3, 3]}]]


def test_an_example_is_a_chain_and_another_one_takes_it_away() -> None:
    app = visit(layer="keras.layers.Embedding")
    app.pills(key="preset_keras.layers.Embedding").set_value(4).run()
    assert app.pills(key="preset_keras.layers.Embedding").value == 4, "the example is not marked as the one shown"
    assert failures(app) == [] and title(app) == "Embedding → Attention → Dense"
    np.testing.assert_allclose(picture(app)["output:0"].sum(axis=1), 1, rtol=1e-6)
    app.pills(key="preset_keras.layers.Embedding").set_value(3).run()
    assert title(app) == "Embedding" and then(app) == []


def test_the_panels_know_the_chain() -> None:
    for panel in ("script", "training", "numbers", "weights", "source", "about"):
        assert failures(visit(layer="keras.layers.Embedding", then=VERDICT, panel=panel)) == [], panel
    program = visit(layer="keras.layers.Embedding", then=VERDICT, panel="script").code[0].value
    assert "y = attention(y, training=False)" in program
