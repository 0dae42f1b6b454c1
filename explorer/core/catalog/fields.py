"""From a constructor's argument to the control that sets it.

An argument is known by its name first ("units", "kernel_initializer"), then by the type of its default value. Bounds
are there so that one slip of a slider cannot take gigabytes.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import types
import typing
from collections.abc import Mapping
from typing import Any

import keras

from explorer.experiment.recipes import FLOAT_DTYPES, checked_value
from explorer.model.problem import Problem
from layers.card import Field, FieldKind
from layers.choices import QUANTIZATIONS

UNSET = inspect.Parameter.empty
HIDDEN = frozenset(
    # The experiment says the dtype, a rebuilt layer keeps its own name, and a sparse or ragged tensor has no grid.
    ("self", "name", "dtype", "trainable", "autocast", "weights", "sparse", "ragged", "use_cudnn")
)
_ADVANCED = re.compile(
    r".*_regularizer|.*_constraint|lora_.*|quantization_config|gptq_.*|seed|salt|noise_shape|attention_axes|stateful|"
    r"flash_attention|renorm.*|synchronized|idf_weights|pad_to_max_tokens|encoding|reverse_dtype|data_format|unroll|"
    r"zero_output_for_mask|logit_soft_cap|min_power|ref_power|top_db|antialias"
)


def _names(module: Any) -> tuple[str, ...]:
    """The lower-case names of a Keras module that make an object of it without further arguments."""
    # The last three are exported, but Keras does not make them from their bare names.
    helpers = {"get", "serialize", "deserialize", "constant", "stft", "l1_l2"}
    found = (name for name in dir(module) if re.fullmatch(r"[a-z][a-z0-9_]*", name) and name not in helpers)
    return tuple(name for name in found if _simple(getattr(module, name)))


def _simple(value: Any) -> bool:
    """Whether it is a class, or a function of one argument."""
    if inspect.isclass(value):
        return True
    if not inspect.isfunction(value):
        return False
    return sum(p.default is UNSET for p in inspect.signature(value).parameters.values()) == 1


ACTIVATIONS = _names(keras.activations)
INITIALIZERS = _names(keras.initializers)
REGULARIZERS = _names(keras.regularizers)
CONSTRAINTS = _names(keras.constraints)


def _integer(name: str, default: int | None, low: int, high: int) -> Field:
    return Field(name, "integer", default, minimum=low, maximum=high)


def _number(name: str, default: float | None, low: float | None = None, high: float | None = None) -> Field:
    return Field(name, "number", default, minimum=low, maximum=high)


def _choice(name: str, *choices: str) -> Field:
    return Field(name, "choice", choices[0], choices=choices)


_LOOKUP_MODES = ("int", "one_hot", "multi_hot", "count", "tf_idf")
_INNER_DENSE = {"class_name": "Dense", "config": {"units": 4}}
_INNER_CELL = {"class_name": "SimpleRNNCell", "config": {"units": 4}}
_KNOWN = (
    _integer("units", 4, 1, 16_384),
    _integer("filters", 4, 1, 4096),
    _integer("groups", 1, -1, 4096),
    _integer("depth_multiplier", 1, 1, 256),
    _integer("num_heads", 2, 1, 256),
    _integer("key_dim", 4, 1, 4096),
    _integer("value_dim", None, 1, 4096),
    _integer("head_dim", 4, 1, 4096),
    _integer("num_query_heads", 4, 1, 256),
    _integer("num_key_value_heads", 2, 1, 256),
    _integer("sliding_window", None, 1, 1024),
    _integer("input_dim", 10, 1, 1_000_000),
    _integer("output_dim", 4, 1, 16_384),
    _integer("lora_rank", None, 1, 1024),
    _integer("n", 3, 1, 4096),
    _integer("axis", -1, -8, 7),
    _integer("height", 8, 1, 512),
    _integer("width", 8, 1, 512),
    _integer("max_number", 4, 1, 1024),
    _integer("max_tokens", None, 1, 1_000_000),
    _integer("num_tokens", 10, 1, 1_000_000),
    _integer("num_bins", 8, 2, 10_000),
    _integer("num_oov_indices", 1, 0, 64),
    _integer("output_sequence_length", None, 1, 1024),
    _integer("ngrams", None, 1, 8),
    _integer("num_chains", 3, 1, 16),
    _integer("chain_depth", 3, 1, 16),
    _integer("num_ops", 2, 1, 16),
    _integer("bins", 256, 2, 4096),
    _integer("power_iterations", 1, 1, 64),
    _integer("fft_length", None, 2, 8192),
    _integer("frame_length", 64, 2, 8192),
    _integer("frame_step", None, 1, 8192),
    _integer("sequence_length", None, 2, 8192),
    _integer("sequence_stride", 32, 1, 8192),
    _integer("num_mel_bins", 16, 1, 512),
    _integer("sampling_rate", 16000, 1, 192_000),
    _integer("seed", None, 0, 2**31 - 1),
    _integer("salt", None, 0, 2**31 - 1),
    _number("rate", 0.5, 0, 0.99),
    _number("dropout", 0.0, 0, 0.99),
    _number("recurrent_dropout", 0.0, 0, 0.99),
    _number("stddev", 1.0, 0, 100),
    _number("momentum", 0.99, 0, 1),
    _number("renorm_momentum", 0.99, 0, 1),
    _number("epsilon", 0.001, 0, 1),
    _number("factor", 0.5, 0, 1),
    _number("height_factor", 0.3, -1, 1),
    _number("width_factor", 0.3, -1, 1),
    _number("x_factor", 0.0, 0, 1),
    _number("y_factor", 0.0, 0, 1),
    _number("brightness_factor", None, 0, 1),
    _number("contrast_factor", None, 0, 1),
    _number("saturation_factor", None, 0, 1),
    _number("hue_factor", None, 0, 1),
    _number("sigma", 1.0, 0, 16),
    _number("lora_alpha", None, 0, 1024),
    _number("max_value", None, 0),
    _number("max_freq", None, 0),
    _number("mean", None),
    _number("variance", None, 0),
    _number("fill_value", None),
    _number("logit_soft_cap", None, 0),
    Field("flash_attention", "boolean"),
    Field("noise_shape", "shape", minimum=1, maximum=4096),
    Field("attention_axes", "json"),
    Field("value_range", "json", [0, 1]),
    Field("bias_axes", "text"),
    Field("mask_token", "text"),
    Field("shared_axes", "shape", minimum=1, maximum=7),
    Field("output_shape", "json", minimum=-1, maximum=16_384),  # None stands for an axis of any length
    Field("target_shape", "shape", [-1], minimum=-1, maximum=4_194_304),
    Field("dims", "shape", [2, 1], minimum=1, maximum=7),
    Field("axes", "json", 1),
    Field("quantization_config", "choice", choices=tuple(QUANTIZATIONS)),
    Field("layer", "json", _INNER_DENSE),
    Field("layers", "json", [_INNER_DENSE]),
    Field("cell", "json", _INNER_CELL),
    Field("cells", "json", [_INNER_CELL, _INNER_CELL]),
    _choice("padding", "valid", "same"),
    _choice("data_format", "channels_last", "channels_first"),
    _choice("interpolation", "bilinear", "nearest"),
    _choice("fill_mode", "reflect", "constant", "nearest", "wrap"),
    _choice("merge_mode", "concat", "sum", "mul", "ave"),
    _choice("score_mode", "dot", "concat"),
    _choice("output_mode", *_LOOKUP_MODES),
    _choice("oov_method", "floormod", "farmhash"),
    _choice("vocabulary_dtype", "int64"),
    _choice("reverse_dtype", *FLOAT_DTYPES),
    _choice("window", "hann", "hamming"),
    _choice("scaling", "density", "spectrum"),
    _choice("standardize", "lower_and_strip_punctuation", "lower", "strip_punctuation"),
    _choice("split", "whitespace", "character"),
)
KNOWN: Mapping[str, Field] = {known.name: known for known in _KNOWN}
"""Arguments by name. A default here is used where the constructor has none."""

_SPATIAL: Mapping[str, tuple[int, int, int]] = {
    "kernel_size": (3, 1, 32),
    "pool_size": (2, 1, 64),
    "strides": (1, 1, 64),
    "dilation_rate": (1, 1, 32),
    "size": (2, 1, 16),
    "output_size": (2, 1, 64),
    "output_padding": (0, 0, 16),
}
"""One number per spatial axis: the usual value, the least and the most."""


def field_of(parameter: inspect.Parameter, help_text: str = "", rank: int | None = None) -> Field | None:
    """The control of one argument.

    Args:
        parameter: the constructor's parameter.
        help_text: one sentence for the reader.
        rank: how many spatial axes the layer has (2 for `Conv2D`), if it has any.

    Returns:
        The field, or `None` when the argument is required and nothing is known about it.
    """
    found = _by_name(parameter, rank)
    if found is None or not _accepts(found):
        found = _by_type(parameter)
    stated = _by_annotation(parameter)
    vague = found is None or (found.kind == "json" and found.default is None)
    if stated is not None and (vague or (parameter.default is UNSET and found and stated.kind != found.kind)):
        found = stated
    if found is None:
        return None
    unset = parameter.default is None or (parameter.default is UNSET and found.optional)
    return dataclasses.replace(
        found, help=help_text, optional=unset, advanced=bool(_ADVANCED.fullmatch(parameter.name))
    )


def _by_name(parameter: inspect.Parameter, rank: int | None) -> Field | None:
    name, default = parameter.name, parameter.default
    if name in _SPATIAL and (rank is not None or name == "kernel_size"):
        return _spatial(name, default, rank or 1)
    if name.endswith("_initializer"):
        return _named(name, default, INITIALIZERS, "zeros")
    if name.endswith("_regularizer"):
        return _named(name, default, REGULARIZERS, "l2")
    if name.endswith("_constraint"):
        return _named(name, default, CONSTRAINTS, "unit_norm")
    if name == "activation" or name.endswith("_activation"):
        return _named(name, default, ACTIVATIONS, "relu")
    known = KNOWN.get(name)
    if known is None or default is UNSET:
        return known
    if known.kind == "choice":
        return (
            _named(name, default, known.choices, known.choices[0])
            if default is None or str(default) == default
            else None
        )
    # Pictures here are in [0, 1], so that is the range of the pixel values whatever the constructor assumes.
    return known if name == "value_range" else dataclasses.replace(known, default=as_json(default))


def _spatial(name: str, default: Any, rank: int) -> Field:
    usual, low, high = _SPATIAL[name]
    value = usual if default is UNSET else as_json(default)
    if rank == 1:
        value = value[0] if isinstance(value, list) and len(value) == 1 else value
        return Field(name, "integer", value, minimum=low, maximum=high)
    value = [value] * rank if isinstance(value, int) else value
    return Field(name, "shape", value, minimum=low, maximum=high)


def _named(name: str, default: Any, choices: tuple[str, ...], usual: str) -> Field:
    if default is UNSET:
        default = usual
    if isinstance(default, str) and default not in choices:
        lower = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", default).lower()
        default = lower if lower in choices else default
        choices = choices if default in choices else (default, *choices)
    return Field(name, "choice", default, choices=choices)


def _by_type(parameter: inspect.Parameter) -> Field | None:
    name, value = parameter.name, as_json(parameter.default)
    if parameter.default is UNSET:
        return None
    if isinstance(value, bool):
        return Field(name, "boolean", value)
    if isinstance(value, int):
        return _integer(name, value, -1024 if value < 0 else 0, max(1024, 4 * value))
    if isinstance(value, float):
        return Field(name, "number", value)
    if isinstance(value, str):
        return Field(name, "text", value)
    if isinstance(value, list):
        flat = keras.tree.flatten(value)
        if flat and all(type(item) is int for item in flat):
            kind: FieldKind = "shape" if len(flat) == len(value) else "json"
            return Field(name, kind, value, minimum=min(0, *flat), maximum=max(64, *flat))
    if value is None or isinstance(value, (list, dict)):
        return Field(name, "json", value)
    return Field(name, "json", None)  # an object of Keras's own: it stays as the constructor has it


def _by_annotation(parameter: inspect.Parameter) -> Field | None:
    """The control of what an argument is annotated with: `int`, `float | None`, `Literal["sum", "mean"]`, ..."""
    name, kinds = parameter.name, _alternatives(parameter.annotation)
    optional = type(None) in kinds
    kinds = [kind for kind in kinds if kind is not type(None)]
    if not kinds:
        return None
    found = _of_kind(name, kinds[0], typing.get_origin(kinds[0]))
    if found is None:
        return None
    default = None if parameter.default is None else found.default
    return dataclasses.replace(found, default=default, optional=optional)


def _alternatives(annotation: Any) -> list[Any]:
    """`int | None` taken apart. An annotation that is still a text is known by the names of Python's own types."""
    if isinstance(annotation, str):
        names = {kind.__name__: kind for kind in (bool, int, float, str, tuple, list, dict)} | {"None": type(None)}
        return [names[part.strip()] for part in annotation.split("|") if part.strip() in names]
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return list(typing.get_args(annotation))
    return [annotation]


