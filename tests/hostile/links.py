"""Hostile links: generated, each with the part of the experiment that the answer must be about."""

from __future__ import annotations

import base64
import itertools
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import layers
from explorer.core.catalog.derive import derived_cards
from tests.explorer.core.hostile import PATH, attacks


@dataclass(frozen=True)
class Link:
    """A hostile link.

    Attributes:
        query: its parameters.
        where: the part that a sentence must name,
        "params.units"; "*" for any; None if the link is to open without a word,
            because what it says is cut or ignored by design.
        what: the words with which that sentence begins; "" where several would be right.
    """

    query: dict[str, str]
    where: str | None
    what: str = ""


NESTED = "[" * 40 + "1" + "]" * 40
JUNK = (
    "null", "true", "-1", "1.5", "1e999", "NaN", "-Infinity", "1" + "0" * 23, "1" + "0" * 400, '""', '"nan"',
    f'"{PATH}"', '"__import__(\'os\').system(\'true\')"', '"<script>alert(1)</script>"', '"\\ud800"',
    '"' + "x" * 9000 + '"',
    "[[]]", '["\\udfff"]', "[null]", '{"a": {"b": 1}}', '{"__class__": "x"}', '{"\\ud800": 1}', NESTED,
    '{"a":' * 40 + "1" + "}" * 40, "[" * 90_000, "[" + "1," * 110_000 + "1]", "{", "]", "", "\x00", "'single'", "0x10",
)  # fmt: skip
"""Texts that are no value of any part, but for those in SOUND."""
SOUND = {
    "training": {"true"},
    "trainable": {"true"},
    "mask": {"null"},
    "params": {'{"a": {"b": 1}}', '{"__class__": "x"}'},
}
PARTS = ("params", "inputs", "seed", "training", "trainable", "mask", "edits", "step", "then")
NAMES = (
    "",
    " ",
    "no such layer!",
    "a" * 101,
    "../../etc/passwd",
    "os.system",
    "keras.layers",
    "keras.layers.",
    "keras.Model",
    "keras.layers.Layer.__init__",
    "keras.layers.TFSMLayer",
    "keras.models.load_model",
    "tensorflow.io.read_file",
    "__import__",
    "builtins.exec",
    "keras.src.layers.Dense",
    "linear\x00",
    "linear\n",
    "linear;drop",
    "<b>linear</b>",
    "{{7*7}}",
    "${7*7}",
    "%s%s%s%n",
    "바나나",
    "\u202elinear",
    "linear\u0301",
    "LINEAR",
    "keras.layers.dense",
    "'",
    '"',
    "`",
    "[x](http://evil.example)",
)
LOOKS = ("panel", "tensor", "scale", "language", "at", "cell", "way", "call")
LOOK_VALUES = (
    "x" * 5000,
    "../../etc/passwd",
    "<script>alert(1)</script>",
    "\ud800",
    "step:999999999@0",
    "0.0.0.0:9",
    "\x00",
    "-1",
)
SIZES = (10**7, 10**9, 2**31, 2**53, 2**63, 10**23)


def links() -> Iterator[Link]:
    """The corpus."""
    for family in (parts, compressed, unknown, names, looks, recipes, edits, chains, descriptions, sizes):
        yield from family()


def parts() -> Iterator[Link]:
    """Junk in every part. A sound layer stands beside it and must be the one that is shown."""
    for part, text in itertools.product(PARTS, JUNK):
        if text not in SOUND.get(part, ()):
            yield Link({"layer": "linear", part: text}, part)
    for text in JUNK:
        yield Link({"layer": "linear", "dtype": text}, "dtype")


def packed(text: str | bytes) -> str:
    """A text as the compressed part of a link holds it."""
    raw = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    return base64.urlsafe_b64encode(zlib.compress(raw)).decode().rstrip("=")


def compressed() -> Iterator[Link]:
    """What is no compressed experiment, and compressed experiments that are hostile inside."""
    whole = packed(json.dumps({"layer": "linear", "params": {"units": 3}}))
    for text in (
        "",
        "!",
        "=",
        "AAAA",
        "바",
        "A" * 8000,
        whole[:10],
        whole[:-4],
        whole[5:],
        whole[::-1],
        packed(b"\xff\xfe"),
    ):
        yield Link({"z": text}, "")
    for text in ("[]", "3", "null", '"layer"', "{", "[" * 500_000, " " * 30_000_000, '{"params": ' + "[" * 400):
        yield Link({"z": packed(text)}, "")
    for part in PARTS:
        for value in ('"\\ud800"', NESTED, "1" + "0" * 23, "{", '{"a": [1e999]}'):
            yield Link({"z": packed(f'{{"layer": "linear", "{part}": {value}}}')}, "*")
    yield Link({"z": packed('{"unknown": 1}')}, "")


def unknown() -> Iterator[Link]:
    """Parameters that a link does not have."""
    for name in (
        "params[]",
        "__proto__",
        "constructor",
        "callback",
        "redirect",
        "embed",
        "file",
        "path",
        "needs ",
        "Layer",
    ):
        yield Link({"layer": "linear", name: "1"}, "", "An experiment has no such part.")
    yield Link({f"unknown{n}": "1" for n in range(50_000)}, "", "Parts of the link that were left out as well")
    many = json.dumps({f"unknown{n}": 1 for n in range(20_000)})
    yield Link({"layer": "linear", "params": many}, "", "Parts of the link that were left out as well")
    yield Link({"layer": "linear", "needs": "0" * 64}, "inputs")
    yield Link({"layer": "linear", "needs": f"{PATH}"}, "inputs")


