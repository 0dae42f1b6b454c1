// Where everything stands on the stage. A pure function: the same flow, choices and sizes give the same plan. It tries the
// least folding first, and of that the largest cells.

import { claimsOf, Drawing } from "./blocks.js"
import { columnsOf, tangledIn, uncross, wrapped } from "./columns.js"
import { Extents, LINE } from "./extents.js"
import { FOLDINGS, groupsOf } from "./folding.js"
import { fitsAcross, fitsDown, HAIR, heightOf, NARROW, roomOf, WIRE } from "./places.js"
import { beadsOf, endsOf, MOST_BELOW } from "./routes.js"
import { rowsOf, standInRows, wiresOf } from "./rows.js"

/**
 * @import { Claimed, Sketch } from "./blocks.js" @import { Measure, Type } from "./extents.js"
 * @import { Folding } from "./folding.js" @import { Graph, Operation } from "./graph.js" @import { Space } from "./places.js"
 * @import { Figure, State } from "./scene.js" @import { Size } from "../types.js"
 *
 * @typedef {import("./blocks.js").Block} Block @typedef {import("./blocks.js").TensorBlock} TensorBlock
 * @typedef {import("./blocks.js").OperatorsBlock} OperatorsBlock @typedef {import("./blocks.js").FigureBlock} FigureBlock
 * @typedef {import("./blocks.js").FoldedBlock} FoldedBlock @typedef {import("./blocks.js").Weight} Weight
 * @typedef {import("./blocks.js").Operator} Operator
 * @typedef {import("./blocks.js").Bead} Bead @typedef {import("./routes.js").Edge} Edge
 *
 * @typedef {object} Plan
 * @property {Block[]} blocks @property {Edge[]} edges in running order @property {Bead[]} beads values that are drawn on their wires
 * @property {number} k the factor of all distances @property {number} W @property {number} H of the stage
 * @property {number} level how much is folded, 0 to 7 @property {number} unit the most pixels of a cell
 * @property {boolean} fits whether all lies on the stage @property {number} lineName @property {number} lineNote heights of lines
 * @property {number} head from the top of a name to the cells below it
 */

/** Cells are tried from so many pixels down, times k, and so many smaller each time. */
const LARGEST = 60
const STEP = 2
/** Where tensors are small, figures take the room that they leave, for cells of up to so many pixels, times k. */
const READABLE = 30
/** For that, a stage that ends where its rows end may be so much higher. */
const TALLER = 1.2
/** The least width of an operator with a wire, times k. */
const OPERATOR = 53
/** On a narrow stage columns stand in up to so many rows. */
const MOST_ROWS = 6
/** What one block may take of a narrow stage's height, times its width. */
const UPRIGHT = 1.3

/**
 * @param {Graph} graph @param {Figure[]} figures @param {State} state @param {Size} size of the stage
 * @param {Type} type @param {Measure} measure @returns {Plan}
 */
export function layoutOf(graph, figures, state, { width, height }, type, measure) {
  const k = Math.max(0.8, Math.min(2, width / 1140, height / 560))
  const space = { k, W: width, H: height, lineNote: type.note * LINE }
  const narrow = width < NARROW
  const trim = narrow && !state.present
  const own = narrow ? { ...space, H: Math.min(height, UPRIGHT * width) } : space
  const drawing = new Drawing(graph)
  const extents = new Extents(graph, state, own, type, measure)
  let claimed = claimsOf(graph, figures, state).filter((one) => areaOf(one, own) < Infinity)
  const long = rowOf(graph, claimed) * k > roomOf(space).width * (narrow ? MOST_ROWS : 1)
  let foldings = FOLDINGS.filter(({ run }) => !long || run < Infinity)
  for (;;) {
    for (const folding of foldings) {
      const last = !claimed.length && folding === FOLDINGS[FOLDINGS.length - 1]
      const plan = attempt(drawing, claimed, folding, extents, { space, most: narrow ? MOST_ROWS : 1, trim, last })
      if (plan) return plan
    }
    claimed = smaller(claimed, own)
    foldings = FOLDINGS.filter(({ level }) => level > 1)
  }
}

/**
 * How wide, in pixels times k, the longest row of operators is at least, as long as no run of them is folded.
 * @param {Graph} graph @param {Claimed[]} claimed
 */
function rowOf({ operations }, claimed) {
  const taken = new Set(claimed.flatMap(({ claim }) => claim.operations))
  const free = operations.filter((operation) => !taken.has(operation))
  for (const { operations: folded } of groupsOf(free, FOLDINGS[0])) for (const one of folded) taken.add(one)
  /** @type {Map<Operation|null, number>} */
  const rows = new Map()
  for (const operation of operations) {
    const before = Math.max(0, ...operation.operands.map(({ maker }) => rows.get(maker) ?? 0))
    rows.set(operation, before + (taken.has(operation) ? 0 : OPERATOR))
  }
  return Math.max(0, ...rows.values())
}

