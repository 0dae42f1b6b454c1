// A reduction: the cells that collapse into one, bracketed, and what becomes of them: their sum, mean, product, or the one
// that wins. It shows the touched cell of the result; while it runs, the one that has just come.

import { axesIn, coarsest, givenTo, groupsAlong, isClose } from "../groups.js"
import { labelOf, unflat } from "../kinds.js"
import { print } from "../paint.js"
import { AHEAD, drawTile, drawWayTo, fitAll, label, lookOf, placeOf } from "../panes.js"
import { viewOf } from "../view.js"

/**
 * @import { Graph, Operation, Value } from "../graph.js" @import { Groups } from "../groups.js"
 * @import { FigureBlock } from "../layout.js" @import { Paint } from "../paint.js"
 * @import { Claim, Figure, Scene, State } from "../scene.js"
 *
 * @typedef {"sum"|"mean"|"max"|"min"|"prod"} Way
 *
 * @typedef {object} Reduction
 * @property {Way} way @property {Operation} operation @property {Value} x @property {Value} result @property {Groups} groups
 *
 * @typedef {Claim & {found: Reduction, sharing: number}} ReductionClaim
 * @typedef {FigureBlock & {claim: ReductionClaim}} Block
 *
 * @typedef {object} Outcome
 * @property {number} value @property {number} sum @property {number} winner the first cell that is as large, or as small; -1: none
 * @property {number} weight the size of what was added up
 *
 * @typedef {{rows: number, columns: number, all: number}} Grid as which a group's cells are drawn, and how many it has
 */

/** @type {Record<string, Way>} */
const WAYS = {
  ...{ sum: "sum", reduce_sum: "sum", mean: "mean", reduce_mean: "mean", max: "max", reduce_max: "max" },
  ...{ amax: "max", min: "min", reduce_min: "min", amin: "min", prod: "prod", reduce_prod: "prod" },
}
/** @type {Record<Way, string>} */
const HEADS = {
  sum: "flow.reduction.sum",
  mean: "flow.reduction.mean",
  max: "flow.reduction.max",
  min: "flow.reduction.min",
  prod: "flow.reduction.prod",
}
/** So many cells of a result are computed anew before a figure draws it, of so many cells altogether at most. */
const PROBES = 24
const MOST_CELLS = 65536
/** Rows of a group along one axis that are drawn; a plane has as many rows and columns at most. */
const MOST_ROWS = 8
const MOST_PLANE = 12
/** So many figures are drawn in one flow, in a flow of so many operations at most. */
const MOST_FIGURES = 3
const MOST_OPERATIONS = 6
/** In a flow of more operations only what is one picture: others leave no room. */
const FEW_OPERATIONS = 2
/** Pixels, times k. */
const CELL = 44
const LEAST = 12
const TEXTS = 64
const BRACKET = 18
const WIDE = 196
const NARROW = 120

/** @param {Operation} operation @returns {Reduction|null} */
function read(operation) {
  const way = WAYS[operation.kind]
  const x = givenTo(operation, "x") ?? operation.operands[0]
  const [result] = operation.results
  if (!way || operation.turns.length || operation.operands.length !== 1 || !x?.cells?.length || !result?.cells)
    return null
  const { axis, initial, where } = operation.attributes
  if ((initial ?? "None") !== "None" || (where ?? "None") !== "None") return null
  for (const shape of x.shapes) {
    const axes = axesIn(axis, shape.length)
    const groups = axes?.length ? groupsAlong(shape, axes) : null
    if (!groups || groups.length < 2 || groups.count !== result.cells.length) continue
    const found = { way, operation, x, result, groups }
    if (isShaped(found) && isRecorded(found)) return found
  }
  return null
}

/** Whether the result has the axes that are kept, with or without those that collapsed. @param {Reduction} found */
function isShaped({ result, groups: { shape, kept, axes } }) {
  const bare = kept.map((axis) => shape[axis]).join()
  const whole = shape.map((length, axis) => (axes.includes(axis) ? 1 : length)).join()
  return result.shapes.some((one) => one.join() === bare || one.join() === whole)
}

