"""The panels: which there are for which layer, how they are grouped, and what each opens with."""

from __future__ import annotations

import gc
import json
import struct
import weakref
from typing import Any

import numpy as np
import pytest
from app_probe import failures, stages, visit
from streamlit.testing.v1 import AppTest

from explorer.model.report import Finding, Report
from explorer.model.trace import Message
from explorer.views import GROUPS, PANELS, in_order, panel

pytestmark = pytest.mark.usefixtures("warm_engine")


def choices(app: AppTest, key: str) -> list[str]:
    """The options of a choice, by the beginning of its key; none if it is not on the page."""
    groups = [group for group in app.get("button_group") if key in str(group.proto.id)]
    return [option.content for option in groups[0].proto.options] if groups else []


def chosen(app: AppTest, key: str) -> str:
    [group] = [group for group in app.get("button_group") if key in str(group.proto.id)]
    return str(group.value)


def rows(app: AppTest) -> list[dict[str, np.ndarray]]:
    """The tensors of every stage, by role."""
    found = []
    for stage in stages(app):
        data = stage.proto.bytes
        (length,) = struct.unpack_from("<I", data)
        header, body = json.loads(data[4 : 4 + length]), data[-(-(4 + length) // 8) * 8 :]
        found.append({entry["role"]: _array(entry, body) for entry in header["tensors"]})
    return found


def _array(entry: dict[str, Any], body: bytes) -> np.ndarray:
    shape = tuple(entry["shape"])
    return np.frombuffer(body, np.dtype(f"<{entry['encoding']}"), int(np.prod(shape)), entry["offset"]).reshape(shape)


def test_every_group_has_panels_and_every_panel_a_group() -> None:
    assert {view.group for view in in_order(PANELS)} == set(GROUPS)
    with pytest.raises(ValueError, match="group must be one of"):
        panel("lost", "Lost", lambda scene: None, group="nowhere", order=1)


def test_the_page_opens_with_the_numbers_and_a_link_opens_the_group_of_its_panel() -> None:
    app = visit(layer="linear")
    assert choices(app, "panel_groups") == ["Understand", "Look closer", "Check", "Take away"]
    assert choices(app, "panels_")[0] == "Numbers" and "Doctor" not in choices(app, "panels_")
    app = visit(layer="linear", panel="training")
    assert choices(app, "panels_") == ["Doctor", "Training step", "Layer API"]
    assert (chosen(app, "panel_groups"), chosen(app, "panels_")) == ("check", "training")


def test_a_group_opens_its_first_panel_and_the_link_keeps_it() -> None:
    app = visit(layer="linear")
    app.segmented_control(key="panel_groups").set_value("take").run()
    assert app.query_params["panel"] == "script"
    assert failures(app) == [] and any("assert" in block.value for block in app.code)


def test_a_layer_that_never_ran_opens_a_panel_that_has_something_to_say() -> None:
    app = visit(layer="linear", params={"input_dim": 3})
    assert len(failures(app)) == 1
    assert "Numbers" not in choices(app, "panels_") and "There are no numbers" not in str(app.caption)


@pytest.mark.parametrize(
    ("layer", "is_there"),
    [
        ("layer_stack", False),
        ("keras.layers.Dense", False),
        ("keras.layers.SimpleRNN", True),
        ("keras.layers.TimeDistributed", True),
    ],
)
def test_over_time_is_there_where_something_runs_over_time(layer: str, is_there: bool) -> None:
    assert ("Over time" in choices(visit(layer=layer), "panels_")) is is_there


def test_what_if_opens_on_a_question_whose_answer_differs() -> None:
    assert chosen(visit(layer="keras.layers.Dropout", panel="difference"), "what_if_") == "training"
    app = visit(layer="keras.layers.Dense", panel="difference")
    assert "Training on" in choices(app, "what_if_") and chosen(app, "what_if_") == "seed"
    assert not any("Nothing differs" in text.value for text in (*app.markdown, *app.caption))


def test_what_if_says_in_a_line_what_was_tried_in_vain() -> None:
    app = visit(layer="center_zero", panel="difference")
    assert choices(app, "what_if_") == []
    assert any("Nothing differs, whichever was tried: Another seed" in text.value for text in app.caption)


def test_a_training_step_has_a_row_for_each_weight() -> None:
    app = visit(layer="keras.layers.Dense", panel="training", params={"kernel_constraint": "non_neg"})
    kernel, bias = rows(app)
    assert list(bias) == ["before", "gradient", "after"]
    np.testing.assert_allclose(bias["after"], bias["before"] - 0.1 * bias["gradient"], rtol=1e-6)
    np.testing.assert_allclose(kernel["after"], kernel["before"] - 0.1 * kernel["gradient"], rtol=1e-5, atol=1e-7)
    np.testing.assert_array_equal(kernel["constrained"], np.maximum(kernel["after"], 0))


def test_the_calls_are_made_when_the_panel_opens_and_the_refused_ones_are_last() -> None:
    app = visit(layer="linear", panel="calls")
    assert failures(app) == [] and not any(button.label in ("Run", "Run all of these") for button in app.button)
    ends = [text.value for text in app.markdown if "It gives" in text.value or "It raises" in text.value]
    raises = ["It raises" in text for text in ends]
    given, refused = raises[: raises.index(True)], raises[raises.index(True) :]
    assert len(given) > 5 and refused.count(True) > refused.count(False), "a modern form stands beside a refused call"


def test_the_doctor_leads_with_what_needs_a_person_and_folds_the_rest() -> None:
    app = visit(layer="keras.layers.Dropout", panel="doctor")
    folded = [expander.label for expander in app.expander if "(" in expander.label]
    assert any(label.startswith("Passed (") for label in folded)
    if not any("Undecided checks" in text.value for text in app.caption):  # on a busy machine
        assert "Dropout is healthy" in "".join(text.value for text in app.success)


def test_an_examination_that_was_stopped_shows_what_was_found_and_can_go_on() -> None:
    app = visit(layer="linear", panel="doctor")
    session = app.session_state["session"]
    found = Finding("call", "passed", *(Message("It can be called"),) * 5)
    session.examined = session.experiment, Report("Linear", (), (found,), 0.1, Message("It was stopped in the check"))
    session.halted = session.experiment
    app.run()
    assert any("could not be examined fully" in text.value for text in app.warning)
    assert any("It was stopped in the check" in text.value for text in app.caption)
    app.button(key="examine_on").click().run()
    assert failures(app) == [] and not any("It was stopped" in text.value for text in app.caption)


def test_the_smallest_inputs_of_a_finding_open_as_those_of_the_experiment() -> None:
    app = visit(layer="keras.layers.GlobalAveragePooling1D", panel="doctor")
    assert any(block.value.startswith("x0 = float32 (1, 1, 1)") for block in app.code)
    app.button(key="open_advice_0_0").click().run()
    assert failures(app) == []
    opened = json.loads(app.query_params["experiment"]) if "experiment" in app.query_params else app.query_params
    assert "mask" in str(opened) and "typed" in str(opened)


def test_the_buttons_of_the_form_are_named_by_words() -> None:
    app = visit(layer="linear")
    for key, words in {"undo": "Undo", "redo": "Redo", "reset": "Reset", "new_seed": "Another seed"}.items():
        assert (app.button(key=key).label, app.button(key=key).icon) == (words, "")
    [link] = [one for one in app.get("bidi_component") if one.proto.component_name == "layer_explorer_link"]
    assert json.loads(link.proto.json)["copy"] == "Copy link"


def test_a_refused_number_is_told_in_words_below_its_row() -> None:
    app = visit(layer="linear")
    app.number_input(key="p_linear_units").set_value(0).run()
    assert failures(app) == [] and any("“units” cannot take that value" in text.value for text in app.markdown)
    assert any("1 ... 16384" in text.value for text in app.markdown)


def test_two_sizes_that_disagree_are_named_and_each_can_be_mended() -> None:
    app = visit(layer="linear", params={"input_dim": 3})
    assert "The input has 2 features, input\\_dim says 3" in failures(app)[0]
    labels = [button.label for button in app.button if str(button.key).startswith("repair_")]
    assert labels[0] == "Set input\\_dim to 2, as the input has it"
    assert any("Use the usual parameters" in label and "None" in label for label in labels)
    app.button(key="repair_run_0").click().run()
    assert failures(app) == [] and json.loads(app.query_params["params"]) == {"input_dim": 2}


def test_a_parameter_that_is_too_small_can_be_set_to_the_least() -> None:
    app = visit(layer="linear", params={"units": 0})
    labels = [button.label for button in app.button if str(button.key).startswith("repair_")]
    assert labels[0] == "Set units to 1" and not any("as the input has it" in label for label in labels)


def test_an_experiment_is_taken_away_as_a_file() -> None:
    app = visit(layer="linear", panel="file")
    assert failures(app) == [] and choices(app, "panels_") == ["Script", "File"]
    assert app.get("download_button") and app.get("file_uploader")


@pytest.mark.parametrize("name", [view.name for view in in_order(PANELS)])
def test_a_page_that_gave_its_trace_up_keeps_none_of_its_arrays(name: str) -> None:
    app = visit(layer="linear", panel=name)
    session = app.session_state["session"]
    assert session.last_good is not None
    output = weakref.ref(session.last_good.outputs[0])
    session.forget_traces()
    gc.collect()
    assert output() is None, "Streamlit keeps a widget's functions, and what they refer to, with the session"


def test_a_choice_that_the_browser_tells_in_other_words_changes_nothing() -> None:
    """As after a change of language whose page was not drawn to its end."""
    app = visit(layer="linear", panel="weights")
    for key in ("panel_groups", "language"):
        app.segmented_control(key=key).set_value(None).run()
        assert failures(app) == []
    assert app.session_state["session"].look.panel == "weights"
