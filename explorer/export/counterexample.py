"""A counterexample as a pytest file that needs Keras, TensorFlow and NumPy only: it fails until the layer is mended."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from explorer.model.counterexample import TOLERANCE, Counterexample, Given
from explorer.model.report import Finding

_GIVEN = '''
def given(values, shape, dtype, mask=None):
    """A tensor; the mask is attached to it as the layer before would."""
    tensor = keras.ops.convert_to_tensor(np.array(values, "float64").reshape(shape), dtype)
    if mask is not None:
        keras.src.backend.set_keras_mask(tensor, keras.ops.convert_to_tensor(np.array(mask).reshape(shape[:2])))
    return tensor
'''
_TENSOR = re.compile(r"x(\d+)")
_NUMBER = re.compile(r"^([+-]?\d+)\.0$")


TITLE = "The smallest inputs that break the layer, as Layer Explorer found them."


def pytest_file(findings: Sequence[Finding], beginning: Sequence[str], construction: str) -> str:
    """A file with a test for every finding that has a counterexample.

    Args:
        findings: of one report; those without a counterexample are left out.
        beginning: the file's first lines, which import or define what the construction needs: NumPy as np, Keras.
        construction: an expression that makes the layer, "MyLayer(units=4)".
    Returns:
        The text; each test passes once the layer does what the check expects.
    """
    tests: dict[str, list[str]] = {}
    for finding in findings:
        if finding.counterexample is not None:
            name = f"test_{finding.check}" + (f"_{len(tests)}" if f"test_{finding.check}" in tests else "")
            tests[name] = [*_test(name, finding, finding.counterexample, construction)]
    bodies = ["\n".join(lines) for lines in tests.values()]
    lines = [*beginning, "", "import tensorflow as tf", "", *_GIVEN.splitlines(), "", "", "\n\n\n".join(bodies)]
    return "\n".join(lines) + "\n"


def _test(name: str, finding: Finding, found: Counterexample, construction: str) -> Iterator[str]:
    yield f"def {name}():"
    yield f'    """{str(finding.title).replace(chr(34), chr(39))}."""'
    yield f"    keras.utils.set_random_seed({found.seed})"
    yield f"    layer = {construction}"
    for number, call in enumerate(found.calls):
        names = [f"{'abc'[number % 3]}{i}" for i in range(len(call))]
        for variable, tensor in zip(names, call, strict=True):
            yield f"    {variable} = {_given(tensor)}"
        yield f"    keras.utils.set_random_seed({found.seed})"
        yield from (f"    {line}" for line in _call(found, _arguments(found, names), names, number))
    yield from (f"    {line}" for line in _asserted(found))


def _call(found: Counterexample, arguments: str, names: Sequence[str], number: int) -> Iterator[str]:
    """The lines of one call."""
    call = f"layer({arguments})"
    if found.claim == "runs":
        yield call
    elif found.claim == "equal":
        cell = found.cells[number]
        yield f"cell_{number} = keras.tree.flatten({call})[{cell.output}][{', '.join(map(str, cell.index))}]"
    elif found.claim == "equal loss":
        yield call
        yield f"loss_{number} = float(sum(layer.losses))"
    elif found.claim == "finite gradient":
        floats = [n for n, x in zip(names, found.calls[number], strict=True) if "float" in x.dtype]
        yield call + "  # builds it"
        yield "with tf.GradientTape() as tape:"
        yield f"    tape.watch([{', '.join(floats)}])"
        yield f"    outputs = [y for y in keras.tree.flatten({call}) if 'float' in y.dtype.name]"
        yield "    factors = [0.5 + np.random.default_rng(3).random(tuple(y.shape)) for y in outputs]"
        yield "    total = sum(keras.ops.sum(y * keras.ops.cast(f, y.dtype)) for y, f in zip(outputs, factors))"
        yield f"sources = [{', '.join(floats)}, *(w.value for w in layer.trainable_variables)]"
    else:
        yield f"outputs = keras.tree.flatten({call})"


def _asserted(found: Counterexample) -> Iterator[str]:
    if found.claim == "finite":
        yield "assert all(np.isfinite(keras.ops.convert_to_numpy(y)).all() for y in outputs)"
    elif found.claim == "finite gradient":
        yield "gradients = [tf.convert_to_tensor(g) for g in tape.gradient(total, sources) if g is not None]"
        yield "assert all(np.isfinite(keras.ops.convert_to_numpy(g)).all() for g in gradients)"
    elif found.claim == "equal":
        tolerance = ", ".join(f"{name}={value:g}" for name, value in TOLERANCE.items())
        yield f"np.testing.assert_allclose(cell_0, cell_1, {tolerance})"
    elif found.claim == "equal loss":
        yield "np.testing.assert_allclose(loss_0, loss_1, rtol=1e-3, atol=1e-6)"
    elif found.claim == "mask fits":
        yield "masks = [keras.src.backend.get_keras_mask(y) for y in outputs]"
        yield "assert all(m is None or y.shape[: len(m.shape)] == m.shape for y, m in zip(outputs, masks))"


def _arguments(found: Counterexample, names: Sequence[str]) -> str:
    text = _renamed(found.arguments, names)
    return text if found.training is None else f"{text}, training={found.training}"


def _renamed(arguments: str, names: Sequence[str]) -> str:
    """The arguments of a call with other names for the tensors; a keyword or a text that reads "x1" stays as it is."""
    try:
        call = ast.parse(f"_({arguments})", mode="eval")
    except SyntaxError:  # a value that is no tensor, and whose text is no Python
        return arguments
    for node in ast.walk(call):
        if isinstance(node, ast.Name) and (tensor := _TENSOR.fullmatch(node.id)):
            node.id = names[int(tensor[1])]
    return ast.unparse(call).removeprefix("_(")[:-1]


def _given(tensor: Given) -> str:
    if tensor.values and len(set(tensor.values)) == 1:
        values = f"np.full({tensor.shape!r}, {_number(tensor.values[0])})"
    else:
        values = f"[{', '.join(map(_number, tensor.values))}]"
    mask = "" if tensor.mask is None else f", {list(tensor.mask)!r}"
    return f"given({values}, {tensor.shape!r}, {tensor.dtype!r}{mask})"


def _number(value: float) -> str:
    return _NUMBER.sub(r"\1", repr(value))
