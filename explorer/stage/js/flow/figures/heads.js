// Attention with heads: for each head a map of its shares, whose rows sum to 1, and lines from queries to keys as thick as
// the share. The shares are recorded, or the softmax of recorded queries and keys: then the recorded result must follow.

import { flat, isElementwise, labelOf, topOf, unflat } from "../kinds.js"
import { ease, lowOf, print, printCell } from "../paint.js"
import { cellAt, contractionOf, mixOf, positionsOf, valuesOf } from "./blend.js"
import { manyText } from "./ribbons.js"
import { sameAxis } from "./softmax.js"

/**
 * @import { FigureBlock } from "../layout.js" @import { Graph, Operation, Value } from "../graph.js"
 * @import { Paint } from "../paint.js" @import { Claim, Figure, Scene, State } from "../scene.js" @import { Mix } from "./blend.js"
 *
 * @typedef {{cells: ArrayLike<number>, shape: number[]}} Cells
 *
 * @typedef {object} Attention what a fused attention was given; all of rank 4
 * @property {Cells} query @property {Cells} key @property {Cells} value (batch, steps, heads, features)
 * @property {Cells|null} mask @property {Cells|null} bias repeated to (batch, heads, queries, keys)
 * @property {number} scale @property {boolean} causal
 *
 * @typedef {object} Weights the shares of one sample
 * @property {ArrayLike<number>} shares by head, query and key @property {ArrayLike<number>} left 1 where a key is left out
 * @property {boolean} whole whether every row sums to 1
 *
 * @typedef {object} Source where the shares come from, and the cells that belong to a head and a query
 * @property {number} batch @property {number} heads @property {number} queries @property {number} keys
 * @property {(sample: number) => Weights} weights @property {Operation} shared the operation that makes the shares
 * @property {Operation} mixed the one that adds up the values
 * @property {((sample: number, head: number, query: number, key: number) => number)|null} cellOf the recorded cell of a share
 * @property {(value: Value, cell: number) => {sample: number, head: number|null, query: number}|null} placeOf
 * @property {[string, string]} axes what the axes of the queries and the keys are called
 *
 * @typedef {Claim & {source: Source}} HeadsClaim
 */

/** A masked score, as Keras sets it: of float32, small enough that its share is exactly 0 beside others. */
const MASKED = -0.7 * 3.38953e38
/** A recorded score below is that of a key that a mask left out. */
const LEFT_OUT = -5e3
/** So far may the recorded result lie from the weighted sum, relative to the largest one: float32, and half precision. */
const CLOSE = { whole: 1e-3, half: 3e-2 }
const MOST_SHARES = 65536
const MOST_STEPS = 128

// -- the shares

/**
 * The shares of one sample, as Keras computes them: softmax(query · key · scale + bias), with masked scores replaced.
 * Query heads share a key head where there are fewer of these.
 * @param {Pick<Attention, "query"|"key"|"scale"|"mask"|"bias"|"causal">} attention @param {number} sample
 * @returns {{shares: Float64Array, left: Uint8Array}} by head, query and key
 */
export function attentionWeights({ query, key, scale, mask, bias, causal }, sample) {
  const [, queries, heads, depth] = query.shape
  const [, keys, keyHeads] = key.shape
  const shares = new Float64Array(heads * queries * keys)
  const left = new Uint8Array(shares.length)
  const scores = new Float64Array(keys)
  for (let head = 0; head < heads; head++) {
    const keyHead = Math.floor((head * keyHeads) / heads)
    for (let row = 0; row < queries; row++) {
      const first = (head * queries + row) * keys
      for (let column = 0; column < keys; column++) {
        const place = [sample, head, row, column]
        let score = 0
        const from = flat(query.shape, [sample, row, head, 0])
        const to = flat(key.shape, [sample, column, keyHead, 0])
        for (let at = 0; at < depth; at++) score += query.cells[from + at] * key.cells[to + at]
        score *= scale
        if (bias) score += repeated(bias, place)
        const out = (causal && column > row) || (mask && !repeated(mask, place))
        left[first + column] = out ? 1 : 0
        scores[column] = out ? MASKED : score
      }
      softmax(scores, shares.subarray(first, first + keys))
    }
  }
  return { shares, left }
}

/** @param {Float64Array} scores @param {Float64Array} shares */
function softmax(scores, shares) {
  const largest = Math.max(...scores)
  let total = 0
  scores.forEach((score, at) => {
    shares[at] = Math.exp(score - largest)
    total += shares[at]
  })
  for (let at = 0; at < shares.length; at++) shares[at] /= total
}

