"""`make doctor-page`: write docs/doctor.md, the checks of the doctor with a layer that each finds wrong.

With `--check` the exit code tells whether it is as it would be written, but for last digits: a processor decides them.

The layers are those of the tests. What the page says of them is what the doctor said as it was written: the smallest
inputs, and the change that was run and cures it. Where no change is known to try, the cure is that of the tests.
"""

from __future__ import annotations

import difflib
import inspect
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

from explorer.command.printing import inputs_of
from explorer.core.doctor import examine
from explorer.core.doctor.curing.proving import Side, search
from explorer.core.doctor.registry import Check, checks
from explorer.model.report import Finding
from tests.explorer.core.doctor.curable import CURABLE, Curable
from tests.explorer.core.doctor.hunted import PAIRS, Pair

PAGE = Path(__file__).parents[1] / "docs" / "doctor.md"
_BEGIN = """# The checks of the doctor

A check is one thing that a correct Keras layer satisfies. Each has a name that does not change: `--select`, `--ignore`
and the comment `# layer-explorer: ignore[name] reason` take it ([library.md](library.md)). With many stands a layer
that they find wrong, the smallest inputs that the doctor found, and the change that cures the layer.

This page is written by `make doctor-page`. The layers are those of the tests, which also run the test that the doctor
gives away with each: it fails on the layer as it stands here, and passes after the change. A change under “cured by”
was found and run as `layer-explorer doctor --fix` does; the [last section](#changes-that-were-tried) lists those that
were refused.
"""
_TABLE = """## Changes that were tried
A change is offered if it was run, the check passes after it, no other check finds more than before, and outputs that
were right kept their bits. Those of a kind of fault are tried in this order until one is offered.

| check | layer | change | result |
|---|---|---|---|"""


def page() -> str:
    """The page's text."""
    tried: list[str] = []
    sections = [line for check in checks(asked=True) for line in _section(check, tried)]
    return "\n".join([_BEGIN, *sections, _TABLE, *tried, ""])


def _pair(check: Check) -> Pair | None:
    """The first pair of a check, if it can be one whose cure stands for itself."""
    pairs = [pair for pair in PAIRS if pair.check == check.id]
    return min(pairs, key=lambda pair: issubclass(pair.cured, pair.ill), default=None)


def _examined(pair: Pair) -> Finding:
    """What the doctor says of a pair's ill layer."""
    report = examine(pair.ill, list(pair.inputs), select=(pair.check,))
    return next(one for one in report.findings if one.check == pair.check and one.outcome in ("failed", "advice"))


def _section(check: Check, tried: list[str]) -> Iterator[str]:
    """The lines about one check; the changes that were tried for its layer are rows of another table."""
    yield f"## {check.id}"
    yield f"**{check.title}.** {check.expected} {check.why}"
    yield ""
    yield f"*What is tried*: {check.tried}"
    yield ""
    if check.asked:
        yield "It is made only if it is asked for: `--backend jax`, or `--select` with its name."
        yield ""
    curable = next((one for one in CURABLE if one.check == check.id), None)
    if curable is not None:
        yield from _cured(curable, tried)
    elif (pair := _pair(check)) is not None:
        yield from _told(pair)


def _cured(curable: Curable, tried: list[str]) -> Iterator[str]:
    """An ill layer, what is found, and the change that was run and cures it."""
    bench = curable.bench()
    report = Side(bench).report()
    finding = next(one for one in report.findings if one.check == curable.check and one.curable)
    found, _ = search(bench, report, finding)
    assert found.cure is not None, found
    lines = _public(bench.code).split("\n")
    begins = next(n for n, line in enumerate(lines) if line.startswith(f"class {curable.name}("))
    yield from ("```python", *"\n".join(lines[begins:]).rstrip().split("\n"), "```", "")
    yield from _seen(finding)
    yield f"*Cured by*: {found.cure.what}"
    yield ""
    yield from ("```diff", *(_public(line) for line in found.cure.change if not line.startswith("@@")), "```", "")
    yield from ("```text", "before", *found.cure.before, "after", *found.cure.after, "```", "")
    for one in found.tried:
        result = "**offered**" if one.refused is None else f"refused: {one.refused}"
        cells = (curable.check, curable.name, str(one.what), result)
        tried.append(f"| {' | '.join(_cell(cell) for cell in cells)} |")


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())[:300]


def _seen(finding: Finding) -> Iterator[str]:
    yield f"*What is seen*: {finding.seen}"
    yield ""
    if finding.counterexample is not None:
        yield from ("```text", *(line.strip() for line in inputs_of(finding.counterexample)), "```", "")


def _told(pair: Pair) -> Iterator[str]:
    """An ill layer, what is found, and the layer of the tests that is not ill."""
    finding = _examined(pair)
    ill, cured = (_source(one, pair) for one in (pair.ill, pair.cured))
    yield from ("```python", *ill, "```", "")
    yield from _seen(finding)
    changes = [
        line for line in difflib.unified_diff(ill, cured, lineterm="", n=1) if line[:2] not in ("--", "++", "@@")
    ]
    yield from ("```diff", *changes, "```", "")


def _source(layer_class: type, pair: Pair) -> list[str]:
    """A class of a pair as one stands for itself, named as the pair is."""
    name = pair.ill.__qualname__.partition(".")[0]
    lines = textwrap.dedent(inspect.getsource(layer_class)).splitlines()
    named = [line.replace(f"class {layer_class.__name__}(", f"class {name}(") for line in lines]
    return [_public(line) for line in named]


def _public(code: str) -> str:
    """Code that calls Keras's layers by their whole name."""
    return re.sub(r"(?<![\w.])layers\.", "keras.layers.", code)


def _rounded(text: str) -> str:
    return re.sub(r"\d+\.\d+(e-?\d+)?", lambda number: f"{float(number[0]):.2g}", text)


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        sys.exit(_rounded(PAGE.read_text(encoding="utf-8")) != _rounded(page()))
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE}: {len(checks(asked=True))} checks, {len({one.check for one in CURABLE})} with a proven cure.")
