// A loop unrolled in time: one column for each turn. The carried state runs along the top and narrows at its gate, gates
// are bars between 0 and 1, what a turn takes comes from below. A loop without gates shows its values as rows of cells.

import { flat, size, topOf, unflat } from "../kinds.js"
import { cellsOf, loopsOf } from "../loops.js"
import { ease, print, printCell } from "../paint.js"
import { EDGE } from "../places.js"

/**
 * @import { FigureBlock } from "../layout.js" @import { Graph, Operation, Value } from "../graph.js"
 * @import { Loop, Part, Series, Source, State as Carried, Token, Track } from "../loops.js"
 * @import { CellScale, Paint } from "../paint.js" @import { Claim, Figure, FigureSize, Scene, State } from "../scene.js"
 *
 * @typedef {"belt"|"gate"|"signed"|"cells"|"input"} RowKind
 *
 * @typedef {object} Row one value of every turn, side by side
 * @property {RowKind} kind @property {Track|null} track @property {Source|null} source of an input
 * @property {Series} values
 *
 * @typedef {object} Unrolled
 * @property {Loop} loop @property {Row[]} rows from top to bottom
 * @property {boolean} fold whether the first axis is a batch @property {boolean} alone whether nothing else is on the stage
 * @property {number} beside how many loops run beside it, itself included @property {string} label which of them it is
 *
 * @typedef {Claim & Unrolled} LoopClaim
 */

/** So many turns are drawn, all of them. Of more the first ones, a window of some, and the last one. */
const MOST_TURNS = 8
const FIRST_TURNS = 3
const WINDOW = 3
/** So many units are drawn, all of them. */
const MOST_UNITS = 64
/** Pixels times k of a unit: at least where all are drawn, at least where they are cut off, and usually at most. */
const UNIT = { least: 3, cut: 8, most: 38 }
/** So many pixels more than a cell's has a bar's number: bars stand apart. They are so many times as high as their numbers at least. */
const APART = 4
const HIGH = 2.5
/** Heights, times k: of a turn's name, of rows and what lies below them; rows grow by so much where there is room. */
const HEAD = 36
const FOOT = 20
const HEIGHTS = {
  belt: { h: 32, below: 34, growth: 1.25 },
  gate: { h: 56, below: 14, growth: 2 },
  signed: { h: 56, below: 14, growth: 2 },
  cells: { h: 32, below: 32, growth: 1.25 },
  input: { h: 32, below: 30, growth: 1.25 },
}
/** Of values that are pictures. */
const PICTURES = { h: 54, below: 18, growth: 2 }
/** Widths, times k: inside a column before its cells (with what lets the state through; with a wire besides) and behind. */
const PAD = { plain: 30, ring: 42, tap: 54, behind: 13 }
/** So much wider is a column at most. */
const LEAD = 80
/** The left part of the figure, times k. */
const SIDE = { least: 116, most: 220 }
/** A name that is too long for a phone is written so much smaller at most. */
const SMALLEST_NAME = 0.66
/** Of names. */
const BOLD = 650
const RING = 10
/** A multiplication's ring and a wire before it take so many radii before the cells. */
const RINGS = { ring: 3.4, tap: 5.2 }
/** Pixels times k of a weight's cell, and room that a first turn's wires need outside its column. */
const WEIGHT = 7
/** The thumbnail of a weight has so many rows and columns; of a larger one it shows every other, or fewer. */
const MOST_PIXELS = 96
/** A smaller weight is a speck: so many pixels times k has a cell of it at least. */
const SPECK = 2
/** Pixels times k between pictures. */
const PICTURE_GAP = 6
const GAP = 5
const STUB = 10

// -- claims

/** @param {Graph} graph @param {State} state @returns {LoopClaim[]} */
function claims(graph, { fold }) {
  const loops = loopsOf(graph).filter((loop) => rowsOf(loop).every((row) => isDrawable(row, fold)))
  const owners = new Map(
    loops.flatMap((loop) => [...loop.before, ...loop.operations, ...loop.after].map((operation) => [operation, loop])),
  )
  const free = graph.operations.length > owners.size
  return loops.map((loop) => {
    const beside = loops.filter((other) => other === loop || !(leads(loop, other) || leads(other, loop))).length
    const operations = graph.operations.filter((operation) => owners.get(operation) === loop)
    const claim = { ...values(loop, operations, owners), operations, loop, rows: rowsOf(loop), fold, beside }
    const alone = !free && loops.length === 1 && !claim.takes.length && !claim.gives.length
    return { ...claim, alone, label: loops.length > 1 ? labelOf(loop) : "" }
  })
}

/** The rows of a loop, from top to bottom: without gates, what is made last stands on top. @param {Loop} loop @returns {Row[]} */
function rowsOf({ main, states, gates, rows, shown, inputs, turn }) {
  const taken = inputs.map((source) => inputRow(source))
  if (main) {
    const bars = gates.map((track) => rowOf(track.role === "new" ? "signed" : "gate", track))
    const others = [...states.filter((state) => state !== main), ...(shown ? [shown] : [])]
    return [rowOf("belt", main), ...bars, ...others.map((track) => rowOf("cells", track)), ...taken]
  }
  const made = [
    ...states.map((track) => rowOf("belt", track)),
    ...rows.map((track) => rowOf(track.role === "gate" ? "gate" : "cells", track)),
  ]
  const order = (/** @type {Row} */ { values }) => values[turn]?.maker?.order ?? 0
  return [...made.sort((one, other) => order(other) - order(one)), ...taken]
}

/** @param {Source} source @returns {Row} */
function inputRow(source) {
  return { kind: "input", track: null, source, values: source.values }
}

/** @param {RowKind} kind @param {Track} track @returns {Row} */
function rowOf(kind, track) {
  return { kind, track, source: null, values: track.values }
}

/** Whether every value of a row has numbers, and all have one shape. @param {Row} row @param {boolean} fold */
function isDrawable({ values }, fold) {
  const known = values.filter((value) => value !== null)
  const [{ shape }] = known
  if (!size(shape) || shape.length - Number(fold && shape.length > 1) > 4) return false
  return known.every((value) => value.cells !== null && String(value.shape) === String(shape))
}

/** Which values others draw, and which nobody else does. @param {Loop} loop @param {Operation[]} operations @param {Map<Operation, Loop>} owners @returns {Omit<Claim, "operations">} */
function values(loop, operations, owners) {
  const own = new Set(operations)
  const rows = rowsOf(loop)
  const drawn = new Set(rows.flatMap(({ values, source }) => [...values, ...(source?.again.flat() ?? [])]))
  const results = operations.flatMap((operation) => operation.results)
  const gathered = new Set(loop.after.flatMap((operation) => operation.results))
  const gives = results.filter(
    (value) => !drawn.has(value) && (isUsed(value, own) || (value.role === "output" && !gathered.has(value))),
  )
  const parts = new Set(rows.flatMap(({ track }) => track?.parts.map(({ of }) => of) ?? []))
  const given = new Set(
    operations.flatMap(({ operands }) => operands).filter((value) => !value.maker || !own.has(value.maker)),
  )
  const sequences = loop.inputs.flatMap(({ of }) => (of ? [of] : []))
  const free = (/** @type {Value} */ value) => value.uses.every((use) => owners.has(use))
  const takes = [...new Set([...given, ...sequences])].filter((value) => {
    if (value.role === "weight" || parts.has(value) || results.includes(value)) return false
    if (value.maker || !free(value)) return true
    return !sequences.includes(value) && !drawn.has(value)
  })
  const apart = new Set([...gives, ...takes])
  const inside = [...results, ...given, ...sequences, ...drawn].filter((value) => value !== null)
  const hides = [...new Set(inside)].filter((value) => !apart.has(value) && (results.includes(value) || free(value)))
  return { takes, gives, hides, draws: [...drawn, ...sequences, ...parts].filter((value) => value !== null) }
}

/** Whether something else is given a value. @param {Value} value @param {Set<Operation>} own */
function isUsed({ uses }, own) {
  return uses.some((use) => !own.has(use))
}

