"""`make mutants`: healthy layers, each with one small fault put into its source. How many does the doctor notice?

A mutant counts as noticed if the doctor says anything of it that it does not say of the healthy layer. Some mutants
compute what the layer computes (an epsilon that no input of the call needs), so all of them can hardly be noticed.
"""

from __future__ import annotations

import ast
import copy
import linecache
import re
import sys
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from explorer.core.doctor import examine
from tests.healthy.case import Healthy
from tests.healthy.corpus import corpus

ROOT = Path(__file__).parents[4]
MOST = 200
"""So many mutants are examined, of each kind about as many."""
TOLD = re.compile(r"(\d+) of (\d+) such faults are noticed")
"""What the README says."""
_WRONG_AXIS = {-1: -2, -2: -1, 1: 0, 0: 1, 2: 1, 3: 2, -3: -1}
_MASKS = ("mask", "initial_state", "attention_mask", "use_causal_mask")

Change = Callable[[Any], Any]
"""Gives the node that takes a node's place, None where the fault cannot be put."""


@dataclass(frozen=True)
class Mutant:
    """A healthy layer's module with one fault.

    Attributes:
        kind: of the fault.
        module: the module's name in `tests.healthy`.
        line: where the fault is.
        source: the whole module's.
    """

    kind: str
    module: str
    line: int
    source: str