/** @param {Reduction} found */
function isRecorded(found) {
  const { groups, result, x } = found
  if (!result.cells || groups.count * groups.length > MOST_CELLS) return false
  const step = Math.max(1, Math.floor(groups.count / PROBES))
  for (let group = 0; group < groups.count; group += step) {
    const { value, weight } = reduced(found, group)
    if (!isClose(result.cells[group], value, weight, coarsest([result, x]))) return false
  }
  return true
}

/** What becomes of the cells of a group; a NaN among them wins. @param {Reduction} found @param {number} group @returns {Outcome} */
export function reduced({ way, x, groups }, group) {
  const cells = groups.cells(group)
  let [sum, product, weight, winner] = [0, 1, 0, -1]
  for (const cell of cells) {
    const number = Number(x.cells?.[cell])
    sum += number
    product *= number
    weight += Math.abs(number)
    const best = Number(x.cells?.[winner] ?? Number.NaN)
    const better = way === "min" ? number < best : number > best
    if (winner < 0 || (!Number.isNaN(best) && (better || Number.isNaN(number)))) winner = cell
  }
  if (way === "sum") return { value: sum, sum, winner: -1, weight }
  if (way === "mean") return { value: sum / cells.length, sum, winner: -1, weight: weight / cells.length }
  if (way === "prod") return { value: product, sum, winner: -1, weight: Math.abs(product) }
  return { value: Number(x.cells?.[winner]), sum, winner, weight: Math.abs(Number(x.cells?.[winner])) }
}

/** @type {WeakMap<Graph, Reduction[]>} */
const known = new WeakMap()

/** The reductions of a flow that compute what was recorded. @param {Graph} graph @returns {Reduction[]} */
export function reductionsOf(graph) {
  let found = known.get(graph)
  if (!found) {
    found = graph.operations.length > MOST_OPERATIONS ? [] : graph.operations.flatMap((one) => read(one) ?? [])
    if (found.length > MOST_FIGURES) found = []
    known.set(graph, found)
  }
  return found
}

/** The rows and columns as which a group is drawn: its last two axes that are longer than 1. @param {Groups} groups @returns {Grid} */
function gridOf({ shape, axes, length }) {
  const lengths = axes.map((axis) => shape[axis]).filter((one) => one > 1)
  if (lengths.length === 1) return { rows: length, columns: 1, all: length }
  const [rows, columns] = lengths.slice(-2)
  return { rows, columns, all: length }
}

/** The rows and columns that are drawn where there is so much room. @param {Grid} grid */
function most({ rows, columns }) {
  const plane = columns > 1
  return { rows: Math.min(rows, plane ? MOST_PLANE : MOST_ROWS), columns: Math.min(columns, MOST_PLANE) }
}

/** @type {Figure<ReductionClaim>["size"]} */
function size({ found, sharing }, { k, H }, unit) {
  const { rows, columns } = most(gridOf(found.groups))
  const cell = Math.min(CELL * k, Math.max(LEAST * k, unit), (150 * k) / columns)
  const wide = columns * cell + BRACKET * k
  const texts = Math.max(NARROW * k, Math.min(WIDE * k, 3.6 * unit))
  return { w: wide + texts, h: Math.min((0.92 * H) / sharing, rows * cell + TEXTS * k) }
}

/** The group that is shown: that of the touched cell, the one that comes while it runs, or one in the middle. @param {ReductionClaim} claim @param {Scene} scene */
function groupNow({ found: { operation, x, result, groups } }, scene) {
  const { touched, sample, fold } = scene.state
  const own = fold && groups.kept[0] === 0
  const each = own ? groups.count / groups.shape[0] : groups.count
  const first = own ? Math.min(sample, groups.shape[0] - 1) * each : 0
  const inside = (/** @type {number} */ group) => group >= first && group < first + each
  const at = touched?.value === result ? touched.cell : touched?.value === x ? groups.of(touched.cell) : -1
  if (inside(at)) return at
  const progress = scene.progress(operation)
  if (progress > 0 && progress < 1) return first + Math.min(each - 1, Math.floor(progress * each))
  return first + Math.floor((each - 1) / 2)
}

