// A weighted sum as one product: shares times values, as a matrix product or an einsum. The values of one query are drawn
// again, a ribbon from each as thick as its share, and all of them join in a trunk that is 1 thick.

import { flat, labelOf, topOf, unflat } from "../kinds.js"
import { ease, fullAt, print } from "../paint.js"
import { drawCaption, drawNumbers, drawOperator, drawQueries, drawRibbons } from "./ribbons.js"
import { sameAxis, sharesOf } from "./softmax.js"

/**
 * @import { FigureBlock } from "../layout.js" @import { Graph, Operation, Value } from "../graph.js"
 * @import { Paint } from "../paint.js" @import { Claim, Figure, Scene, State } from "../scene.js"
 * @import { Shares } from "./softmax.js"
 *
 * @typedef {object} Contraction products of two tensors that are summed; a letter for each axis, equal ones go together
 * @property {Operation} operation @property {[Value, Value]} operands @property {Value} result
 * @property {[string[], string[]]} letters of the operands @property {string[]} made the letters of the result
 * @property {Record<string, number>} sizes by letter
 *
 * @typedef {object} Mix a contraction of shares with values
 * @property {Contraction} contraction @property {Shares} shares @property {0|1} side which operand the shares are
 * @property {string} key the letter that is summed @property {string[]} queries letters of the shares alone
 * @property {string[]} shared letters of the shares, the values and the result @property {string[]} features letters of the values alone
 *
 * @typedef {Claim & {mix: Mix, query: string, batch: string, keys: number, queries: number, columns: number}} BlendClaim
 *   query: the letter of the queries, "" if there are none; batch: that of the samples
 */

const MOST_KEYS = 32
/** So far may a recorded result lie from the sum, relative to the largest one. */
const CLOSE = 5e-3
const MOST_CHECKED = 64
const LAG = 0.7

// -- contractions

/**
 * What a matrix product or an einsum sums, if the recorded operands give the recorded result.
 * @param {Operation} operation @returns {Contraction|null}
 */
export function contractionOf(operation) {
  const [result] = operation.results
  const { operands } = operation
  if (operands.length !== 2 || !result?.cells || operands.some(({ cells }) => !cells)) return null
  const pair = /** @type {[Value, Value]} */ (operands)
  for (const left of distinct(pair[0].shapes))
    for (const right of distinct(pair[1].shapes)) {
      const letters = lettersOf(operation, left, right)
      const read = letters && readContraction(operation, pair, result, letters, [left, right])
      if (read && isRecorded(read)) return read
    }
  return null
}

/** @param {number[][]} shapes */
function distinct(shapes) {
  return [...new Map(shapes.map((shape) => [shape.join(), shape])).values()]
}

/** @typedef {{letters: [string[], string[]], made: string[]}} Letters */

/**
 * @param {Operation} operation @param {[Value, Value]} operands @param {Value} result @param {Letters} letters
 * @param {[number[], number[]]} shapes @returns {Contraction|null}
 */
function readContraction(operation, operands, result, { letters, made }, shapes) {
  /** @type {Record<string, number>} */
  const sizes = {}
  for (const side of /** @type {const} */ ([0, 1])) {
    if (letters[side].length !== shapes[side].length) return null
    for (const [axis, letter] of letters[side].entries()) {
      if ((sizes[letter] ?? shapes[side][axis]) !== shapes[side][axis]) return null
      sizes[letter] = shapes[side][axis]
    }
  }
  if (made.some((letter) => !(letter in sizes))) return null
  const count = made.reduce((product, letter) => product * sizes[letter], 1)
  return count === result.cells?.length ? { operation, operands, result, letters, made, sizes } : null
}

/** The letters of a contraction's axes. @param {Operation} operation @param {number[]} left @param {number[]} right @returns {Letters|null} */
function lettersOf(operation, left, right) {
  const { kind, attributes } = operation
  const equation = attributes.subscripts ?? attributes.equation
  if (kind === "einsum" && equation) return equationLetters(equation)
  if (kind === "matmul" || kind === "@") return productLetters(left, right, attributes)
  if (kind === "dot") return right.length > 1 ? tensorLetters(left, right, [left.length - 1], [right.length - 2], 0) : null
  const axes = JSON.parse(/^[[\](),\d\s-]+$/.test(attributes.axes ?? "") ? listText(attributes.axes) : "null")
  if (axes === null) return null
  if (kind === "tensordot" && typeof axes === "number") {
    const all = Array.from({ length: axes }, (_, at) => at)
    return tensorLetters(left, right, all.map((at) => left.length - axes + at), all, 0) // biome-ignore format: one line
  }
  const [first, second] = typeof axes === "number" ? [axes, axes] : axes
  if (kind === "tensordot") return tensorLetters(left, right, [first].flat(), [second].flat(), 0)
  return kind === "batch_dot" ? tensorLetters(left, right, [first], [second], 1) : null
}

