// Sums of products: matrix products and einsum. Convolutions are the same with other offsets. Nothing here draws.

import { stridesOf, walk } from "../shapes.js"

/**
 * @import { Numbers } from "../numbers.js" @import { Context, Kernel, Kernels, Made, Operand } from "./kernel.js"
 *
 * @typedef {object} Plan offsets into three arrays: y[g, m, n] = sum over k of a[g, m, k] * b[g, k, n]
 * @property {Int32Array} groupsA @property {Int32Array} groupsB @property {Int32Array} groupsY
 * @property {Int32Array} rowsA @property {Int32Array} rowsY
 * @property {Int32Array} stepsA @property {Int32Array} stepsB
 * @property {Int32Array} columnsB @property {Int32Array} columnsY
 */

const ORIGIN = Int32Array.of(0)
const NONE = new Int32Array(0)

/**
 * Fills `y`, which must be the same array each time and belong to nobody else: rows whose factors are what they were the
 * last time keep their sums. A changed cell of a picture reaches a few windows, a changed cell of a kernel one column.
 * (A zero that changes its sign changes no sum, as a sum begins at 0.)
 *
 * @param {Plan} plan @param {Operand} output
 * @param {Uint8Array|null} inside which cells of the first factor are a picture's own, not its border's: the border's zeros
 * do not meet a kernel's NaN
 * @returns {(a: Numbers, b: Numbers) => void}
 */
export function multiplication(plan, { data: y }, inside = null) {
  const { groupsA, groupsY, rowsA, rowsY, stepsA, columnsY } = plan
  const width = columnsY.length
  const size = stepsA.length * width
  const own = isPacked(plan) ? null : new Float64Array(plan.groupsB.length * size)
  const narrow = y instanceof Float32Array
  const sums = narrow ? new Float32Array(width) : new Float64Array(width) // a Float32Array rounds after each addition
  const every = Int32Array.from(columnsY.keys())
  /** @type {Numbers|null} */
  let lastA = null
  /** @type {Numbers|null} */
  let lastB = null
  return (a, b) => {
    const factor = own ? packed(plan, b, own) : b
    const [before, factorBefore] = [lastA, lastB]
    const rowsStay = before !== null && isSame(a, before)
    const columnsStay = factorBefore !== null && isSame(factor, factorBefore)
    if (rowsStay && columnsStay) return
    const border = inside && !allFinite(factor) ? inside : null
    for (let group = 0; group < groupsA.length; group++) {
      const start = group * size
      let changed = columnsStay ? NONE : every
      if (factorBefore && !columnsStay) changed = changedColumns(factor, factorBefore, start, size, width)
      for (let row = 0; row < rowsA.length; row++) {
        const from = groupsA[group] + rowsA[row]
        const stays = rowsStay || (before !== null && !differs(a, before, from, stepsA))
        const columns = stays ? changed : every
        if (!columns.length) continue
        const to = groupsY[group] + rowsY[row]
        if (columns.length === width) {
          sumRow(sums, a, from, stepsA, factor, start, border)
          for (let column = 0; column < width; column++) y[to + columnsY[column]] = sums[column]
          continue
        }
        for (const column of columns) {
          y[to + columnsY[column]] = sumCell(a, from, stepsA, factor, start + column, width, border, narrow)
        }
      }
    }
    if (!rowsStay) lastA = copied(a, before)
    if (!columnsStay) lastB = copied(factor, factorBefore)
  }
}

/**
 * @param {Float32Array|Float64Array} sums of one row @param {Numbers} a @param {number} from @param {Int32Array} steps
 * @param {Numbers} factor @param {number} start @param {Uint8Array|null} inside
 */
function sumRow(sums, a, from, steps, factor, start, inside) {
  const width = sums.length
  sums.fill(0)
  let at = start
  for (let step = 0; step < steps.length; step++) {
    const cell = from + steps[step]
    if (inside && !inside[cell]) {
      at += width
      continue
    }
    const x = a[cell]
    for (let column = 0; column < width; column++, at++) sums[column] += x * factor[at]
  }
}

/**
 * One cell of a row: the same bits as `sumRow`.
 * @param {Numbers} a @param {number} from @param {Int32Array} steps @param {Numbers} factor @param {number} start
 * @param {number} width @param {Uint8Array|null} inside @param {boolean} narrow
 */
function sumCell(a, from, steps, factor, start, width, inside, narrow) {
  let sum = 0
  for (let step = 0, at = start; step < steps.length; step++, at += width) {
    const cell = from + steps[step]
    if (inside && !inside[cell]) continue
    sum += a[cell] * factor[at]
    if (narrow) sum = Math.fround(sum)
  }
  return sum
}

