// Where the cells of a result were before: operations that only move cells. What follows from an operation's attributes is
// compared with the recorded cells, all of them; what differs, or could be otherwise, is not told. Nothing here draws.

import { kept } from "../core/dom.js"
import { axisOf, flat, size, unflat } from "./kinds.js"

/**
 * @import { Operation, Value } from "./graph.js"
 *
 * @typedef {{value: Value, cell: number}|null} Origin a cell that another one was before; null: it was none
 * @typedef {object} Mapping
 * @property {Operation} operation @property {Value} result @property {Value[]} sources
 * @property {Origin[]} origins of each cell of the result @property {number} padding how many were none
 *
 * @typedef {(index: number[]) => {source: number, index: number[]}|null} Rule from the result's index to an operand's
 */

/** So many cells are followed. */
const MOST_CELLS = 65536
/** So many places are tried for a part whose place is not recorded. */
const MOST_TRIED = 4096
const SAME = new Set([
  "reshape", "ravel", "flatten", "expand_dims", "squeeze", "squeeze_v2", "view", "unsqueeze", "newaxis",
]) // biome-ignore format: several a line

/** @type {WeakMap<Operation, Mapping[]>} */
const known = new WeakMap()

/** What an operation moves, for each of its results. @param {Operation} operation @returns {Mapping[]} */
export function mappingsOf(operation) {
  return kept(known, operation, () =>
    operation.results.flatMap((result, place) => mappingOf(operation, result, place) ?? []),
  )
}

/** @param {Operation} operation @param {Value} result @param {number} place of the result @returns {Mapping|null} */
function mappingOf(operation, result, place) {
  const { cells } = result
  const sources = movedIn(operation)
  if (!cells?.length || cells.length > MOST_CELLS || !sources.length) return null
  if (sources.some((value) => !value.cells)) return null
  if (SAME.has(operation.kind)) return read(operation, result, sources, [sources[0].shapes[0]], [0], unmoved)
  for (const to of result.shapes)
    for (const from of sources[0].shapes) {
      const shapes = [from, ...sources.slice(1).map(({ shapes: own }) => like(own, from))]
      for (const rule of rulesOf(operation, shapes, to, place, sources)) {
        const found = read(operation, result, sources, shapes, to, rule)
        if (found) return found
      }
    }
  return null
}

/** @type {Rule} */
const unmoved = (index) => ({ source: 0, index })

/** The operands whose cells go into the result. @param {Operation} operation */
function movedIn({ kind, operands, given }) {
  if (kind === "take") return (given.x ?? []).slice(0, 1)
  return /^(concat|concatenate|cat|stack|hstack|vstack)$/.test(kind) ? operands : operands.slice(0, 1)
}

/** The one of a value's shapes with as many axes. @param {number[][]} shapes @param {number[]} other */
function like(shapes, other) {
  return shapes.find(({ length }) => length === other.length) ?? shapes[0]
}

/** The cells of a result by a rule, if all of them are what was recorded. @returns {Mapping|null}
 *  @param {Operation} operation @param {Value} result @param {Value[]} sources @param {number[][]} shapes @param {number[]} to @param {Rule} rule */
function read(operation, result, sources, shapes, to, rule) {
  const cells = /** @type {ArrayLike<number>} */ (result.cells)
  const same = rule === unmoved
  if (same ? sources[0].cells?.length !== cells.length : size(to) !== cells.length) return null
  const filler = paddedWith(operation)
  /** @type {Origin[]} */
  const origins = []
  let padding = 0
  for (let cell = 0; cell < cells.length; cell++) {
    const from = same ? null : rule(unflat(to, cell))
    if (!same && !from) {
      if (filler === null || cells[cell] !== filler) return null
      padding++
      origins.push(null)
      continue
    }
    const value = sources[from?.source ?? 0]
    const place = from ? flat(shapes[from.source], from.index) : cell
    if (!Object.is(value.cells?.[place], cells[cell]) && value.cells?.[place] !== cells[cell]) return null
    origins.push({ value, cell: place })
  }
  return { operation, result, sources, origins, padding }
}

/** What a padding is filled with; null where it is not filled with one number. @param {Operation} operation */
function paddedWith({ kind, attributes }) {
  if (kind !== "pad" || !/constant/i.test(attributes.mode ?? "constant")) return null
  const number = Number(attributes.constant_values ?? 0)
  return Number.isNaN(number) ? null : number
}