/** Python's list or tuple as JSON. @param {string} text */
function listText(text) {
  return text
    .replaceAll("(", "[")
    .replaceAll(")", "]")
    .replace(/,\s*\]/g, "]")
}

/** @param {string} equation as Python writes it @returns {Letters|null} */
function equationLetters(equation) {
  const parts = /^['"]([a-zA-Z]*),([a-zA-Z]*)->([a-zA-Z]*)['"]$/.exec(equation.replaceAll(" ", ""))
  return parts && { letters: [[...parts[1]], [...parts[2]]], made: [...parts[3]] }
}

/** Of a matrix product: the last axes, for each position of those before them. @param {number[]} left @param {number[]} right @param {Record<string, string>} attributes @returns {Letters} */
function productLetters(left, right, { transpose_a: turnLeft, transpose_b: turnRight }) {
  const before = Math.max(left.length, right.length, 2) - 2
  const lead = (/** @type {number[]} */ shape, /** @type {string} */ side) =>
    shape.slice(0, -2).map((length, at) => {
      const place = before - (shape.length - 2) + at
      const other = side === "l" ? right : left
      const length2 = other[other.length - 2 - before + place] ?? 1
      return length === 1 && length2 > 1 ? `${side}${place}` : `b${place}`
    })
  const rows = left.length > 1 ? (turnLeft === "True" ? ["k", "m"] : ["m", "k"]) : ["k"]
  const columns = right.length > 1 ? (turnRight === "True" ? ["n", "k"] : ["k", "n"]) : ["k"]
  const letters = /** @type {[string[], string[]]} */ ([
    [...lead(left, "l"), ...rows],
    [...lead(right, "r"), ...columns],
  ])
  const all = [...letters[0], ...letters[1]]
  const batch = Array.from({ length: before }, (_, at) => `b${at}`).filter((letter) => all.includes(letter))
  return { letters, made: [...batch, ...rows, ...columns].filter((letter) => letter !== "k") }
}

/** Of axes that are summed pairwise, behind so many that go together. @param {number[]} left @param {number[]} right @param {number[]} first @param {number[]} second @param {number} together @returns {Letters} */
function tensorLetters(left, right, first, second, together) {
  const name = (/** @type {number[]} */ shape, /** @type {number[]} */ summed, /** @type {string} */ side) => {
    const places = summed.map((axis) => (axis < 0 ? axis + shape.length : axis))
    return shape.map((_, axis) => {
      if (axis < together) return `b${axis}`
      return places.includes(axis) ? `k${places.indexOf(axis)}` : `${side}${axis}`
    })
  }
  const letters = /** @type {[string[], string[]]} */ ([name(left, first, "m"), name(right, second, "n")])
  const made = [...letters[0], ...letters[1].slice(together)].filter((letter) => !letter.startsWith("k"))
  return { letters, made }
}

/** The cell of a tensor at positions by letter. @param {string[]} letters @param {Record<string, number>} sizes @param {Record<string, number>} at */
export function cellAt(letters, sizes, at) {
  return flat(
    letters.map((letter) => sizes[letter]),
    letters.map((letter) => at[letter] ?? 0),
  )
}

/** Positions by letter of a cell. @param {string[]} letters @param {Record<string, number>} sizes @param {number} cell @returns {Record<string, number>} */
export function positionsOf(letters, sizes, cell) {
  const shape = letters.map((letter) => sizes[letter])
  return Object.fromEntries(unflat(shape, cell).map((position, axis) => [letters[axis], position]))
}

/** The letters of both operands that are summed. @param {Contraction} contraction */
function summedLetters({ letters, made }) {
  return letters[0].filter((letter) => letters[1].includes(letter) && !made.includes(letter))
}

/** One cell of a contraction, summed anew. @param {Contraction} contraction @param {Record<string, number>} at */
function sumAt({ operands, letters, sizes, ...rest }, at) {
  const summed = summedLetters({ operands, letters, sizes, ...rest })
  const count = summed.reduce((product, letter) => product * sizes[letter], 1)
  let sum = 0
  for (let term = 0; term < count; term++) {
    const place = { ...at, ...positionsOf(summed, sizes, term) }
    const [left, right] = operands.map(({ cells }, side) => Number(cells?.[cellAt(letters[side], sizes, place)]))
    sum += left * right
  }
  return sum
}

/** Whether the recorded operands give the recorded result, as far as a sample of its cells tells. @param {Contraction} contraction */
function isRecorded(contraction) {
  const { letters, made, sizes, result } = contraction
  const summed = summedLetters(contraction)
  const lost = letters.flat().filter((letter) => !made.includes(letter) && !summed.includes(letter) && sizes[letter] > 1)
  if (lost.length || !result.cells) return false
  const most = CLOSE * topOf(result.cells)
  const step = Math.ceil(result.cells.length / MOST_CHECKED)
  for (let cell = 0; cell < result.cells.length; cell += step) {
    const expected = sumAt(contraction, positionsOf(made, sizes, cell))
    if (Math.abs(result.cells[cell] - expected) > most) return false
  }
  return true
}

// -- shares times values

/** A contraction as a weighted sum: one operand is shares, and the axis along which they sum to 1 is summed. @param {Operation} operation @returns {Mix|null} */
export function mixOf(operation) {
  const side = operation.operands.findIndex((operand) => sharesOf(operand))
  const contraction = side < 0 ? null : contractionOf(operation)
  if (!contraction || (side !== 0 && side !== 1)) return null
  const shares = /** @type {Shares} */ (sharesOf(contraction.operands[side]))
  const { letters, made, sizes } = contraction
  const [own, others] = [letters[side], letters[1 - side]]
  const [key, ...more] = summedLetters(contraction).filter((letter) => sizes[letter] > 1)
  const shape = own.map((letter) => sizes[letter])
  if (!key || more.length || own[sameAxis(shares.value.shape, shares.axis, shape)] !== key) return null
  const long = made.filter((letter) => sizes[letter] > 1)
  return {
    contraction,
    shares,
    side,
    key,
    queries: long.filter((letter) => own.includes(letter) && !others.includes(letter)),
    shared: long.filter((letter) => own.includes(letter) && others.includes(letter)),
    features: long.filter((letter) => others.includes(letter) && !own.includes(letter)),
  }
}

/** The values that are weighted. @param {Mix} mix */
export function valuesOf({ contraction, side }) {
  return contraction.operands[1 - side]
}

/** @param {Graph} graph @returns {BlendClaim[]} */
export function claims({ operations }) {
  return operations.flatMap((operation) => {
    const mix = mixOf(operation)
    const claim = mix && readBlend(mix)
    return claim ? [claim] : []
  })
}

/** @param {Mix} mix @returns {BlendClaim|null} */
function readBlend(mix) {
  const { contraction, shares, key, queries, shared, features } = mix
  const { sizes, made, operation, result } = contraction
  const [first] = made
  const mixed = shared.filter((letter) => letter !== first)
  if (mixed.length || queries.length > 1 || sizes[key] > MOST_KEYS) return null
  return {
    operations: [operation],
    takes: [shares.value, valuesOf(mix)],
    gives: [result],
    hides: [],
    draws: [],
    mix,
    query: queries[0] ?? "",
    batch: shared.includes(first) ? first : "",
    keys: sizes[key],
    queries: queries.length ? sizes[queries[0]] : 1,
    columns: features.reduce((product, letter) => product * sizes[letter], 1),
  }
}

/** Of which query the shares are shown, and where it lies: pointed at, or touched, or the first. @param {BlendClaim} claim @param {State} state */
export function shownOf({ mix, query, batch, queries }, { query: pointed, touched, sample, fold }) {
  const { made, sizes, result, letters } = mix.contraction
  /** @type {Record<string, number>} */
  const at = batch ? { [batch]: Math.min(sample, sizes[batch] - 1) } : {}
  if (!query) return { at, query: 0, free: false }
  if (fold && query === made[0]) return { at: { [query]: Math.min(sample, queries - 1) }, query: sample, free: false }
  let chosen = pointed ?? 0
  if (pointed === null && touched?.value === result) chosen = positionsOf(made, sizes, touched.cell)[query]
  if (pointed === null && touched?.value === mix.shares.value)
    chosen = positionsOf(letters[mix.side], sizes, touched.cell)[query]
  chosen = Math.min(chosen, queries - 1)
  return { at: { ...at, [query]: chosen }, query: chosen, free: true }
}

/** The terms of the sum that is shown: the share and the values of each key. @param {BlendClaim} claim @param {State} state */
export function termsOf({ mix, keys, columns }, state) {
  const { contraction, shares, side, key, features } = mix
  const { letters, sizes } = contraction
  const { at } = shownOf({ mix, keys, columns, ...blendOf(mix) }, state)
  return Array.from({ length: keys }, (_, row) => {
    const place = { ...at, [key]: row }
    const cell = cellAt(letters[side], sizes, place)
    const cells = Array.from({ length: columns }, (_, column) =>
      cellAt(letters[1 - side], sizes, { ...place, ...positionsOf(features, sizes, column) }),
    )
    return { cell, share: Number(shares.value.cells?.[cell]), cells }
  })
}
