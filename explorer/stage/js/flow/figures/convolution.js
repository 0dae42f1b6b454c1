// A convolution: the window on its input, a filter's tile for each channel, their products, the sum, the bias. The window
// slides while the convolution runs, and stands at the touched cell.

import { labelOf, topOf, unflat } from "../kinds.js"
import { print } from "../paint.js"
import {
  AHEAD,
  cellNow,
  drawTile,
  drawWayDown,
  drawWayTo,
  drawWindow,
  fitAll,
  label,
  lookOf,
  lookOfNumbers,
  lookOfProducts,
  placeOf,
  SMALLEST,
} from "../panes.js"
import { EDGE, NARROW, roomOf } from "../places.js"
import { contribution, drawnWindows, panelsOf, productsOf } from "../windows.js"

/**
 * @import { Operation, Value } from "../graph.js" @import { FigureBlock } from "../layout.js"
 * @import { Paint } from "../paint.js" @import { Fit, Look, Rect } from "../panes.js"
 * @import { Claim, Figure, Scene } from "../scene.js" @import { Convolution, Panel } from "../windows.js"
 *
 * @typedef {object} OwnClaim
 * @property {Convolution} sliding @property {Operation} operation the convolution
 * @property {{operation: Operation, value: Value}|null} bias added to it
 * @property {Value} out what comes out, with the bias @property {number} sharing how many figures share the stage
 * @typedef {Claim & OwnClaim} ConvolutionClaim
 *
 * @typedef {FigureBlock & {claim: ConvolutionClaim}} Block
 *
 * @typedef {object} Moment what is shown now
 * @property {number} cell of the output @property {number[]} index its place there @property {number} filter
 * @property {Panel[]} panels under the window @property {number[]} adds what each adds to the sum
 * @property {number} lead the panel that adds the most @property {number} sum @property {number} bias
 *
 * @typedef {{row: number, rows: number, column: number, columns: number}} Crop the part of each panel that is drawn
 *
 * @typedef {object} Places where the parts of the figure stand
 * @property {number} k @property {number} left @property {number} width @property {number} top @property {number} bottom
 * @property {Crop} crop @property {number[]} shown the panels that are drawn, in order
 * @property {number} cell pixels @property {number} sign between tiles @property {number} first the upper edge of the first row
 * @property {number} step from row to row @property {number[]} x left edges of window, tile and products
 * @property {number} strip the upper edge of the filters' tiles @property {number} mini pixels of a cell of theirs
 */

/** Rows of tiles, of which each stands for a channel. */
const MOST_ROWS = 3
/** Filters whose tiles are drawn, and panels of one that lie beside each other. */
const MOST_TILES = 16
const MOST_PARTS = 4
/** Pixels, times k: of a cell at most, between tiles, between rows. */
const CELL = 52
const SIGN = 34
const NARROW_SIGN = 24
const LEAST_SIGN = 12
const SIDES = 12
const ROW_GAP = 30
/** From a row up to the middle of its label, times the size of the letters; between rows it has so much room. */
const LABEL = { above: 0.95, room: 2 }
/** A cell of the filters' tiles; the strip of all; between tiles. */
const MINI = 14
const MINI_LEAST = 5
const STRIP = 64
const MINI_GAP = 14
/** Of a stage's width, what a figure takes when cells are large, when they are small, and at most so that nothing is cut off. */
const WIDE = 0.5
const SMALL = 0.36
const MOST = 0.45
/** Of a narrow stage's height, what it takes: there it has a row of its own. */
const TALL = 0.8
/** How far beside it lines run from what stands above it, times k. */
const BESIDE = 9
const SUMS = new Set(["add", "+", "bias_add", "add_n"])
const RED_GREEN_BLUE = ["flow.convolution.red", "flow.convolution.green", "flow.convolution.blue"]

// -- what is claimed

/** The bias that is added to a convolution, one number for each filter. @param {Convolution} sliding @returns {ConvolutionClaim["bias"]} */
function biasOf({ result, filters }) {
  const [operation, ...more] = result.uses
  if (!operation || more.length || result.role === "output" || !SUMS.has(operation.kind) || operation.turns.length)
    return null
  const others = operation.operands.filter((value) => value !== result)
  const [value] = others
  const fits = others.length === 1 && !value.maker && value.role !== "input" && value.cells?.length === filters
  const kept = operation.results.length === 1 && operation.results[0].cells?.length === result.cells?.length
  return fits && kept && (filters > 1 || value.role === "weight") ? { operation, value } : null
}

