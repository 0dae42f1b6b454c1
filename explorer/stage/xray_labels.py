"""Every word that the X-ray adds to the stage's own, as English msgids."""

from __future__ import annotations

LABELS: dict[str, str] = {
    "xray": "X-ray: the code of the call, step by step",
    "xray.hint": "Press play, or click anything in the code that is underlined: its tensor appears beside it.",
    "xray.keys": "Keys: ← → step, ↑ ↓ out of and into a call, Home and End, space plays.",
    # moving
    "xray.tools": "Step through the call",
    "xray.first": "First step",
    "xray.previous": "One step back",
    "xray.play": "Play",
    "xray.pause": "Pause",
    "xray.next": "One step on",
    "xray.last": "Last step",
    "xray.speed": "Speed",
    "xray.speed.steps": "{speed} steps a second",
    "xray.inside": "Go into calls",
    "xray.inside.help": "Stepping and playing go through the sub-layers and helpers, too",
    "xray.place": "Step {number} of {count}",
    "xray.into": "Step into {name}",
    "xray.out": "Back out to {name}",
    "xray.path": "Calls that are open",
    "xray.turn": "Time {number} of {count}",
    "xray.turn.previous": "The time before",
    "xray.turn.next": "The next time",
    "xray.call.previous": "The call before",
    "xray.call.next": "The next call",
    # the code
    "xray.source": "Source of {name}",
    "xray.repeated": "This line ran {count} times",
    "xray.no_source": "There is no Python source to show for this layer. The call is shown as one step.",
    "xray.no_steps": "No expression here gave a tensor.",
    # the tensors
    "xray.assigned": "{name} is set",
    "xray.returned": "returned",
    "xray.plain": "given as it is",
    "xray.same": "the same numbers",
    "xray.strip": "The steps of this call",
    "xray.left_out": "Too large to send along: {shape}, {dtype}.",
    "xray.not_recorded": "This value was not recorded.",
    "xray.no_value": "This call gave no tensor.",
    "xray.failed": "It failed here.",
    "xray.ran": "ran {names}",
    "xray.ran.help": "The operations that TensorFlow ran for this expression itself",
    "xray.more": "and {count} more",
}
