// Where the blocks of a plan stand: columns side by side, in each column one block below the other, level with what leads to
// it. Nothing overlaps.

/**
 * @import { Block, Link } from "./blocks.js"
 *
 * @typedef {{k: number, W: number, H: number}} Space the stage, and the factor of all distances on it
 */

/** Distances, times k: from a wire's beginning to its end, between boxes, from the stage's edges. */
const WIRE = { least: 19, most: 72 }
const BOXES = 12
const SIDE = 20
export const EDGE = 6
const BELOW = 18
/** How often blocks are moved level with their neighbours. */
const SWEEPS = 3

/**
 * Columns share the spare width, up to a comfortable gap. False where they do not fit.
 * @param {Block[][]} columns @param {Space} space @param {number[]} channels the room that wires need behind each column, at least
 */
export function standAcross(columns, { k, W }, channels) {
  const most = (/** @type {Block[]} */ column, /** @type {(block: Block) => number} */ of) => Math.max(...column.map(of))
  const halves = columns.map((column) => ({
    box: most(column, ({ w }) => w / 2),
    left: most(column, ({ left }) => -left),
    right: most(column, ({ right }) => right),
  }))
  const steps = (/** @type {number} */ gap) =>
    halves.slice(1).map((next, at) => {
      const before = halves[at]
      const boxes = before.box + next.box + Math.max(BOXES * k, channels[at] ?? 0)
      return Math.max(before.right + next.left + gap, boxes)
    })
  const outer = halves.length ? halves[0].box + halves[halves.length - 1].box : 0
  const total = (/** @type {number} */ gap) => steps(gap).reduce((sum, step) => sum + step, outer)
  const room = W - 2 * SIDE * k
  if (total(WIRE.least * k) > room) return false
  const gap = largest(WIRE.least * k, WIRE.most * k, (tried) => total(tried) <= room)
  let x = (W - total(gap)) / 2 + (halves[0]?.box ?? 0)
  const found = steps(gap)
  columns.forEach((column, at) => {
    if (at) x += found[at - 1]
    for (const block of column) block.cx = x
  })
  return true
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

/**
 * Each block as level with its neighbours as others let it; the whole about the middle. False where a column is too high.
 * @param {Block[][]} columns @param {Link[]} links @param {Space} space
 * @param {number} below the room that wires need below everything
 * @param {(link: Link) => number} arrival how far below its block's `cy` a wire ends
 */
export function standDown(columns, links, { k, H }, below, arrival) {
  const room = H - 2 * EDGE * k - below
  if (columns.some((column) => heightOf(column, k) > room)) return false
  /** @type {Map<Block, {before: Link[], after: Link[]}>} */
  const near = new Map(columns.flat().map((block) => [block, { before: [], after: [] }]))
  for (const link of links) {
    if (link.b.column !== link.a.column + 1) continue
    near.get(link.b)?.before.push(link)
    near.get(link.a)?.after.push(link)
  }
  const level = (/** @type {number} */ top, /** @type {number} */ bottom) => {
    const from = (/** @type {Block} */ block) =>
      mean((near.get(block)?.before ?? []).map((link) => link.a.cy - arrival(link)), block.cy)
    const to = (/** @type {Block} */ block) =>
      mean((near.get(block)?.after ?? []).map((link) => link.b.cy + arrival(link)), block.cy)
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
  return true
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
