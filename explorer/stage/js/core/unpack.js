// The message -> tensors that can be read cell by cell. Nothing here draws.

import { opened } from "./envelope.js"
import { readNumber } from "./format.js"

/**
 * @import { Bytes, Described, Encoded, Entry, Options, Statistics } from "../types.js" @import { Value } from "./format.js"
 * @typedef {(axis: string) => string} Word an axis name in the reader's language
 */

/** @type {Record<string, {new (buffer: ArrayBuffer): ArrayLike<number|bigint>, readonly BYTES_PER_ELEMENT: number}>} */
const ARRAYS = {
  f4: Float32Array,
  f8: Float64Array,
  i4: Int32Array,
  i8: BigInt64Array,
  u8: BigUint64Array,
  u1: Uint8Array,
}

/**
 * @typedef {object} Grid how to walk the stored cells: a tensor of its own, of which each axis has a stride
 * @property {number[]} shape
 * @property {string[]} axes names
 * @property {number[]} strides in cells
 * @property {(index: number[]) => number[]} whole the index in the tensor as the layer knows it
 *
 * @typedef {{minimum: Float32Array, maximum: Float32Array, mean: Float32Array, steps: number[]}} Overview planes of blocks
 *
 * @typedef {object} Read
 * @property {string[]} axes what the reader calls them @property {string[]} plain their own names: by these axes are chosen
 * @property {Statistics} statistics
 * @property {ArrayLike<Value>} values what a cell holds, exactly
 * @property {ArrayLike<number>|null} numbers the same for colours; null for text
 * @property {Grid} grid
 * @property {boolean} whole whether every cell is here
 * @property {Overview|null} overview
 *
 * @typedef {Described & Encoded & Read} Tensor
 */

/**
 * @param {Bytes} bytes
 * @returns {{tensors: Tensor[], labels: Record<string, string>, options: Options}}
 */
export function unpack(bytes) {
  /** @type {{header: {tensors: Entry[], axes: Record<string, string>, labels: Record<string, string>, options: Options}, start: number}} */
  const { header, start } = opened(bytes)
  const { labels, options } = header
  const word = (/** @type {string} */ axis) => header.axes[axis] ?? axis
  return { labels, options, tensors: header.tensors.map((entry) => readTensor(entry, bytes, start, word)) }
}

/**
 * @param {Entry} entry of the header @param {Bytes} bytes the message @param {number} start of its arrays
 * @param {Word} word @returns {Tensor}
 */
export function readTensor(entry, bytes, start, word) {
  const statistics = /** @type {Statistics} */ (
    Object.fromEntries(Object.entries(entry.statistics).map(([name, n]) => [name, readNumber(n)]))
  )
  const axes = entry.axes.map(word)
  const grid = entry.reduced ? reducedGrid(entry, axes, word) : wholeGrid(entry.shape, axes)
  const count = grid.shape.reduce((product, size) => product * size, 1)
  const read = { ...entry, statistics, axes, plain: entry.axes, grid, overview: null, whole: !entry.reduced }
  /**
   * @template T @param {{new (buffer: ArrayBuffer): T, readonly BYTES_PER_ELEMENT: number}} kind
   * @param {number} position
   */
  const array = (kind, position) => {
    const from = bytes.byteOffset + start + entry.offsets[position]
    return new kind(bytes.buffer.slice(from, from + count * kind.BYTES_PER_ELEMENT)) // copied: aligned, and frees the message
  }
  if (entry.encoding === "text") {
    const total = statistics.cells
    return { ...read, values: entry.texts ?? [], numbers: null, total, whole: entry.shown === total }
  }
  if (entry.encoding === "overview") {
    const [minimum, maximum, mean] = [0, 1, 2].map((plane) => array(Float32Array, plane))
    const numbers = extremes(minimum, maximum, array(Uint8Array, 3))
    return { ...read, overview: { minimum, maximum, mean, steps: blockSteps(entry) }, values: numbers, numbers }
  }
  const values = array(ARRAYS[entry.encoding], 0)
  const large = entry.encoding.endsWith("8") && entry.encoding !== "f8"
  return {
    ...read,
    values,
    numbers: large ? Float64Array.from(values, Number) : /** @type {ArrayLike<number>} */ (values),
  }
}

/** A scalar is a grid of one cell, a vector one row. @param {number[]} shape @param {string[]} axes @returns {Grid} */
function wholeGrid(shape, axes) {
  const added = Math.max(0, 2 - shape.length)
  const padded = [...Array(added).fill(1), ...shape]
  return {
    shape: padded,
    axes: axes.length ? [...Array(added).fill(""), ...axes] : padded.map(() => ""),
    strides: stridesOf(padded),
    whole: (index) => index.slice(added),
  }
}

/**
 * The slices that were sent, on one axis before the two that are shown.
 * @param {Entry} entry @param {string[]} axes @param {Word} word @returns {Grid}
 */
function reducedGrid({ order = [], shape: whole, reduced, shown = 0, block = [1, 1], blocks = [1, 1] }, axes, word) {
  const full = order.length ? whole : [1, ...whole]
  const leading = order.slice(0, -2).map((axis) => whole[axis])
  const [rows, columns] = order.length ? order.slice(-2) : [0, 1]
  const name = (/** @type {number} */ axis) => (order.length ? axes[axis] : axis === 1 ? axes[0] : "") ?? ""
  const shape = [shown, ...(reduced === "overview" ? blocks : [full[rows], full[columns]])]
  return {
    shape,
    axes: [word("slice"), name(rows), name(columns)],
    strides: stridesOf(shape),
    whole: ([slice, row, column]) => {
      if (!order.length) return [column * block[1]]
      const index = Array(whole.length).fill(0)
      for (let axis = leading.length - 1; axis >= 0; axis--) {
        index[order[axis]] = slice % leading[axis]
        slice = Math.floor(slice / leading[axis])
      }
      index[rows] = row * block[0]
      index[columns] = column * block[1]
      return index
    },
  }
}

/** @param {number[]} shape @returns {number[]} */
export function stridesOf(shape) {
  const strides = Array(shape.length).fill(1)
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1] * shape[axis + 1]
  return strides
}

/** How many indices of each axis one cell of an overview stands for. @param {Entry} entry */
function blockSteps({ shape, order = [], block = [1, 1] }) {
  const [rows, columns] = order.length ? order.slice(-2) : [-1, 0]
  return shape.map((_, axis) => (axis === rows ? block[0] : axis === columns ? block[1] : 1))
}

/**
 * Of each block the value farther from zero; what is not a number is never hidden by its neighbours.
 * @param {Float32Array} minimum @param {Float32Array} maximum @param {Uint8Array} flags
 */
function extremes(minimum, maximum, flags) {
  const chosen = Float32Array.from(minimum, (least, position) =>
    Math.abs(least) > Math.abs(maximum[position]) ? least : maximum[position],
  )
  flags.forEach((flag, position) => {
    if (flag & 1) chosen[position] = NaN
    else if (flag) chosen[position] = flag & 2 ? Infinity : -Infinity
  })
  return chosen
}
