// A pooling: the window on its input, the numbers under it, and the one that wins, or their mean. The window slides while
// the pooling runs, and stands at the touched cell.

import { unflat } from "../kinds.js"
import { print } from "../paint.js"
import { AHEAD, cellNow, drawTile, drawWayTo, drawWindow, fitAll, label, lookOf, placeOf, SMALLEST } from "../panes.js"
import { EDGE } from "../places.js"
import { drawnWindows, pooled, poolPanels } from "../windows.js"

/**
 * @import { Operation, Value } from "../graph.js" @import { FigureBlock } from "../layout.js"
 * @import { Paint } from "../paint.js" @import { Claim, Figure, Scene } from "../scene.js"
 * @import { Panel, Pooling } from "../windows.js"
 *
 * @typedef {object} OwnClaim
 * @property {Pooling} sliding @property {Operation} operation @property {Value} out
 * @property {number} sharing how many figures share the stage
 * @typedef {Claim & OwnClaim} PoolingClaim
 *
 * @typedef {FigureBlock & {claim: PoolingClaim}} Block
 *
 * @typedef {object} Moment what is shown now
 * @property {number} cell of the output @property {number[]} index its place there
 * @property {Panel[]} panels under the window @property {ReturnType<typeof pooled>} found
 */

/** Pixels, times k: of a cell, between the planes of a window, for the texts above and below. */
const CELL = 58
const GAP = 14
const TEXTS = 108
/** Planes of a window over three axes that are drawn. */
const MOST_PLANES = 4
const WIDEST = 0.3

/** Rows and columns of one plane of a window, and how many planes it has. @param {Pooling} pooling */
function extentOf({ tracks, channel }) {
  const taps = tracks.map((track) => (track.adaptive ? track.taps + 1 : track.taps))
  if (taps.length === 1)
    return channel === 1 ? { rows: 1, columns: taps[0], planes: 1 } : { rows: taps[0], columns: 1, planes: 1 }
  const [rows, columns] = taps.slice(-2)
  return { rows, columns, planes: Math.min(MOST_PLANES, taps.length === 3 ? taps[0] : 1) }
}

/** @type {Figure<PoolingClaim>["size"]} */
function sizeOf({ sliding, sharing }, { k, W, H }) {
  const { rows, columns, planes } = extentOf(sliding)
  const wide = planes * columns * CELL * k + (planes - 1) * GAP * k + 24 * k
  const w = Math.min(Math.max(190 * k, wide), (WIDEST * W) / (sharing > 1 ? 1.2 : 1))
  const cell = Math.min(CELL * k, (w - 24 * k - (planes - 1) * GAP * k) / (planes * columns))
  return { w, h: Math.min((H - 2 * EDGE * k) / sharing, rows * cell + TEXTS * k) }
}

/** @param {PoolingClaim} claim @param {Scene} scene @returns {Moment} */
function momentOf({ sliding, operation, out }, scene) {
  const cell = cellNow(sliding, scene, operation, [out], (channel, filter) => channel ?? filter)
  return { cell, index: unflat(sliding.output, cell), panels: poolPanels(sliding, cell), found: pooled(sliding, cell) }
}

/** The part of a window that is drawn: about the winner, if not all of it can be. @param {Panel} panel @param {number} winner @param {number} most rows @param {number} across columns */
function cropOf({ cells, rows, columns }, winner, most, across) {
  const at = Math.max(0, cells.indexOf(winner))
  const shown = { rows: Math.max(1, Math.min(rows, most)), columns: Math.max(1, Math.min(columns, across)) }
  const clamp = (/** @type {number} */ place, /** @type {number} */ part, /** @type {number} */ all) =>
    Math.max(0, Math.min(all - part, place - Math.floor(part / 2)))
  const row = clamp(Math.floor(at / columns), shown.rows, rows)
  return { ...shown, row, column: clamp(at % columns, shown.columns, columns) }
}

