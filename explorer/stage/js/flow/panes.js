// What the figures of sliding windows share: which cell they show, its window on the tensors beside them, tiles of numbers.

import { flat, strides, topOf, unflat } from "./kinds.js"
import { fullAt, lowOf, NUMBER_SIZE } from "./paint.js"
import { placeOver, reachOf } from "./windows.js"

/**
 * @import { Operation, Value } from "./graph.js" @import { TensorBlock } from "./layout.js"
 * @import { CellScale, Paint } from "./paint.js" @import { Scene } from "./scene.js" @import { Sliding } from "./windows.js"
 *
 * @typedef {object} Look how a tensor's numbers are drawn
 * @property {CellScale} scale @property {number} top @property {boolean} whole whether all are whole numbers
 * @property {boolean} minus whether one is below zero @property {number} size the largest absolute one
 * @property {number} low what `lowOf` gives
 *
 * @typedef {{digits: number, size: number}} Fit with how many decimals, and how large; digits -1: not at all
 * @typedef {object} Tile a grid of cells
 * @property {number} x @property {number} y @property {number} cell pixels of one @property {number} rows @property {number} columns
 *
 * @typedef {object} Shown one cell of a tile
 * @property {number} number @property {Value|null} value whose cell it is @property {number} cell its place there; -1: outside
 *
 * @typedef {{x: number, y: number, w: number, h: number, base: number[]}} Rect where a window lies on a picture;
 *   base: the index of the picture's first cell
 */

/** Of one side: as much as the pixels of a colour that are still told apart. */
export const SMALLEST = 10
/** How pale products are before they are computed. */
export const AHEAD = 0.2

/** @type {WeakMap<Value, Look>} */
const looks = new WeakMap()

/** @param {Value} value @returns {Look} */
export function lookOf(value) {
  let look = looks.get(value)
  if (!look) {
    look = readLook(value)
    looks.set(value, look)
  }
  return look
}

/** @param {Value} value @returns {Look} */
function readLook({ cells, scale, dtype }) {
  const numbers = cells ?? []
  const found = lookOfNumbers(numbers)
  if (scale === "image") return { ...found, scale: "grey", top: found.size > 1.5 ? 255 : 1 }
  if (scale === "probability") return { ...found, scale: "share" }
  if (scale === "boolean" || dtype === "bool") return { ...found, scale: "boolean" }
  return { ...found, top: fullAt(numbers) }
}

/** The look of numbers that are no tensor. @param {ArrayLike<number>} numbers @returns {Look} */
export function lookOfNumbers(numbers) {
  const size = topOf(numbers)
  let whole = true
  let minus = false
  for (let at = 0; at < numbers.length; at++) {
    whole &&= Number.isInteger(numbers[at])
    minus ||= numbers[at] < 0
  }
  return { scale: "signed", top: size || 1, whole, minus, size, low: lowOf(numbers) }
}

/** The look of products, the same wherever the window lies; `top` is that of the ones shown. @param {Look} one @param {Look} other @param {number} top @returns {Look} */
export function lookOfProducts(one, other, top) {
  const whole = one.whole && other.whole
  const [size, low] = [one.size * other.size, one.low * other.low]
  return { scale: "signed", top: top || 1, whole, minus: one.minus || other.minus, size, low }
}

/** Whether numbers of looks fit into cells: one answer for all of them, so that none comes and goes. @param {Paint} p @param {Look[]} looks @param {number} cell @returns {Fit} */
function fitOf(p, looks, cell) {
  const longest = looks.map(({ whole, minus, size }) => {
    const number = isTiny({ size }) ? size : whole ? Math.ceil(size) : Math.floor(size) + 0.88
    return minus ? -number : number
  })
  const broken = looks.filter(({ whole }) => !whole)
  const top = Math.min(...(broken.length ? broken : looks).map(({ size }) => size))
  const low = Math.min(...broken.map((look) => look.low))
  return p.decimals(longest, cell, Math.min(p.num, cell * NUMBER_SIZE), { top, low })
}

/** Whether numbers are written as powers of ten. @param {{size: number}} look */
function isTiny({ size }) {
  return size < 0.005
}

/** The fit of several looks: the same size for all, and as many decimals. @param {Paint} p @param {Look[]} all @param {number} cell @returns {Fit[]} */
export function fitAll(p, all, cell) {
  const plain = all.filter((look) => !isTiny(look))
  const shared = plain.length ? fitOf(p, plain, cell) : null
  const fits = all.map((look) => (shared && !isTiny(look) ? shared : fitOf(p, [look], cell)))
  const size = Math.min(...fits.filter(({ digits }) => digits >= 0).map((fit) => fit.size))
  return fits.map(({ digits }) => ({ digits, size: Number.isFinite(size) ? size : p.num }))
}

