"""Imports of places that are gone, and imports that are missing."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import keras

from explorer.core.own_code.old.rules.backend import is_kept, needed_names
from explorer.core.own_code.old.source import Old, rule
from explorer.core.source_edits import Edit, Source
from explorer.model.trace import Message

_GONE = re.compile(
    r"(?:keras|tf\.keras|tensorflow\.keras|tensorflow\.python\.keras|keras\.src|tensorflow\.contrib\.keras)\.(?:"
    r"engine(?:\.\w+)*|layers\.(?:core|merge|recurrent|convolutional|pooling|normalization|embeddings|wrappers|noise|"
    r"local|advanced_activations|convolutional_recurrent)|legacy\.layers)"
)
_MOVED = {
    "tf.keras": "keras",
    "tensorflow.python.keras": "keras",
    "tensorflow.contrib.keras": "keras",
    "keras.initializations": "keras.initializers",
    "keras.utils.np_utils": "keras.utils",
    "keras.utils.generic_utils": "keras.utils",
    "keras.utils.vis_utils": "keras.utils",
    "keras.utils.data_utils": "keras.utils",
}
_RENAMED = {"merge": "add", "Convolution1D": "Conv1D", "Convolution2D": "Conv2D", "initializations": "initializers"}
_USUAL = {
    "keras": "import keras",
    "tf": "import tensorflow as tf",
    "tensorflow": "import tensorflow",
    "np": "import numpy as np",
    "numpy": "import numpy",
    "ops": "from keras import ops",
    "math": "import math",
    "K": "from keras import backend as K",
    "functools": "import functools",
    "itertools": "import itertools",
    **{
        name: f"from keras import {name}"
        for name in (
            "layers",
            "initializers",
            "activations",
            "regularizers",
            "constraints",
            "losses",
            "metrics",
            "models",
            "random",
            "Model",
            "Sequential",
            "Input",
            "backend",
        )
    },
    **{
        name: f"from typing import {name}"
        for name in ("Any", "Optional", "Callable", "Union", "List", "Tuple", "Literal")
    },
}


@rule
def moved_imports(source: Source) -> Iterator[Old]:
    """`from keras.engine.topology import Layer`."""
    for node in source.nodes:
        if not isinstance(node, ast.ImportFrom) or not node.module or node.level:
            continue
        module = node.module
        today = "keras.layers" if _GONE.fullmatch(module) else _today(module)
        if module in ("keras", "keras.layers") and any(name.name in _RENAMED for name in node.names):
            today = module
        if today is None:
            continue
        names = ", ".join(
            _RENAMED.get(name.name, name.name) + (f" as {name.asname}" if name.asname else "") for name in node.names
        )
        if today == "keras.layers" and {name.name for name in node.names} <= {"Model", "Input", "Sequential"}:
            today = "keras"
        text = f"from {today} import {names}"
        if text != source.text(node):
            what = Message("“{old}” is gone; this is found in {new} today.", {"old": module, "new": today})
            yield Old(node.lineno, what, (source.put(node, text),))


def _today(module: str) -> str | None:
    for old, new in _MOVED.items():
        if module == old or module.startswith(f"{old}."):
            return new + module.removeprefix(old)
    return None


@rule
def missing_imports(source: Source) -> Iterator[Old]:
    """A name of Keras, TensorFlow or NumPy that nothing imports."""
    if source.tree is None:
        return
    wanted: dict[str, int] = {name: line for name, line in source.unknown.items() if _import_of(name)}
    if "K" in wanted and not any(
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "K"
        and is_kept(source, node)
        for node in source.nodes
    ):
        del wanted["K"]
    for name in needed_names(source):
        wanted.setdefault(name, 1)
    if not wanted:
        return
    for name in sorted(wanted, key=lambda one: (not _import_of(one).startswith("import"), one)):
        what = Message("“{name}” is used and not imported.", {"name": name})
        yield Old(wanted[name], what, (import_edit(source, name),))


def import_edit(source: Source, name: str) -> Edit:
    """The import of a name that everybody calls so, in front of the first statement."""
    line = source.imports_line
    return Edit(line, 0, line, 0, f"{_import_of(name)}\n")


def _import_of(name: str) -> str:
    if name in _USUAL:
        return _USUAL[name]
    known = name[:1].isupper() and name.isidentifier() and name in dir(keras.layers)
    return f"from keras.layers import {name}" if known else ""
