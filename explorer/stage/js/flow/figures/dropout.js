// Dropout and noise: which cells were dropped, crossed out, and by what the others were multiplied; or the noise that was
// added to each cell, or multiplied with it. A cell that was 0 before says nothing, unless its fate was another cell's too.

import { coarsest, givenTo, isClose } from "../groups.js"
import { flat, labelOf, unflat } from "../kinds.js"
import { ease, fullAt, print } from "../paint.js"
import { label } from "../panes.js"
import { viewOf } from "../view.js"
import { numbersIn } from "../windows.js"

/**
 * @import { Graph, Operation, Value } from "../graph.js" @import { FigureBlock } from "../layout.js"
 * @import { Paint } from "../paint.js" @import { Claim, Figure, Scene } from "../scene.js" @import { Lay } from "../view.js"
 *
 * @typedef {object} Dropped
 * @property {"dropout"} way @property {Operation[]} operations @property {Value} x @property {Value} result
 * @property {number} rate @property {number} scale of what is kept
 * @property {Uint8Array} fates of each cell: DROPPED, KEPT, or UNKNOWN
 *
 * @typedef {object} Noisy
 * @property {"+"|"×"} way @property {Operation[]} operations @property {Value} x @property {Value} result
 * @property {Value} noise @property {number} mean @property {number} deviation that the noise was drawn with
 *
 * @typedef {Claim & {found: Dropped|Noisy, view: Lay}} DropoutClaim
 * @typedef {FigureBlock & {claim: DropoutClaim}} Block
 */

export const UNKNOWN = 0
export const KEPT = 1
export const DROPPED = 2

/** Pixels, times k. */
const CELL = 40
const LINE = 20
/** Lines above and below the pictures. */
const LINES = 3.3
const NARROWEST = 168
/** The part of the stage's height that a figure may fill. */
const TALLEST = 0.9
/** Cells of fewer pixels are not crossed out: they are empty. */
const CROSSED = 6
const MOST_CELLS = 65536

/** @param {Operation} operation @returns {Dropped|null} */
function readDropout(operation) {
  const x = givenTo(operation, "inputs")
  const [result] = operation.results
  const { rate: told, noise_shape: shape } = operation.attributes
  const rate = Number(told)
  const [before, after] = [x?.cells, result?.cells]
  if (operation.kind !== "dropout" || !x || !before?.length || before.length !== after?.length) return null
  if (!(rate > 0 && rate < 1) || before.length > MOST_CELLS) return null
  const scale = 1 / (1 - rate)
  const fates = new Uint8Array(before.length)
  for (let cell = 0; cell < before.length; cell++) {
    const [from, to] = [before[cell], after[cell]]
    if (from === 0) {
      if (to !== 0) return null
    } else if (Number.isNaN(from) && Number.isNaN(to)) fates[cell] = UNKNOWN
    else if (to === 0) fates[cell] = DROPPED
    else if (isClose(to, from * scale, Math.abs(from * scale), coarsest([x, result]))) fates[cell] = KEPT
    else return null
  }
  const shared = shape === undefined || shape === "None" ? null : numbersIn(shape)
  if (shape !== undefined && shape !== "None" && !shared) return null
  if (shared && !share(fates, x, shared)) return null
  return { way: "dropout", operations: [operation], x, result, rate, scale, fates }
}

/** Give the cells that were dropped together the fate of those that tell it. @param {Uint8Array} fates @param {Value} x @param {number[]} shared the shape in which it was decided @returns {boolean} whether no two of them differ */
function share(fates, { shape }, shared) {
  if (shared.length !== shape.length) return false
  /** @type {Map<number, number>} */
  const found = new Map()
  const placeOf = (/** @type {number} */ cell) => {
    const index = unflat(shape, cell)
    return flat(
      shared,
      index.map((at, axis) => (shared[axis] === 1 ? 0 : at)),
    )
  }
  for (let cell = 0; cell < fates.length; cell++) {
    if (fates[cell] === UNKNOWN) continue
    const place = placeOf(cell)
    if ((found.get(place) ?? fates[cell]) !== fates[cell]) return false
    found.set(place, fates[cell])
  }
  for (let cell = 0; cell < fates.length; cell++) fates[cell] ||= found.get(placeOf(cell)) ?? UNKNOWN
  return true
}

