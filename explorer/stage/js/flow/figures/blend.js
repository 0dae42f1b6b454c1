// A weighted sum as one product: shares times values, as a matrix product or an einsum. The values of one query are drawn
// again, a ribbon from each as thick as its share, and all of them join in a trunk that is 1 thick.

import { flat, labelOf, topOf, unflat } from "../kinds.js"
import { ease, fullAt, NUMBER_SIZE, print } from "../paint.js"
import { drawCaption, drawNumbers, drawOperator, drawQueries, drawRibbons } from "./ribbons.js"
import { sameAxis, sharesOf } from "./softmax.js"

/**
 * @import { FigureBlock } from "../layout.js" @import { Graph, Operation, Value } from "../graph.js"
 * @import { Paint } from "../paint.js" @import { Claim, Figure, Scene, State } from "../scene.js"
 * @import { Shares } from "./softmax.js"
 *
 * @typedef {object} Contraction products of two tensors that are summed; a letter for each axis, equal ones go together
 * @property {Operation} operation @property {[Value, Value]} operands @property {Value} result
 * @property {[string[], string[]]} letters of the operands @property {string[]} made the letters of the result
 * @property {Record<string, number>} sizes by letter
 *
 * @typedef {object} Mix a contraction of shares with values
 * @property {Contraction} contraction @property {Shares} shares @property {0|1} side which operand the shares are
 * @property {string} key the letter that is summed @property {string[]} queries letters of the shares alone
 * @property {string[]} shared letters of the shares, the values and the result @property {string[]} features letters of the values alone
 *
 * @typedef {Claim & {mix: Mix, query: string, batch: string, keys: number, queries: number, columns: number}} BlendClaim
 *   query: the letter of the queries, "" if there are none; batch: that of the samples
 */

const MOST_KEYS = 32
/** So far may a recorded result lie from the sum, relative to the largest one. */
const CLOSE = 5e-3
const MOST_CHECKED = 64
const LAG = 0.7

// -- contractions

/**
 * What a matrix product or an einsum sums, if the recorded operands give the recorded result.
 * @param {Operation} operation @returns {Contraction|null}
 */
export function contractionOf(operation) {
  const [result] = operation.results
  const { operands } = operation
  if (operands.length !== 2 || !result?.cells || operands.some(({ cells }) => !cells)) return null
  const pair = /** @type {[Value, Value]} */ (operands)
  for (const left of distinct(pair[0].shapes))
    for (const right of distinct(pair[1].shapes)) {
      const letters = lettersOf(operation, left, right)
      const read = letters && readContraction(operation, pair, result, letters, [left, right])
      if (read && isRecorded(read)) return read
    }
  return null
}

/** @param {number[][]} shapes */
function distinct(shapes) {
  return [...new Map(shapes.map((shape) => [shape.join(), shape])).values()]
}

/** @typedef {{letters: [string[], string[]], made: string[]}} Letters */

/**
 * @param {Operation} operation @param {[Value, Value]} operands @param {Value} result @param {Letters} letters
 * @param {[number[], number[]]} shapes @returns {Contraction|null}
 */
function readContraction(operation, operands, result, { letters, made }, shapes) {
  /** @type {Record<string, number>} */
  const sizes = {}
  for (const side of /** @type {const} */ ([0, 1])) {
    if (letters[side].length !== shapes[side].length) return null
    for (const [axis, letter] of letters[side].entries()) {
      if ((sizes[letter] ?? shapes[side][axis]) !== shapes[side][axis]) return null
      sizes[letter] = shapes[side][axis]
    }
  }
  if (made.some((letter) => !(letter in sizes))) return null
  const count = made.reduce((product, letter) => product * sizes[letter], 1)
  return count === result.cells?.length ? { operation, operands, result, letters, made, sizes } : null
}

