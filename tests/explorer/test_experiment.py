"""The link: what it holds comes back, and what was damaged is reported and replaced by its default."""

from __future__ import annotations

import base64
import json
import time
import zlib
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from explorer.experiment import STEP_FIELDS, Edit, Experiment, Following, Look, from_query, to_query
from explorer.experiment import link as link_module
from explorer.experiment.link import COMPRESS_ABOVE, MAX_LINK
from explorer.experiment.recipes import FLOAT_DTYPES, Recipe
from explorer.model.problem import MAX_TOLD, Problem

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.]{0,20}", fullmatch=True)
FLOATS = st.floats()
SCALARS = st.none() | st.booleans() | st.integers(1 - 2**64, 2**64 - 1) | FLOATS | st.text(max_size=8)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner))
SHAPES = st.lists(st.integers(0, 6), max_size=4)


@st.composite
def recipes(draw: Any) -> dict[str, Any]:
    options: dict[str, Any] = draw(
        st.one_of(
            st.just({"kind": "ones"}),
            st.just({"kind": "file", "sha256": "ab" * 32, "name": "바나나.npy"}),
            st.builds(lambda value: {"kind": "constant", "value": value}, FLOATS),
            st.builds(lambda a, b: {"kind": "arange", "start": a, "step": b}, FLOATS, FLOATS),
            st.builds(lambda n: {"kind": "tokens", "vocabulary": n}, st.integers(1, 10_000_000)),
            st.builds(
                lambda values: {"kind": "typed", "values": values},
                st.lists(FLOATS | st.integers(-9, 9) | st.text(max_size=4) | st.lists(FLOATS, max_size=3), max_size=6),
            ),
        )
    )
    return {"shape": draw(SHAPES), **options}


MASKS = (
    st.none()
    | st.builds(lambda kind, n: {"kind": kind, "count": n}, st.sampled_from(["first", "last"]), st.integers(0, 9))
    | st.builds(lambda v: {"kind": "typed", "values": v}, st.lists(st.integers(0, 1), min_size=1, max_size=6))
)
EDITS = st.builds(
    Edit,
    st.sampled_from(["input:0", "weight:kernel", "weight:dense_1/kernel"]),
    st.lists(st.integers(0, 2**40), max_size=3).map(tuple),
    FLOATS,
)
MODELS = st.none() | st.builds(
    lambda name, inputs: {"sha256": "ab" * 32, "name": name, "inputs": inputs},
    st.text(max_size=9),
    st.lists(recipes(), max_size=2),
)
STEPS = st.fixed_dictionaries(
    {}, optional={"target": FLOATS, "optimizer": st.sampled_from(STEP_FIELDS[1].choices), "learning_rate": st.just(0.5)}
)
EXPERIMENTS = st.builds(
    Experiment,
    layer=NAMES,
    params=st.dictionaries(NAMES, JSON, max_size=3),
    inputs=st.lists(recipes(), max_size=3),
    seed=st.integers(0, 2**31 - 1),
    training=st.booleans(),
    trainable=st.booleans(),
    dtype=st.sampled_from(FLOAT_DTYPES),
    mask=MASKS,
    edits=st.lists(EDITS, max_size=3),
    step=STEPS,
    then=st.lists(st.tuples(NAMES, st.dictionaries(NAMES, JSON, max_size=2)), max_size=3),
    model=MODELS,
)
LOOKS = st.builds(
    Look,
    panel=NAMES,
    tensor=st.sampled_from(["", "weight:" + "x" * 200]),
    scale=st.sampled_from(["own", "shared"]),
    language=st.sampled_from(["", "en", "ko"]),
)


@settings(max_examples=150, deadline=None)
@given(EXPERIMENTS, LOOKS)
@example(Experiment(inputs=({"kind": "constant", "shape": [2], "value": float("nan")},)), Look())  # type: ignore[arg-type]
@example(Experiment(edits=(Edit("weight:kernel", (), float("-inf")),)), Look())
def test_a_link_brings_back_the_experiment_and_the_look(experiment: Experiment, look: Look) -> None:
    query = to_query(experiment, look)
    assert all(isinstance(value, str) for value in query.values())
    back, seen, problems = from_query(query)
    assert not problems
    assert back == experiment and back.key == experiment.key and hash(back) == hash(experiment)
    assert seen == look
    assert Experiment.from_json(json.loads(json.dumps(experiment.to_json()))) == experiment


def test_the_default_experiment_is_a_short_link() -> None:
    assert to_query(Experiment()) == {"layer": "center_zero"}
    assert from_query({}) == (Experiment(), Look(), [])


