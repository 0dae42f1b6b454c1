"""Typical mistakes are named: those that raise by `diagnose`, the silent ones by `suspects`; and nothing else is."""

from __future__ import annotations

import collections
import dataclasses
import functools
import inspect
import linecache
import os
import types
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import pytest

import layers
from explorer.core.build import build_layer
from explorer.core.catalog.derive import closed, derived_cards
from explorer.core.mistakes import Diagnosis, diagnose, suspects
from explorer.core.mistakes.names import HOOKS
from explorer.model.fix import Fix
from tests.mistakes import cases
from tests.mistakes.case import Case
from tests.mistakes.provoke import provoke

CASES = cases()
NAMED = 30
"""Mistakes that must be known; the corpus may hold more."""
VARIATIONS = 3


@functools.cache
def failure(case: Case) -> tuple[str, BaseException | None]:
    return provoke(case)


@functools.cache
def findings(case: Case) -> tuple[Diagnosis | None, ...]:
    """What is found: in the error if there is one, in the source otherwise."""
    error = failure(case)[1]
    return tuple(suspects(case.layer_class)) if error is None else (diagnose(error, case.layer_class),)


def named(case: Case) -> set[str]:
    return {"(nothing)" if found is None else found.id for found in findings(case)} or {"(nothing)"}


def test_the_corpus_has_every_mistake_in_several_variations(capsys: pytest.CaptureFixture[str]) -> None:
    count = collections.Counter(case.mistake for case in CASES)
    assert len(count) >= NAMED and min(count.values()) >= VARIATIONS, count


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_shows_when_it_is_said_to(case: Case) -> None:
    """Otherwise the corpus would test something else."""
    moment, error = failure(case)
    assert moment == case.moment, repr(error)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_mistake_and_its_line_are_named(case: Case) -> None:
    assert named(case) == {case.mistake}
    found = next(found for found in findings(case) if found is not None)
    assert str(found.cause) and str(found.why) and found.fixes
    if not case.line:
        return
    assert found.place is not None
    lines = inspect.getsourcelines(inspect.getmodule(case.layer_class))[0]  # type: ignore[arg-type]
    assert lines[found.place.line - 1].strip() == found.place.text and case.line in found.place.text


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_mechanical_mends_replace_the_line_and_are_python(case: Case) -> None:
    for found in findings(case):
        for fix in found.fixes if found else ():
            assert str(fix.what)
            if not fix.before:
                continue
            lines = inspect.getsourcelines(inspect.getmodule(case.layer_class))[0]  # type: ignore[arg-type]
            assert lines[fix.line - 1].strip() == fix.before and fix.after != fix.before
            line = lines[fix.line - 1]
            indent = line[: len(line) - len(line.lstrip())]
            mended = "".join(f"{indent}{new}\n" for new in fix.after.splitlines())
            compile("".join([*lines[: fix.line - 1], mended, *lines[fix.line :]]), "mended", "exec")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_traceback_alone_is_never_misread(case: Case) -> None:
    """Without the class some are not recognised; none is taken for another."""
    error = failure(case)[1]
    found = None if error is None else diagnose(error)
    assert found is None or found.id == case.mistake


def test_the_confusion_table(capsys: pytest.CaptureFixture[str]) -> None:
    table: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for case in CASES:
        for name in named(case):
            table[case.mistake][name] += 1
    wrong = sum(n for mistake, row in table.items() for name, n in row.items() if name not in (mistake, "(nothing)"))
    missed = sum(row["(nothing)"] for row in table.values())
    with capsys.disabled():
        print(f"\n{len(table)} mistakes, {len(CASES)} variations: {wrong} misdiagnosed, {missed} not recognised")
        for mistake, row in sorted(table.items()):
            others = ", ".join(f"{name} {n}" for name, n in row.items() if name != mistake)
            moments = ", ".join(sorted({case.moment for case in CASES if case.mistake == mistake}))
            print(f"  {mistake:30s} {row[mistake]:3d}  {others or '-':24s} {moments}")
    assert wrong == 0 and missed == 0


def test_a_raised_mistake_is_not_suspected_of_another() -> None:
    """What is read from the source agrees with what was planted there."""
    also = {case.name: {found.id for found in suspects(case.layer_class)} - {case.mistake} for case in CASES}
    assert {name: ids for name, ids in also.items() if ids} == {}


@functools.cache
def stock_classes() -> dict[str, type]:
    found = [getattr(keras.layers, name) for name in dir(keras.layers)]
    own = [thing for thing in found if isinstance(thing, type) and issubclass(thing, keras.layers.Layer)]
    return {thing.__name__: thing for thing in sorted(own, key=lambda thing: thing.__name__)}


def test_layers_of_the_catalogue_are_not_suspected() -> None:
    for card in layers.catalogue().values():
        thing = card.layer_class
        module = inspect.getmodule(thing)
        classes = [thing] if inspect.isclass(thing) else [c for _, c in inspect.getmembers(module, inspect.isclass)]
        for layer_class in classes:
            if not layer_class.__module__.startswith("keras."):
                assert suspects(layer_class) == [], card.id


