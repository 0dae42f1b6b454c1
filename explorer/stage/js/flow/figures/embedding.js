// A lookup: the rows of a table that the numbers of a tensor pick, from each number to its row, and from there to the
// output. Rows that nothing picks are folded, and counted.

import { givenTo } from "../groups.js"
import { labelOf, unflat } from "../kinds.js"
import { fullAt } from "../paint.js"
import { label, placeOf } from "../panes.js"

/**
 * @import { Graph, Operation, Value } from "../graph.js" @import { FigureBlock } from "../layout.js"
 * @import { Paint } from "../paint.js" @import { Claim, Figure, Scene, State } from "../scene.js"
 *
 * @typedef {object} Lookup
 * @property {Operation} operation @property {Value} table @property {Value} ids @property {Value} result
 * @property {number} rows of the table @property {number} columns
 *
 * @typedef {Claim & {found: Lookup, picks: number[]}} LookupClaim picks: the cells of the ids that are shown
 * @typedef {FigureBlock & {claim: LookupClaim}} Block
 *
 * @typedef {{row: number, more: number}} Line a row of the table, or -1 and how many are left out
 */

/** Pixels, times k. */
const CELL = 46
const LEAST = 13
const NAME = 44
const WAY = 60
const HEAD = 46
const GAP = 30
/** Rows and columns of a table that are drawn; a picked row goes before others. */
const MOST_ROWS = 10
const MOST_COLUMNS = 12

/** @param {Operation} operation @returns {Lookup|null} */
function read(operation) {
  if (operation.kind !== "take" || operation.turns.length) return null
  const [table, ids] = [givenTo(operation, "x"), givenTo(operation, "indices")]
  const [result] = operation.results
  const flat = table?.shapes.find(({ length }) => length === 2)
  if (!table?.cells || !ids?.cells?.length || !result?.cells || !flat || table.maker) return null
  const [rows, columns] = flat
  const axis = Number(operation.attributes.axis)
  if ((axis !== 0 && axis !== -2) || result.cells.length !== ids.cells.length * columns || !columns) return null
  const found = { operation, table, ids, result, rows, columns }
  return isRecorded(found) ? found : null
}

/** The row that a number picks; one below 0 counts from the end. @param {number} number @param {number} rows */
function rowAt(number, rows) {
  return number < 0 ? number + rows : number
}

/** The row that a cell of the ids picks. @param {Lookup} found @param {number} cell */
export function rowOf({ ids, rows }, cell) {
  return rowAt(Number(ids.cells?.[cell]), rows)
}

/** Whether every number picks a row, and its row is in the output. @param {Lookup} found */
function isRecorded({ table, ids, result, rows, columns }) {
  const [from, picked, made] = [table.cells ?? [], ids.cells ?? [], result.cells ?? []]
  for (let at = 0; at < picked.length; at++) {
    const row = rowAt(picked[at], rows)
    if (!Number.isInteger(row) || row < 0 || row >= rows) return false
    for (let column = 0; column < columns; column++)
      if (!Object.is(from[row * columns + column], made[at * columns + column])) return false
  }
  return true
}

/** @type {WeakMap<Graph, Lookup[]>} */
const known = new WeakMap()

/** The lookups of a flow that give what was recorded. @param {Graph} graph @returns {Lookup[]} */
export function lookupsOf(graph) {
  let found = known.get(graph)
  if (!found) {
    found = graph.operations.flatMap((operation) => read(operation) ?? [])
    known.set(graph, found)
  }
  return found
}

/** The cells of the ids that are shown: all, or those of one sample. @param {Lookup} found @param {State} state */
function picksOf({ ids }, { sample, fold }) {
  const all = Array.from({ length: ids.cells?.length ?? 0 }, (_, cell) => cell)
  if (!fold || ids.shape.length < 2) return all
  const each = all.length / ids.shape[0]
  return all.slice(Math.min(sample, ids.shape[0] - 1) * each).slice(0, each)
}

/**
 * The rows that are drawn, in order, and how many are left out between them. Of many that are picked the first ones are
 * drawn, and the one that is shown now.
 * @param {Lookup} found @param {number[]} picks @param {number} now the row that is shown now @param {number} most
 * @returns {Line[]}
 */