/** @param {Operation} operation @param {Convolution} sliding @param {number} sharing @returns {ConvolutionClaim} */
function claimOf(operation, sliding, sharing) {
  const { x, kernel, pointwise, result, pad } = sliding
  const bias = biasOf(sliding)
  const out = bias ? bias.operation.results[0] : result
  const own = [kernel, pointwise, bias?.value].filter((value) => value !== undefined && value !== null)
  const made = own.filter((value) => value.maker || value.role === "input")
  return {
    operations: [operation, bias?.operation, pad].filter((one) => one !== undefined && one !== null),
    takes: [...new Set([x, ...made])],
    gives: [out],
    hides: [...(bias ? [result] : []), ...(pad ? [pad.results[0]] : [])],
    draws: own,
    sliding,
    operation,
    bias,
    out,
    sharing,
  }
}

// -- how large it is

/** Columns of one row of tiles, the sum of a separable one's panel and its weight included. @param {Convolution} sliding */
function columnsOf({ way, shape, channels, channel, tracks }) {
  const one = tracks.length === 1
  const columns = one ? (way === "full" ? (channel === 1 ? shape[0] : channels) : 1) : shape[tracks.length - 1]
  const rows = one ? (channel === 1 ? (way === "full" ? channels : 1) : shape[0]) : shape[tracks.length - 2]
  const slices = tracks.length === 3 ? shape[0] : 1
  const panels = (one && way === "full" ? 1 : channels * slices) * (way === "separable" ? shape[shape.length - 1] : 1)
  return { columns, rows, panels, more: way === "separable" ? 2 : 0 }
}

/** The room of a sign between tiles: half of what the smallest cells leave. @param {number} columns of a tile @param {number} more cells, of a separable one @param {number} room for all @param {number} k */
function signOf(columns, more, room, k) {
  const spare = room - ((3 * columns + more) * SMALLEST + (2 + more) * LEAST_SIGN) * k
  return Math.min((columns > 3 ? NARROW_SIGN : SIGN) * k, LEAST_SIGN * k + Math.max(0, spare) / (4 + 2 * more))
}

/** @type {Figure<ConvolutionClaim>["size"]} */
function sizeOf({ sliding, sharing }, space, unit) {
  const { k, W, H } = space
  const alone = W < NARROW
  const { columns, rows, panels, more } = columnsOf(sliding)
  const wish = (3 * columns + more) * CELL * k + (2 + more) * signOf(columns, more, Infinity, k) + SIDES * k
  const ease = Math.max(0, Math.min(1, (unit / k - 46) / 14))
  const tight = unit < 42 * k ? Math.max(0.7, unit / (42 * k)) : 1
  const part = ((SMALL + (WIDE - SMALL) * ease) * tight * W) / (sharing > 1 ? 1.35 : 1)
  const share = alone ? roomOf(space).width - 2 * BESIDE * k : part
  const whole = ((3 * columns + more) * SMALLEST + (2 + more) * LEAST_SIGN + SIDES) * k
  const w = Math.max(Math.min(250 * k, share), Math.min(wish, share), Math.min(whole, MOST * W))
  const signs = (2 + more) * signOf(columns, more, w - SIDES * k, k)
  const cell = Math.min(CELL * k, (w - signs - SIDES * k) / (3 * columns + more))
  const count = Math.min(MOST_ROWS, panels)
  const mini = Math.min(MINI * k, (STRIP * k) / rows)
  const text = 46 * k + 17 * k * (more ? 1 : 0) + mini * rows + 40 * k + 76 * k
  const h = Math.min(
    (H - 2 * EDGE * k) / sharing,
    alone ? TALL * H : Infinity,
    text + count * rows * cell + (count - 1) * ROW_GAP * k,
  )
  return { w, h }
}

// -- what is shown

/** @param {ConvolutionClaim} claim @param {Scene} scene @returns {Moment} */
function momentOf(claim, scene) {
  const { sliding, operation, bias, out } = claim
  const cell = cellNow(sliding, scene, operation, [out, sliding.result], (channel, filter) =>
    filterOf(claim, scene, channel, filter),
  )
  const index = unflat(sliding.output, cell)
  const filter = index[sliding.channel]
  const panels = panelsOf(sliding, cell)
  const adds = panels.map((panel) => contribution(sliding, panel).sum)
  const lead = adds.reduce((best, add, at) => (Math.abs(add) > Math.abs(adds[best]) ? at : best), 0)
  const sum = adds.reduce((all, add) => all + add, 0)
  return { cell, index, filter, panels, adds, lead, sum, bias: bias?.value.cells?.[filter] ?? 0 }
}