/** Where the crop of a group begins so that a place of it is shown. @param {number} at @param {number} part @param {number} all */
function cropFrom(at, part, all) {
  return Math.max(0, Math.min(all - part, at - Math.floor(part / 2)))
}

/** @param {Paint} p @param {Block} block @param {Scene} scene */
function draw(p, block, scene) {
  const { claim, cx, cy, w, h } = block
  const { found } = claim
  const { x: value, groups, result, operation } = found
  const { k } = scene.plan
  const group = groupNow(claim, scene)
  const cells = groups.cells(group)
  const outcome = reduced(found, group)
  const grid = gridOf(groups)
  const limits = most(grid)
  const texts = Math.max(NARROW * k, Math.min(WIDE * k, 3.6 * scene.plan.unit))
  const [room, tall] = [w - texts - BRACKET * k, h - TEXTS * k]
  const rows = Math.max(1, Math.min(limits.rows, Math.floor(tall / (LEAST * k) + 1e-6)))
  const cell = Math.min(room / limits.columns, tall / rows)
  const at = Math.max(0, cells.indexOf(outcome.winner))
  const plane = grid.rows * grid.columns
  const slice = Math.floor(at / plane) * plane
  const row = cropFrom(Math.floor((at - slice) / grid.columns), rows, grid.rows)
  const column = cropFrom((at - slice) % grid.columns, limits.columns, grid.columns)
  const [left, top] = [cx - w / 2, cy - (rows * cell) / 2]
  const placed = (/** @type {number} */ r, /** @type {number} */ c) =>
    cells[slice + (row + r) * grid.columns + column + c]
  const look = lookOf(value)
  const [fit] = fitAll(p, [look], cell)
  const seen = value.maker ? scene.progress(value.maker) : 1
  drawTile(
    p,
    scene,
    { x: left, y: top, cell, rows, columns: limits.columns },
    (r, c) => ({ number: Number(value.cells?.[placed(r, c)]), value, cell: placed(r, c) }),
    look,
    fit,
    Math.max(AHEAD, seen),
  )
  const end = left + limits.columns * cell
  p.outline(left, top, cell, rows, limits.columns, (r, c) => outcome.winner < 0 || placed(r, c) === outcome.winner)
  drawBracket(p, end + 5 * k, top, rows * cell, BRACKET * k - 8 * k)
  const titleY = top - 14 * k
  const now = scene.now(operation)
  const how = { colour: now ? p.c.ink : p.c.soft, weight: now ? 650 : 400 }
  label(p, headOf(claim, scene), cx, titleY, w, how)
  scene.hitOperation(operation, left, titleY - 10 * k, w, 20 * k)
  const shown = rows * limits.columns
  if (shown < grid.all)
    label(p, scene.words("flow.pooling.some", { shown, count: grid.all }), cx, top + rows * cell + 16 * k, w)
  const done = scene.progress(operation) > 0
  const text = resultText(found, outcome, scene)
  const from = end + BRACKET * k + 2 * k
  const fitted = Math.min(
    p.num * 1.1,
    (p.num * 1.1 * (texts - 10 * k)) / Math.max(1, p.measure(text, p.num * 1.1, "sans", 650)),
  )
  const wide = p.text(text, from, cy, { align: "left", size: fitted, weight: 650, alpha: done ? 1 : AHEAD })
  scene.hit(result, group, from, cy - 12 * k, wide, 24 * k)
  drawWays(p, scene, claim, { group, cells, left, top, tall: rows * cell }, { x: from + wide, y: cy, done })
}

/** A bracket that holds cells together, its tip to the right. @param {Paint} p @param {number} x @param {number} y @param {number} h @param {number} w */
function drawBracket(p, x, y, h, w) {
  const [middle, half] = [y + h / 2, w / 2]
  p.line(x, y, x + half, y, p.c.ink, 1.6)
  p.line(x + half, y, x + half, y + h, p.c.ink, 1.6)
  p.line(x, y + h, x + half, y + h, p.c.ink, 1.6)
  p.line(x + half, middle, x + w, middle, p.c.ink, 1.6)
}