def _called(node: Any, *names: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in names


def _without_keyword(node: Any, *names: str) -> Any:
    if not isinstance(node, ast.Call) or not any(one.arg in names for one in node.keywords):
        return None
    return ast.Call(node.func, node.args, [one for one in node.keywords if one.arg not in names])


def _dropped_transpose(node: Any) -> Any:
    return node.args[0] if _called(node, "transpose", "swapaxes", "moveaxis") and node.args else None


def _wrong_axis(node: Any) -> Any:
    if not isinstance(node, ast.keyword) or node.arg != "axis":
        return None
    try:
        axis = ast.literal_eval(node.value)
    except ValueError:
        return None
    return ast.keyword("axis", ast.Constant(_WRONG_AXIS[axis])) if axis in _WRONG_AXIS else None


def _forgotten_argument(node: Any) -> Any:
    """What is handed to a part under its own name, `rate=rate` or `rate=self.rate`, or is a mask.

    Not `training`, which Keras hands on by itself, and not what is put into a config: that is a kind of its own.
    """
    if not isinstance(node, ast.Call) or ast.unparse(node.func) in ("super().__init__", "config.update"):
        return None
    for keyword in node.keywords:
        name = getattr(keyword.value, "attr", getattr(keyword.value, "id", None))
        if keyword.arg in _MASKS or (keyword.arg not in (None, "training", "dtype") and name == keyword.arg):
            return _without_keyword(node, str(keyword.arg))
    return None


def _mask_ignored(node: Any) -> Any:
    if not isinstance(node, ast.FunctionDef) or node.name != "call":
        return None
    if "mask" not in [one.arg for one in (*node.args.args, *node.args.kwonlyargs)]:
        return None
    made = copy.deepcopy(node)
    made.body.insert(0, ast.parse("mask = None").body[0])
    return made


def _is_tiny(node: Any) -> bool:
    named = isinstance(node, ast.Attribute) and node.attr in ("epsilon", "eps")
    return named or (isinstance(node, ast.Constant) and isinstance(node.value, float) and 0 < node.value < 1e-2)


def _epsilon_removed(node: Any) -> Any:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return node.left if _is_tiny(node.right) else node.right if _is_tiny(node.left) else None
    return node.args[0] if _called(node, "maximum") and len(node.args) == 2 and _is_tiny(node.args[1]) else None


def _state_dropped(node: Any) -> Any:
    assigns = isinstance(node, ast.Expr) and _called(node.value, "assign", "assign_add", "assign_sub")
    return ast.Pass() if assigns else None


def _argument_not_in_config(node: Any) -> Any:
    if not isinstance(node, ast.FunctionDef) or node.name != "get_config":
        return None
    made = copy.deepcopy(node)
    for one in ast.walk(made):
        named = [at for at, key in enumerate(getattr(one, "keys", ())) if isinstance(key, ast.Constant)]
        if named and isinstance(one, ast.Dict):
            del one.keys[named[0]], one.values[named[0]]
            return made
    return None


def _untracked_weight(node: Any) -> Any:
    if not _called(node, "add_weight"):
        return None
    shape = next((one.value for one in node.keywords if one.arg == "shape"), node.args[0] if node.args else None)
    return ast.parse(f"keras.random.normal({ast.unparse(shape)})", mode="eval").body if shape is not None else None


def _axes_not_kept(node: Any) -> Any:
    """Not of the first axis: without it the numbers meet the same ones."""
    first = isinstance(node, ast.Call) and any(ast.unparse(one) == "axis=0" for one in node.keywords)
    return None if first else _without_keyword(node, "keepdims")


def _reshape_mixed(node: Any) -> Any:
    if not _called(node, "reshape") or len(node.args) != 2 or not isinstance(node.args[1], ast.Tuple):
        return None
    lengths = list(node.args[1].elts)
    if len(lengths) < 3 or ast.dump(lengths[1]) == ast.dump(lengths[2]):
        return None
    lengths[1], lengths[2] = lengths[2], lengths[1]
    return ast.Call(node.func, [node.args[0], ast.Tuple(lengths, ast.Load())], node.keywords)


def _constructor_keeps_nothing(node: Any) -> Any:
    is_super = _called(node, "__init__") and isinstance(node.func.value, ast.Call) and not node.args
    return ast.Call(node.func, [], []) if is_super and node.keywords else None


def _always_training(node: Any) -> Any:
    if isinstance(node, ast.If | ast.IfExp) and isinstance(node.test, ast.Name) and node.test.id == "training":
        made = copy.deepcopy(node)
        made.test = ast.Constant(True)
        return made
    return None


def _declared_wrongly(node: Any) -> Any:
    if not isinstance(node, ast.FunctionDef) or node.name != "compute_output_shape":
        return None
    made = copy.deepcopy(node)
    for one in ast.walk(made):
        if isinstance(one, ast.Return) and one.value is not None and not isinstance(one.value, ast.Dict | ast.List):
            one.value = ast.parse(f"(*tuple({ast.unparse(one.value)}), 1)", mode="eval").body
            return made
    return None


def _samples_mixed(node: Any) -> Any:
    if not isinstance(node, ast.FunctionDef) or node.name != "call":
        return None
    made = copy.deepcopy(node)
    last = made.body[-1]
    if not isinstance(last, ast.Return) or last.value is None or isinstance(last.value, ast.Tuple | ast.Dict):
        return None
    text = ast.unparse(last.value)
    made.body[-1:] = ast.parse(f"mixed = {text}\nreturn mixed - keras.ops.mean(mixed, axis=0, keepdims=True)").body
    return made


def _future_seen(node: Any) -> Any:
    return ast.Call(ast.Attribute(node.func.value, "ones_like"), node.args[:1], []) if _called(node, "tril") else None


KINDS: dict[str, Change] = {
    "transpose dropped": _dropped_transpose,
    "wrong axis": _wrong_axis,
    "argument forgotten": _forgotten_argument,
    "mask ignored": _mask_ignored,
    "epsilon removed": _epsilon_removed,
    "state dropped": _state_dropped,
    "argument not in the config": _argument_not_in_config,
    "weight untracked": _untracked_weight,
    "axis not kept": _axes_not_kept,
    "reshape mixed": _reshape_mixed,
    "constructor keeps no keywords": _constructor_keeps_nothing,
    "always in training": _always_training,
    "shape declared wrongly": _declared_wrongly,
    "samples mixed": _samples_mixed,
    "future seen": _future_seen,
}


class _At(ast.NodeTransformer):
    """Puts a fault at one place of the classes of a module, the n-th where it can be put."""

    def __init__(self, change: Change, number: int) -> None:
        self.change, self.left, self.line = change, number, 0

    def visit(self, node: Any) -> Any:
        made = self.change(node)
        if made is not None:
            self.left -= 1
            if self.left == -1:
                self.line = getattr(node, "lineno", getattr(getattr(node, "value", None), "lineno", 0))
                return ast.copy_location(made, node) if hasattr(node, "lineno") else made
        return self.generic_visit(node)


def modules() -> list[str]:
    """The names of the corpus's modules."""
    return sorted({name.partition("-")[0] for name in corpus()})


def source_of(name: str) -> str:
    """The source of a module of the corpus."""
    return (ROOT / "tests" / "healthy" / f"{name}.py").read_text(encoding="utf-8")


def mutants() -> list[Mutant]:
    """At most `MOST`, of each kind about as many, always the same ones."""
    lines = {kind: list(_of_kind(kind, change)) for kind, change in KINDS.items()}
    found: list[Mutant] = []
    while len(found) < MOST and any(lines.values()):
        for waiting in lines.values():
            if waiting and len(found) < MOST:
                found.append(waiting.pop(0))
    return found


def _of_kind(kind: str, change: Change) -> Iterator[Mutant]:
    """All mutants of a kind: first one of each module, then the second ones."""
    made: list[tuple[int, Mutant]] = []
    for name in modules():
        tree = ast.parse(source_of(name))
        number = 0
        while True:
            changed, at = copy.deepcopy(tree), _At(change, number)
            for node in changed.body:
                if isinstance(node, ast.ClassDef):
                    at.visit(node)
            if at.left >= 0:
                break
            made.append((number, Mutant(kind, name, at.line, ast.unparse(ast.fix_missing_locations(changed)) + "\n")))
            number += 1
    return (mutant for _, mutant in sorted(made, key=lambda one: one[0]))


def said(source: str, name: str) -> set[tuple[str, str, str]]:
    """What the doctor finds wrong with the layers of a module: check, mistake and outcome."""
    file = f"<mutant of {name}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    module = types.ModuleType(f"mutant_{name}")
    module.__file__ = file
    sys.modules[module.__name__] = module
    try:
        exec(compile(source, file, "exec"), vars(module))
        return {one for case in vars(module).values() if isinstance(case, Healthy) for one in _said(case)}
    finally:
        del sys.modules[module.__name__]


def _said(case: Healthy) -> Iterator[tuple[str, str, str]]:
    report = examine(case.make, list(case.inputs), case.keywords, seconds=30)
    for finding in report.findings:
        if finding.outcome in ("failed", "advice"):
            yield finding.check, finding.mistake, finding.outcome


def main() -> int:
    """Examine them all, print the share of each kind, and compare it with the README's."""
    healthy = {name: said(source_of(name), name) for name in modules()}
    every = mutants()
    noticed: dict[str, list[bool]] = {}
    for mutant in every:
        more = said(mutant.source, mutant.module) - healthy[mutant.module]
        noticed.setdefault(mutant.kind, []).append(bool(more))
        if not more:
            print(f"not noticed: {mutant.kind}, tests/healthy/{mutant.module}.py:{mutant.line}", flush=True)
    for kind, results in noticed.items():
        print(f"{kind:32}{sum(results):4} of {len(results)}")
    right = sum(sum(results) for results in noticed.values())
    told = TOLD.search((ROOT / "README.md").read_text(encoding="utf-8"))
    print(f"{right} of {len(every)} noticed. The README says: {told[0] if told else 'nothing'}.")
    return 0 if told and (int(told[1]), int(told[2])) == (right, len(every)) else 1


if __name__ == "__main__":
    sys.exit(main())