def test_each_field_makes_another_experiment() -> None:
    changes: list[dict[str, Any]] = [
        {},
        {"layer": "linear"},
        {"params": {"height": 3}},
        {"seed": 1},
        {"training": True},
        {"trainable": False},
        {"dtype": "float64"},
        {"mask": {"kind": "last", "count": 1}},
        {"edits": [["input:0", [0, 0], 1.0]]},
        {"inputs": [{"kind": "ones", "shape": [4, 4]}]},
        {"step": {"target": 1.0}},
        {"then": [["keras.layers.Dense", {}]]},
        {"then": [["keras.layers.Dense", {"units": 3}]]},
        {"then": [["keras.layers.Dense", {}]] * 2},
        {"then": [["linear", {}]]},
    ]
    assert len({Experiment(**change).key for change in changes}) == len(changes)


def test_the_order_of_parameters_does_not_matter() -> None:
    assert Experiment(params={"height": 1, "width": 2}) == Experiment(params={"width": 2, "height": 1})


def test_a_long_link_is_compressed() -> None:
    experiment = Experiment(inputs=(Recipe("typed", (1000,), {"values": [number % 7 for number in range(1000)]}),))
    query = to_query(experiment)
    assert set(query) == {"z"} and len(query["z"]) < COMPRESS_ABOVE
    assert from_query(query) == (experiment, Look(), [])


def test_a_link_that_is_too_long_says_what_it_needs() -> None:
    values = [hash((number, 0.1)) / 2**61 for number in range(5000)]
    experiment = Experiment("linear", inputs=(Recipe("typed", (5000,), {"values": values}),))
    query = to_query(experiment, Look(language="ko"))
    assert query == {"layer": "linear", "needs": experiment.key, "language": "ko"}
    back, look, (problem,) = from_query(query)
    assert back == Experiment("linear") and look.language == "ko"
    assert problem.expected == experiment.key[:12]


@pytest.mark.parametrize("cells", [1500, 3000])
def test_no_link_is_longer_than_the_address_bar_takes(cells: int) -> None:
    values = [hash((number, 0.7)) / 2**61 for number in range(cells)]
    query = to_query(Experiment(inputs=(Recipe("typed", (cells,), {"values": values}),)))
    assert sum(len(name) + len(value) + 2 for name, value in query.items()) <= MAX_LINK


# ------------------------------------------------------------------------------------------------ damaged links
def packed(text: str | bytes) -> str:
    raw = text if isinstance(text, bytes) else text.encode()
    return base64.urlsafe_b64encode(zlib.compress(raw)).decode().rstrip("=")


