"""What the doctor of layers reports: values only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

from explorer.model.counterexample import Counterexample
from explorer.model.display import Displayed
from explorer.model.fix import Fix, SourceLine
from explorer.model.trace import Message

Outcome: TypeAlias = Literal[
    "failed", "broken", "undecided", "advice", "ignored", "by design", "not applicable", "passed"
]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
"""What a check can come to, the gravest first. "broken" is the check's own failure, never the layer's; "undecided"
is what a busy machine kept it from telling, which another time may tell; "ignored" would be "failed" or "advice", had
nobody said that it does not count."""

OUTCOME_LABELS: Mapping[Outcome, str] = {
    "failed": "Failed",
    "broken": "The check broke",
    "undecided": "Undecided",
    "advice": "Advice",
    "ignored": "Ignored",
    "by design": "By design",
    "not applicable": "Does not apply",
    "passed": "Passed",
}
"""What a reader calls them (English msgids)."""

Remark: TypeAlias = Literal["", "satisfied", "left out"]
"""What an outcome leaves open: "satisfied" is a layer that the check finds nothing wrong with although the outcome is
not "passed"; "left out" is a check that was not made for the sake of time."""

TOLD: tuple[Outcome, ...] = ("failed", "broken", "undecided", "advice")
"""What a person has to look at."""


@dataclass(frozen=True)
class Finding:
    """What one check came to.

    Attributes:
        check: the check's id, "tracked_state".
        outcome: one of `OUTCOMES`.
        title: what a correct layer satisfies.
        tried: what the check did.
        expected: what a correct layer would have shown.
        seen: what this one showed, or why the check does not apply.
        why: why it matters, in one sentence.
        mistake: the typical mistake behind it, by name ("untracked_weight"), or "".
        place: the line to blame, where one was found.
        fix: how to fix it, where that is known. A change of code in it was not run: see `explorer.model.cure`.
        detail: the original message of Keras, TensorFlow or Python, or "".
        counterexample: the smallest inputs that were found to show it, where it shows on some inputs only.
        reason: why it is ignored, in the words of the layer's author; "" if they did not say so in its source.
        waits_for: the id of the check that comes first, where this one was not made because of what that one found.
        curable: whether changes of the source are known that might cure it, and can be tried.
        remark: one of `Remark`.
    """

    check: str
    outcome: Outcome
    title: Message
    tried: Message
    expected: Message
    seen: Message
    why: Message
    mistake: str = ""
    place: SourceLine | None = None
    fix: Fix | None = None
    detail: str = ""
    counterexample: Counterexample | None = None
    reason: str = ""
    waits_for: str = ""
    curable: bool = False
    remark: Remark = ""

    def __post_init__(self) -> None:
        if self.outcome not in OUTCOMES:
            raise ValueError(f"Expected an outcome of {', '.join(OUTCOMES)}. Received: {self.outcome!r}")


@dataclass(frozen=True)
class Report(Displayed):
    """An examination.

    Attributes:
        layer: the class's name.
        inputs: what it was called on, "float32 (2, 10, 10)" for each tensor.
        findings: one or more for every check, in the order in which they were made.
        seconds: how long it took.
        stopped: why not every check was made (a deadline), or None.
    """

    layer: str
    inputs: tuple[str, ...]
    findings: tuple[Finding, ...] = ()
    seconds: float = field(default=0.0, compare=False)
    stopped: Message | None = None

    @property
    def failed(self) -> tuple[Finding, ...]:
        """What is wrong with the layer."""
        return tuple(finding for finding in self.findings if finding.outcome == "failed")

    @property
    def ordered(self) -> tuple[Finding, ...]:
        """The gravest first; of equally grave ones that for which most checks wait, then that which was made first."""
        waiting = Counter(finding.waits_for for finding in self.findings)

        def place(finding: Finding) -> tuple[int, int]:
            return OUTCOMES.index(finding.outcome), -waiting[finding.check]

        return tuple(sorted(self.findings, key=place))

    @property
    def told(self) -> tuple[Finding, ...]:
        """What a person has to look at; at the first one before all others."""
        return tuple(finding for finding in self.ordered if finding.outcome in TOLD)

    def waiting(self, finding: Finding) -> tuple[Finding, ...]:
        """The checks that were not made because of a finding."""
        advised = finding.outcome == "advice"  # nothing waits for advice, but for another finding of the same check
        return () if advised else tuple(one for one in self.findings if one.waits_for == finding.check)

    @property
    def undecided(self) -> tuple[Finding, ...]:
        """What could not be told this time, of a layer that may be healthy all the same."""
        return tuple(finding for finding in self.findings if finding.outcome == "undecided")

    @property
    def complete(self) -> bool:
        """Whether every check was made, and none broke."""
        return self.stopped is None and not any(finding.outcome == "broken" for finding in self.findings)

    @property
    def healthy(self) -> bool:
        """Whether every check was made and none failed. Advice is no illness, and what is undecided neither."""
        return self.complete and not self.failed

    @property
    def mistakes(self) -> tuple[str, ...]:
        """The typical mistakes that were recognised, each once."""
        return tuple(dict.fromkeys(finding.mistake for finding in self.findings if finding.mistake))

    def counts(self) -> dict[Outcome, int]:
        """How many findings there are of every outcome."""
        found = Counter(finding.outcome for finding in self.findings)
        return {outcome: found[outcome] for outcome in OUTCOMES}