/** The filter that a touched weight belongs to, or the one nearest to the chosen one that reads a channel. @param {ConvolutionClaim} claim @param {Scene} scene @param {number|null} channel @param {number} filter */
function filterOf({ sliding, bias }, { state: { touched } }, channel, filter) {
  const { way, kernel, pointwise, shape, filters, groups, multiplier } = sliding
  const last = shape[shape.length - 1]
  if (touched && channel === null) {
    if (touched.value === bias?.value) return touched.cell
    if (touched.value === pointwise) return touched.cell % filters
    if (touched.value === kernel && way === "full") return touched.cell % last
    if (touched.value === kernel && way === "depthwise") return touched.cell % filters
  }
  if (channel === null || way === "separable") return filter
  if (way === "depthwise") return channel * multiplier + (filter % multiplier)
  const each = filters / groups
  const group = Math.floor(channel / (sliding.input[sliding.channel] / groups))
  return Math.floor(filter / each) === group ? filter : group * each
}

/** The product in a panel's cell. @param {Convolution} sliding @param {Panel} panel @param {number} at */
function product({ x, kernel }, { cells, weights }, at) {
  const number = cells[at] < 0 ? 0 : Number(x.cells?.[cells[at]])
  return number * Number(kernel.cells?.[weights[at]])
}

/** The largest product of a panel. @param {Convolution} sliding @param {Panel} panel */
function largestIn(sliding, panel) {
  let best = 0
  panel.cells.forEach((_, at) => {
    if (Math.abs(product(sliding, panel, at)) > Math.abs(product(sliding, panel, best))) best = at
  })
  return best
}

// -- where it stands

/** The part of a panel that is drawn: all of it if its colours can be told apart, else the part about the largest product. @param {Convolution} sliding @param {Panel} panel @param {number} most rows @param {number} across columns @returns {Crop} */
function cropOf(sliding, panel, most, across) {
  const rows = Math.max(1, Math.min(panel.rows, most))
  const columns = Math.max(1, Math.min(panel.columns, across))
  const best = rows < panel.rows || columns < panel.columns ? largestIn(sliding, panel) : 0
  const clamp = (/** @type {number} */ at, /** @type {number} */ part, /** @type {number} */ all) =>
    Math.max(0, Math.min(all - part, at - Math.floor(part / 2)))
  const row = clamp(Math.floor(best / panel.columns), rows, panel.rows)
  return { row, rows, column: clamp(best % panel.columns, columns, panel.columns), columns }
}

/** @param {Paint} p @param {Block} block @param {number} k @param {Moment} moment @returns {Places} */
function placesOf(p, { claim, cx, cy, w, up, down }, k, { panels, adds, lead }) {
  const { sliding } = claim
  const more = sliding.way === "separable" ? 2 : 0
  const [left, top, bottom] = [cx - w / 2, cy - up, cy + down]
  const height = bottom - top
  const least = SMALLEST * k
  const room = w - SIDES * k
  const crop = cropOf(
    sliding,
    panels[lead],
    Math.floor((height * 0.45) / least),
    Math.floor((room - (2 + more) * LEAST_SIGN * k - more * least) / (3 * least) + 1e-6),
  )
  const strip = top + p.name + p.note * (more ? 2.9 : 1.6) + 12 * k
  const mini = Math.min(MINI * k, (STRIP * k) / crop.rows)
  const ends = strip + (more ? MINI * k : mini * crop.rows)
  const labels = ends + 14 * k + p.note * (LABEL.above + 0.8)
  const foot = p.num * 1.15 * 1.6 + p.note * 1.5 + 12 * k
  const sign = signOf(crop.columns, more, room, k)
  const across = (room - (2 + more) * sign) / (3 * crop.columns + more)
  const gap = Math.max(ROW_GAP * k, p.note * LABEL.room)
  const cellOf = (/** @type {number} */ count) =>
    Math.min(CELL * k, across, (bottom - foot - labels - (count - 1) * gap) / (count * crop.rows))
  const readable = Math.min(across, p.num * 1.6)
  let count = Math.min(MOST_ROWS, panels.length)
  while (count > 1 && cellOf(count) < readable) count--
  const cell = Math.max(2, cellOf(count))
  const tall = count * crop.rows * cell + (count - 1) * gap
  const first = labels + Math.max(0, (bottom - foot - labels - tall) * 0.4)
  const wide = crop.columns * cell
  const start = cx - (3 * wide + (2 + more) * sign + more * cell) / 2
  const order = adds.map((_, at) => at).sort((a, b) => Math.abs(adds[b]) - Math.abs(adds[a]) || a - b)
  return {
    k, left, width: w, top, bottom, crop, cell, sign, first, strip, mini,
    shown: order.slice(0, count).sort((a, b) => a - b),
    step: crop.rows * cell + gap,
    x: [start, start + wide + sign, start + 2 * (wide + sign)],
  } // biome-ignore format: few lines
}