/** Whether what one loop makes goes into another one. @param {Loop} from @param {Loop} to */
function leads(from, to) {
  const ends = new Set(from.operations)
  /** @type {Set<Operation>} */
  const seen = new Set()
  const sequences = to.inputs.flatMap(({ of }) => (of?.maker ? [of.maker] : []))
  const waiting = [...to.operations, ...to.before, ...sequences]
  for (let at = 0; at < waiting.length; at++) {
    if (ends.has(waiting[at])) return true
    for (const { maker } of waiting[at].operands) {
      if (!maker || seen.has(maker)) continue
      seen.add(maker)
      waiting.push(maker)
    }
  }
  return false
}

/** Which of several loops it is: the layer that owns its weights. @param {Loop} loop */
function labelOf({ constants }) {
  const weight = constants.find(({ role, title }) => role === "weight" && title.includes("/"))
  return weight?.title.split("/")[0] ?? ""
}

// -- how a value lies

/**
 * @typedef {object} Cells one value of one sample: a row of units, or a picture of each channel
 * @property {number} count of units or of pictures @property {number} rows @property {number} columns of one picture; 0: of none
 * @property {(unit: number, row: number, column: number) => number} at the place of a cell
 */

/** @param {number[]} shape @param {boolean} fold @param {number} sample @returns {Cells} */
function cellsIn(shape, fold, sample) {
  const batch = fold && shape.length > 1
  const sizes = batch ? shape.slice(1) : shape
  const start = batch ? Math.min(sample, shape[0] - 1) * size(sizes) : 0
  if (sizes.length < 2) return { count: sizes[0] ?? 1, rows: 0, columns: 0, at: (unit) => start + unit }
  if (sizes.length === 2) {
    const [rows, columns] = sizes
    return { count: 1, rows, columns, at: (_, row, column) => start + row * columns + column }
  }
  const [rows, columns, channels] = sizes.slice(-3)
  const depth = size(sizes.slice(0, -3))
  return {
    count: depth * channels,
    rows,
    columns,
    at: (unit, row, column) => {
      const [layer, channel] = [Math.floor(unit / channels), unit % channels]
      return start + ((layer * rows + row) * columns + column) * channels + channel
    },
  }
}

/** The cell of a sequence that a cell of one turn is. @param {Source} source @param {number} turn @param {number[]} shape of the turn's value @param {number} cell */
function cellOfSequence({ of, axis, places }, turn, shape, cell) {
  if (!of || of.shape.length !== shape.length + 1) return null
  const index = unflat(shape, cell)
  index.splice(axis, 0, places[turn])
  return { value: of, cell: flat(of.shape, index) }
}

// -- sizes

/** @param {Row} row @returns {number[]} the shape of its values */
function shapeOf({ values }) {
  return /** @type {Value} */ (values.find((value) => value !== null)).shape
}

/** How high rows are, and what lies below each, times k; `most`: with room to spare. @param {LoopClaim} claim */
function heightsOf({ rows, fold }) {
  return rows.map((row, at) => {
    const next = rows[at + 1]?.kind
    const pictures = cellsIn(shapeOf(row), fold, 0).rows > 0
    const { h, below, growth } = pictures ? PICTURES : HEIGHTS[row.kind]
    const lastBar = isBar(row) && next !== "gate" && next !== "signed"
    const close = row.kind === "cells" && (next === "cells" || next === "gate")
    return { h, below: next ? (lastBar ? 25 : close ? 18 : below) : FOOT, most: h * growth }
  })
}

/** @param {LoopClaim} claim @param {{k: number, W: number, H: number}} space @param {number} unit @returns {FigureSize} */
function sizeOf(claim, { k, W, H }, unit) {
  const { loop, rows, alone, beside, takes, fold } = claim
  const heights = heightsOf(claim)
  const least = heights.reduce((sum, { h, below }) => sum + h + below, HEAD) * k
  const most = heights.reduce((sum, one) => sum + one.most + one.below, HEAD) * k
  const room = (H - (alone ? 2 * EDGE : 44) * k - (beside - 1) * 16 * k) / beside
  const ports = takes.map((value) => (loop.inputs.some(({ of }) => of === value) ? 0.94 : 0.1))
  if (alone) return { w: W - 40 * k, h: Math.min(room, most), ports }
  const { count, rows: pictures } = cellsIn(shapeOf(rows[0]), fold, 0)
  const each = Math.min(170 * k, Math.min(count, MOST_UNITS) * unit * (pictures ? 1.6 : 1.05))
  const turns = Math.min(loop.count, FIRST_TURNS + WINDOW + 1)
  const w = SIDE.least * k + turns * (PAD.ring * k + Math.max(each, 34 * k))
  return { w: Math.min(w, W - 40 * k), h: Math.min(room, Math.max(least, most * Math.min(1, unit / (50 * k)))), ports }
}

// -- the page

/**
 * @typedef {object} Column one turn
 * @property {number} turn @property {number} x @property {boolean} now whether it is running
 * @property {boolean} after whether the turn before it is not drawn
 *
 * @typedef {object} Band a row, where it is drawn
 * @property {Row} row @property {number} y @property {number} h @property {number} below
 * @property {number} count of units @property {number} shown of them @property {number} unit pixels of one
 * @property {CellScale} scale @property {number} top the value of a full colour
 * @property {{digits: number, size: number}|null} numbers how they are written; null: not at all
 *
 * @typedef {object} Page
 * @property {Paint} p @property {Scene} scene @property {LoopClaim} claim @property {Loop} loop
 * @property {number} k @property {number} head the height of the turns' names @property {number} left @property {number} top
 * @property {number} w @property {number} h @property {number} side the width of what stands before the columns
 * @property {number} names the width of names in it
 * @property {Column[]} columns in running order @property {{x: number, count: number}[]} gaps of turns that are not drawn
 * @property {number} column the width of one @property {number} gap the width of a gap
 * @property {number} before @property {number} behind its cells @property {number} cells their width
 * @property {number} ring how large a multiplication is drawn @property {boolean} tap whether its rows are fed by the state on top
 * @property {Band[]} bands @property {{x: number, y: number}} out where the wire of what is made begins
 * @property {{x: number, y: number, w: number, h: number, strong: boolean}[]} rims
 */

/** @param {Paint} p @param {FigureBlock & {claim: LoopClaim}} block @param {Scene} scene @returns {Page} */
function pageOf(p, block, scene) {
  const { claim, cx, cy, w, h, up } = block
  const { loop } = claim
  const { k } = scene.plan
  const heights = heightsOf(claim)
  const sum = heights.reduce((all, one) => all + one.h + one.below, 0) * k
  const head = Math.max(p.note * 1.6, HEAD * k * Math.min(1, h / (sum + HEAD * k)))
  const s = Math.min(1, (h - head) / sum)
  /** @type {Page} */
  const page = {
    p, scene, claim, loop, k, head, left: cx - w / 2, top: cy - up, w, h, side: 0, names: 0, columns: [], gaps: [],
    column: 0, gap: 0, before: 0, behind: 0, cells: 0, ring: 0, tap: false, bands: [], out: { x: cx + w / 2, y: cy }, rims: [],
  } // biome-ignore format: several a line
  const spare = heights.reduce((all, one) => all + (one.most - one.h) * k, 0)
  const grown = spare > 0 ? Math.min(1, Math.max(0, h - head - sum) / spare) : 0
  let y = page.top + head
  page.bands = claim.rows.map((row, at) => {
    const one = heights[at]
    const band = bandOf(row, y, (one.h * s + (one.most - one.h) * grown) * k, one.below * k * s)
    y += band.h + band.below
    return band
  })
  page.names = Math.max(...page.bands.map((band) => nameWidth(page, band)))
  page.side = sideOf(page)
  standColumns(page)
  for (const band of page.bands) fillBand(page, band)
  return page
}

/** @param {Row} row @param {number} y @param {number} h @param {number} below @returns {Band} */
function bandOf(row, y, h, below) {
  return { row, y, h, below, count: 0, shown: 0, unit: 0, scale: "signed", top: 1, numbers: null }
}