/** @param {Operation} operation what adds noise, or multiplies with it @returns {Noisy|null} */
function readNoise(operation) {
  const way =
    operation.kind === "+" || operation.kind === "add" ? "+" : /^(\*|multiply)$/.test(operation.kind) ? "×" : null
  const noise = operation.operands.find(({ maker }) => maker?.kind === "normal")
  const x = operation.operands.find((value) => value !== noise)
  const [result] = operation.results
  if (!way || !noise?.maker || !x?.cells?.length || noise.uses.length !== 1 || noise.role) return null
  if (noise.cells?.length !== x.cells.length || result?.cells?.length !== x.cells.length) return null
  const [mean, deviation] = [noise.maker.attributes.mean, noise.maker.attributes.stddev].map(Number)
  if (!Number.isFinite(mean) || !Number.isFinite(deviation) || x.cells.length > MOST_CELLS) return null
  const dtype = coarsest([result, x, noise])
  for (let cell = 0; cell < x.cells.length; cell++) {
    const [from, by] = [x.cells[cell], noise.cells[cell]]
    const expected = way === "+" ? from + by : from * by
    const weight = way === "+" ? Math.abs(from) + Math.abs(by) : Math.abs(expected)
    if (!isClose(result.cells[cell], expected, weight, dtype)) return null
  }
  return { way, operations: [noise.maker, operation], x, result, noise, mean, deviation }
}

/** @type {WeakMap<Graph, (Dropped|Noisy)[]>} */
const known = new WeakMap()

/** The dropouts and the noises of a flow that give what was recorded. @param {Graph} graph @returns {(Dropped|Noisy)[]} */
export function dropoutsOf(graph) {
  let found = known.get(graph)
  if (!found) {
    const free = graph.operations.filter(({ turns }) => !turns.length)
    found = free.flatMap((operation) => readDropout(operation) ?? readNoise(operation) ?? [])
    known.set(graph, found)
  }
  return found
}

/** How a figure is laid out: its pictures lie as those of the input. @param {Lay} view @param {{k: number, W: number, H: number}} space @param {number} unit */
function frameOf({ rows, columns, facets, across }, { k, W, H }, unit) {
  const count = Math.max(1, facets.length)
  const wide = Math.max(1, Math.min(count, across))
  const down = Math.ceil(count / wide)
  const gap = count > 1 ? 8 * k : 0
  const [width, height] = [0.28 * W - gap * (wide - 1), TALLEST * H - LINES * LINE * k - gap * (down - 1)]
  const cell = Math.min(CELL * k, 0.9 * unit, width / (columns * wide), height / (rows * down))
  const [w, h] = [columns * wide * cell + gap * (wide - 1), rows * down * cell + gap * (down - 1)]
  return { across: wide, gap, cell: Math.max(0.5, cell), w, h }
}

/** @type {Figure<DropoutClaim>["size"]} */
function size({ view }, space, unit) {
  const { w, h } = frameOf(view, space, unit)
  return { w: Math.max(w + 4, NARROWEST * space.k), h: h + LINES * LINE * space.k }
}

/** @param {Paint} p @param {Block} block @param {Scene} scene */
function draw(p, { claim, cx, cy, w, h }, scene) {
  const { found, view, operations } = claim
  const { plan } = scene
  const { k } = plan
  const frame = frameOf(view, plan, plan.unit)
  const top = cy - h / 2
  const last = operations[operations.length - 1]
  const now = operations.some((operation) => scene.now(operation))
  const head = { colour: p.c.ink, weight: now ? 700 : 600 }
  label(p, headOf(found, scene), cx, top + LINE * 0.5 * k, w, head)
  scene.hitOperation(last, cx - w / 2, top, w, LINE * k)
  const [left, above] = [cx - frame.w / 2, top + LINE * 1.15 * k]
  const step = { x: view.columns * frame.cell + frame.gap, y: view.rows * frame.cell + frame.gap }
  view.facets.forEach(({ at }, facet) => {
    const x = left + (facet % frame.across) * step.x
    const y = above + Math.floor(facet / frame.across) * step.y
    drawPicture(p, claim, at, { x, y, cell: frame.cell }, scene)
  })
  const below = above + frame.h + LINE * 0.6 * k
  notesOf(claim, scene).forEach((note, line) => {
    label(p, note, cx, below + line * LINE * 0.95 * k, w, line ? {} : { colour: p.c.ink })
  })
}