/** The second factor as [g, k, n] without gaps, so that the innermost loop goes straight on. @param {Plan} plan @param {Numbers} b @param {Float64Array} into */
function packed({ groupsB, stepsB, columnsB }, b, into) {
  let at = 0
  for (const group of groupsB) {
    for (const step of stepsB) for (const column of columnsB) into[at++] = b[group + step + column]
  }
  return into
}

/** Whether the second factor is that already. @param {Plan} plan */
function isPacked({ groupsB, stepsB, columnsB }) {
  let at = 0
  for (const group of groupsB) {
    for (const step of stepsB) for (const column of columnsB) if (group + step + column !== at++) return false
  }
  return true
}

/** @param {Numbers} numbers */
function allFinite(numbers) {
  for (let at = 0; at < numbers.length; at++) if (!Number.isFinite(numbers[at])) return false
  return true
}

/** @param {Numbers} numbers @param {Numbers} before */
function isSame(numbers, before) {
  for (let at = 0; at < numbers.length; at++) if (numbers[at] !== before[at]) return false
  return true
}

/** @param {Numbers} numbers @param {Numbers|null} into @returns {Numbers} */
function copied(numbers, into) {
  if (!into) return numbers.slice()
  into.set(numbers)
  return into
}

/** @param {Numbers} numbers @param {Numbers} before @param {number} from @param {Int32Array} steps */
function differs(numbers, before, from, steps) {
  for (let step = 0; step < steps.length; step++) {
    if (numbers[from + steps[step]] !== before[from + steps[step]]) return true
  }
  return false
}

/** @param {Numbers} factor @param {Numbers} before @param {number} start @param {number} size @param {number} width */
function changedColumns(factor, before, start, size, width) {
  /** @type {Set<number>} */
  const found = new Set()
  for (let at = 0; at < size; at++) if (factor[start + at] !== before[start + at]) found.add(at % width)
  return Int32Array.from(found)
}

/** y = a b once, in double precision. @param {Plan} plan @param {ArrayLike<number>} a @param {Numbers} b @param {Float64Array} y */
export function addProduct({ groupsA, groupsB, groupsY, rowsA, rowsY, stepsA, stepsB, columnsB, columnsY }, a, b, y) {
  for (let group = 0; group < groupsA.length; group++) {
    for (let row = 0; row < rowsA.length; row++) {
      const to = groupsY[group] + rowsY[row]
      for (let step = 0; step < stepsA.length; step++) {
        const x = a[groupsA[group] + rowsA[row] + stepsA[step]]
        if (x === 0) continue
        const base = groupsB[group] + stepsB[step]
        for (let column = 0; column < columnsB.length; column++)
          y[to + columnsY[column]] += x * b[base + columnsB[column]]
      }
    }
  }
}

/**
 * a += y b', the first factor's gradient and the transposed convolution. A row of zeros is passed over.
 * @param {Plan} plan @param {Numbers} y @param {Numbers} b @param {Float64Array} a
 */
export function addFirst({ groupsA, groupsB, groupsY, rowsA, rowsY, stepsA, stepsB, columnsB, columnsY }, y, b, a) {
  for (let group = 0; group < groupsA.length; group++) {
    for (let row = 0; row < rowsA.length; row++) {
      const from = groupsY[group] + rowsY[row]
      if (isZero(y, from, columnsY)) continue
      const to = groupsA[group] + rowsA[row]
      for (let step = 0; step < stepsA.length; step++) {
        const base = groupsB[group] + stepsB[step]
        let sum = 0
        for (let column = 0; column < columnsB.length; column++) {
          sum += y[from + columnsY[column]] * b[base + columnsB[column]]
        }
        a[to + stepsA[step]] += sum
      }
    }
  }
}

/** b += a' y, the second factor's gradient. @param {Plan} plan @param {Numbers} a @param {Numbers} y @param {Float64Array} b */
export function addSecond({ groupsA, groupsB, groupsY, rowsA, rowsY, stepsA, stepsB, columnsB, columnsY }, a, y, b) {
  for (let group = 0; group < groupsA.length; group++) {
    for (let row = 0; row < rowsA.length; row++) {
      const from = groupsY[group] + rowsY[row]
      if (isZero(y, from, columnsY)) continue
      const first = groupsA[group] + rowsA[row]
      for (let column = 0; column < columnsB.length; column++) {
        const g = y[from + columnsY[column]]
        if (!g) continue
        const base = groupsB[group] + columnsB[column]
        for (let step = 0; step < stepsA.length; step++) b[base + stepsB[step]] += g * a[first + stepsA[step]]
      }
    }
  }
}