/** The width of what stands before the columns: names, and equations or weights. @param {Page} page */
function sideOf(page) {
  const { p, k, w, names, bands } = page
  const weights = Math.max(0, ...bands.map(({ row }) => weightsWidth(row, WEIGHT * k, GAP * k)))
  const equations = bands.flatMap((band) => {
    const lines = linesOf(page, band, equationRoom(page))
    const own = isBar(band.row) ? 0 : weightsWidth(band.row, WEIGHT * k, GAP * k) + GAP * k
    return lines.map((line) => nameOf(page, band.row).width + 8 * k + p.measure(line, p.note) + Math.max(0, own))
  })
  const wanted = Math.max(names + 10 * k + Math.min(weights, 100 * k), ...equations) + 16 * k
  return Math.min(Math.max(SIDE.least * k, wanted), SIDE.most * k * (p.note / 13), w * 0.3)
}

/** The usual room for an equation on one line. @param {Page} page */
function equationRoom({ p, k }) {
  return 110 * k * (p.note / 13)
}

/** Find the columns: all turns, or the first ones, a window around the one that matters, and the last one. @param {Page} page */
function standColumns(page) {
  const { p, loop, scene, k, side, w, claim } = page
  const { count, backwards } = loop
  const { main } = loop
  page.tap = main !== null && loop.gates.some(({ needs }) => needs.states.has(main))
  const items = itemsOf(count, count > MOST_TURNS ? turnThatMatters(page) : 0)
  const holes = items.filter(({ turn }) => turn < 0).length
  const most = p.measure(scene.words("flow.recurrence.more", { count }), p.note) + 8 * k
  page.gap = holes ? most : 0
  const room = w - side - (backwards || claim.beside > 1 ? STUB * k : 0) // turns stand below those of a loop beside it
  page.column = (room - holes * page.gap) / (items.length - holes)
  const narrow = Math.max(0.5, Math.min(1, page.column / (150 * k)))
  page.before = (main ? (page.tap ? PAD.tap : PAD.ring) : PAD.plain) * k * narrow
  page.behind = PAD.behind * k * narrow
  const ring = (page.before - insetOf(page)) / (page.tap ? RINGS.tap : RINGS.ring)
  page.ring = Math.min(ring, Math.max(7.5, RING * k * narrow))
  page.cells = Math.min(Math.max(1, page.column - page.before - page.behind), widthOfCells(page))
  const wide = page.column
  page.column = Math.min(wide, page.before + page.cells + page.behind + LEAD * k)
  const spare = (wide - page.column) * (items.length - holes)
  page.left += spare / 2
  page.w -= spare
  const now = new Set(loop.operations.filter((one) => scene.now(one)).map((one) => turnOf(loop, one)))
  let x = page.left + side
  for (const item of backwards ? items.toReversed() : items) {
    if (item.turn < 0) page.gaps.push({ x, count: item.count })
    else page.columns.push({ turn: item.turn, x, now: now.has(item.turn), after: item.after })
    x += item.turn < 0 ? page.gap : page.column
  }
  page.columns.sort((one, other) => one.turn - other.turn)
}

/** The most units or pictures of a row, what a turn takes aside. @param {Page} page */
function mostUnits({ bands, claim }) {
  const made = bands.filter(({ row }) => row.kind !== "input")
  return Math.max(1, ...made.map(({ row }) => cellsIn(shapeOf(row), claim.fold, 0).count))
}

/** How wide the cells of a turn are at most. @param {Page} page */
function widthOfCells(page) {
  const { p, bands, claim, k } = page
  const widest = Math.max(UNIT.most * k, p.measure(print(-0.88), p.num) + 8 * k)
  const pictures = bands.map(({ row, h }) => {
    const { rows, columns } = cellsIn(shapeOf(row), claim.fold, 0)
    return rows ? (columns * h) / rows + PICTURE_GAP * k : 0
  })
  return mostUnits(page) * (Math.max(...pictures) || widest)
}

/** The columns of so many turns, and the gaps between them (turn -1), in running order. @param {number} count @param {number} focus */
function itemsOf(count, focus) {
  const turn = (/** @type {number} */ number, after = false) => ({ turn: number, count: 1, after })
  const hole = (/** @type {number} */ left) => ({ turn: -1, count: left, after: false })
  if (count <= MOST_TURNS) return Array.from({ length: count }, (_, number) => turn(number))
  const start = Math.max(FIRST_TURNS, Math.min(count - 1 - WINDOW, focus - 1))
  const [skipped, rest] = [start - FIRST_TURNS, count - 1 - start - WINDOW]
  return [
    ...Array.from({ length: FIRST_TURNS }, (_, number) => turn(number)),
    hole(skipped),
    ...Array.from({ length: WINDOW }, (_, number) => turn(start + number, number === 0 && skipped > 0)),
    hole(rest),
    turn(count - 1, rest > 0),
  ]
}

/** The turn that is running, or has run last, or is touched. @param {Page} page */
function turnThatMatters({ loop, scene }) {
  const { operations } = loop
  const now = operations.find((operation) => scene.now(operation))
  if (now) return turnOf(loop, now)
  const { touched } = scene.state
  if (touched) {
    const { value, cell } = touched
    const series = loop.inputs.flatMap(({ values, again }) => [values, ...again])
    const made = loop.homes.get(value)?.turn ?? Math.max(-1, ...series.map((values) => values.indexOf(value)))
    if (made >= 0) return made
    const taken = loop.inputs.find(({ of }) => of === value)
    if (taken) return taken.places.indexOf(unflat(value.shape, cell)[taken.axis])
  }
  const ran = operations.findLast((operation) => scene.progress(operation) > 0)
  return ran && ran !== operations[operations.length - 1] ? turnOf(loop, ran) : 0
}

/** @param {Loop} loop @param {Operation} operation */
function turnOf({ number }, { turns }) {
  return turns.find(({ loop }) => loop === number)?.turn ?? 0
}

/** Tell how large the cells of a band are, and how its numbers are written. @param {Page} page @param {Band} band */
function fillBand(page, band) {
  const { p, claim, k, cells, scene, columns } = page
  const { row } = band
  const { count, rows } = cellsIn(shapeOf(row), claim.fold, 0)
  const fits = (/** @type {number} */ units) => {
    const all = cells / units >= (rows ? 12 : UNIT.least) * k && units <= MOST_UNITS
    return all ? units : Math.max(1, Math.min(units, Math.floor(cells / ((rows ? 12 : UNIT.cut) * k))))
  }
  band.count = count
  band.shown = fits(count)
  band.unit = Math.min(cells / band.shown, cells / fits(mostUnits(page)))
  band.scale = row.kind === "gate" ? "share" : scaleOf(row)
  band.top = topOfBand(claim, row)
  if (rows) return
  const size = isBar(row) ? Math.min(p.note, band.h / HIGH) : Math.min(p.num, band.h * 0.66)
  const numbers = columns.flatMap(({ turn }) => {
    const value = row.values[turn]
    if (!value?.cells) return []
    const { at } = cellsIn(value.shape, claim.fold, scene.state.sample)
    const { cells: all } = value
    return Array.from({ length: band.shown }, (_, unit) => all[at(unit, 0, 0)])
  })
  const width = isBar(row) ? band.unit - spaceOf(band.unit) + APART : band.unit
  const fit = p.decimals(numbers, width, size)
  const low = isBar(row) ? HIGH * p.least : p.least + 3
  band.numbers = band.h < low || fit.digits < 0 ? null : fit
}

/** @param {Row} row @returns {CellScale} */
function scaleOf({ source, values }) {
  const [value] = values
  if (value?.dtype === "bool") return "boolean"
  return (source?.of ?? value)?.scale === "probability" ? "share" : "signed"
}

/** @type {WeakMap<LoopClaim, Map<Row, number>>} */
const tops = new WeakMap()

