// A weighted sum whose products are recorded: a ribbon for each of them, as thick as its share, and all of them join in
// a trunk that is 1 thick. A sum over an axis is one if what it adds up was multiplied by shares along that axis.

import { axisOf, flat, labelOf, topOf, unflat } from "../kinds.js"
import { ease, print } from "../paint.js"
import { viewOf } from "../view.js"
import { sameAxis, sharesOf } from "./softmax.js"

/**
 * @import { FigureBlock, TensorBlock } from "../layout.js" @import { Graph, Operation, Value } from "../graph.js"
 * @import { Paint } from "../paint.js" @import { Claim, Figure, Scene, State } from "../scene.js"
 * @import { Lay } from "../view.js" @import { Shares } from "./softmax.js"
 *
 * @typedef {object} Sum
 * @property {Shares} shares @property {number[]} shape of the products @property {number} axis that is summed
 * @property {number} query the axis of which each position has shares of its own, batch aside; -1: there is none
 * @property {(index: number[]) => number} cellOf the cell of the shares that a product was multiplied by
 * @property {(index: number[]) => boolean} kept whether it counts: not where a mask made it 0
 *
 * @typedef {Claim & Sum} SumClaim
 */

/** So many ribbons are drawn. */
const MOST_RIBBONS = 64
/** From this part of its progress on the sum flows out of the trunk. */
const LAG = 0.7
/** So far may a recorded product lie from share times value, relative to it. */
const CLOSE = 1e-2
const MOST_CHECKED = 4096

const SUMS = new Set(["sum", "reduce_sum"])
const PRODUCTS = new Set(["*", "multiply"])

/** @param {Graph} graph @param {State} state @returns {SumClaim[]} */
export function claims({ operations }, state) {
  return operations.flatMap((operation) => {
    const sum = SUMS.has(operation.kind) ? readSum(operation, state) : null
    const { operands, results } = operation
    return sum ? [{ ...sum, operations: [operation], takes: [operands[0]], gives: results, hides: [], draws: [] }] : []
  })
}

/** @param {Operation} operation @param {State} state @returns {Sum|null} */
function readSum(operation, state) {
  const [products] = operation.operands
  const [result] = operation.results
  if (!products?.cells || !result?.cells || !products.maker) return null
  const { product, condition } = unmasked(products.maker)
  if (!product || !PRODUCTS.has(product.kind) || product.operands.length !== 2) return null
  for (const shape of products.shapes) {
    const axis = axisOf(operation, shape.length)
    if (axis === null || shape[axis] < 2 || shape[axis] > MOST_RIBBONS) continue
    for (const [factor, other] of [product.operands, product.operands.toReversed()]) {
      const shares = sharesOf(factor)
      const sum = shares && readProduct(products, shape, axis, shares, other, condition)
      if (sum && standsUpright(products, sum, state)) return sum
    }
  }
  return null
}

/** A product, also where masked cells of it were set to 0. @param {Operation} maker @returns {{product: Operation|null, condition: Value|null}} */
function unmasked(maker) {
  if (maker.kind !== "where") return { product: maker, condition: null }
  const [condition, chosen] = maker.operands
  return { product: chosen?.maker ?? null, condition }
}

/**
 * @param {Value} products @param {number[]} shape @param {number} axis @param {Shares} shares @param {Value} other
 * @param {Value|null} condition @returns {Sum|null}
 */