/** The cells on the tensor, the lines from there, and the line to the cell of the result. @param {Paint} p @param {Scene} scene @param {ReductionClaim} claim @param {{group: number, cells: number[], left: number, top: number, tall: number}} at @param {{x: number, y: number, done: boolean}} end */
function drawWays(p, scene, { found }, { group, cells, left, top, tall }, end) {
  const { x, result, groups } = found
  const { winner } = reduced(found, group)
  const box = outlineOn(p, scene, x, cells, winner < 0)
  if (box) {
    p.line(box.right + 2, box.top, left - 3, top - 1, p.c.accent, 1.2, [2, 3])
    p.line(box.right + 2, box.bottom, left - 3, top + tall, p.c.accent, 1.2, [2, 3])
  }
  const best = winner < 0 ? null : placeOf(scene, x, groups.shape, winner)
  if (best) p.rim(best.x, best.y, best.cell, best.cell)
  const place = placeOf(scene, result, result.shape, group)
  if (!place) return
  p.rim(place.x, place.y, place.cell, place.cell)
  if (end.done) drawWayTo(p, scene, { x: end.x + 6, y: end.y }, place)
}

/** Outline cells where a tensor is drawn; gives their extent. @param {Paint} p @param {Scene} scene @param {Value} value @param {number[]} cells @param {boolean} strong */
function outlineOn(p, scene, value, cells, strong) {
  const block = scene.block(value)
  if (block?.style !== "cells") return null
  const own = new Set(cells)
  const { view, cell } = block
  const box = { right: -Infinity, top: Infinity, bottom: -Infinity }
  const channels = view.rgb ? [0, 1, 2] : [0]
  view.facets.forEach(({ at }, facet) => {
    const corner = scene.facetAt(block, facet)
    const inside = (/** @type {number} */ row, /** @type {number} */ column) =>
      channels.some((channel) => own.has(at(row, column) + channel))
    p.outline(corner.x, corner.y, cell, view.rows, view.columns, inside, strong)
    for (let row = 0; row < view.rows; row++)
      for (let column = 0; column < view.columns; column++) {
        if (!inside(row, column)) continue
        box.right = Math.max(box.right, corner.x + (column + 1) * cell)
        box.top = Math.min(box.top, corner.y + row * cell)
        box.bottom = Math.max(box.bottom, corner.y + (row + 1) * cell)
      }
  })
  return box.right > -Infinity ? box : null
}

/** What collapses, and along what. @param {ReductionClaim} claim @param {Scene} scene */
function headOf({ found: { way, x, groups } }, { words }) {
  const names = x.axes.length === groups.shape.length ? groups.axes.map((axis) => x.axes[axis]) : []
  const axes = names.length && names.every((name) => name) ? names.join(" × ") : groups.axes.join(", ")
  return words(HEADS[way], { axes })
}

/** @param {Reduction} found @param {Outcome} outcome @param {Scene} scene */
function resultText({ way, groups }, { value, sum }, { words }) {
  const told = { sum: print(sum), count: groups.length, result: print(value) }
  if (way === "mean") return words("flow.pooling.mean", told)
  if (way === "sum" || way === "prod")
    return words(way === "sum" ? "flow.reduction.is.sum" : "flow.reduction.is.prod", told)
  return words(way === "max" ? "flow.pooling.largest" : "flow.reduction.is.min", told)
}

/** @type {Figure<ReductionClaim>} */
const figure = {
  name: "reduction",
  rank: 10,
  wires: false,
  example: true,
  claims: (graph, state) => {
    const few = graph.operations.length <= FEW_OPERATIONS
    const all = reductionsOf(graph).filter(({ x }) => few || viewOf(x, state).facets.length === 1)
    return all.map((found) => {
      const { operation, x, result } = found
      const claim = { operations: [operation], takes: [x], gives: [result], hides: [], draws: [] }
      return { ...claim, found, sharing: all.length }
    })
  },
  size,
  draw,
  text: ({ claim }, scene) => {
    const group = groupNow(claim, scene)
    const { found } = claim
    const { value } = reduced(found, group)
    return scene.words("flow.reduction.says", {
      what: headOf(claim, scene),
      count: found.groups.length,
      name: labelOf(found.result),
      place: unflat(found.result.shape, group).join(", "),
      result: print(value),
    })
  },
}

export default figure