/** The value at which a row's colour is full: states and what they are made of share one. @param {LoopClaim} claim @param {Row} row */
function topOfBand(claim, row) {
  let found = tops.get(claim)
  if (!found) {
    found = new Map()
    tops.set(claim, found)
    const own = (/** @type {Row} */ { values }) => Math.max(0, ...values.map((value) => topOf(value?.cells ?? [])))
    const shared = Math.max(...claim.rows.filter(isShared).map(own), 0)
    for (const one of claim.rows) found.set(one, isShared(one) ? shared : own(one))
  }
  const top = found.get(row) ?? 1
  return row.kind === "gate" ? 1 : row.kind === "signed" ? Math.max(1, top) : top
}

/** @param {Row} row */
function isShared({ kind }) {
  return kind === "belt" || kind === "cells"
}

/** A place in a column, counted from the side from which the state comes. @param {Page} page @param {Column} column @param {number} from @param {number} [width] */
function along({ loop, column: wide }, { x }, from, width = 0) {
  return loop.backwards ? x + wide - from - width : x + from
}

/** Where the cells of a column begin. @param {Page} page @param {Column} column */
function cellsLeft(page, column) {
  return along(page, column, page.column - page.behind - page.cells, page.cells)
}

/** How far a value is made, 0 to 1. @param {Page} page @param {Value|null} value */
function seen({ scene }, value) {
  if (!value) return 0
  return value.maker ? ease(scene.progress(value.maker)) : 1
}

// -- names

/** What a row is called. @param {Page} page @param {Row} row @returns {{name: string, mono: boolean, role: string, width: number}} */
function nameOf({ p, scene }, { track, source }) {
  const { words } = scene
  const word = (/** @type {string} */ role) => (role === "value" ? "" : words(`flow.recurrence.${role}`))
  const own = source ? (source.of?.title ?? "") : (track?.name ?? "")
  const spare = source ? words("flow.recurrence.input") : word(track?.role ?? "value")
  const gate = track && track.role !== "state" && own
  const name = own || spare
  const width = p.measure(name, p.name, own ? "mono" : "sans", BOLD)
  return { name, mono: Boolean(own), role: gate ? spare : "", width }
}

/** The width of a bar's name and of what stands below it: its role, or how it is made; without room below, beside it. @param {Page} page @param {Band} band */
function nameWidth(page, band) {
  const { row, h } = band
  if (!isBar(row)) return 0
  const { p, k } = page
  const { role, width } = nameOf(page, row)
  const low = isLow(p, h)
  const said = role ? [role] : low ? [] : linesOf(page, band, equationRoom(page))
  const wide = Math.max(0, ...said.map((line) => p.measure(line, p.note)))
  return low ? width + (role ? 6 * k + wide : 0) : Math.max(width, wide)
}

/** Whether only one line fits. @param {Paint} p @param {number} h */
function isLow(p, h) {
  return h < (p.name + p.note) * 1.2
}

/**
 * How a row is made: on one line, or on two where the width wants it and the height allows it; [] where it says nothing, or
 * is too long.
 * @param {Page} page @param {Band} band @param {number} room
 */
function linesOf(page, { row, h, below }, room) {
  const { track } = row
  if (!track?.equation.length) return []
  if (isBar(row) && track.needs.inputs.size + track.needs.states.size) return []
  const { p, k } = page
  const mark = nameOf(page, row).name ? "= " : ""
  const text = mark + track.equation.map((token) => wordsOf(page, track, token)).join("")
  const two = text.split(/ (?=[+−] )/)
  const high = (two.length - 0.2) * p.note * 1.25 <= h + Math.min(12 * k, below * 0.8)
  const wide = (/** @type {string} */ line) => p.measure(line, p.note)
  const lines = wide(text) <= room || two.length !== 2 || !high || isBar(row) ? [text] : two
  return lines.every((line) => wide(line) <= Math.max(room, 170 * k * (p.note / 13))) ? lines : []
}

/** The same, where it fits. @param {Page} page @param {Band} band @param {number} room */
function linesThatFit(page, band, room) {
  const lines = linesOf(page, band, room)
  return lines.every((line) => page.p.measure(line, page.p.note) <= room) ? lines : []
}

/** @param {Page} page @param {Track} track that is told @param {Token} token */
function wordsOf({ scene, loop }, track, token) {
  const { words } = scene
  if (typeof token === "string") return token
  if ("constant" in token) return shortName(token.constant.title) || "…"
  if ("input" in token) return token.input.of?.title || words("flow.recurrence.input")
  if ("track" in token) {
    const { name, role } = token.track
    return name || (role === "value" ? "…" : words(`flow.recurrence.${role}`))
  }
  const own = loop.states.length === 1 || token.before === track
  return own ? words("flow.recurrence.before") : words("flow.recurrence.before.of", { name: token.before.name || "…" })
}

/** The last part of a weight's name. @param {string} title */
function shortName(title) {
  return title.split("/").at(-1) ?? title
}

/** What stands before the columns. @param {Page} page */
function drawSide(page) {
  const { p, k, left, side } = page
  drawHeading(page)
  for (const band of page.bands) {
    const { row, y, h } = band
    const { name, mono, role: whole, width } = nameOf(page, row)
    const room = side - (isLow(p, h) ? width + 6 * k : 0) - 4 * k
    const size = Math.min(p.note, (p.note * room) / Math.max(1, p.measure(whole, p.note)))
    const role = size >= p.note * SMALLEST_NAME ? whole : "" // on a phone
    const middle = y + h / 2
    if (row.kind === "input") {
      drawInputName(page, band)
      continue
    }
    const bars = isBar(row)
    const from = width ? width + 8 * k : 0
    const lines = linesThatFit(page, band, side - (bars && !isLow(p, h) ? 0 : from) - 12 * k)
    const two = bars && !isLow(p, h) && (role || lines.length > 0)
    p.text(name, left, middle - (two ? p.note * 0.62 : 0), {
      align: "left",
      weight: BOLD,
      size: p.name * Math.min(1, Math.max(SMALLEST_NAME, (side - 4 * k) / width)),
      mono,
    })
    if (bars && role) {
      const place = two ? { x: left, y: middle + p.name * 0.62 } : { x: left + width + 6 * k, y: middle }
      p.text(role, place.x, place.y, { align: "left", size, colour: p.c.soft })
    }
    if (!(bars && (role || !two)))
      lines.forEach((line, at) => {
        const down = two ? p.name * 0.62 : (at - (lines.length - 1) / 2) * p.note * 1.25
        p.text(line, two ? left : left + from, middle + down, { align: "left", size: p.note, colour: p.c.soft })
      })
    drawWeights(
      page,
      band,
      lines.length && !bars ? from + Math.max(...lines.map((line) => p.measure(line, p.note))) : from,
    )
  }
}

/** Which loop it is, and how many of its units are drawn. @param {Page} page */
function drawHeading(page) {
  const { p, scene, claim, k, head, left, top, side, bands } = page
  const { count, shown } = bands[0]
  const units = shown < count ? scene.words("flow.recurrence.units", { shown, count }) : ""
  const texts = [claim.label, units].filter(Boolean)
  const text = [texts.join(" · "), units, claim.label].find((one) => one && p.measure(one, p.note) <= side - 10 * k)
  const how = claim.label ? { colour: p.c.ink, weight: 600 } : { colour: p.c.soft }
  if (text) p.text(text, left, top + Math.min(head * 0.56, p.note * 0.75), { align: "left", size: p.note, ...how })
}

/** The sequence: its name, its shape, and the samples of the batch to choose from. @param {Page} page @param {Band} band */
function drawInputName(page, band) {
  const { p, scene, k, left, side } = page
  const { row, y, h, below, shown, count } = band
  const { name, mono, width } = nameOf(page, row)
  const shape = row.source?.of?.shape ?? []
  const cut = shown < count ? scene.words("flow.recurrence.cut", { shown, count }) : ""
  const notes = [shape.join(" × "), cut].filter(Boolean).join(" · ")
  const samples = batchOf(page)
  const high = p.note * 1.45
  const two = samples > 1 && h + Math.min(below, 14 * k) >= p.name + high + 6
  const middle = y + h / 2 - (two ? high * 0.55 : 0)
  p.text(name, left, middle, { align: "left", weight: BOLD, size: p.name, mono })
  const from = width + 8 * k
  const said = (two || samples < 2) && p.measure(notes, p.note) <= side - from - 10 * k ? notes : cut
  if (said && p.measure(said, p.note) <= side - from - 10 * k && (two || samples < 2))
    p.text(said, left + from, middle, { align: "left", size: p.note, colour: p.c.soft })
  if (samples < 2) return
  const place = two ? { x: left, y: middle + p.name * 0.62 + high * 0.62 } : { x: left + from, y: middle }
  drawSamples(page, samples, place.x, place.y, left + side - 10 * k - place.x, high)
}