/** @param {Operation} operation @param {number[][]} shapes of its operands @param {number[]} to @param {number} place of the result @param {Value[]} sources @returns {Rule[]} */
function rulesOf(operation, shapes, to, place, sources) {
  const [from] = shapes
  const { kind, attributes } = operation
  const axis = axisOf(operation, from.length)
  if (/^(transpose|permute|permute_dims|swapaxes|moveaxis|T|mT)$/.test(kind)) return turned(operation, from, to)
  if (kind === "pad") return padded(numbersIn(attributes.pad_width ?? attributes.paddings), from, to)
  if (kind === "[]") return cut(attributes, from, to, sources[0], operation.results[0])
  if (/^(concat|concatenate|cat)$/.test(kind)) return joined(axisOf(operation, to.length) ?? 0, shapes, to)
  if (/^(split|array_split|chunk)$/.test(kind)) return parted(operation, axis ?? 0, from, to, place)
  if (/^(flip|reverse)$/.test(kind)) return flipped(attributes, from, to)
  if (kind === "repeat") return repeated(Number(attributes.repeats), axis, from, to)
  if (kind === "tile")
    return fits(from, to) ? [(index) => ({ source: 0, index: index.map((at, one) => at % from[one]) })] : []
  if (kind === "take" && (axis ?? 0) === 0) return looked(operation, from, to)
  return []
}

/** All whole numbers of a text, or null if it has others. @param {string|undefined} text */
function numbersIn(text) {
  return text === undefined || /[^\d\s,()[\]-]/.test(text) ? null : (text.match(/-?\d+/g) ?? []).map(Number)
}

/** @param {number[]} from @param {number[]} to */
function fits(from, to) {
  return from.length === to.length
}

/** @param {Operation} operation @param {number[]} from @param {number[]} to @returns {Rule[]} */
function turned({ kind, attributes }, from, to) {
  if (!fits(from, to)) return []
  const rank = from.length
  const counted = (/** @type {number} */ axis) => (axis < 0 ? axis + rank : axis)
  const all = from.map((_, axis) => axis)
  let order = numbersIn(attributes.axes ?? attributes.perm ?? attributes.dims)?.map(counted) ?? null
  if (!order && (kind === "transpose" || kind === "T") && attributes.axes === undefined) order = all.toReversed()
  if (kind === "mT") order = [...all.slice(0, -2), rank - 1, rank - 2]
  if (kind === "swapaxes") {
    const [one, other] = [attributes.axis1, attributes.axis2].map((text) => counted(Number(text)))
    order = all.map((axis) => (axis === one ? other : axis === other ? one : axis))
  }
  if (!order || order.length !== rank || new Set(order).size !== rank) return []
  if (order.some((axis, at) => from[axis] !== to[at])) return []
  const places = order
  return [
    (index) => {
      const own = Array(rank).fill(0)
      for (const [at, axis] of places.entries()) own[axis] = index[at]
      return { source: 0, index: own }
    },
  ]
}

/** @param {number[]|null} widths before and after, axis by axis @param {number[]} from @param {number[]} to @returns {Rule[]} */
function padded(widths, from, to) {
  if (!fits(from, to) || !widths) return []
  const each = widths.length === 1 ? from.map(() => widths[0]) : null
  const before = each ?? (widths.length === 2 * from.length ? from.map((_, axis) => widths[2 * axis]) : null)
  const after = each ?? (before && from.map((_, axis) => widths[2 * axis + 1]))
  if (!before || !after || from.some((length, axis) => length + before[axis] + after[axis] !== to[axis])) return []
  return [
    (index) => {
      const own = index.map((at, axis) => at - before[axis])
      return own.every((at, axis) => at >= 0 && at < from[axis]) ? { source: 0, index: own } : null
    },
  ]
}

/** A part: by its slices, or where these are not recorded by the only place at which the source has these cells.
 *  @param {Record<string, string>} attributes @param {number[]} from @param {number[]} to @param {Value} source @param {Value} result @returns {Rule[]} */
function cut(attributes, from, to, source, result) {
  const text = attributes["1"] ?? attributes.key
  const told = text === undefined ? null : sliced(text, from)
  if (told) {
    const free = told.filter(({ one }) => !one)
    if (free.length !== to.length) return []
    return [
      (index) => {
        let at = 0
        return { source: 0, index: told.map(({ one, start, step }) => (one ? start : start + step * index[at++])) }
      },
    ]
  }
  return text === undefined ? searched(from, to, source, result) : []
}

