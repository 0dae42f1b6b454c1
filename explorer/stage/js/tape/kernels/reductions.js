// Operations that fold axes: sums, means, extremes; and those that run along one: softmax, running sums. Nothing here draws.

import { fromStart, linesOf, reductionMap } from "../shapes.js"
import { fixed } from "./kernel.js"

/**
 * @import { Back, Context, Kernel, Kernels } from "./kernel.js"
 *
 * @typedef {(sum: number, x: number) => number} Step
 * @typedef {(x: number, y: number, count: number, ties: number) => number} FoldSlope of one of `count` cells, where `ties` of
 * them are y
 */

/** For each cell of the first operand, the cell of the result. @param {Context} context */
function foldMap({ inputs: [x, axes] }) {
  return reductionMap(
    x.shape,
    fixed(axes, "the axis").map((axis) => fromStart(axis, x.shape.length)),
  )
}

/**
 * @param {number} empty what no cell at all gives @param {Step} step
 * @param {((sum: number, count: number) => number)|null} finish @param {FoldSlope} [slope] @returns {Kernel}
 */
function fold(empty, step, finish, slope) {
  return (context) => {
    const {
      inputs: [x],
      outputs: [y],
    } = context
    const into = foldMap(context)
    const sums = new Float64Array(y.data.length)
    const count = y.data.length ? x.data.length / y.data.length : 0
    return {
      run: () => {
        const from = x.data
        sums.fill(empty)
        for (let at = 0; at < from.length; at++) sums[into[at]] = step(sums[into[at]], from[at])
        for (let at = 0; at < sums.length; at++) y.data[at] = finish ? finish(sums[at], count) : sums[at]
      },
      back:
        slope
        && (([g], want) => {
          const gradient = want(0)
          if (!gradient) return
          const ties = new Int32Array(y.data.length)
          for (let at = 0; at < into.length; at++) if (x.data[at] === y.data[into[at]]) ties[into[at]]++
          for (let at = 0; at < into.length; at++) {
            const cell = into[at]
            if (g[cell]) gradient[at] += g[cell] * slope(x.data[at], y.data[cell], count, ties[cell])
          }
        }),
    }
  }
}

/** Those that are equally extreme share the gradient. @type {FoldSlope} */
const extremeSlope = (x, y, _count, ties) => (x === y ? 1 / ties : 0)

/** @type {Kernel} */
function product(context) {
  const { data } = context.outputs[0]
  const whole = data instanceof Int32Array || data instanceof Uint32Array
  const { run } = fold(1, whole ? Math.imul : (all, x) => all * x, null)(context)
  return { run, back: productBack(context) }
}

/** The product of the others, also where one of them is 0. @param {Context} context @returns {Back} */
function productBack(context) {
  const {
    inputs: [x],
    outputs: [y],
  } = context
  const into = foldMap(context)
  return ([g], want) => {
    const gradient = want(0)
    if (!gradient) return
    const zeros = new Int32Array(y.data.length)
    const others = new Float64Array(y.data.length).fill(1)
    for (let at = 0; at < into.length; at++) {
      if (x.data[at] === 0) zeros[into[at]]++
      else others[into[at]] *= x.data[at]
    }
    for (let at = 0; at < into.length; at++) {
      const cell = into[at]
      if (!zeros[cell]) gradient[at] += (g[cell] * others[cell]) / x.data[at]
      else if (zeros[cell] === 1 && x.data[at] === 0) gradient[at] += g[cell] * others[cell]
    }
  }
}

/** Which cell along an axis is the most extreme, the first of several. @param {(x: number, best: number) => boolean} better @returns {Kernel} */
function extremePlace(better) {
  return ({ inputs: [x, axis], outputs: [y] }) => {
    const { outer, size, inner } = linesOf(x.shape, fromStart(fixed(axis, "the axis")[0], x.shape.length))
    return {
      run: () => {
        for (let line = 0; line < outer * inner; line++) {
          const start = Math.floor(line / inner) * size * inner + (line % inner)
          let best = 0
          for (let at = 1; at < size; at++) {
            if (better(x.data[start + at * inner], x.data[start + best * inner])) best = at
          }
          y.data[line] = best
        }
      },
    }
  }
}

/** float32 keeps a NaN and an infinity to their cell, as TensorFlow's kernel does. @param {string} dtype @returns {(x: number) => number} */
function brokenSoftmax(dtype) {
  return dtype === "float32" || dtype === "bfloat16" ? (x) => (x < Infinity ? 0 : NaN) : () => NaN
}