/** How many samples a batch has; 1 where the first axis is none. @param {Page} page */
function batchOf({ claim }) {
  const shape = shapeOf(claim.rows[0])
  return claim.fold && shape.length > 1 ? shape[0] : 1
}

/** Buttons that choose a sample: as many as fit, around the chosen one. @param {Page} page @param {number} count @param {number} x @param {number} y @param {number} room @param {number} h */
function drawSamples({ p, scene, k }, count, x, y, room, h) {
  const { words, state } = scene
  const chosen = Math.min(state.sample, count - 1)
  const each = p.measure(words("flow.sample", { number: count - 1 }), p.note) + 12 * k
  const fits = Math.min(count, Math.max(1, Math.floor((room + 4 * k) / (each + 4 * k))))
  const first = Math.max(0, Math.min(count - fits, chosen - Math.floor(fits / 2)))
  for (let number = first; number < first + fits; number++) {
    const left = x + (number - first) * (each + 4 * k)
    const own = number === chosen
    p.round(left, y - h / 2, each, h, 4, own ? p.c.panel : null, own ? p.c.ink : p.c.line, own ? 1.5 : 1)
    p.text(words("flow.sample", { number }), left + each / 2, y, { size: p.note, colour: own ? p.c.ink : p.c.soft })
    const says = words("flow.sample.help", { number })
    scene.click(left, y - h / 2, each, h, () => scene.set({ sample: number }), says)
  }
}

// -- weights

/** @param {Row} row @param {number} cell @param {number} gap */
function weightsWidth({ track }, cell, gap) {
  const parts = track?.parts ?? []
  return parts.reduce((sum, part) => sum + cellsOf(part).columns * cell + gap, -gap)
}

/** The parts of weights that a row is made with, beside it. @param {Page} page @param {Band} band @param {number} taken pixels before them */
function drawWeights(page, band, taken) {
  const { p, k, left, side, names, bands } = page
  const parts = band.row.track?.parts ?? []
  const bars = isBar(band.row)
  const from = (bars ? names : taken) + 10 * k
  const room = side - from - 14 * k
  const alike = bars ? bands.filter(({ row }) => isBar(row) && row.track?.parts.length) : [band]
  const cell = Math.min(WEIGHT * k, ...alike.map((one) => weightCell(one, room, k)))
  if (!parts.length || cell < SPECK * k || room < 12 * k) return
  const { y, h, row } = band
  let x = bars ? left + from : left + side - 14 * k - weightsWidth(row, cell, GAP * k)
  for (const part of parts) {
    const { rows, columns, at } = cellsOf(part)
    const grid = { x, y: y + (h - rows * cell) / 2, cell, rows, columns }
    const { cells } = part.of
    if (cells) {
      const full = topOf(cells)
      drawGrid(p, grid, (line, column) => p.signed(cells[at(line, column)], full))
      hitGrid(page, part.of, grid, at)
    }
    p.round(x - 0.5, grid.y - 0.5, columns * cell + 1, rows * cell + 1, 0, null, p.c.line, 1)
    x += columns * cell + GAP * k
  }
}

/** How large the cells of a row's weights may be. @param {Band} band @param {number} room @param {number} k */
function weightCell({ row, h, below }, room, k) {
  const parts = (row.track?.parts ?? []).map(cellsOf)
  const columns = parts.reduce((sum, part) => sum + part.columns, 0)
  const high = h + Math.min(below - 4, 6 * k)
  return Math.min((room - GAP * k * (parts.length - 1)) / columns, high / Math.max(...parts.map(({ rows }) => rows)))
}

/** @param {Row} row */
function isBar({ kind }) {
  return kind === "gate" || kind === "signed"
}

/**
 * @typedef {{x: number, y: number, cell: number, rows: number, columns: number}} Grid
 */

/** @param {Paint} p @param {Grid} grid @param {(row: number, column: number) => import("../../core/colour.js").Rgb} colour */
function drawGrid(p, { x, y, cell, rows, columns }, colour) {
  if (cell < 2.5 || rows * columns > 256) {
    const [down, across] = [Math.ceil(rows / MOST_PIXELS), Math.ceil(columns / MOST_PIXELS)]
    const [lines, places] = [Math.ceil(rows / down), Math.ceil(columns / across)]
    const one = (/** @type {number} */ line, /** @type {number} */ place) => colour(line * down, place * across)
    p.image(x, y, columns * cell, rows * cell, lines, places, one)
    return
  }
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      p.rect(x + column * cell, y + row * cell, cell, cell, colour(row, column))
}

/** Cells that can be touched, and the rims of those that are. @param {Page} page @param {Value} value @param {Grid} grid @param {(row: number, column: number) => number} at */
function hitGrid({ scene, rims }, value, { x, y, cell, rows, columns }, at) {
  const limit = (/** @type {number} */ place, /** @type {number} */ most) =>
    Math.max(0, Math.min(most - 1, Math.floor(place)))
  const find = (/** @type {number} */ px, /** @type {number} */ py) =>
    at(limit((py - y) / cell, rows), limit((px - x) / cell, columns))
  scene.hits.push({ x, y, w: columns * cell, h: rows * cell, value, cell: find })
  if (cell < 4 || !scene.marked(value)) return
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const touched = scene.touched(value, at(row, column))
      if (touched) rims.push({ x: x + column * cell, y: y + row * cell, w: cell, h: cell, strong: touched === 2 })
    }
}

// -- columns

/** The cards of the turns, and between them how many turns are not drawn. @param {Page} page */
function drawCards(page) {
  const { p, scene, loop, k, head, top, h, columns, gaps } = page
  for (const column of columns) {
    const { turn, x, now } = column
    const inset = insetOf(page)
    p.round(
      x + inset,
      top + 1,
      page.column - 2 * inset,
      h - 2,
      12 * k,
      now ? p.c.panel : null,
      now ? p.c.ink : p.c.line,
      now ? 1.8 : 1.2,
    )
    const title = titleOf(page, column)
    if (title) {
      const left = Math.min(cellsLeft(page, column), x + page.column - 2 * inset - title.width)
      const colour = now ? p.c.ink : p.c.soft
      p.text(title.text, left, top + head * 0.56, { align: "left", size: title.size, weight: BOLD, colour })
    }
    const first = loop.operations.find((operation) => turnOf(loop, operation) === turn)
    if (first) scene.hitOperation(first, x + inset, top, page.column - 2 * inset, head)
  }
  for (const { x, count } of gaps) {
    if (!count) continue
    const [bars] = page.bands.slice(1)
    const y = bars ? (bars.y + top + h) / 2 : top + h / 2
    p.text(scene.words("flow.recurrence.more", { count }), x + page.gap / 2, y, { size: p.note, colour: p.c.soft })
  }
}

/** Between a column and its card. @param {Page} page */
function insetOf({ k, column }) {
  return Math.min(5 * k, column * 0.04)
}

/** What a turn is called on its card: only its number where there is little room; null where there is none. @param {Page} page @param {Column} column */
function titleOf(page, { turn }) {
  const { p, scene, loop, head, column } = page
  const number = loop.inputs[0]?.places[turn] ?? turn
  for (const text of [scene.words("flow.recurrence.step", { number }), String(number)])
    for (const size of [p.name, p.note]) {
      const width = p.measure(text, size, "sans", BOLD)
      if (size * 1.45 < head && width <= column - 4 * insetOf(page)) return { text, size, width }
    }
  return null
}