/** The cell of a tensor that is repeated to four axes. @param {Cells} cells @param {number[]} place */
function repeated({ cells, shape }, place) {
  const from = place.length - shape.length
  return cells[
    flat(
      shape,
      shape.map((length, axis) => (length === 1 ? 0 : place[axis + from])),
    )
  ]
}

/**
 * The weighted sums of the values of one sample, as the result is shaped: by query, head and feature.
 * @param {Attention} attention @param {number} sample @param {ArrayLike<number>} shares
 */
export function weightedValues({ query, value }, sample, shares) {
  const [, queries, heads] = query.shape
  const [, keys, valueHeads, depth] = value.shape
  const sums = new Float64Array(queries * heads * depth)
  for (let row = 0; row < queries; row++)
    for (let head = 0; head < heads; head++) {
      const valueHead = Math.floor((head * valueHeads) / heads)
      for (let column = 0; column < keys; column++) {
        const share = shares[(head * queries + row) * keys + column]
        const from = flat(value.shape, [sample, column, valueHead, 0])
        for (let at = 0; at < depth; at++) sums[(row * heads + head) * depth + at] += share * value.cells[from + at]
      }
    }
  return sums
}

/** @param {ArrayLike<number>} shares @param {number} keys */
function areWhole(shares, keys) {
  for (let first = 0; first < shares.length; first += keys) {
    let sum = 0
    for (let at = 0; at < keys; at++) sum += shares[first + at]
    if (!(Math.abs(sum - 1) < 0.01)) return false
  }
  return true
}

// -- what is claimed

/** @type {WeakMap<Operation, HeadsClaim|null>} */
const known = new WeakMap()

/** @param {Graph} graph @returns {HeadsClaim[]} */
export function claims({ operations }) {
  return operations.flatMap((operation) => {
    let claim = known.get(operation)
    if (claim === undefined) {
      claim = operation.kind === "dot_product_attention" ? fusedClaim(operation) : recordedClaim(operation)
      known.set(operation, claim)
    }
    return claim ? [claim] : []
  })
}

/** @param {Operation} operation @returns {HeadsClaim|null} */
function fusedClaim(operation) {
  const { given, operands, results } = operation
  const part = (/** @type {string} */ name, /** @type {number} */ place) => given[name]?.[0] ?? operands[place]
  const values = [part("query", 0), part("key", 1), part("value", 2)]
  const more = ["mask", "bias"].flatMap((name) => given[name]?.[0] ?? [])
  const attention = values.every(Boolean) ? attentionOf(operation, values) : null
  if (!attention) return null
  const { query, key } = attention
  const [batch, queries, heads] = query.shape
  const keys = key.shape[1]
  const weights = once((sample) => {
    const found = attentionWeights(attention, sample)
    return { ...found, whole: true }
  })
  const shape = [batch, queries, heads, results[0].cells ? results[0].cells.length / (batch * queries * heads) : 1]
  return {
    operations: [operation],
    takes: [...new Set([...values, ...more])],
    gives: [results[0]],
    hides: [],
    draws: [],
    source: {
      batch,
      heads,
      queries,
      keys,
      weights,
      shared: operation,
      mixed: operation,
      cellOf: null,
      placeOf: (value, cell) => {
        const own = value === results[0] ? shape : value === values[0] && value !== values[1] ? query.shape : null
        if (!own) return null
        const [sample, row, head] = unflat(own, cell)
        return { sample, head, query: row }
      },
      axes: [axisName(values[0], query.shape, 1), axisName(values[1], key.shape, 1)],
    },
  }
}

/** What is computed for each sample only once. @param {(sample: number) => Weights} make @returns {(sample: number) => Weights} */
function once(make) {
  /** @type {Map<number, Weights>} */
  const made = new Map()
  return (sample) => {
    let found = made.get(sample)
    if (!found) {
      found = make(sample)
      made.set(sample, found)
    }
    return found
  }
}

/**
 * What a fused attention was given, in the one way of reading it from which the recorded result follows.
 * @param {Operation} operation @param {Value[]} values query, key and value @returns {Attention|null}
 */