function readProduct(products, shape, axis, shares, other, condition) {
  for (const given of shares.value.shapes) {
    const from = shape.length - given.length
    if (!fits(given, shape) || sameAxis(shares.value.shape, shares.axis, given) + from !== axis) continue
    const keeps = condition ? condition.shapes.filter((one) => fits(one, shape)) : [[]]
    for (const [factor, keep] of other.shapes.flatMap((one) => keeps.map((two) => [one, two]))) {
      if (!fits(factor, shape)) continue
      const cellOf = (/** @type {number[]} */ index) => spread(given, index)
      const kept = (/** @type {number[]} */ index) => !condition || Boolean(condition.cells?.[spread(keep, index)])
      const value = (/** @type {number[]} */ index) => Number(other.cells?.[spread(factor, index)])
      if (!agree(products, shape, shares.value, cellOf, kept, value)) continue
      const own = given.flatMap((length, at) => (length > 1 && at + from !== axis ? [at + from] : []))
      const queries = own.filter((at) => at > 0)
      return queries.length > 1 ? null : { shares, shape, axis, query: queries[0] ?? -1, cellOf, kept }
    }
  }
  return null
}

/** Whether a shape is repeated to fill another one. @param {number[]} given @param {number[]} shape */
function fits(given, shape) {
  const from = shape.length - given.length
  return from >= 0 && given.every((length, at) => length === 1 || length === shape[at + from])
}

/** The cell of a tensor that is repeated to fill a larger one. @param {number[]} given @param {number[]} index of the larger one */
function spread(given, index) {
  const from = index.length - given.length
  return flat(
    given,
    given.map((length, at) => (length === 1 ? 0 : index[at + from])),
  )
}

/**
 * Whether recorded products are shares times values.
 * @param {Value} products @param {number[]} shape @param {Value} shares @param {Sum["cellOf"]} cellOf @param {Sum["kept"]} kept
 * @param {(index: number[]) => number} value
 */
function agree({ cells }, shape, shares, cellOf, kept, value) {
  if (!cells) return false
  const least = 1e-5 * topOf(cells)
  const step = Math.ceil(cells.length / MOST_CHECKED)
  for (let cell = 0; cell < cells.length; cell += step) {
    const index = unflat(shape, cell)
    const expected = kept(index) ? Number(shares.cells?.[cellOf(index)]) * value(index) : 0
    if (Math.abs(cells[cell] - expected) > CLOSE * Math.abs(expected) + least) return false
  }
  return true
}

/** Whether what is summed lies below each other where the products are drawn. @param {Value} products @param {Sum} sum @param {State} state */
function standsUpright(products, sum, state) {
  const places = rowsOf(viewOf(products, state), productCells(products, sum, state, 0))
  return places.every((place, at) => place && (!at || place.row > (places[at - 1]?.row ?? Infinity)))
}

/** Where cells of a tensor are drawn. @param {Lay} view @param {number[]} cells */
export function rowsOf({ rows, columns, facets }, cells) {
  const wanted = new Map(cells.map((cell, at) => [cell, at]))
  /** @type {({facet: number, row: number}|null)[]} */
  const places = cells.map(() => null)
  facets.forEach(({ at }, facet) => {
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) {
        const found = wanted.get(at(row, column))
        if (found !== undefined) places[found] = { facet, row }
      }
  })
  return places
}

/** The index of the first product of each term. @param {Sum} sum @param {State} state @param {number} query */
function indices({ shape, axis, query: queries }, { sample }, query) {
  const first = shape.map((length, at) => (at === 0 && axis !== 0 ? Math.min(sample, length - 1) : 0))
  if (queries >= 0) first[queries] = Math.min(query, shape[queries] - 1)
  return Array.from({ length: shape[axis] }, (_, at) => first.with(axis, at))
}

/** @param {Value} products @param {Sum} sum @param {State} state @param {number} query */
function productCells(products, sum, state, query) {
  const { shape } = sum
  const bare = products.shapes.includes(shape) ? shape : products.shape
  return indices(sum, state, query).map((index) => flat(bare, index))
}

/** The terms of the sum that is shown. @param {SumClaim} claim @param {State} state @param {number} query */
export function termsOf(claim, state, query) {
  const { value } = claim.shares
  return indices(claim, state, query).map((index) => {
    const cell = claim.cellOf(index)
    return { cell, share: claim.kept(index) ? Number(value.cells?.[cell]) : 0, kept: claim.kept(index) }
  })
}