/** Where the cells of a turn begin, counted like `along`; where a state meets its gate; where the wire that feeds rows stands. @param {Page} page */
function entries({ column, behind, cells, ring, tap }) {
  const edge = column - behind - cells
  return { edge, gate: edge - 2.4 * ring, rail: edge - (tap ? 4 : 1.2) * ring }
}

/** What a state leads to the next turn: a lane for each unit, as thick as its value. @param {Page} page @param {Column} column @param {Band} band */
function drawBelt(page, column, band) {
  const { loop, k } = page
  const state = /** @type {Carried} */ (band.row.track)
  const { turn } = column
  const { edge, gate } = entries(page)
  const old = turn ? state.values[turn - 1] : state.first
  const inset = (page.cells - band.unit * band.shown) / 2
  const from = column.after || !turn ? -STUB * k : -page.behind - inset
  const own = state.needs.states.has(state) ? edge + inset - 3 : railOf(page, band)
  drawLanes(page, column, band, old, from, loop.main ? gate : own)
  if (turn < loop.count - 1 && !page.columns.some((one) => one.turn === turn + 1))
    drawLanes(page, column, band, state.values[turn], page.column - page.behind - inset, page.column)
  if (!loop.main) return
  drawLanes(page, column, band, loop.kept[turn], gate, edge + inset - 3)
  drawRing(page, column)
}

/** Where the wire stands that leads a state to other rows: each state has its own. @param {Page} page @param {Band} band */
function railOf(page, band) {
  const belts = page.bands.filter(({ row }) => row.kind === "belt")
  return entries(page).rail - belts.indexOf(band) * 5 * page.k
}

/** @param {Page} page @param {Column} column @param {Band} band @param {Value|null} value @param {number} from @param {number} to counted like `along` */
function drawLanes(page, column, band, value, from, to) {
  const { p, claim } = page
  const pictures = cellsIn(shapeOf(band.row), claim.fold, 0).rows > 0
  const count = pictures ? 1 : band.shown
  const left = along(page, column, from, to - from)
  for (let unit = 0; unit < count; unit++) {
    const middle = band.y + ((unit + 0.5) * band.h) / count
    const number = pictures || !seen(page, value) ? 0 : numberOf(page, value, unit)
    const part = band.top ? Math.min(1, Math.abs(number) / band.top) : 0
    if (!part) {
      if (band.h / count >= 3 || unit === count >> 1)
        p.line(left, middle, left + to - from, middle, pictures ? p.c.wire : p.c.line, pictures ? 1.4 : 1)
      continue
    }
    const thick = Math.max(0.8, (part * 0.96 * band.h) / count)
    p.rect(left, middle - thick / 2, to - from, thick, p.signed(number, band.top))
  }
}

/** Where the gate lets the state through, and the wire from there to the gate's bars. @param {Page} page @param {Column} column */
function drawRing(page, column) {
  const { p, scene, loop, k, ring, bands } = page
  const [belt, bars] = bands
  const { gate } = entries(page)
  const x = along(page, column, gate)
  const y = belt.y + belt.h / 2
  p.round(x - ring, y - ring, 2 * ring, 2 * ring, ring, p.c.raised, p.c.wire, 1.4)
  const arm = ring * 0.4
  if (ring * 1.5 >= p.least) p.text("×", x, y, { size: ring * 1.5, weight: 600 })
  else for (const way of [-arm, arm]) p.line(x - arm, y - way, x + arm, y + way, p.c.ink, 1.2)
  const product = loop.kept[column.turn]?.maker
  if (product) scene.hitOperation(product, x - ring, y - ring, 2 * ring, 2 * ring)
  if (bars?.row.kind !== "gate") return
  const low = bars.y - Math.min(8 * k, belt.below * 0.3)
  const left = cellsLeft(page, column)
  p.line(x, y + ring + 1, x, low, p.c.wire, 1.3, [2, 3])
  p.line(Math.min(x, left), low, Math.max(x, left + page.cells - 4), low, p.c.wire, 1.3, [2, 3])
}

/** The number of a unit. @param {Page} page @param {Value|null} value @param {number} unit */
function numberOf({ claim, scene }, value, unit) {
  return value?.cells ? value.cells[cellsIn(value.shape, claim.fold, scene.state.sample).at(unit, 0, 0)] : 0
}

// -- wires

/** @param {Page} page @param {Column} column */
function drawWires(page, column) {
  const { loop, bands } = page
  if (loop.main) {
    drawGateRail(page, column)
    drawReset(page, column)
    return
  }
  for (const belt of bands.filter(({ row }) => row.kind === "belt")) {
    const state = /** @type {Carried} */ (belt.row.track)
    const fed = bands.filter((band) => band !== belt && band.row.track?.needs.states.has(state))
    if (fed.length) drawRail(page, column, railOf(page, belt), fed, [tapOf(page, belt, fed[0].y < belt.y)])
  }
  drawFeeds(page, column)
}

/** Where a wire leaves the lanes of a state, upwards or downwards. @param {Page} page @param {Band} band @param {boolean} up */
function tapOf({ claim }, { row, y, h }, up) {
  if (cellsIn(shapeOf(row), claim.fold, 0).rows) return y + h / 2
  return up ? y : y + h
}

/** One wire along rows that are all fed by the same. @param {Page} page @param {Column} column @param {number} rail counted like `along` @param {Band[]} fed @param {number[]} ends heights where it is fed */
function drawRail(page, column, rail, fed, ends) {
  const { p } = page
  const x = along(page, column, rail)
  const heights = fed.map(({ y, h }) => y + h / 2)
  for (const [at, band] of fed.entries())
    p.line(x, heights[at], nearEdge(page, column, band), heights[at], p.c.wire, 1.4)
  p.line(x, Math.min(...heights, ...ends), x, Math.max(...heights, ...ends), p.c.wire, 1.4)
}

/** The sequence, and the states before, enter every gate: one wire along all of them. @param {Page} page @param {Column} column */
function drawGateRail(page, column) {
  const { p, bands, k } = page
  const fed = bands.filter(({ row }) => {
    const { inputs, states } = row.track?.needs ?? { inputs: new Set(), states: new Set() }
    return isBar(row) && inputs.size + states.size > 0
  })
  if (!fed.length) return
  const { rail } = entries(page)
  const x = along(page, column, rail)
  const states = new Set(fed.flatMap(({ row }) => [...(row.track?.needs.states ?? [])]))
  const [belt] = bands
  const ends = page.tap ? [tapOf(page, belt, false)] : []
  for (const band of bands) {
    const { row, y, h } = band
    const middle = y + h / 2
    if (row.kind === "input" && fed.some((one) => row.source && one.row.track?.needs.inputs.has(row.source))) {
      ends.push(middle)
      p.line(x, middle, nearEdge(page, column, band), middle, p.c.wire, 1.4)
    }
    if (row.kind !== "cells" || ![...states].some((state) => state === row.track)) continue
    const up = middle - Math.min(18 * k, h * 0.6)
    ends.push(up)
    if (column.turn)
      p.curve(along(page, column, column.after ? -STUB * k : 2 - page.behind), middle, x, up, p.c.wire, 1.4)
  }
  drawRail(page, column, rail, fed, ends)
}

/** Where the cells of a band end on the side from which the state comes. @param {Page} page @param {Column} column @param {Band} band */
function nearEdge(page, column, band) {
  const { left, width } = spanOf(page, column, band)
  return page.loop.backwards ? left + width + 3 : left - 3
}

/** From the gate that resets the state up to the new content that it serves. @param {Page} page @param {Column} column */
function drawReset(page, column) {
  const { p, bands } = page
  bands.forEach((band, at) => {
    const above = bands[at - 1]
    if (band.row.track?.role !== "reset" || above?.row.track?.role !== "new") return
    const x = cellsLeft(page, column) + page.cells / 2
    p.line(x, above.y + above.h + 2, x, band.y - 2, p.c.wire, 1.3, [2, 3])
  })
}