/** Along the last axis. @param {boolean} logarithm @returns {Kernel} */
function softmax(logarithm) {
  return ({ inputs: [x], outputs: [y] }) => {
    const size = x.shape[x.shape.length - 1]
    const shifted = new Float64Array(size)
    const broken = logarithm ? () => NaN : brokenSoftmax(x.dtype)
    return {
      run: () => {
        const [from, to] = [x.data, y.data]
        for (let start = 0; start < from.length; start += size) {
          let [most, sum] = [-Infinity, 0]
          for (let at = 0; at < size; at++) most = Math.max(most, from[start + at])
          for (let at = 0; at < size; at++) {
            shifted[at] = Math.exp(from[start + at] - most)
            sum += shifted[at]
          }
          if (Number.isNaN(sum) && most !== -Infinity) {
            for (let at = 0; at < size; at++) to[start + at] = broken(from[start + at])
            continue
          }
          const log = Math.log(sum)
          for (let at = 0; at < size; at++) {
            to[start + at] = logarithm ? from[start + at] - most - log : shifted[at] / sum
          }
        }
      },
      back: ([g], want) => {
        const into = want(0)
        if (!into) return
        const to = y.data
        for (let start = 0; start < g.length; start += size) {
          let sum = 0
          for (let at = 0; at < size; at++) sum += logarithm ? g[start + at] : g[start + at] * to[start + at]
          for (let at = 0; at < size; at++) {
            const cell = start + at
            into[cell] += logarithm ? g[cell] - Math.exp(to[cell]) * sum : to[cell] * (g[cell] - sum)
          }
        }
      },
    }
  }
}

/**
 * Running sums or products along an axis. TensorFlow rounds after each of them, so this does.
 * @param {number} empty @param {Step} step @param {(line: RunningLine) => void} lineBack @returns {Kernel}
 *
 * @typedef {object} RunningLine
 * @property {ArrayLike<number>} x @property {Float64Array} g @property {Float64Array} into @property {number} size
 * @property {(at: number) => number} cell of the place in the order of the sum @property {boolean} exclusive whether a sum ends
 * before its own cell
 */
function running(empty, step, lineBack) {
  return ({ inputs: [x, axis], outputs: [y], attributes: { exclusive = false, reverse = false } }) => {
    const { outer, size, inner } = linesOf(x.shape, fromStart(fixed(axis, "the axis")[0], x.shape.length))
    /** @param {(cell: (at: number) => number) => void} visit */
    const eachLine = (visit) => {
      for (let line = 0; line < outer * inner; line++) {
        const start = Math.floor(line / inner) * size * inner + (line % inner)
        visit((at) => start + (reverse ? size - 1 - at : at) * inner)
      }
    }
    const round = x.data instanceof Float32Array ? Math.fround : (/** @type {number} */ sum) => sum
    return {
      run: () =>
        eachLine((cell) => {
          let sum = empty
          for (let at = 0; at < size; at++) {
            if (exclusive) y.data[cell(at)] = sum
            sum = round(step(sum, x.data[cell(at)]))
            if (!exclusive) y.data[cell(at)] = sum
          }
        }),
      back: ([g], want) => {
        const into = want(0)
        if (into) eachLine((cell) => lineBack({ x: x.data, g, into, size, cell, exclusive }))
      },
    }
  }
}

/** @param {RunningLine} line */
function sumBack({ g, into, size, cell, exclusive }) {
  let sum = 0
  for (let at = size - 1; at >= 0; at--) {
    if (!exclusive) sum += g[cell(at)]
    into[cell(at)] += sum
    if (exclusive) sum += g[cell(at)]
  }
}

/** The products of the others, also where one of them is 0. @param {RunningLine} line */
function productsBack({ x, g, into, size, cell, exclusive }) {
  for (let own = 0; own < size; own++) {
    let [others, sum] = [1, 0]
    for (let at = 0; at < size; at++) {
      if (exclusive && at > own) sum += g[cell(at)] * others
      if (at !== own) others *= x[cell(at)]
      if (!exclusive && at >= own) sum += g[cell(at)] * others
    }
    into[cell(own)] += sum
  }
}

/** @type {Kernels} */
export const REDUCTIONS = [
  [
    "Sum",
    fold(
      0,
      (sum, x) => sum + x,
      null,
      () => 1,
    ),
  ],
  [
    "Mean",
    fold(
      0,
      (sum, x) => sum + x,
      (sum, count) => sum / count,
      (_x, _y, count) => 1 / count,
    ),
  ],
  ["Prod", product],
  ["Max", fold(-Infinity, Math.max, null, extremeSlope)],
  ["Min", fold(Infinity, Math.min, null, extremeSlope)],
  ["All", fold(1, (sum, x) => sum & x, null)],
  ["Any", fold(0, (sum, x) => sum | x, null)],
  ["ArgMax", extremePlace((x, best) => x > best)],
  ["ArgMin", extremePlace((x, best) => x < best)],
  ["Softmax", softmax(false)],
  ["LogSoftmax", softmax(true)],
  ["Cumsum", running(0, (sum, x) => sum + x, sumBack)],
  ["Cumprod", running(1, (sum, x) => sum * x, productsBack)],
]