export function attentionOf(operation, values) {
  const { given, attributes, results } = operation
  if (attributes.attn_logits_soft_cap && attributes.attn_logits_soft_cap !== "None") return null
  const [query, key, value] = values.map((one) =>
    cellsOf(
      one,
      one.shapes.find((shape) => shape.length === 4),
    ),
  )
  if (!query || !key || !value || !results[0]?.cells) return null
  const [batch, queries, heads, depth] = query.shape
  const keys = key.shape[1]
  const fit = key.shape[3] === depth && key.shape[0] === batch && value.shape[0] === batch && value.shape[1] === keys
  if (!fit || heads % key.shape[2] || heads % value.shape[2]) return null
  if (heads * queries * keys > MOST_SHARES || Math.max(queries, keys) > MOST_STEPS) return null
  const scale = scaleOf(operation, depth)
  const causal = attributes.is_causal === "True"
  const full = [batch, heads, queries, keys]
  for (const mask of readingsOf(given.mask?.[0], full))
    for (const bias of readingsOf(given.bias?.[0], full)) {
      const attention = { query, key, value, mask, bias, scale, causal }
      if (follows(attention, results[0])) return attention
    }
  return null
}

/** @param {Value} value @param {number[]|undefined} shape @returns {Cells|null} */
function cellsOf({ cells }, shape) {
  return cells && shape ? { cells, shape } : null
}

/** The ways in which a mask or a bias may be repeated. @param {Value|undefined} value @param {number[]} full @returns {(Cells|null)[]} */
function readingsOf(value, full) {
  if (!value) return [null]
  const fits = value.shapes.filter((shape) => {
    const from = full.length - shape.length
    return from >= 0 && shape.every((length, axis) => length === 1 || length === full[axis + from])
  })
  return fits.sort((one, other) => other.length - one.length).map((shape) => cellsOf(value, shape))
}

/** @param {Operation} operation @param {number} depth */
function scaleOf({ given, attributes }, depth) {
  const recorded = given.scale?.[0]?.cells?.[0]
  if (recorded !== undefined) return Number(recorded)
  const text = /-?\d+(\.\d*)?(e[-+]?\d+)?(?=\)?$)/i.exec(attributes.scale ?? "")
  return text ? Number(text[0]) : 1 / Math.sqrt(depth)
}

/** Whether the recorded result is the weighted sum of the values, in the first sample. @param {Attention} attention @param {Value} result */
function follows(attention, { cells, dtype }) {
  const sums = weightedValues(attention, 0, attentionWeights(attention, 0).shares)
  if (!cells || cells.length !== sums.length * attention.query.shape[0]) return false
  const most = (/16/.test(dtype) ? CLOSE.half : CLOSE.whole) * topOf(Array.from(cells).slice(0, sums.length))
  return sums.every((sum, at) => !(Math.abs(sum - cells[at]) > most))
}

/** A recorded softmax of four axes, with the product of its shares and the values. @param {Operation} mixed @returns {HeadsClaim|null} */
function recordedClaim(mixed) {
  const mix = mixOf(mixed)
  if (!mix?.shares.value.shapes.some((shape) => shape.length === 4)) return null
  const { contraction, shares, side, key, queries, shared } = mix
  const { sizes, made, letters, result } = contraction
  const heads = shared.filter((letter) => letter !== made[0])
  if (heads.length > 1 || queries.length > 1 || queries[0] === made[0]) return null
  const [head = "", query = ""] = [...heads, ...(heads.length ? [] : [""]), ...queries]
  const count = (/** @type {string} */ letter) => (letter ? sizes[letter] : 1)
  const [batch, keys] = [shared.includes(made[0]) ? sizes[made[0]] : 1, sizes[key]]
  if (count(head) * count(query) * keys > MOST_SHARES || Math.max(count(query), keys) > MOST_STEPS) return null
  const operations = [...shares.operations, mixed]
  const drawn = shares.operations.flatMap((operation) => operation.results)
  if (drawn.some((value) => value.uses.some((use) => !operations.includes(use)))) return null
  const outputs = drawn.filter((value) => value.role === "output")
  const masks = shares.operations
    .slice(1)
    .flatMap((operation) => operation.operands.filter((one) => !drawn.includes(one)))
  const cellOf = (/** @type {number[]} */ ...[sample, h, row, column]) =>
    cellAt(letters[side], sizes, { [made[0]]: sample, [head]: h, [query]: row, [key]: column })
  return {
    operations,
    takes: [...new Set([shares.scores, valuesOf(mix), ...masks])],
    gives: [...new Set([result, ...outputs])],
    hides: drawn.filter((value) => value.role !== "output"),
    draws: [shares.value],
    source: {
      batch,
      heads: count(head),
      queries: count(query),
      keys,
      weights: once((sample) =>
        recordedWeights(mix, { heads: count(head), queries: count(query), keys }, sample, cellOf),
      ),
      shared: operations[0],
      mixed,
      cellOf,
      placeOf: (value, cell) => {
        const own = value === result ? made : value === shares.value ? letters[side] : null
        if (!own) return null
        const at = positionsOf(own, sizes, cell)
        return { sample: at[made[0]] ?? 0, head: at[head] ?? 0, query: at[query] ?? 0 }
      },
      axes: ["", ""],
    },
  }
}

