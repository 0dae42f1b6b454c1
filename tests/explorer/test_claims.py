"""The claims file: every claim opens or runs today, and what it promises comes out."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from explorer import Experiment, Trace, run
from explorer.claims import DOCUMENTS, VERDICTS, Claim, Expectation, claims, disagreement, missing, texts
from explorer.claims.claim import read
from explorer.core.claim_programs import run_snippet
from explorer.model.problem import Problem
from explorer.model.trace import Message, Tensor

CLAIMS = claims()
RUNNING = [claim for claim in CLAIMS if claim.snippet]
OPENING = [claim for claim in CLAIMS if claim.open is not None]
ENTRY = {"id": "001-x", "document": "001", "title": "t", "then": "a", "now": "b", "verdict": "holds"}


def _id(claim: Claim) -> str:
    return claim.id


# -------------------------------------------------------------------------------------------- the claims themselves
@pytest.mark.parametrize("claim", RUNNING, ids=_id)
def test_a_snippet_prints_what_the_claim_says(claim: Claim) -> None:
    output = run_snippet(claim.snippet)
    assert missing(claim.prints, output) == "", output


@pytest.mark.parametrize("claim", OPENING, ids=_id)
def test_an_experiment_shows_what_the_claim_says(claim: Claim) -> None:
    assert claim.open is not None
    experiment = Experiment.from_json(claim.open)
    result: Trace | Problem
    try:
        result = run(experiment)
    except Problem as problem:
        result = problem
    assert [said for expected in claim.expect if (said := disagreement(expected, result))] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_document_has_its_claims(document: str) -> None:
    own = [claim for claim in CLAIMS if claim.document == document]
    assert len(own) >= 15
    assert any(claim.open is not None for claim in own)


def test_ids_are_unique_slugs() -> None:
    ids = [claim.id for claim in CLAIMS]
    assert len(set(ids)) == len(ids)
    assert [name for name in ids if not re.fullmatch(r"00[0-4](-[a-z0-9]+)+", name)] == []


def test_every_verdict_occurs() -> None:
    assert {claim.verdict for claim in CLAIMS} == set(VERDICTS)


@pytest.mark.parametrize("claim", CLAIMS, ids=_id)
def test_a_claim_has_its_english_texts_and_modern_python(claim: Claim) -> None:
    assert texts(claim) == [claim.title, claim.then, claim.now]
    assert all(text.strip() == text and text for text in texts(claim))
    assert not any("가" <= letter <= "힣" for text in texts(claim) for letter in text)
    assert not any(sign in text for text in texts(claim) for sign in "{}%")  # nothing that reads as a format string
    if claim.modern:
        compile("def shown():\n" + textwrap.indent(claim.modern, "    "), claim.id, "exec")
    assert "#" not in claim.modern  # code is not translated, and a comment would need to be


def test_claims_are_read_without_keras() -> None:
    code = "import sys, explorer.claims as c; c.claims(); print({'keras', 'tensorflow'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


# -------------------------------------------------------------------------------------------- a faulty file is refused
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"document": "009"}, "expected a document"),
        ({"id": "x"}, "expected a document"),
        ({"verdict": "perhaps"}, "expected a verdict"),
        ({}, "expected an experiment or a snippet"),
        ({"snippet": "print(1)"}, "needs an expectation"),
        ({"open": {"layer": "linear"}}, "needs an expectation"),
        ({"snippet": "print(1)", "prints": ("1",), "expect": (Expectation(weights=1),)}, "needs an expectation"),
    ],
)
def test_a_faulty_claim_is_refused(change: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Claim(**{**ENTRY, **change})  # type: ignore[arg-type]


def test_an_unknown_key_is_named(tmp_path: Path) -> None:
    file = tmp_path / "001.toml"
    file.write_text('[[claim]]\nid = "001-x"\ntitel = "t"\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"001-x.*titel"):
        read(file)


@pytest.mark.parametrize("entry", [{"tensor": "output:0"}, {"tensor": "a", "index": [0]}, {"median": 1.0}, {}])
def test_an_expectation_of_nothing_is_refused(entry: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="An expectation states"):
        Expectation.from_json(entry)


# -------------------------------------------------------------------------------------------- what disagrees is found
def _trace() -> Trace:
    grid = np.array([[1.0, 2.0], [3.0, 0.5]], "float32")
    return Trace(
        layer="Example",
        weights=(Tensor("weight:kernel", "kernel", "weight", grid, "float32", trainable=True),),
        outputs=(Tensor("output:0", "output", "output", grid * 2, "float32"),),
        losses=(("kernel", 0.25),),
        facts=(("shape", "(None, 3)"),),
    )


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ({"tensor": "output:0", "index": [1, 0], "value": 6.0}, {"tensor": "output:0", "index": [0, 1], "value": 6.0}),
        ({"tensor": "output", "sum": 13.0}, {"tensor": "output", "sum": 13.01}),
        ({"tensor": "kernel", "low": 0.5, "high": 3.0}, {"tensor": "kernel", "low": 0.6}),
        ({"tensor": "kernel", "high": 3.0}, {"tensor": "kernel", "high": 2.9}),
        ({"tensor": "kernel", "shape": [2, 2]}, {"tensor": "kernel", "shape": [4]}),
        ({"tensor": "kernel", "trainable": True}, {"tensor": "kernel", "trainable": False}),
        ({"weights": 1}, {"weights": 0}),
        ({"losses": 0.25}, {"losses": 0.5}),
        ({"fact": "shape: (None, 3)"}, {"fact": "(None, 4)"}),
        ({"tensor": "output:0", "sum": 13.0}, {"tensor": "output:0", "index": [7, 7], "value": 0.0}),
        ({"weights": 1}, {"problem": "too many"}),
    ],
)
def test_a_wrong_number_is_noticed(right: dict[str, object], wrong: dict[str, object]) -> None:
    assert disagreement(Expectation.from_json(right), _trace()) == ""
    assert disagreement(Expectation.from_json(wrong), _trace()) != ""


def test_a_problem_is_compared_by_its_words() -> None:
    problem = Problem(Message("Outside the vocabulary."), expected="0 ... 4", received="5")
    assert disagreement(Expectation(problem="0 ... 4"), problem) == ""
    assert "0 ... 4" in disagreement(Expectation(problem="0 ... 9"), problem)
    assert "Outside the vocabulary." in disagreement(Expectation(weights=1), problem)


def test_a_missing_tensor_names_those_that_are_there() -> None:
    with pytest.raises(KeyError, match="output:0"):
        disagreement(Expectation(tensor="alpha", sum=1.0), _trace())


def test_texts_must_come_out_in_order() -> None:
    assert missing(("a", "b"), "a then b") == ""
    assert missing(("b", "a"), "a then b") == "a"


# -------------------------------------------------------------------------------------------- running a snippet
def test_output_comes_before_the_error_without_colours() -> None:
    output = run_snippet("print('\\x1b[1mfirst\\x1b[0m')\nraise TypeError('\\x1b[31mred\\x1b[0m\\n\\nsecond line')")
    assert output == "first\nTypeError: red\nsecond line"


def test_only_warnings_to_the_user_are_shown() -> None:
    output = run_snippet("import warnings\nwarnings.warn('look')\nwarnings.warn('old', DeprecationWarning)")
    assert output == "UserWarning: look"


def test_the_same_snippet_prints_the_same_twice() -> None:
    source = (
        "import keras\nlayer = keras.layers.Dense(2)\nlayer.build((None, 2))\nprint(layer.name, layer.get_weights()[0])"
    )
    assert run_snippet(source) == run_snippet(source)
    assert run_snippet(source).startswith("dense [[")


def test_a_snippet_leaves_nothing_behind() -> None:
    import keras

    folder, format_before = Path.cwd(), keras.config.image_data_format()
    next_name = keras.layers.Dense(1).name
    run_snippet(
        "import keras\n"
        "open('left.txt', 'w').close()\n"
        "keras.layers.Dense(1)\n"
        "keras.config.set_image_data_format('channels_first')\n"
        "keras.config.set_dtype_policy('mixed_float16')\n"
        "keras.saving.register_keras_serializable('left')(type('Left', (keras.layers.Layer,), {}))\n"
    )
    assert Path.cwd() == folder and not (folder / "left.txt").exists()
    assert keras.config.image_data_format() == format_before
    assert keras.config.dtype_policy().name == "float32"
    assert not any("Left" in name for name in keras.saving.get_custom_objects())
    before, after = (
        int(name.rsplit("_", 1)[1]) if "_" in name else 0 for name in (next_name, keras.layers.Dense(1).name)
    )
    assert after == before + 1


def test_a_snippet_sees_no_name_that_it_did_not_import() -> None:
    assert run_snippet("keras").startswith("NameError")