def test_stock_layers_are_suspected_only_of_what_is_true(capsys: pytest.CaptureFixture[str]) -> None:
    """As they usually are: of nothing. Their classes: of arguments that Keras indeed does not write."""
    written = {name: card for name, card in layers.catalogue().items() if name.startswith("keras.layers.")}
    opened = [card for card in {**written, **derived_cards()}.values() if not card.symbolic]
    cards = {card.layer_class.__name__: card for card in opened}
    unopened = {name.removeprefix("keras.layers.") for name in closed()}
    assert len(stock_classes()) >= 143
    rows = []
    for name, layer_class in stock_classes().items():
        layer = build_layer(cards[name], {}, "float32") if name in cards else None
        if layer is not None:
            assert suspects(layer) == [], name
        for found in suspects(layer_class):
            rows.append((name, found.id, found.received, _verdict(name, layer, found, unopened)))
    with capsys.disabled():
        print(
            f"\n{len(stock_classes())} classes of keras.layers: {len(rows)} suspected as a class, 0 as usually opened"
        )
        for row in rows:
            print("  {:22s} {:30s} {:20s} {}".format(*row))
    assert all(verdict for *_, verdict in rows)


def _verdict(name: str, layer: Any, found: Diagnosis, unopened: set[str]) -> str:
    """Why a suspicion is no false alarm; "" if it is one."""
    if layer is None:
        return "by design: the class is no layer to open" if name in unopened else ""
    config = layer.get_config()
    lost = [argument for argument in found.received.split(", ") if argument not in config]
    return "true: its config does not hold it" if found.id == "argument_missing_from_config" and lost else ""


def test_names_of_hooks_are_those_of_keras() -> None:
    assert all(hasattr(keras.layers.Layer, name) for name in HOOKS)


def test_unknown_errors_are_not_guessed_at() -> None:
    class Plain(keras.layers.Layer):
        def call(self, x: Any) -> Any:
            return x

    for error in (ValueError("hm"), KeyError("name"), TypeError("'NoneType' object is not iterable"), RuntimeError("")):
        assert diagnose(error, Plain) is None
        assert diagnose(error) is None
    assert diagnose(AttributeError("'Plain' object has no attribute 'frequency'"), Plain) is None
    assert diagnose(TypeError("'tuple' object does not support item assignment"), Plain) is None
    assert suspects(object) == [] and suspects(Plain) == []


def test_source_that_python_cannot_find_is_read_from_its_text() -> None:
    source = (
        "import keras\n\nclass Typed(keras.layers.Layer):\n"
        "    def bulid(self, shape):\n        self.w = self.add_weight(shape=(shape[-1],))\n\n"
        "    def call(self, x):\n        return x * self.w\n"
    )
    scope: dict[str, Any] = {"__name__": "typed"}
    exec(compile(source, "<typed by a reader>", "exec"), scope)
    found = suspects(scope["Typed"], source)
    assert [(suspect.id, suspect.place.line, suspect.place.text) for suspect in found if suspect.place] == [
        ("misspelled_method", 4, "def bulid(self, shape):")
    ]
    assert suspects(scope["Typed"]) == []
    with pytest.raises(AttributeError) as caught:
        scope["Typed"]()(keras.ops.ones((2, 3)))
    named = diagnose(caught.value, scope["Typed"], source)
    assert named is not None and named.id == "misspelled_method" and named.received == "bulid"
    assert diagnose(caught.value, scope["Typed"]) is None


def test_mechanical_mends_heal(capsys: pytest.CaptureFixture[str]) -> None:
    """With the line replaced, the layer lives through the moment at which the mistake showed, and is not suspected."""
    healed = 0
    for case in CASES:
        for number, fix in enumerate(m for found in findings(case) if found for m in found.fixes if m.before):
            mended = _mended(case, fix, f"tests.mistakes.{case.mistake}_{case.layer_class.__name__}_{number}")
            moment, error = provoke(dataclasses.replace(mended, mistake=case.mistake))
            assert error is None, (case.name, fix.after, moment, repr(error))
            assert case.mistake not in {found.id for found in suspects(mended.layer_class)}, (case.name, fix.after)
            healed += 1
    with capsys.disabled():
        print(f"\n{healed} mechanical fixes, each tried: the mistake is gone")
    assert healed > 30


def _mended(case: Case, fix: Fix, name: str) -> Case:
    """The same variation from a module in which one line is replaced."""
    lines = inspect.getsourcelines(inspect.getmodule(case.layer_class))[0]  # type: ignore[arg-type]
    line = lines[fix.line - 1]
    indent = line[: len(line) - len(line.lstrip())]
    new = "".join(f"{indent}{text}\n" for text in fix.after.splitlines())
    source = "".join([*lines[: fix.line - 1], new, *lines[fix.line :]])
    module = types.ModuleType(name)
    linecache.cache[f"<{name}>"] = (len(source), None, source.splitlines(keepends=True), f"<{name}>")
    exec(compile(source, f"<{name}>", "exec"), vars(module))
    found: Case = vars(module)[case.layer_class.__name__].mistake
    return found