/**
 * @param {Mix} mix @param {{heads: number, queries: number, keys: number}} counts @param {number} sample
 * @param {(sample: number, head: number, query: number, key: number) => number} cellOf @returns {Weights}
 */
function recordedWeights({ shares }, { heads, queries, keys }, sample, cellOf) {
  const cells = Array.from({ length: heads * queries * keys }, (_, at) => {
    const [head, query, key] = unflat([heads, queries, keys], at)
    return cellOf(sample, head, query, key)
  })
  const found = cells.map((cell) => Number(shares.value.cells?.[cell]))
  const left = found.map((share, at) => (share === 0 && Number(shares.scores.cells?.[cells[at]]) < LEFT_OUT ? 1 : 0))
  return { shares: found, left, whole: areWhole(found, keys) }
}

/** What an axis is called, by its value or by what that was made of; "" where nobody says. @param {Value} value @param {number[]} shape @param {number} axis @param {number} [depth] @returns {string} */
export function axisName(value, shape, axis, depth = 0) {
  const own = sameAxis(shape, axis, value.shape)
  const name = shape[axis] > 1 && own !== undefined ? value.axes[own] : ""
  if (name && !/\d$/.test(name)) return name
  const { maker } = value
  if (!maker || depth > 5 || own === undefined || shape[axis] < 2) return ""
  const contraction = contractionOf(maker)
  if (contraction) {
    const { letters, made, sizes, operands } = contraction
    const letter = made[sameAxis(value.shape, own, made.map((one) => sizes[one]))] // biome-ignore format: one line
    const side = letters.findIndex((all) => all.includes(letter))
    if (side < 0) return ""
    const from = letters[side].map((one) => sizes[one])
    return axisName(operands[side], from, letters[side].indexOf(letter), depth + 1)
  }
  if (!isElementwise(maker) && maker.kind !== "repeat") return ""
  const [before] = maker.operands.filter((operand) => operand.shape.length === value.shape.length)
  return before && before.shape[own] === value.shape[own] ? axisName(before, before.shape, own, depth + 1) : ""
}

// -- how large it is

/** Pixels, times k: what stands over a map, below it, beside it, and the small maps of the other heads. */
const HEAD = 46
const BELOW = 10
const SIDE = 204
const SMALL = 40
const SMALL_STEP = 50
const SMALL_ROW = 64
const LARGEST = 44
const FOOT = 8
/** So many heads are drawn below each other, and cells of so many pixels times k are large enough for that. */
const MOST_LARGE = 4
const READABLE = 16
/** Numbers stand in the cells of so many keys. */
const MOST_NUMBERS = 16

/** @typedef {{cell: number, stacked: boolean, across: number, w: number, h: number}} Extent */

/** How large the figure is with cells of a size: all heads, or one with small maps of all below. @param {Source} source @param {number} k @param {number} cell @param {boolean} stacked @returns {Extent} */
function extentOf({ heads, queries, keys }, k, cell, stacked) {
  const w = keys * cell + SIDE * k
  const map = queries * cell + (HEAD + BELOW) * k
  const across = Math.max(1, Math.floor((w - 2 * BELOW * k) / (SMALL_STEP * k) + 1e-6))
  const rows = Math.ceil(heads / across)
  const h = FOOT * k + (stacked ? heads * map : map + rows * SMALL_ROW * k)
  return { cell, stacked, across, w, h }
}

/** @param {Source} source @param {{k: number, W: number, H: number}} space @param {number} unit @returns {Extent} */
export function extentFor(source, { k, W, H }, unit) {
  const widest = Math.max(3, Math.min(LARGEST * k, unit, (0.34 * W) / source.keys))
  /** @type {Extent|null} */
  let best = null
  for (const stacked of source.heads <= MOST_LARGE ? [true, false] : [false]) {
    let cell = widest
    while (cell > 3 && extentOf(source, k, cell, stacked).h > 0.94 * H) cell = Math.max(3, cell - 1)
    const extent = extentOf(source, k, cell, stacked)
    if (extent.h <= 0.94 * H && (source.heads === 1 || cell >= Math.min(READABLE * k, widest))) return extent
    if (!best || extent.h < best.h) best = extent
  }
  return /** @type {Extent} */ (best)
}

