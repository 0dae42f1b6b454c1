"""What learners type opens and runs; its cards say what the code says."""

from __future__ import annotations

import pytest
from learners import LEARNERS

from explorer.core.own_code import own_card, own_classes
from explorer.core.run import run
from explorer.experiment import Experiment
from explorer.model.problem import Problem


def opened(name: str):
    found = own_classes(LEARNERS[name])
    return found.cards[found.first]


def test_there_are_forty_texts() -> None:
    assert len(LEARNERS) == 40


@pytest.mark.parametrize("name", LEARNERS)
def test_what_learners_type_runs_in_both_modes(name: str) -> None:
    found = own_classes(LEARNERS[name])
    assert not found.closed
    for training in (False, True):
        trace = run(Experiment(found.first, code=LEARNERS[name], training=training))
        assert trace.outputs and trace.frames
        (frame, *_) = trace.frames
        line = LEARNERS[name].split("\n")[frame.first_line - 1]
        assert frame.first_line == 0 or line.strip() == frame.source.split("\n")[0].strip()


def test_the_class_that_no_other_uses_opens_first_and_parents_without_a_call_are_left_out() -> None:
    several = own_classes(LEARNERS["several classes"])
    assert list(several.cards) == ["own.Inner", "own.Outer"] and several.first == "own.Outer"
    assert list(own_classes(LEARNERS["an abstract parent"]).cards) == ["own.Shifted"]


@pytest.mark.parametrize(
    ("name", "inputs", "how"),
    [
        ("a dictionary of inputs", ["left", "right"], "keys"),
        ("a list that is unpacked", ["query", "key"], ""),
        ("a list by places", ["left", "right"], ""),
        ("any number of inputs", ["parts_0", "parts_1"], ""),
        ("keywords only", ["x", "gate"], "input_names"),
        ("starred arguments", ["a", "b"], "spread"),
        ("masks of two inputs", ["first", "second"], "spread"),
        ("tokens", ["ids"], ""),
    ],
)
def test_inputs_are_named_as_in_the_code(name: str, inputs: list[str], how: str) -> None:
    card = opened(name)
    assert [one.name for one in card.inputs] == inputs
    assert [part for part in ("keys", "input_names", "spread") if getattr(card, part)] == ([how] if how else [])


@pytest.mark.parametrize(
    ("name", "rank"),
    [("heads split without a transpose", 3), ("pictures", 4), ("stated in the docstring", 3), ("tokens", 2)],
)
def test_the_code_tells_how_many_axes_an_input_has(name: str, rank: int) -> None:
    assert len(opened(name).inputs[0].shape) == rank


def test_annotations_make_fields() -> None:
    fields = {field.name: field for field in opened("a choice and a shape").fields}
    assert (fields["how"].kind, fields["how"].choices) == ("choice", ("sum", "mean"))
    assert (fields["window"].kind, fields["window"].default) == ("shape", [4, 4])
    assert (fields["limit"].kind, fields["limit"].optional) == ("integer", True)
    assert opened("a helper function").fields[0].kind == "number"


def test_what_is_printed_is_told_where_it_happens() -> None:
    code = 'import keras\nprint("\\x1b[31mread\\x1b[0m")\nclass A(keras.layers.Layer):\n'
    code += '    def call(self, x):\n        print("called", x.shape)\n        return x * 2\n'
    assert own_classes(code).printed == "read"
    assert run(Experiment("own.A", code=code)).printed == "called (4, 6)"


def test_code_without_a_layer_says_what_was_expected() -> None:
    with pytest.raises(Problem) as problem:
        own_classes("def double(x):\n    return x * 2\n")
    assert "class Name(keras.layers.Layer)" in problem.value.expected and problem.value.received == "double"


def test_a_class_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(Problem) as problem:
        own_card("own.Iner", LEARNERS["several classes"])
    assert problem.value.repairs[0].change == {"layer": "own.Inner"}


def test_a_class_without_a_call_is_closed_with_its_reason() -> None:
    found = own_classes("import keras\nclass A(keras.layers.Layer):\n    def build(self, s): pass\n")
    assert not found.cards and "call" in str(found.closed["own.A"])