export function linesOf(found, picks, now, most) {
  const { rows } = found
  const picked = [...new Set(picks.map((cell) => rowOf(found, cell)))]
  const drawn = new Set([now, ...picked].filter((row) => row >= 0).slice(0, most))
  for (let row = 0; row < rows && rows <= most; row++) drawn.add(row)
  /** @type {Line[]} */
  const lines = []
  let last = -1
  for (const row of [...drawn].sort((a, b) => a - b)) {
    if (row > last + 1) lines.push({ row: -1, more: row - last - 1 })
    lines.push({ row, more: 0 })
    last = row
  }
  if (last < rows - 1) lines.push({ row: -1, more: rows - 1 - last })
  return lines
}

/** How a figure is laid out. @param {LookupClaim} claim @param {{k: number, H: number}} space @param {number} unit */
function frameOf({ found, picks }, { k, H }, unit) {
  const columns = Math.min(found.columns, MOST_COLUMNS)
  const picked = Math.min(MOST_ROWS, new Set(picks.map((pick) => rowOf(found, pick))).size)
  const room = 0.9 * H - (HEAD + (picked + 1) * GAP) * k
  const cell = Math.max(LEAST * k, Math.min(CELL * k, 0.95 * unit, (400 * k) / columns, room / picked))
  const fits = (/** @type {number} */ most) => {
    const drawn = Math.min(most, found.rows)
    return HEAD * k + drawn * cell + (found.rows > drawn ? (drawn + 1) * GAP * k : 0) <= 0.9 * H
  }
  let most = Math.min(found.rows, MOST_ROWS)
  while (most > 1 && !fits(most)) most--
  const lines = linesOf(found, picks, -1, most)
  const gaps = lines.filter(({ more }) => more).length
  const high = (lines.length - gaps) * cell + gaps * GAP * k
  return { columns, cell, most, way: Math.max(28 * k, Math.min(WAY * k, 1.2 * unit)), high }
}

/** @type {Figure<LookupClaim>["size"]} */
function size(claim, space, unit) {
  const { columns, cell, way, high } = frameOf(claim, space, unit)
  const { k } = space
  return { w: 2 * way + NAME * k + Math.max(columns * cell, 110 * k), h: HEAD * k + high + 3 * GAP * k }
}

/** The cell of the ids that is shown now: the touched one, or the one whose row has just come. @param {LookupClaim} claim @param {Scene} scene */
function pickNow({ found, picks }, scene) {
  const { touched } = scene.state
  const { ids, result, table, columns, operation } = found
  if (touched?.value === ids && picks.includes(touched.cell)) return touched.cell
  const row = touched ? Math.floor(touched.cell / columns) : -1
  if (touched?.value === result && picks.includes(row)) return row
  if (touched?.value === table) return picks.find((cell) => rowOf(found, cell) === row) ?? -1
  const progress = scene.progress(operation)
  if (progress <= 0 || progress >= 1) return -1
  return picks[Math.min(picks.length - 1, Math.floor(progress * picks.length))]
}