/** Which extent a block of a size has. @param {Source} source @param {number} k @param {{w: number, h: number}} block @returns {Extent} */
function extentFrom(source, k, { w, h }) {
  const cell = (w - SIDE * k) / source.keys
  const both = [true, false].map((stacked) => extentOf(source, k, cell, stacked))
  return Math.abs(both[0].h - h) <= Math.abs(both[1].h - h) ? both[0] : both[1]
}

/** @type {Figure<HeadsClaim>["size"]} */
function size({ source, takes }, space, unit) {
  const { w, h } = extentFor(source, space, unit)
  return { w, h, ports: takes.map((_, at) => (at + 1) / (takes.length + 1)) }
}

// -- the picture

/** Which head was chosen, and what was touched then: a later touch chooses anew. @type {WeakMap<Operation, {head: number, touched: unknown}>} */
const chosen = new WeakMap()

/** The head that is large where not all are. @param {HeadsClaim} claim @param {State} state */
export function headOf({ source }, { touched }) {
  const pressed = chosen.get(source.mixed)
  if (pressed && pressed.touched === touched) return pressed.head
  const place = touched && source.placeOf(touched.value, touched.cell)
  return place?.head ?? pressed?.head ?? 0
}

/** @typedef {{claim: HeadsClaim, weights: Weights, sample: number, scene: Scene, extent: Extent}} Shown */

/** @param {Paint} p @param {FigureBlock & {claim: HeadsClaim}} block @param {Scene} scene */
function draw(p, block, scene) {
  const { claim, cx, cy, w, h, up } = block
  const { source } = claim
  const { k } = scene.plan
  const sample = Math.min(scene.state.sample, source.batch - 1)
  const extent = extentFrom(source, k, block)
  const shown = { claim, weights: source.weights(sample), sample, scene, extent }
  const [left, top] = [cx - w / 2, cy - up]
  const now = claim.operations.some((operation) => scene.now(operation))
  p.round(left, top, w, h, 12 * k, null, now ? p.c.ink : p.c.line, now ? 1.8 : 1.2)
  const map = left + w - BELOW * k - source.keys * extent.cell
  scene.hitOperation(source.mixed, left, top, map - left, h)
  scene.hitOperation(source.shared, map, top, left + w - map, h)
  const step = source.queries * extent.cell + (HEAD + BELOW) * k
  if (extent.stacked) {
    for (let head = 0; head < source.heads; head++)
      drawHead(p, head, { left, map, y: top + head * step + HEAD * k }, shown)
    return
  }
  const large = headOf(claim, scene.state)
  drawHead(p, large, { left, map, y: top + HEAD * k }, shown)
  drawSmall(p, large, { x: left + BELOW * k, y: top + step }, shown)
}

/** @typedef {{left: number, map: number, y: number}} At the left edge of the figure, and the corner of a map */

/** @param {Paint} p @param {number} head @param {At} at @param {Shown} shown */
function drawHead(p, head, at, shown) {
  const { scene, claim, weights, sample } = shown
  const { source } = claim
  const { state } = scene
  const place = state.touched && source.placeOf(state.touched.value, state.touched.cell)
  const touched = place && place.sample === sample && (place.head ?? head) === head ? place.query : -1
  const pointed = state.query === null ? -1 : Math.min(state.query, source.queries - 1)
  const rows = { pointed, touched }
  drawTitles(p, head, at, shown)
  drawLines(p, head, at, rows, shown)
  drawMap(p, head, at, shown)
  drawRows(p, head, at, rows, shown)
  drawSteps(p, head, at, pointed, shown)
  if (!weights.whole) return
  const { k } = scene.plan
  const text = scene.words("flow.attention.rows")
  const right = at.map + source.keys * shown.extent.cell
  const name = p.measure(headText(scene, head), p.name) + 14 * k
  const room = right - at.left - name - 14 * k
  const note = noteSize(p, k)
  if (p.measure(text, note) <= room)
    p.text(text, right, at.y - 0.66 * HEAD * k, { align: "right", size: note, colour: p.c.soft })
}

