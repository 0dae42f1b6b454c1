"""Every word that the flow adds to the stage's own, as English msgids."""

from __future__ import annotations

LABELS: dict[str, str] = {
    "flow": "The flow of the call: what goes in, what is computed, what comes out",
    "flow.cursor": "The steps of the call",
    "flow.play": "Play the call",
    "flow.pause": "Pause",
    "flow.before": "what goes in",
    "flow.source": "The source of the call",
    "flow.number": "This number",
    "flow.number.hint": "Touch a cell: here stands how its number came about.",
    "flow.turn": "turn {number}",
    "flow.sample": "#{number}",
    "flow.sample.help": "Sample {number} of the batch",
    "flow.trials": "{count} operations on which the output does not depend are folded away.",
    "flow.unchanged": "The output is the input, unchanged.",
    "flow.hidden": "and {count} more",
    "flow.operations": "{count} operations",
    "flow.loop": "loop of {count} turns",
    "flow.unnamed": "without a name",
    "flow.present": "Present",
    "flow.present.help": "Fill the window with the flow, in large letters (P)",
    "flow.leave": "Leave",
    "flow.leave.help": "Back to the page (P or Escape)",
    "flow.keys": "Keys: ← → step, Home and End, space plays.",
}