/** Draw the cells of a tile, each of which can be touched. @param {Paint} p @param {Scene} scene @param {Tile} tile @param {(row: number, column: number) => Shown} at @param {Look} look @param {Fit} fit @param {number} [alpha] */
export function drawTile(p, scene, { x, y, cell, rows, columns }, at, look, fit, alpha = 1) {
  const how = { top: look.top, scale: look.scale, numbers: fit.digits >= 0, digits: fit.digits, size: fit.size, alpha }
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const { number, value, cell: place } = at(row, column)
      const [left, top] = [x + column * cell, y + row * cell]
      if (value && place < 0) drawOutside(p, left, top, cell, fit)
      else p.cell(left, top, cell, cell, number, how)
      if (value && place >= 0) scene.hit(value, place, left, top, cell, cell)
    }
  p.round(x - 0.5, y - 0.5, columns * cell, rows * cell, 0, null, p.c.line, 1)
}

/** A cell outside the input: a hatched zero. @param {Paint} p @param {number} x @param {number} y @param {number} cell @param {Fit} [fit] */
export function drawOutside(p, x, y, cell, fit = { digits: -1, size: 0 }) {
  const side = cell - (cell > 6 ? 1 : 0)
  p.rect(x, y, side, side, p.c.panel)
  p.hatch(x, y, side, p.c.wire)
  if (fit.digits < 0) return
  const room = fit.size * 0.9
  p.rect(x + (side - room) / 2, y + (side - room) / 2, room, room, p.c.panel)
  p.number("0", x + side / 2, y + side / 2, { size: fit.size, colour: p.c.soft })
}

/**
 * A text where there is room for it, a little smaller if that helps; of several the first that fits.
 * @param {Paint} p @param {string|string[]} text @param {number} x @param {number} y @param {number} room
 * @param {{colour?: string, weight?: number, align?: CanvasTextAlign, mono?: boolean}} [how]
 */
export function label(p, text, x, y, room, how = {}) {
  const face = how.mono ? "mono" : "sans"
  for (const one of [text].flat()) {
    const size = Math.min(p.note, (p.note * room) / Math.max(1, p.measure(one, p.note, face, how.weight)))
    if (size >= p.note * 0.7) return p.text(one, x, y, { size, colour: p.c.soft, ...how })
  }
}

// -- which cell is shown

/**
 * The cell of the output that is shown: the touched one; else, while the operation runs, the one that has just come;
 * else one in the middle.
 * @param {Sliding} sliding @param {Scene} scene @param {Operation} operation
 * @param {Value[]} made the values that are the output, before and after a bias
 * @param {(channel: number|null, filter: number) => number} filterOf the filter that reads a channel, or that a touched
 *   weight belongs to: another one than the chosen one if that must be
 */
export function cellNow(sliding, scene, operation, made, filterOf) {
  const { output, input, channel, tracks, x } = sliding
  const { touched, sample, fold, filter } = scene.state
  const index = output.map(() => 0)
  index[0] = Math.min(sample, output[0] - 1)
  index[channel] = Math.min(filter, output[channel] - 1)
  if (touched && made.includes(touched.value)) {
    if (!fold || unflat(output, touched.cell)[0] === index[0]) return touched.cell
  }
  if (touched?.value === x) {
    const at = unflat(input, touched.cell)
    if (!fold || at[0] === index[0]) {
      index[0] = at[0]
      index[channel] = filterOf(at[channel], index[channel])
      for (const track of tracks) index[track.axis] = placeOver(track, at[track.axis])
      return flat(output, index)
    }
  }
  index[channel] = filterOf(null, index[channel])
  const progress = scene.progress(operation)
  const inner = tracks.slice(-2)
  const counts = inner.map(({ count }) => count)
  const places = counts.reduce((product, count) => product * count, 1)
  for (const track of tracks) index[track.axis] = Math.floor(track.count / 2)
  if (progress > 0 && progress < 1) {
    const place = unflat(counts, Math.min(places - 1, Math.floor(progress * places)))
    inner.forEach(({ axis }, at) => {
      index[axis] = place[at]
    })
  }
  return flat(output, index)
}

// -- on the tensors beside the figure

/**
 * Which axes of a shape the rows and the columns of a tensor's pictures are, -1 where there is but one; null if they are
 * drawn in another shape.
 * @param {TensorBlock} block @param {number[]} shape
 */
function axesOf({ view }, shape) {
  const { at } = view.facets[0]
  const base = at(0, 0)
  const steps = strides(shape)
  const find = (/** @type {number} */ step, /** @type {number} */ length) =>
    length < 2 ? -1 : shape.findIndex((size, axis) => size === length && steps[axis] === step)
  const axes = { rows: find(at(1, 0) - base, view.rows), columns: find(at(0, 1) - base, view.columns) }
  return (axes.rows < 0 && view.rows > 1) || (axes.columns < 0 && view.columns > 1) ? null : axes
}

/** Whether a tensor's cells are drawn one beside the other. @param {TensorBlock|null} block @returns {block is TensorBlock} */
function laidOut(block) {
  return block?.style === "cells" && block.view.facets.length > 0
}

/**
 * Draw the window on a tensor: an outline about the cells that it reads, and hatched zeros where it reads beyond the edge.
 * @param {Paint} p @param {Scene} scene @param {Sliding} sliding @param {number} cell of the output
 * @param {number[]} channels that it reads @param {boolean} [strong] @returns {Rect[]}
 */
