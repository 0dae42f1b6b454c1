// One tensor's picture: a canvas with the cells, and one above it with the frame that follows the pointer.

import { element, kept, onceAFrame, penOf } from "./dom.js"
import { exactText } from "./format.js"
import { arrangePlots, emptyLayout, wantedWidth } from "./layout.js"
import { paintChanges, paintFrame, paintPin, paintTrail, paintWindow } from "./marks.js"
import { paint } from "./paint.js"
import { colourAxis, scaleOf } from "./ranges.js"
import { storedDtype } from "./reading.js"
import { cellOf, clampSelection, firstSelection, gridIndex, offsetOf, slicesOf } from "./slices.js"
import { isZoomed, wholeView } from "./view.js"

/** @import { Scene } from "./paint.js" @import { Slice } from "./slices.js" */

const MOST_MEASURED = 2048

/** @type {WeakMap<object, number>} */
const measured = new WeakMap()

export class Picture {
  /** @param {import("./card.js").Card} card */
  constructor(card) {
    this.card = card
    /** @type {Slice[]} */
    this.slices = []
    this.rows = this.columns = 0
    this.ratio = 1
    this.inked = false
    /** @type {Scene|null} */
    this.drawn = null
    /** @type {import("./layout.js").Wish|null} */
    this.wish = null
    /** @type {import("./layout.js").Layout|null} */
    this.layout = null
    this.base = element("canvas", { class: "cells", "aria-hidden": "true" })
    this.overlay = element("canvas", { class: "overlay", tabindex: "0", role: "application" })
    this.root = element("div", { class: "picture" }, this.base, this.overlay)
    this.repaintOverlay = onceAFrame(() => this.paintOverlay())
    this.repaint = onceAFrame(() => this.paint())
  }

  /** Take over the data; keep selection, zoom and cursor unless the shape is another. */
  update() {
    const { tensor, state } = this.card
    const { shape } = tensor.grid
    const key = shape.join("x")
    if (state.shape !== key) {
      const sameRank = state.selection && state.selection.fixed.length === shape.length
      state.selection = sameRank ? clampSelection(state.selection, shape) : this.firstSelection()
      state.shape = key
      state.size = ""
      state.cursor = state.hover = null
    }
    this.select()
  }

  firstSelection() {
    const { tensor } = this.card
    const selection = firstSelection(tensor)
    if (this.trueColourAxis() === selection.facets) selection.facets = -1
    return selection
  }

  /** The slices that the selection shows; a zoom stays as long as the slices have the same size. */
  select() {
    const { tensor, state } = this.card
    this.slices = slicesOf(tensor.grid, state.selection)
    const [{ rows, columns }] = this.slices
    this.rows = rows
    this.columns = columns
    const size = `${rows}x${columns}`
    if (state.size !== size) state.view = wholeView(rows, columns)
    state.size = size
    this.wish = this.makeWish()
  }

  /** The axis that is shown as colour, or -1. */
  trueColourAxis() {
    const { tensor, state } = this.card
    const axis = colourAxis(tensor)
    return state.trueColour !== false ? axis : -1
  }

  makeWish() {
    const { tensor, state } = this.card
    const { selection } = state
    const names = tensor.grid.axes
    const ranked = tensor.shape.length
    return {
      rows: this.rows,
      columns: this.columns,
      facets: this.slices.length,
      characters: this.longest(),
      square: tensor.scale === "image" || this.trueColourAxis() >= 0,
      labelled: ranked > 0,
      rowLabel: ranked > 1 ? String(this.rows * (tensor.block?.[0] ?? 1) - 1).length : 0,
      rowName: ranked > 1 && Boolean(names[selection.rows]),
      columnName: Boolean(names[selection.columns]),
      titled: this.slices.length > 1,
      tallest: this.card.stage.tallest,
    }
  }

  /** Characters of the longest text among the first cells; counted once for a tensor's values. */
  longest() {
    const { values } = this.card.tensor
    return kept(measured, values, () => this.measure())
  }

  measure() {
    const { tensor } = this.card
    const dtype = storedDtype(tensor)
    const count = Math.min(tensor.values.length, MOST_MEASURED)
    if (tensor.values.length > 16 * MOST_MEASURED) return 2
    let most = 1
    for (let at = 0; at < count; at++) most = Math.max(most, exactText(tensor.values[at], dtype).length)
    return most
  }

  get wantedWidth() {
    return this.empty || !this.wish ? 200 : wantedWidth(this.wish)
  }

  get empty() {
    return this.card.tensor.statistics.cells === 0
  }

  get zoomed() {
    return !this.empty && isZoomed(this.card.state.view, this.rows, this.columns)
  }

  /** @param {number} width in CSS pixels @returns {number} the height */
  arrange(width) {
    this.layout = this.empty || !this.wish ? emptyLayout(width) : arrangePlots(this.wish, width)
    return this.layout.height
  }