/** @param {Paint} p @param {number} k */
function noteSize(p, k) {
  return Math.min(p.note, 0.36 * HEAD * k)
}

/** @param {Scene} scene @param {number} number */
function headText({ words }, number) {
  return words("flow.attention.head", { number })
}

/** @param {Paint} p @param {number} head @param {At} at @param {Shown} shown */
function drawTitles(p, head, { left, map, y }, { scene, claim, extent }) {
  const { k } = scene.plan
  const { source } = claim
  const note = noteSize(p, k)
  const name = Math.min(p.name, 0.42 * HEAD * k)
  if (source.heads > 1)
    p.text(headText(scene, head), left + 14 * k, y - 0.68 * HEAD * k, { align: "left", weight: 650, size: name })
  const from = left + 14 * k
  const to = map - 20 * k
  const texts = [source.axes, ["", ""]].map(([queries, keys]) => [
    manyText(scene, "flow.attention.queries", queries),
    manyText(scene, "flow.attention.keys", keys),
  ])
  const fits = (/** @type {string[]} */ pair) =>
    pair.reduce((sum, text) => sum + p.measure(text, note), 10 * k) <= to - from
  const [queries, keys] = texts.find(fits) ?? texts[1]
  p.text(queries, from, y - 0.21 * HEAD * k, { align: "left", size: note, colour: p.c.soft })
  p.text(keys, to, y - 0.21 * HEAD * k, { align: "right", size: note, colour: p.c.soft })
  const wanted = p.measure(`k${source.keys - 1}`, note) + 5
  const every = Math.ceil(wanted / extent.cell)
  for (let key = 0; key < source.keys; key += every)
    p.text(`k${key}`, map + (key + 0.5) * extent.cell, y - 0.21 * HEAD * k, { size: note, colour: p.c.soft })
}

/** Where the queries and the keys of a head stand. @param {At} at @param {Shown} shown */
function stepsOf({ left, map, y }, { scene, claim, extent }) {
  const { k } = scene.plan
  const { queries, keys } = claim.source
  const height = queries * extent.cell
  return {
    query: { x: left + 34 * k, pitch: extent.cell, y: (/** @type {number} */ at) => y + (at + 0.5) * extent.cell },
    key: { x: map - 40 * k, pitch: height / keys, y: (/** @type {number} */ at) => y + (at + 0.5) * (height / keys) },
    half: 13 * k,
  }
}

/** Of many lines only the thick ones are drawn, but all of the query that is pointed at. */
const MANY_LINES = 512

/** @param {Paint} p @param {number} head @param {At} at @param {{pointed: number, touched: number}} rows @param {Shown} shown */
function drawLines(p, head, at, { pointed, touched }, shown) {
  const { scene, claim, weights, extent } = shown
  const { queries, keys, mixed, shared } = claim.source
  const { k } = scene.plan
  const steps = stepsOf(at, shown)
  const hot = pointed >= 0 ? pointed : touched
  const done = scene.progress(shared) * scene.progress(mixed)
  const thickest = Math.min(15 * k, extent.cell * 0.5)
  const least = queries * keys > MANY_LINES ? 1.5 / keys : 0.004
  for (let query = 0; query < queries; query++) {
    const grown = ease(done * queries - query)
    if (grown <= 0) continue
    for (let key = 0; key < keys; key++) {
      const share = weights.shares[(head * queries + query) * keys + key]
      if (!(share > (hot === query ? 0.004 : least))) continue
      const alpha = hot < 0 || hot === query ? 0.3 + 0.65 * share : 0.08
      const [x0, x1] = [steps.query.x + steps.half, steps.key.x - steps.half]
      const thick = Math.max(0.6, share * thickest) * grown
      p.curve(x0, steps.query.y(query), x1, steps.key.y(key), p.share(0.25 + share), thick, alpha)
    }
  }
}

