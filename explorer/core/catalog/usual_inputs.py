"""The table of usual arguments and inputs of Keras's own layers: what a signature does not tell.

Small shapes that make good pictures. A class that is not in the table gets its input from its name, its group or its
`input_spec`, see `explorer.core.catalog.derive`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from explorer.keras_texts.summaries import HELP
from explorer.model.trace import Message
from layers.card import Field, Input, Tensor


@dataclass(frozen=True)
class Usual:
    """How one class is usually opened.

    Attributes:
        inputs: what its call takes.
        values: constructor arguments that start with another value than the derived one.
        fields: fields that replace the derived ones.
        tensors: how to read what it makes.
        hidden: arguments that get no control.
        spread: whether the inputs are separate arguments of the call.
    """

    inputs: tuple[Input, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    fields: tuple[Field, ...] = ()
    tensors: tuple[Tensor, ...] = ()
    hidden: tuple[str, ...] = ()
    spread: bool = False


def _one(
    *shape: int, axes: tuple[str, ...] = ("features",), recipe: str = "normal", **options: Any
) -> tuple[Input, ...]:
    return (Input("x", shape, axes, recipe, options),)


def _typed(shape: tuple[int, ...], values: list[Any], dtype: str, *axes: str, name: str = "x") -> Input:
    return Input(name, shape, axes, "typed", {"values": values}, dtype)


_STEPS = ("time", "features")
_GRID = ("height", "width", "channels")
FEATURES = _one(4, 6)
SEQUENCE = _one(2, 5, 4, axes=_STEPS)
PICTURE = _one(1, 16, 16, 3, axes=_GRID, recipe="image")
PAIR = tuple(Input(name, (3, 4), ("features",)) for name in ("a", "b"))
_PAIR_OF_PICTURES = _one(2, 8, 8, 3, axes=_GRID, recipe="linspace", start=0.0, stop=1.0)
_QUERY_VALUE = (Input("query", (2, 4, 6), _STEPS), Input("value", (2, 5, 6), _STEPS))
_TOKENS = (Input("tokens", (2, 5), ("time",), "tokens", {"vocabulary": 10}, "int32"),)
_WORDS = _typed((2, 3), ["cat", "dog", "fox", "bird", "cat", "fish"], "string", "words", name="words")
_LOOKUP_MODES = ("int", "one_hot", "multi_hot", "count", "tf_idf")
_INT_MODES = ("int", "one_hot", "multi_hot", "count")


def _modes(*modes: str) -> Field:
    return Field("output_mode", "choice", modes[0], choices=modes)


def _padding(*choices: str) -> Field:
    return Field("padding", "choice", choices[0], choices=choices)


def _interpolation(default: str) -> Field:
    return Field("interpolation", "choice", default, choices=("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"))


def _state(*axes: str, shape: tuple[int, ...] = (2, 4)) -> Input:
    return Input("states", shape, axes or ("units",), "normal")


_CELL_INPUT = Input("inputs", (2, 3), ("features",))
_SCORES = ("batch", "query", "value")
_PROBABILITIES = (Tensor("output", scale="probability", help=HELP["Softmax.output"]),)

USUAL: Mapping[str, Usual] = {
    # core
    "Dense": Usual(FEATURES),
    "EinsumDense": Usual(
        SEQUENCE, {"output_shape": [5, 3], "bias_axes": "d"}, (Field("equation", "text", "abc,cd->abd"),)
    ),
    "Embedding": Usual(_TOKENS, tensors=(Tensor("embeddings", ("token", "features")),)),
    "ReversibleEmbedding": Usual(_TOKENS),
    "Identity": Usual(FEATURES),
    "Lambda": Usual(
        FEATURES,
        fields=(
            Field(
                "function",
                "choice",
                "square",
                choices=("square", "abs", "negative", "sign", "sqrt", "exp", "sin", "cos", "floor", "tanh", "relu"),
            ),
        ),
        hidden=("output_shape", "arguments", "mask"),
    ),
    "Masking": Usual((_typed((1, 4, 3), [1, 2, 3, 0, 0, 0, 4, 5, 6, 0, 0, 0], "float", *_STEPS),)),
    # recurrent
    "RNN": Usual(SEQUENCE),
    "ConvLSTM1D": Usual(_one(1, 3, 8, 2, axes=("time", "width", "channels"))),
    "ConvLSTM2D": Usual(_one(1, 3, 6, 6, 2, axes=("time", *_GRID))),
    "ConvLSTM3D": Usual(_one(1, 2, 4, 4, 4, 1, axes=("time", "depth", *_GRID))),
    "SimpleRNNCell": Usual((_CELL_INPUT, _state()), spread=True),
    "GRUCell": Usual((_CELL_INPUT, _state()), spread=True),
    # The cell takes h and c as states[0] and states[1]: one tensor with a leading axis of two serves.
    "LSTMCell": Usual((_CELL_INPUT, _state("h and c", "batch", "units", shape=(2, 2, 4))), spread=True),
    "StackedRNNCells": Usual((_CELL_INPUT, _state("cell", "batch", "units", shape=(2, 2, 4))), spread=True),
    "Bidirectional": Usual(SEQUENCE, {"layer": {"class_name": "LSTM", "config": {"units": 4}}}),
    "TimeDistributed": Usual(SEQUENCE),
    # attention
    "Attention": Usual(_QUERY_VALUE, tensors=(Tensor("attention_scores", _SCORES, "probability"),)),
    "AdditiveAttention": Usual(_QUERY_VALUE, tensors=(Tensor("attention_scores", _SCORES, "probability"),)),
    "MultiHeadAttention": Usual(
        _QUERY_VALUE,
        tensors=(Tensor("attention_scores", ("batch", "head", "query", "value"), "probability"),),
        spread=True,
    ),
    "GroupedQueryAttention": Usual(
        _QUERY_VALUE, tensors=(Tensor("scores", ("batch", "head", "query", "value"), "probability"),), spread=True
    ),
    # activation
    "Softmax": Usual(_one(4, 6), tensors=_PROBABILITIES),
    # normalization
    "BatchNormalization": Usual(_one(3, 4, 4, axes=_STEPS, mean=3.0, stddev=2.0)),
    "GroupNormalization": Usual(_one(2, 3, 3, 4, axes=_GRID, mean=3.0, stddev=2.0), {"groups": 2}),
    "SpectralNormalization": Usual(FEATURES),
    # merging
    "Dot": Usual(PAIR),
    # convolution
    "Conv1D": Usual(_one(2, 8, 4, axes=_STEPS), fields=(_padding("valid", "same", "causal"),)),
    # reshaping
    "UpSampling2D": Usual(_one(1, 8, 8, 3, axes=_GRID, recipe="image"), fields=(_interpolation("nearest"),)),
    "Flatten": Usual(_one(2, 3, 4, axes=("rows", "columns"), recipe="arange")),
    "Permute": Usual(_one(2, 3, 4, axes=("rows", "columns"), recipe="arange")),
    "RepeatVector": Usual(_one(2, 4, recipe="arange")),
    "Reshape": Usual(_one(2, 6, recipe="arange"), {"target_shape": [2, 3]}),
    # preprocessing of numbers, categories, text and sound
    "Rescaling": Usual(_one(2, 4, recipe="arange"), {"scale": 0.5}, (Field("scale", "number", 0.5),)),
    "Normalization": Usual(_one(4, 3, mean=3.0, stddev=2.0), {"mean": 3.0, "variance": 4.0}),
    "Discretization": Usual(
        _one(4, 6),
        {"bin_boundaries": [-1.0, 0.0, 1.0]},
        (_modes(*_INT_MODES), Field("num_bins", "integer", minimum=2, maximum=1024, optional=True, advanced=True)),
    ),
    "CategoryEncoding": Usual(
        _TOKENS, {"num_tokens": 10}, (_modes("multi_hot", "one_hot", "count"),), (Tensor("output", scale="category"),)
    ),
    "Hashing": Usual(
        (_WORDS,), fields=(_modes(*_INT_MODES), Field("mask_value", "text", optional=True, advanced=True))
    ),
    "HashedCrossing": Usual(
        (
            _typed((4,), ["red", "red", "green", "blue"], "string", "samples", name="colour"),
            _typed((4,), ["car", "bus", "car", "bus"], "string", "samples", name="vehicle"),
        ),
        fields=(_modes("int", "one_hot"),),
    ),
    "StringLookup": Usual(
        (_WORDS,), {"vocabulary": ["cat", "dog", "bird"]}, (_modes(*_LOOKUP_MODES), Field("oov_token", "text", "[UNK]"))
    ),
    "IntegerLookup": Usual(
        (_typed((2, 3), [10, 20, 30, 20, 99, 10], "int64", "ids", name="ids"),),
        {"vocabulary": [10, 20, 30]},
        (
            _modes(*_LOOKUP_MODES),
            Field("mask_token", "integer", minimum=-(2**31), maximum=2**31 - 1, optional=True, advanced=True),
        ),
    ),
    "TextVectorization": Usual(
        (_typed((3,), ["The cat sat.", "The dog saw the cat", "A bird!"], "string", "sentences", name="text"),),
        {"vocabulary": ["the", "cat", "dog", "bird", "saw"]},
        (_modes("int", "multi_hot", "count", "tf_idf"),),
    ),
    "MelSpectrogram": Usual(
        _one(1, 512, axes=("samples",)), {"fft_length": 128, "sequence_stride": 32, "num_mel_bins": 16}
    ),
    "STFTSpectrogram": Usual(
        _one(1, 512, 1, axes=("samples", "channels")),
        {"frame_length": 64, "frame_step": 32},
        (
            # A window by name needs SciPy, which Keras does not bring; a rectangular one needs nothing.
            Field("window", "choice", choices=("hann", "hamming"), optional=True),
            Field("mode", "choice", "log", choices=("log", "magnitude", "psd", "real", "imag", "angle", "stft")),
        ),
    ),
    "Pipeline": Usual(
        PICTURE,
        {
            "layers": [
                {"class_name": "RandomFlip", "config": {}},
                {"class_name": "CenterCrop", "config": {"height": 12, "width": 12}},
            ]
        },
    ),
    # pictures
    "Resizing": Usual(
        PICTURE, fields=(_interpolation("bilinear"), Field("fill_mode", "choice", "constant", choices=("constant",)))
    ),
    "CutMix": Usual(_PAIR_OF_PICTURES),
    "MixUp": Usual(_PAIR_OF_PICTURES),
    "RandomFlip": Usual(
        PICTURE,
        fields=(
            Field(
                "mode",
                "choice",
                "horizontal_and_vertical",
                choices=("horizontal_and_vertical", "horizontal", "vertical"),
            ),
        ),
    ),
    "RandomPosterization": Usual(PICTURE, fields=(Field("factor", "integer", 3, minimum=1, maximum=8),)),
    "RandomColorJitter": Usual(
        PICTURE, {f"{what}_factor": 0.3 for what in ("brightness", "contrast", "saturation", "hue")}
    ),
    "RandomShear": Usual(PICTURE, {"x_factor": 0.3, "y_factor": 0.3}),
    "ContrastLimitedAdaptiveHistogramEqualization": Usual(PICTURE, {"tile_grid_size": [4, 4]}),
}
"""By the name of the class; a subclass that has no entry of its own uses its parent's."""

