// Convolutions and their transposes: sums of products whose first factor is every window of a picture. Nothing here draws.

import { sizeOf, stridesOf, walk } from "../shapes.js"
import { addFirst, addProduct, addSecond, multiplication } from "./products.js"
import { windowsOf } from "./windows.js"

/**
 * @import { Numbers } from "../numbers.js" @import { Attributes, Kernel, Kernels, Operand } from "./kernel.js"
 * @import { Plan } from "./products.js"
 *
 * @typedef {object} Border a picture with zeros around it, wide enough for every window
 * @property {number} cells @property {Int32Array|null} map where the picture's own cells are; null where it needs none
 */

/**
 * @param {Operand} x the picture @param {Operand} w the kernel [...space, channels in, channels out]
 * @param {Operand} y the result @param {Attributes} attributes
 * @param {boolean} depthwise whether the kernel's last axes are [channels, multiplier]
 * @returns {{border: Border, plan: Plan}}
 */
function planOf(x, w, y, attributes, depthwise) {
  const windows = windowsOf(x, y, attributes, () => w.shape.slice(0, -2))
  const { channel, space, kernel, outer, strides, dilations, before } = windows
  const shape = [...x.shape]
  space.forEach((axis, at) => {
    const needed = (outer[at] - 1) * strides[at] + (kernel[at] - 1) * dilations[at] + 1
    shape[axis] = Math.max(needed, before[at] + x.shape[axis])
  })
  const [xs, ws, ys] = [stridesOf(shape), stridesOf(w.shape), stridesOf(y.shape)]
  const start = space.reduce((sum, axis, at) => sum + before[at] * xs[axis], 0)
  const [inside, filters] = w.shape.slice(-2)
  const groups = depthwise ? x.shape[channel] : x.shape[channel] / inside
  const each = depthwise ? filters : filters / groups
  const rows = [x.shape[0], ...outer]
  const steps = depthwise ? kernel : [...kernel, inside]
  return {
    border: {
      cells: sizeOf(shape),
      map: shape.every((size, axis) => size === x.shape[axis]) ? null : walk(x.shape, xs, start),
    },
    plan: {
      groupsA: walk([groups], [(depthwise ? 1 : inside) * xs[channel]]),
      groupsB: walk([groups], [depthwise ? filters : each]),
      groupsY: walk([groups], [each * ys[channel]]),
      rowsA: walk(rows, [xs[0], ...space.map((axis, at) => strides[at] * xs[axis])]),
      rowsY: walk(rows, [ys[0], ...space.map((axis) => ys[axis])]),
      stepsA: walk(steps, [...space.map((axis, at) => dilations[at] * xs[axis]), ...(depthwise ? [] : [xs[channel]])]),
      stepsB: walk(steps, ws.slice(0, steps.length)),
      columnsB: walk([each], [1]),
      columnsY: walk([each], [ys[channel]]),
    },
  }
}

/** @param {boolean} depthwise @returns {Kernel} */
function convolution(depthwise) {
  return ({ inputs: [x, w], outputs: [y], attributes }) => {
    const {
      border: { cells, map },
      plan,
    } = planOf(x, w, y, attributes, depthwise)
    const wide = map ? new Float64Array(cells) : null
    const inside = map ? Uint8Array.from(spread(map, new Float64Array(map.length).fill(1), cells)) : null
    const forward = multiplication(plan, y, inside)
    const picture = () => {
      if (!map || !wide) return x.data
      for (let at = 0; at < map.length; at++) wide[map[at]] = x.data[at]
      return wide
    }
    return {
      run: () => forward(picture(), w.data),
      back: ([g], want) => {
        const [intoX, intoW] = [want(0), want(1)]
        if (intoW) addSecond(plan, picture(), g, intoW)
        if (!intoX) return
        const into = map ? new Float64Array(cells) : intoX
        addFirst(plan, g, w.data, into)
        if (map) for (let at = 0; at < map.length; at++) intoX[at] += into[map[at]]
      },
    }
  }
}

/** A picture's numbers within its border. @param {Int32Array|null} map @param {Float64Array} numbers @param {number} cells */
function spread(map, numbers, cells) {
  if (!map) return numbers
  const wide = new Float64Array(cells)
  for (let at = 0; at < map.length; at++) wide[map[at]] = numbers[at]
  return wide
}

/** What a convolution does to a picture, the other way round: each cell is spread over a window. @type {Kernel} */
function transposed({ inputs: [, w, x], outputs: [y], attributes }) {
  const {
    border: { cells, map },
    plan,
  } = planOf(y, w, x, attributes, false)
  const wide = new Float64Array(cells)
  return {
    run: () => {
      wide.fill(0)
      addFirst(plan, x.data, w.data, wide)
      for (let at = 0; at < y.data.length; at++) y.data[at] = wide[map ? map[at] : at]
    },
    back: ([g], want) => {
      const [intoW, intoX] = [want(1), want(2)]
      const picture = spread(map, g, cells)
      if (intoW) addSecond(plan, picture, x.data, intoW)
      if (intoX) addProduct(plan, picture, w.data, intoX)
    },
  }
}

/** @type {Kernels} */
export const CONVOLUTIONS = [
  ["Conv2D", convolution(false)],
  ["Conv3D", convolution(false)],
  ["DepthwiseConv2dNative", convolution(true)],
  ["Conv2DBackpropInput", transposed],
  ["Conv3DBackpropInputV2", transposed],
]