/** @param {Paint} p @param {Block} block @param {Scene} scene */
function draw(p, block, scene) {
  const { claim, cx, cy, w, up, down } = block
  const { sliding, operation, out } = claim
  const { k } = scene.plan
  const moment = momentOf(claim, scene)
  const { panels, found, index } = moment
  const [top, bottom] = [cy - up, cy + down]
  const planes = planesOf(panels, found.winner)
  const [above, below] = [p.note * 3 + 12 * k, p.num * 1.15 * 1.6 + p.note * 1.5 + 8 * k]
  const gap = GAP * k
  const [wide, tall] = [(w - 12 * k - (planes.length - 1) * gap) / planes.length, bottom - top - above - below]
  const least = SMALLEST * k
  const crop = cropOf(planes[0], found.winner, Math.floor(tall / least), Math.floor(wide / least))
  const cell = Math.max(2, Math.min(CELL * k, wide / crop.columns, tall / crop.rows))
  const y = top + above + Math.max(0, (tall - crop.rows * cell) / 2)
  const each = crop.columns * cell + gap
  const x = cx - (planes.length * each - gap) / 2
  drawHead(p, block, scene, index, y - p.note * (panels.length > 1 ? 2.1 : 1.1))
  planes.forEach((panel, at) => {
    const left = x + at * each
    drawPlane(p, scene, sliding, panel, { x: left, y, cell, crop }, found.winner)
    const name = panels.length > 1 ? scene.words("flow.pooling.slice", { number: panel.slice }) : ""
    label(p, name, left + (each - gap) / 2, y - p.note * 0.75, each + 30 * k)
  })
  const ends = y + crop.rows * cell
  const sumY = ends + p.num * 1.15 * 0.8 + 6 * k
  const end = drawResult(p, block, scene, moment, sumY)
  const drawn = planes.length * crop.rows * crop.columns
  const count = panels.reduce((sum, panel) => sum + panel.cells.length, 0)
  if (drawn < count)
    label(p, scene.words("flow.pooling.some", { shown: drawn, count }), cx, sumY + p.num * 0.8 + p.note * 0.7, w)
  drawWays(p, scene, claim, moment, { x, y, ends }, end)
  const place = placeOf(scene, out, sliding.output, moment.cell)
  if (!place) return
  p.rim(place.x, place.y, place.cell, place.cell)
  if (scene.progress(operation) > 0) drawWayTo(p, scene, { x: end.x + 6, y: end.y }, place)
}

/** The planes that are drawn, the one with the winner among them. @param {Panel[]} panels @param {number} winner @returns {Panel[]} */
function planesOf(panels, winner) {
  const at = Math.max(
    0,
    panels.findIndex(({ cells }) => cells.includes(winner)),
  )
  const from = Math.max(0, Math.min(panels.length - MOST_PLANES, at - 1))
  return panels.slice(from, from + MOST_PLANES)
}

/** What is kept of the window, and of which channel. @param {Paint} p @param {Block} block @param {Scene} scene @param {number[]} index @param {number} y */
function drawHead(p, { claim, cx, w }, scene, index, y) {
  const { sliding, operation } = claim
  const { words } = scene
  const many = sliding.input[sliding.channel] > 1
  const what = words(sliding.keeps === "max" ? "flow.pooling.max" : "flow.pooling.average")
  const channel = words("flow.convolution.channel", { number: index[sliding.channel] })
  const now = scene.now(operation)
  const how = { colour: now ? p.c.ink : p.c.soft, weight: now ? 650 : 400 }
  label(p, many ? `${what} · ${channel}` : what, cx, y, w, how)
  scene.hitOperation(operation, cx - w / 2, y - p.note * 0.8, w, p.note * 1.6)
}

