// Where the blocks of a plan stand: columns side by side, in each column one block below the other, level with what leads to
// it. Nothing overlaps.

/**
 * @import { Block, Link } from "./blocks.js"
 *
 * @typedef {{k: number, W: number, H: number, lineNote: number}} Space the stage, the factor of all distances on it, and the height of a
 *   note's line
 */

/** Distances, times k: from a wire's beginning to its end, between boxes, from the stage's edges. */
export const WIRE = { least: 19, easy: 28, most: 72 }
const BOXES = 12
const SIDE = 20
export const EDGE = 10
const BELOW = 18
/** A stage of less than so many pixels is narrow: columns stand in rows. */
export const NARROW = 600
/** How often blocks are moved level with their neighbours. */
const SWEEPS = 3

/** How wide columns and blocks are on either side of a column's middle. @param {Block[][]} columns */
function halvesOf(columns) {
  return columns.map((column) => ({
    box: Math.max(...column.map(({ w }) => w / 2)),
    left: Math.max(...column.map(({ left }) => -left)),
    right: Math.max(...column.map(({ right }) => right)),
  }))
}

/**
 * From each column's middle to the next one's, when wires between them are so long.
 * @param {ReturnType<typeof halvesOf>} halves @param {number} wire @param {number} k @param {number[]} behind the room that wires need
 */
function stepsOf(halves, wire, k, behind) {
  return halves.slice(1).map((next, at) => {
    const before = halves[at]
    const boxes = before.box + next.box + Math.max(BOXES * k, behind[at] ?? 0)
    return Math.max(before.right + next.left + wire, boxes)
  })
}

/** How wide all columns are, and how wide they may be. @param {ReturnType<typeof halvesOf>} halves @param {number} wire @param {Space} space @param {number[]} behind */
function spareOf(halves, wire, { k, W }, behind) {
  const outer = halves[0].box + halves[halves.length - 1].box
  return W - 2 * SIDE * k - stepsOf(halves, wire, k, behind).reduce((sum, step) => sum + step, outer)
}

/** Pixels by which sums that are equal on paper may differ: a figure may be just as large as the stage. */
export const HAIR = 1e-6

/** Where blocks may stand. @param {Space} space */
export function roomOf({ k, W, H }) {
  return { width: W - 2 * SIDE * k, height: H - 2 * EDGE * k }
}

/** Whether columns have room side by side. @param {Block[][]} columns @param {Space} space @param {number[]} [behind] the room that wires need behind each @param {number} [wire] how long wires are, times k */
export function fitsAcross(columns, space, behind = [], wire = WIRE.least) {
  return !columns.length || spareOf(halvesOf(columns), wire * space.k, space, behind) >= -HAIR
}

/** Columns share the spare width, up to a comfortable length of wires. @param {Block[][]} columns @param {Space} space @param {number[]} behind */
export function standAcross(columns, space, behind) {
  if (!columns.length) return
  const { k } = space
  const halves = halvesOf(columns)
  const spare = (/** @type {number} */ wire) => spareOf(halves, wire, space, behind)
  const wire = largest(WIRE.least * k, WIRE.most * k, (tried) => spare(tried) >= -HAIR)
  const steps = stepsOf(halves, wire, k, behind)
  let x = SIDE * k + spare(wire) / 2 + halves[0].box
  columns.forEach((column, at) => {
    if (at) x += steps[at - 1]
    for (const block of column) block.cx = x
  })
}

/** The largest number between two that passes. @param {number} low that passes @param {number} high @param {(tried: number) => boolean} passes */
function largest(low, high, passes) {
  if (passes(high)) return high
  let [from, to] = [low, high]
  for (let turn = 0; turn < 12; turn++) {
    const middle = (from + to) / 2
    if (passes(middle)) from = middle
    else to = middle
  }
  return from
}

/** @param {Block[]} column @param {number} k */
export function heightOf(column, k) {
  return column.reduce((sum, { up, down }) => sum + up + down + BELOW * k, -BELOW * k)
}

