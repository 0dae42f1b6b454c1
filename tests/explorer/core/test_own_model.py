"""A model file opens: its layers with the weights that they learned, and with what reaches them in the model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from saved_models import learned, pictures, reader, saved, two_towers, uploaded

from explorer.core.arrays import named_weights
from explorer.core.dependence.trail import trail
from explorer.core.jobs import perform
from explorer.core.keras_private import inbound_nodes, object_registration
from explorer.core.own_model import open_model, opened
from explorer.core.own_model.opened import thumbnail
from explorer.core.run import run
from explorer.core.tape.witness import tape_of
from explorer.core.training import training_step
from explorer.engine import codec
from explorer.engine.job import needs_walls
from explorer.experiment import Experiment, from_query, to_query
from explorer.export import experiment_file
from explorer.model.answers import ModelLayer, OpenedModel
from explorer.model.problem import Problem
from explorer.model.report import Report
from explorer.model.trace import Message

MODELS = {make.__name__: make for make in (two_towers, reader, pictures)}
BLUR = '''import keras


@keras.saving.register_keras_serializable(package="mine")
class Blur(keras.layers.Layer):
    """Adds a weight."""

    def build(self, shape):
        self.shift = self.add_weight(name="shift", shape=(shape[-1],))

    def call(self, x):
        return x + self.shift
'''


class Unheard:
    """Nobody listens to the progress."""

    def __call__(self, fraction: float, text: str = "") -> None:
        """So far."""

    def so_far(self, meta: Any, arrays: Any) -> None:
        """As if it ended now."""


@pytest.fixture
def registered() -> Iterator[None]:
    """What is registered with Keras within the test is unknown afterwards."""
    tables = (object_registration.GLOBAL_CUSTOM_OBJECTS, object_registration.GLOBAL_CUSTOM_NAMES)
    before = [dict(table) for table in tables]
    yield
    for table, held in zip(tables, before, strict=True):
        table.clear()
        table.update(held)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Any, bytes]]:
    """Each model, and the bytes of its file."""
    folder = tmp_path_factory.mktemp("models")
    made = {name: make() for name, make in MODELS.items()}
    return {name: (model, saved(model, folder)) for name, model in made.items()}


def layers_of(model: Any, prefix: str = "model") -> dict[str, Any]:
    """The layers of a model and of the models in it, by the ids that they have here."""
    found = {}
    for layer in model.layers:
        if not isinstance(layer, keras.layers.InputLayer):
            found[f"{prefix}.{layer.name}"] = layer
            if isinstance(layer, keras.Model):
                found |= layers_of(layer, f"{prefix}.{layer.name}")
    return found


def given_in(model: Any, layer: Any) -> list[Any]:
    """What a layer gives at its first call in a model, as symbolic tensors."""
    graph = getattr(model, "_functional", model)  # that of a Sequential
    known = {id(node) for nodes in graph._nodes_by_depth.values() for node in nodes}
    return next(list(node.outputs) for node in inbound_nodes(layer) if id(node) in known)


@pytest.mark.parametrize("name", MODELS)
def test_each_layer_has_the_weights_of_its_model_and_gives_what_it_gives_there(
    name: str, files: dict[str, tuple[Any, bytes]]
) -> None:
    model, data = files[name]
    experiment, arrays = uploaded(data)
    given = open_model(experiment, arrays).arrays
    inputs = [keras.ops.convert_to_tensor(array) for array in given]
    tops = {layer: made for layer, made in layers_of(model).items() if layer.count(".") == 1}
    outputs = keras.Model(model.inputs, {layer: given_in(model, made) for layer, made in tops.items()})(
        inputs if len(inputs) > 1 else inputs[0], training=False
    )
    assert len(tops) >= 3
    for layer, made in tops.items():
        trace = run(experiment.change(layer=layer), arrays)
        weights = {weight.name: weight.value for weight in trace.weights}
        assert list(weights) == list(named_weights(made))
        for weight, variable in named_weights(made).items():
            np.testing.assert_array_equal(weights[weight], np.array(variable), strict=True)
        for shown, expected in zip(trace.outputs, outputs[layer], strict=True):
            np.testing.assert_array_equal(shown.value, np.array(expected), strict=True)


def test_the_whole_model_runs_as_one_layer(files: dict[str, tuple[Any, bytes]]) -> None:
    model, data = files["two_towers"]
    experiment, arrays = uploaded(data)
    trace = run(experiment, arrays)
    assert [tensor.name for tensor in trace.inputs] == ["left", "right"]
    np.testing.assert_array_equal(trace.outputs[0].value, np.array(model([x.value for x in trace.inputs])))
    other = experiment.change(inputs=({"kind": "ones", "shape": [3, 4]}, {"kind": "ones", "shape": [3, 4]}))
    expected = np.array(model([np.ones((3, 4), "float32")] * 2))
    np.testing.assert_array_equal(run(other, arrays).outputs[0].value, expected)


def test_a_shared_layer_is_given_what_its_second_call_is_given(files: dict[str, tuple[Any, bytes]]) -> None:
    _, data = files["two_towers"]
    experiment, arrays = uploaded(data, "model.encoder.dense")
    left, right = open_model(experiment, arrays).arrays
    np.testing.assert_array_equal(run(experiment, arrays).inputs[0].value, left)
    second = experiment.change(inputs=({"kind": "reaching", "shape": [2, 4], "call": 1},))
    np.testing.assert_array_equal(run(second, arrays).inputs[0].value, right)
    with pytest.raises(Problem, match="so often"):
        run(experiment.change(inputs=({"kind": "reaching", "shape": [2, 4], "call": 2},)), arrays)


def test_the_model_s_inputs_decide_what_reaches_a_layer(files: dict[str, tuple[Any, bytes]]) -> None:
    model, data = files["pictures"]
    experiment, arrays = uploaded(data, "model.kind")
    assert experiment.model is not None
    given = {**experiment.model.to_json(), "inputs": [{"kind": "ones", "shape": [4, 8, 8, 1]}]}
    trace = run(experiment.change(model=given), arrays)
    np.testing.assert_array_equal(trace.outputs[0].value, np.array(model(np.ones((4, 8, 8, 1), "float32"))))


def test_the_mask_that_reaches_a_layer_comes_with_its_input(files: dict[str, tuple[Any, bytes]]) -> None:
    _, data = files["reader"]
    experiment, arrays = uploaded(data, "model.reads")
    assert experiment.model is not None
    ids = {"kind": "typed", "shape": [1, 5], "values": [3, 4, 5, 0, 0]}
    experiment = experiment.change(model={**experiment.model.to_json(), "inputs": [ids]})
    masked = run(experiment, arrays)
    assert masked.mask[0].value.tolist() == [[True, True, True, False, False]]
    other = run(experiment.change(inputs=({"kind": "ones", "shape": [1, 5, 4]},)), arrays)
    assert not [mask for mask in other.mask if mask.id.startswith("mask:in")]


def test_what_is_chosen_from_is_told(files: dict[str, tuple[Any, bytes]]) -> None:
    model, data = files["two_towers"]
    experiment, arrays = uploaded(data)
    meta, more = perform("open_model", {"experiment": experiment.to_json()}, arrays, Unheard())
    found = codec.unpack(OpenedModel, meta, more)
    assert [one.id for one in found.layers] == ["model", *layers_of(model)]
    by_id = {one.id: one for one in found.layers}
    assert by_id["model.encoder"].calls == 2 and by_id["model.encoder.dense"].depth == 2
    assert by_id["model.head"].parameters == 33 and by_id["model.head"].shapes == ((2, 3),)
    assert dict(by_id["model.head"].facts)["units"] == "3"
    assert by_id["model.head"].picture is not None and by_id["model.head"].picture.shape == (2, 3)
    assert all(one.card is not None for one in found.layers)
    with pytest.raises(Problem, match="no such layer"):
        found.layer("model.other")


def test_everything_else_works_on_a_layer_of_a_model(files: dict[str, tuple[Any, bytes]]) -> None:
    model, data = files["two_towers"]
    experiment, arrays = uploaded(data, "model.head")
    kernel = np.array(model.get_layer("head").kernel)
    edited = run(experiment.change(edits=(("weight:kernel", (0, 0), 7.0),)), arrays).tensor("weight:kernel").value
    assert edited[0, 0] == 7.0 and (edited.ravel()[1:] == kernel.ravel()[1:]).all()
    assert not tape_of(experiment, arrays).refusals
    cells = trail(experiment, "output:0", (0, 1), arrays).cells
    np.testing.assert_allclose(cells["input:0"][0], kernel[:, 1], rtol=1e-6)
    before = {step.name: step.before for step in training_step(experiment, arrays).weights}
    np.testing.assert_array_equal(before["kernel"], kernel)
    meta, _ = perform("examine", {"experiment": experiment.to_json()}, arrays, Unheard())
    findings = codec.unpack(Report, meta).findings
    assert not [one.check for one in findings if one.outcome in ("failed", "broken")]
    with pytest.raises(Problem, match="no other layer can follow"):
        run(experiment.change(then=(("linear", {}),)), arrays)


def test_a_frozen_layer_stays_frozen(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="still")])
    model.get_layer("still").trainable = False
    experiment, arrays = uploaded(saved(learned(model), tmp_path), "model.still")
    assert [weight.trainable for weight in run(experiment, arrays).weights] == [False, False]


@pytest.mark.usefixtures("registered")
def test_classes_of_the_model_s_own_are_those_of_the_code(tmp_path: Path) -> None:
    scope: dict[str, Any] = {"__name__": "elsewhere"}
    exec(compile(BLUR, "elsewhere", "exec"), scope)
    model = learned(keras.Sequential([keras.Input((3,)), scope["Blur"](name="soft"), keras.layers.Dense(2)]))
    data, shift = saved(model, tmp_path), np.array(model.get_layer("soft").shift)
    object_registration.GLOBAL_CUSTOM_OBJECTS.clear()
    experiment, arrays = uploaded(data, "model.soft")
    with pytest.raises(Problem) as refused:
        run(experiment, arrays)
    assert "Blur" in str(refused.value.what) and refused.value.where == "model"
    for code in (BLUR, BLUR.replace('@keras.saving.register_keras_serializable(package="mine")\n', "")):
        trace = run(experiment.change(code=code), arrays)
        np.testing.assert_array_equal(trace.tensor("weight:shift").value, shift)
        np.testing.assert_array_equal(trace.outputs[0].value, trace.inputs[0].value + shift)
        assert any("x + self.shift" in (frame.source or "") for frame in trace.frames)
        object_registration.GLOBAL_CUSTOM_OBJECTS.clear()


def test_a_model_that_does_not_call_a_layer_says_so(tmp_path: Path) -> None:
    code = """import keras


