"""A browser that has not drawn a widget's new value yet tells the old one: no change of the reader's, unless alone."""

from __future__ import annotations

import pytest
from app_probe import failures, visit

pytestmark = pytest.mark.usefixtures("warm_engine")


def test_a_second_undo_before_the_first_is_drawn_goes_back_two_changes() -> None:
    app = visit(layer="linear")
    for seed in (1, 2):
        app.number_input(key="seed").set_value(seed).run()
    app.button(key="undo").click().run()
    assert app.query_params["seed"] == "1"
    app.number_input(key="seed").set_value(2)  # as the browser still has it
    app.button(key="undo").click().run()
    assert failures(app) == [] and "seed" not in app.query_params and app.number_input(key="seed").value == 0


def test_what_a_reader_changes_back_by_hand_is_changed_back() -> None:
    app = visit(layer="linear")
    app.number_input(key="seed").set_value(2).run()
    app.button(key="undo").click().run()
    app.number_input(key="seed").set_value(2).run()
    assert app.query_params["seed"] == "2" and app.number_input(key="seed").value == 2
    app.number_input(key="seed").set_value(0).run()
    app.number_input(key="seed").set_value(2).run()
    assert failures(app) == [] and app.query_params["seed"] == "2"


def test_the_layer_that_an_undo_left_does_not_come_back_by_the_next_press() -> None:
    app = visit(layer="linear")
    app.selectbox(key="layer").set_value("attention").run()
    app.button(key="undo").click().run()
    app.selectbox(key="layer").set_value("attention")
    app.toggle(key="training").set_value(True).run()
    assert failures(app) == [] and app.query_params["layer"] == "linear" and app.query_params["training"] == "true"


def test_an_old_value_beside_a_text_that_is_refused_is_no_change() -> None:
    app = visit(layer="linear")
    app.number_input(key="seed").set_value(2).run()
    app.button(key="undo").click().run()
    app.number_input(key="seed").set_value(2)
    app.text_input(key="shape_linear_0").set_value("-1, 3").run()
    assert failures(app) == [] and "seed" not in app.query_params and app.number_input(key="seed").value == 0
    assert app.text_input(key="shape_linear_0").value == "-1, 3"
