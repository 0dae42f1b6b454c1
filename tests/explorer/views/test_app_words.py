"""What the page says when something is refused, replaced or read from a file."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from app_probe import failures, message, picture, visit
from streamlit.testing.v1 import AppTest

from explorer.i18n.translator import translator

pytestmark = pytest.mark.usefixtures("warm_engine")

LINEAR = "p_linear_units"


def said(app: AppTest) -> str:
    return "\n".join(str(found.value) for found in (*app.markdown, *app.caption))


def test_a_number_out_of_bounds_is_refused_in_words() -> None:
    app = visit(layer="linear")
    for key, value, received in ((LINEAR, 0, "0"), ("seed", -1, "-1")):
        app.number_input(key=key).set_value(value).run()
        assert app.number_input(key=key).value == value, "what is refused stays typed"
        assert "Expected" in said(app) and f"`{received}`" in said(app)
    assert failures(app) == [] and "params" not in app.query_params


def test_a_parameter_that_must_equal_an_axis_is_mended_with_one_click() -> None:
    app = visit(layer="linear", params={"input_dim": 3})
    wanted = "Set input_dim to 2, as the input has it"
    [button] = [button for button in app.button if button.label.replace("\\", "") == wanted]
    button.click().run()
    assert failures(app) == [] and json.loads(app.query_params["params"]) == {"input_dim": 2}


def test_an_embedding_of_floats_offers_its_usual_ids() -> None:
    app = visit(layer="keras.layers.Embedding", inputs=[{"kind": "normal", "shape": [2, 3]}])
    assert "whole numbers" in failures(app)[0]
    next(button for button in app.button if button.label.startswith("Use the usual values")).click().run()
    assert failures(app) == [] and picture(app)["input:0"].shape == (2, 3)


def test_an_example_puts_aside_what_was_made_and_brings_it_back() -> None:
    chain = [["keras.layers.Dense", {"units": 7}]]
    app = visit(layer="linear", then=chain)
    examples = next(group for group in app.get("button_group") if "preset" in str(group.proto.id))
    examples.set_value(0).run()
    assert "then" not in app.query_params
    app.button(key="put_aside").click().run()
    assert json.loads(app.query_params["then"]) == chain
    assert not [button for button in app.button if button.key == "put_aside"]


def test_axes_are_told_apart_by_their_own_names_in_every_language() -> None:
    english, _ = message(visit(layer="max_pooling"))
    korean, _ = message(visit(layer="max_pooling", language="ko"))
    assert korean["tensors"][0]["axes"] == english["tensors"][0]["axes"] == ["batch", "height", "width", "channels"]
    assert korean["axes"]["height"] == translator("ko")("height") != english["axes"]["height"]


def test_code_in_a_title_is_shown_as_code() -> None:
    app = visit(layer="max_pooling")
    examples = next(group for group in app.get("button_group") if "preset" in str(group.proto.id))
    assert any("padding `same`" in option.content for option in examples.proto.options)


def test_a_small_file_is_named_beside_its_values() -> None:
    stream = io.BytesIO()
    np.save(stream, np.array([[1.5, 2.0, 3.0], [4.0, 5.0, 6.0]], "float32"))
    from explorer.experiment.uploads import read_upload
    from explorer.views.controls.inputs import uploaded_recipe

    recipe = uploaded_recipe(None, "good*.npy", read_upload("good*.npy", stream.getvalue())[0], "")  # type: ignore[arg-type]
    app = visit(layer="linear", inputs=[recipe.to_json()])
    assert failures(app) == [] and "good\\*\\.npy" in said(app)
    np.testing.assert_array_equal(picture(app)["input:0"], [[1.5, 2, 3], [4, 5, 6]])


def test_a_layer_without_a_story_says_what_it_does_and_what_its_parameters_mean() -> None:
    told = said(visit(layer="keras.layers.GroupNormalization", panel="about"))
    assert "Splits the channels into groups and normalizes each group of each sample by itself" in told
    assert "`epsilon` — A small number that keeps the division away from zero" in told and "`epsilon=0.001`" in told
