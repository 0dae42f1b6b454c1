// Operations that compute each cell from the cells at its place. Nothing here draws.

import { isFloat } from "../numbers.js"
import { broadcastMap, walk } from "../shapes.js"
import {
  BINARY,
  DIVISIONS,
  NARROW_BINARY,
  NARROW_UNARY,
  UNARY,
  UNSIGNED_BINARY,
  WHOLE_BINARY,
  WHOLE_UNARY,
} from "./functions.js"

/**
 * @import { Binary, Unary } from "./functions.js" @import { Kernel, Kernels, Made, Operand } from "./kernel.js"
 */

const WORDS = new Set(["int32", "uint32"])

/** A function of one number. @param {Unary} function_ @returns {Kernel} */
function unary([f, slope]) {
  return ({ inputs: [x], outputs: [y] }) => ({
    run: () => {
      const [from, to] = [x.data, y.data]
      for (let at = 0; at < to.length; at++) to[at] = f(from[at])
    },
    back:
      slope
      && (([g], want) => {
        const into = want(0)
        if (into) for (let at = 0; at < g.length; at++) if (g[at]) into[at] += g[at] * slope(x.data[at], y.data[at])
      }),
  })
}

/**
 * A function of two numbers; each operand is broadcast.
 * @param {Binary} function_ @param {typeof broadcastMap} mapSecond @returns {Kernel}
 */
function binary([f, byFirst, bySecond], mapSecond = broadcastMap) {
  return ({ inputs: [a, b], outputs: [y] }) => {
    const [first, second] = [broadcastMap(a.shape, y.shape), mapSecond(b.shape, y.shape)]
    const same = () => {
      const [x, z, to] = [a.data, b.data, y.data]
      for (let at = 0; at < to.length; at++) to[at] = f(x[at], z[at])
    }
    const spread = () => {
      const [x, z, to] = [a.data, b.data, y.data]
      for (let at = 0; at < to.length; at++) to[at] = f(x[first ? first[at] : at], z[second ? second[at] : at])
    }
    const sides = /** @type {const} */ ([
      [byFirst, first],
      [bySecond, second],
    ])
    return {
      run: first || second ? spread : same,
      back:
        byFirst
        && (([g], want) => {
          sides.forEach(([slope, map], side) => {
            const into = want(side)
            if (!into || !slope) return
            for (let at = 0; at < g.length; at++) {
              if (!g[at]) continue
              const [x, z] = [a.data[first ? first[at] : at], b.data[second ? second[at] : at]]
              into[map ? map[at] : at] += g[at] * slope(x, z, y.data[at])
            }
          })
        }),
    }
  }
}

/** The functions of the dtype at hand. @param {string} kind @returns {Kernel} */
function unaryOf(kind) {
  return (context) => {
    const { dtype } = context.outputs[0]
    const own = WORDS.has(dtype) ? WHOLE_UNARY : isFloat(dtype) && dtype !== "float64" ? NARROW_UNARY : {}
    return unary(own[kind] ?? UNARY[kind])(context)
  }
}

/** @param {string} kind @returns {Kernel} */
function binaryOf(kind) {
  return (context) => {
    const { dtype } = context.outputs[0]
    const narrow = isFloat(dtype) && dtype !== "float64"
    const own = narrow ? NARROW_BINARY : WORDS.has(dtype) ? WHOLE_BINARY : {}
    const found = (dtype === "uint32" ? UNSIGNED_BINARY[kind] : undefined) ?? own[kind] ?? BINARY[kind]
    const made = binary(found)(context)
    return DIVISIONS.has(kind) && !isFloat(dtype) ? { ...made, fault: () => byZero(context.inputs[1]) } : made
  }
}

/** @param {Operand} divisor */
function byZero({ data }) {
  for (const number of data) if (number === 0) return "TensorFlow would refuse to divide a whole number by zero"
  return ""
}

/** A bias is added along the last axis, or along the second where channels come first. @type {Kernel} */
function biasAdd(context) {
  const first = context.attributes.data_format === "NCHW"
  return binary(BINARY.AddV2, (_, shape) => {
    const axis = first ? 1 : shape.length - 1
    return walk(
      shape,
      shape.map((_size, at) => (at === axis ? 1 : 0)),
    )
  })(context)
}

/** @type {Kernel} */
function leakyRelu(context) {
  const given = context.attributes.alpha ?? 0.2
  const alpha = context.outputs[0].dtype === "float64" ? given : Math.fround(given)
  return unary([(x) => (x > 0 ? x : alpha * x), (x) => (x > 0 ? 1 : alpha)])(context)
}