// -- drawing

/** @param {Paint} p @param {Block} block @param {Scene} scene */
function draw(p, block, scene) {
  const moment = momentOf(block.claim, scene)
  const places = placesOf(p, block, scene.plan.k, moment)
  drawHead(p, block, scene, moment, places)
  drawFilters(p, block, scene, moment, places)
  drawRows(p, block, scene, moment, places)
  const end = drawSum(p, block, scene, moment, places)
  drawNotes(p, block, scene, moment, places)
  drawWays(p, block, scene, moment, places, end)
}

/** The kernel's name and shape. @param {Paint} p @param {Block} block @param {Scene} scene @param {Moment} moment @param {Places} places */
function drawHead(p, { claim, cx, w }, scene, { panels, lead, filter }, { top }) {
  const { kernel, pointwise, shape } = claim.sliding
  const { words } = scene
  const y = top + p.name * 0.6
  p.text(labelOf(kernel), cx, y, { size: p.name, weight: 600, mono: true })
  const one = partsOf(claim.sliding, panels, lead).length < panels.length
  const channel = one && !pointwise ? words("flow.convolution.channel", { number: panels[lead].channel }) : ""
  const dims = shape.join(" × ")
  label(p, channel ? `${dims} · ${channel}` : dims, cx, y + p.note * 1.25, w)
  if (pointwise) {
    const filters = words("flow.convolution.filter", { number: filter })
    label(p, `${labelOf(pointwise)} ${pointwise.shape.join(" × ")} · ${filters}`, cx, y + p.note * 2.6, w)
  }
  scene.hitOperation(claim.operation, cx - w / 2, top, w, p.name + p.note * 1.5)
}

/** The panels whose tiles stand for a filter: all of them, or the one that adds the most. @param {Convolution} sliding @param {Panel[]} panels @param {number} lead */
function partsOf({ way }, panels, lead) {
  if (way === "separable") return panels
  const cells = panels.reduce((sum, { rows, columns }) => sum + rows * columns, 0)
  return panels.length > MOST_PARTS || (panels.length > 1 && cells > 200) ? [panels[lead]] : panels
}

/** The tiles of the filters, those of the chosen one in a frame. @param {Paint} p @param {Block} block @param {Scene} scene @param {Moment} moment @param {Places} places */
function drawFilters(p, { claim, cx, w }, scene, { cell, filter, panels, lead }, places) {
  const { sliding, out } = claim
  const { k, crop, strip } = places
  const { filters, way, output, channel } = sliding
  const numbers = (way === "separable" ? sliding.pointwise : sliding.kernel)?.cells ?? []
  const tiles = miniTiles(sliding, partsOf(sliding, panels, lead), crop)
  const columns = tiles.reduce((sum, tile) => sum + tile.columns, 0)
  const gap = MINI_GAP * k
  const between = 2 * (tiles.length - 1)
  const most = Math.min(filters, MOST_TILES)
  const widest = way === "separable" ? MINI * k : places.mini
  const fitting = (w - (most - 1) * gap - most * between) / (most * columns)
  const mini = Math.max(Math.min(MINI_LEAST * k, widest), Math.min(widest, fitting))
  const each = columns * mini + between
  const rest = filters > MOST_TILES || filters * (each + gap) - gap > w + 1 ? p.note * 7 : 0
  const count = Math.max(1, Math.min(most, Math.floor((w - rest + gap) / (each + gap))))
  const from = Math.max(0, Math.min(filters - count, filter - Math.floor(count / 2)))
  const start = cx - (count * (each + gap) - gap + rest) / 2
  const tall = Math.max(...tiles.map(({ rows }) => rows)) * mini
  for (let at = 0; at < count; at++) {
    const one = from + at
    const weights = tiles.map((tile) => tile.weights.map((weight) => weight + one - filter))
    const top = topOf(weights.flat().map((weight) => numbers[weight]))
    let x = start + at * (each + gap)
    const [left, wide] = [x - 4, each + 7]
    tiles.forEach((tile, number) => {
      weights[number].forEach((weight, place) => {
        const [row, column] = [Math.floor(place / tile.columns), place % tile.columns]
        p.cell(x + column * mini, strip + row * mini, mini, mini, numbers[weight], { top, numbers: false })
      })
      p.round(x - 0.5, strip - 0.5, tile.columns * mini, tile.rows * mini, 0, null, p.c.line, 1)
      x += tile.columns * mini + 2
    })
    if (one === filter && filters > 1) p.round(left, strip - 5, wide, tall + 8, 4, null, p.c.ink, 2)
    const says = scene.words("flow.convolution.filter", { number: one })
    const other = cell + (one - filter) * stepOf(output, channel)
    if (scene.state.touched?.value === out) scene.hit(out, other, left, strip - 5, wide, tall + 8)
    else scene.click(left, strip - 5, wide, tall + 8, () => scene.set({ filter: one }), says)
  }
  const left = filters - count
  if (left) {
    const x = start + count * (each + gap)
    label(p, scene.words("flow.hidden", { count: left }), x, strip + tall / 2, rest, { align: "left" })
  }
}