/** The letters of a contraction's axes. @param {Operation} operation @param {number[]} left @param {number[]} right @returns {Letters|null} */
function lettersOf(operation, left, right) {
  const { kind, attributes } = operation
  const equation = attributes.subscripts ?? attributes.equation
  if (kind === "einsum" && equation) return equationLetters(equation)
  if (kind === "matmul" || kind === "@") return productLetters(left, right, attributes)
  if (kind === "dot")
    return right.length > 1 ? tensorLetters(left, right, [left.length - 1], [right.length - 2], 0) : null
  const axes = JSON.parse(/^[[\](),\d\s-]+$/.test(attributes.axes ?? "") ? listText(attributes.axes) : "null")
  if (axes === null) return null
  if (kind === "tensordot" && typeof axes === "number") {
    const all = Array.from({ length: axes }, (_, at) => at)
    return tensorLetters(left, right, all.map((at) => left.length - axes + at), all, 0) // biome-ignore format: one line
  }
  const [first, second] = typeof axes === "number" ? [axes, axes] : axes
  if (kind === "tensordot") return tensorLetters(left, right, [first].flat(), [second].flat(), 0)
  return kind === "batch_dot" ? tensorLetters(left, right, [first], [second], 1) : null
}

/** Python's list or tuple as JSON. @param {string} text */
function listText(text) {
  return text
    .replaceAll("(", "[")
    .replaceAll(")", "]")
    .replace(/,\s*\]/g, "]")
}