  /** @param {import("./layout.js").Layout} layout @returns {Scene} */
  scene(layout) {
    const { tensor, state, theme, shared, options } = this.card
    const { selection } = state
    const axis = this.trueColourAxis()
    const names = tensor.grid.axes
    const { facets } = selection
    const title = (/** @type {Slice} */ slice) =>
      names[facets]
        ? `${names[facets]} ${slice.facet}` // an axis without a name as NumPy writes it
        : `[${names.map((_, axis) => (axis === facets ? slice.facet : ":")).join(", ")}]`
    const masked = new Set((options.masked?.[tensor.id] ?? []).map((index) => index.join(",")))
    return {
      tensor,
      theme,
      slices: this.slices,
      view: state.view,
      layout,
      ratio: this.ratio,
      scale: scaleOf(tensor, { dark: theme.dark, shared, limited: state.limited }),
      trueColour:
        axis < 0 ? null : { stride: tensor.grid.strides[axis], top: Number(tensor.statistics.maximum) > 1 ? 255 : 1 },
      masked: masked.size
        ? (slice, row, column) => {
            const index = tensor.grid.whole(gridIndex(selection, slice, row, column))
            return index.some((_, at) => masked.has(index.slice(0, at + 1).join(",")))
          }
        : () => false,
      edited: tensor.whole ? (options.edited?.[tensor.id] ?? []).flatMap((index) => this.cellsAt(index)) : [],
      titles: this.slices.length > 1 ? this.slices.map(title) : [],
      steps: { row: tensor.block?.[0] ?? 1, column: tensor.block?.[1] ?? 1 },
      rowName: this.wish?.rowName ? names[selection.rows] : "",
      columnName: this.wish?.columnName ? names[selection.columns] : "",
    }
  }

  paint() {
    if (!this.layout) return
    this.ratio = window.devicePixelRatio || 1
    const { width, height } = this.layout
    for (const canvas of [this.base, this.overlay]) {
      const [across, down] = [Math.round(width * this.ratio), Math.round(height * this.ratio)]
      if (canvas.width !== across) canvas.width = across
      if (canvas.height !== down) canvas.height = down
      canvas.style.width = `${width}px`
      canvas.style.height = `${height}px`
    }
    this.overlay.classList.toggle("zoomed", this.zoomed)
    if (this.empty) return this.paintEmpty(this.layout)
    this.drawn = this.scene(this.layout)
    paint(penOf(this.base), this.drawn)
    this.paintOverlay()
  }

  /** @param {import("../types.js").Size} size */
  paintEmpty({ width, height }) {
    const { theme, words } = this.card
    const context = penOf(this.base)
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0)
    context.clearRect(0, 0, width, height)
    context.setLineDash([4, 4])
    context.strokeStyle = context.fillStyle = theme.muted
    context.strokeRect(0.5, 0.5, width - 1, height - 1)
    context.font = `13px ${theme.words}`
    context.textAlign = "center"
    context.textBaseline = "middle"
    context.fillText(words("no_cells"), width / 2, height / 2)
  }

  paintOverlay() {
    if (!this.drawn || !this.layout || this.empty) return
    const { state, trail, pins, window, stage, tensor, change } = this.card
    const flash = stage.flash?.strength(tensor.id) ?? 0
    const inked = this.inked
    this.inked = Boolean(state.cursor || state.hover || trail || pins.length || window.length || flash)
    if (!inked && !this.inked) return // a canvas that is touched costs, also when nothing is drawn
    const context = penOf(this.overlay)
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0)
    context.clearRect(0, 0, this.layout.width, this.layout.height)
    if (trail) paintTrail(context, this.drawn, trail)
    if (flash && change) paintChanges(context, this.drawn, this.placesOf(change.offsets), flash)
    if (window.length) paintWindow(context, this.drawn, window)
    for (const { place, pinned } of pins) paintPin(context, this.drawn, place, pinned)
    if (state.cursor) paintFrame(context, this.drawn, state.cursor, true)
    if (state.hover) paintFrame(context, this.drawn, state.hover, false)
  }

  /** Where a cell of the tensor is drawn: one place, or none if another slice is shown. @param {number[]} index */
  cellsAt(index) {
    const cell = cellOf(this.card.state.selection, inGrid(this.card.tensor, index))
    return cell ? [cell] : []
  }

  /** Where cells are drawn, of those that are. @param {number[]} offsets into the values */
  placesOf(offsets) {
    const { shape, strides } = this.card.tensor.grid
    const { selection } = this.card.state
    return offsets.flatMap(
      (offset) =>
        cellOf(
          selection,
          shape.map((size, axis) => Math.floor(offset / strides[axis]) % size),
        ) ?? [],
    )
  }

  /** Choose the slice on which a cell lies. @param {number[]} index @returns {boolean} whether another one was shown */
  reveal(index) {
    const { state, tensor } = this.card
    const fixed = inGrid(tensor, index)
    const outside = fixed.some((position, axis) => position < 0 || position >= tensor.grid.shape[axis])
    if (outside || fixed.length !== state.selection.fixed.length || cellOf(state.selection, fixed)) return false
    state.selection = { ...state.selection, fixed }
    return true
  }

  /** Where a cell's value stands among the values. @param {import("./hit.js").Cell} cell */
  offset(cell) {
    return offsetOf(this.slices[cell.facet], cell.row, cell.column)
  }
}

/**
 * An index of a tensor of rank 0 or 1 as that of its grid, which has at least two axes.
 * @param {import("./unpack.js").Tensor} tensor @param {number[]} index
 */
function inGrid(tensor, index) {
  return [...Array(Math.max(0, 2 - tensor.shape.length)).fill(0), ...index]
}
