"""Old code is recognised, and after the changes that are offered it runs as its modern form does."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from asking import asked, experiment
from keras import ops
from old_texts import DOCUMENTS, PASTED

from explorer.core.own_code import findings
from explorer.core.own_code.old import fixes
from explorer.core.run import run
from explorer.experiment import Experiment
from explorer.experiment.code_fixes import apply_fixes
from explorer.model.fix import Fix
from explorer.model.problem import Problem
from explorer.model.trace import Message

ROUNDS = 2


def mended(code: str) -> str:
    for _ in range(ROUNDS):
        code = apply_fixes(code, fixes(code))
    return code


@pytest.mark.parametrize("name", [*DOCUMENTS, *PASTED])
def test_after_the_offered_changes_old_code_runs(name: str) -> None:
    code = {**DOCUMENTS, **PASTED}[name]
    assert findings(code)
    new = mended(code)
    meta, _ = asked("run", experiment=experiment(new))
    assert meta["trace"]["layer"]
    assert not [finding for finding in findings(new) if finding.severity == "error"]
    found = run(Experiment.from_json(experiment(new)))
    assert found.outputs and all(weight.trainable is not None for weight in found.weights)


def test_the_changes_are_needed() -> None:
    for name in ("pooling with a backend that is gone", "methods at the left edge", "attention without imports"):
        with pytest.raises(Problem) as problem:
            asked("open_code", experiment={"code": DOCUMENTS[name]})
        assert problem.value.fixes


def test_what_was_untracked_is_a_weight_afterwards() -> None:
    trace = run(Experiment.from_json(experiment(mended(DOCUMENTS["variables of tensorflow"]))))
    assert [weight.value.shape for weight in trace.weights] == [(32, 32)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("K.concatenate([x, x])", lambda x: ops.concatenate([x, x], axis=-1)),
        ("K.argmax(x)", lambda x: ops.argmax(x, axis=-1)),
        ("K.cumsum(x)", lambda x: ops.cumsum(x, axis=0)),
        ("K.repeat(x, 3)", lambda x: ops.repeat(x[:, None], 3, 1)),
        ("K.repeat_elements(x, 2, axis=1)", lambda x: ops.repeat(x, 2, axis=1)),
        ("K.gather(x, [1, 0])", lambda x: ops.take(x, [1, 0], axis=0)),
        ("K.permute_dimensions(x, (1, 0))", ops.transpose),
        ("K.pow(K.abs(x), 2)", ops.square),
        ("K.flatten(x)", lambda x: ops.reshape(x, (-1,))),
        ("K.bias_add(x, K.ones((6,)))", lambda x: x + 1),
        ("K.l2_normalize(x, axis=-1)", lambda x: ops.normalize(x, axis=-1)),
        ("K.cast(K.greater(x, 0), K.floatx())", lambda x: ops.cast(x > 0, "float32")),
        ("K.expand_dims(K.mean(K.square(x), axis=1), 0)", lambda x: ops.mean(ops.square(x), axis=1)[None]),
        ("K.switch(K.greater(x, 0), x, K.zeros_like(x))", ops.relu),
        ("x * K.ndim(x)", lambda x: x * 2),
    ],
)
def test_each_function_of_the_backend_means_today_what_it_meant(old: str, new) -> None:
    head = "from keras import backend as K\nfrom keras.layers import Layer\n"
    code = mended(f"{head}class A(Layer):\n    def call(self, x):\n        return {old}\n")
    (given,), (out,) = (run(Experiment("own.A", code=code)).inputs, run(Experiment("own.A", code=code)).outputs)
    wanted = new(keras.ops.convert_to_tensor(given.value))
    np.testing.assert_allclose(out.value, keras.ops.convert_to_numpy(wanted), rtol=1e-5)


def test_healthy_code_has_no_findings() -> None:
    from learners import LEARNERS

    severities = {finding.severity for code in LEARNERS.values() for finding in findings(code)}
    assert severities <= {"advice"}


def test_changes_are_applied_where_the_text_has_moved_and_left_out_where_it_is_gone() -> None:
    fix = Fix(Message("x"), "b = 1", "b = 2\nc = 3", 2)
    assert apply_fixes("if a:\n    b = 1", [fix]) == "if a:\n    b = 2\n    c = 3"
    assert apply_fixes("# new\nif a:\n    b = 1", [fix]) == "# new\nif a:\n    b = 2\n    c = 3"
    assert apply_fixes("b = 5", [fix]) == "b = 5"
    assert apply_fixes("a\r\nb = 1", [fix, fix]) == "a\nb = 2\nc = 3"
    assert apply_fixes("a\nb = 1\n", [Fix(Message("x"), "b = 1", "", 2)]) == "a\n"
    assert apply_fixes("a", [Fix(Message("in words"))]) == "a"
