"""Every word of the code editor, as English msgids. Those under "phrase." are CodeMirror's own, by their English."""

from __future__ import annotations

LABELS: dict[str, str] = {
    "editor": "Code editor",
    "editor.code": "Python code of your layer",
    "editor.run": "Run",
    "editor.run.help": "Run the code ({keys})",
    "editor.hint": "Tab indents. To leave the editor with the keyboard, press Escape, then Tab.",
    "editor.hint.notes": "Alt+Enter shows what the line made.",
    "editor.changed": "The code has changed since the last run.",
    "editor.long": "Too long: {count} of at most {limit} characters. It is neither sent nor run.",
    "editor.restored": "What you typed before is back. Undo brings the other text.",
    "editor.replaced": "Another text has taken the place of yours. Undo brings yours back.",
    "editor.note": "What the line made",
    "editor.note.more": "and {count} more",
    "editor.note.close": "Close",
    "editor.scalar": "scalar",
    "editor.plain": (
        "This is a plain text field, since the code editor was not built here. "
        "`make run` builds it where npm is installed."
    ),
    "editor.plain.mark": "Line {line}: {message}",
    "phrase.Find": "Find",
    "phrase.Replace": "Replace",
    "phrase.next": "next",
    "phrase.previous": "previous",
    "phrase.all": "all",
    "phrase.match case": "match case",
    "phrase.by word": "by word",
    "phrase.regexp": "regexp",
    "phrase.replace": "replace",
    "phrase.replace all": "replace all",
    "phrase.close": "close",
    "phrase.current match": "current match",
    "phrase.on line": "on line",
    "phrase.replaced match on line $": "replaced match on line $",
    "phrase.replaced $ matches": "replaced $ matches",
    "phrase.Go to line": "Go to line",
    "phrase.go": "go",
    "phrase.Selection deleted": "Selection deleted",
    "phrase.Diagnostics": "Diagnostics",
    "phrase.No diagnostics": "No diagnostics",
}
