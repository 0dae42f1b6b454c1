// Operations whose places depend on numbers: the largest few, counts, ones at a place. Nothing here draws.

import { fromStart, linesOf, sizeOf } from "../shapes.js"

/** @import { Kernel, Kernels } from "./kernel.js" */

/** @type {Kernel} */
function oneHot({ inputs: [indices, , on, off], outputs: [y], attributes }) {
  const { size, inner } = linesOf(y.shape, fromStart(attributes.axis ?? -1, y.shape.length))
  return {
    run: () => {
      y.data.fill(off.data[0])
      for (let at = 0; at < indices.data.length; at++) {
        const place = indices.data[at]
        if (place < 0 || place >= size) continue
        y.data[(Math.floor(at / inner) * size + place) * inner + (at % inner)] = on.data[0]
      }
    },
    back: ([g], want) => {
      const [intoOn, intoOff] = [want(2), want(3)]
      if (!intoOn && !intoOff) return
      const own = new Uint8Array(g.length)
      for (let at = 0; at < indices.data.length; at++) {
        const place = indices.data[at]
        if (place >= 0 && place < size) own[(Math.floor(at / inner) * size + place) * inner + (at % inner)] = 1
      }
      for (let at = 0; at < g.length; at++) {
        const into = own[at] ? intoOn : intoOff
        if (into) into[0] += g[at]
      }
    },
  }
}

/** The largest few along the last axis, the first of equal ones first. @type {Kernel} */
function topK({ inputs: [x], outputs: [values, indices] }) {
  const [size, count] = [x.shape[x.shape.length - 1], values.shape[values.shape.length - 1]]
  return {
    run: () => {
      for (let line = 0; line * size < x.data.length; line++) {
        const row = x.data.subarray(line * size, line * size + size)
        const order = Array.from(row.keys()).sort((one, other) => row[other] - row[one] || one - other)
        for (let at = 0; at < count; at++) {
          values.data[line * count + at] = row[order[at]]
          indices.data[line * count + at] = order[at]
        }
      }
    },
    back: ([g], want) => {
      const into = want(0)
      if (!into) return
      for (let at = 0; at < g.length; at++) into[Math.floor(at / count) * size + indices.data[at]] += g[at]
    },
  }
}

/** @type {Kernel} */
function binCount({ inputs: [x, , weights], outputs: [y], attributes }) {
  const bins = y.shape[y.shape.length - 1]
  const each = x.shape.length > 1 ? x.shape[x.shape.length - 1] : sizeOf(x.shape)
  const weighted = weights.data.length > 0
  return {
    run: () => {
      y.data.fill(0)
      for (let at = 0; at < x.data.length; at++) {
        const bin = x.data[at]
        if (bin < 0 || bin >= bins) continue
        const cell = Math.floor(at / each) * bins + bin
        y.data[cell] = attributes.binary_output ? 1 : y.data[cell] + (weighted ? weights.data[at] : 1)
      }
    },
    fault: () => {
      for (const bin of x.data) if (bin < 0) return "TensorFlow would refuse to count a negative number"
      return ""
    },
  }
}

/** @type {Kernels} */
export const CHOICES = [
  ["OneHot", oneHot],
  ["TopKV2", topK],
  ["DenseBincount", binCount],
]
