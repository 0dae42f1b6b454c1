// The keys that move through the call, wherever the focus is in the flow.

/** @import { Flow } from "./flow.js" */

/** @type {Record<string, (flow: Flow) => void>} */
const MOVES = {
  ArrowRight: ({ cursor }) => cursor.step(1),
  PageDown: ({ cursor }) => cursor.step(1),
  ArrowLeft: ({ cursor }) => cursor.step(-1),
  PageUp: ({ cursor }) => cursor.step(-1),
  Home: ({ cursor }) => cursor.set(0),
  End: ({ cursor }) => cursor.set(cursor.stops.length),
  " ": ({ cursor }) => cursor.play(),
}
/** Keys of which one may have nothing to do: then the page has them. @type {Record<string, (flow: Flow) => boolean|void>} */
const LEAVING = { Escape: leave, Backspace: (flow) => flow.out() }
/** @type {Record<string, (flow: Flow) => void>} */
const WORDS = { z: (flow) => flow.toggleLens() }
/** @type {Record<string, (flow: Flow) => unknown>} */
const PRESENTING = {
  q: ({ share, around }) => around.shares && share.show(),
  b: ({ blank }) => {
    blank.hidden = !blank.hidden
  },
}
/** Close what is open, the innermost first. @param {Flow} flow */
function leave(flow) {
  if (flow.stage.drag.moved) flow.stage.released(false)
  else if (flow.stage.drag.region) flow.stage.drag.choose("region")
  else if (flow.share.open) flow.share.show(false)
  else if (flow.lens.open) flow.lens.hide()
  else if (flow.path.length) flow.out()
  else if (flow.state.present) flow.present(false)
  else return false
  return true
}

/** What is typed into has all keys; what has a value of its own keeps those that change it. */
const TYPED = "textarea, input:not([type=range])"
const VALUED = "select, input"

/**
 * In the flow, and everywhere while it is presented, keys move the cursor; "p" presents it wherever nothing is typed.
 * @param {Flow} flow @param {KeyboardEvent} event
 */
export function onKey(flow, event) {
  const path = event.composedPath()
  const target = /** @type {HTMLElement} */ (path[0])
  const busy = event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey
  if (busy || target.isContentEditable || target.matches?.(TYPED)) return
  const { present } = flow.state
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
  const inside = present || path.includes(flow.root)
  if (inside && LEAVING[key]) {
    if (LEAVING[key](flow)) event.preventDefault()
    return
  }
  if (target.matches?.(VALUED)) return
  const act =
    key === "p" && (inside || target === document.body)
      ? () => flow.present(!present)
      : (present && PRESENTING[key]) || (inside && (WORDS[key] ?? MOVES[key])) || null
  if (!act || (target.closest?.(".account, .lines, .lens") && MOVES[key])) return
  if (key === " " && target.tagName === "BUTTON") return
  event.preventDefault()
  act(flow)
}
