// Pooling: the largest or the mean of a window. The border holds nothing and is not counted. Nothing here draws.

import { lowest } from "../numbers.js"
import { advance, sizeOf, stridesOf, walk } from "../shapes.js"
import { windowsOf } from "./windows.js"

/**
 * @import { Context, Kernel, Kernels } from "./kernel.js"
 *
 * @typedef {object} Pools the windows of the first channel
 * @property {Int32Array[]} cells of each window in the picture @property {Int32Array} starts where each stands in the result
 * @property {number} channels @property {number} stepX from one channel to the next @property {number} stepY
 */

/** @param {Context} context @returns {Pools} */
function poolsOf({ inputs: [x], outputs: [y], attributes }) {
  const windows = windowsOf(x, y, { ...attributes, dilations: undefined }, (space) =>
    space.map((axis) => attributes.ksize?.[axis] ?? 1),
  )
  const { channel, space, outer } = windows
  const [xs, ys] = [stridesOf(x.shape), stridesOf(y.shape)]
  const shape = [x.shape[0], ...outer]
  const starts = walk(shape, [ys[0], ...space.map((axis) => ys[axis])])
  const steps = space.map((axis) => xs[axis])
  const index = shape.map(() => 0)
  const cells = Array.from(starts, () => {
    const [batch, ...place] = index
    advance(index, shape)
    return cellsAt(batch * xs[0], place, windows, steps)
  })
  return { cells, starts, channels: x.shape[channel], stepX: xs[channel], stepY: ys[channel] }
}

/**
 * @param {number} start of the picture @param {number[]} place of the window @param {ReturnType<typeof windowsOf>} windows
 * @param {number[]} steps of the picture
 */
function cellsAt(start, place, { kernel, strides, sizes, before }, steps) {
  const found = []
  const at = kernel.map(() => 0)
  for (let count = sizeOf(kernel); count > 0; count--) {
    let [offset, inside] = [start, true]
    for (let axis = 0; axis < kernel.length; axis++) {
      const cell = place[axis] * strides[axis] - before[axis] + at[axis]
      if (cell < 0 || cell >= sizes[axis]) inside = false
      offset += cell * steps[axis]
    }
    if (inside) found.push(offset)
    advance(at, kernel)
  }
  return Int32Array.from(found)
}

/** A NaN is passed over, and so is -infinity. @type {Kernel} */
function largest(context) {
  const {
    inputs: [x],
    outputs: [y],
  } = context
  const { cells, starts, channels, stepX, stepY } = poolsOf(context)
  const least = lowest(x.dtype)
  return {
    run: () => {
      for (let at = 0; at < cells.length; at++) {
        for (let channel = 0; channel < channels; channel++) {
          let most = least
          for (const cell of cells[at]) if (x.data[cell + channel * stepX] > most) most = x.data[cell + channel * stepX]
          y.data[starts[at] + channel * stepY] = most
        }
      }
    },
    back: ([g], want) => {
      const into = want(0)
      if (!into) return
      for (let at = 0; at < cells.length; at++) {
        for (let channel = 0; channel < channels; channel++) {
          const to = starts[at] + channel * stepY
          if (!g[to]) continue
          const winner = cells[at].find((cell) => x.data[cell + channel * stepX] === y.data[to])
          if (winner !== undefined) into[winner + channel * stepX] += g[to]
        }
      }
    },
  }
}

/** @type {Kernel} */
function mean(context) {
  const {
    inputs: [x],
    outputs: [y],
  } = context
  const { cells, starts, channels, stepX, stepY } = poolsOf(context)
  const round = y.dtype === "float64" ? (/** @type {number} */ sum) => sum : Math.fround
  return {
    run: () => {
      for (let at = 0; at < cells.length; at++) {
        for (let channel = 0; channel < channels; channel++) {
          let sum = 0
          for (const cell of cells[at]) sum = round(sum + x.data[cell + channel * stepX]) // after each, as TensorFlow does
          y.data[starts[at] + channel * stepY] = sum / cells[at].length
        }
      }
    },
    back: ([g], want) => {
      const into = want(0)
      if (!into) return
      for (let at = 0; at < cells.length; at++) {
        for (let channel = 0; channel < channels; channel++) {
          const share = g[starts[at] + channel * stepY] / cells[at].length
          if (share) for (const cell of cells[at]) into[cell + channel * stepX] += share
        }
      }
    },
  }
}

/** @type {Kernels} */
export const POOLS = [
  ["MaxPool", largest],
  ["MaxPool3D", largest],
  ["AvgPool", mean],
  ["AvgPool3D", mean],
]
