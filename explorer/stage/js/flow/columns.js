// In which column each block stands, and in which order from top to bottom: each behind all that it is made of, with as
// few crossing wires as a few sweeps find.

/** @import { Block, FigureBlock, Link, Sketch } from "./blocks.js" */

/** Sweeps over the columns, there and back, after which the order is taken as it is. */
const SWEEPS = 6

/** @typedef {Map<Block, Block[]>} Neighbours */

/** What leads into each block, and what it leads to. @param {Sketch} sketch */
function neighboursOf({ blocks, links }) {
  /** @type {Neighbours} */
  const before = new Map(blocks.map((block) => [block, []]))
  /** @type {Neighbours} */
  const after = new Map(blocks.map((block) => [block, []]))
  for (const { a, b } of links) {
    before.get(b)?.push(a)
    after.get(a)?.push(b)
  }
  return { before, after }
}

/** Blocks one after the other, each behind all that lead into it, where none leads into itself. @param {Block[]} blocks @param {Neighbours} before @param {Neighbours} after */
function sorted(blocks, before, after) {
  const waiting = new Map(blocks.map((block) => [block, before.get(block)?.length ?? 0]))
  const ready = blocks.filter((block) => !waiting.get(block))
  for (let at = 0; at < ready.length; at++) {
    for (const block of after.get(ready[at]) ?? []) {
      const left = (waiting.get(block) ?? 0) - 1
      waiting.set(block, left)
      if (left === 0) ready.push(block)
    }
  }
  return ready
}

/**
 * A figure that would have to stand before something and behind it, the least particular one; null where there is none.
 * @param {Sketch} sketch @returns {FigureBlock|null}
 */
export function tangledIn(sketch) {
  const { before, after } = neighboursOf(sketch)
  const free = new Set(sorted(sketch.blocks, before, after))
  if (free.size === sketch.blocks.length) return null
  for (const block of sorted(sketch.blocks, after, before)) free.add(block) // what only hangs on a knot is in none
  const knot = sketch.blocks.filter((block) => !free.has(block))
  return /** @type {FigureBlock|null} */ (knot.findLast((block) => block.kind === "figure") ?? null)
}

/** The columns, each in running order. @param {Sketch} sketch @returns {Block[][]} */
export function columnsOf(sketch) {
  const { blocks } = sketch
  const { before, after } = neighboursOf(sketch)
  const ready = sorted(blocks, before, after)
  for (const block of ready) block.column = 1 + Math.max(-1, ...(before.get(block) ?? []).map(({ column }) => column))
  pullRight(ready, before, after)
  const count = 1 + Math.max(-1, ...blocks.map(({ column }) => column))
  /** @type {Block[][]} */
  const columns = Array.from({ length: count }, () => [])
  for (const block of blocks) columns[block.column].push(block)
  const full = columns.filter(({ length }) => length)
  for (const column of full) column.sort((a, b) => a.order - b.order)
  number(full)
  return full
}

/** What no input leads to stands directly before what it leads to. @param {Block[]} ready @param {Neighbours} before @param {Neighbours} after */
function pullRight(ready, before, after) {
  const fed = new Set()
  for (const block of ready) {
    const given = block.kind === "tensor" && block.value.role === "input" && !block.value.maker
    if (given || before.get(block)?.some((one) => fed.has(one))) fed.add(block)
  }
  for (const block of ready.toReversed()) {
    const next = (after.get(block) ?? []).map(({ column }) => column)
    if (!fed.has(block) && next.length) block.column = Math.max(block.column, Math.min(...next) - 1)
  }
}

/**
 * Columns that are too high become several beside each other.
 * @param {Block[][]} columns @param {(column: Block[]) => number} height @param {number} most
 */
export function wrapped(columns, height, most) {
  const found = columns.flatMap((column) => {
    /** @type {Block[][]} */
    const parts = []
    for (const block of column) {
      const part = parts[parts.length - 1]
      if (part && height([...part, block]) <= most) part.push(block)
      else parts.push([block])
    }
    return parts
  })
  number(found)
  return found
}

/** Note each block's place. @param {Block[][]} columns */
function number(columns) {
  columns.forEach((column, at) => {
    column.forEach((block, row) => {
      block.column = at
      block.row = row
    })
  })
}

/**
 * Order each column by what its blocks are linked with, there and back; keep the order with the fewest crossings.
 * @param {Block[][]} columns @param {Link[]} links
 */
export function uncross(columns, links) {
  if (columns.every((column) => column.length < 2)) return columns
  const near = links.filter(({ a, b }) => b.column === a.column + 1)
  const { before, after } = neighboursOf({ blocks: columns.flat(), links: near })
  let best = columns
  let fewest = crossings(near)
  for (let sweep = 0; sweep < SWEEPS && fewest; sweep++) {
    const beside = sweep % 2 ? after : before
    const tried = columns.map((column) => column.slice())
    for (const column of sweep % 2 ? tried.toReversed() : tried) {
      column.sort((a, b) => middle(a, beside) - middle(b, beside) || a.row - b.row)
      column.forEach((block, row) => {
        block.row = row
      })
    }
    columns = tried
    const count = crossings(near)
    if (count < fewest) [best, fewest] = [tried, count]
  }
  number(best)
  return best
}

/** The row about which a block's neighbours stand; its own where it has none. @param {Block} block @param {Neighbours} beside */
function middle(block, beside) {
  const rows = (beside.get(block) ?? []).map(({ row }) => row)
  return rows.length ? rows.reduce((sum, row) => sum + row, 0) / rows.length : block.row
}

/** How many wires between neighbouring columns cross. @param {Link[]} links */
function crossings(links) {
  let count = 0
  for (let at = 0; at < links.length; at++) {
    const { a, b } = links[at]
    for (let other = at + 1; other < links.length; other++) {
      const { a: c, b: d } = links[other]
      if (a.column === c.column && (a.row - c.row) * (b.row - d.row) < 0) count++
    }
  }
  return count
}