def names() -> Iterator[Link]:
    """Names of layers that are none, in both places where a layer is named."""
    for name in NAMES:
        yield Link({"layer": name}, "layer")
        yield Link({"layer": "linear", "then": json.dumps([[name, {}]])}, "then")


def looks() -> Iterator[Link]:
    """A look never fails: what is not known is as good as not said."""
    for part, value in itertools.product(LOOKS, LOOK_VALUES):
        yield Link({"layer": "linear", part: value}, None)


def recipes() -> Iterator[Link]:
    """Inputs that cannot be made, or would be too large."""
    for size in SIZES:
        for shape in ([size], [size, size], [2, size], [0, size], [1] * 7 + [size]):
            yield Link({"layer": "linear", "inputs": json.dumps([{"kind": "ones", "shape": shape}])}, "inputs")
    for recipe in (
        {"kind": "open", "shape": [2]},
        {"kind": "file", "shape": [2], "sha256": PATH},
        {"kind": "ones", "shape": "2"},
        {"kind": "file", "shape": [2, 3], "sha256": "ab" * 32, "name": "../../x.npy"},
        {"kind": "ones", "shape": [True]},
        {"kind": "typed", "shape": [2], "values": {"class_name": "VGG16"}},
        {"kind": "typed", "shape": [2], "path": PATH},
        {"kind": "constant", "shape": [2, 2], "value": "six"},
        {"kind": "tokens", "shape": [2], "vocabulary": 10**12},
        {"kind": "normal", "shape": [2], "stddev": -1},
        {"kind": "ones", "shape": [-1]},
        {"kind": "ones", "shape": [[2]]},
        {"kind": "image", "shape": [2], "url": "http://evil.example"},
        {"kind": "ones", "shape": [1] * 9},
        {"kind": "ones"},
        {"shape": [2]},
        {"kind": None},
        {"kind": {"kind": "ones"}},
    ):
        yield Link({"layer": "linear", "inputs": json.dumps([recipe])}, "inputs")
    yield Link({"layer": "linear", "inputs": json.dumps([{"kind": "ones", "shape": [2, 3]}] * 17)}, "inputs")
    yield Link({"layer": "linear", "inputs": json.dumps([{"kind": "ones", "shape": [2, 3]}] * 3)}, "inputs")


def edits() -> Iterator[Link]:
    """Cells that are not there, and more of them than anybody edits."""
    for tensor, index, value in (
        ("weight:nothing", [0], 1),
        ("weight:kernel", [99, 0], 1),
        ("weight:kernel", [0], 1),
        ("input:7", [0, 0], 1),
        ("input:0", [2**60, 0], 1),
        ("input:0", [], 1),
        ("weight:../kernel", [0, 0], 1),
        ("weight:kernel", [0, 0], None),
        ("weight:kernel", [-1, 0], 1),
        ("weight:kernel", ["0", 0], 1),
        ("step:1", [0, 0], 1),
        ("weight:" + "x" * 300, [0], 1),
    ):
        yield Link({"layer": "linear", "edits": json.dumps([[tensor, index, value]])}, "edits")
    yield Link({"layer": "linear", "edits": json.dumps([["weight:b", [0], 1]] * 20_000)}, "edits")


def chains() -> Iterator[Link]:
    """Chains that are none."""
    for chain in (
        [["linear", {}]] * 4,
        [["linear"]],
        [["linear", {}, 1]],
        [["linear", []]],
        [[None, {}]],
        [{"layer": "linear"}],
        "linear",
        [["linear", {"units": "many"}]],
        [["keras.layers.Add", {}]],
        [["keras.Input", {}]],
        [["linear", {"nothing": 1}]],
    ):
        yield Link({"layer": "linear", "then": json.dumps(chain)}, "then")


def descriptions() -> Iterator[Link]:
    """Descriptions of objects in every argument of some layers."""
    cards = {**layers.catalogue(), **derived_cards()}
    chosen = ("keras.layers.Dense", "keras.layers.Embedding", "keras.layers.Bidirectional", "attention", "linear")
    for name in chosen:
        found = list(attacks(cards[name]))
        for spec, value in _spread(found, 60):
            yield Link({"layer": name, "params": json.dumps({spec.name: value})}, f"params.{spec.name}")


def sizes() -> Iterator[Link]:
    """Parameters that would make tensors too large to build."""
    for layer, name in (
        ("linear", "units"),
        ("keras.layers.Dense", "units"),
        ("keras.layers.LSTM", "units"),
        ("keras.layers.RepeatVector", "n"),
        ("keras.layers.Embedding", "output_dim"),
        ("keras.layers.Conv2D", "filters"),
        ("matmul", "output_dim"),
    ):
        for size in (-1, 0, *SIZES[1:]):
            yield Link({"layer": layer, "params": json.dumps({name: size})}, "*")


def _spread(found: Sequence[Any], count: int) -> Sequence[Any]:
    """So many, evenly from all."""
    return found[:: max(1, len(found) // count)][:count]
