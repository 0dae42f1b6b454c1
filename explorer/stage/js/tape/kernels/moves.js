// Operations that compute nothing: each cell of the result is some cell of an operand. A map says which. Nothing here draws.

import { broadcastMap, fromStart, mapByAxes, sizeOf, stridesOf, walk } from "../shapes.js"
import { fixed } from "./kernel.js"

/** @import { Context, Kernel, Kernels, Made, Operand } from "./kernel.js" */

/** These give their operand's own numbers under another shape. */
export const VIEWS = new Set([
  "Reshape",
  "Squeeze",
  "ExpandDims",
  "Identity",
  "StopGradient",
  "EnsureShape",
  "Snapshot",
  "PreventGradient",
  "CheckNumerics",
])

/** @type {Kernel} */
function view({ kind }) {
  return {
    run: () => {},
    back:
      kind === "StopGradient"
        ? undefined
        : ([g], want) => {
            const into = want(0)
            if (into) for (let at = 0; at < g.length; at++) into[at] += g[at]
          },
  }
}

/**
 * One operand becomes one result.
 * @param {(context: Context) => Int32Array} mapOf where each cell comes from, -1 for one that is filled
 * @param {number} [filling] the operand that fills @returns {Kernel}
 */
function moved(mapOf, filling = -1) {
  return (context) => {
    const map = mapOf(context)
    const {
      inputs,
      outputs: [y],
    } = context
    return {
      run: () => {
        const [from, to] = [inputs[0].data, y.data]
        const fill = filling < 0 ? 0 : inputs[filling].data[0]
        for (let at = 0; at < to.length; at++) to[at] = map[at] < 0 ? fill : from[map[at]]
      },
      back: ([g], want) => {
        const [into, intoFill] = [want(0), filling < 0 ? null : want(filling)]
        for (let at = 0; at < g.length; at++) {
          if (map[at] >= 0) {
            if (into) into[map[at]] += g[at]
          } else if (intoFill) intoFill[0] += g[at]
        }
      },
    }
  }
}

/** @param {Context} context */
function transposeMap({ inputs: [x, permutation], outputs: [y] }) {
  const strides = stridesOf(x.shape)
  const order = fixed(permutation, "the order of the axes")
  return walk(
    y.shape,
    order.map((axis) => strides[axis]),
  )
}

/** @typedef {"begin_mask"|"end_mask"|"ellipsis_mask"|"new_axis_mask"|"shrink_axis_mask"} Mask */

/** TensorFlow's own rules for `x[1:, ..., None, 0]`. @param {Context} context */
function stridedSliceMap({ inputs: [x, begins, ends, steps], attributes }) {
  const [begin, end, step] = [begins, ends, steps].map((operand) => fixed(operand, "the slice"))
  const has = (/** @type {Mask} */ mask, /** @type {number} */ at) => (((attributes[mask] ?? 0) >> at) & 1) === 1
  const added = begin.filter((_, at) => has("new_axis_mask", at) && !has("ellipsis_mask", at)).length
  const strides = stridesOf(x.shape)
  /** @type {number[]} */
  const shape = []
  /** @type {number[]} */
  const walked = []
  let [axis, start] = [0, 0]
  const keep = () => {
    shape.push(x.shape[axis])
    walked.push(strides[axis++])
  }
  begin.forEach((_, at) => {
    if (has("ellipsis_mask", at)) {
      for (let count = x.shape.length - (begin.length - 1 - added); count > 0; count--) keep()
    } else if (has("new_axis_mask", at)) {
      shape.push(1)
      walked.push(0)
    } else if (has("shrink_axis_mask", at)) {
      start += fromStart(begin[at], x.shape[axis]) * strides[axis++]
    } else {
      const [first, last] = boundsOf(step[at], x.shape[axis])
      const from = has("begin_mask", at) ? first : clamped(begin[at], step[at], x.shape[axis])
      const to = has("end_mask", at) ? last : clamped(end[at], step[at], x.shape[axis])
      start += from * strides[axis]
      shape.push(Math.max(0, Math.ceil((to - from) / step[at])))
      walked.push(step[at] * strides[axis++])
    }
  })
  while (axis < x.shape.length) keep()
  return walk(shape, walked, start)
}

/** Where a slice of a whole axis begins and ends. @param {number} step @param {number} size */
function boundsOf(step, size) {
  return step > 0 ? [0, size] : [size - 1, -1]
}

/** @param {number} at @param {number} step @param {number} size */
function clamped(at, step, size) {
  const [low, high] = step > 0 ? [0, size] : [-1, size - 1]
  return Math.max(low, Math.min(high, fromStart(at, size)))
}

/** @param {Context} context */
function sliceMap({ inputs: [x, begin], outputs: [y] }) {
  const strides = stridesOf(x.shape)
  const start = fixed(begin, "the slice").reduce((sum, at, axis) => sum + at * strides[axis], 0)
  return walk(y.shape, strides, start)
}

