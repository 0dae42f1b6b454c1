"""A change in a control reaches the picture and the link; what is refused stays typed."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from app_probe import failures, message, picture, visit

from explorer.engine.pool import client
from explorer.stage import flow
from explorer.views.pages import explore
from explorer.views.session import Session

pytestmark = pytest.mark.usefixtures("warm_engine")


def test_a_parameter_changes_the_picture_and_the_link_keeps_what_differs_from_the_default() -> None:
    app = visit(layer="linear")
    assert "params" not in app.query_params
    app.number_input(key="p_linear_units").set_value(6).run()
    shown = picture(app)
    assert json.loads(app.query_params["params"]) == {"units": 6}
    assert shown["output:0"].shape == (2, 6)
    np.testing.assert_allclose(
        shown["output:0"], shown["input:0"] @ shown["weight:kernel"] + shown["weight:bias"], rtol=1e-6
    )
    app.number_input(key="p_linear_units").set_value(4).run()
    assert "params" not in app.query_params


def test_undo_redo_and_reset_walk_through_the_experiments() -> None:
    app = visit(layer="linear")
    first = picture(app)["output:0"]
    app.number_input(key="seed").set_value(5).run()
    second = picture(app)["output:0"]
    assert (first != second).any()
    app.button(key="undo").click().run()
    np.testing.assert_array_equal(picture(app)["output:0"], first)
    assert app.number_input(key="seed").value == 0
    app.button(key="redo").click().run()
    np.testing.assert_array_equal(picture(app)["output:0"], second)
    app.button(key="reset").click().run()
    np.testing.assert_array_equal(picture(app)["output:0"], first)


def test_a_refused_shape_stays_typed_and_the_picture_is_that_of_the_experiment() -> None:
    app = visit()
    app.text_input(key="shape_center_zero_0").set_value("-1, 3").run()
    assert app.text_input(key="shape_center_zero_0").value == "-1, 3"
    assert failures(app) == []  # a line under the field, no box
    assert any("Received" in text.value and "-1, 3" in text.value for text in app.markdown)
    assert picture(app)["output:0"].sum() == 576
    assert message(app)[0]["options"]["stale"] is False


def test_a_shape_that_the_layer_refuses_shows_the_last_good_picture_marked_as_such() -> None:
    app = visit(layer="attention")
    before = picture(app)["output:0"]
    app.text_input(key="shape_attention_0").set_value("2, 3").run()
    assert len(failures(app)) == 1 and "Traceback" not in failures(app)[0]
    np.testing.assert_array_equal(picture(app)["output:0"], before)
    assert message(app)[0]["options"]["stale"] is True


def test_edits_of_a_link_are_marked_and_can_be_dropped() -> None:
    app = visit(layer="linear", edits=[["weight:kernel", [1, 2], 3.25]])
    assert picture(app)["weight:kernel"][1, 2] == 3.25
    assert message(app)[0]["options"]["edited"] == {"weight:kernel": [[1, 2]]}
    app.button(key="drop_edits").click().run()
    assert picture(app)["weight:kernel"][1, 2] != 3.25
    assert "edits" not in app.query_params


def test_visitors_share_nothing_but_the_engine() -> None:
    one, two = visit(layer="linear"), visit(layer="linear", seed="7")
    two.number_input(key="p_linear_units").set_value(2).run()
    one.run()
    assert picture(one)["output:0"].shape == (2, 4) and picture(two)["output:0"].shape == (2, 2)


def test_the_comparison_with_numpy_is_asked_for_after_all_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    submit, draw = client.Engine.submit, flow.draw

    def submitted(self: Any, job: Any, **options: Any) -> Any:
        asked.append(job.name)
        return submit(self, job, **options)

    def drawn(*args: Any, **options: Any) -> Any:
        asked.append("the flow is sent")
        return draw(*args, **options)

    monkeypatch.setattr(client.Engine, "submit", submitted)
    monkeypatch.setattr(flow, "draw", drawn)
    app = visit(layer="linear")
    assert asked.index("run") < asked.index("the flow is sent") < asked.index("check") == len(asked) - 1
    assert any("NumPy agrees" in text.value for text in app.markdown)
    asked.clear()
    visit(layer="keras.layers.ReLU")
    assert "run" in asked and "check" not in asked, "there is nothing to compare ReLU with"


def test_an_experiment_that_stays_is_not_run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    submit = client.Engine.submit

    def submitted(self: Any, job: Any, **options: Any) -> Any:
        asked.append(job.name)
        return submit(self, job, **options)

    monkeypatch.setattr(client.Engine, "submit", submitted)
    app = visit(layer="linear")
    app.run()
    assert asked.count("run") == 1 and failures(app) == [] and picture(app)["output:0"].shape == (2, 4)


def test_a_page_whose_trace_is_given_up_at_once_still_shows_its_flow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside other pages with large traces the session may lose its own while the page is being drawn."""
    keep = Session.keep

    def kept(session: Session, trace: Any, layer: str) -> None:
        keep(session, trace, layer)
        session.forget_traces()

    monkeypatch.setattr(Session, "keep", kept)
    app = visit(layer="linear")
    assert failures(app) == [] and picture(app)["output:0"].shape == (2, 4)
    app.number_input(key="p_linear_units").set_value(3).run()
    assert failures(app) == [] and picture(app)["output:0"].shape == (2, 3)


def test_the_rest_of_the_page_waits_while_a_new_flow_is_painted(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(explore, "_wait_for_the_flow", lambda: waits.append(explore.PAINTING))
    app = visit(layer="linear")
    assert waits == []  # the controls of a first visit are there before the flow
    app.number_input(key="p_linear_units").set_value(6).run()
    assert waits == [explore.PAINTING]
    app.text_input(key="shape_linear_0").set_value("-1").run()
    app.segmented_control(key="language").set_value("ko").run()
    assert waits == [explore.PAINTING]


def test_a_change_that_arrives_meanwhile_ends_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    class NextRun(Exception):
        """What Streamlit raises in the place where a run that is out of date reads its state."""

    class State:
        reads = 0

        def get(self, _name: str) -> None:
            self.reads += 1
            if self.reads == 2:
                raise NextRun

    monkeypatch.setattr(explore.st, "session_state", State())
    monkeypatch.setattr(explore, "PAINTING", 60.0)
    with pytest.raises(NextRun):
        explore._wait_for_the_flow()
