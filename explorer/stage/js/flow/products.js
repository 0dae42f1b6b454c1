// Matrix products: which cells a cell of the result was made of. What follows from shapes is compared with recorded cells.
// Nothing here draws.

import { kept } from "../core/dom.js"
import { spreadOf } from "./broadcast.js"
import { isActivation, signOf, strides } from "./kinds.js"

/**
 * @import { Operation, Value } from "./graph.js"
 *
 * @typedef {object} Product
 * @property {Operation} operation @property {Value} left @property {Value} right @property {Value} result
 * @property {{operation: Operation, value: Value, reads: (cell: number) => number, result: Value}|null} bias
 * @property {{operation: Operation, result: Value}|null} activation
 * @property {(cell: number) => Term[]} terms of a cell of the result
 *
 * @typedef {{left: number, right: number}} Term the two cells of a product
 * @typedef {{left: string, right: string, result: string}} Labels a letter for each axis, as in an einsum
 */

/** So far may a recorded sum lie from what its products add up to: half precision. */
const CLOSE = 4e-3
const MOST_CHECKED = 64
const LETTERS = "abcdefgh"

/** @type {WeakMap<Operation, {product: Product|null}>} */
const known = new WeakMap()

/** An operation as a matrix product; null if it is none. @param {Operation} operation */
export function productOf(operation) {
  return kept(known, operation, () => ({ product: find(operation) })).product
}

/** @param {Operation} operation @returns {Product|null} */
function find(operation) {
  const { operands, results } = operation
  if (signOf(operation) !== "·" || operands.length !== 2 || results.length !== 1) return null
  const [left, right] = operands
  const [result] = results
  for (const leftShape of left.shapes)
    for (const rightShape of right.shapes)
      for (const labels of labelsOf(operation, leftShape.length, rightShape.length)) {
        const terms = termsOf(labels, leftShape, rightShape, result.cells?.length ?? 0)
        if (terms && holds(terms, left, right, result))
          return { operation, left, right, result, terms, ...behind(result) }
      }
  return null
}

/** @param {Operation} operation @param {number} left axes @param {number} right axes @returns {Labels[]} */
function labelsOf({ kind, attributes }, left, right) {
  if (kind === "einsum") {
    const found = /^['"]?([a-z]+),([a-z]+)->([a-z]*)['"]?$/.exec((attributes.subscripts ?? "").replaceAll(" ", ""))
    return found ? [{ left: found[1], right: found[2], result: found[3] }] : []
  }
  if (kind === "batch_dot") return left === 2 && right === 2 ? [{ left: "bk", right: "bk", result: "b" }] : []
  const rows = LETTERS.slice(0, left - 1)
  if (left < 1 || left > 7) return []
  if (right === 1) return [{ left: `${rows}k`, right: "k", result: rows }]
  if (right === 2) return [{ left: `${rows}k`, right: "km", result: `${rows}m` }]
  const batch = LETTERS.slice(0, right - 2)
  return right === left ? [{ left: `${rows}k`, right: `${batch}km`, result: `${rows}m` }] : []
}

/** @param {Labels} labels @param {number[]} left @param {number[]} right @param {number} count @returns {Product["terms"]|null} */
function termsOf(labels, left, right, count) {
  if (labels.left.length !== left.length || labels.right.length !== right.length) return null
  /** @type {Map<string, number>} */
  const lengths = new Map()
  for (const [letters, shape] of /** @type {const} */ ([
    [labels.left, left],
    [labels.right, right],
  ]))
    for (const [axis, letter] of [...letters].entries()) {
      const length = lengths.get(letter) ?? 1
      if (length !== 1 && shape[axis] !== 1 && length !== shape[axis]) return null
      lengths.set(letter, Math.max(length, shape[axis]))
    }
  const lengthOf = (/** @type {string} */ letter) => lengths.get(letter) ?? 1
  const out = [...labels.result]
  const summed = [...lengths.keys()].filter((letter) => !labels.result.includes(letter))
  const outer = strides(out.map(lengthOf))
  const inner = strides(summed.map(lengthOf))
  const total = summed.reduce((product, letter) => product * lengthOf(letter), 1)
  if (out.reduce((product, letter) => product * lengthOf(letter), 1) !== count || !count) return null
  const placeIn = (/** @type {string} */ letters, /** @type {number[]} */ shape) => {
    const own = strides(shape)
    return (/** @type {Map<string, number>} */ at) =>
      [...letters].reduce((sum, letter, axis) => sum + (shape[axis] === 1 ? 0 : (at.get(letter) ?? 0) * own[axis]), 0)
  }
  const [inLeft, inRight] = [placeIn(labels.left, left), placeIn(labels.right, right)]
  return (cell) => {
    const at = new Map(out.map((letter, axis) => [letter, Math.floor(cell / outer[axis]) % lengthOf(letter)]))
    return Array.from({ length: total }, (_, term) => {
      for (const [axis, letter] of summed.entries()) at.set(letter, Math.floor(term / inner[axis]) % lengthOf(letter))
      return { left: inLeft(at), right: inRight(at) }
    })
  }
}

/** Whether the recorded cells are the sums. @param {Product["terms"]} terms @param {Value} left @param {Value} right @param {Value} result */
function holds(terms, left, right, { cells }) {
  if (!left.cells || !right.cells || !cells) return false
  const step = Math.max(1, Math.ceil(cells.length / MOST_CHECKED))
  for (let cell = 0; cell < cells.length; cell += step) {
    let [sum, among] = [0, 0]
    for (const term of terms(cell)) {
      const product = Number(left.cells[term.left]) * Number(right.cells[term.right])
      sum += product
      among += Math.abs(product)
    }
    if (!(Math.abs(sum - cells[cell]) <= CLOSE * among + 1e-6)) return false
  }
  return true
}

/** The bias that is added to a product, and the activation behind. @param {Value} result @returns {Pick<Product, "bias"|"activation">} */
function behind(result) {
  const bias = biasOf(result)
  const last = bias?.result ?? result
  const [operation, ...more] = last.uses
  const made = operation?.results[0]
  const acts = operation && !more.length && isActivation(operation) && operation.operands[0] === last
  const same = acts && made?.cells?.length === last.cells?.length && !operation.kind.endsWith("softmax")
  return { bias, activation: same ? { operation, result: made } : null }
}

/** @param {Value} result @returns {Product["bias"]} */
function biasOf(result) {
  const [operation, ...more] = result.uses
  if (!operation || more.length || signOf(operation) !== "+") return null
  const spread = spreadOf(operation)
  const other = spread?.operands.find(({ value }) => value !== result)
  if (spread?.result.cells?.length !== result.cells?.length) return null
  if (!spread || !other || other.value.maker || other.value.role !== "weight") return null
  return { operation, value: other.value, reads: other.reads, result: spread.result }
}
