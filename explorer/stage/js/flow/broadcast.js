// Operands of fewer cells than their result: which cell of theirs each cell of the result reads. Nothing here draws.

import { kept } from "../core/dom.js"
import { signOf, size, strides } from "./kinds.js"

/**
 * @import { Operation, Value } from "./graph.js"
 *
 * @typedef {(cell: number) => number} Reads the cell of an operand that a cell of the result reads
 * @typedef {{result: Value, shape: number[], operands: {value: Value, shape: number[], reads: Reads}[]}} Spread
 */

/** @type {Record<string, (...numbers: number[]) => number>} */
const FUNCTIONS = {
  "+": (a, b) => a + b,
  "−": (a, b) => a - b,
  "×": (a, b) => a * b,
  "÷": (a, b) => a / b,
  where: (is, a, b) => (is ? a : b),
}
for (const [name, of] of /** @type {const} */ ([
  ["max", Math.max],
  ["min", Math.min],
]))
  FUNCTIONS[name] = of
/** What two operands are put together with, cell by cell; "max" is also what takes the largest along an axis. */
const TWO = new Set(["+", "−", "×", "÷", "max", "min"])
/** So far may a recorded cell lie from what its operands give: half precision. */
const CLOSE = 4e-3
/** So many cells are computed again. */
const MOST_CHECKED = 4096

/** @type {WeakMap<Operation, {spread: Spread|null}>} */
const known = new WeakMap()

/** How the operands of an operation of cell by cell are spread over its result; null where that is not certain. @param {Operation} operation */
export function spreadOf(operation) {
  return kept(known, operation, () => ({ spread: find(operation) })).spread
}

/** @param {Operation} operation @returns {Spread|null} */
function find(operation) {
  const { operands, results } = operation
  const sign = signOf(operation)
  const two = TWO.has(sign) && operands.length === 2
  const where = sign === "where" && operands.length > 1 && operands.length < 4
  if (results.length !== 1 || (!two && !where)) return null
  const [result] = results
  for (const shape of result.shapes) {
    const choices = operands.map(({ shapes }) => distinct(shapes.filter((one) => spreads(one, shape))))
    for (const shapes of combined(choices)) {
      const found = operands.map((value, at) => ({ value, shape: shapes[at], reads: readsOf(shapes[at], shape) }))
      if (holds(operation, sign, found, result)) return { result, shape, operands: found }
    }
  }
  return null
}

/** @param {number[][]} shapes */
function distinct(shapes) {
  return [...new Map(shapes.map((shape) => [shape.join(), shape])).values()]
}

/** @param {number[][][]} choices @returns {number[][][]} one of each */
function combined(choices) {
  return choices.reduce(
    (found, choice) => found.flatMap((one) => choice.map((shape) => [...one, shape])),
    /** @type {number[][][]} */ ([[]]),
  )
}

/** Whether a shape is spread over another one: its axes are the last ones, each as long or of one cell. @param {number[]} shape @param {number[]} over */
function spreads(shape, over) {
  const skip = over.length - shape.length
  return skip >= 0 && shape.every((length, axis) => length === 1 || length === over[axis + skip])
}

/** @param {number[]} shape @param {number[]} over @returns {Reads} */
export function readsOf(shape, over) {
  if (size(shape) === size(over)) return (cell) => cell
  const skip = over.length - shape.length
  const [own, all] = [strides(shape), strides(over)]
  return (cell) =>
    shape.reduce((place, length, axis) => {
      const index = Math.floor(cell / all[axis + skip]) % over[axis + skip]
      return length === 1 ? place : place + index * own[axis]
    }, 0)
}

/** Whether the recorded cells are what the operands give. @param {Operation} operation @param {string} sign @param {Spread["operands"]} operands @param {Value} result */
function holds({ given, attributes }, sign, operands, { cells }) {
  const numbers = operands.map(({ value }) => value.cells)
  if (!cells || numbers.some((one) => !one)) return false
  const condition = given.condition?.[0] ?? operands[0].value
  const step = Math.max(1, Math.ceil(cells.length / MOST_CHECKED))
  for (let cell = 0; cell < cells.length; cell += step) {
    const read = operands.map(({ reads }, at) => Number(numbers[at]?.[reads(cell)]))
    if (sign === "where" && read.length < 3) {
      const other = Number(attributes.x1 ?? attributes.x2 ?? attributes.x ?? attributes.y)
      const own = operands[0].value === condition ? 1 : 0
      const first = attributes.x1 === undefined && attributes.x === undefined
      const wanted = Boolean(read[1 - own]) === first ? read[own] : other
      if (!near(cells[cell], wanted, 0)) return false
    } else if (!near(cells[cell], FUNCTIONS[sign](...read), Math.max(0, ...read.map(Math.abs).filter(Number.isFinite))))
      return false
  }
  return true
}

/** @param {number} recorded @param {number} computed @param {number} among how large what it was made of is */
function near(recorded, computed, among) {
  if (Object.is(recorded, computed) || recorded === computed) return true
  return Math.abs(recorded - computed) <= CLOSE * Math.max(Math.abs(computed), among) + 1e-6
}
