"""Hostile .keras files: generated, each a sound one in which something was changed."""

from __future__ import annotations

import io
import json
import marshal
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import h5py
import numpy as np

from tests.explorer.core.hostile import PATH
from tests.hostile.files import packed

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
CELL = "layers/dense/vars/0"
"""Where the file has the kernel of its one layer."""


def hostile(sound: bytes) -> Iterator[tuple[str, bytes]]:
    """The corpus: `(what was done, the bytes)`.

    Args:
        sound: a Sequential of one Dense(2) on inputs of 3 features, called "dense".
    """
    members = _members(sound)
    yield from _archives(sound, members)
    for name, config in _configs(json.loads(members[CONFIG])):
        text = config if isinstance(config, bytes) else json.dumps(config).encode()
        yield f"config: {name}", packed({**members, CONFIG: text})
    for name, weights in _weights(members[WEIGHTS]):
        yield f"weights: {name}", packed({**members, WEIGHTS: weights}, zipfile.ZIP_STORED)


def _members(sound: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(sound)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _archives(sound: bytes, members: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """Files that are no whole archives, hold other members, or unpack to too much."""
    yield "nothing", b""
    yield "text", b"<script>alert(1)</script>"
    for cut in (1, 30, len(sound) // 2, len(sound) - 22, len(sound) - 1):
        yield f"cut at {cut}", sound[:cut]
    for place in range(60, len(sound), len(sound) // 6):
        yield (
            f"flipped at {place}",
            sound[:place] + bytes(one ^ 0xFF for one in sound[place : place + 40]) + sound[place + 40 :],
        )
    yield "config bomb", packed({**members, CONFIG: bytes(300_000_000)})
    yield "weights bomb", packed({**members, WEIGHTS: bytes(300_000_000)})
    yield "metadata bomb", packed({**members, METADATA: bytes(80_000_000)})
    for name in ("../../evil", PATH, "assets/vocabulary.txt", "assets/../../evil", "model.weights.h5/x", "code.py"):
        yield f"member {name}", packed({**members, name: b"evil"})
    yield "no weights", packed({CONFIG: members[CONFIG]})
    yield "no config", packed({WEIGHTS: members[WEIGHTS]})
    yield "lzma", packed(members, zipfile.ZIP_LZMA)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in (*members.items(), (f"c{CONFIG[1:-1]}N", b"{}")):
            archive.writestr(name, data)
    yield "config twice", stream.getvalue().replace(b"config.jsoN", CONFIG.encode())


def _configs(config: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Configs that are none, name what is no layer, carry code, read files, or ask for too much."""
    yield "no JSON", b"{"
    yield "no object", [1]
    yield "half a character", b'{"class_name": "Sequential", "config": {"name": "\\ud800"}}'
    yield "deep text", b"[" * 100_000
    yield "deep", b'{"class_name": "Sequential", "config": ' + b'{"a":' * 500 + b"1" + b"}" * 501
    yield "long", {**config, "config": {**config["config"], "more": [0] * 300_000}}

    def dense(**changed: Any) -> dict[str, Any]:
        copy = json.loads(json.dumps(config))
        copy["config"]["layers"][1]["config"] |= changed
        return copy

    def instead(**layer: Any) -> dict[str, Any]:
        copy = json.loads(json.dumps(config))
        copy["config"]["layers"][1] = {"registered_name": None, "module": "keras.layers", **layer}
        return copy

    for units in ("many", -1, None, [4], 10**9, 10**30, 1.5, {"class_name": "Dense", "config": {}}):
        yield f"units {units}", dense(units=units)
    yield "embedding", instead(class_name="Embedding", config={"input_dim": 10**9, "output_dim": 10**3})
    yield "wide input", {**config, "config": _with_input(config, [None, 10**9])}
    code = compile(f"open({PATH!r})", "<lambda>", "eval")
    value = [marshal.dumps(code).hex(), None, None]
    function = {"class_name": "__lambda__", "config": {"value": value}}
    yield "lambda", instead(class_name="Lambda", config={"function": function, "name": "lambda"})
    yield "activation lambda", dense(activation=function)
    for module, name in (("os", "system"), ("builtins", "eval"), ("subprocess", "run"), ("shutil", "rmtree")):
        told = {"class_name": "function", "module": module, "config": name, "registered_name": name}
        yield f"function {module}.{name}", dense(activation=told)
        yield f"Lambda {module}.{name}", instead(class_name="Lambda", config={"function": told})
        yield f"class {module}.{name}", instead(class_name=name, module=module, config={"args": PATH})
    for module, name in (
        ("keras.utils", "get_file"),
        ("keras.config", "enable_unsafe_deserialization"),
        ("keras.src.saving.serialization_lib", "enable_unsafe_deserialization"),
        ("keras.src.utils.file_utils", "get_file"),
        ("keras.saving", "load_model"),
        ("keras.ops", "no_such"),
        ("keras.layers", "NoSuchLayer"),
        ("keras.src.backend.tensorflow", "tf"),
    ):
        told = {"class_name": "function", "module": module, "config": name, "registered_name": name}
        yield f"function {module}.{name}", dense(activation=told)
        yield f"class {module}.{name}", instead(class_name=name, module=module, config={"fname": "x", "origin": PATH})
    yield "SavedModel", instead(class_name="TFSMLayer", config={"filepath": PATH})
    yield "vocabulary", instead(class_name="StringLookup", config={"vocabulary": PATH})
    yield "no layers", {**config, "config": {"name": "x", "layers": 3}}
    yield "a layer alone", config["config"]["layers"][1]
    yield "an optimizer", {"class_name": "SGD", "module": "keras.optimizers", "config": {}, "registered_name": None}


def _with_input(config: dict[str, Any], shape: list[int | None]) -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(json.dumps(config["config"]))
    copy["layers"][0]["config"]["batch_shape"] = shape
    copy["layers"][1]["build_config"] = {"input_shape": shape}
    return copy


def _weights(sound: bytes) -> Iterator[tuple[str, bytes]]:
    """Weights that lie elsewhere, are none, are too many, or are not there."""
    yield "nothing", b""
    yield "text", b"hello"
    yield "cut", sound[: len(sound) // 2]

    def changed(change: Callable[[h5py.File], None]) -> bytes:
        stream = io.BytesIO(sound)
        with h5py.File(stream, "r+") as file:
            del file[CELL]
            change(file)
        return stream.getvalue()

    def virtual(file: h5py.File) -> None:
        layout = h5py.VirtualLayout((3, 2), "f4")
        layout[:] = h5py.VirtualSource(PATH, "x", (3, 2))
        file.create_virtual_dataset(CELL, layout)

    def references(file: h5py.File) -> None:
        file.create_dataset(CELL, (3, 2), dtype=h5py.ref_dtype)

    changes: dict[str, Callable[[h5py.File], Any]] = {
        "gone": lambda file: None,
        "external link": lambda file: file.__setitem__(CELL, h5py.ExternalLink(PATH, "/x")),
        "soft link": lambda file: file.__setitem__(CELL, h5py.SoftLink("/nowhere")),
        "external storage": lambda file: file.create_dataset(CELL, (3, 2), "f4", external=[(PATH, 0, 24)]),
        "virtual": virtual,
        "references": references,
        "texts": lambda file: file.create_dataset(CELL, data=np.array([[b"a", b"b"]] * 3)),
        "another shape": lambda file: file.create_dataset(CELL, data=np.zeros((2, 3), "f4")),
        "huge": lambda file: file.create_dataset(CELL, (10**6, 10**5), "f4", chunks=(1000, 1000)),
        "a group": lambda file: file.create_group(CELL),
        "a loop": lambda file: file.__setitem__(CELL, file["layers"]),
    }
    for name, change in changes.items():
        yield name, changed(change)