/** Cells from one channel of a shape to the next. @param {number[]} shape @param {number} channel */
function stepOf(shape, channel) {
  return shape.slice(channel + 1).reduce((product, length) => product * length, 1)
}

/** The weights of small tiles. @param {Convolution} sliding @param {Panel[]} parts @param {Crop} crop */
function miniTiles({ way }, parts, { row, rows, column, columns }) {
  if (way === "separable") return [{ rows: 1, columns: parts.length, weights: parts.map(({ share }) => share) }]
  return parts.map((panel) => ({
    rows,
    columns,
    weights: Array.from({ length: rows * columns }, (_, at) => {
      const [down, across] = [Math.floor(at / columns), at % columns]
      return panel.weights[(row + down) * panel.columns + column + across]
    }),
  }))
}

/** One row for each channel: its window times its tile are its products. @param {Paint} p @param {Block} block @param {Scene} scene @param {Moment} moment @param {Places} places */
function drawRows(p, block, scene, moment, places) {
  const { sliding, operation } = block.claim
  const { crop, cell, x, first, step, shown, sign } = places
  const { panels, filter } = moment
  const { words } = scene
  const looks = looksOf(sliding, moment)
  const fits = fitAll(p, looks, cell)
  const alpha = scene.progress(operation) > 0 ? 1 : AHEAD
  const wide = crop.columns * cell
  const room = wide + sign - 4
  const above = first - p.note * LABEL.above
  label(p, words("flow.convolution.filter", { number: filter }), x[1] + wide / 2, above, room)
  label(p, words("flow.convolution.products"), x[2] + wide / 2, above, room)
  shown.forEach((number, row) => {
    const panel = panels[number]
    const y = first + row * step
    drawRow(p, scene, block, panel, { y, alpha, looks, fits }, places)
    label(p, panelName(block.claim, panel, panels.length, scene), x[0] + wide / 2, y - p.note * LABEL.above, room)
    const middle = y + (crop.rows * cell) / 2
    drawSigns(
      p,
      scene,
      operation,
      [
        ["×", x[0] + wide],
        ["=", x[1] + wide],
      ],
      middle,
      sign,
    )
    if (panel.share >= 0) drawShare(p, scene, sliding, moment, number, y, places, alpha)
  })
}

/** How window, tile and products are drawn. @param {Convolution} sliding @param {Moment} moment @returns {Look[]} */
function looksOf(sliding, { panels }) {
  const numbers = sliding.kernel.cells ?? []
  const own = lookOfNumbers(panels.flatMap(({ weights }) => weights.map((weight) => numbers[weight])))
  let top = 0
  for (const panel of panels)
    panel.cells.forEach((_, at) => {
      const size = Math.abs(product(sliding, panel, at))
      if (size > top && size !== Infinity) top = size
    })
  const read = lookOf(sliding.x)
  return [read, own, lookOfProducts(read, lookOf(sliding.kernel), top)]
}

/** What stands above a window. @param {ConvolutionClaim} claim @param {Panel} panel @param {number} count @param {Scene} scene */
function panelName({ sliding }, { channel, slice }, count, { block, words }) {
  if (count === 1 && sliding.way !== "depthwise") return words("flow.convolution.window")
  if (block(sliding.x)?.view.rgb && slice === null) return words(RED_GREEN_BLUE[channel])
  if (slice === null) return words("flow.convolution.channel", { number: channel })
  return words("flow.convolution.slice", { channel, slice })
}

/**
 * @param {Paint} p @param {Scene} scene @param {Block} block @param {Panel} panel
 * @param {{y: number, alpha: number, looks: Look[], fits: Fit[]}} how @param {Places} places
 */
