"""Explanations as the browser gets them: names instead of ids, hands followed, factors of factors."""

from __future__ import annotations

import functools

import numpy as np

from explorer.arithmetic import explain
from explorer.arithmetic.aliases import is_same
from explorer.model.trace import Frame, Message, Operand, Step, Tensor, Trace
from explorer.stage.arithmetic import LONGEST_NAME, hands_on, told
from explorer.stage.names import names_of


def tensor(name: str, id_: str, value: np.ndarray, role: str = "intermediate") -> Tensor:
    return Tensor(id_, name, role, value.astype("float32"), "float32")


def weighted_sum() -> tuple[Trace, dict[str, str]]:
    """context = sum(x * expand_dims(alpha)), as attention has it."""
    x = tensor("x", "input:0", np.arange(6.0).reshape(2, 3) + 1, "input")
    alpha = tensor("alpha", "step:0", np.array([0.25, 0.75]))
    wide = tensor("expand_dims(alpha, axis=-1)", "step:1", alpha.value[:, None])
    weighted = tensor("weighted", "step:2", x.value * wide.value)
    context = tensor("a very long expression " * 5, "step:3", weighted.value.sum(axis=0))
    given = [Operand("", (name,)) for name in ("input:0", "step:0", "step:1", "step:2")]
    steps = (
        Step(1, 0, 1, 9, "alpha", "alpha", (alpha,)),
        Step(2, 0, 2, 9, wide.name, "", (wide,), "keras.ops.expand_dims", (given[1], Operand("axis", (), "-1"))),
        Step(3, 0, 3, 9, "x * ...", "weighted", (weighted,), "keras.ops.multiply", (given[0], given[2])),
        Step(4, 0, 4, 9, context.name, "", (context,), "keras.ops.sum", (given[3], Operand("axis", (), "0"))),
    )
    output = Tensor("output:0", "output", "output", context.value, "float32")
    trace = Trace("Sum", inputs=(x,), outputs=(output,), frames=(Frame("Sum.call", "", 0, steps),))
    names = {t.id: t.name for t in (x, alpha, wide, weighted, context, output)}
    return trace, names


def test_a_sum_of_products_names_the_factors_where_they_have_a_name() -> None:
    trace, names = weighted_sum()
    first = explain(trace, "output:0", (1,))
    source = hands_on(first)
    assert source is not None and (source.tensor, source.index) == ("step:3", (1,))
    last = explain(trace, source.tensor, source.index)
    answer = told([first, last], names, str, functools.partial(explain, trace))
    assert (answer["name"], answer["value"]) == ("output", "4.25")
    (copy,) = answer["copies"]
    assert copy["text"] == "" and copy["number"]["tensor"] == "step:3"
    assert len(copy["number"]["label"]) == LONGEST_NAME + len("[1]") and copy["number"]["label"].endswith("…[1]")
    (equation,) = answer["equations"]
    assert equation["form"] == "sum" and equation["printed"] == "4.25" and equation["rest"] is None
    assert [term["printed"] for term in equation["terms"]] == ["0.50", "3.75"]
    origins = [[(number["printed"], number["label"]) for number in term["origin"]] for term in equation["terms"]]
    assert origins == [[("2", "x[0, 1]"), ("0.25", "alpha[0]")], [("5", "x[1, 1]"), ("0.75", "alpha[1]")]]
    assert told([last], names, str)["equations"][0]["terms"][0]["origin"] == [], "not without a way to explain"


def test_every_text_goes_through_the_translator_with_names_in_the_place_of_ids() -> None:
    trace, names = weighted_sum()
    seen: list[Message] = []

    def say(message: Message) -> str:
        seen.append(message)
        return f"<{message}>"

    answer = told([explain(trace, "step:1", (0, 0))], names, say)
    assert answer["headline"].startswith("<") and seen
    assert all(not str(value).startswith(("step:", "input:")) for m in seen for value in m.params.values())