/** The numbers under the window; the winner is outlined, of a mean all are. @param {Paint} p @param {Scene} scene @param {Pooling} sliding @param {Panel} panel @param {{x: number, y: number, cell: number, crop: ReturnType<typeof cropOf>}} place @param {number} winner */
function drawPlane(p, scene, { x: value, keeps }, panel, { x, y, cell, crop }, winner) {
  const at = (/** @type {number} */ row, /** @type {number} */ column) =>
    panel.cells[(crop.row + row) * panel.columns + crop.column + column]
  const look = lookOf(value)
  const [fit] = fitAll(p, [look], cell)
  const tile = { x, y, cell, rows: crop.rows, columns: crop.columns }
  const shown = (/** @type {number} */ row, /** @type {number} */ column) => {
    const place = at(row, column)
    return { number: Number(value.cells?.[place]), value, cell: place }
  }
  drawTile(p, scene, tile, shown, look, fit)
  const max = keeps === "max"
  const [wide, tall] = [crop.columns * cell, crop.rows * cell]
  if (max) p.round(x - 2, y - 2, wide + 3, tall + 3, 3, null, p.c.accent, 1.2)
  p.outline(x, y, cell, crop.rows, crop.columns, (row, column) =>
    max ? at(row, column) === winner : at(row, column) >= 0,
  )
}

/** What the window becomes; gives where the line to the output begins. @param {Paint} p @param {Block} block @param {Scene} scene @param {Moment} moment @param {number} y */
function drawResult(p, { claim, cx, w }, scene, { found }, y) {
  const { keeps } = claim.sliding
  const told = { sum: print(found.sum), count: found.count, result: print(found.value) }
  const text = scene.words(keeps === "max" ? "flow.pooling.largest" : "flow.pooling.mean", told)
  const size = p.num * 1.15
  const fitted = Math.min(size, (size * w) / Math.max(1, p.measure(text, size, "sans", 650)))
  const alpha = scene.progress(claim.operation) > 0 ? 1 : AHEAD
  const wide = p.text(text, cx, y, { size: fitted, weight: 650, alpha })
  return { x: cx + wide / 2, y }
}

/** The window on the input, the winner in it, and the lines that lead from there. @param {Paint} p @param {Scene} scene @param {PoolingClaim} claim @param {Moment} moment @param {{x: number, y: number, ends: number}} to @param {{x: number, y: number}} _end */
function drawWays(p, scene, { sliding }, { cell, index, found }, { x, y, ends }, _end) {
  const max = sliding.keeps === "max"
  const [rect] = drawWindow(p, scene, sliding, cell, [index[sliding.channel]], !max)
  if (rect) {
    p.line(rect.x + rect.w, rect.y, x - 3, y - 1, p.c.accent, 1.2, [2, 3])
    p.line(rect.x + rect.w, rect.y + rect.h, x - 3, ends, p.c.accent, 1.2, [2, 3])
  }
  const place = max && found.winner >= 0 ? placeOf(scene, sliding.x, sliding.input, found.winner) : null
  if (place) p.rim(place.x, place.y, place.cell, place.cell)
}

/** @type {Figure<PoolingClaim>} */
const figure = {
  name: "pooling",
  rank: 30,
  wires: false,
  example: true,
  claims: (graph) => {
    const found = drawnWindows(graph)
    return found.flatMap(({ operation, sliding }) => {
      if (!("keeps" in sliding)) return []
      const { x, result } = sliding
      const claim = { operations: [operation], takes: [x], gives: [result], hides: [], draws: [] }
      return [{ ...claim, sliding, operation, out: result, sharing: found.length }]
    })
  },
  size: sizeOf,
  draw,
  text: ({ claim }, scene) => {
    const { sliding } = claim
    const { index, found } = momentOf(claim, scene)
    const key = sliding.keeps === "max" ? "flow.pooling.says.max" : "flow.pooling.says.average"
    const size = sliding.tracks.map(({ taps }) => taps).join(" × ")
    return scene.words(key, { size, place: index.join(", "), count: found.count, result: print(found.value) })
  },
}

export default figure
