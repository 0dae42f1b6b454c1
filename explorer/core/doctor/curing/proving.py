"""Run what is proposed for a finding, change by change, until one cures the layer and harms nothing else."""

from __future__ import annotations

import dataclasses
import difflib
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from explorer.core.doctor.curing.comparing import TOLD, Called, behaviour, graver, not_kept, revealed, shown, told_by
from explorer.core.doctor.curing.proposing import Ill, proposed
from explorer.core.doctor.examination import examine
from explorer.core.doctor.isolation import SEED, undisturbed
from explorer.core.doctor.registry import CHECKS, LAST
from explorer.core.plain import said
from explorer.core.source_edits import Source, edited
from explorer.export.counterexample import pytest_file
from explorer.model.cure import Candidate, Cure, Search, Treatment
from explorer.model.report import Finding, Report
from explorer.model.trace import Message

MOST = 16
"""So many changes are run for one finding."""
DEPTH = 3
"""So many changes follow each other, where each but the last only leads to the next line with the same fault."""
MOST_SEARCHES = 20
"""For so many findings of one layer a cure is looked for."""
_STOPPED = Message("Further changes were left out, for the sake of time.")
_WORSE = Message("It cures this finding, and leaves more to be cured after it than another change.")


@dataclass(frozen=True)
class Bench:
    """A layer whose source can be changed, and what it is called on.

    Attributes:
        code: the whole text in which its class stands.
        make: executes such a text; gives its class, and what makes the layer. The next text may take its place.
        inputs, keywords, seed, ignore: as `examine` takes them.
    """

    code: str
    make: Callable[[str], tuple[type, Callable[[], Any]]]
    inputs: Sequence[Any]
    keywords: Mapping[str, Any] | None = None
    seed: int = SEED
    ignore: tuple[str, ...] = ()


class Side:
    """The layer as one text makes it.

    Args:
        bench: what it is called on.
        code: the text; that of the bench if None.
    Raises:
        Exception: whatever executing it raises.
    """

    def __init__(self, bench: Bench, code: str | None = None) -> None:
        self.bench, self.code = bench, bench.code if code is None else code
        self.known, make = bench.make(self.code)
        self.called = Called(make, bench.inputs, bench.keywords, bench.seed)

    def report(self, *select: str) -> Report:
        """The examination: of all checks, or of some and those before them."""
        bench, make = self.bench, self.called.make
        return examine(make, bench.inputs, bench.keywords, select=select, ignore=bench.ignore, seed=bench.seed)


def treated(bench: Bench, report: Report, seconds: float = math.inf) -> Treatment:
    """Cure one finding after the other, as far as a cure is found.

    Args:
        bench: the layer.
        report: on the layer as it is.
        seconds: after so many no further change is tried.
    """
    ends = time.monotonic() + seconds
    searches: list[Search] = []
    known: set[tuple[str, str]] = set()
    while len(searches) < MOST_SEARCHES and time.monotonic() < ends:
        finding = next((f for f in open_findings(report) if (f.check, str(f.seen)) not in known), None)
        if finding is None:
            break
        known.add((finding.check, str(finding.seen)))
        found, after = search(bench, report, finding, ends - time.monotonic())
        searches.append(found)
        if found.cure is not None and after is not None:
            bench, report = dataclasses.replace(bench, code=found.cure.code), after
            known.clear()  # what could not be cured before may be now
    return Treatment(report, bench.code, tuple(searches))


def open_findings(report: Report) -> list[Finding]:
    """What is wrong and might be cured by a change of the source, the gravest first."""
    found = [finding for finding in report.findings if finding.curable]
    return sorted(found, key=lambda finding: finding.outcome != "failed")


def search(
    bench: Bench,
    report: Report,
    finding: Finding,
    seconds: float = math.inf,
    so_far: Callable[[Search], None] | None = None,
) -> tuple[Search, Report | None]:
    """Run what is proposed for one finding, until a change cures it.

    A change that cures it, and lets checks find something that had to wait for this one, is offered only if no other
    change does better.

    Args:
        bench: the layer.
        report: on the layer as it is.
        finding: of that report.
        seconds: after so many no further change is tried.
        so_far: is given before each change the search as it would be if that change never ended.
    Returns:
        What became of it, and the report on the layer with the cure that is offered.
    """
    ends = time.monotonic() + seconds
    trial = _Trial(bench, report, finding)
    tried: list[Candidate] = []
    proven: list[tuple[int, Cure, Report]] = []

    def told(stopped: Message | None = None) -> tuple[Search, Report | None]:
        _, cure, after = min(proven, key=lambda one: one[0], default=(0, None, None))
        found = [dataclasses.replace(one, refused=None) if cure and one.change == cure.change else one for one in tried]
        return Search(finding.check, finding.title, tuple(found), cure, stopped), after

    for what, code in trial.texts():
        if so_far is not None:
            so_far(told(_STOPPED)[0])
        if len(tried) >= MOST or time.monotonic() > ends:
            return told(_STOPPED)
        change = difference(bench.code, code)
        proof = trial.proof(what, code)
        if isinstance(proof, Message):
            tried.append(Candidate(what, change, proof))
            continue
        after, gives = proof
        proven.append((revealed(report, after), Cure(what, change, code, trial.gave, gives), after))
        tried.append(Candidate(what, change, _WORSE))
        if not proven[-1][0]:
            break
    return told()


