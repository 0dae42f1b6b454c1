// What is said about lines: findings in the gutter and under the text, the line that failed, and the line that is running.

import { Decoration, EditorView, RangeSet, StateEffect, StateField, setDiagnostics } from "../bundles/codemirror.js"
import { underlined } from "./text.js"

/** @import { EditorState } from "../bundles/codemirror.js" @import { Mark } from "./message.js" */

const FAILED = Decoration.line({ class: "failed" })
const NOW = Decoration.line({ class: "now" })

/** Where the lines start that failed. @type {import("../bundles/codemirror.js").StateEffectType<number[]>} */
const setFailed = StateEffect.define()
/** Where the line starts that is running; -1: none. @type {import("../bundles/codemirror.js").StateEffectType<number>} */
const setNow = StateEffect.define()

const failed = StateField.define({
  create: () => Decoration.none,
  update(value, { changes, effects }) {
    const set = effects.find((effect) => effect.is(setFailed))
    return set
      ? RangeSet.of(
          set.value.map((/** @type {number} */ at) => FAILED.range(at)),
          true,
        )
      : value.map(changes)
  },
  provide: (field) => EditorView.decorations.from(field),
})

const now = StateField.define({
  create: () => Decoration.none,
  update(value, { changes, effects }) {
    const set = effects.find((effect) => effect.is(setNow))
    if (!set) return value.map(changes)
    return set.value < 0 ? Decoration.none : Decoration.set(NOW.range(set.value))
  },
  provide: (field) => EditorView.decorations.from(field),
})

export const lineMarks = [failed, now]

/** Marks at lines that the text has. @param {EditorState} state @param {Mark[]} marks */
export function markLines(state, marks) {
  const there = marks.filter(({ line }) => line >= 1 && line <= state.doc.lines)
  const diagnostics = there.map((mark) => {
    const line = state.doc.line(mark.line)
    const { from, to } = underlined(line.text, mark)
    return { from: line.from + from, to: line.from + to, severity: mark.severity, message: mark.message }
  })
  const errors = there.filter(({ severity }) => severity === "error").map(({ line }) => state.doc.line(line).from)
  return [setDiagnostics(state, diagnostics), { effects: setFailed.of([...new Set(errors)]) }]
}

/** Light one line. @param {EditorView} view @param {number} line from 1; 0: none */
export function lightLine(view, line) {
  const { doc } = view.state
  const there = line >= 1 && line <= doc.lines
  view.dispatch({ effects: setNow.of(there ? doc.line(line).from : -1) })
  if (!there) return
  const { top, bottom } = view.lineBlockAt(doc.line(line).from)
  const { scrollTop, clientHeight } = view.scrollDOM
  if (top < scrollTop || bottom > scrollTop + clientHeight) view.scrollDOM.scrollTop = top - clientHeight / 2 // never the page
}