/** One picture: what is left of the input, or the noise. @param {Paint} p @param {DropoutClaim} claim @param {(row: number, column: number) => number} at @param {{x: number, y: number, cell: number}} place @param {Scene} scene */
function drawPicture(p, { found, view, operations }, at, { x, y, cell }, scene) {
  const { rows, columns } = view
  const value = found.way === "dropout" ? found.x : found.noise
  const cells = value.cells ?? []
  const [w, h] = [columns * cell, rows * cell]
  const progress = scene.progress(operations[0])
  if (progress <= 0) return p.ghost(x, y, w, h)
  const full = fullAt(cells)
  const { digits, size: text } = p.decimals(cells, cell, Math.min(p.num, cell * 0.62))
  const done = progress * rows * columns
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const place = at(row, column)
      const [left, top] = [x + column * cell, y + row * cell]
      const share = ease(done - (row * columns + column))
      if (share <= 0) continue
      const how = { top: full, digits, size: text, numbers: digits >= 0, alpha: share }
      if (found.way === "dropout" && found.fates[place] === DROPPED) drawDropped(p, left, top, cell)
      else p.cell(left, top, cell, cell, cells[place], how)
      scene.hit(value, place, left, top, cell, cell)
    }
  p.round(x - 0.5, y - 0.5, w, h, 0, null, p.c.line, 1)
  if (scene.marked(value))
    for (const level of /** @type {const} */ ([1, 2]))
      p.outline(x, y, cell, rows, columns, (row, column) => scene.touched(value, at(row, column)) >= level, level === 2)
}

/** An empty cell with a cross. @param {Paint} p @param {number} x @param {number} y @param {number} cell */
function drawDropped(p, x, y, cell) {
  const side = cell - (cell > 6 ? 1 : 0)
  p.rect(x, y, side, side, p.c.paper)
  if (cell < CROSSED) return
  const inset = side * 0.24
  p.line(x + inset, y + inset, x + side - inset, y + side - inset, p.c.soft, 1.4)
  p.line(x + inset, y + side - inset, x + side - inset, y + inset, p.c.soft, 1.4)
}

/** @param {Dropped|Noisy} found @param {Scene} scene */
function headOf(found, { words }) {
  if (found.way === "dropout") return words("flow.dropout.rate", { rate: trim(found.rate) })
  return words(found.way === "+" ? "flow.dropout.added" : "flow.dropout.multiplied")
}

/** What stands below the pictures, the longest first. @param {DropoutClaim} claim @param {Scene} scene */
function notesOf({ found, view }, { words }) {
  if (found.way !== "dropout")
    return [words("flow.dropout.noise", { mean: print(found.mean), deviation: print(found.deviation) })]
  const { dropped, unknown, count } = countsOf(found, view)
  const scale = words("flow.dropout.scale", { rate: trim(found.rate), scale: trim(found.scale) })
  const told = words("flow.dropout.count", { dropped, count })
  return [scale, unknown ? `${told}, ${words("flow.dropout.unknown", { count: unknown })}` : told]
}

/** How many of the cells that are shown were dropped, and of how many nobody can tell. @param {Dropped} found @param {Lay} view */
export function countsOf({ fates }, { facets, rows, columns }) {
  const counts = { dropped: 0, unknown: 0, count: facets.length * rows * columns }
  for (const { at } of facets)
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) {
        const fate = fates[at(row, column)]
        if (fate === DROPPED) counts.dropped++
        else if (fate === UNKNOWN) counts.unknown++
      }
  return counts
}

/** A number with three decimals at most. @param {number} number */
function trim(number) {
  return String(Number(number.toFixed(3)))
}

/** @type {Figure<DropoutClaim>} */
const figure = {
  name: "dropout",
  rank: 30,
  wires: true,
  claims: (graph, state) =>
    dropoutsOf(graph).flatMap((found) => {
      const view = viewOf(found.x, state)
      if (!view.rows || !view.columns || view.rgb) return []
      const own = found.way === "dropout" ? [] : [found.noise]
      const { operations, x, result } = found
      return [{ operations, takes: [x], gives: [result], hides: own, draws: own, found, view }]
    }),
  size,
  draw,
  text: ({ claim }, scene) => {
    const notes = notesOf(claim, scene).join(". ")
    return scene.words("flow.dropout.says", { what: headOf(claim.found, scene), name: labelOf(claim.found.x), notes })
  },
}

export default figure