class _Trial:
    """The changes that are tried for one finding.

    Attributes:
        gave: what the layer gave before, as text.
    """

    def __init__(self, bench: Bench, report: Report, finding: Finding) -> None:
        self.bench, self.report, self.finding = bench, report, finding
        side = Side(bench)
        self.before, self.gave = behaviour(self._right(side)), shown(side.called, finding)
        self.next: list[tuple[str, Finding, Message | None]] = [(bench.code, finding, None)]

    def texts(self) -> Iterator[tuple[Message, str]]:
        """The texts to be tried, each with the changes that lead to it."""
        for _ in range(DEPTH):
            waiting, self.next = self.next, []
            for code, finding, so_far in waiting:
                side = Side(self.bench, code)  # the source that is read must be the one that was executed last
                for change in list(proposed(Ill(Source(code), side.known, finding))):
                    both = {"first": so_far, "second": change.what}
                    what = change.what if so_far is None else Message("{first}; {second}", both)
                    yield what, edited(code, change.edits)

    def proof(self, what: Message, code: str) -> Message | tuple[Report, tuple[str, ...]]:
        """Why a change is refused; or the report after it, and what the layer gives then."""
        try:
            side = Side(self.bench, code)
        except (Exception, SystemExit) as error:
            return Message("It cannot be executed: {error}", {"error": _short(error)})
        last = CHECKS.all()[self.finding.check].stage == LAST  # it looks at what all others came to
        report = side.report(*(() if last else (self.finding.check,)))
        left = self._left(report)
        if left is not None:
            self._follow(report, side, what)
            return left
        shows = self._still_shown(side)
        if shows is not None:
            return shows
        harm = not_kept(self.before, behaviour(self._right(side), self.before), self.finding)
        if harm is not None:
            return harm
        report = side.report()
        harm = self._left(report) or graver(self.report, report, self.finding.check)
        return (report, shown(side.called, self.finding)) if harm is None else harm

    def _right(self, side: Side) -> Called:
        """The calls whose outputs are right, as far as the finding tells: ids of padding are none of them."""
        if self.finding.check != "padding_ids":
            return side.called
        inputs, keywords = keras.tree.map_structure(_without_zeros, (list(side.called.inputs), side.called.keywords))
        return dataclasses.replace(side.called, inputs=inputs, keywords=keywords)

    def _left(self, report: Report) -> Message | None:
        """What the check still finds; None if it is content, or has one thing less to find."""
        check = self.finding.check
        now, before = told_by(report, check), told_by(self.report, check)
        if len(now) >= len(before):
            return Message("The check still finds: {seen}", {"seen": now[0].seen})
        for finding in [finding for finding in report.findings if finding.check == check and not now]:
            if finding.outcome != "passed" and finding.remark != "satisfied":
                first = next((one for one in report.findings if one.outcome in TOLD), finding)
                return Message("The check can tell nothing any more: {seen}", {"seen": first.seen})
        return None

    def _follow(self, report: Report, side: Side, what: Message) -> None:
        """Go on from a change after which the check blames a line that the change did not touch."""
        found = told_by(report, self.finding.check)
        if len(found) == 1 and found[0].place is not None and found[0].outcome != "broken":
            place, old = found[0].place, self.bench.code.split("\n")
            blocks = difflib.SequenceMatcher(None, old, side.code.split("\n"), autojunk=False).get_opcodes()
            touched = any(tag != "equal" and first < place.line <= last for tag, _, _, first, last in blocks)
            if not touched and self.finding.place is not None and place.text != self.finding.place.text:
                self.next.append((side.code, found[0], what))

    def _still_shown(self, side: Side) -> Message | None:
        """Whether the test that comes with the counterexample still fails."""
        if self.finding.counterexample is None:
            return None
        text = pytest_file([self.finding], ["import keras", "import numpy as np"], "Layer()")
        scope: dict[str, Any] = {"Layer": side.called.make}
        with undisturbed(self.bench.seed):
            exec(compile(text, "<test>", "exec"), scope)
            try:
                scope[f"test_{self.finding.check}"]()
            except Exception as error:
                return Message("The inputs that showed the fault still do: {error}", {"error": _short(error)})
        return None


def _without_zeros(value: Any) -> Any:
    """Ids without those of padding; anything else as it is."""
    array = np.asarray(value) if hasattr(value, "dtype") else np.zeros(0)
    return np.where(array == 0, 1, array) if array.dtype.kind in "iu" else value


def difference(before: str, after: str) -> tuple[str, ...]:
    """The lines of a unified diff of two texts, without its heading."""
    return tuple(difflib.unified_diff(before.split("\n"), after.split("\n"), n=1, lineterm=""))[2:]


def _short(error: BaseException) -> str:
    return next((line for line in said(error).splitlines() if line.strip()), "")[:200]
