"""Masks: taken where they come, handed on, applied where steps are added up, and measured as the output is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from explorer.core.doctor.cures.numbers import LOW
from explorer.core.doctor.curing.proposing import Change, Ill, called, cure
from explorer.core.source_edits import Edit, keyword_of
from explorer.model.trace import Message

_CHECKS = ("masked_steps", "padding_added", "padding_ids", "every_mask")
_STEPS = (1, -2)


@dataclass(frozen=True)
class _Mask:
    """A mask that `call` has, or can have.

    Attributes:
        name: of the variable.
        edits: that make it known in `call`.
    """

    name: str
    edits: tuple[Edit, ...] = ()


def _masks(ill: Ill) -> Iterator[_Mask]:
    """Those that the call takes; the one that it could take; those of the embeddings inside it."""
    method = ill.methods.get("call")
    if method is None:
        return
    names = [a.arg for a in (*method.args.args, *method.args.kwonlyargs)]
    taken = [name for name in names if name == "mask" or name.endswith("_mask")]
    if ill.finding.check == "padding_ids":
        for node in ill.calls_of_parts():
            if node.args and isinstance(node.args[0], ast.Name) and node.args[0].id == ill.first_argument():
                line = f"mask = {ill.text(node.func)}.compute_mask({ill.text(node.args[0])})"
                yield _Mask("mask", (ill.lines_before(ill.first_statement("call"), [line]),))
    elif taken:
        yield from (_Mask(name) for name in reversed(taken))
    else:
        yield _Mask("mask", tuple(ill.source.parameter_added(method, "mask=None")))


@cure(*_CHECKS)
def handed_on(ill: Ill) -> Iterator[Change]:
    """A part that would take the mask, behind an operation that loses it."""
    for mask in _masks(ill):
        for node in ill.calls_of_parts():
            own = any(ill.text(node.func) in edit.text for edit in mask.edits)  # the part that made it
            if not own and keyword_of(node, "mask") is None:
                what = Message("Hand the mask on to {part}", {"part": ill.text(node.func)})
                yield Change(what, (*mask.edits, ill.source.added(node, f"mask={mask.name}")))


@cure(*_CHECKS)
def steps_left_out(ill: Ill) -> Iterator[Change]:
    """A mean, a sum, a maximum or a minimum over steps: over those that the mask keeps."""
    for mask in _masks(ill):
        for node in ill.calls("mean", "sum", "max", "min", "reduce_mean", "reduce_sum", within="call"):
            axis = keyword_of(node, "axis")
            place = axis.value if axis is not None else node.args[1] if len(node.args) > 1 else None
            if not node.args or place is None or ill.text(place) not in map(str, _STEPS):
                continue
            changed = _reduced(ill, node, mask.name)
            what = Message("Leave masked steps out of {code}", {"code": ill.text(node)})
            yield Change(what, (*mask.edits, *changed))


def _reduced(ill: Ill, node: ast.Call, mask: str) -> Iterator[Edit]:
    """The edits of one such call."""
    kind, given, ops = called(node).removeprefix("reduce_"), ill.bracketed(node.args[0]), ill.ops
    rest = "".join(f", {ill.text(part)}" for part in (*node.args[1:], *node.keywords))
    if kind in ("max", "min"):
        far = LOW if kind == "max" else LOW.removeprefix("-")
        lines: list[str] = []
        total = f"{ill.text(node.func)}({ops('where')}({mask}[..., None], {given}, {far}){rest})"
    else:
        lines = [f"kept = {ops('cast')}({mask}[..., None], self.compute_dtype)"]
        total = f"{ops('sum')}({given} * kept{rest})"
        total += f" / {ops('maximum')}({ops('sum')}(kept{rest}), 1.0)" if kind == "mean" else ""
    yield from ill.otherwise(node, f"{mask} is not None", lines, total)


@cure(*_CHECKS)
def scores_hidden(ill: Ill) -> Iterator[Change]:
    """A softmax over scores of which some belong to masked steps."""
    for mask in _masks(ill):
        for node in ill.calls("softmax", within="call"):
            for axes in ("[:, None, :]", "[:, None, None, :]"):
                if node.args:
                    given = ill.bracketed(node.args[0])
                    hidden = f"{ill.ops('where')}({mask.name}{axes}, {given}, {LOW})"
                    rest = "".join(f", {ill.text(part)}" for part in (*node.args[1:], *node.keywords))
                    what = Message("Hide masked steps from the softmax, by {mask}", {"mask": mask.name + axes})
                    total = f"{ill.text(node.func)}({hidden}{rest})"
                    yield Change(what, (*mask.edits, *ill.otherwise(node, f"{mask.name} is not None", [], total)))


@cure("masks_arrive")
def one_for_each(ill: Ill) -> Iterator[Change]:
    """`mask`, which Keras never fills for a call of several tensors."""
    method = ill.methods.get("call")
    given = method.args if method is not None else None
    place = next((a for a in given.args if a.arg == "mask"), None) if given is not None else None
    if method is None or given is None or place is None:
        return
    plain = given.args[1 : len(given.args) - len(given.defaults)]
    names = [f"{argument.arg}_mask" for argument in plain]
    line, at = ill.source.start(place)
    rename = Edit(line, at, line, at + len("mask"), "=None, ".join(names))
    first = names[0] if names else ""
    what = Message("Take {names}, as Keras fills them", {"names": ", ".join(names)})
    if names:
        yield Change(what, (rename, ill.lines_before(ill.first_statement("call"), [f"mask = {first}"])))
    if len(names) == 2:
        a, b = names
        both = f"mask = {a} if {b} is None else {b} if {a} is None else {ill.ops('logical_and')}({a}, {b})"
        more = Message("Take {names}, as Keras fills them, and keep the steps of both", {"names": ", ".join(names)})
        yield Change(more, (rename, ill.lines_before(ill.first_statement("call"), [both])))


@cure("mask_fits")
def mask_of_output(ill: Ill) -> Iterator[Change]:
    """The mask of an output that has other steps, or none."""
    method = ill.methods.get("call")
    if method is None or "compute_mask" in ill.methods:
        return
    given = method.args
    names = [a.arg for a in given.args[1 : len(given.args) - len(given.defaults)]]
    previous = "mask" if len(names) == 1 else "previous_mask"
    head = f"def compute_mask(self, {', '.join(names)}, {previous}=None):"
    for node in ast.walk(method):
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id in names[:1]:
            parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else []
            if len(parts) > 1 and all(isinstance(part, ast.Slice) for part in parts[:2]):
                cut = f"{previous}[{ill.text(parts[0])}, {ill.text(parts[1])}]"
                body = f"    return None if {previous} is None else {cut}"
                yield Change(Message("Cut the mask as the steps are cut"), tuple(ill.method_added([head, body])))
    what = Message("Let no mask leave the layer: its output has other steps")
    yield Change(what, tuple(ill.method_added([head, "    return None"])))


@cure("mask_travels", "masked_steps")
def masks_supported(ill: Ill) -> Iterator[Change]:
    """A layer that takes a mask and does not hand it on."""
    what = Message("Hand the mask on: supports_masking = True")
    yield Change(what, tuple(ill.in_constructor(["self.supports_masking = True"])))