DAMAGED: list[dict[str, str]] = [
    {"layer": "no such layer!"}, {"layer": ""}, {"layer": "a" * 101}, {"layer": "../../etc/passwd"},
    {"params": "{"}, {"params": "[1]"}, {"params": '{"a b": 1}'}, {"params": "NaN"}, {"params": "[" * 100_000},
    {"params": '{"a":' * 900 + "1" + "}" * 900}, {"params": '{"a":' * 40 + "1" + "}" * 40},
    {"inputs": "{}"}, {"inputs": "[1]"}, {"inputs": '[{"kind": []}]'}, {"inputs": '[{"kind": {}}]'},
    {"inputs": '[{"kind": "nothing"}]'}, {"inputs": '[{"kind": "ones", "shape": "3"}]'},
    {"inputs": '[{"kind": "ones", "shape": [-1]}]'}, {"inputs": '[{"kind": "ones", "shape": [true]}]'},
    {"inputs": '[{"kind": "ones", "shape": [2.0]}]'}, {"inputs": '[{"kind": "ones", "shape": [1000000, 1000000]}]'},
    {"inputs": '[{"kind": "ones", "shape": [' + ",".join(["9" * 4000] * 8) + "]}]"},
    {"inputs": '[{"kind": "one_hot", "shape": [0, 1000000000000]}]'},
    {"inputs": '[{"kind": "ones", "shape": [1,1,1,1,1,1,1,1,1]}]'}, {"inputs": '[{"kind": "ones", "value": 1}]'},
    {"inputs": '[{"kind": "constant", "value": "six"}]'}, {"inputs": '[{"kind": "constant", "value": true}]'},
    {"inputs": '[{"kind": "constant", "value": 1' + "0" * 400 + "}]"},
    {"inputs": '[{"kind": "tokens", "vocabulary": 0}]'}, {"inputs": '[{"kind": "normal", "stddev": -1}]'},
    {"inputs": '[{"kind": "typed", "values": {"a": 1}}]'}, {"inputs": '[{"kind": "typed", "values": [null]}]'},
    {"inputs": '[{"kind": "typed", "values": [1' + "0" * 400 + "]}]"},
    {"inputs": json.dumps([{"kind": "ones"}] * 17)},
    {"seed": "-1"}, {"seed": "2147483648"}, {"seed": "1" * 4000}, {"seed": "1" * 5000}, {"seed": "1.5"},
    {"seed": "true"}, {"seed": "null"}, {"seed": ""}, {"seed": "NaN"},
    {"training": "1"}, {"training": "yes"}, {"trainable": "null"}, {"dtype": "int32"}, {"dtype": "float128"},
    {"mask": "1"}, {"mask": "{}"}, {"mask": '{"kind": []}'}, {"mask": '{"kind": "last", "count": -1}'},
    {"mask": '{"kind": "typed", "values": []}'}, {"mask": '{"kind": "typed", "values": [2]}'},
    {"mask": '{"kind": "typed", "values": {"a": [null]}}'}, {"mask": '{"kind": "first", "values": [1]}'},
    {"edits": "1"}, {"edits": '["weight:kernel", [0], 1]'}, {"edits": '[["weight:kernel", [0], "one"]]'},
    {"edits": '[["weight:kernel", [-1], 1]]'}, {"edits": '[["weight:kernel", [0.5], 1]]'},
    {"edits": '[["output:0", [0], 1]]'}, {"edits": '[["weight:kernel", [0], 1' + "0" * 400 + "]]"},
    {"edits": '[["weight:kernel", [0], true]]'}, {"edits": "[[[], [], []]]"}, {"edits": "[{}]"},
    {"step": "[]"}, {"step": '{"speed": 1}'}, {"step": '{"learning_rate": 1001}'},
    {"step": '{"learning_rate": "nan"}'}, {"step": '{"learning_rate": Infinity}'}, {"step": '{"optimizer": []}'},
    {"z": ""}, {"z": "!"}, {"z": "바"}, {"z": "AAAA"}, {"z": packed("[]")}, {"z": packed("{")}, {"z": packed(b"\xff")},
    {"z": packed("[" * 500_000)}, {"z": packed(" " * 50_000_000)}, {"z": packed('{"seed": -1}')},
    {"z": packed('{"unknown": 1}')}, {"z": packed('{"layer": 3}')}, {"z": packed('{"params": ' + "[" * 400)},
    {"needs": "0" * 64}, {"parms": "{}"},
    {"then": "{}"}, {"then": '"linear"'}, {"then": '["linear", {}]'}, {"then": "[[]]"}, {"then": "[3]"},
    {"then": '[["linear"]]'}, {"then": '[["linear", {}, 1]]'}, {"then": '[["linear", []]]'}, {"then": "[[null, {}]]"},
    {"then": '[["no such layer!", {}]]'}, {"then": '[["' + "a" * 101 + '", {}]]'}, {"then": '[{"layer": "linear"}]'},
    {"then": '[["linear", {"a b": 1}]]'}, {"then": json.dumps([["linear", {}]] * 4)}, {"then": "[" * 5000},
    {"then": '[["linear", ' + '{"a":' * 40 + "1" + "}" * 40 + "]]"}, {"z": packed('{"then": [1]}')},
]  # fmt: skip


@pytest.mark.parametrize("query", DAMAGED, ids=lambda query: str(query)[:60])
def test_a_damaged_link_is_reported_and_shows_the_default(query: dict[str, str]) -> None:
    start = time.thread_time()
    experiment, look, problems = from_query(query)
    assert time.thread_time() - start < 0.5
    assert problems and experiment == Experiment() and look == Look()
    for problem in problems:
        assert problem.expected and str(problem.what) and len(problem.received) < 200


def test_of_many_unknown_parts_ten_are_told_and_a_count() -> None:
    _, _, problems = from_query({f"unknown{number}": "1" for number in range(50_000)})
    assert len(problems) == 11 and problems[-1].what.params == {"count": 49_990}


def test_a_link_whose_parts_are_too_much_together_shows_the_layer() -> None:
    many = json.dumps({"a": [1] * 60_000})
    experiment, _, problems = from_query({"layer": "linear", "params": many, "then": f'[["linear", {many}]]'})
    assert experiment == Experiment("linear") and len(problems) == 1 and problems[0].expected


def test_half_a_character_in_a_look_becomes_a_question_mark() -> None:
    assert from_query({"tensor": "input:\ud800"})[1].tensor == "input:?"


def test_the_whole_parts_of_a_damaged_link_are_kept() -> None:
    experiment, _, problems = from_query({"layer": "linear", "seed": "7", "dtype": "float99", "training": "true"})
    assert experiment == Experiment("linear", seed=7, training=True)
    assert [problem.where for problem in problems] == ["dtype"]