/** Without the larger half of the figures. @param {Claimed[]} claimed @param {Space} space */
function smaller(claimed, space) {
  const sizes = new Map(claimed.map((one) => [one, areaOf(one, space)]))
  const areas = [...sizes.values()].sort((a, b) => a - b)
  const most = areas[Math.floor(areas.length / 2)]
  return claimed.filter((one) => (sizes.get(one) ?? 0) < most)
}

/** The area of a figure at its smallest; Infinity where it is too large for the stage. @param {Claimed} claimed @param {Space} space */
function areaOf({ figure, claim }, space) {
  const { w, h } = figure.size(claim, space, FOLDINGS[FOLDINGS.length - 2].least)
  const room = roomOf(space)
  return w > 0 && h > 0 && w <= room.width + HAIR && h <= room.height + HAIR ? w * h : Infinity
}

/**
 * The plan with the largest cells that fits when so much is folded; null where none does.
 * @param {Drawing} drawing @param {Claimed[]} claimed @param {Folding} folding @param {Extents} extents
 * @param {{space: Space, most: number, trim: boolean, last: boolean}} stage most: how many rows there may be; trim: whether
 *   it ends where they end; last: whether nothing else is left to be tried: then there is a plan even if it does not fit
 * @returns {Plan|null}
 */
function attempt(drawing, claimed, folding, extents, { space, most, trim, last }) {
  const { level } = folding
  const sketch = untangled(drawing, claimed, folding)
  const least = Math.round(folding.scaled ? folding.least * space.k : folding.least)
  let columns = columnsOf(sketch)
  if (!last && columns.length * WIRE.least * space.k > space.W * most) return null
  extents.size(sketch, level, least)
  if (!last && most === 1 && !fitsAcross(columns, space)) return null
  if (level === 7 && !fitsDown(columns, space, 0)) {
    const room = roomOf(space).height - MOST_BELOW * space.k
    columns = wrapped(columns, (column) => heightOf(column, space.k), room)
  }
  columns = uncross(columns, sketch.links)
  const rows = (/** @type {number} */ tried, large = tried, stage = space, wire = WIRE.least) => {
    extents.size(sketch, level, tried, large)
    return rowsOf(columns, sketch.links, stage, { most, wire })
  }
  const fit = rows(least).fits
  if (!fit && !last) return null
  const unit = largestUnit(fit ? LARGEST * space.k : 0, least, (tried) => rows(tried).fits)
  const taller = trim ? { ...space, H: space.H * TALLER } : space
  const easy = most > 1 ? WIRE.least : WIRE.easy
  const large = largestUnit(fit ? READABLE * space.k : 0, unit, (tried) => rows(unit, tried, taller, easy).fits)
  const found = rows(unit, large)
  const stage = trim && fit ? { ...space, H: found.height } : space
  const ends = endsOf(sketch.links)
  standInRows(found, stage, ends)
  for (const block of sketch.blocks) settle(block, extents)
  const edges = wiresOf(found, stage, ends)
  const { blocks } = sketch
  const { k, W, H } = stage
  const { lineName, lineNote, head } = extents
  const beads = beadsOf(blocks, edges)
  return { blocks, edges, beads, k, W, H, level, unit, fits: fit, lineName, lineNote, head }
}

/** The largest unit with which all fits, in whole steps; the least one is known to. @param {number} most @param {number} least @param {(unit: number) => boolean} fits */
function largestUnit(most, least, fits) {
  let [smaller, larger] = [0, Math.max(0, Math.floor((Math.round(most) - least) / STEP))]
  while (smaller < larger) {
    const middle = Math.ceil((smaller + larger) / 2)
    if (fits(least + middle * STEP)) smaller = middle
    else larger = middle - 1
  }
  return least + smaller * STEP
}

/** A sketch without a figure that would have to stand before something and behind it. @param {Drawing} drawing @param {Claimed[]} claimed @param {Folding} folding @returns {Sketch} */
function untangled(drawing, claimed, folding) {
  for (;;) {
    const sketch = drawing.sketch(claimed, folding)
    const tangled = tangledIn(sketch)
    if (!tangled) return sketch
    claimed = claimed.filter(({ claim }) => claim !== tangled.claim)
  }
}

/** Count the places inside a block from the stage's corner. @param {Block} block @param {Extents} extents */
function settle(block, extents) {
  const { cx, cy } = block
  block.left += cx
  block.right += cx
  if (block.kind !== "operators") return
  for (const operator of block.operators) operator.cx += cx
  for (const bead of block.beads) {
    bead.x += cx
    bead.y = cy
  }
  for (const weight of block.weights) {
    if (weight.over) weight.cx = weight.over.cx
    else weight.cx += cx
    weight.y = extents.weightTop(weight, block)
    weight.cy = weight.y + weight.h / 2
  }
}