export function drawWindow(p, scene, sliding, cell, channels, strong = true) {
  const { x, input, channel, tracks, output } = sliding
  const block = scene.block(x)
  if (!laidOut(block)) return []
  const axes = axesOf(block, input)
  if (!axes) return []
  const sample = unflat(output, cell)[0]
  const along = reachOf(sliding, cell)
  const read = (/** @type {number} */ axis) => {
    if (axis < 0) return null
    if (axis === channel) return channels
    return axis === 0 ? [sample] : along[tracks.findIndex((track) => track.axis === axis)]
  }
  const [rows, columns] = [read(axes.rows) ?? [0], read(axes.columns) ?? [0]]
  return block.view.facets.flatMap(({ at }, facet) => {
    const base = unflat(input, at(0, 0))
    const inside = base.every((place, axis) => {
      const own = axis === axes.rows || axis === axes.columns || (axis === channel && block.view.rgb)
      return own || read(axis)?.includes(place)
    })
    if (!inside) return []
    const corner = scene.facetAt(block, facet)
    return [{ ...outlined(p, block, corner, rows, columns, strong), base }]
  })
}

/** @param {Paint} p @param {TensorBlock} block @param {{x: number, y: number}} corner @param {number[]} rows @param {number[]} columns @param {boolean} strong */
function outlined(p, { view, cell }, corner, rows, columns, strong) {
  const [top, left] = [Math.min(...rows), Math.min(...columns)]
  const [down, across] = [Math.max(...rows) - top + 1, Math.max(...columns) - left + 1]
  const [x, y] = [corner.x + left * cell, corner.y + top * cell]
  for (const row of rows)
    for (const column of columns)
      if (row < 0 || column < 0 || row >= view.rows || column >= view.columns)
        drawOutside(p, corner.x + column * cell, corner.y + row * cell, cell)
  const [inRows, inColumns] = [new Set(rows), new Set(columns)]
  p.outline(x, y, cell, down, across, (row, column) => inRows.has(row + top) && inColumns.has(column + left), strong)
  return { x, y, w: across * cell, h: down * cell }
}

/** @typedef {{x: number, y: number, cell: number, edge: number, bottom: number}} CellPlace where a cell is drawn; edge and bottom: where its
 * tensor begins on the left, and where it ends */

/** Where a cell is drawn; null if it is not. @param {Scene} scene @param {Value} value @param {number[]} shape in which it is read @param {number} cell @returns {CellPlace|null} */
export function placeOf(scene, value, shape, cell) {
  const block = scene.block(value)
  if (!laidOut(block)) return null
  const axes = axesOf(block, shape)
  if (!axes) return null
  const index = unflat(shape, cell)
  const free = [axes.rows, axes.columns, block.view.rgb ? shape.length - 1 : -1]
  for (const [facet, { at }] of block.view.facets.entries()) {
    const base = unflat(shape, at(0, 0))
    if (!base.every((place, axis) => free.includes(axis) || place === index[axis])) continue
    const { x, y } = scene.facetAt(block, facet)
    const [row, column] = [axes.rows, axes.columns].map((axis) => (axis < 0 ? 0 : index[axis]))
    const [edge, bottom] = [block.cx - block.cw / 2, block.cy + block.ch / 2]
    return { x: x + column * block.cell, y: y + row * block.cell, cell: block.cell, edge, bottom }
  }
  return null
}

/** In cells of so many pixels numbers may stand. */
const NUMBERED = 14

/**
 * The line that leads from a figure's result to its cell. Where it would cross numbers it goes below the cells that stand before it.
 * @param {Paint} p @param {Scene} scene @param {{x: number, y: number}} from @param {CellPlace} place
 */
export function drawWayTo(p, { plan: { k } }, { x, y }, { x: left, y: top, cell, edge, bottom }) {
  const colour = p.c.accent
  if (cell < NUMBERED || left - edge < cell / 2) return p.curve(x, y, left - 4, top + cell / 2, colour, 1.6)
  const last = top + cell > bottom - 1
  const under = top + cell + (last ? 9 * k : 0)
  p.curve(x, y, edge - 3, under, colour, 1.6)
  if (!last) return p.line(edge - 3, under, left - 3, under, colour, 1.6)
  p.line(edge - 3, under, left + cell / 2, under, colour, 1.6)
  p.line(left + cell / 2, under, left + cell / 2, top + cell + 3, colour, 1.6)
}

/**
 * The same where the cells stand below the figure: past its right edge, then between two rows of cells.
 * @param {Paint} p @param {Scene} scene @param {{x: number, y: number}} from @param {CellPlace} place @param {number} right of both
 */
export function drawWayDown(p, { plan: { k } }, { x, y }, { x: left, y: top, cell }, right) {
  const [side, under] = [right + 9 * k, top + cell]
  const corners = [x, y, side, y, side, under, left + cell + 2, under]
  for (let at = 0; at + 3 < corners.length; at += 2)
    p.line(corners[at], corners[at + 1], corners[at + 2], corners[at + 3], p.c.accent, 1.6)
}
