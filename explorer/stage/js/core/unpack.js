// The message -> tensors that can be read cell by cell. Nothing here draws.

import { readNumber } from "./format.js"

const ARRAYS = {
  f4: Float32Array, f8: Float64Array, i4: Int32Array, i8: BigInt64Array, u8: BigUint64Array, u1: Uint8Array,
}

/**
 * @typedef {object} Grid how to walk the stored cells: a tensor of its own, of which each axis has a stride
 * @property {number[]} shape
 * @property {string[]} axes names
 * @property {number[]} strides in cells
 * @property {(index: number[]) => number[]} whole the index in the tensor as the layer knows it
 *
 * @typedef {object} Tensor
 * @property {string} id @property {string} name @property {string} role @property {string} dtype
 * @property {number[]} shape @property {string} scale
 * @property {string[]} axes what the reader calls them @property {string[]} plain their own names: by these axes are chosen
 * @property {boolean|null} trainable @property {string} initializer @property {string} help
 * @property {Record<string, any>} statistics
 * @property {ArrayLike<number|bigint|string>} values what a cell holds, exactly
 * @property {ArrayLike<number>|null} numbers the same for colours; null for text
 * @property {Grid} grid
 * @property {boolean} whole whether every cell is here
 * @property {{minimum: Float32Array, maximum: Float32Array, mean: Float32Array, steps: number[]}|null} overview
 * @property {number} shown slices (or texts) that are here @property {number} total
 */

/**
 * @param {Uint8Array} bytes
 * @returns {{tensors: Tensor[], labels: Record<string, string>, options: Record<string, any>}}
 */
export function unpack(bytes) {
  const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true)
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)))
  const start = Math.ceil((4 + length) / 8) * 8
  const { labels, options } = header
  const word = (axis) => header.axes[axis] ?? axis
  return { labels, options, tensors: header.tensors.map((entry) => readTensor(entry, bytes, start, word)) }
}

/**
 * @param {Record<string, any>} entry of the header @param {Uint8Array} bytes the message @param {number} start of its arrays
 * @param {(axis: string) => string} word an axis name in the reader's language @returns {Tensor}
 */
export function readTensor(entry, bytes, start, word) {
  const statistics = Object.fromEntries(Object.entries(entry.statistics).map(([name, n]) => [name, readNumber(n)]))
  const tensor = { ...entry, statistics, axes: entry.axes.map(word), plain: entry.axes, overview: null, whole: !entry.reduced }
  const array = (kind, position, count) => {
    const from = bytes.byteOffset + start + entry.offsets[position]
    return new kind(bytes.buffer.slice(from, from + count * kind.BYTES_PER_ELEMENT)) // copied: aligned, and frees the message
  }
  tensor.grid = entry.reduced ? reducedGrid(tensor, word) : wholeGrid(tensor)
  const count = tensor.grid.shape.reduce((product, size) => product * size, 1)
  if (entry.encoding === "text") {
    tensor.values = entry.texts
    tensor.numbers = null
    tensor.total = tensor.statistics.cells
    tensor.whole = entry.shown === tensor.total
  } else if (entry.encoding === "overview") {
    const [minimum, maximum, mean] = [0, 1, 2].map((plane) => array(Float32Array, plane, count))
    tensor.overview = { minimum, maximum, mean, steps: blockSteps(entry) }
    tensor.values = tensor.numbers = extremes(minimum, maximum, array(Uint8Array, 3, count))
  } else {
    tensor.values = array(ARRAYS[entry.encoding], 0, count)
    tensor.numbers = entry.encoding.endsWith("8") && entry.encoding !== "f8"
      ? Float64Array.from(tensor.values, Number) : tensor.values
  }
  return tensor
}

/** A scalar is a grid of one cell, a vector one row. */
function wholeGrid({ shape, axes }) {
  const added = Math.max(0, 2 - shape.length)
  const padded = [...Array(added).fill(1), ...shape]
  return {
    shape: padded, axes: axes.length ? [...Array(added).fill(""), ...axes] : padded.map(() => ""),
    strides: stridesOf(padded), whole: (index) => index.slice(added),
  }
}

/** The slices that were sent, on one axis before the two that are shown. */
function reducedGrid(tensor, word) {
  const order = tensor.order.length ? tensor.order : [0]
  const full = tensor.order.length ? tensor.shape : [1, ...tensor.shape]
  const leading = tensor.order.length ? order.slice(0, -2).map((axis) => tensor.shape[axis]) : []
  const [rows, columns] = tensor.order.length ? order.slice(-2) : [0, 1]
  const name = (axis) => (tensor.order.length ? tensor.axes[axis] : axis === 1 ? tensor.axes[0] : "") ?? ""
  const size = tensor.reduced === "overview" ? tensor.blocks : [full[rows], full[columns]]
  const block = tensor.block ?? [1, 1]
  const shape = [tensor.shown, ...size]
  return {
    shape, axes: [word("slice"), name(rows), name(columns)], strides: stridesOf(shape),
    whole: ([slice, row, column]) => {
      if (!tensor.order.length) return [column * block[1]]
      const index = Array(tensor.shape.length).fill(0)
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

/** How many indices of each axis one cell of an overview stands for. */
function blockSteps({ shape, order, block }) {
  const [rows, columns] = order.length ? order.slice(-2) : [-1, 0]
  return shape.map((_, axis) => (axis === rows ? block[0] : axis === columns ? block[1] : 1))
}

/** Of each block the value farther from zero; what is not a number is never hidden by its neighbours. */
function extremes(minimum, maximum, flags) {
  const chosen = Float32Array.from(minimum, (least, position) =>
    Math.abs(least) > Math.abs(maximum[position]) ? least : maximum[position])
  flags.forEach((flag, position) => {
    if (flag & 1) chosen[position] = NaN
    else if (flag) chosen[position] = flag & 2 ? Infinity : -Infinity
  })
  return chosen
}
