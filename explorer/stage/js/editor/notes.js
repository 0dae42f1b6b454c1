// What each line made, at the right end of the line: shapes and small pictures. Where there is little room only a picture
// stands there, and a tap, or Alt and Enter, opens the rest below the line.

import { GutterMarker, gutter, keymap, RangeSet, StateEffect, StateField, showTooltip } from "../bundles/codemirror.js"
import { element } from "../core/dom.js"
import { exactText, figureText, shapeText } from "../core/format.js"
import { thumbnail } from "./thumbnail.js"

/**
 * @import { Made, Note } from "./message.js" @import { Words } from "../types.js" @import { Theme } from "../core/theme.js"
 * @import { EditorState, EditorView } from "../bundles/codemirror.js"
 *
 * @typedef {object} Host the editor
 * @property {Theme} theme @property {Words} words @property {boolean} narrow
 * @property {(tensor: string) => void} select
 */

const IN_LINE = { width: 36, height: 18 }
const BELOW = { width: 96, height: 72 }
/** Pixels from the left: of what opens below a line. */
const MARGIN = 56
/** So many tensors of a line have a place in it, and below it. */
const SHOWN = 2
const LISTED = 12
/** Of buttons in a gutter: the keyboard does not reach them, and the text keeps the focus. */
const QUIET = { type: "button", tabindex: -1, onmousedown: (/** @type {Event} */ event) => event.preventDefault() }

/** The notes and where their lines start. @type {import("../bundles/codemirror.js").StateEffectType<{note: Note, from: number}[]>} */
export const setNotes = StateEffect.define()
/** Where the line starts whose note is open; -1: none. @type {import("../bundles/codemirror.js").StateEffectType<number>} */
const open = StateEffect.define()

class NoteMarker extends GutterMarker {
  /** @param {Note} note @param {Host} host @param {(view: EditorView, event: Event) => void} toggle */
  constructor(note, host, toggle) {
    super()
    this.note = note
    this.host = host
    this.toggle = toggle
  }

  /** @param {EditorView} view */
  toDOM(view) {
    const { tensors } = this.note
    const rest = tensors.length - SHOWN
    const press = (/** @type {Event} */ event, /** @type {Made} */ { id }) =>
      this.host.narrow ? this.toggle(view, event) : this.host.select(id)
    return element(
      "span",
      { class: "note" },
      ...tensors.slice(0, SHOWN).map((tensor) => inLine(tensor, this.host, (event) => press(event, tensor))),
      rest > 0
        ? element("button", { ...QUIET, class: "more", onclick: (event) => this.toggle(view, event) }, `+${rest}`)
        : null,
    )
  }
}

/**
 * A tensor in its line. Gutters are hidden from screen readers; Alt and Enter lead to the same.
 * @param {Made} tensor @param {Host} host @param {(event: Event) => void} press
 */
function inLine(tensor, { theme, words }, press) {
  return element(
    "button",
    { ...QUIET, title: told(tensor, words), onclick: press },
    element("span", { class: "shape" }, shapeOf(tensor, words)),
    element("span", { class: "dtype" }, tensor.dtype),
    tensor.picture ? thumbnail(tensor.picture, theme, IN_LINE) : element("span", { class: "thumbnail none" }),
  )
}

/** Of a scalar its number. @param {Made} tensor @param {Words} words */
function shapeOf({ shape, dtype, picture }, words) {
  if (shape.length) return shapeText(shape, [])
  if (!picture) return words("editor.scalar")
  return `= ${dtype === "bool" ? exactText(picture.numbers[0], dtype) : figureText(picture.numbers[0])}`
}

/** A tensor in words. @param {Made} tensor @param {Words} words */
function told({ name, shape, dtype }, words) {
  return [name, shape.length ? shapeText(shape, []) : words("editor.scalar"), dtype].filter(Boolean).join(" · ")
}

/**
 * All that a line made, below it.
 * @param {Note} note @param {Host} host @param {() => void} close
 */
