"""The words of a chain: names, the lines of its call, which layers fit, and edits that go with their layers."""

from __future__ import annotations

import ast

import pytest

import layers
from explorer.experiment import Edit
from explorer.experiment.chains import call_source, link_names, prefixes, refusal, renamed
from layers.card import Card, Input

CARDS = layers.catalogue()
DENSE, EMBEDDING, ATTENTION = CARDS["keras.layers.Dense"], CARDS["keras.layers.Embedding"], CARDS["attention"]
SEVERAL = (Input("query", (2, 3)), Input("value", (2, 3)))


def card(name: str, inputs: tuple[Input, ...] = (Input("x", (2, 3)),), **facts: object) -> Card:
    return Card(name, name, f"keras.layers:{name}", str(facts.pop("group", "other")), "", inputs=inputs, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("chain", "names"),
    [
        ([EMBEDDING, ATTENTION, DENSE], ("embedding", "attention", "dense")),
        ([DENSE, DENSE, ATTENTION, DENSE], ("dense", "dense_1", "attention", "dense_2")),
        ([card("MaxPooling2D"), card("LSTM"), card("Lambda")], ("max_pooling2d", "lstm", "lambda_layer")),
        ([card("Query", SEVERAL, spread=True), card("Training"), card("X")], ("query_1", "training_1", "x")),
    ],
)
def test_names(chain: list[Card], names: tuple[str, ...]) -> None:
    assert link_names(chain) == names
    written = ast.parse(call_source(chain, names)).body[0]
    assert isinstance(written, ast.FunctionDef)
    targets = [line.targets[0].id for line in written.body if isinstance(line, ast.Assign)]  # type: ignore[attr-defined]
    assert tuple(targets) == names
    assert not set(names) & {argument.arg for argument in written.args.args}


@pytest.mark.parametrize(
    ("first", "head", "call"),
    [
        (EMBEDDING, "tokens", "tokens"),
        (card("Add", SEVERAL), "inputs", "inputs"),
        (card("Twice", SEVERAL, spread=True), "query, value", "query, value"),
        (card("Named", SEVERAL, input_names=("query", "context")), "query, context", "query, context=context"),
        (card("Odd", (Input("first word", (1,)),)), "inputs", "inputs"),
        (card("Odd", (Input("import os; x", (1,)),)), "inputs", "inputs"),
    ],
)
def test_the_first_layer_is_called_as_it_is_alone(first: Card, head: str, call: str) -> None:
    (name, _) = names = link_names([first, DENSE])
    lines = call_source([first, DENSE], names).splitlines()
    assert lines[0] == f"def call(self, {head}, training=None):"
    assert lines[2] == f"    {name} = self.{name}({call})"
    assert lines[3:] == [f"    dense = self.dense({name})", "    return dense"]


def test_attention_takes_one_tensor_for_all() -> None:
    chain = [
        DENSE,
        card("Attention", SEVERAL, group="attention"),
        card("Wide", SEVERAL, group="attention", spread=True),
    ]
    source = call_source(chain, link_names(chain))
    assert "self.attention([dense, dense])" in source and "self.wide(attention, attention)" in source


def test_what_cannot_follow_says_why() -> None:
    assert "is not a layer" in str(refusal(CARDS["keras.Input"]))
    assert "takes 2 tensors (query, value)" in str(refusal(card("Cell", SEVERAL, spread=True)))
    fitting = (DENSE, ATTENTION, card("Add", SEVERAL), card("Wide", SEVERAL, group="attention", spread=True))
    assert [refusal(one) for one in fitting] == [None] * 4


def test_edits_go_with_their_layers() -> None:
    edits = (Edit("input:0", (0,), 1), Edit("weight:dense/kernel", (0, 0), 2), Edit("weight:dense_1/kernel", (0, 0), 3))
    assert renamed(edits, {"dense/": "dense_1/", "dense_1/": "dense/"}) == (
        edits[0],
        Edit("weight:dense_1/kernel", (0, 0), 2),
        Edit("weight:dense/kernel", (0, 0), 3),
    )
    assert renamed(edits, {"dense/": ""}) == (edits[0], Edit("weight:kernel", (0, 0), 2))
    assert renamed((Edit("weight:cell/kernel", (), 1),), {"": "rnn/"}) == (Edit("weight:rnn/cell/kernel", (), 1),)
    assert prefixes(("dense",)) == [""] and prefixes(("dense", "dense_1")) == ["dense/", "dense_1/"]