/** Of which query the shares are shown: the one pointed at, or touched, or the first. @param {SumClaim} claim @param {State} state */
export function queryOf({ query, shape, takes, gives, axis }, { query: pointed, touched }) {
  if (query < 0) return 0
  if (pointed !== null) return Math.min(pointed, shape[query] - 1)
  if (touched?.value === takes[0]) return unflat(shape, touched.cell)[query]
  if (touched?.value === gives[0]) return unflat(shape.with(axis, 1), touched.cell)[query]
  return 0
}

/** @type {Figure<SumClaim>["size"]} */
function size({ shape, axis, query }, { k, H }, unit) {
  const rows = Math.min(shape[axis] * Math.min(unit, 46 * k), 0.58 * H)
  return { w: 164 * k, h: Math.max(rows, 120 * k) + (query < 0 ? 0 : 2 * STRIP * k) }
}

/** The height of a row of queries. */
const STRIP = 30

/** @param {Paint} p @param {FigureBlock & {claim: SumClaim}} block @param {Scene} scene */
function draw(p, block, scene) {
  const { claim, cx, cy, w } = block
  const { state, plan, words } = scene
  const { k } = plan
  const [operation] = claim.operations
  const [source, target] = [scene.block(claim.takes[0]), scene.block(claim.gives[0])]
  if (!source) return
  const query = queryOf(claim, state)
  const terms = termsOf(claim, state, query)
  const progress = scene.progress(operation)
  const right = cx + w / 2
  const [x0, x1] = [source.cx + source.cw / 2 + 6 * k, right - 46 * k]
  const numbers = scene.block(claim.shares.value) ? 0 : numbersRoom(p, terms, source.cell, k)
  const rows = rowTops(source, productCells(claim.takes[0], claim, state, query), scene)
  const trunk = Math.min(2.3 * Math.min(source.cell, 46 * k), 110 * k, Math.max(source.ch, 24 * k))
  drawRibbons(
    p,
    { terms, rows, x0: x0 + numbers, x1, cy, trunk, cell: source.cell, progress },
    scene,
    claim.shares.value,
  )
  if (numbers) drawNumbers(p, { terms, rows, x: x0 + numbers - 6 * k, size: numbersSize(p, source.cell), progress })
  const end = target ? edgeOf(target, claim, query, scene) : { x: right, y: cy, h: trunk }
  const total = terms.reduce((sum, { share }) => sum + share, 0) * trunk
  const grey = p.rgb.line
  const outlet = Math.min(Math.max(total, 1), end.h)
  p.ribbon(x1, cy, end.x, end.y, total, outlet, grey, 0.5)
  p.ribbon(x1, cy, end.x, end.y, total, outlet, p.share(0.55), 0.9, ease((progress - LAG) / (1 - LAG)))
  drawOperator(p, operation, "Σ", (x1 + right) / 2, cy + (end.y - cy) * 0.25, scene)
  const bottom = Math.max(source.cy + source.ch / 2, cy + trunk / 2)
  if (progress > 0) {
    const text = words("flow.attention.thick", { name: labelOf(claim.shares.value) })
    const edge = target ? target.cx - Math.max(target.cw, target.w) / 2 - 8 * k : right
    const from = Math.max(x0, source.cx + source.w / 2 + 8 * k)
    drawCaption(p, text, [from, Math.max(x1 + 30 * k, edge)], source.cy - source.ch / 2 - p.note * 1.1)
  }
  if (claim.query >= 0) {
    const strip = { count: claim.shape[claim.query], chosen: query, axis: claim.takes[0].axes[claim.query] ?? "" }
    drawQueries(p, strip, { x: x0, y: bottom + 8 * k, w: right - x0 }, scene)
    if (source.view.facets.length > 1) markFacet(p, source, claim, query, scene)
  }
}