/** The shares of a head, row by row. @param {Paint} p @param {number} head @param {At} at @param {Shown} shown */
function drawMap(p, head, { map, y }, shown) {
  const { scene, claim, weights, extent } = shown
  const { queries, keys, shared } = claim.source
  const { cell } = extent
  const done = scene.progress(shared)
  if (done <= 0) return p.ghost(map, y, keys * cell, queries * cell)
  const index = (/** @type {number} */ query, /** @type {number} */ key) => (head * queries + query) * keys + key
  if (cell < 5) {
    p.image(map, y, keys * cell, queries * cell, queries, keys, (query, key) =>
      done * queries <= query
        ? null
        : weights.left[index(query, key)]
          ? p.rgb.line
          : p.share(weights.shares[index(query, key)]),
    )
    return
  }
  const numbers = numbersFor(p, weights.shares, cell, keys)
  for (let query = 0; query < queries; query++) {
    const alpha = ease(done * queries - query)
    if (alpha <= 0) continue
    for (let key = 0; key < keys; key++) {
      const share = weights.shares[index(query, key)]
      const [left, top] = [map + key * cell, y + query * cell]
      if (weights.left[index(query, key)] && !share) {
        p.rect(left, top, cell - 1, cell - 1, p.rgb.zero)
        p.line(left + cell * 0.25, top + cell * 0.75, left + cell * 0.75, top + cell * 0.25, p.c.wire, 1.2)
        continue
      }
      p.cell(left, top, cell, cell, share, { scale: "share", alpha, numbers: false })
      if (numbers)
        p.number(printCell(share, numbers.digits), left + (cell - 1) / 2, top + (cell - 1) / 2, {
          size: numbers.size,
          colour: p.on(p.share(share)),
          alpha,
        })
    }
  }
}

/** With how many decimals all shares fit into cells, and how large; null: they do not. @param {Paint} p @param {ArrayLike<number>} shares @param {number} cell @param {number} keys */
function numbersFor(p, shares, cell, keys) {
  if (keys > MOST_NUMBERS) return null
  const fit = p.decimals([0.88], cell, Math.min(p.num, cell * 0.62), { top: 0.88, low: lowOf(shares) })
  return fit.digits < 0 ? null : fit
}

/** What is touched and pointed at in a map, and what the pointer finds there. @param {Paint} p @param {number} head @param {At} at @param {{pointed: number, touched: number}} rows @param {Shown} shown */
function drawRows(p, head, { map, y }, { pointed, touched }, { scene, claim, weights, sample, extent }) {
  const { queries, keys, cellOf } = claim.source
  const [shares] = claim.draws
  const { cell } = extent
  if (shares && cellOf && scene.marked(shares)) {
    for (const level of /** @type {const} */ ([1, 2])) {
      const marked = (/** @type {number} */ row, /** @type {number} */ column) =>
        scene.touched(shares, cellOf(sample, head, row, column)) >= level
      p.outline(map, y, cell, queries, keys, marked, level === 2)
    }
  } else if (pointed < 0 && touched >= 0) p.rim(map, y + touched * cell, keys * cell - 1, cell - 1)
  if (pointed >= 0) p.rim(map, y + pointed * cell, keys * cell - 1, cell - 1)
  for (let query = 0; query < queries; query++)
    for (let key = 0; key < keys; key++) {
      const at = (head * queries + query) * keys + key
      const place = { x: map + key * cell, y: y + query * cell, w: cell, h: cell }
      if (shares && cellOf) {
        const recorded = cellOf(sample, head, query, key)
        scene.hits.push({ ...place, value: shares, cell: () => recorded, set: { query } })
        continue
      }
      const says = () =>
        cellText(scene, { head, query, key, share: weights.shares[at], left: Boolean(weights.left[at]) })
      scene.area(place.x, place.y, cell, cell, { query }, says) // most are never pointed at
    }
}

/** @param {Scene} scene @param {{head: number, query: number, key: number, share: number, left: boolean}} cell */
function cellText({ words }, { head, query, key, share, left }) {
  if (left && !share) return words("flow.attention.left_out", { head, query, key })
  return words("flow.attention.share", { head, query, key, share: print(share, 3) })
}

/** The queries and the keys of a head, by their numbers. @param {Paint} p @param {number} head @param {At} at @param {number} pointed @param {Shown} shown */
function drawSteps(p, head, at, pointed, shown) {
  const { scene, claim, weights } = shown
  const { queries, keys } = claim.source
  const { query, key, half } = stepsOf(at, shown)
  const left = (/** @type {number} */ column) =>
    Array.from({ length: queries }, (_, row) => (head * queries + row) * keys + column).every(
      (place) => weights.left[place] && !weights.shares[place],
    )
  drawColumn(p, { ...query, half, count: queries, letter: "q", hot: pointed, out: () => false }, scene)
  drawColumn(p, { ...key, half, count: keys, letter: "k", hot: -1, out: left }, scene)
  for (let row = 0; row < queries; row++) {
    const says = scene.words("flow.attention.query", { number: row })
    scene.area(query.x - half, query.y(row) - query.pitch / 2, 2 * half, query.pitch, { query: row }, says)
  }
}