/** Of two numbers the one that a condition says. @type {Kernel} */
function select({ inputs: [condition, a, b], outputs: [y] }) {
  const [by, first, second] = [condition, a, b].map(({ shape }) => broadcastMap(shape, y.shape))
  const holds = (/** @type {number} */ at) => condition.data[by ? by[at] : at] !== 0
  return {
    run: () => {
      const to = y.data
      for (let at = 0; at < to.length; at++)
        to[at] = holds(at) ? a.data[first ? first[at] : at] : b.data[second ? second[at] : at]
    },
    back: ([g], want) => {
      const [intoFirst, intoSecond] = [want(1), want(2)]
      for (let at = 0; at < g.length; at++) {
        if (!holds(at)) {
          if (intoSecond) intoSecond[second ? second[at] : at] += g[at]
        } else if (intoFirst) intoFirst[first ? first[at] : at] += g[at]
      }
    },
  }
}

/** `Select` lets a vector choose among rows: its axes are counted from the first. @type {Kernel} */
function selectRows(context) {
  const [condition, a] = context.inputs
  if (condition.shape.length !== 1 || a.shape.length < 2) return select(context)
  const shape = a.shape.map((size, axis) => (axis === 0 ? size : 1))
  return select({ ...context, inputs: [{ ...condition, shape }, ...context.inputs.slice(1)] })
}

/** @type {Kernel} */
function clip({ inputs: [x, low, high], outputs: [y] }) {
  const [lows, highs] = [low, high].map(({ shape }) => broadcastMap(shape, y.shape))
  const least = (/** @type {number} */ at) => low.data[lows ? lows[at] : at]
  const most = (/** @type {number} */ at) => high.data[highs ? highs[at] : at]
  return {
    run: () => {
      for (let at = 0; at < y.data.length; at++) y.data[at] = Math.min(Math.max(x.data[at], least(at)), most(at))
    },
    back: ([g], want) => {
      const into = want(0)
      if (!into) return
      for (let at = 0; at < g.length; at++) if (x.data[at] >= least(at) && x.data[at] <= most(at)) into[at] += g[at]
    },
  }
}

/** The least and the largest integer. @type {Record<string, [number, number]>} */
const RANGES = {
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32768, 32767],
  uint16: [0, 65535],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
  int64: [-(2 ** 63), 2 ** 63 - 1],
}

/**
 * What lies outside an integer's range is undefined in TensorFlow: wide integers become the least, narrow ones the nearest.
 * @param {string} dtype @returns {(x: number) => number}
 */
function toWhole(dtype) {
  const [low, high] = RANGES[dtype] ?? [-Infinity, Infinity]
  const wide = dtype === "int32" || dtype === "int64"
  return (x) => (x >= low && x <= high ? Math.trunc(x) : wide || Number.isNaN(x) || x < low ? low : high)
}

/** @type {Kernel} */
function cast(context) {
  const [from, to] = [context.inputs[0].dtype, context.outputs[0].dtype]
  if (to === "bool") return unary([(x) => (x !== 0 ? 1 : 0)])(context)
  if (isFloat(from) && !isFloat(to)) return unary([toWhole(to)])(context)
  return unary([(x) => x, isFloat(from) ? () => 1 : undefined])(context)
}

/** @type {Kernel} */
function addN({ inputs, outputs: [y] }) {
  return {
    run: () => {
      for (let at = 0; at < y.data.length; at++) {
        let sum = 0
        for (const { data } of inputs) sum += data[at]
        y.data[at] = sum
      }
    },
    back: ([g], want) => {
      inputs.forEach((_, position) => {
        const into = want(position)
        if (into) for (let at = 0; at < g.length; at++) into[at] += g[at]
      })
    },
  }
}

/** How many boundaries a number has passed. @type {Kernel} */
function bucketize(context) {
  const boundaries = context.attributes.boundaries ?? []
  return unary([
    (x) => {
      let low = 0
      while (low < boundaries.length && !(x < boundaries[low])) low++
      return low
    },
  ])(context)
}

/** @type {Kernels} */
export const ELEMENTWISE = [
  .../** @type {Kernels} */ (Object.keys(UNARY).map((kind) => [kind, unaryOf(kind)])),
  .../** @type {Kernels} */ (Object.keys(BINARY).map((kind) => [kind, binaryOf(kind)])),
  ["BiasAdd", biasAdd],
  ["LeakyRelu", leakyRelu],
  ["SelectV2", select],
  ["Select", selectRows],
  ["ClipByValue", clip],
  ["Cast", cast],
  ["AddN", addN],
  ["Bucketize", bucketize],
]
