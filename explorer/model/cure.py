"""Changes of a layer's source that were run to see whether they cure it: values only."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.model.report import Report
from explorer.model.trace import Message


@dataclass(frozen=True)
class Candidate:
    """A change that was tried.

    Attributes:
        what: the change, in words.
        change: the lines of its unified diff, without a heading.
        refused: why it is not offered; None if it cures the layer.
    """

    what: Message
    change: tuple[str, ...]
    refused: Message | None = None


@dataclass(frozen=True)
class Cure:
    """A change that was run and cures a finding.

    Attributes:
        what: the change, in words.
        change: the lines of its unified diff, without a heading.
        code: the whole text after it.
        before, after: what a call gave on the inputs that show the fault, a line each.
    """

    what: Message
    change: tuple[str, ...]
    code: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class Search:
    """What became of the search for a cure of one finding.

    Attributes:
        check: the id of the finding's check.
        title: the check's.
        tried: every change that was run, in that order.
        cure: the one that is offered; None if none is.
        stopped: why not every change was tried, or None.
    """

    check: str
    title: Message
    tried: tuple[Candidate, ...] = ()
    cure: Cure | None = None
    stopped: Message | None = None


@dataclass(frozen=True)
class Treatment:
    """A source after one cure after the other.

    Attributes:
        report: on the layer as the source is afterwards.
        code: the source afterwards; "" if no cure was looked for.
        searches: for each finding of which a cure was looked for.
    """

    report: Report
    code: str = ""
    searches: tuple[Search, ...] = ()

    @property
    def taken(self) -> tuple[Cure, ...]:
        """The cures that the source holds, in their order."""
        return tuple(search.cure for search in self.searches if search.cure is not None)
