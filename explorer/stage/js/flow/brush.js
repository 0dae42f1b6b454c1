// Which cells of a tensor a drag changes: one, those of its row or column, a region, or those that the pointer crosses.
// Nothing here draws.

import { size, strides } from "./kinds.js"
import { viewOf } from "./view.js"

/**
 * @import { Value } from "./graph.js" @import { Choice } from "./view.js"
 *
 * @typedef {"cell"|"row"|"column"|"region"|"one_hot"|"pen"} Brush
 *   one_hot: the pointer says which cell of a row is 1, all others are 0; pen: a cell that the pointer crosses takes the pen's number
 *
 * @typedef {object} Plane how a tensor is drawn
 * @property {number[]} shape
 * @property {number} down the axis along a column of its picture, -1 if there is none @property {number} right that along a row
 * @property {number} channels cells of one point of its picture: 3 in true colours
 */

/** @type {Brush[]} */
export const BRUSHES = ["cell", "row", "column", "region", "one_hot", "pen"]

/** @param {Value} value @param {Choice} choice @returns {Plane} */
export function planeOf(value, choice) {
  const { shape } = value
  const { rows, columns, rgb, facets } = viewOf(value, choice)
  const steps = strides(shape)
  const axisTo = (/** @type {number} */ row, /** @type {number} */ column) => {
    const step = facets[0].at(row, column) - facets[0].at(0, 0)
    return shape.findIndex((length, axis) => length > 1 && steps[axis] === step)
  }
  return {
    shape,
    down: rows > 1 ? axisTo(1, 0) : -1,
    right: columns > 1 ? axisTo(0, 1) : -1,
    channels: rgb ? shape[shape.length - 1] : 1,
  }
}

/** @param {number[]} shape @param {number} cell @param {number} axis -1: the cell's place along no axis, 0 */
export function placeAlong(shape, cell, axis) {
  return axis < 0 ? 0 : Math.floor(cell / strides(shape)[axis]) % shape[axis]
}

/** The cell at another place along an axis. @param {number[]} shape @param {number} cell @param {number} axis @param {number} place */
export function movedAlong(shape, cell, axis, place) {
  return axis < 0 ? cell : cell + (place - placeAlong(shape, cell, axis)) * strides(shape)[axis]
}

/**
 * The cells that a brush takes with one of them. The pen and the region begin with that one.
 * @param {Brush} brush @param {Plane} plane @param {number} cell
 */
export function cellsOf(brush, plane, cell) {
  const { shape, down, right } = plane
  const axis = brush === "row" ? right : brush === "column" ? down : brush === "one_hot" ? hotAxis(plane) : -1
  const count = axis < 0 ? 1 : shape[axis]
  return points(
    plane,
    Array.from({ length: count }, (_, place) => movedAlong(shape, cell, axis, place)),
  )
}

/** The axis of which one cell is 1: that of a row, or of a column where it is the only one. @param {Plane} plane */
export function hotAxis({ down, right }) {
  return right < 0 ? down : right
}

/** The cells of the rectangle with two corners, in the picture of the first. @param {Plane} plane @param {number} one @param {number} other */
export function cellsBetween(plane, one, other) {
  const { shape, down, right } = plane
  const [first, last] = [down, right].reduce(
    ([low, high], axis) => {
      const ends = [one, other].map((cell) => placeAlong(shape, cell, axis))
      return [
        [...low, Math.min(...ends)],
        [...high, Math.max(...ends)],
      ]
    },
    [/** @type {number[]} */ ([]), /** @type {number[]} */ ([])],
  )
  const cells = []
  for (let row = first[0]; row <= last[0]; row++)
    for (let column = first[1]; column <= last[1]; column++)
      cells.push(movedAlong(shape, movedAlong(shape, one, down, row), right, column))
  return points(plane, cells)
}

/** The cells on the way from one to another, so that a quick pen leaves no gap. @param {Plane} plane @param {number} from @param {number} to */
export function cellsOnTheWay(plane, from, to) {
  const { shape, down, right } = plane
  const [y, x, toY, toX] = [from, to].flatMap((cell) => [placeAlong(shape, cell, down), placeAlong(shape, cell, right)])
  const steps = Math.max(Math.abs(toY - y), Math.abs(toX - x), 1)
  const cells = new Set()
  for (let step = 0; step <= steps; step++) {
    const row = Math.round(y + ((toY - y) * step) / steps)
    const column = Math.round(x + ((toX - x) * step) / steps)
    cells.add(movedAlong(shape, movedAlong(shape, from, down, row), right, column))
  }
  return points(plane, [...cells])
}

/** @param {Plane} plane @param {number[]} cells the first of each point */
function points({ shape, channels }, cells) {
  const all = cells.flatMap((cell) => Array.from({ length: channels }, (_, channel) => cell + channel))
  return all.filter((cell) => cell < size(shape))
}
