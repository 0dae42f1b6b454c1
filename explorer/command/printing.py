"""A report as text for a terminal."""

from __future__ import annotations

import difflib
import textwrap
from collections.abc import Iterator, Sequence

from explorer.model.counterexample import Counterexample
from explorer.model.cure import Treatment
from explorer.model.fix import with_plain_lines
from explorer.model.report import OUTCOME_LABELS, Finding, Report
from explorer.model.trace import Message

WIDTH = 100
_QUIET = ("passed", "not applicable")


def printed(report: Report, everything: bool = False) -> str:
    """The report: what is wrong first, each with its line, reason and fix.

    Args:
        report: what to print.
        everything: whether to name what passed and what does not apply.
    """
    return "\n".join(_lines(report, everything))


def _lines(report: Report, everything: bool) -> Iterator[str]:
    yield f"{report.layer} on {', '.join(report.inputs) or 'nothing'}"
    if len(report.told) > 1:
        yield f"Look at this first: {_text(report.told[0].title)}"
    for finding in report.ordered:
        if finding.outcome not in _QUIET:
            yield ""
            yield from _told(finding, report.waiting(finding))
    if everything:
        yield ""
        for finding in report.ordered:
            if finding.outcome in _QUIET and not finding.waits_for:
                yield f"{OUTCOME_LABELS[finding.outcome]}: {_text(finding.title)}. {_text(finding.seen)}"
    if report.stopped is not None:
        yield f"\n{_text(report.stopped)}"
    if report.undecided:
        yield f"\nUndecided checks: {len(report.undecided)}. Examine it again when the machine is less busy."
    counts = report.counts()
    told = ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count)
    yield f"\n{told or 'nothing found'} in {report.seconds:.1f} s"


def _told(finding: Finding, waiting: Sequence[Finding]) -> Iterator[str]:
    names = ", ".join(name for name in (finding.check, finding.mistake) if name)
    yield f"{OUTCOME_LABELS[finding.outcome]}: {_text(finding.title)} [{names}]"
    if finding.reason:
        yield from _wrapped("reason", finding.reason)
    yield from _wrapped("seen", _text(finding.seen))
    if finding.outcome in ("failed", "advice"):
        yield from _wrapped("expected", _text(finding.expected))
    yield from _wrapped("tried", _text(finding.tried))
    if finding.counterexample is not None:
        yield from inputs_of(finding.counterexample)
    if finding.place is not None:
        yield f"  {'line':9} {finding.place.file}:{finding.place.line}"
        yield f"  {'':9}     {finding.place.text}"
    if finding.outcome in ("failed", "advice"):
        yield from _wrapped("why", _text(finding.why))
    if finding.fix is not None:
        yield from _wrapped("fix", _text(finding.fix.what))
    if finding.curable:
        yield from _wrapped("cure", "doctor --fix runs changes of the file, and makes one that cures this")
    if waiting:
        names = ", ".join(one.check for one in waiting)
        yield from _wrapped("waiting", f"Checks that wait for this one: {len(waiting)} ({names})")
    if finding.outcome == "broken" and finding.detail:
        yield from _wrapped("detail", finding.detail.splitlines()[0])


def treated(treatment: Treatment, before: str, file: str) -> str:
    """What --fix did: the difference of the file, and every change that was run."""
    old = with_plain_lines(before)
    changed = treatment.code if treatment.taken else old
    lines = [*difflib.unified_diff(old.split("\n"), changed.split("\n"), file, file, n=2, lineterm="")]
    for search in treatment.searches:
        lines += [f"Cure: {_text(search.title)} [{search.check}]"]
        for one in search.tried:
            told = "offered" if one.refused is None else f"refused: {_text(one.refused)}"
            lines += [*_wrapped("tried", _text(one.what)), *_wrapped("", told)]
        lines += [*_wrapped("tried", "no change is known")] if not search.tried else []
        lines += [*_wrapped("", _text(search.stopped))] if search.stopped is not None else []
    lines += [] if treatment.searches else ["Nothing was found that a change of the file could cure."]
    return "\n".join([*lines, ""])


def inputs_of(found: Counterexample) -> Iterator[str]:
    """The calls of a counterexample, each tensor with its numbers."""
    for number, call in enumerate(found.calls):
        for position, tensor in enumerate(call):
            text = f"x{position} = {tensor.dtype} {tensor.shape}: {tensor.told_values}"
            if tensor.mask is not None:
                text += f", mask {tensor.told_mask}"
            yield from _wrapped("inputs" if number == 0 else "then", text)


def _wrapped(label: str, text: str) -> Iterator[str]:
    first, *rest = textwrap.wrap(text, WIDTH) or [""]
    yield f"  {label:9} {first}"
    yield from (f"  {'':9} {line}" for line in rest)


def _text(message: Message) -> str:
    return str(message)
