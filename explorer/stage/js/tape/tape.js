// A recorded program of TensorFlow's operations that can be run again: forwards while a number is dragged, backwards for
// gradients. Nothing here draws.

import { VIEWS } from "./kernels/index.js"
import { isContinuous, isFloat, precision, readNumber, rounder } from "./numbers.js"
import { readProgram } from "./program.js"

/**
 * @import { Bytes } from "../types.js" @import { Numbers } from "./numbers.js" @import { Operation, Value } from "./program.js"
 *
 * @typedef {object} Reach what hangs on a leaf
 * @property {Operation[]} operations in their order, without those that compute nothing @property {Set<number>} values
 *
 * @typedef {object} Guard what Python read of a tensor on its way: with other numbers it might have gone another one
 * @property {Value} value @property {number[]} numbers
 */

const NO_GRADIENT = new Float64Array(0)

/** A leaf is an input or a weight; a tensor is shown if it is one of the trace. Both are known by the trace's ids. */
export class Tape {
  /** @param {Bytes} bytes the message; the leaves hold zeros until they are filled */
  constructor(bytes) {
    const { header, values, operations, problems, origins } = readProgram(bytes)
    this.leaves = new Map(Object.entries(header.leaves))
    this.shown = new Map(Object.entries(header.shown))
    /** Which call it is of. */
    this.of = header.of
    /** Why TensorFlow's program is not this one, in the reader's language. */
    this.refusals = header.refusals
    /** The axes of the inputs along which `origins` tells cells apart. */
    this.axes = header.axes.map(([tensor, axis, length]) => ({ tensor, axis, length }))
    /** For each of these where every cell comes from, by the number of its value. */
    this.origins = origins
    this.values = values
    this.operations = operations
    this.problems = problems
    /** @type {Guard[]} */
    this.guards = header.guards.map(([number, words]) => ({ value: values[number], numbers: words.map(readNumber) }))
    /** @type {Map<number, Reach>} */
    this.reaches = new Map([...this.leaves.values()].map((number) => [number, this.reachOf(number)]))
  }

  /** @param {number} leaf @returns {Reach} */
  reachOf(leaf) {
    const values = new Set([leaf])
    const operations = this.operations.filter(({ inputs, outputs, kind }) => {
      if (!inputs.some((number) => values.has(number))) return false
      for (const number of outputs) values.add(number)
      return !VIEWS.has(kind)
    })
    return { operations, values }
  }

  /** Why it cannot be replayed whole; some of it hangs on what the tensors hold now. @returns {Set<string>} */
  get missing() {
    const found = new Set(this.problems)
    for (const { kind, fault } of this.operations) {
      const why = fault?.()
      if (why) found.add(`${kind}: ${why}`)
    }
    return found
  }

  /** Whether every tensor that is shown can be computed here. */
  get whole() {
    return this.missing.size === 0
  }

  /** Whether Python, had it looked at these numbers, would have gone the same way. */
  get holds() {
    return this.guards.every(({ value: { data }, numbers }) =>
      numbers.every((number, at) => data !== null && (number === data[at] || Object.is(number, data[at]))),
    )
  }

  /** @param {string} id of a tensor that is shown, or of a leaf @returns {Value|null} */
  value(id) {
    return this.values[this.numberOf(id)] ?? null
  }

  /** @param {string} id */
  numberOf(id) {
    return this.shown.get(id) ?? this.leaves.get(id) ?? -1
  }

  /** Its numbers: the array stays the same one and changes with the replays. @param {string} id @returns {Numbers|null} */
  numbers(id) {
    return this.value(id)?.data ?? null
  }

  /** Whether its numbers are floating-point numbers. @param {string} id */
  isFloat(id) {
    return isFloat(this.value(id)?.dtype ?? "")
  }

  /** @param {string} id @returns {{number: number, dtype: string, data: Numbers}} */
  leaf(id) {
    const number = this.leaves.get(id)
    if (number === undefined) throw new RangeError(`no leaf is called ${id}`)
    const { dtype, data } = this.values[number]
    if (!data) throw new RangeError(`${id} has no numbers here`)
    return { number, dtype, data }
  }

  /** All numbers of a leaf, rounded to its dtype. @param {string} id @param {ArrayLike<number>} numbers */
  fill(id, numbers) {
    const { dtype, data } = this.leaf(id)
    if (numbers.length !== data.length) throw new RangeError(`${id} has ${data.length} numbers, not ${numbers.length}`)
    data.set(numbers)
    rounder(dtype)?.(data)
  }

  /** One cell of a leaf, rounded to its dtype. @param {string} id @param {number} offset @param {number} number */
  set(id, offset, number) {
    const { dtype, data } = this.leaf(id)
    data[offset] = number
    rounder(dtype)?.(data.subarray(offset, offset + 1))
  }