/**
 * @param {Paint} p
 * @param {{x: number, y: (at: number) => number, pitch: number, half: number, count: number, letter: string, hot: number,
 *   out: (at: number) => boolean}} column
 * @param {Scene} scene
 */
function drawColumn(p, { x, y, pitch, half, count, letter, hot, out }, scene) {
  const { k } = scene.plan
  const height = Math.min(22 * k, pitch - 3)
  const size = Math.min(noteSize(p, k), height * 0.85, (2 * half - 4) / (0.56 * `${letter}${count - 1}`.length))
  const boxed = size >= 9
  const every = boxed ? 1 : Math.max(1, Math.ceil((noteSize(p, k) * 1.1) / pitch))
  for (let at = 0; at < count; at++) {
    const own = hot === at
    if (boxed) {
      const [fill, edge] = own
        ? [p.c.accent, p.c.accent]
        : [out(at) ? p.c.paper : p.c.raised, out(at) ? p.c.line : p.c.wire]
      p.round(x - half, y(at) - height / 2, 2 * half, height, Math.min(6, height / 3), fill, edge, 1.4)
    } else
      p.rect(
        x + (letter === "q" ? half - 5 : -half),
        y(at) - 1,
        5,
        Math.max(1, Math.min(2, pitch - 1)),
        own ? p.c.accent : p.c.wire,
      )
    if (!boxed && !own && (at % every || (hot >= 0 && Math.abs(at - hot) < every))) continue
    const colour = own && boxed ? p.c.paper : own ? p.c.accent : out(at) ? p.c.faint : p.c.ink
    p.text(`${letter}${at}`, boxed ? x : x + (letter === "q" ? -4 : 4), y(at), {
      size: boxed ? size : noteSize(p, k) * 0.9,
      weight: 600,
      colour,
    })
  }
}

/** All heads as small maps: a press makes one large. @param {Paint} p @param {number} large @param {{x: number, y: number}} at @param {Shown} shown */
function drawSmall(p, large, { x, y }, { scene, claim, weights, extent }) {
  const { heads, queries, keys, mixed, shared } = claim.source
  const { k } = scene.plan
  const done = scene.progress(shared)
  const note = Math.min(p.note, 18 * k)
  const side = SMALL * k
  for (let head = 0; head < heads; head++) {
    const left = x + (head % extent.across) * SMALL_STEP * k + 3 * k
    const top = y + Math.floor(head / extent.across) * SMALL_ROW * k + 2 * k
    if (done <= 0) p.ghost(left, top, side, side)
    else
      p.image(left, top, side, side, queries, keys, (query, key) => {
        const at = (head * queries + query) * keys + key
        return done * queries <= query ? null : weights.left[at] ? p.rgb.line : p.share(weights.shares[at])
      })
    const own = head === large
    p.round(left - 2, top - 2, side + 4, side + 4, 3, null, own ? p.c.ink : p.c.line, own ? 1.8 : 1)
    const colour = own ? p.c.ink : p.c.soft
    p.text(String(head), left + side / 2, top + side + 10 * k, { size: note, weight: own ? 650 : 400, colour })
    const go = () => {
      chosen.set(mixed, { head, touched: scene.state.touched })
      scene.set({})
    }
    scene.click(left - 2, top - 2, side + 4, side + 20 * k, go, headText(scene, head))
  }
}

/** @type {Figure<HeadsClaim>["text"]} */
function text({ claim }, scene) {
  const { source } = claim
  const { words, state } = scene
  const { heads, queries, keys } = source
  const { shares } = source.weights(Math.min(state.sample, source.batch - 1))
  const told = heads <= MOST_LARGE ? Array.from({ length: heads }, (_, head) => head) : [headOf(claim, state)]
  const most = told.flatMap((head) =>
    Array.from({ length: Math.min(queries, MOST_NUMBERS) }, (_, query) => {
      const row = Array.from({ length: keys }, (_, key) => shares[(head * queries + query) * keys + key])
      const largest = Math.max(...row)
      const key = Math.max(0, row.indexOf(largest))
      return words("flow.attention.share", { head, query, key, share: print(largest) })
    }),
  )
  return `${words("flow.attention.heads", { heads, queries, keys, name: labelOf(claim.gives[0]) })} ${most.join("; ")}`
}

export default /** @type {Figure<HeadsClaim>} */ ({ name: "heads", rank: 60, wires: true, claims, size, draw, text })
