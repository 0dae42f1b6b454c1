"""How an experiment's layer is examined from a terminal. Needs no Keras."""

from __future__ import annotations

import ast
import shlex

from explorer.experiment import Experiment
from explorer.experiment.model_file import is_of_model
from explorer.experiment.recipes import default_recipe
from explorer.export.constructor import construction, inner_layers
from explorer.project import COMMAND
from layers.card import Card


class _Shape(str):
    """An input as the command line writes it."""


def doctor_command(card: Card, experiment: Experiment) -> str:
    """The command that examines the experiment's layer, on random inputs of the same shapes and dtypes.

    The inputs and the call are as in the experiment, and the parameters are; bfloat16 inputs are float32, which the
    layer casts.

    Args:
        card: of the experiment's first layer.
        experiment: whose layer to examine.
    Returns:
        The command; "" if a command line cannot write its parameters, its inputs or its call, and for what is no
        class: a chain of layers, a layer of a model's file.
    """
    inputs = _inputs(card, experiment)
    params = _params(card, experiment)
    if inputs is None or params is None or experiment.then or is_of_model(card.id):
        return ""
    module, _, name = card.layer.rpartition(":")
    where = "path/to/your_file.py" if experiment.code else module
    return " ".join([COMMAND, "doctor", f"{where}:{name}", *inputs, *(["--params", *params] if params else [])])


def _inputs(card: Card, experiment: Experiment) -> list[str] | None:
    shapes: list[_Shape] = []
    for position, spec in enumerate(card.inputs):
        recipe = experiment.inputs[position] if position < len(experiment.inputs) else default_recipe(spec)
        dtype = experiment.dtype if spec.dtype == "float" else spec.dtype
        if dtype == "string" or not recipe.shape:
            return None
        written = "" if dtype in ("float32", "bfloat16") else f":{dtype}"
        shapes.append(_Shape(",".join(map(str, recipe.shape)) + written))
    positional, named = card.arranged(shapes)
    together = []
    if not named and len(positional) == 1 and isinstance(positional[0], list):
        positional, together = positional[0], ["--list"]
    elif not named and len(positional) == 1 and isinstance(positional[0], dict):
        positional, named, together = [], positional[0], ["--dict"]
    if not all(isinstance(value, _Shape) for value in (*positional, *named.values())):
        return None
    if not all(str(name).isidentifier() for name in named):
        return None
    written_inputs = [*positional, *(f"{name}={shape}" for name, shape in named.items())]
    return [*(f"--input {one}" for one in written_inputs), *together]


def _params(card: Card, experiment: Experiment) -> list[str] | None:
    call = ast.parse(construction(card, experiment.params, {}, experiment.dtype), mode="eval").body
    assert isinstance(call, ast.Call)
    module = card.layer.partition(":")[0]
    inner = [path.split(":") for path in inner_layers(experiment.params)]
    known = {"keras", *(name for where, name in inner if where == module)}
    found = []
    for argument in call.keywords:
        nodes = list(ast.walk(argument.value))
        if any(isinstance(node, ast.Name) and node.id not in known for node in nodes):
            return None
        if any(isinstance(node, ast.Attribute) for node in nodes) and not any(isinstance(n, ast.Call) for n in nodes):
            return None
        value = argument.value.value if isinstance(argument.value, ast.Constant) else None
        text = ast.unparse(argument.value)
        if isinstance(value, str) and value.isidentifier() and value not in ("None", "True", "False"):
            text = value
        found.append(shlex.quote(f"{argument.arg}={text}"))
    return found