/** @param {Context} context */
function reverseMap({ inputs: [x, axes], outputs: [y] }) {
  const strides = stridesOf(x.shape)
  const turned = fixed(axes, "the axis").map((axis) => fromStart(axis, x.shape.length))
  const start = turned.reduce((sum, axis) => sum + (x.shape[axis] - 1) * strides[axis], 0)
  return walk(
    y.shape,
    strides.map((stride, axis) => (turned.includes(axis) ? -stride : stride)),
    start,
  )
}

/** @param {Context} context */
function tileMap({ inputs: [x], outputs: [y] }) {
  return mapByAxes(x.shape, y.shape, (axis, at) => at % x.shape[axis])
}

/** @param {Context} context */
function padMap({ inputs: [x, paddings], outputs: [y] }) {
  const before = fixed(paddings, "the padding").filter((_, at) => at % 2 === 0)
  return mapByAxes(x.shape, y.shape, (axis, at) => {
    const place = at - before[axis]
    return place >= 0 && place < x.shape[axis] ? place : -1
  })
}

/** @param {Context} context */
function mirrorMap({ inputs: [x, paddings], outputs: [y], attributes: { mode } }) {
  const before = fixed(paddings, "the padding").filter((_, at) => at % 2 === 0)
  const edge = mode === "REFLECT" ? 0 : 1
  return mapByAxes(x.shape, y.shape, (axis, at) => {
    const [size, place] = [x.shape[axis], at - before[axis]]
    if (place < 0) return -place - edge
    return place >= size ? 2 * size - 2 - place + edge : place
  })
}

/** @param {Context} context */
function rollMap({ inputs: [x, shifts, axes], outputs: [y] }) {
  const [by, along] = [shifts, axes].map((operand) => fixed(operand, "the shift"))
  return mapByAxes(x.shape, y.shape, (axis, at) => {
    const rank = x.shape.length
    const shift = along.reduce((sum, one, position) => (fromStart(one, rank) === axis ? sum + by[position] : sum), 0)
    return (((at - shift) % x.shape[axis]) + x.shape[axis]) % x.shape[axis]
  })
}

/** @param {Context} context */
function broadcastToMap({ inputs: [x], outputs: [y] }) {
  return broadcastMap(x.shape, y.shape) ?? walk(y.shape, stridesOf(y.shape))
}

/** Several operands side by side along an axis. @param {Operand[]} operands @param {number[][]} shapes @param {Operand} y @param {number} axis @returns {Made} */
function joined(operands, shapes, y, axis) {
  const maps = partsOf(shapes, y.shape, axis)
  return {
    run: () => {
      maps.forEach((map, position) => {
        const [from, to] = [operands[position].data, y.data]
        for (let at = 0; at < map.length; at++) to[map[at]] = from[at]
      })
    },
    back: ([g], want) => {
      maps.forEach((map, position) => {
        const into = want(position)
        if (into) for (let at = 0; at < map.length; at++) into[at] += g[map[at]]
      })
    },
  }
}

/** Where parts that stand side by side along an axis are in the whole. @param {number[][]} shapes @param {number[]} whole @param {number} axis */
function partsOf(shapes, whole, axis) {
  const strides = stridesOf(whole)
  let start = 0
  return shapes.map((shape) => {
    const map = walk(shape, strides, start * strides[axis])
    start += shape[axis]
    return map
  })
}

/** A shape of which one axis has one cell. @param {number[]} shape @param {number} axis */
function sliceShape(shape, axis) {
  return shape.map((size, at) => (at === axis ? 1 : size))
}

/** @type {Kernel} */
function concatenate({ inputs, outputs: [y] }) {
  const operands = inputs.slice(0, -1)
  const axis = fromStart(fixed(inputs[operands.length], "the axis")[0], y.shape.length)
  return joined(
    operands,
    operands.map(({ shape }) => shape),
    y,
    axis,
  )
}

/** @type {Kernel} */
function pack({ inputs, outputs: [y], attributes }) {
  const axis = fromStart(attributes.axis ?? 0, y.shape.length)
  return joined(
    inputs,
    inputs.map(() => sliceShape(y.shape, axis)),
    y,
    axis,
  )
}

/** One operand, cut along an axis into several results. @param {Operand} x @param {number} position @param {Operand[]} outputs @param {number[][]} shapes @param {number} axis @returns {Made} */
function cut(x, position, outputs, shapes, axis) {
  const maps = partsOf(shapes, x.shape, axis)
  return {
    run: () => {
      maps.forEach((map, part) => {
        const [from, to] = [x.data, outputs[part].data]
        for (let at = 0; at < map.length; at++) to[at] = from[map[at]]
      })
    },
    back: (gradients, want) => {
      const into = want(position)
      if (!into) return
      gradients.forEach((g, part) => {
        for (let at = 0; at < g.length; at++) into[maps[part][at]] += g[at]
      })
    },
  }
}

