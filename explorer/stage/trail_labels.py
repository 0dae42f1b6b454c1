"""Every word around a touched cell: its trail and its arithmetic, as English msgids."""

from __future__ import annotations

LABELS: dict[str, str] = {
    "way.made": "What made it",
    "way.could": "What could matter",
    "way.moves": "What it moves",
    "way.made.help": "Violet rim: how far this cell would move if that one grew by 1 (its gradient, at these numbers).",
    "way.could.help": "Violet rim: another number in that cell changed this one in at least one of several trials.",
    "way.moves.help": "Violet rim: that cell moved by so much for each 1 by which this one was moved.",
    "arithmetic.ways": "What the violet rims tell",
    "arithmetic.free": "Let go of this cell (Escape)",
    "arithmetic.sum": "sum of {count}",
    "arithmetic.product": "product of {count}",
    "arithmetic.rest": "and {count} more",
    "arithmetic.whole": "Show all",
    "arithmetic.taken": "← taken",
    "arithmetic.rounding": "rounding",
    "arithmetic.rounding.help": "The computer keeps so many digits of each number, and so many are printed here",
    "arithmetic.off": "The printed numbers do not give this result.",
    "arithmetic.recomputed": "computed again for this explanation; the layer did not keep it",
    "arithmetic.follow": "Go on to {cell}",
}