@settings(max_examples=200, deadline=None)
@given(EXPERIMENTS, st.data())
def test_no_mutation_of_a_link_raises(experiment: Experiment, data: Any) -> None:
    query = {**to_query(experiment), **data.draw(st.sampled_from(DAMAGED))}
    name = data.draw(st.sampled_from(sorted(query)))
    text = query[name]
    place = data.draw(st.integers(0, max(0, len(text) - 1)))
    junk = data.draw(st.text(max_size=3) | st.sampled_from(['"', "{", "[", "-", "e999", "\x00", "null", "\ud800"]))
    query[name] = text[:place] + junk + text[place + data.draw(st.integers(0, 3)) :]
    back, _, problems = from_query(query)
    again, _, none = from_query(to_query(back))
    assert again == back or len(json.dumps(back.to_json())) > MAX_LINK
    assert all(isinstance(problem, Problem) for problem in problems + none)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from([*to_query(Experiment()), "params", "z", "inputs", "?"]), st.text()))
def test_random_text_never_raises(query: dict[str, str]) -> None:
    from_query(query)


@pytest.mark.parametrize("cut", [1, 5, 40, -3])
def test_a_truncated_compressed_link_is_reported(cut: int) -> None:
    z = to_query(Experiment(inputs=(Recipe("typed", (400,), {"values": list(range(400))}),)))["z"]
    experiment, _, problems = from_query({"z": z[:cut]})
    assert experiment == Experiment() and len(problems) == 1


# ----------------------------------------------------------------------------------------------- construction
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("seed", -1),
        ("seed", True),
        ("seed", 1.0),
        ("training", 1),
        ("params", {"a": object()}),
        ("params", {1: 2}),
        ("inputs", "ones"),
        ("inputs", [3]),
        ("mask", {"kind": "middle"}),
        ("edits", [("weight:kernel", (0,), "x")]),
        ("then", [("linear", {"a": object()})]),
        ("then", [("linear",)]),
        ("then", "linear"),
        ("then", None),
        ("layer", None),
        ("dtype", None),
        ("dtype", []),
        ("step", {"target": "far"}),
    ],
)
def test_a_wrong_value_is_refused_with_both_sides(name: str, value: Any) -> None:
    with pytest.raises(Problem) as caught:
        Experiment(**{name: value})
    assert caught.value.expected and caught.value.received
    assert caught.value.where.startswith(name)


def test_a_parameter_that_contains_itself_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(Problem):
        Experiment(params={"a": endless})


def test_an_experiment_does_not_change_with_what_it_was_made_from() -> None:
    params: dict[str, Any] = {"layers": [1, 2]}
    experiment = Experiment(params=params)
    key = experiment.key
    params["layers"].append(3)
    assert experiment.key == key


def test_a_chain_is_the_same_however_it_is_said() -> None:
    said = (
        [["linear", {"units": 2, "use_bias": False}]],
        (("linear", {"use_bias": False, "units": 2}),),
        (Following("linear", {"units": 2, "use_bias": False}),),
    )
    experiments = [Experiment("attention", then=then) for then in said]  # type: ignore[arg-type]
    assert len(set(experiments)) == len({json.dumps(to_query(one)) for one in experiments}) == 1
    assert to_query(experiments[0])["then"] == '[["linear",{"units":2,"use_bias":false}]]'
    assert experiments[0].then == (Following("linear", {"units": 2, "use_bias": False}),)


def test_a_chain_does_not_change_with_what_it_was_made_from() -> None:
    link: list[Any] = ["linear", {"units": 2}]
    experiment = Experiment(then=[link])  # type: ignore[arg-type]
    key = experiment.key
    link[1]["units"] = 3
    assert experiment.key == key


@pytest.mark.parametrize("name", ["z", "needs", "layer", "dtype", "params", "\ud800"])
def test_what_is_told_of_half_a_character_can_be_sent_on(name: str) -> None:
    _, _, problems = from_query({name: "\ud800" * 20})
    assert problems
    for problem in problems:
        f"{problem.what}{problem.expected}{problem.received}{problem.detail}{problem.where}".encode()


def test_a_link_of_very_many_unknown_parts_is_not_worded_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    worded: list[str] = []
    real = link_module.unknown_part
    monkeypatch.setattr(link_module, "unknown_part", lambda name: (worded.append(name), real(name))[1])
    _, _, problems = from_query({f"unknown{number}": "1" for number in range(50_000)})
    assert len(worded) == MAX_TOLD
    assert str(problems[-1].what).endswith(f" {50_000 - MAX_TOLD}") and len(problems) == MAX_TOLD + 1