function drawRow(p, scene, { claim }, panel, { y, alpha, looks, fits }, { crop, cell, x }) {
  const { sliding } = claim
  const { x: input, kernel } = sliding
  const { touched } = scene.state
  const place = (/** @type {number} */ row, /** @type {number} */ column) =>
    (crop.row + row) * panel.columns + crop.column + column
  const tile = (/** @type {number} */ number) => ({ x: x[number], y, cell, rows: crop.rows, columns: crop.columns })
  /** @param {Value} value @param {number[]} cells */
  const cellsOf = (value, cells) => (/** @type {number} */ row, /** @type {number} */ column) => {
    const at = cells[place(row, column)]
    return { number: at < 0 ? 0 : Number(value.cells?.[at]), value, cell: at }
  }
  drawTile(p, scene, tile(0), cellsOf(input, panel.cells), looks[0], fits[0])
  drawTile(p, scene, tile(1), cellsOf(kernel, panel.weights), looks[1], fits[1])
  const products = (/** @type {number} */ row, /** @type {number} */ column) => {
    return { number: product(sliding, panel, place(row, column)), value: null, cell: -1 }
  }
  drawTile(p, scene, tile(2), products, looks[2], fits[2], alpha)
  p.round(x[0] - 2, y - 2, crop.columns * cell + 3, crop.rows * cell + 3, 3, null, p.c.accent, 2)
  for (const [number, value, cells] of /** @type {const} */ ([
    [0, input, panel.cells],
    [1, kernel, panel.weights],
  ])) {
    const inside = (/** @type {number} */ row, /** @type {number} */ column) =>
      touched?.value === value && touched.cell === cells[place(row, column)]
    if (touched?.value === value) p.outline(x[number], y, cell, crop.rows, crop.columns, inside)
  }
}

/** @param {Paint} p @param {Scene} scene @param {Operation} operation @param {(string|number)[][]} signs each with the left edge of its gap @param {number} y @param {number} room */
function drawSigns(p, scene, operation, signs, y, room) {
  const now = scene.now(operation)
  for (const [sign, left] of signs) {
    const x = Number(left)
    const colour = now ? p.c.ink : p.c.soft
    p.text(String(sign), x + room / 2, y, {
      size: Math.min(p.opSize * 1.2, room * 0.8),
      weight: now ? 750 : 600,
      colour,
    })
    scene.hitOperation(operation, x, y - room / 2, room, room)
  }
}

/** Of a separable convolution: the sum of a panel's products, and what the pointwise kernel weighs it with. @param {Paint} p @param {Scene} scene @param {Convolution} sliding @param {Moment} moment @param {number} number @param {number} y @param {Places} places @param {number} alpha */
function drawShare(p, scene, sliding, { panels, filter }, number, y, { x, crop, cell, sign, first }, alpha) {
  const { pointwise } = sliding
  if (!pointwise) return
  const panel = panels[number]
  const sums = panels.map((one) => productsOf(sliding, one).sum)
  const shares = panels.map(({ share }) => Number(pointwise.cells?.[share]))
  const looks = [lookOfNumbers(sums), lookOfNumbers(shares)]
  const side = cell
  const fits = fitAll(p, looks, side)
  const left = x[2] + crop.columns * cell + sign
  const top = y + (crop.rows * cell - side) / 2
  const tile = (/** @type {number} */ at) => ({ x: at, y: top, cell: side, rows: 1, columns: 1 })
  drawTile(p, scene, tile(left), () => ({ number: sums[number], value: null, cell: -1 }), looks[0], fits[0], alpha)
  const share = () => ({ number: shares[number], value: pointwise, cell: panel.share })
  drawTile(p, scene, tile(left + side + sign), share, looks[1], fits[1])
  const size = Math.min(p.opSize, sign * 0.7)
  p.text("Σ", left - sign / 2, top + side / 2, { size, weight: 600, colour: p.c.soft })
  p.text("×", left + side + sign / 2, top + side / 2, { size, weight: 600, colour: p.c.soft })
  const name = scene.words("flow.convolution.pointwise", { number: filter })
  const right = left + 2 * side + sign
  if (y === first) label(p, name, right, first - p.note * LABEL.above, 2 * (side + sign), { align: "right" })
}

