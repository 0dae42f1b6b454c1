"""Proven cures: each kind of fault has one that was run, a wrong one is refused, a healthy layer needs none."""

from __future__ import annotations

import dataclasses
import difflib
import os
from collections.abc import Callable, Iterator
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pytest

from explorer.core.doctor import examine
from explorer.core.doctor.curing import proposing
from explorer.core.doctor.curing.comparing import behaviour, not_kept, told_by
from explorer.core.doctor.curing.proposing import Change, Ill, curable
from explorer.core.doctor.curing.proving import Bench, Side, search, treated
from explorer.core.doctor.registry import CHECKS
from explorer.core.jobs import perform
from explorer.core.own_code.loading import forget
from explorer.core.source_edits import Source
from explorer.engine import codec
from explorer.engine.transport import wire
from explorer.experiment import Experiment
from explorer.export.counterexample import pytest_file
from explorer.model.cure import Cure, Search
from explorer.model.problem import Problem
from explorer.model.report import Finding
from explorer.model.trace import Message
from tests.explorer.core.doctor import liars
from tests.explorer.core.doctor.curable import CURABLE, Curable
from tests.explorer.core.doctor.hunted import PAIRS, MeanOfWords
from tests.explorer.core.doctor.texts import HEADER, bench, bench_of, text_of

X = np.random.default_rng(0).standard_normal((2, 4)).astype("float32")
STEPS = np.random.default_rng(1).standard_normal((2, 6, 3)).astype("float32")


@pytest.fixture(autouse=True)
def _forgotten(registrations: None) -> Iterator[None]:
    yield
    forget()


each = pytest.mark.parametrize("one", CURABLE, ids=[f"{one.check}-{one.name}" for one in CURABLE])


def sought(bench: Bench, check: str) -> tuple[Finding, Search]:
    report = Side(bench).report()
    finding = next(found for found in told_by(report, check) if found.curable)
    return finding, search(bench, report, finding)[0]


def shows(finding: Finding, make: Callable[[], Any]) -> bool:
    """Whether the test that comes with a finding fails."""
    scope: dict[str, Any] = {"Layer": make}
    exec(pytest_file([finding], ["import keras", "import numpy as np"], "Layer()"), scope)
    try:
        scope[f"test_{finding.check}"]()
    except Exception:
        return True
    return False


@each
def test_a_cure_is_proven(one: Curable) -> None:
    ill = one.bench()
    finding, found = sought(ill, one.check)
    cure = found.cure
    assert cure is not None, found.tried
    assert one.change in cure.code and (not one.change or one.change not in ill.code)
    assert [tried.change for tried in found.tried if tried.refused is None] == [cure.change]
    before = Side(ill)
    faults = len(told_by(before.report(one.check), one.check))
    assert finding.counterexample is None or shows(finding, before.called.make)
    usual = behaviour(before.called)
    after = Side(ill, cure.code)  # from here on the sources are those of the cured layer
    assert len(told_by(after.report(one.check), one.check)) < faults
    assert finding.counterexample is None or not shows(finding, after.called.make)
    if one.check != "padding_ids":  # the ids given hold padding
        assert not_kept(usual, behaviour(after.called, usual), finding) is None
    assert cure.before and cure.after


def test_twelve_kinds_of_fault_and_more_can_be_cured() -> None:
    kinds = {one.check for one in CURABLE}
    assert len(kinds) >= 30 and kinds | curable() <= CHECKS.all().keys()


def test_what_a_cure_does_not_change_stays_as_it_is_written() -> None:
    code = text_of(liars.LostArgument).replace("self._times = factor", "self._times=factor   # 세 배,  spaces")
    _, found = sought(bench(code, "LostArgument", [X]), "config_complete")
    assert found.cure is not None
    lines = [*difflib.ndiff(code.split("\n"), found.cure.code.split("\n"))]
    assert len([line for line in lines if line[:1] in "+-"]) == 2 and "   # 세 배,  spaces" in found.cure.code


