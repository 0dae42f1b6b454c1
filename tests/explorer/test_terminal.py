"""The command that examines an experiment's layer in a terminal makes the same layer, and calls it alike."""

from __future__ import annotations

import os
import shlex
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
from catalogue_runs import one_of_each_family

import layers
from explorer.command.loading import layer_class
from explorer.command.values import arrays, construction
from explorer.core.catalog.derive import derived_cards
from explorer.core.names import reset_names
from explorer.core.own_code.classes import own_card
from explorer.core.under_test import LayerUnderTest
from explorer.experiment import Experiment
from explorer.export.terminal import doctor_command

OURS = tuple(name for name, card in layers.catalogue().items() if not card.symbolic)
KERAS = tuple(name for name in derived_cards() if name not in OURS)
OF_TEXTS = ("HashedCrossing", "Hashing", "StringLookup", "TextVectorization")
CANNOT_BE_WRITTEN = {f"keras.layers.{name}" for name in (*OF_TEXTS, "Lambda")}


def asked(command: str) -> tuple[str, list[str], list[str], bool, bool]:
    """The layer, the inputs, the parameters, and whether the inputs are a list or a dictionary."""
    words = shlex.split(command)
    params = words[words.index("--params") + 1 :] if "--params" in words else []
    inputs = [words[i + 1] for i, word in enumerate(words) if word == "--input"]
    return words[words.index("doctor") + 1], inputs, params, "--list" in words, "--dict" in words


def described(value: Any) -> Any:
    return keras.tree.map_structure(lambda x: f"{np.asarray(x).dtype} {np.shape(x)}", value)


@pytest.mark.parametrize("name", sorted({*OURS, *one_of_each_family(KERAS)} - CANNOT_BE_WRITTEN))
def test_it_makes_the_same_layer_and_calls_it_alike(name: str) -> None:
    test = LayerUnderTest(Experiment(name))
    command = doctor_command(test.card, test.experiment)
    layer, inputs, params, listed, keyed = asked(command)
    make, module = layer_class(layer)
    made = construction(make, params, module)
    reset_names()
    made, wanted = made(), test.make()
    assert type(made) is type(wanted)
    left_out = ("name", "seed")
    assert {n: v for n, v in made.get_config().items() if n not in left_out} == {
        n: v for n, v in wanted.get_config().items() if n not in left_out
    }
    positional, named = arrays(inputs)
    given = [positional] if listed else [named] if keyed else positional
    assert described((given, {} if keyed else named)) == described(test.arranged())


def command(name: str, **changes: Any) -> str:
    test = LayerUnderTest(Experiment.from_json({"layer": name, **changes}))
    return doctor_command(test.card, test.experiment)


def test_dtypes_parameters_and_the_form_of_the_call_are_written() -> None:
    assert "keras.layers:Embedding --input 2,1:int32 --params input_dim=21" in command("keras.layers.Embedding")
    assert command("keras.layers.Add").endswith("keras.layers:Add --input 3,4 --input 3,4 --list")
    half = command("keras.layers.Dense", params={"units": 3, "activation": "relu"}, dtype="float16")
    assert "--input 2,3:float16 --params units=3 activation=relu" in half and half.endswith("dtype=float16")


def test_what_a_command_line_cannot_write_gives_no_command() -> None:
    assert [name for name in CANNOT_BE_WRITTEN if command(name)] == []
    assert command("keras.layers.Dense", then=[["keras.layers.Dense", {}]]) == ""
    assert command("keras.layers.Dense", inputs=[{"kind": "ones", "shape": []}]) == ""


def test_own_code_is_a_file() -> None:
    code = """
import keras

class Mine(keras.layers.Layer):
    def __init__(self, sizes=(2, 3), text="a b", **kwargs):
        super().__init__(**kwargs)

    def call(self, x):
        return x
"""
    card = own_card("own.Mine", code)
    experiment = Experiment("own.Mine", code=code)
    written = doctor_command(card, experiment)
    assert "path/to/your_file.py:Mine --input " in written and shlex.split(written)[-2:] == [
        "sizes=(2, 3)",
        "text='a b'",
    ]
