"""What an uploaded .keras file holds, looked at before Keras sees it: members, sizes, and what the config names."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from explorer.model.problem import Problem, brief
from explorer.model.trace import Message

CONFIG = "config.json"
MEMBERS = {CONFIG: 2 << 20, "metadata.json": 64 << 10, "model.weights.h5": 64 << 20}
"""The members that are read, and how many bytes each may have when it is unpacked."""
MAX_PARTS = 200_000
"""How many numbers, texts, lists and objects a config may hold."""
MAX_DEPTH = 120
"""How deep they may lie in one another: a model in a model takes about ten."""
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1


def config_of(data: bytes) -> dict[str, Any]:
    """The config of a model file, after a look at all of the file.

    Raises:
        Problem: if it is no .keras file, holds other members than Keras's three, or more than there is room for.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            _check(members)
            damaged = archive.testzip()
            if damaged is not None:
                raise zipfile.BadZipFile(f"the check sum of {damaged} is another one")
            text = archive.read(CONFIG)
    except (zipfile.BadZipFile, KeyError, OSError, EOFError, ValueError, RuntimeError, NotImplementedError) as error:
        raise _damaged(data, error) from error
    try:
        config = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _damaged(data, error) from error
    if not isinstance(config, dict) or not isinstance(config.get("config"), dict):
        raise _damaged(data, TypeError("the config describes no object"))
    _bounded(config)
    config.pop("compile_config", None)  # how it was trained: nothing of that is needed
    return config


def _damaged(data: bytes, error: Exception) -> Problem:
    received = f"{len(data):,} bytes: {data[:12]!r}{' …' if len(data) > 12 else ''}"
    detail = f"{type(error).__name__}: {error}"[:400]
    return Problem("This is not a whole .keras file.", 'model.save("model.keras")', received, "model", detail)


def _check(members: Collection[zipfile.ZipInfo]) -> None:
    names = [member.filename for member in members]
    if "assets" in {name.partition("/")[0] for name in names}:
        what = Message("This model keeps files beside its weights, such as a vocabulary; such models are not read.")
        raise Problem(what, ", ".join(MEMBERS), brief([name for name in names if name not in MEMBERS]), "model")
    if set(names) - set(MEMBERS) or len(set(names)) < len(names) or not {CONFIG, "model.weights.h5"} <= set(names):
        raise Problem("A .keras file holds other members.", ", ".join(MEMBERS), brief(names), "model")
    for member in members:
        if member.file_size > MEMBERS[member.filename]:
            expected, received = f"<= {MEMBERS[member.filename]:,} bytes", f"{member.file_size:,} bytes"
            what = Message("“{name}” in this file is too large.", {"name": member.filename})
            raise Problem(what, expected, received, "model")
        if member.compress_type not in _METHODS or member.flag_bits & _ENCRYPTED:
            what = Message("“{name}” in this file is packed in a way that is not read.", {"name": member.filename})
            raise Problem(what, "stored, deflated", str(member.compress_type), "model")


def _bounded(config: Any) -> None:
    """Walk through a config, which may be as large as its text.

    Raises:
        Problem: if it holds too much.
    """
    level, count = [config], 0
    for _ in range(MAX_DEPTH):
        count += len(level)
        level = [inner for part in level for inner in _inside(part)]
        if not level or count > MAX_PARTS:
            break
    if level or count > MAX_PARTS:
        expected = f"<= {MAX_PARTS:,}, {MAX_DEPTH} deep"
        raise Problem("The config of this model is larger than a model's.", expected, f"> {count:,}", "model")


def _inside(value: Any) -> Collection[Any]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def described(config: Any) -> Iterator[Mapping[str, Any]]:
    """Every description of an object in a config, as Keras recognises one."""
    waiting = [config]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict) and isinstance(value.get("class_name"), str):
            yield value
        waiting += reversed(list(_inside(value)))


def custom(config: Any) -> dict[str, str]:
    """The classes and functions that cannot be Keras's: what each is registered as, and its own name.

    Raises:
        Problem: if a function without a name is among them, whose Python code would have to run.
    """
    found: dict[str, str] = {}
    for one in described(config):
        name, module = one["class_name"], one.get("module")
        if name == "__lambda__":
            raise Problem(
                "This model holds a function without a name, saved as Python code. No code of a file is run.",
                "def name(x): ...",
                "keras.layers.Lambda(lambda x: ...)",
                "model",
            )
        if "module" not in one and "registered_name" not in one:
            continue
        if isinstance(module, str) and module.partition(".")[0] == "keras":
            continue
        function = name == "function"
        own = one.get("config") if function else name
        if module == "builtins" or not isinstance(own, str):  # Keras looks for these among its own
            continue
        registered = one.get("registered_name")
        found[registered if isinstance(registered, str) and registered else own] = own
    return found