/** The sum, the bias, and what comes out; gives where the line to the output begins. @param {Paint} p @param {Block} block @param {Scene} scene @param {Moment} moment @param {Places} places */
function drawSum(p, { claim }, scene, moment, places) {
  const { operation, bias, out, sliding } = claim
  const { shown, first, step, crop, cell, x, k, left, sign } = places
  const size = p.num * 1.15
  const ends = first + (shown.length - 1) * step + crop.rows * cell
  const y = ends + size * 0.9 + 8 * k
  const more = sliding.way === "separable" ? 2 * (cell + sign) : 0
  const right = x[2] + crop.columns * cell + more
  if (scene.progress(operation) <= 0) return { x: right, y }
  const added = bias ? scene.progress(bias.operation) > 0 : false
  /** @type {{text: string, weight?: number, colour?: string, value?: Value, cell?: number}[]} */
  const parts = [{ text: `Σ = ${print(moment.sum)}`, weight: 650 }]
  if (bias) {
    const text = scene.words("flow.convolution.bias", { number: signed(moment.bias) })
    const colour = scene.now(bias.operation) ? p.c.ink : p.c.soft
    parts.push({ text, colour, value: bias.value, cell: moment.filter })
  }
  if (bias && added) parts.push({ text: `= ${print(Number(out.cells?.[moment.cell]))}`, weight: 650 })
  const gap = 7 * k
  const wide = parts.reduce((sum, { text, weight }) => sum + p.measure(text, size, "sans", weight) + gap, -gap)
  const fitted = Math.min(size, (size * (right - left)) / Math.max(1, wide))
  let at = Math.max(left, right - (wide * fitted) / size)
  for (const { text, weight, colour, value, cell: place } of parts) {
    const w = p.text(text, at, y, { align: "left", size: fitted, weight, colour })
    if (value && place !== undefined) scene.hit(value, place, at, y - size, w, 2 * size)
    at += w + (gap * fitted) / size
  }
  return { x: at, y }
}

/** A number that is added: "+ 0.50", "− 0.50". @param {number} number */
function signed(number) {
  return number < 0 ? `− ${print(-number)}` : `+ ${print(number)}`
}

/** What is left out, in words. @param {Paint} p @param {Block} block @param {Scene} scene @param {Moment} moment @param {Places} places */
function drawNotes(p, { claim, cx, w }, scene, moment, places) {
  const { first, step, shown, crop, cell, k, bottom } = places
  const notes = notesOf(p, claim, scene, moment, places)
  const ends = first + (shown.length - 1) * step + crop.rows * cell
  const y = ends + p.num * 1.15 * 1.6 + 10 * k + p.note * 0.6
  const [together, short] = [0, 1].map((way) => notes.map((note) => note[way]).join(" · "))
  if (notes.length > 1 && p.measure(together, p.note) > w && y + p.note * 2 < bottom)
    notes.forEach((note, at) => {
      label(p, note, cx, y + at * p.note * 1.35, w)
    })
  else if (notes.length) label(p, [together, short], cx, y, w)
}

/** @param {Paint} p @param {ConvolutionClaim} claim @param {Scene} scene @param {Moment} moment @param {Places} places @returns {string[][]} each with a shorter one */
function notesOf(p, { sliding }, { words }, moment, { shown, crop, cell }) {
  const { panels, adds, sum, lead } = moment
  const notes = []
  const count = panels.reduce((all, panel) => all + panel.cells.length, 0)
  const drawn = shown.length * crop.rows * crop.columns
  if (crop.rows * crop.columns < panels[0].cells.length || (drawn < count && panels[0].slice !== null)) {
    const seen = shown.reduce((all, number) => all + partSum(sliding, panels[number], crop), 0)
    const told = { shown: drawn, count, rest: print(sum - seen) }
    notes.push([words("flow.convolution.some", told), words("flow.convolution.some.short", told)])
  } else if (drawn < count) {
    const seen = shown.reduce((all, number) => all + adds[number], 0)
    const told = { shown: shown.length, count: panels.length, rest: print(sum - seen) }
    notes.push([words("flow.convolution.channels", told), words("flow.convolution.channels.short", told)])
  }
  if (fitAll(p, looksOf(sliding, moment), cell).some(({ digits }) => digits < 0)) {
    const at = largestIn(sliding, panels[lead])
    const read = panels[lead].cells[at]
    const number = read < 0 ? 0 : Number(sliding.x.cells?.[read])
    const weight = Number(sliding.kernel.cells?.[panels[lead].weights[at]])
    const told = { number: print(number), weight: print(weight), product: print(number * weight) }
    const short = `${told.number} × ${told.weight} = ${told.product}`
    notes.push([words("flow.convolution.largest", told), short])
  }
  return notes
}