/** @param {string} text a key, as Python writes it @param {number[]} from @returns {{one: boolean, start: number, step: number}[]|null} */
function sliced(text, from) {
  const part = /slice\(([^(),]+), ([^(),]+), ([^(),]+)\)|Ellipsis|-?\d+/g
  if (/[^\s,()]/.test(text.replace(part, ""))) return null
  const parts = [...text.matchAll(part)]
  const rest = from.length - parts.filter(([whole]) => whole !== "Ellipsis").length
  if (rest < 0) return null
  const whole = () => ({ one: false, start: 0, step: 1 })
  const number = (/** @type {string} */ one, /** @type {number} */ other) => (one === "None" ? other : Number(one))
  /** @type {{one: boolean, start: number, step: number}[]} */
  const found = []
  for (const [all, start, , step] of parts) {
    if (all === "Ellipsis") {
      for (let at = 0; at < rest; at++) found.push(whole())
      continue
    }
    const length = from[found.length]
    const by = start === undefined ? 1 : number(step, 1)
    const first = start === undefined ? Number(all) : number(start, by < 0 ? length - 1 : 0)
    if (Number.isNaN(by) || Number.isNaN(first)) return null
    found.push({ one: start === undefined, start: first < 0 ? Math.max(0, first + length) : first, step: by })
  }
  while (found.length < from.length) found.push(whole())
  return found
}

/** @param {number[]} from @param {number[]} to @param {Value} source @param {Value} result @returns {Rule[]} */
function searched(from, to, source, result) {
  if (!fits(from, to) || size(to) !== result.cells?.length) return []
  const room = from.map((length, axis) => length - to[axis] + 1)
  if (room.some((places) => places < 1) || size(room) > MOST_TRIED) return []
  const matches = []
  for (let tried = 0; tried < size(room) && matches.length < 2; tried++) {
    const start = unflat(room, tried)
    const same = Array.from(result.cells).every((number, cell) => {
      const index = unflat(to, cell).map((at, axis) => at + start[axis])
      return Object.is(source.cells?.[flat(from, index)], number)
    })
    if (same) matches.push(start)
  }
  if (matches.length !== 1) return []
  const [start] = matches
  return [(index) => ({ source: 0, index: index.map((at, axis) => at + start[axis]) })]
}

/** @param {number} axis @param {number[][]} shapes @param {number[]} to @returns {Rule[]} */
function joined(axis, shapes, to) {
  if (shapes.some((shape) => !fits(shape, to))) return []
  if (shapes.reduce((sum, shape) => sum + shape[axis], 0) !== to[axis]) return []
  return [
    (index) => {
      let [source, at] = [0, index[axis]]
      while (at >= shapes[source][axis]) at -= shapes[source++][axis]
      return { source, index: index.with(axis, at) }
    },
  ]
}

/** @param {Operation} operation @param {number} axis @param {number[]} from @param {number[]} to @param {number} place @returns {Rule[]} */
function parted({ results }, axis, from, to, place) {
  if (!fits(from, to)) return []
  const before = results.slice(0, place).map(({ shapes }) => like(shapes, from)[axis])
  const start = before.reduce((sum, length) => sum + length, 0)
  if (start + to[axis] > from[axis]) return []
  return [(index) => ({ source: 0, index: index.with(axis, index[axis] + start) })]
}

/** @param {Record<string, string>} attributes @param {number[]} from @param {number[]} to @returns {Rule[]} */
function flipped({ axis }, from, to) {
  if (from.join() !== to.join()) return []
  const told = axis === undefined || axis === "None" ? from.map((_, at) => at) : numbersIn(axis)
  if (!told) return []
  const axes = new Set(told.map((at) => (at < 0 ? at + from.length : at)))
  return [(index) => ({ source: 0, index: index.map((at, one) => (axes.has(one) ? from[one] - 1 - at : at)) })]
}

/** @param {number} times @param {number|null} axis @param {number[]} from @param {number[]} to @returns {Rule[]} */
function repeated(times, axis, from, to) {
  if (axis === null || !(times > 0) || !fits(from, to) || from[axis] * times !== to[axis]) return []
  return [(index) => ({ source: 0, index: index.with(axis, Math.floor(index[axis] / times)) })]
}

/** Rows that were looked up. @param {Operation} operation @param {number[]} from @param {number[]} to @returns {Rule[]} */
function looked({ given }, from, to) {
  const numbers = given.indices?.[0]?.cells
  const row = from.slice(1)
  if (!numbers || size(to) !== numbers.length * size(row)) return []
  const lead = to.slice(0, to.length - row.length)
  if (size(lead) !== numbers.length) return []
  return [
    (index) => {
      const at = numbers[flat(lead, index.slice(0, lead.length))]
      return at >= 0 && at < from[0] ? { source: 0, index: [at, ...index.slice(lead.length)] } : null
    },
  ]
}