/** Whether every column has room. @param {Block[][]} columns @param {Space} space @param {number} below the room that wires need below everything */
export function fitsDown(columns, { k, H }, below) {
  return columns.every((column) => heightOf(column, k) <= H - 2 * EDGE * k - below + HAIR)
}

/**
 * Each block as level with its neighbours as others let it; the whole about the middle.
 * @param {Block[][]} columns @param {Link[]} links @param {Space} space
 * @param {number} below the room that wires need below everything
 * @param {(link: Link) => number} arrival how far below its block's middle a wire ends
 */
export function standDown(columns, links, { k, H }, below, arrival) {
  const room = H - 2 * EDGE * k - below
  /** @type {Map<Block, {before: Link[], after: Link[]}>} */
  const near = new Map(columns.flat().map((block) => [block, { before: [], after: [] }]))
  for (const link of links) {
    if (link.b.column !== link.a.column + 1) continue
    near.get(link.b)?.before.push(link)
    near.get(link.a)?.after.push(link)
  }
  const level = (/** @type {number} */ top, /** @type {number} */ bottom) => {
    const from = (/** @type {Block} */ block) =>
      mean(
        (near.get(block)?.before ?? []).map((link) => link.a.cy - arrival(link)),
        block.cy,
      )
    const to = (/** @type {Block} */ block) =>
      mean(
        (near.get(block)?.after ?? []).map((link) => link.b.cy + arrival(link)),
        block.cy,
      )
    for (const column of columns) for (const block of column) block.cy = 0
    for (const column of columns) settle(column, (block) => block.cy, top, bottom, k)
    for (let sweep = 0; sweep < SWEEPS; sweep++) {
      for (const column of columns.toReversed()) settle(column, to, top, bottom, k)
      for (const column of columns) settle(column, from, top, bottom, k)
    }
    const first = columns.findIndex((column) => column.some((block) => near.get(block)?.before.length))
    for (const column of columns.slice(0, Math.max(1, first)).toReversed()) settle(column, to, top, bottom, k)
  }
  level(-Infinity, Infinity)
  let [top, bottom] = reachOf(columns)
  if (bottom - top > room) {
    level((top + bottom - room) / 2, (top + bottom + room) / 2)
    ;[top, bottom] = reachOf(columns)
  }
  const shift = (H - below - (bottom + top)) / 2
  for (const block of columns.flat()) block.cy += shift
}

/** @param {Block[][]} columns */
function reachOf(columns) {
  const blocks = columns.flat()
  return [Math.min(...blocks.map(({ cy, up }) => cy - up)), Math.max(...blocks.map(({ cy, down }) => cy + down))]
}

/** @param {number[]} numbers @param {number} other of none */
function mean(numbers, other) {
  return numbers.length ? numbers.reduce((sum, one) => sum + one, 0) / numbers.length : other
}

/**
 * Put the blocks of a column as near as possible to where they would like to be, none over another, all between top and bottom:
 * neighbours that would overlap become a pile, which stands about the mean of their wishes.
 * @param {Block[]} column @param {(block: Block) => number} wish @param {number} top @param {number} bottom @param {number} k
 */
function settle(column, wish, top, bottom, k) {
  /** @type {{sum: number, count: number}[]} */
  const piles = []
  /** How far each block stands below the first one when all touch. @type {number[]} */
  const depths = []
  column.forEach((block, at) => {
    const before = column[at - 1]
    depths.push(at ? depths[at - 1] + before.down + BELOW * k + block.up : 0)
    piles.push({ sum: wish(block) - depths[at], count: 1 })
    for (let last = piles.length - 1; last > 0 && place(piles[last]) < place(piles[last - 1]); last--) {
      const pile = piles[last]
      piles.pop()
      piles[last - 1].sum += pile.sum
      piles[last - 1].count += pile.count
    }
  })
  const least = top + column[0].up
  const most = bottom - column[column.length - 1].down - depths[depths.length - 1]
  let at = 0
  for (const pile of piles) {
    const y = Math.max(least, Math.min(most, place(pile)))
    for (let turn = 0; turn < pile.count; turn++, at++) column[at].cy = y + depths[at]
  }
}

/** @param {{sum: number, count: number}} pile */
function place({ sum, count }) {
  return sum / count
}