  /** Computes everything, or what hangs on one leaf. @param {string} [id] of the leaf */
  replay(id) {
    for (const { run } of id === undefined ? this.operations : this.reached(id).operations) run()
  }

  /** The ids under which a leaf, and what hangs on it, is shown. @param {string} id of the leaf @returns {string[]} */
  following(id) {
    const { values } = this.reached(id)
    return [...this.leaves, ...this.shown].flatMap(([name, number]) => (values.has(number) ? [name] : []))
  }

  /** @param {string} id of a leaf @returns {Reach} */
  reached(id) {
    return /** @type {Reach} */ (this.reaches.get(this.leaf(id).number))
  }

  /**
   * The gradient of one cell with respect to every other tensor and leaf that made it; one that is missing did not.
   * @param {string} id of the cell's tensor @param {number} offset
   * @returns {Map<string, Float64Array>} by id; none for a cell of an integer or a boolean
   */
  trail(id, offset) {
    const target = this.numberOf(id)
    /** @type {Map<string, Float64Array>} */
    const found = new Map()
    if (!this.isFloat(id)) return found
    const gradients = this.backwards(target, offset)
    for (const [name, number] of [...this.shown, ...this.leaves]) {
      const gradient = gradients.get(number)
      if (gradient && name !== id) found.set(name, gradient)
    }
    return found
  }

  /** @param {number} target the number of a value @param {number} offset of its cell @returns {Map<number, Float64Array>} by value */
  backwards(target, offset) {
    /** @type {Map<number, Float64Array>} */
    const gradients = new Map()
    const gradientOf = (/** @type {number} */ number) => {
      const { constant, dtype, data } = this.values[number]
      if (constant || !data || !isContinuous(dtype)) return null
      const gradient = gradients.get(number) ?? new Float64Array(data.length)
      gradients.set(number, gradient)
      return gradient
    }
    const first = gradientOf(target)
    if (first) first[offset] = 1
    for (let at = this.operations.length - 1; at >= 0; at--) {
      const { inputs, outputs, back } = this.operations[at]
      if (!back || !outputs.some((number) => gradients.has(number))) continue
      const given = outputs.map((number) => gradients.get(number) ?? NO_GRADIENT)
      back(given, (position) => gradientOf(inputs[position]))
    }
    return gradients
  }

  /**
   * How much each cell of every tensor that hangs on a leaf moves for each 1 that a cell of the leaf is moved: by small steps
   * both ways. Everything holds what it held before, afterwards.
   * @param {string} id of a leaf @param {number} offset of its cell
   * @returns {Map<string, Float64Array>} by the ids of those shown; none where the cell cannot be moved a little: an integer, a
   * boolean, an infinity, NaN
   */
  moves(id, offset) {
    const { dtype, data } = this.leaf(id)
    const own = data[offset]
    /** @type {Map<string, Float64Array>} */
    const found = new Map()
    if (!isContinuous(dtype) || !Number.isFinite(own)) return found
    const step = this.stepOf(id, own)
    const up = this.moved(id, offset, own + step)
    const down = this.moved(id, offset, own - step)
    this.set(id, offset, own)
    this.replay(id)
    const width = up.number - down.number
    if (!Number.isFinite(width)) return found
    for (const [name, high] of up.held) {
      const low = /** @type {Numbers} */ (down.held.get(name))
      found.set(name, slopes(high, low, width))
    }
    return found
  }

  /** What the tensors hold with another number in one cell of a leaf. @param {string} id @param {number} offset @param {number} wanted */
  moved(id, offset, wanted) {
    this.set(id, offset, wanted)
    this.replay(id)
    const { values } = this.reached(id)
    /** @type {Map<string, Numbers>} */
    const held = new Map()
    for (const [name, number] of this.shown) {
      const { dtype, data } = this.values[number]
      if (data && isContinuous(dtype) && values.has(number)) held.set(name, data.slice())
    }
    return { number: this.leaf(id).data[offset], held }
  }

  /**
   * A power of two near the number times the cube root of the coarsest precision on its way: the error of rounding and that of
   * the curve are alike.
   * @param {string} id of the leaf @param {number} number
   */
  stepOf(id, number) {
    const dtypes = [...this.reached(id).values].map((value) => this.values[value].dtype).filter(isContinuous)
    const bits = Math.max(...dtypes.map(precision))
    return 2 ** Math.round(Math.log2(Math.max(Math.abs(number), 1)) + bits / 3)
  }
}

/** @param {Numbers} high @param {Numbers} low @param {number} width */
function slopes(high, low, width) {
  return Float64Array.from(high, (number, at) => (Object.is(number, low[at]) ? 0 : (number - low[at]) / width))
}