def dense() -> Trace:
    """x = x @ kernel; x = x + bias; x = linear(x): one name for four tensors."""
    x = tensor("x", "input:0", np.array([[1.0, 2.0]]), "input")
    kernel = tensor("kernel", "weight:kernel", np.array([[0.5], [-0.25]]), "weight")
    bias = tensor("bias", "weight:bias", np.array([4.0]), "weight")
    product = tensor("x", "step:0", x.value @ kernel.value)
    added = tensor("x", "step:1", product.value + bias.value)
    linear = Tensor("step:2", "x", "intermediate", added.value, "float32")
    output = Tensor("output:0", "output", "output", added.value, "float32")

    def step(line: int, operation: str, value: Tensor, *given: str) -> Step:
        return Step(line, 0, line, 9, "x = ...", "x", (value,), operation, tuple(Operand("", (g,)) for g in given))

    steps = (
        step(1, "keras.ops.matmul", product, "input:0", "weight:kernel"),
        step(2, "keras.ops.add", added, "step:0", "weight:bias"),
        step(3, "keras.activations.linear", linear, "step:1"),
    )
    return Trace("Dense", (x,), (kernel, bias), (output,), frames=(Frame("Dense.call", "", 0, steps),))


def test_a_name_that_is_set_again_is_told_apart() -> None:
    names = names_of(dense())
    assert (names["input:0"], names["step:0"], names["step:1"]) == ("x", "x (matmul)", "x (add)")
    assert names["output:0"] == "output" and names["weight:bias"] == "bias"


def test_identities_are_skipped_and_a_short_sum_shows_the_products_that_it_adds() -> None:
    trace = dense()
    found = [explain(trace, "output:0", (0, 0))]
    while (source := hands_on(found[-1])) is not None:
        found.append(explain(trace, source.tensor, source.index))
    explainer, same = functools.partial(explain, trace), functools.partial(is_same, trace)
    answer = told(found, names_of(trace), str, explainer, same)
    assert len(found) > 1 and answer["copies"] == []
    products, total = answer["equations"]
    assert products["label"] == "x (matmul)[0, 0]" and products["printed"] == "0.0"
    labels = [[number["label"] for number in term["factors"]] for term in products["terms"]]
    assert labels == [["x[0, 0]", "kernel[0, 0]"], ["x[0, 1]", "kernel[1, 0]"]]
    assert [term["factors"][0]["label"] for term in total["terms"]] == ["x (matmul)[0, 0]", "bias[0]"]


def test_a_term_with_a_formula_is_written_with_its_numbers_in_their_places() -> None:
    x = tensor("x", "input:0", np.array([[0.5, -1.0]]), "input")
    powers = np.exp(x.value - 0.5)
    y = tensor("y", "step:0", powers / powers.sum())
    step = Step(1, 0, 1, 9, "softmax(x)", "y", (y,), "keras.ops.softmax", (Operand("", ("input:0",)),))
    trace = Trace("Softmax", inputs=(x,), frames=(Frame("Softmax.call", "", 0, (step,)),))
    denominator, share = told([explain(trace, "step:0", (0, 1))], names_of(trace), str)["equations"]
    written = [
        "".join(p if isinstance(p, str) else f"{p['printed']} {p['label']}" for p in term["what"])
        for term in denominator["terms"]
    ]
    assert written == ["exp(0.5 x[0, 0] − 0.5 x[0, 0])", "exp(-1 x[0, 1] − 0.5 x[0, 0])"]
    assert denominator["formula"] == "" and share["formula"] == "exp(x − largest) / denominator"


def test_the_cells_of_which_one_was_taken_are_told_in_every_tensor_that_had_them() -> None:
    x = tensor("x", "input:0", np.array([[3.0, 9.0, 4.0]]), "input")
    pixels = Tensor("step:0", "pixels", "intermediate", x.value, "float32")
    best = tensor("best", "step:1", x.value.max(axis=1))
    steps = (
        Step(1, 0, 1, 9, "pixels", "pixels", (pixels,), "keras.ops.cast", (Operand("", ("input:0",)),)),
        Step(
            2, 0, 2, 9, "best", "best", (best,), "keras.ops.max", (Operand("", ("step:0",)), Operand("axis", (), "1"))
        ),
    )
    trace = Trace("Best", inputs=(x,), frames=(Frame("Best.call", "", 1, steps),))
    explained = told([explain(trace, "step:1", (0,))], {}, str, functools.partial(explain, trace))
    assert explained["window"]["input:0"] == [[0, 0], [0, 1], [0, 2]]
    whole, names = weighted_sum()
    assert told([explain(whole, "step:3", (0,))], names, str, functools.partial(explain, whole))["window"] == {}