/** From each row to those that are made of it: straight to the next one, beside the cells to others. @param {Page} page @param {Column} column */
function drawFeeds(page, column) {
  const { p, bands, k, loop } = page
  const x = cellsLeft(page, column) + page.cells / 2
  let besides = 0
  bands.forEach((to, above) => {
    bands.forEach((from, below) => {
      const { track, source } = from.row
      const needs = to.row.track?.needs
      if (below <= above || !(track ? needs?.tracks.has(track) : source && needs?.inputs.has(source))) return
      if (below === above + 1) {
        const end = boxOf(page, column, to)
        arrow(p, x, boxOf(page, column, from).y - 3, end.y + end.h + 5)
        return
      }
      besides += 1
      const out = Math.min(page.behind - 4, (3 + 4 * besides) * k)
      const sides = [from, to].map((band) => {
        const { left, width } = spanOf(page, column, band)
        return { near: loop.backwards ? left - 1 : left + width + 1, y: band.y + band.h / 2 }
      })
      const edge = loop.backwards ? cellsLeft(page, column) - out : cellsLeft(page, column) + page.cells + out
      for (const { near, y } of sides) p.line(near, y, edge, y, p.c.wire, 1.4)
      p.line(edge, sides[1].y, edge, sides[0].y, p.c.wire, 1.4)
    })
  })
}

/** A wire upwards, with a tip. @param {Paint} p @param {number} x @param {number} y0 @param {number} y1 */
function arrow(p, x, y0, y1) {
  p.line(x, y0, x, y1, p.c.wire, 1.4)
  if (y0 - y1 < 3) return
  const tip = Math.min(4, (y0 - y1) / 2)
  p.line(x - tip, y1 + tip, x, y1, p.c.wire, 1.4)
  p.line(x + tip, y1 + tip, x, y1, p.c.wire, 1.4)
}

// -- cells

/** Where the cells of a band lie in a column. @param {Page} page @param {Column} column @param {Band} band */
function spanOf(page, column, { unit, shown }) {
  const width = unit * shown
  const left = cellsLeft(page, column)
  return { left: left + (page.cells - width) / 2, width }
}

/** The box of a band's cells in a column; pictures may be lower than their band. @param {Page} page @param {Column} column @param {Band} band */
function boxOf(page, column, band) {
  const { left, width } = spanOf(page, column, band)
  const { rows, columns } = cellsIn(shapeOf(band.row), page.claim.fold, 0)
  if (!rows) return { x: left, y: band.y, w: width - 1, h: band.h - 1 }
  const cell = pictureCell(page, band, rows, columns)
  const w = width - band.unit + columns * cell
  return { x: left, y: band.y + (band.h - rows * cell) / 2, w, h: rows * cell }
}

/** How large the cells of a band's pictures are. @param {Page} page @param {Band} band @param {number} rows @param {number} columns */
function pictureCell({ k }, { unit, h }, rows, columns) {
  return Math.min((unit - PICTURE_GAP * k) / columns, h / rows)
}

/** One value. @param {Page} page @param {Column} column @param {Band} band */
function drawValue(page, column, band) {
  const { p, scene, claim, k } = page
  const { row, y, h } = band
  const value = row.values[column.turn]
  const { left, width } = spanOf(page, column, band)
  const on = seen(page, value)
  if (leaves(page, row, column.turn)) drawLeaving(page, column, band)
  if (!value?.cells) {
    p.ghost(left, y, width, h)
    return
  }
  const cells = cellsIn(value.shape, claim.fold, scene.state.sample)
  if (cells.rows) drawPictures(page, column, band, value, cells, on)
  else if (!isBar(row) && !on) p.ghost(left, y, width, h)
  else if (isBar(row)) drawBars(page, column, band, value, cells, on)
  else drawRow(page, band, left, value, cells, on)
  if (isBar(row) && value.maker && scene.now(value.maker)) {
    const around = Math.min(4 * k, band.below / 2 - 1)
    p.round(left - around, y - around, width + 2 * around - 2, h + 2 * around, 6 * k, null, p.c.ink, 1.8)
  }
  if (on && !cells.rows) hitUnits(page, column, band, left, value, cells)
}

/** A row of cells. @param {Page} page @param {Band} band @param {number} left @param {Value} value @param {Cells} cells @param {number} on */
function drawRow({ p }, { y, h, shown, unit, top, scale, numbers }, left, { cells }, { at }, on) {
  if (!cells || !on) return
  for (let one = 0; one < shown; one++) {
    const number = cells[at(one, 0, 0)]
    const x = left + one * unit
    p.cell(x, y, unit, h, number, { top, scale, alpha: on, numbers: false })
    if (!numbers) continue
    const { digits, size } = numbers
    const colour = p.on(p.colour(number, scale, top))
    p.number(printCell(number, digits), x + (unit - 1) / 2, y + (h - 1) / 2, { size, colour, alpha: on })
  }
  p.round(left - 0.5, y - 0.5, shown * unit, h, 0, null, p.c.line, 1)
}

/** Gates as bars between 0 and 1; new content as bars to either side of 0. @param {Page} page @param {Column} column @param {Band} band @param {Value} value @param {Cells} cells @param {number} on */
function drawBars(page, column, band, { cells }, { at }, on) {
  if (!cells) return
  const { p } = page
  const { y, h, shown, unit, row, top } = band
  const signed = row.kind === "signed"
  const { left } = spanOf(page, column, band)
  const w = Math.max(1, unit - spaceOf(unit))
  const base = signed ? y + h / 2 : y + h
  for (let one = 0; one < shown; one++) {
    const number = cells[at(one, 0, 0)]
    const part = Number.isFinite(number) ? Math.max(-1, Math.min(1, number / top)) : 0
    const high = Math.abs(part) * (signed ? h / 2 : h) * on
    const x = left + one * unit
    const colour = signed ? p.signed(number, top) : p.share(0.15 + 0.85 * number)
    p.rect(x, y, w, h, column.now ? p.c.line : p.c.panel)
    if (high > 0.2) p.rect(x, part >= 0 ? base - high : base, w, high, colour)
    if (on > 0.6) writeBar(page, band, number, { x: x + w / 2, base, high, up: part >= 0 }, colour)
  }
  if (signed) p.line(left, base, left + shown * unit - spaceOf(unit), base, p.c.wire, 1)
}

/** Between two bars. @param {number} unit */
function spaceOf(unit) {
  return unit > 30 ? 4 : unit > 14 ? 2 : unit > 5 ? 1 : 0
}

/**
 * The number of a bar: inside it where it is high enough, else above; of one that goes to either side, on the other side.
 * @param {Page} page @param {Band} band @param {number} number @param {{x: number, base: number, high: number, up: boolean}} bar
 * @param {import("../../core/colour.js").Rgb} colour
 */
function writeBar({ p }, { numbers, h, row }, number, { x, base, high, up }, colour) {
  if (!numbers) return
  const { digits, size } = numbers
  if (row.kind === "signed") {
    p.number(printCell(number, digits), x, base + (up ? h / 4 : -h / 4), { size })
    return
  }
  const inside = high > size * 1.3
  const y = inside ? base - high + size * 0.72 : base - high - size * 0.62
  p.number(printCell(number, digits), x, y, { size, colour: inside ? p.on(colour) : p.c.ink })
}

/** A picture of each channel. @param {Page} page @param {Column} column @param {Band} band @param {Value} value @param {Cells} cells @param {number} on */
function drawPictures(page, column, band, value, { rows, columns, at }, on) {
  const { p } = page
  const { y, h, shown, unit, scale, top } = band
  const { left } = spanOf(page, column, band)
  const cell = pictureCell(page, band, rows, columns)
  const numbers = value.cells
  for (let one = 0; one < shown; one++) {
    const grid = { x: left + one * unit, y: y + (h - rows * cell) / 2, cell, rows, columns }
    if (!on || !numbers) {
      p.ghost(grid.x, grid.y, columns * cell, rows * cell)
      continue
    }
    p.image(grid.x, grid.y, columns * cell, rows * cell, rows, columns, (line, place) =>
      line * columns + place < on * rows * columns ? p.colour(numbers[at(one, line, place)], scale, top) : null,
    )
    p.round(grid.x - 0.5, grid.y - 0.5, columns * cell + 1, rows * cell + 1, 0, null, p.c.line, 1)
    const whole = of(band.row, column.turn, value)
    hitGrid(page, whole.value, grid, (line, place) => whole.cell(at(one, line, place)))
  }
}

