// Pointer, wheel and keyboard on a picture. The page scrolls as always: only Control and wheel, or a pinch, zooms.

import { cellAt, moveCell, pointAt } from "./hit.js"
import { pan, reveal, wholeView, zoom } from "./view.js"

/**
 * @import { Point } from "../types.js" @import { Card } from "./card.js"
 * @typedef {{start: Point, view: import("./view.js").View, moved: boolean, cell: import("./hit.js").Cell|null, span: number}} Drag
 * @typedef {Map<number, Point>} Touches where each finger is, by pointer
 */

/** Pixels that a pointer may move in a press. */
export const CLICK = 4
const WHEEL = 0.0025
const BUTTON = 1.6

/** @param {Card} card */
export function listen(card) {
  const { picture } = card
  const canvas = picture.overlay
  /** @type {Touches} */
  const touches = new Map()
  /** @type {Drag|null} */
  let drag = null
  const place = (/** @type {MouseEvent} */ event) => {
    const box = canvas.getBoundingClientRect()
    return { x: event.clientX - box.left, y: event.clientY - box.top }
  }
  const cellUnder = (/** @type {MouseEvent} */ event) => {
    const { x, y } = place(event)
    return picture.empty || !picture.layout ? null : cellAt(x, y, picture.layout.plots, card.state.view)
  }

  canvas.onpointerdown = (event) => {
    touches.set(event.pointerId, place(event))
    drag = { start: place(event), view: card.state.view, moved: false, cell: cellUnder(event), span: spanOf(touches) }
    if (picture.zoomed || touches.size > 1) canvas.setPointerCapture(event.pointerId)
  }
  canvas.onpointermove = (event) => {
    if (touches.has(event.pointerId)) touches.set(event.pointerId, place(event))
    if (drag && touches.size === 2) return pinch(card, drag, touches)
    if (drag && event.buttons) dragTo(card, drag, place(event))
    card.point(drag?.moved ? null : cellUnder(event), false)
  }
  canvas.onpointerup = canvas.onpointercancel = (event) => {
    touches.delete(event.pointerId)
    const done = drag
    if (!touches.size) drag = null
    if (event.type !== "pointerup" || !done || done.moved || event.button > 0) return
    const cell = cellUnder(event)
    if (cell && done.cell && cell.row === done.cell.row && cell.column === done.cell.column) card.pick(cell)
  }
  canvas.onpointerleave = () => card.point(null, false)
  canvas.ondblclick = () => picture.zoomed && resetZoom(card)
  canvas.onblur = () => picture.repaintOverlay()
  canvas.addEventListener(
    "wheel",
    (event) => {
      const plots = picture.layout?.plots
      if (!event.ctrlKey || picture.empty || !plots) return
      event.preventDefault()
      const cell = cellUnder(event)
      if (!cell) return
      const { x, y } = place(event)
      zoomAt(card, Math.exp(-event.deltaY * WHEEL), pointAt(x, y, plots[cell.facet], card.state.view))
    },
    { passive: false },
  )
  canvas.onkeydown = (event) => onKey(card, event)
}

/** @param {Card} card @param {KeyboardEvent} event */
function onKey(card, event) {
  const { picture, state } = card
  if (picture.empty || event.altKey || event.metaKey) return
  const next = moveCell(state.cursor, event, picture.rows, picture.columns, picture.slices.length)
  if (next) {
    event.preventDefault()
    state.view = reveal(state.view, next.row, next.column, picture.rows, picture.columns)
    card.point(next, true)
    if (picture.zoomed) picture.repaint()
  } else if (event.key === "Enter" && state.cursor) {
    event.preventDefault()
    card.pick(state.cursor)
  } else if (
    state.cursor
    && (event.key === "F2" || /^[\d.-]$/.test(event.key))
    && !event.ctrlKey
    && card.edit(state.cursor, event.key === "F2" ? "" : event.key)
  ) {
    event.preventDefault()
  } else if (event.key === "Escape" && state.cursor) {
    card.point(null, true)
  } else if (event.key === "+" || event.key === "=") {
    zoomBy(card, 1)
  } else if (event.key === "-") {
    zoomBy(card, -1)
  } else if (event.key === "0") {
    resetZoom(card)
  }
}

/** One press of a zoom button: around the cursor, else the middle. @param {Card} card @param {1|-1} direction */
export function zoomBy(card, direction) {
  const { picture, state } = card
  if (picture.empty) return
  const { view, cursor } = state
  const middle = cursor
    ? { x: cursor.column + 0.5, y: cursor.row + 0.5 }
    : { x: view.x + view.width / 2, y: view.y + view.height / 2 }
  zoomAt(card, BUTTON ** direction, middle)
}

/** @param {Card} card */
export function resetZoom(card) {
  card.state.view = wholeView(card.picture.rows, card.picture.columns)
  card.zoomChanged()
}

/** @param {Card} card @param {number} factor @param {Point} around in cells */
function zoomAt(card, factor, { x, y }) {
  card.state.view = zoom(card.state.view, factor, x, y, card.picture.rows, card.picture.columns)
  card.zoomChanged()
}

/** @param {Card} card @param {Drag} drag @param {Point} here */
function dragTo(card, drag, here) {
  const [dx, dy] = [here.x - drag.start.x, here.y - drag.start.y]
  if (Math.hypot(dx, dy) > CLICK) drag.moved = true
  const { rows, columns, layout } = card.picture
  if (!drag.moved || !card.picture.zoomed || !drag.cell || !layout) return
  const [{ width, height }] = layout.plots
  const { view } = drag
  card.state.view = pan(view, (-dx * view.width) / width, (-dy * view.height) / height, rows, columns)
  card.zoomChanged()
}

/** @param {Touches} touches */
function spanOf(touches) {
  const [one, other] = [...touches.values()]
  return other ? Math.hypot(one.x - other.x, one.y - other.y) : 0
}

/** @param {Card} card @param {Drag} drag @param {Touches} touches */
function pinch(card, drag, touches) {
  drag.moved = true
  const span = spanOf(touches)
  if (!drag.span || !drag.cell) return
  const [one, other] = [...touches.values()]
  const plot = card.picture.layout?.plots[drag.cell.facet]
  if (!plot) return
  const middle = pointAt((one.x + other.x) / 2, (one.y + other.y) / 2, plot, card.state.view)
  zoomAt(card, span / drag.span, middle)
  drag.span = span
}
