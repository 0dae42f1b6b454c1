"""List the calls that can be made on a layer, and run one of them."""

from __future__ import annotations

import contextlib
import inspect
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import keras
import numpy as np

from explorer.core.keras_private import object_registration, set_random_seed
from explorer.core.lifecycle.calls.registry import BUILT_WITH_WEIGHTS, NOTHING, Entry, entries
from explorer.core.lifecycle.coding import code_of
from explorer.core.lifecycle.showing import brief_text, error_text, value_text
from explorer.core.lifecycle.state import largest_difference
from explorer.core.lifecycle.subject import Subject
from explorer.core.lifecycle.typed import names
from explorer.core.names import reset_names
from explorer.core.plain import plain
from explorer.experiment import Experiment
from explorer.experiment.model_file import is_of_model
from explorer.model.lifecycle import Call, CallResult, Content, Named
from explorer.model.machine import machine_fault
from explorer.model.problem import Problem, brief
from explorer.model.trace import Message

MAX_GIVEN = 1 << 16
"""Weights of more cells are not taken from a text."""
_SETS = {"symbols": "", "others": "_2", "thirds": "_3"}
"""What the names of symbolic inputs end in, for a first, a second and a third call."""


def calls(experiment: Experiment, attachments: Mapping[str, np.ndarray] | None = None) -> tuple[Call, ...]:
    """Every call, as it reads for this layer; one that does not apply says why.

    Raises:
        Problem: if there is no such layer.
    """
    subject = Subject(experiment, attachments)
    with_weights = None if subject.card.symbolic else _has_weights(subject)
    return tuple(
        replace(entry.call, code=code_of(subject, entry), absent=_absent(subject, entry, with_weights))
        for entry in entries().values()
    )


def call(
    experiment: Experiment, name: str, given: Any = None, attachments: Mapping[str, np.ndarray] | None = None
) -> CallResult:
    """Run one call on a new layer of the experiment, in an empty temporary folder.

    Args:
        experiment: whose first layer is called.
        name: the call's.
        given: what the reader gave it, as JSON: lists of numbers for weights.
        attachments: arrays of uploaded files by content hash.
    Returns:
        What came of it; an error that Keras raises is a result like any other.
    Raises:
        Problem: if there is no such call, it does not apply, or the layer cannot be made.
    """
    entry = entries().get(name)
    if entry is None:
        raise Problem("There is no such call.", expected=", ".join(entries())[:200], received=brief(name))
    subject = Subject(experiment, attachments)
    with_weights = entry.needs == NOTHING or subject.card.symbolic or bool(subject.built().weights)
    absent = _absent(subject, entry, with_weights)
    if absent is not None:
        raise Problem(absent, received=subject.card.title, where="layer")
    code = code_of(subject, entry)
    with _empty_folder() as folder, _keras_put_back():
        reset_names()
        scope = _scope(subject, entry, given)
        before = set(scope)
        result = _run(entry, code, scope)
        if entry.call.asks == "weights" and result.error:
            result = replace(result, problem=_weights_problem(scope["layer"], scope["given"]))
        named = tuple(
            Named(key, brief_text(value))
            for key, value in scope.items()
            if key not in before and not key.startswith("_") and not inspect.isclass(value) and not _shown(code, key)
        )
        with contextlib.suppress(Exception):  # a drawing of what failed half-way is one of what there is
            result = replace(result, graph=entry.draw(scope) if entry.draw else "")
        with contextlib.suppress(Exception):
            result = replace(result, table=entry.tabulate(scope) if entry.tabulate else None)
        file = folder / entry.file
        content = Content(file.read_bytes() if entry.file and file.exists() else b"")
    return replace(result, names=named, file=entry.file if content else "", content=content)


# ------------------------------------------------------------------------------------------------ running it
def _scope(subject: Subject, entry: Entry, given: Any) -> dict[str, Any]:
    """The names that the code may use. Nothing else of this program is among them."""
    scope: dict[str, Any] = {
        "keras": keras,
        "np": np,
        "inspect": inspect,
        "Path": Path,
        "difference": largest_difference,
        "importlib": import_module("importlib"),
        "tf": import_module("tensorflow"),
        "__name__": "__main__",
        "subject": subject,
    }
    if "layer" in entry.takes:
        scope["layer"] = subject.built() if not subject.card.symbolic else subject.make()
    if "unbuilt" in entry.takes:
        scope["unbuilt"] = subject.make()
    if "inputs" in entry.takes:
        positional, keywords = subject.arguments()
        values = [*_flat(positional), *keywords.values()]
        scope |= zip(names(subject), values, strict=True)
    if entry.call.asks == "weights":
        scope["given"] = _given_weights(given) if given is not None else scope["layer"].get_weights()
    return scope