# ------------------------------------------------------------------------------------------------ refused
@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Puts one change in the place of all that are proposed."""

    def plant(old: str, new: str) -> None:
        def proposed(ill: Ill) -> Iterator[Change]:
            node = next(n for n in ill.nodes if hasattr(n, "end_lineno") and ill.text(n) == old)
            yield Change(Message("A planted change"), (ill.source.put(node, new),))

        monkeypatch.setattr("explorer.core.doctor.curing.proving.proposed", proposed)

    yield plant


def layer(body: str) -> Bench:
    """A registered layer with such a call."""
    return bench(text_of(liars.Mixed).replace("return x + ops.roll(x, 1, axis=0)", body), "Mixed", [X])


SQRT = "return ops.sqrt(ops.sum(ops.square(x), axis=-1))"
SOFTMAX = "return ops.sum(ops.softmax(x, axis=-1) * x, axis=1)"
WRONG: dict[str, tuple[str, str, str, str, str]] = {
    # body, check, what stands there, what is put there, why it is refused
    "it gives zeros": (
        "return x + ops.roll(x, 1, axis=0)",
        "batch_independence",
        "x + ops.roll(x, 1, axis=0)",
        "ops.zeros_like(x)",
        "does not follow the inputs",
    ),
    "it gives another shape": (
        "return x + ops.roll(x, 1, axis=0)",
        "batch_independence",
        "x + ops.roll(x, 1, axis=0)",
        "x[:, :2]",
        "and are float32 (2, 2)",
    ),
    "it takes the operation away": (SQRT, "finite_gradients", SQRT[7:], "ops.sum(x * x, axis=-1)", "that was right"),
    "it changes last digits": (SQRT, "finite_gradients", SQRT[7:], f"{SQRT[7:]} + 1e-7 * x[:, 0]", "still finds"),
    "it turns another check red": (
        "return tf.nn.relu(x)",
        "backends",
        "return tf.nn.relu(x)",
        "self.count = getattr(self, 'count', 0) + 1\n        return ops.relu(x)",
        "A call leaves its attributes alone",
    ),
    "it does not run": ("return tf.nn.relu(x)", "backends", "tf.nn.relu(x)", "ops.rellu(x)", "fails now"),
    "it is no Python": ("return tf.nn.relu(x)", "backends", "tf.nn.relu(x)", "ops.relu(x", "cannot be executed"),
    "it hides the input that shows it": (
        SQRT,
        "finite_gradients",
        SQRT[7:],
        f"{SQRT[7:]} if float(ops.sum(x)) else x[:, 0] * 0",
        "still finds",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_cure_is_refused(name: str, planted: Callable[..., None]) -> None:
    body, check, old, new, why = WRONG[name]
    planted(old, new)
    _, found = sought(layer(body), check)
    assert found.cure is None and len(found.tried) == 1
    assert found.tried[0].refused is not None and why in str(found.tried[0].refused), found.tried[0].refused


def test_a_cure_that_silences_the_check_is_refused(planted: Callable[..., None]) -> None:
    code = text_of(liars.MaskLeak)
    planted("self.supports_masking = True", "self.supports_masking = False")
    _, found = sought(bench(code.replace("mask: Any = None", "steps: Any = None"), "MaskLeak", [STEPS]), "masked_steps")
    assert found.cure is None and "It does not claim to handle masks" in str(found.tried[0].refused)


def test_a_cure_that_leaves_less_to_be_cured_is_offered_alone() -> None:
    _, found = sought(bench(text_of(liars.ForgetsFunction), "ForgetsFunction", [X]), "config_complete")
    told = [str(one.refused) for one in found.tried]
    assert told[-1] == "None" and "leaves more to be cured" in told[0] and len(told) == 2


def test_no_more_changes_are_begun_after_the_time_is_over() -> None:
    ill = layer(SQRT)
    report = Side(ill).report()
    finding = next(iter(told_by(report, "finite_gradients")))
    partial: list[Search] = []
    found, after = search(ill, report, finding, seconds=-1, so_far=partial.append)
    assert found.tried == () and found.cure is None and after is None and found.stopped is not None
    assert partial == [found]


def test_a_cure_that_breaks_takes_no_other_along(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(ill: Ill) -> Iterator[Change]:
        yield Change(Message("A planted change"), ())
        raise IndexError("the cure's own fault")

    every = {"breaks": ((), breaks), **proposing.CURES.all()}
    monkeypatch.setattr(proposing.CURES, "all", lambda: every)
    _, found = sought(bench_of(PAIRS[0]), PAIRS[0].check)
    assert found.cure is not None


def test_ids_in_a_list_are_compared_without_padding(planted: Callable[..., None]) -> None:
    mean = "ops.mean(self.embedding(ids), axis=1)"
    code = text_of(MeanOfWords.Ill).replace("def call(self, ids):", "def call(self, inputs):\n        ids, _ = inputs")
    code = code.replace("self.embedding.build(shape)", "self.embedding.build(shape[0])")
    kept = "ops.cast(ops.not_equal(ids, 0), 'float32')[..., None]"
    planted(mean, f"ops.sum(self.embedding(ids) * {kept}, axis=1) / ops.maximum(ops.sum({kept}, axis=1), 1.0)")
    given = [[np.array([[3, 1, 0, 0], [2, 5, 0, 4]]), np.array([[1, 0, 2], [3, 4, 0]])]]
    _, found = sought(bench(code, "MeanOfWords", given), "padding_ids")
    assert [str(one.refused) for one in found.tried] != [] and "fails" not in str(found.tried[0].refused)


def reworded(message: Message) -> Message:
    return Message("Other words", {n: reworded(v) if isinstance(v, Message) else v for n, v in message.params.items()})


NAMING = ("plain_arrays", "attributes_stay", "config_complete", "own_names")
"""Checks of whose findings a cure must know what they name."""


@pytest.mark.parametrize("one", [one for one in CURABLE if one.check in NAMING], ids=lambda one: str(one.name))
def test_a_cure_reads_what_is_named_and_not_the_words_around_it(one: Curable) -> None:
    ill = one.bench()
    side = Side(ill)
    finding = next(found for found in told_by(side.report(one.check), one.check) if found.curable)
    usual, other = (
        [change.edits for change in proposing.proposed(Ill(Source(ill.code), side.known, said))]
        for said in (finding, dataclasses.replace(finding, seen=reworded(finding.seen)))
    )
    assert usual and usual == other


@pytest.mark.parametrize(
    ("make", "check"),
    [(liars.TrackedNoise, "repeatable"), (liars.Honest, "defaults_stay"), (liars.Honest, "reshape_order")],
)
def test_a_layer_that_a_check_finds_nothing_wrong_with_is_marked(make: Callable[[], Any], check: str) -> None:
    (found,) = (one for one in examine(make, [X], select=(check,)).findings if one.check == check)
    assert found.outcome != "passed" and found.remark == "satisfied"


def test_a_method_that_the_text_does_not_define_holds_no_calls() -> None:
    code = f"{HEADER}class Child(layers.ReLU):\n    def other(self, x):\n        return ops.exp(x)\n"
    side = Side(bench(code, "Child", [X]))
    text = Message("-")
    ill = Ill(Source(code), side.known, Finding("finite", "failed", text, text, text, text, text))
    assert [*ill.calls("exp", within="call")] == [] and len([*ill.calls("exp")]) == 1


# ------------------------------------------------------------------------------------------------ whole layers
@pytest.mark.parametrize(("healthy", "given"), [(liars.Honest, X), (liars.Masked, STEPS)])
def test_a_healthy_layer_gets_no_cure(healthy: type, given: np.ndarray) -> None:
    sound = bench(text_of(healthy), healthy.__name__, [given])
    treatment = treated(sound, Side(sound).report())
    assert treatment.searches == () and treatment.taken == () and treatment.code == sound.code


TWO = f'''{HEADER}
class Two(layers.Layer):
    """Two faults, and a third that waits for them."""

    def __init__(self, factor=2.0):  # a comment
        super().__init__()
        self.factor = factor

    def call(self, x):
        return self.factor * tf.sqrt(tf.reduce_sum(x * x, axis=-1))

    def get_config(self):
        return {{**super().get_config()}}
'''


def test_one_fault_after_the_other_is_cured_until_nothing_is_left() -> None:
    ill = bench(TWO, "Two", [X])
    treatment = treated(ill, Side(ill).report())
    assert treatment.report.healthy and [f for f in treatment.report.findings if f.outcome == "advice"] == []
    assert len(treatment.taken) >= 4 and "# a comment" in treatment.code
    cured = bench(treatment.code, "Two", [X])
    again = treated(cured, Side(cured).report())
    assert again.searches == () and again.code == treatment.code


def test_what_is_ignored_is_not_cured() -> None:
    ill = bench(TWO, "Two", [X], ignore=tuple(curable()))
    assert treated(ill, Side(ill).report()).searches == ()


# ------------------------------------------------------------------------------------------------ the job
def asked(**args: Any) -> Search:
    experiment = Experiment("own.Two", code=TWO).to_json()
    meta, arrays = perform("cures", {"experiment": experiment, **args}, {}, _Quiet())
    back, _ = wire.decode(wire.encode(meta, arrays))
    found: Search = codec.unpack(Search, back)
    return found


def test_a_search_travels_and_its_cure_is_the_next_code() -> None:
    found = asked(check="backends", number=0)
    assert isinstance(found.cure, Cure) and "ops.sqrt(ops.sum(x * x, axis=-1))" in found.cure.code
    assert any(line.startswith("-") for line in found.cure.change)
    experiment = Experiment("own.Two", code=found.cure.code)
    meta, _ = perform("examine", {"experiment": experiment.to_json()}, {}, _Quiet())
    assert "backends" not in [f["check"] for f in meta["findings"] if f["outcome"] == "advice"]


class _Quiet:
    def __call__(self, part: float, text: str = "") -> None: ...

    def so_far(self, meta: dict[str, Any], arrays: dict[str, Any]) -> None: ...


def test_a_finding_that_is_not_there_is_a_problem() -> None:
    with pytest.raises(Problem, match="does not find this"):
        asked(check="backends", number=3)
    assert proposing.CURES.all()