function card({ tensors }, host, close) {
  const { theme, words } = host
  const choose = (/** @type {Made} */ { id }) => {
    close()
    host.select(id)
  }
  const shown = tensors.slice(0, LISTED)
  const rest = tensors.length - shown.length
  return element(
    "div",
    { class: "note-card", role: "dialog", "aria-label": words("editor.note") },
    ...shown.map((tensor) =>
      element(
        "button",
        { type: "button", onclick: () => choose(tensor) },
        tensor.picture ? thumbnail(tensor.picture, theme, BELOW) : null,
        element("span", {}, told(tensor, words)),
      ),
    ),
    rest > 0 ? element("p", {}, words("editor.note.more", { count: rest })) : null,
    element(
      "button",
      { type: "button", class: "close", "aria-label": words("editor.note.close"), onclick: close },
      "×",
    ),
  )
}

/** The notes of an editor. @param {Host} host */
export function lineNotes(host) {
  let focus = false

  const markers = StateField.define({
    create: () => /** @type {RangeSet<NoteMarker>} */ (RangeSet.empty),
    update(value, { changes, effects }) {
      const set = effects.find((effect) => effect.is(setNotes))
      if (!set) return value.map(changes)
      const ranges = set.value.map((/** @type {{note: Note, from: number}} */ { note, from }) =>
        new NoteMarker(note, host, toggle).range(from),
      )
      return /** @type {RangeSet<NoteMarker>} */ (RangeSet.of(ranges, true))
    },
  })

  const opened = StateField.define({
    create: () => -1,
    update(value, { docChanged, selection, effects }) {
      const set = effects.find((effect) => effect.is(open) || effect.is(setNotes))
      if (set) return set.is(open) ? set.value : -1
      return docChanged || selection ? -1 : value
    },
  })

  /** The note of the line that starts there. @param {EditorState} state @param {number} from @returns {Note|null} */
  const noteAt = (state, from) => {
    const cursor = state.field(markers).iter(from)
    return cursor.value && cursor.from === from ? cursor.value.note : null
  }

  const close = (/** @type {EditorView} */ view) => {
    view.dispatch({ effects: open.of(-1) })
    if (focus) view.focus()
    focus = false
  }

  /** @param {EditorView} view @param {Event} event a press in the gutter */
  const toggle = (view, event) => {
    const { top, height } = /** @type {Element} */ (event.currentTarget).getBoundingClientRect()
    const { from } = view.lineBlockAtHeight(top + height / 2 - view.documentTop)
    view.dispatch({ effects: open.of(view.state.field(opened) === from ? -1 : from) })
  }

  /** @type {import("../bundles/codemirror.js").Command} */
  const openHere = (view) => {
    const { from } = view.state.doc.lineAt(view.state.selection.main.head)
    if (!noteAt(view.state, from)) return false
    focus = true
    view.dispatch({ effects: open.of(from) })
    return true
  }

  const tooltip = showTooltip.compute([opened, markers], (state) => {
    const from = state.field(opened)
    const note = from < 0 ? null : noteAt(state, from)
    if (!note) return null
    return {
      pos: from,
      above: false,
      clip: false, // however far the code is scrolled to the side
      create(view) {
        const dom = card(note, host, () => close(view))
        dom.addEventListener("keydown", (event) => {
          if (event.key === "Escape") close(view)
        })
        return {
          dom,
          mount: () => focus && dom.querySelector("button")?.focus(),
          getCoords: (at) => {
            const { left, right } = view.scrollDOM.getBoundingClientRect()
            const { top, bottom } = view.coordsAtPos(at) ?? view.dom.getBoundingClientRect()
            return { left: left + MARGIN, right, top, bottom }
          },
        }
      },
    }
  })

  return [
    markers,
    opened,
    tooltip,
    keymap.of([{ key: "Alt-Enter", run: openHere }]),
    gutter({ class: "notes", side: "after", markers: (view) => view.state.field(markers) }),
  ]
}