/** @param {number} position of the operand that is cut @param {number} axisAt of the one that says along which axis @returns {Kernel} */
function split(position, axisAt) {
  return ({ inputs, outputs }) => {
    const x = inputs[position]
    const axis = fromStart(fixed(inputs[axisAt], "the axis")[0], x.shape.length)
    return cut(
      x,
      position,
      outputs,
      outputs.map(({ shape }) => shape),
      axis,
    )
  }
}

/** @type {Kernel} */
function unpack({ inputs: [x], outputs, attributes }) {
  const axis = fromStart(attributes.axis ?? 0, x.shape.length)
  return cut(
    x,
    0,
    outputs,
    outputs.map(() => sliceShape(x.shape, axis)),
    axis,
  )
}

/** Rows of a table by their numbers, which may be computed. @type {Kernel} */
function gatherRows({ inputs: [table, indices, axisOperand], outputs: [y], attributes }) {
  const rank = table.shape.length
  const batch = fromStart(attributes.batch_dims ?? 0, indices.shape.length)
  const axis = fromStart(fixed(axisOperand, "the axis")[0], rank)
  const [strides, picks] = [stridesOf(table.shape), stridesOf(indices.shape)]
  const none = (/** @type {number} */ count) => Array(count).fill(0)
  const base = walk(y.shape, [
    ...strides.slice(0, axis),
    ...none(indices.shape.length - batch),
    ...strides.slice(axis + 1),
  ])
  const pick = walk(y.shape, [
    ...picks.slice(0, batch),
    ...none(axis - batch),
    ...picks.slice(batch),
    ...none(rank - axis - 1),
  ])
  const size = table.shape[axis]
  const found = gathered(table, y, (at) => {
    const row = indices.data[pick[at]]
    return row >= 0 && row < size ? base[at] + row * strides[axis] : -1
  })
  return { ...found, fault: () => (outside(indices, () => size) ? NO_ROW : "") }
}

const NO_ROW = "TensorFlow would refuse an index that is out of range"

/** Whether an index names no place. @param {Operand} indices @param {(at: number) => number} sizeAt how many places there are */
function outside({ data }, sizeAt) {
  for (let at = 0; at < data.length; at++) if (!(data[at] >= 0 && data[at] < sizeAt(at))) return true
  return false
}

/** Parts of a table by their places along its first axes. @type {Kernel} */
function gatherPlaces({ inputs: [table, indices], outputs: [y] }) {
  const depth = indices.shape[indices.shape.length - 1]
  const strides = stridesOf(table.shape)
  const inner = sizeOf(table.shape.slice(depth))
  const found = gathered(table, y, (at) => {
    let offset = at % inner
    const start = Math.floor(at / inner) * depth
    for (let axis = 0; axis < depth; axis++) {
      const place = indices.data[start + axis]
      if (!(place >= 0 && place < table.shape[axis])) return -1
      offset += place * strides[axis]
    }
    return offset
  })
  return { ...found, fault: () => (outside(indices, (at) => table.shape[at % depth]) ? NO_ROW : "") }
}

/** What is nowhere is NaN, or 0 where there is none. @param {Operand} table @param {Operand} y @param {(at: number) => number} cell @returns {Made} */
function gathered(table, y, cell) {
  return {
    run: () => {
      for (let at = 0; at < y.data.length; at++) {
        const from = cell(at)
        y.data[at] = from < 0 ? NaN : table.data[from]
      }
    },
    back: ([g], want) => {
      const into = want(0)
      if (!into) return
      for (let at = 0; at < g.length; at++) {
        const from = g[at] ? cell(at) : -1
        if (from >= 0) into[from] += g[at]
      }
    },
  }
}

/** @type {Kernels} */
export const MOVES = [
  .../** @type {Kernels} */ ([...VIEWS].map((kind) => [kind, view])),
  ["Transpose", moved(transposeMap)],
  ["StridedSlice", moved(stridedSliceMap)],
  ["Slice", moved(sliceMap)],
  ["ReverseV2", moved(reverseMap)],
  ["Tile", moved(tileMap)],
  ["Roll", moved(rollMap)],
  ["BroadcastTo", moved(broadcastToMap)],
  ["Pad", moved(padMap)],
  ["PadV2", moved(padMap, 2)],
  ["MirrorPad", moved(mirrorMap)],
  ["ConcatV2", concatenate],
  ["Pack", pack],
  ["Split", split(1, 0)],
  ["SplitV", split(0, 2)],
  ["Unpack", unpack],
  ["GatherV2", gatherRows],
  ["GatherNd", gatherPlaces],
]
