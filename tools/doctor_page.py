"""`make doctor-page`: write docs/doctor.md, the checks of the doctor with a layer that each finds wrong.

With `--check` the exit code tells whether it is as it would be written, but for last digits: a processor decides them.

The layers are those of the tests. What the page says of them is what the doctor said as it was written: the smallest
inputs, and of a layer that the tests cure, the cure.
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
from explorer.core.doctor.registry import Check, checks
from explorer.model.report import Finding
from tests.explorer.core.doctor.hunted import PAIRS, Pair

PAGE = Path(__file__).parents[1] / "docs" / "doctor.md"
_BEGIN = """# The checks of the doctor

A check is one thing that a correct Keras layer satisfies. Each has a name that does not change: `--select`, `--ignore`
and the comment `# layer-explorer: ignore[name] reason` take it ([library.md](library.md)). With many stands a layer
that they find wrong, the smallest inputs that the doctor found, and the change that cures the layer.

This page is written by `make doctor-page`. The layers are those of the tests, which also run the test that the doctor
gives away with each: it fails on the layer as it stands here, and passes after the change.
"""


def page() -> str:
    """The page's text."""
    return "\n".join([_BEGIN, *(line for check in checks(asked=True) for line in _section(check, _pair(check)))])


def _pair(check: Check) -> Pair | None:
    """The first pair of a check, if it can be one whose cure stands for itself."""
    pairs = [pair for pair in PAIRS if pair.check == check.id]
    return min(pairs, key=lambda pair: issubclass(pair.cured, pair.ill), default=None)


def _examined(pair: Pair) -> Finding:
    """What the doctor says of a pair's ill layer."""
    report = examine(pair.ill, list(pair.inputs), select=(pair.check,))
    return next(one for one in report.findings if one.check == pair.check and one.outcome in ("failed", "advice"))


def _section(check: Check, pair: Pair | None) -> Iterator[str]:
    yield f"## {check.id}"
    yield f"**{check.title}.** {check.expected} {check.why}"
    yield ""
    yield f"*What is tried*: {check.tried}"
    yield ""
    if check.asked:
        yield "It is made only if it is asked for: `--backend jax`, or `--select` with its name."
        yield ""
    if pair is None:
        return
    finding = _examined(pair)
    ill, cured = (_source(one, pair) for one in (pair.ill, pair.cured))
    yield from ("```python", *ill, "```", "")
    yield f"*What is seen*: {finding.seen}"
    yield ""
    if finding.counterexample is not None:
        yield from ("```text", *(line.strip() for line in inputs_of(finding.counterexample)), "```", "")
    changes = [
        line for line in difflib.unified_diff(ill, cured, lineterm="", n=1) if line[:2] not in ("--", "++", "@@")
    ]
    yield from ("```diff", *changes, "```", "")


def _source(layer_class: type, pair: Pair) -> list[str]:
    """A class of a pair as one stands for itself, named as the pair is."""
    name = pair.ill.__qualname__.partition(".")[0]
    lines = textwrap.dedent(inspect.getsource(layer_class)).splitlines()
    named = [line.replace(f"class {layer_class.__name__}(", f"class {name}(") for line in lines]
    return [re.sub(r"(?<![\w.])layers\.", "keras.layers.", line) for line in named]


def _rounded(text: str) -> str:
    return re.sub(r"\d+\.\d+(e-?\d+)?", lambda number: f"{float(number[0]):.2g}", text)


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        sys.exit(_rounded(PAGE.read_text(encoding="utf-8")) != _rounded(page()))
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE}: {len(checks(asked=True))} checks, {len({pair.check for pair in PAIRS})} with a layer.")