/** @param {string} equation as Python writes it @returns {Letters|null} */
function equationLetters(equation) {
  const parts = /^['"]([a-zA-Z]*),([a-zA-Z]*)->([a-zA-Z]*)['"]$/.exec(equation.replaceAll(" ", ""))
  return parts && { letters: [[...parts[1]], [...parts[2]]], made: [...parts[3]] }
}

/** Of a matrix product: the last axes, for each position of those before them. @param {number[]} left @param {number[]} right @param {Record<string, string>} attributes @returns {Letters} */
function productLetters(left, right, { transpose_a: turnLeft, transpose_b: turnRight }) {
  const before = Math.max(left.length, right.length, 2) - 2
  const lead = (/** @type {number[]} */ shape, /** @type {string} */ side) =>
    shape.slice(0, -2).map((length, at) => {
      const place = before - (shape.length - 2) + at
      const other = side === "l" ? right : left
      const length2 = other[other.length - 2 - before + place] ?? 1
      return length === 1 && length2 > 1 ? `${side}${place}` : `b${place}`
    })
  const rows = left.length > 1 ? (turnLeft === "True" ? ["k", "m"] : ["m", "k"]) : ["k"]
  const columns = right.length > 1 ? (turnRight === "True" ? ["n", "k"] : ["k", "n"]) : ["k"]
  const letters = /** @type {[string[], string[]]} */ ([
    [...lead(left, "l"), ...rows],
    [...lead(right, "r"), ...columns],
  ])
  const all = [...letters[0], ...letters[1]]
  const batch = Array.from({ length: before }, (_, at) => `b${at}`).filter((letter) => all.includes(letter))
  return { letters, made: [...batch, ...rows, ...columns].filter((letter) => letter !== "k") }
}

/** Of axes that are summed pairwise, behind so many that go together. @param {number[]} left @param {number[]} right @param {number[]} first @param {number[]} second @param {number} together @returns {Letters} */
function tensorLetters(left, right, first, second, together) {
  const name = (/** @type {number[]} */ shape, /** @type {number[]} */ summed, /** @type {string} */ side) => {
    const places = summed.map((axis) => (axis < 0 ? axis + shape.length : axis))
    return shape.map((_, axis) => {
      if (axis < together) return `b${axis}`
      return places.includes(axis) ? `k${places.indexOf(axis)}` : `${side}${axis}`
    })
  }
  const letters = /** @type {[string[], string[]]} */ ([name(left, first, "m"), name(right, second, "n")])
  const made = [...letters[0], ...letters[1].slice(together)].filter((letter) => !letter.startsWith("k"))
  return { letters, made }
}

/** The cell of a tensor at positions by letter. @param {string[]} letters @param {Record<string, number>} sizes @param {Record<string, number>} at */
export function cellAt(letters, sizes, at) {
  return flat(
    letters.map((letter) => sizes[letter]),
    letters.map((letter) => at[letter] ?? 0),
  )
}

/** Positions by letter of a cell. @param {string[]} letters @param {Record<string, number>} sizes @param {number} cell @returns {Record<string, number>} */
export function positionsOf(letters, sizes, cell) {
  const shape = letters.map((letter) => sizes[letter])
  return Object.fromEntries(unflat(shape, cell).map((position, axis) => [letters[axis], position]))
}

/** The letters of both operands that are summed. @param {Contraction} contraction */
function summedLetters({ letters, made }) {
  return letters[0].filter((letter) => letters[1].includes(letter) && !made.includes(letter))
}

/** One cell of a contraction, summed anew. @param {Contraction} contraction @param {Record<string, number>} at */
function sumAt({ operands, letters, sizes, ...rest }, at) {
  const summed = summedLetters({ operands, letters, sizes, ...rest })
  const count = summed.reduce((product, letter) => product * sizes[letter], 1)
  let sum = 0
  for (let term = 0; term < count; term++) {
    const place = { ...at, ...positionsOf(summed, sizes, term) }
    const [left, right] = operands.map(({ cells }, side) => Number(cells?.[cellAt(letters[side], sizes, place)]))
    sum += left * right
  }
  return sum
}

/** Whether the recorded operands give the recorded result, as far as a sample of its cells tells. @param {Contraction} contraction */
function isRecorded(contraction) {
  const { letters, made, sizes, result } = contraction
  const summed = summedLetters(contraction)
  const lost = letters
    .flat()
    .filter((letter) => !made.includes(letter) && !summed.includes(letter) && sizes[letter] > 1)
  if (lost.length || !result.cells) return false
  const most = CLOSE * topOf(result.cells)
  const step = Math.ceil(result.cells.length / MOST_CHECKED)
  for (let cell = 0; cell < result.cells.length; cell += step) {
    const expected = sumAt(contraction, positionsOf(made, sizes, cell))
    if (Math.abs(result.cells[cell] - expected) > most) return false
  }
  return true
}

// -- shares times values

/** A contraction as a weighted sum: one operand is shares, and the axis along which they sum to 1 is summed. @param {Operation} operation @returns {Mix|null} */
export function mixOf(operation) {
  const side = operation.operands.findIndex((operand) => sharesOf(operand))
  const contraction = side < 0 ? null : contractionOf(operation)
  if (!contraction || (side !== 0 && side !== 1)) return null
  const shares = /** @type {Shares} */ (sharesOf(contraction.operands[side]))
  const { letters, made, sizes } = contraction
  const [own, others] = [letters[side], letters[1 - side]]
  const [key, ...more] = summedLetters(contraction).filter((letter) => sizes[letter] > 1)
  const shape = own.map((letter) => sizes[letter])
  if (!key || more.length || own[sameAxis(shares.value.shape, shares.axis, shape)] !== key) return null
  const long = made.filter((letter) => sizes[letter] > 1)
  return {
    contraction,
    shares,
    side,
    key,
    queries: long.filter((letter) => own.includes(letter) && !others.includes(letter)),
    shared: long.filter((letter) => own.includes(letter) && others.includes(letter)),
    features: long.filter((letter) => others.includes(letter) && !own.includes(letter)),
  }
}

/** The values that are weighted. @param {Mix} mix */
export function valuesOf({ contraction, side }) {
  return contraction.operands[1 - side]
}

/** @param {Graph} graph @param {State} state @returns {BlendClaim[]} */
export function claims({ operations }, { fold }) {
  return operations.flatMap((operation) => {
    const mix = mixOf(operation)
    const claim = mix && readBlend(mix, fold)
    return claim ? [claim] : []
  })
}

/** @param {Mix} mix @param {boolean} fold @returns {BlendClaim|null} */
function readBlend(mix, fold) {
  const { contraction, shares, key, queries, shared, features } = mix
  const { sizes, made, operation, result } = contraction
  const [first] = made
  if (shared.some((letter) => letter !== first) || queries.length > 1 || sizes[key] > MOST_KEYS) return null
  const [query = ""] = queries
  return {
    operations: [operation],
    takes: [shares.value, valuesOf(mix)],
    gives: [result],
    hides: [],
    draws: [],
    mix,
    query,
    batch: shared.length ? first : fold && query === first ? query : "",
    keys: sizes[key],
    queries: query && !(fold && query === first) ? sizes[query] : 1,
    columns: features.reduce((product, letter) => product * sizes[letter], 1),
  }
}

/** Of which query the shares are shown, pointed at, or touched, or the first; and its place. @param {BlendClaim} claim @param {State} state */
export function shownOf({ mix, query, batch, queries }, { query: pointed, touched, sample }) {
  const { made, sizes, result, letters } = mix.contraction
  /** @type {Record<string, number>} */
  const at = batch ? { [batch]: Math.min(sample, sizes[batch] - 1) } : {}
  if (queries < 2) return { at, query: 0 }
  const own = touched?.value === mix.shares.value ? letters[mix.side] : touched?.value === result ? made : null
  const hit = own && touched ? positionsOf(own, sizes, touched.cell)[query] : 0
  const chosen = Math.min(pointed ?? hit, queries - 1)
  return { at: { ...at, [query]: chosen }, query: chosen }
}

/** The terms of the sum that is shown: the share and the values of each key. @param {BlendClaim} claim @param {State} state */
export function termsOf(claim, state) {
  const { mix, keys, columns } = claim
  const { contraction, shares, side, key, features } = mix
  const { letters, sizes } = contraction
  const { at } = shownOf(claim, state)
  return Array.from({ length: keys }, (_, row) => {
    const place = { ...at, [key]: row }
    const cell = cellAt(letters[side], sizes, place)
    const cells = Array.from({ length: columns }, (_, column) =>
      cellAt(letters[1 - side], sizes, { ...place, ...positionsOf(features, sizes, column) }),
    )
    return { cell, share: Number(shares.value.cells?.[cell]), cells }
  })
}

/** The cells of the result that belong to the query that is shown. @param {BlendClaim} claim @param {State} state */
export function resultCells(claim, state) {
  const { mix, columns } = claim
  const { made, sizes } = mix.contraction
  const { at } = shownOf(claim, state)
  return Array.from({ length: columns }, (_, column) =>
    cellAt(made, sizes, { ...at, ...positionsOf(mix.features, sizes, column) }),
  )
}

// -- the picture

/** Pixels, times k. */
const PAD = 14
const NUMBER = 48
const RIBBONS = 92
const OUT = 46
const WIDEST = 150
const NAME = 28
const QUERIES = 32
const FOOT = 30
/** Cells that are smaller are drawn as one image. */
const FINE = 5

/** @param {BlendClaim} claim @param {number} k */
function above({ queries }, k) {
  return (NAME + (queries > 1 ? QUERIES : 0)) * k
}

/** @type {Figure<BlendClaim>["size"]} */
function size(claim, { k, H }, unit) {
  const { keys, columns } = claim
  const room = 0.64 * H - above(claim, k) - FOOT * k
  const cell = Math.max(4, Math.min(unit, 40 * k, room / keys))
  const w = Math.min(columns * cell, WIDEST * k) + (PAD + NUMBER + RIBBONS + OUT) * k
  return { w, h: above(claim, k) + keys * cell + FOOT * k, ports: [0.36, 0.64] }
}

/** @param {Paint} p @param {FigureBlock & {claim: BlendClaim}} block @param {Scene} scene */
function draw(p, block, scene) {
  const { claim, cx, cy, w, h, up } = block
  const { k } = scene.plan
  const [operation] = claim.operations
  const [left, top, right] = [cx - w / 2, cy - up, cx + w / 2]
  const cell = (h - above(claim, k) - FOOT * k) / claim.keys
  const wide = Math.min(claim.columns * cell, WIDEST * k)
  const now = scene.now(operation)
  const terms = termsOf(claim, scene.state)
  const progress = scene.progress(operation)
  const { query } = shownOf(claim, scene.state)
  p.round(left, top, w, h, 12 * k, null, now ? p.c.ink : p.c.line, now ? 1.8 : 1.2)
  if (claim.queries > 1) {
    const queries = { count: claim.queries, chosen: query, axis: queryAxis(claim) }
    drawQueries(p, queries, { x: left + PAD * k, y: top + 8 * k, w: w - 2 * PAD * k }, scene)
    if (progress > 0) markQuery(p, claim, scene)
  }
  const [x, y] = [left + PAD * k, top + above(claim, k)]
  drawValues(p, claim, terms, { x, y, w: wide, cell }, scene)
  const rows = terms.map((_, row) => y + (row + 0.5) * cell)
  const [x0, x1] = [x + wide + NUMBER * k, right - OUT * k]
  const text = Math.min(p.num, cell * 0.8, 18 * k)
  if (text >= 10) drawNumbers(p, { terms, rows, x: x0 - 6 * k, size: text, progress })
  for (const [row, term] of terms.entries())
    scene.hit(claim.mix.shares.value, term.cell, x + wide, y + row * cell, NUMBER * k, cell)
  const trunk = Math.min(2.3 * cell, 110 * k, claim.keys * cell)
  const middle = y + (claim.keys * cell) / 2
  drawRibbons(p, { terms, rows, x0, x1, cy: middle, trunk, cell, progress }, scene, claim.mix.shares.value)
  const seen = ease((progress - LAG) / (1 - LAG))
  for (const [colour, alpha, until] of /** @type {const} */ ([
    [p.rgb.line, 0.5, 1],
    [p.share(0.55), 0.9, seen],
  ]))
    p.ribbon(x1, middle, right - 8 * k, cy, trunk, Math.min(trunk, 34 * k), colour, alpha, until)
  drawOperator(p, operation, "Σ", right - 24 * k, cy, scene)
  const name = labelOf(claim.mix.shares.value)
  const below = [x0 - NUMBER * k, right - PAD * k]
  drawCaption(p, scene.words("flow.attention.thick", { name }), below, y + claim.keys * cell + (FOOT * k) / 2)
}

/** What the axis of the queries is called, "" where nobody says. @param {BlendClaim} claim */
function queryAxis({ mix, query }) {
  const { letters, made, result, sizes } = mix.contraction
  for (const [value, own] of /** @type {[Value, string[]][]} */ ([
    [mix.shares.value, letters[mix.side]],
    [result, made],
  ])) {
    const shape = own.map((letter) => sizes[letter])
    const name = value.axes[sameAxis(shape, own.indexOf(query), value.shape)]
    if (name && !/\d$/.test(name)) return name
  }
  return ""
}

/**
 * The values, a row for each key.
 * @param {Paint} p @param {BlendClaim} claim @param {{cells: number[]}[]} terms
 * @param {{x: number, y: number, w: number, cell: number}} at @param {Scene} scene
 */
function drawValues(p, claim, terms, { x, y, w, cell }, scene) {
  const value = valuesOf(claim.mix)
  const { cells } = value
  if (!cells) return
  const { k } = scene.plan
  const seen = value.maker ? scene.progress(value.maker) : 1
  const wide = w / claim.columns
  const height = terms.length * cell
  const name = labelOf(value)
  const size = Math.min(p.note, 20 * k, (p.note * (w + NUMBER * k)) / Math.max(1, p.measure(name, p.note, "mono")))
  p.text(name, x, y - 13 * k, { align: "left", size, mono: true, weight: 600 })
  if (seen <= 0) return p.ghost(x, y, w, height)
  const top = fullAt(cells)
  if (wide < FINE || cell < FINE)
    p.image(x, y, w, height, terms.length, claim.columns, (row, column) =>
      p.signed(cells[terms[row].cells[column]], top),
    )
  else {
    const shown = terms.flatMap((term) => term.cells.map((at) => cells[at]))
    const { digits, size: text } = p.decimals(shown, wide, Math.min(p.num, cell * NUMBER_SIZE))
    terms.forEach((term, row) => {
      term.cells.forEach((at, column) => {
        const [left, above] = [x + column * wide, y + row * cell]
        p.cell(left, above, wide, cell, cells[at], { top, digits, size: text, numbers: digits >= 0 })
      })
    })
  }
  p.round(x - 0.5, y - 0.5, w, height, 0, null, p.c.line, 1)
  drawTouched(p, value, terms, { x, y, wide, cell }, scene)
  terms.forEach((term, row) => {
    term.cells.forEach((at, column) => {
      scene.hit(value, at, x + column * wide, y + row * cell, wide, cell)
    })
  })
}

/**
 * One outline around touched values: they are a row, a column or one cell.
 * @param {Paint} p @param {Value} value @param {{cells: number[]}[]} terms
 * @param {{x: number, y: number, wide: number, cell: number}} at @param {Scene} scene
 */
function drawTouched(p, value, terms, { x, y, wide, cell }, scene) {
  if (!scene.marked(value)) return
  for (const level of /** @type {const} */ ([1, 2])) {
    const marked = terms.flatMap((term, row) =>
      term.cells.flatMap((at, column) => (scene.touched(value, at) >= level ? [{ row, column }] : [])),
    )
    if (!marked.length) continue
    const rows = marked.map(({ row }) => row)
    const columns = marked.map(({ column }) => column)
    const [first, last] = [Math.min(...rows), Math.max(...rows) + 1]
    const [from, to] = [Math.min(...columns), Math.max(...columns) + 1]
    p.rim(x + from * wide, y + first * cell, (to - from) * wide - 1, (last - first) * cell - 1, level === 2)
  }
}

/** Around the row of the query, in the shares and in the result. @param {Paint} p @param {BlendClaim} claim @param {Scene} scene */
function markQuery(p, claim, scene) {
  const { state } = scene
  const { mix } = claim
  const marks = /** @type {[Value, number[]][]} */ ([
    [mix.shares.value, termsOf(claim, state).map(({ cell }) => cell)],
    [mix.contraction.result, resultCells(claim, state)],
  ])
  for (const [value, cells] of marks) {
    const block = scene.block(value)
    if (!block || block.style === "bars" || scene.marked(value)) continue
    if (value === mix.contraction.result && scene.progress(claim.operations[0]) < 1) continue
    const { view, cell } = block
    const wanted = new Set(cells)
    view.facets.forEach(({ at }, facet) => {
      const places = []
      for (let row = 0; row < view.rows; row++)
        for (let column = 0; column < view.columns; column++)
          if (wanted.has(at(row, column))) places.push({ row, column })
      if (!places.length) return
      const corner = scene.facetAt(block, facet)
      const [a, b] = [places[0], places[places.length - 1]]
      const [w, h] = [(b.column - a.column + 1) * cell, (b.row - a.row + 1) * cell]
      p.round(corner.x + a.column * cell - 2, corner.y + a.row * cell - 2, w + 3, h + 3, 3, null, p.c.ink, 1.6)
    })
  }
}

/** @type {Figure<BlendClaim>["text"]} */
function text({ claim }, { state, words }) {
  const terms = termsOf(claim, state)
  return words("flow.attention.sum", {
    count: terms.length,
    name: labelOf(claim.mix.shares.value),
    numbers: terms.map(({ share }) => print(share)).join(", "),
    sum: terms.reduce((all, { share }) => all + share, 0).toFixed(2),
  })
}

export default /** @type {Figure<BlendClaim>} */ ({
  name: "blend",
  rank: 30,
  wires: true,
  lag: LAG,
  claims,
  size,
  draw,
  text,
})