/** @param {Paint} p @param {Block} block @param {Scene} scene */
function draw(p, { claim, cx, cy, w, h }, scene) {
  const { found, picks } = claim
  const { table, rows, columns: all, operation } = found
  const { plan, words } = scene
  const { k } = plan
  const { columns, cell, most, way } = frameOf(claim, plan, plan.unit)
  const shown = pickNow(claim, scene)
  const lines = linesOf(found, picks, shown < 0 ? -1 : rowOf(found, shown), most)
  const room = h - HEAD * k
  const gaps = lines.filter(({ more }) => more).length
  const high = (lines.length - gaps) * cell + gaps * GAP * k
  const [left, top] = [cx - w / 2 + way + NAME * k, cy - h / 2 + HEAD * k + Math.max(0, (room - high) / 2)]
  const now = scene.now(operation)
  const wide = columns * cell
  const [middle, beside] = [left + wide / 2, wide + 2 * NAME * k]
  label(p, labelOf(table), middle, top - 32 * k, beside, { colour: p.c.ink, weight: now ? 700 : 600, mono: true })
  label(p, words("flow.embedding.size", { rows, columns: all }), middle, top - 13 * k, beside)
  scene.hitOperation(operation, left, top - 42 * k, wide, 40 * k)
  const cells = table.cells ?? []
  const full = fullAt(cells)
  const { digits, size: text } = p.decimals(cells, cell, Math.min(p.num, cell * 0.62))
  const picked = new Set(picks.map((pick) => rowOf(found, pick)))
  /** @type {Map<number, number>} */
  const middles = new Map()
  let y = top
  for (const { row, more } of lines) {
    if (more) {
      label(p, words("flow.embedding.more", { count: more }), middle, y + (GAP * k) / 2, beside)
      y += GAP * k
      continue
    }
    middles.set(row, y + cell / 2)
    const how = { colour: picked.has(row) ? p.c.ink : p.c.faint, weight: picked.has(row) ? 650 : 400 }
    label(p, String(row), left - 6 * k, y + cell / 2, NAME * k - 8 * k, { align: "right", ...how })
    for (let column = 0; column < columns; column++) {
      const at = row * all + column
      const x = left + column * cell
      const alpha = picked.has(row) ? 1 : 0.45
      p.cell(x, y, cell, cell, cells[at], { top: full, digits, size: text, numbers: digits >= 0, alpha })
      scene.hit(table, at, x, y, cell, cell)
    }
    if (picked.has(row)) p.round(left - 1.5, y - 1.5, wide + 2, cell + 2, 2, null, p.c.ink, 1.6)
    y += cell
  }
  if (columns < all)
    label(p, words("flow.embedding.columns", { shown: columns, count: all }), middle, y + (GAP * k) / 2, beside)
  const numbers = Math.max(0, ...[...middles.keys()].map((row) => p.measure(String(row), p.note, "sans", 650)))
  const ends = { middles, left: left - Math.min(NAME * k, numbers + 12 * k), right: left + wide }
  for (const pick of picks) if (pick !== shown) drawWay(p, claim, pick, ends, scene, false)
  if (shown >= 0) drawWay(p, claim, shown, ends, scene, true)
  const height = middles.get(shown < 0 ? -1 : rowOf(found, shown))
  if (height !== undefined) p.rim(left, height - cell / 2, wide - 1, cell - 1)
}

/**
 * From a number to its row, and from there to the row of the output. Where other cells stand between, it runs between
 * their rows.
 * @param {Paint} p @param {LookupClaim} claim @param {number} pick @param {{middles: Map<number, number>, left: number, right: number}} at @param {Scene} scene @param {boolean} strong
 */
function drawWay(p, { found, picks }, pick, { middles, left, right }, scene, strong) {
  const { ids, result, columns, operation } = found
  const y = middles.get(rowOf(found, pick))
  if (y === undefined) return
  const [colour, width] = strong ? [p.c.accent, 2] : [p.c.wire, 1.3]
  const from = placeOf(scene, ids, ids.shape, pick)
  const source = scene.block(ids)
  if (from && source) {
    const [edge, end] = [source.cx + source.cw / 2, from.x + from.cell]
    const last = edge - end < from.cell / 2
    const start = last ? from.y + from.cell / 2 : from.y + from.cell
    if (!last) p.line(from.x + from.cell / 2, start, edge + 2, start, colour, width)
    p.curve(edge + 2, start, left, y, colour, width)
    if (strong) p.rim(from.x, from.y, from.cell, from.cell)
  }
  if (scene.progress(operation) * picks.length <= picks.indexOf(pick)) return
  const to = placeOf(scene, result, result.shape, pick * columns)
  const target = scene.block(result)
  if (!to || !target) return
  const edge = target.cx - target.cw / 2
  const first = to.x - edge < to.cell / 2
  const end = first ? to.y + to.cell / 2 : to.y + to.cell
  p.curve(right + 3, y, edge - 3, end, colour, width)
  if (!first) p.line(edge - 3, end, to.x + to.cell / 2, end, colour, width)
}

/** @type {Figure<LookupClaim>} */
const figure = {
  name: "embedding",
  rank: 30,
  wires: false,
  claims: (graph, state) =>
    lookupsOf(graph).map((found) => {
      const { operation, table, ids, result } = found
      const claim = { operations: [operation], takes: [ids], gives: [result], hides: [], draws: [table] }
      return { ...claim, found, picks: picksOf(found, state) }
    }),
  size,
  draw,
  text: ({ claim: { found, picks } }, { words }) => {
    const { ids, table, rows } = found
    const picked = picks.slice(0, MOST_ROWS).map((cell) => {
      const place = unflat(ids.shape, cell).join(", ")
      return words("flow.embedding.says.pick", { place, row: rowOf(found, cell) })
    })
    const more = picks.length - picked.length
    const told = more > 0 ? [...picked, words("flow.hidden", { count: more })] : picked
    return words("flow.embedding.says", { name: labelOf(table), rows, picks: told.join(", ") })
  },
}

export default figure