def _flat(positional: Sequence[Any]) -> list[Any]:
    return [item for value in positional for item in (value if isinstance(value, list) else [value])]


def _run(entry: Entry, code: str, scope: dict[str, Any]) -> CallResult:
    """Run the lines of a call of ours; its last line is what it gives."""
    set_random_seed(scope["subject"].experiment.seed)
    text, error = "", ""
    start = time.perf_counter()
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", UserWarning)
        try:
            scope["_"] = _evaluate(code, scope)
            text = value_text(scope["_"])
        except Exception as raised:
            _tell_machine_fault(raised)
            error = error_text(raised)
    milliseconds = (time.perf_counter() - start) * 1000
    said = dict.fromkeys(f"{type(one.message).__name__}: {str(one.message).splitlines()[0]}" for one in warned)
    return CallResult(entry.call.id, code, text, error, tuple(said), milliseconds=milliseconds)


def _tell_machine_fault(error: Exception) -> None:
    """Keep an error that says nothing of the layer from being shown as its result.

    Raises:
        Problem: if the machine is behind it.
    """
    fault = machine_fault(error)
    if fault is not None:
        raise Problem(fault, where="engine", detail=plain(str(error))[:2000]) from error


def _shown(code: str, name: str) -> bool:
    """Whether a name says nothing new: a line that makes a symbolic input, or what the call gives anyway."""
    return f"\n{name} = keras.Input(" in f"\n{code}" or code.rsplit("\n", 1)[-1] == name


def _evaluate(code: str, scope: dict[str, Any]) -> Any:
    import ast

    tree = ast.parse(code)
    last = tree.body.pop()
    assert isinstance(last, ast.Expr)
    exec(compile(tree, "<call>", "exec"), scope)  # the body of a function of this package, names of inputs put in
    return eval(compile(ast.Expression(last.value), "<call>", "eval"), scope)


def _given_weights(given: Any) -> list[np.ndarray]:
    """Arrays from lists of numbers.

    Raises:
        Problem: if they are not.
    """
    example = "[[[0.1, 0.2], [0.3, 0.4]], [0, 0]]"
    if not isinstance(given, list):
        raise Problem("The weights are a list of arrays.", expected=example, received=brief(given))
    try:
        arrays = [np.array(one, dtype="float64") for one in given]
    except (TypeError, ValueError) as error:
        raise Problem(
            "Each weight is a list of numbers, with rows of one length.", example, brief(given), detail=str(error)
        ) from error
    if sum(array.size for array in arrays) > MAX_GIVEN:
        raise Problem("These are too many numbers.", expected=f"<= {MAX_GIVEN:,}", received="")
    return arrays


def _weights_problem(layer: Any, given: Sequence[np.ndarray]) -> Problem | None:
    """Why these arrays are not this layer's weights."""
    own, got = [tuple(w.shape) for w in layer.weights], [array.shape for array in given]
    if len(own) != len(got):
        what = Message(
            "The layer has {own} weights, and {given} arrays were given.", {"own": len(own), "given": len(got)}
        )
    elif own != got:
        what = Message("An array has another shape than its weight.")
    else:
        return None
    return Problem(what, expected=", ".join(map(str, own)), received=", ".join(map(str, got)))


# ------------------------------------------------------------------------------------------------ around it
def _has_weights(subject: Subject) -> bool | None:
    """Whether the layer has weights once it is built; None if it cannot be built."""
    try:
        return bool(subject.built().weights)
    except Problem:
        return None


def _absent(subject: Subject, entry: Entry, with_weights: bool | None) -> Message | None:
    if entry.needs == NOTHING:
        return None
    if subject.card.symbolic:
        return Message("A symbolic tensor is no layer, and has no such call.")
    if "unbuilt" in entry.takes and is_of_model(subject.card.id):
        return Message("This layer came from a file, with its weights: there is none of it that is not built.")
    if with_weights is None:
        return Message("The layer cannot be built on this input.")
    if entry.needs == BUILT_WITH_WEIGHTS and not with_weights:
        return Message("This layer has no weights.")
    return None


@contextlib.contextmanager
def _empty_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        yield Path(folder)


@contextlib.contextmanager
def _keras_put_back() -> Iterator[None]:
    """Afterwards the classes that a call registered are unknown again."""
    tables = (object_registration.GLOBAL_CUSTOM_OBJECTS, object_registration.GLOBAL_CUSTOM_NAMES)
    registered = [dict(table) for table in tables]
    try:
        yield
    finally:
        for table, before in zip(tables, registered, strict=True):
            table.clear()
            table.update(before)