/** What the drawn part of a panel adds. @param {Convolution} sliding @param {Panel} panel @param {Crop} crop */
function partSum(sliding, panel, { row, rows, column, columns }) {
  let sum = 0
  for (let down = 0; down < rows; down++)
    for (let across = 0; across < columns; across++)
      sum += product(sliding, panel, (row + down) * panel.columns + column + across)
  return panel.share < 0 ? sum : sum * Number(sliding.pointwise?.cells?.[panel.share])
}

/** The window on the input, and the lines from there and to the output. @param {Paint} p @param {Block} block @param {Scene} scene @param {Moment} moment @param {Places} places @param {{x: number, y: number}} end */
function drawWays(p, { claim, from, cx, w }, scene, moment, places, end) {
  const { sliding, operation, out } = claim
  const { x, first, step, shown, crop, cell, strip, left, k } = places
  const { panels } = moment
  const channels = [...new Set(channelsOf(sliding, moment))]
  const rects = drawWindow(p, scene, sliding, moment.cell, channels)
  const whole = crop.rows === panels[0].rows && crop.columns === panels[0].columns
  if (rects.length) {
    const [above, below] = [shown[0], shown[shown.length - 1]].map((number) => rectOf(rects, sliding, panels[number]))
    const ends = first + (shown.length - 1) * step + crop.rows * cell
    const dash = whole ? [2, 3] : [2, 6]
    if (below.y + below.h < strip) {
      const side = Math.min(left, scene.block(sliding.x)?.left ?? left) - BESIDE * k
      const [from, to] = [above.y + above.h / 2, first + (crop.rows * cell) / 2]
      p.line(above.x - 3, from, side, from, p.c.accent, 1.2, dash)
      p.line(side, from, side, to, p.c.accent, 1.2, dash)
      p.line(side, to, x[0] - 3, to, p.c.accent, 1.2, dash)
    } else {
      p.line(above.x + above.w, above.y, x[0] - 3, first - 1, p.c.accent, 1.2, dash)
      p.line(below.x + below.w, below.y + below.h, x[0] - 3, ends, p.c.accent, 1.2, dash)
    }
  }
  for (const block of from) {
    if (block.value !== sliding.x) p.curve(block.right, block.cy, left - 4, strip, p.c.wire, 1.4)
  }
  const place = placeOf(scene, out, sliding.output, moment.cell)
  if (!place) return
  p.rim(place.x, place.y, place.cell, place.cell)
  if (scene.progress(operation) <= 0) return
  const start = { x: end.x + 6, y: end.y }
  const made = scene.block(out)
  if (made && made.cy - made.up > end.y) drawWayDown(p, scene, start, place, Math.max(cx + w / 2, made.right))
  else drawWayTo(p, scene, start, place)
}

/** The channels that the filter reads. @param {Convolution} sliding @param {Moment} moment @returns {number[]} */
function channelsOf({ tracks, way, channels }, { panels }) {
  if (tracks.length > 1 || way !== "full") return panels.map(({ channel }) => channel)
  return Array.from({ length: channels }, (_, number) => panels[0].channel + number)
}

/** The outline that belongs to a panel. @param {Rect[]} rects @param {Convolution} sliding @param {Panel} panel @returns {Rect} */
function rectOf(rects, { channel, tracks }, panel) {
  const own = rects.find(({ base }) => base[channel] === panel.channel)
  if (own && tracks.length < 3) return own
  const middle = rects.filter(({ base }) => base[channel] === panel.channel)
  return middle[Math.min(middle.length - 1, panel.slice ?? 0)] ?? rects[0]
}

/** @type {Figure<ConvolutionClaim>} */
const figure = {
  name: "convolution",
  rank: 30,
  wires: false,
  apart: true,
  example: true,
  claims: (graph) => {
    const found = drawnWindows(graph)
    return found.flatMap(({ operation, sliding }) =>
      "kernel" in sliding ? [claimOf(operation, sliding, found.length)] : [],
    )
  },
  size: sizeOf,
  draw,
  text: ({ claim }, scene) => {
    const { sliding, out } = claim
    const { index, cell, sum, bias } = momentOf(claim, scene)
    const { tracks, shape, filters, channels } = sliding
    return scene.words(claim.bias ? "flow.convolution.says.bias" : "flow.convolution.says", {
      filters,
      channels,
      size: shape.slice(0, tracks.length).join(" × "),
      name: labelOf(out),
      place: index.join(", "),
      sum: print(sum),
      bias: print(bias),
      result: print(Number(out.cells?.[cell])),
    })
  },
}

export default figure