def _of_kind(name: str, kind: Any, origin: Any) -> Field | None:
    if origin is typing.Literal:
        choices = typing.get_args(kind)
        words = all(isinstance(choice, str) for choice in choices)
        return _choice(name, *choices) if words else Field(name, "json", choices[0])
    if origin in (tuple, list) or kind in (tuple, list):
        inner = [arg for arg in typing.get_args(kind) if arg is not Ellipsis]
        if inner and not all(arg is int for arg in inner):
            return Field(name, "json", [0.5 if arg is float else "" for arg in inner])
        size = len(inner) if origin is tuple and Ellipsis not in typing.get_args(kind) else 1
        return Field(name, "shape", [4] * max(1, size), minimum=-1, maximum=4096)
    usual = {
        bool: Field(name, "boolean", False),
        int: _integer(name, 4, -1024, 16_384),
        float: Field(name, "number", 0.5),
        str: Field(name, "text", "relu" if "act" in name else ""),
    }
    if inspect.isclass(kind) and issubclass(kind, keras.layers.Layer):
        return Field(name, "json", _INNER_DENSE)
    return usual.get(kind) if isinstance(kind, type) else None


def _accepts(spec: Field) -> bool:
    """Whether the field takes its own default; a later Keras may have given the name another meaning."""
    if spec.default is None:
        return True
    try:
        checked_value(spec, spec.default, "")
    except Problem:
        return False
    return True


def as_json(value: Any) -> Any:
    """The value with its tuples as lists, at any depth."""
    return [as_json(item) for item in value] if isinstance(value, (tuple, list)) else value
