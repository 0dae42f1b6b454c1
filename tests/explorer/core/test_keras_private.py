"""What we reach into Keras and TensorFlow for is there, and does what we take it for. Each message says what broke."""

from __future__ import annotations

import ast
import gc
import importlib
import random
import re
import subprocess
import sys
import weakref
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import explorer
from explorer.core import keras_private as private
from explorer.engine import configuration

ROOT = Path(explorer.__file__).parent
SHOWN_CODE = ROOT / "core" / "lifecycle" / "calls"
"""Calls that the documents name: their text is for the reader."""
PRIVATE = re.compile(
    r"_flatten_layers|_inbound_nodes|_outbound_nodes|_keras_history|_check_super_called|_trainable_variables|"
    r"_call_has_training_arg|_call_signature|_tracker"
)


def reaches(source: str) -> list[str]:
    """Imports from, and attributes of, what Keras and TensorFlow keep to themselves."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(("keras.src", "tensorflow.python")):
            found.append(node.module or "")
        elif isinstance(node, ast.Attribute):
            text = ast.unparse(node)
            if text.startswith(("keras.src", "tf.python", "tf.__internal__")) or PRIVATE.fullmatch(node.attr):
                found.append(text)
    return found


def test_nobody_else_reaches_into_keras() -> None:
    files = [path for path in ROOT.rglob("*.py") if path.name != "keras_private.py" and SHOWN_CODE not in path.parents]
    assert len(files) > 200
    found = {str(path.relative_to(ROOT)): reaches(path.read_text(encoding="utf-8")) for path in files}
    assert {name: names for name, names in found.items() if names} == {}


@pytest.mark.parametrize(
    "line", ["from keras.src.ops.node import Node", "keras.src.backend.get_keras_mask(x)", "layer._flatten_layers()"]
)
def test_a_planted_reach_is_found(line: str) -> None:
    assert reaches(line) != []


def test_every_name_says_why() -> None:
    tree = ast.parse(Path(private.__file__).read_text(encoding="utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert len(functions) > 8 and all(ast.get_docstring(node) for node in functions)
    assert set(private.__all__) <= set(vars(private))


def test_a_mask_is_an_attribute_of_one_tensor() -> None:
    x = tf.ones((2, 3))
    assert private.mask_of(x) is None, "Keras attaches masks to tensors that nobody masked"
    private.set_mask(x, tf.constant([True, False]))
    assert private.mask_of(x).numpy().tolist() == [True, False], "a mask that was attached is not found again"
    assert private.mask_of(tf.identity(x)) is None, "a copy carries the mask: layers are then told of masks twice"
    masked = keras.layers.Embedding(3, 2, mask_zero=True)(np.array([[1, 0]]))
    assert private.mask_of(masked).numpy().tolist() == [[True, False]], "layers attach masks in another way"


def test_the_parts_of_a_layer_are_found_at_any_depth() -> None:
    inner = keras.layers.Dense(1)
    outer = keras.Sequential([keras.layers.TimeDistributed(inner)])
    found = private.parts_of(outer)
    assert found[0] is outer and inner in found, "layers inside layers inside layers are missed"
    assert outer not in private.parts_of(outer, itself=False), "a layer counts as one of its parts"


def test_a_frozen_layer_still_knows_what_it_could_train() -> None:
    layer = keras.layers.Dense(1)
    layer.build((None, 2))
    layer.trainable = False
    assert layer.trainable_variables == []
    assert {v.name for v in private.own_trainable_variables(layer)} == {"kernel", "bias"}, "frozen weights are missed"


def test_a_forgotten_parent_constructor_is_told_by_keras() -> None:
    class Forgetful(keras.layers.Layer):  # type: ignore[misc]
        def __init__(self) -> None:
            pass

    with pytest.raises(RuntimeError, match="super"):
        private.check_constructed(Forgetful())


def test_names_start_over_when_the_counters_are_taken_away() -> None:
    before = private.global_attribute(private.NAME_COUNTERS)
    try:
        private.set_global_attribute(private.NAME_COUNTERS, None)
        names = [keras.layers.Dense(1).name for _ in range(2)]
        assert names == ["dense", "dense_1"], "Keras counts automatic names elsewhere"
        assert private.NAME_COUNTERS in private.global_attributes(), "Keras keeps its global attributes elsewhere"
    finally:
        private.set_global_attribute(private.NAME_COUNTERS, before)


def test_layers_without_a_seed_draw_from_the_global_generator() -> None:
    before = private.global_attribute(private.SEED_GENERATOR)
    try:
        private.set_global_attribute(private.SEED_GENERATOR, None)
        keras.random.uniform((1,))
        generator = private.global_attribute(private.SEED_GENERATOR)
        assert generator is not None, "what has no seed draws from another generator"
        state = generator.state.numpy().tolist()
        keras.random.uniform((1,))
        assert generator.state.numpy().tolist() != state, "a draw no longer moves the generator's state"
    finally:
        private.set_global_attribute(private.SEED_GENERATOR, before)


def test_tensorflows_context_has_a_seed_and_a_generator() -> None:
    context = private.eager_context()
    before = context._seed
    tf.random.set_seed(3)
    assert context._seed == 3, "TensorFlow keeps its seed elsewhere: a layer would not be left as it was"
    state = context._rng.getstate()
    first = tf.random.uniform(()).numpy()
    assert context._rng.getstate() != state, "a draw does not move the generator that we put back"
    context._rng.setstate(state)
    context.clear_kernel_cache()
    assert tf.random.uniform(()).numpy() == first, "a generator that was put back draws another number"
    context._seed = before


def _numbers(function: Any) -> list[float]:
    """One number of each generator that a layer may draw from: Python's, NumPy's, Keras's, TensorFlow's older ones."""
    uniform = tf.raw_ops.RandomUniform(shape=[1], dtype=tf.float32, seed=5, seed2=6)[0]
    bright = tf.image.random_brightness(tf.zeros((1, 1, 3)), 0.5)[0, 0, 0]
    older = [tf.random.normal(()), tf.random.normal((), seed=1), uniform, bright, function()]
    return [float(x) for x in (random.random(), np.random.rand(), keras.random.uniform(()), *older)]


def test_a_seed_starts_every_generator_over_as_kerass_own_function_does() -> None:
    function = tf.function(lambda: tf.while_loop(lambda x: x == 0.0, lambda x: tf.random.normal((), seed=2), [0.0])[0])
    gc.collect()
    before = len(private._drawn.graphs)
    drawn = []
    for start_over in (keras.utils.set_random_seed, private.set_random_seed, private.set_random_seed):
        start_over(11)
        assert private.global_attribute(private.GLOBAL_SEED) == 11
        drawn.append((_numbers(function), _numbers(function)))
    assert drawn[0] == drawn[1] == drawn[2], "a generator goes on where it stopped, or is seeded elsewhere"
    assert all(one != other for one, other in zip(*drawn[0], strict=True))
    private.set_random_seed(12)
    assert _numbers(function)[:5] != drawn[0][0][:5]
    assert len(private._drawn.graphs) == before + 1, "one that may draw is not known, or is still known"
    del function
    gc.collect()
    assert len(private._drawn.graphs) == before, "a function that is gone makes every seed dear"


def test_a_seed_costs_no_kernel_unless_one_has_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    forgotten = []
    monkeypatch.setattr(private.eager_context(), "clear_kernel_cache", lambda: forgotten.append(1))
    monkeypatch.setattr(private._drawn, "eagerly", False)
    monkeypatch.setattr(private._drawn, "graphs", weakref.WeakSet())
    monkeypatch.setattr(private._drawn, "unknown", False)
    keras.random.normal((2,)), keras.layers.Dropout(0.5)(np.ones((2, 2)), training=True), keras.layers.Dense(2)
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile(loss="mse")
    model.fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0)
    private.set_random_seed(3)
    assert not forgotten, "Keras draws by kernels that go on where they stopped: every seed costs all kernels again"
    tf.random.normal((2,))
    private.set_random_seed(3)
    private.set_random_seed(3)
    assert len(forgotten) == 1, "a draw of TensorFlow's older generators is not noticed"
    with tf.Graph().as_default() as graph:
        tf.random.normal((2,))
    private.set_random_seed(3)
    assert len(forgotten) == 2 and graph in private._drawn.graphs, "a draw in a graph is not noticed"


def test_a_function_is_known_to_the_context_by_its_name() -> None:
    concrete = tf.function(lambda x: x + 1).get_concrete_function(tf.TensorSpec((), tf.float32))
    name = concrete.function_def.signature.name
    assert private.eager_context().get_function_def(name).signature.name == name, "what it writes cannot be looked up"


def test_operations_are_reported_and_described() -> None:
    heard: list[str] = []

    def note(op_type: str, *_: object) -> None:
        heard.append(op_type if isinstance(op_type, str) else op_type.decode())

    private.op_callbacks.add_op_callback(note)
    try:
        tf.add(tf.ones(2), 1.0)
    finally:
        private.op_callbacks.remove_op_callback(note)
    assert "AddV2" in heard, "TensorFlow no longer tells which operations run"
    found = private.op_def_registry.get("AssignVariableOp")
    assert [argument.name for argument in found.input_arg] == ["resource", "value"], (
        "operations are described otherwise"
    )
    assert isinstance(tf.ones(1), private.EagerTensor)


def test_a_graph_can_be_stopped_from_growing() -> None:
    made: list[str] = []

    class Graph(private.FuncGraph):  # type: ignore[misc]
        def _create_op_internal(self, op_type: str, *args: object, **kwargs: object) -> object:
            made.append(op_type)
            return super()._create_op_internal(op_type, *args, **kwargs)

    with Graph("g").as_default():
        tf.constant(1.0) + tf.constant(2.0)
    assert "AddV2" in made, "operations enter a graph in another way, so an estimate could run for ever"


def test_the_way_of_a_symbolic_tensor_is_known() -> None:
    x = keras.Input((2,))
    layer = keras.layers.Dense(1)
    y = layer(x)
    origin = private.origin_of(y)
    assert origin.operation is layer and origin.node_index == 0, "a drawing would not know what made a tensor"
    assert private.origin_of(tf.ones(1)) is None
    (node,) = private.inbound_nodes(layer)
    assert isinstance(node, private.Node) and node.input_tensors[0] is x and node.output_tensors[0] is y
    model = keras.Model(x, y)
    assert isinstance(model._functional if hasattr(model, "_functional") else model, private.Function)
    assert private.make_node_key(layer, 0) in model._nodes, "a copy of a model would not know its nodes"


def test_what_a_copy_of_a_layer_is_made_with() -> None:
    layer = keras.layers.Dense(1)
    assert isinstance(layer, private.KerasSaveable) and isinstance(layer._tracker, private.Tracker)
    with private.DotNotTrackScope():
        layer.extra = keras.layers.Dense(2)
    assert layer.extra not in private.parts_of(layer), "what is set in this scope is tracked"
    assert vars(keras.random.SeedGenerator(1))["backend"] is private.KERAS_BACKEND


def test_a_stateless_call_is_seen() -> None:
    assert not private.in_stateless_scope()
    with keras.StatelessScope() as scope:
        assert private.in_stateless_scope() and private.get_stateless_scope() is scope


def test_registered_classes_and_settings_are_where_the_workers_look() -> None:
    known = keras.saving.get_custom_objects()
    assert known is private.object_registration.GLOBAL_CUSTOM_OBJECTS, "a job could register a class unseen"
    assert keras.config.floatx() == private.keras_config._FLOATX, "a job could change the default dtype unseen"


@pytest.mark.parametrize("module", [*private.EVERY_LAYERS_METHODS, *(inside for inside, _ in private.PUBLIC_NAMES)])
def test_the_modules_of_operations_and_methods_exist(module: str) -> None:
    importlib.import_module(module)


def test_operations_are_defined_where_their_names_are_looked_up() -> None:
    assert keras.ops.matmul.__module__.startswith("keras.src.ops")
    assert keras.activations.relu.__module__.startswith("keras.src.activations")
    assert keras.random.normal.__module__.startswith("keras.src.random")
    assert keras.layers.Layer.__module__.startswith(private.EVERY_LAYERS_METHODS)


def test_what_the_template_imports_does_not_begin_tensorflows_context() -> None:
    """Its threads would be there in the template only: a worker, which is a fork of it, would wait for ever."""
    program = (
        "import importlib\n"
        "from explorer.engine import configuration\n"
        "for name in configuration.modules(configuration.PRELOAD): importlib.import_module(name)\n"
        "from explorer.core.keras_private import eager_context\n"
        "print(eager_context()._context_handle)\n"
    )
    environment = configuration.environment()
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT.parent, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["None"]