/** The tensor that a cell of a turn is touched in: the sequence where that is known. @param {Row} row @param {number} turn @param {Value} value */
function of({ source }, turn, value) {
  const whole = source && cellOfSequence(source, turn, value.shape, 0)
  /** @param {number} cell */
  const find = (cell) => (whole ? (cellOfSequence(source, turn, value.shape, cell)?.cell ?? cell) : cell)
  return { value: whole ? whole.value : value, cell: find }
}

/** Units that can be touched; rims around those that are, one around neighbours. @param {Page} page @param {Column} column @param {Band} band @param {number} left @param {Value} value @param {Cells} cells */
function hitUnits({ scene, rims }, column, { row, y, h, shown, unit }, left, value, { at }) {
  const whole = of(row, column.turn, value)
  const find = (/** @type {number} */ one) => whole.cell(at(Math.max(0, Math.min(shown - 1, one)), 0, 0))
  const cell = (/** @type {number} */ x) => find(Math.floor((x - left) / unit))
  scene.hits.push({ x: left, y, w: shown * unit, h, value: whole.value, cell })
  if (!scene.marked(value) && !scene.marked(whole.value)) return
  const space = isBar(row) ? spaceOf(unit) : 1
  let from = 0
  const levelOf = (/** @type {number} */ one) =>
    one < shown ? Math.max(scene.touched(whole.value, find(one)), scene.touched(value, at(one, 0, 0))) : 0
  for (let one = 1; one <= shown; one++) {
    const level = levelOf(from)
    if (one < shown && levelOf(one) === level) continue
    if (level) rims.push({ x: left + from * unit, y, w: (one - from) * unit - space, h: h - 1, strong: level === 2 })
    from = one
  }
}

/** Whether the value of a turn leaves the loop. @param {Page} page @param {Row} row @param {number} turn */
function leaves({ loop, scene, claim }, { values, track }, turn) {
  const value = values[turn]
  if (!value || !track) return false
  const whole = loop.after.length > 0 && loop.gathered[turn] === value
  return whole || scene.graph.outputs.includes(value) || isUsed(value, new Set(claim.operations))
}

/** A frame around what leaves the loop; its name, if it is an output. @param {Page} page @param {Column} column @param {Band} band */
function drawLeaving(page, column, band) {
  const { p, scene, loop } = page
  const { row } = band
  const { x, y, w, h } = boxOf(page, column, band)
  p.round(x - 3, y - 3, w + 6, h + 6, 5, null, p.c.ink, 2)
  const value = row.values[column.turn]
  const output = scene.graph.outputs.find((one) => one === value || one === loop.after.at(-1)?.results[0])
  if (column.turn < loop.count - 1 || !output) return
  const name = output.title || scene.words("flow.recurrence.output")
  const place = placeOfName(page, column, band, p.measure(name, p.note, "mono"))
  if (place === null) return
  const from = loop.backwards ? x : x + w
  p.text(name, from, place, { align: loop.backwards ? "left" : "right", size: p.note, weight: BOLD, mono: true })
}

/** From the last turn's cells to where the wire of what is made begins; below the cells of turns that stand between. @param {Page} page */
function drawWayOut(page) {
  const { p, loop, claim, columns, bands, out } = page
  const last = columns.find(({ turn }) => turn === loop.count - 1)
  const made = bands.filter(({ row }) => leaves(page, row, loop.count - 1))
  if (!last || made.length !== 1 || (loop.count > 1 && leaves(page, made[0].row, 0))) return
  const own = new Set(claim.operations)
  if (![...claim.gives, made[0].row.values[loop.count - 1]].some((value) => value && isUsed(value, own))) return
  const [band] = made
  const { x, y, w, h } = boxOf(page, last, band)
  const wire = (/** @type {number[]} */ ...ends) => p.line(ends[0], ends[1], ends[2], ends[3], p.c.wire, 1.6)
  const level = loop.backwards ? y + h + band.below * 0.6 : y + h / 2
  const from = loop.backwards ? x + w / 2 : x + w + 4
  if (loop.backwards) wire(from, y + h + 4, from, level)
  wire(from, level, out.x, level)
  wire(out.x, level, out.x, out.y)
  wire(out.x, out.y, out.x + 5, out.y)
}

/** The height at which the name of what leaves is written: over its cells or under them; null where there is no room. @param {Page} page @param {Column} column @param {Band} band @param {number} wide */
function placeOfName(page, column, band, wide) {
  const { p, loop, bands, top, head } = page
  const { width } = spanOf(page, column, band)
  const at = bands.indexOf(band)
  const { y, h, below } = band
  const line = p.note * 1.15
  const title = titleOf(page, column)
  if (!at && head > p.name * 1.45 && wide + (title?.width ?? 0) + 10 <= width) return top + head * 0.56
  if (wide > (loop.main ? width : width / 2 - 8)) return null
  if (at && bands[at - 1].below - 6 >= line) return y - 4 - p.note * 0.62
  return below - 6 >= line ? y + h + 4 + p.note * 0.62 : null
}

// -- the figure

/** @param {Paint} p @param {FigureBlock & {claim: LoopClaim}} block @param {Scene} scene */
function draw(p, block, scene) {
  const page = pageOf(p, block, scene)
  drawCards(page)
  const belts = page.bands.filter(({ row }) => row.kind === "belt")
  for (const column of page.columns) for (const band of belts) drawBelt(page, column, band)
  for (const column of page.columns) drawWires(page, column)
  for (const column of page.columns) for (const band of page.bands) drawValue(page, column, band)
  drawSide(page)
  drawWayOut(page)
  const weak = page.rims.filter(({ strong }) => !strong)
  for (const { x, y, w, h, strong } of [...weak, ...page.rims.filter((rim) => rim.strong)]) p.rim(x, y, w, h, strong)
}

/** So many turns and units are told in words. */
const TOLD = { turns: 6, units: 8 }

/** What the loop does, turn by turn, with the numbers of its gates and states. @param {FigureBlock & {claim: LoopClaim}} block @param {Scene} scene */
function text({ claim }, scene) {
  const { loop, rows, fold } = claim
  const { words, state } = scene
  const called = (/** @type {Row} */ { track, source }) =>
    track?.name || source?.of?.title || words(`flow.recurrence.${source ? "input" : (track?.role ?? "value")}`)
  const carried = loop.states.map((one) => one.name || words("flow.recurrence.state")).join(", ")
  const told = rows.filter(({ kind, track }) => kind !== "input" && (track?.name || track?.role !== "value"))
  const turns = itemsOf(loop.count, 0)
    .filter(({ turn }) => turn >= 0)
    .slice(0, TOLD.turns)
  const sentences = turns.map(({ turn }) => {
    const values = told.flatMap((row) => {
      const value = row.values[turn]
      if (!value?.cells) return []
      const { count, rows: pictures, at } = cellsIn(value.shape, fold, state.sample)
      if (pictures) return []
      const { cells } = value
      const numbers = Array.from({ length: Math.min(count, TOLD.units) }, (_, unit) => print(cells[at(unit, 0, 0)]))
      return [`${called(row)} ${numbers.join(" ")}`]
    })
    return words("flow.recurrence.text.step", {
      number: loop.inputs[0]?.places[turn] ?? turn,
      values: values.join(", "),
    })
  })
  return [
    words("flow.recurrence.text", { count: loop.count }),
    ...(carried ? [words("flow.recurrence.text.carried", { names: carried })] : []),
    ...sentences,
  ].join(" ")
}

export default /** @type {Figure<LoopClaim>} */ ({
  name: "recurrence",
  rank: 100,
  wires: true,
  claims,
  size: sizeOf,
  draw,
  text,
})