/** The middle of the row of each term. @param {TensorBlock} source @param {number[]} cells @param {Scene} scene */
function rowTops(source, cells, scene) {
  const places = rowsOf(source.view, cells)
  return places.map((place, at) =>
    place
      ? scene.facetAt(source, place.facet).y + (place.row + 0.5) * source.cell
      : source.cy - source.ch / 2 + ((at + 0.5) / cells.length) * source.ch,
  )
}

/**
 * Ribbons from rows into the trunk; those of masked terms are a dashed line.
 * @param {Paint} p @param {{terms: {cell: number, share: number, kept?: boolean}[], rows: number[], x0: number, x1: number, cy: number,
 *   trunk: number, cell: number, progress: number}} at
 * @param {Scene} scene @param {Value} value the shares
 */
export function drawRibbons(p, { terms, rows, x0, x1, cy, trunk, cell, progress }, scene, value) {
  const touched = scene.touchedCells(value)
  const hit = touched && terms.some((term) => touched.has(term.cell)) ? touched : null
  const sweep = ease(progress / LAG)
  const sum = terms.reduce((all, { share }) => all + (Number.isFinite(share) ? share : 0), 0)
  let top = cy - (sum * trunk) / 2
  terms.forEach(({ cell: own, share, kept }, at) => {
    const thick = Number.isFinite(share) ? share * trunk : 0
    const [start, end] = [rows[at], top + thick / 2]
    top += thick
    if (thick <= 0) {
      if (kept === false) p.line(x0, start, x0 + 16, start, p.c.wire, 1.4, [2, 3])
      return
    }
    const begins = Math.min(thick, Math.max(1, cell - 2))
    if (sweep < 1) p.ribbon(x0, start, x1, end, begins, thick, p.rgb.line, 0.5)
    p.ribbon(x0, start, x1, end, begins, thick, p.share(0.25 + share), !hit || hit.has(own) ? 0.9 : 0.35, sweep)
  })
}

/** @param {Paint} p @param {number} cell */
function numbersSize(p, cell) {
  return Math.min(p.num, cell * 0.8)
}

/** The room for numbers before ribbons; 0 where they would be too small. @param {Paint} p @param {{share: number}[]} terms @param {number} cell @param {number} k */
function numbersRoom(p, terms, cell, k) {
  const text = numbersSize(p, cell)
  if (text < 10) return 0
  return Math.max(...terms.map(({ share }) => p.measure(print(share), text, "sans", 600))) + 10 * k
}

/**
 * @param {Paint} p
 * @param {{terms: {share: number}[], rows: number[], x: number, size: number, progress: number}} at
 */
export function drawNumbers(p, { terms, rows, x, size: text, progress }) {
  if (progress <= 0) return
  terms.forEach(({ share }, at) => {
    p.text(print(share), x, rows[at], { align: "right", size: text, weight: 600 })
  })
}

/** Where the trunk ends: at the row of the result that belongs to the query. @param {TensorBlock} target @param {SumClaim} claim @param {number} query @param {Scene} scene */
function edgeOf(target, claim, query, scene) {
  const x = target.cx - target.cw / 2 - 6 * scene.plan.k
  if (claim.query < 0 || target.view.facets.length > 1) return { x, y: target.cy, h: target.ch }
  const shape = claim.shape.with(claim.axis, 1)
  const [index] = indices({ ...claim, shape }, scene.state, query)
  const [place] = rowsOf(target.view, [flat(shape, index)])
  const y = place ? target.cy - target.ch / 2 + (place.row + 0.5) * target.cell : target.cy
  return { x, y, h: place ? target.cell : target.ch }
}

/** Around the picture of the query that is shown. @param {Paint} p @param {TensorBlock} source @param {SumClaim} claim @param {number} query @param {Scene} scene */
function markFacet(p, source, claim, query, scene) {
  const [place] = rowsOf(source.view, productCells(claim.takes[0], claim, scene.state, query))
  if (!place) return
  const { x, y } = scene.facetAt(source, place.facet)
  const [w, h] = [source.view.columns * source.cell, source.view.rows * source.cell]
  p.round(x - 2, y - 2, w + 3, h + 3, 3, null, p.c.ink, 1.6)
}