BY_RANK: Mapping[int, tuple[Input, ...]] = {
    1: _one(2, 8, 4, axes=_STEPS),
    2: _one(1, 8, 8, 3, axes=_GRID, recipe="image"),
    3: _one(1, 4, 6, 6, 2, axes=("depth", *_GRID)),
}
"""The input of a class whose name says how many spatial axes it has."""

BY_GROUP: Mapping[str, tuple[Input, ...]] = {
    "activation": _one(4, 6, recipe="linspace", start=-3.0, stop=3.0),
    "regularization": FEATURES,
    "normalization": _one(4, 6, mean=3.0, stddev=2.0),
    "merging": PAIR,
    "recurrent": SEQUENCE,
    "attention": _QUERY_VALUE,
}

CLOSED: Mapping[str, Message] = {
    "Layer": Message("Layer is the base class of all layers. It has no computation of its own to show."),
    "Wrapper": Message(
        "Wrapper is the base class of layers that hold another layer. It has no computation of its own."
    ),
    "InputLayer": Message(
        "InputLayer marks where a model begins and computes nothing. See keras.Input for its arguments."
    ),
    "JaxLayer": Message("JaxLayer runs a function written for JAX; it needs JAX, and a function to run."),
    "FlaxLayer": Message("FlaxLayer runs a module written for Flax; it needs JAX, Flax, and a module to run."),
    "TorchModuleWrapper": Message("TorchModuleWrapper runs a PyTorch module; it needs PyTorch as Keras's backend."),
    "TFSMLayer": Message("TFSMLayer runs a saved model; it needs the folder of a model that was exported before."),
}
"""Why a class cannot open here."""