/** @param {Numbers} y @param {number} from @param {Int32Array} columns */
function isZero(y, from, columns) {
  for (let column = 0; column < columns.length; column++) if (y[from + columns[column]] !== 0) return false
  return true
}

/** An operation that multiplies its first two operands. @param {Plan} plan @param {Context} context @returns {Made} */
function product(plan, { inputs: [a, b], outputs: [y] }) {
  const forward = multiplication(plan, y)
  return {
    run: () => forward(a.data, b.data),
    back: ([g], want) => {
      const [intoA, intoB] = [want(0), want(1)]
      if (intoA) addFirst(plan, g, b.data, intoA)
      if (intoB) addSecond(plan, a.data, g, intoB)
    },
  }
}

/**
 * By the letters of the axes: what has the same letter is walked together.
 * @param {Operand[]} tensors two factors and their product @param {string[][]} letters of each, one for each axis
 * @returns {Plan}
 */
function planOf(tensors, letters) {
  /** @type {Map<string, number>} */
  const sizes = new Map()
  const strides = tensors.map(({ shape }, at) => {
    const own = stridesOf(shape)
    /** @type {Map<string, number>} */
    const found = new Map()
    letters[at].forEach((letter, axis) => {
      if ((sizes.get(letter) ?? 1) === 1) sizes.set(letter, shape[axis])
      found.set(letter, (found.get(letter) ?? 0) + (shape[axis] === 1 ? 0 : own[axis]))
    })
    return found
  })
  const [inA, inB, inY] = letters.map((own) => new Set(own))
  const all = [...new Set([...letters[2], ...letters[0], ...letters[1]])]
  const groups = all.filter((letter) => inA.has(letter) && inB.has(letter) && inY.has(letter))
  const rows = all.filter((letter) => inA.has(letter) && !inB.has(letter) && inY.has(letter))
  const columns = all.filter((letter) => !inA.has(letter) && inB.has(letter) && inY.has(letter))
  const steps = all.filter((letter) => !inY.has(letter))
  /** @param {string[]} own @param {number} at */
  const map = (own, at) => {
    if (!own.length) return ORIGIN
    return walk(
      own.map((letter) => sizes.get(letter) ?? 1),
      own.map((letter) => strides[at].get(letter) ?? 0),
    )
  }
  return {
    groupsA: map(groups, 0),
    groupsB: map(groups, 1),
    groupsY: map(groups, 2),
    rowsA: map(rows, 0),
    rowsY: map(rows, 2),
    stepsA: map(steps, 0),
    stepsB: map(steps, 1),
    columnsB: map(columns, 1),
    columnsY: map(columns, 2),
  }
}

/** @type {Kernel} */
function einsum(context) {
  const {
    inputs,
    outputs: [y],
    attributes: { equation = "" },
  } = context
  if (inputs.length !== 2) throw new Error("not of two tensors")
  const [given, made] = equation.replaceAll(" ", "").split("->")
  const [first, second] = given.split(",").map((text, at) => lettersOf(text, inputs[at].shape.length))
  return product(planOf([...inputs, y], [first, second, lettersOf(made, y.shape.length)]), context)
}

/** "ab...c" -> a letter for each axis; those below the dots are counted from their end. @param {string} text @param {number} rank */
function lettersOf(text, rank) {
  const [before, after] = text.split("...")
  if (after === undefined) return [...before]
  return [...before, ...unnamed(rank - before.length - after.length), ...after]
}

/** @param {number} count */
function unnamed(count) {
  return Array.from({ length: count }, (_, at) => `.${count - at}`)
}

/** The last two axes are multiplied, those before them broadcast. @type {Kernel} */
function matMul(context) {
  const {
    inputs: [a, b],
    outputs: [y],
    attributes,
  } = context
  const first = attributes.transpose_a || attributes.adj_x ? "km" : "mk"
  const second = attributes.transpose_b || attributes.adj_y ? "nk" : "kn"
  const letters = [first, second, "mn"].map((own, at) => [...unnamed([a, b, y][at].shape.length - 2), ...own])
  return product(planOf([a, b, y], letters), context)
}

/** @type {Kernels} */
export const PRODUCTS = [
  ["MatMul", matMul],
  ["BatchMatMul", matMul],
  ["BatchMatMulV2", matMul],
  ["BatchMatMulV3", matMul],
  ["Einsum", einsum],
]