/** The circle of an operation that a figure draws itself; a press runs it. @param {Paint} p @param {Operation} operation @param {string} sign @param {number} x @param {number} y @param {Scene} scene */
export function drawOperator(p, operation, sign, x, y, scene) {
  const radius = 17 * scene.plan.k
  const now = scene.now(operation)
  p.round(
    x - radius,
    y - radius,
    2 * radius,
    2 * radius,
    radius,
    now ? p.c.ink : p.c.raised,
    now ? p.c.ink : p.c.wire,
    1.6,
  )
  p.text(sign, x, y, { size: Math.min(p.opSize, radius * 1.2), weight: 600, colour: now ? p.c.paper : p.c.ink })
  scene.hitOperation(operation, x - radius, y - radius, 2 * radius, 2 * radius)
}

/** A note between two places, smaller where there is little room. @param {Paint} p @param {string} text @param {number[]} between @param {number} y */
export function drawCaption(p, text, [from, to], y) {
  const width = p.measure(text, p.note)
  const part = Math.max(0.8, Math.min(1, (to - from) / Math.max(1, width)))
  const middle = Math.max(from + (width * part) / 2, (from + to) / 2)
  p.text(text, middle, y, { size: p.note * part, colour: p.c.soft })
}

/** Several of a kind, and the axis along which they lie if that has a name. @param {Scene} scene @param {string} key @param {string} axis */
export function manyText({ words }, key, axis) {
  return axis ? words("flow.attention.along", { name: words(key), axis }) : words(key)
}

/**
 * A row of queries: pointing at one shows its shares. Without room for their numbers the shown one is named.
 * @param {Paint} p @param {{count: number, chosen: number, axis: string}} queries @param {{x: number, y: number, w: number}} at
 * @param {Scene} scene
 */
export function drawQueries(p, { count, chosen, axis }, { x, y, w }, scene) {
  const { k } = scene.plan
  const height = 22 * k
  const size = Math.min(p.note, height * 0.72)
  const number = p.measure(String(count - 1), size) + 10 * k
  const says = (/** @type {number} */ query) => scene.words("flow.attention.query", { number: query })
  const labels = [manyText(scene, "flow.attention.queries", axis), scene.words("flow.attention.queries")]
  const label = labels.find((one) => p.measure(one, size) + 8 * k + number * count <= w)
  const left = x + p.text(label ?? says(chosen), x, y + height / 2, { align: "left", size, colour: p.c.soft }) + 8 * k
  const step = Math.max(1, Math.min(label ? Math.max(number, 24 * k) : 12 * k, (x + w - left) / count))
  for (let query = 0; query < count; query++) {
    const own = query === chosen
    const at = left + query * step
    const wide = step - (step > 6 ? 2 : 0)
    p.round(at, y, wide, height, Math.min(5, wide / 3), own ? p.c.ink : p.c.raised, own ? p.c.ink : p.c.wire)
    const colour = own ? p.c.paper : p.c.ink
    if (label) p.text(String(query), at + wide / 2, y + height / 2, { size, weight: 600, colour })
    scene.area(at, y, step, height, { query }, says(query))
  }
}

/** @type {Figure<SumClaim>["text"]} */
function text({ claim }, { state, words }) {
  const terms = termsOf(claim, state, queryOf(claim, state))
  const sum = terms.reduce((all, { share }) => all + share, 0)
  return words("flow.attention.sum", {
    count: terms.length,
    name: labelOf(claim.shares.value),
    numbers: terms.map(({ share }) => print(share)).join(", "),
    sum: sum.toFixed(2),
  })
}

export default /** @type {Figure<SumClaim>} */ ({
  name: "ribbons",
  rank: 30,
  wires: false,
  lag: LAG,
  claims,
  size,
  draw,
  text,
})