class Half(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.used, self.spare = keras.layers.Dense(2), keras.layers.Dense(2)

    def build(self, shape):
        self.used.build(shape)
        self.spare.build(shape)

    def call(self, x):
        return self.used(x)
"""
    scope: dict[str, Any] = {"__name__": "elsewhere"}
    exec(compile(code, "elsewhere", "exec"), scope)
    model = scope["Half"]()
    model(np.ones((2, 3), "float32"))
    experiment, arrays = uploaded(saved(model, tmp_path), code=code)
    found = opened(open_model(experiment, arrays))
    assert [one.card is not None for one in found.layers] == [True, True, False]
    with pytest.raises(Problem, match="does not call"):
        found.layer(found.layers[-1].id)


def test_the_link_names_the_file_and_the_file_of_the_experiment_holds_it(files: dict[str, tuple[Any, bytes]]) -> None:
    _, data = files["two_towers"]
    experiment, arrays = uploaded(data, "model.head")
    again, _, problems = from_query(to_query(experiment))
    assert again == experiment and not problems
    with pytest.raises(Problem, match="needs a model file"):
        run(experiment, {})
    kept, attached = experiment_file.load(experiment_file.save(experiment, arrays))
    assert kept == experiment and run(kept, attached).outputs[0].value.shape == (2, 3)


def test_a_model_file_counts_as_code_for_the_choice_of_the_process(files: dict[str, tuple[Any, bytes]]) -> None:
    experiment, _ = uploaded(files["pictures"][1])
    assert needs_walls({"experiment": experiment.to_json()}) and not needs_walls({"experiment": Experiment().to_json()})


@pytest.mark.parametrize(
    "changed",
    [
        {"name": "<b>"},
        {"id": "model x"},
        {"picture": np.zeros(3)},
        {"given": np.full((1, 1), np.nan)},
        {"picture": np.zeros((100, 100))},
    ],
)
def test_what_a_process_says_of_a_model_is_not_believed(changed: dict[str, Any]) -> None:
    good = {"picture": np.zeros((2, 2)), "given": None, "card": None, "closed": Message("The model has no such layer.")}
    names = {"id": "model.a", "name": "a", "kind": "Dense", "depth": 1, "calls": 0, "shapes": ()}
    assert ModelLayer(**names, parameters=0, weights=0, **good)
    with pytest.raises(ValueError, match="not a"):
        ModelLayer(**{**names, "parameters": 0, "weights": 0, **good, **changed})


@pytest.mark.parametrize(
    "part", [{"sha256": "x"}, {"sha256": "0" * 64, "more": 1}, {"sha256": "0" * 64, "inputs": 3}, "model.keras", 7]
)
def test_a_link_cannot_hold_another_thing_as_a_model(part: Any) -> None:
    with pytest.raises(Problem):
        Experiment.from_json({"layer": "model", "model": part})


def test_a_layer_of_a_model_needs_its_model() -> None:

    with pytest.raises(Problem, match="stands in no model"):
        run(Experiment("linear", inputs=({"kind": "reaching", "shape": [2, 2]},)))


def test_a_picture_shows_the_channel_that_tells_most() -> None:
    image = np.zeros((1, 2, 2, 3))
    image[0, :, :, 2] = [[1, 2], [3, 4]]
    np.testing.assert_array_equal(thumbnail(image, (4, 4)), [[1, 2], [3, 4]])
    assert np.asarray(thumbnail(np.zeros((1, 2, 2, 3)), (4, 4))).tolist() == [[0, 0], [0, 0]]
