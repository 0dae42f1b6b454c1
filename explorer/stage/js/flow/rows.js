// On a narrow stage the columns of a flow stand in rows below each other, as the words of a text do; wires that lead from
// one row to another run in the gaps between rows. Nothing is drawn twice, and no wire runs through a block.

import { EDGE, fitsAcross, heightOf, standAcross, standDown } from "./places.js"
import { edgesOf, leavesBelow, passage, point, roomBehind, roomBelow, routesOf, turned } from "./routes.js"

/**
 * @import { Block, Link } from "./blocks.js" @import { Point } from "../types.js" @import { Space } from "./places.js"
 * @import { Edge, Ends, Routes } from "./routes.js"
 *
 * @typedef {object} Turn wires that carry one value to other rows
 * @property {string} key @property {Block} a @property {number} line its row @property {Link[]} links
 *
 * @typedef {object} Row
 * @property {Block[][]} columns @property {Link[]} links between them @property {Routes} routes
 * @property {number} below the room that wires need below its blocks @property {number} height with that room
 * @property {number} bottom where it ends, when it has its place
 *
 * @typedef {object} Rows
 * @property {Row[]} rows @property {Turn[]} turns @property {Map<Block, number>} lines the row of each block
 * @property {string[][]} gaps the turns that run below each row @property {string[]} margin those that run past a row
 * @property {number} height of all @property {boolean} fits
 */

/** Distances, times k: between rows without wires; from a row to the first wire below it, to the next one, to the next row. */
const APART = 18
const LANE = { first: 12, next: 11, last: 16 }
/** How the names of turns begin, among those of a row's lanes. */
const TURN = "turn "
/** The part of the left edge in which wires run past rows, times k. */
const MARGIN = 10

/**
 * @param {Block[][]} columns @param {Link[]} links @param {Space} space
 * @param {{most: number, wire: number}} how many rows there may be, and how long wires are at least, times k @returns {Rows}
 */
export function rowsOf(columns, links, space, { most, wire }) {
  const parts = most > 1 ? broken(columns, links, space) : [columns]
  /** @type {Map<Block, number>} */
  const lines = new Map()
  parts.forEach((part, line) => {
    part.forEach((column, at) => {
      for (const block of column) {
        block.column = at
        lines.set(block, line)
      }
    })
  })
  const rows = parts.map((part, line) => {
    const own = links.filter(({ a, b }) => lines.get(a) === line && lines.get(b) === line)
    return rowOf(part, own, routesOf(own, part), space.k, most > 1)
  })
  const found = { rows, lines, ...turnsOf(links, rows, lines) }
  const upward = found.turns.some(({ line, links: all }) => all.some(({ b }) => (lines.get(b) ?? 0) < line))
  const height = heightOfAll(found, space.k)
  const fits =
    !upward
    && rows.length <= most
    && height <= space.H + 1e-6
    && rows.every((row) => fitsAcross(row.columns, space, roomBehind(row.routes, space.k), wire))
  return { ...found, height, fits }
}

/**
 * @param {Block[][]} columns @param {Link[]} links @param {Routes} routes @param {number} k
 * @param {boolean} level whether it is so high that all its columns may stand level @returns {Row}
 */
function rowOf(columns, links, routes, k, level) {
  const below = roomBelow(routes, k)
  const ends = columns.map((column) => {
    const [{ up, down }] = column
    const half = heightOf(column, k) / 2
    return level && column.length === 1 ? { up, down } : { up: half, down: half }
  })
  const height = Math.max(0, ...ends.map(({ up }) => up)) + Math.max(0, ...ends.map(({ down }) => down)) + below
  return { columns, links, routes, below, height, bottom: 0 }
}

/** As many columns in each row as have room; what a figure draws between itself and others stays in its row. @param {Block[][]} columns @param {Link[]} links @param {Space} space */
function broken(columns, links, space) {
  const places = new Map(columns.flatMap((column, at) => column.map((block) => [block, at])))
  const glued = columns.map(() => false)
  const bound = (/** @type {Block} */ block) => block.kind === "figure" && !block.figure.apart
  for (const { a, b, drawn } of links) {
    if (drawn || ![a, b].some(bound)) continue
    const [from, to] = [places.get(a) ?? 0, places.get(b) ?? 0].sort((one, other) => one - other)
    glued.fill(true, from + 1, to + 1)
  }
  /** @type {Block[][][]} */
  const parts = []
  columns.forEach((_, at) => {
    if (glued[at]) return
    const end = columns.findIndex((_one, next) => next > at && !glued[next])
    const group = columns.slice(at, end < 0 ? columns.length : end)
    const part = parts[parts.length - 1]
    if (part && fitsAcross([...part, ...group], space)) part.push(...group)
    else parts.push(group)
  })
  return parts
}

/** What leads from row to row, and which lanes it needs. @param {Link[]} links @param {Row[]} rows @param {Map<Block, number>} lines */
function turnsOf(links, rows, lines) {
  /** @type {Map<string, Turn>} */
  const found = new Map()
  /** @type {string[][]} */
  const gaps = rows.map(() => [])
  /** @type {string[]} */
  const margin = []
  const entered = new Set()
  for (const link of links) {
    const { a, b, value } = link
    const [line, to] = [lines.get(a) ?? 0, lines.get(b) ?? 0]
    if (!link.drawn || line === to) continue
    const key = `${TURN}${line} ${a.column} ${a.row} ${value.number}`
    const turn = found.get(key) ?? { key, a, line, links: [] }
    if (!turn.links.length && !fromBelow(a, rows[line])) rows[line].routes.lanes[a.column + 1].push(key)
    turn.links.push(link)
    found.set(key, turn)
    for (const gap of new Set([line, to - 1])) if (!gaps[gap]?.includes(key)) gaps[gap]?.push(key)
    if (to > line + 1 && !margin.includes(key)) margin.push(key)
    if (entersAbove(b) && !entered.has(b)) entered.add(b)
    else rows[to].routes.lanes[b.column].push(nameOf(key, b))
  }
  return { turns: [...found.values()], gaps, margin }
}

/** Whether a wire leaves from below: a figure has its own way out, to the right. @param {Block} a @param {Row} row */
function fromBelow(a, { columns }) {
  return a.kind === "tensor" && leavesBelow(a, columns)
}

/** Whether a wire may enter from the gap above: nothing stands there. @param {Block} block */
function entersAbove(block) {
  if (block.row || block.kind === "tensor" || block.kind === "figure") return false
  return (
    block.kind === "folded"
    || block.weights.every(({ below, operation }) => below || operation !== block.operators[0].operation)
  )
}

/** @param {string[]} gap @param {number} k */
function heightOfGap({ length }, k) {
  return (length ? LANE.first + LANE.next * (length - 1) + LANE.last : APART) * k
}

/** @param {Pick<Rows, "rows"|"gaps">} rows @param {number} k */
function heightOfAll({ rows, gaps }, k) {
  const between = gaps.slice(0, -1).reduce((sum, gap) => sum + heightOfGap(gap, k), 0)
  return rows.reduce((sum, { height }) => sum + height, between) + 2 * EDGE * k
}

/**
 * Give every block its place, each column its `cx` and each block its `cy`.
 * @param {Rows} found @param {Space} space @param {(link: Link) => Ends} ends
 */
export function standInRows({ rows, gaps, height }, space, ends) {
  const { k, H } = space
  let top = EDGE * k
  rows.forEach((row, line) => {
    const { columns, links, below } = row
    const high = row.height + (H - height) / rows.length
    standAcross(columns, space, roomBehind(row.routes, k))
    standDown(columns, links, { ...space, H: high + 2 * EDGE * k }, below, (link) => ends(link).arrives)
    const sunk = routesOf(links, columns, (link) => passage(link, columns, ends(link), k) !== null)
    for (const block of columns.flat()) block.cy += top - EDGE * k + (below - roomBelow(sunk, k)) / 2
    const turns = row.routes.lanes.map((lane) => lane.filter((name) => name.startsWith(TURN)))
    row.routes = { ...sunk, lanes: sunk.lanes.map((lane, channel) => [...lane, ...turns[channel]]) }
    row.bottom = top + high
    top += high + heightOfGap(gaps[line], k)
  })
}

/** All wires, where the blocks have their places, in running order. @param {Rows} found @param {Space} space @param {(link: Link) => Ends} ends @returns {Edge[]} */
export function wiresOf(found, space, ends) {
  const { rows, turns, lines, gaps, margin } = found
  const { k } = space
  const drawn = rows.map(({ columns, links, routes }) => edgesOf(links, columns, routes, ends, space))
  const lane = (/** @type {number} */ gap, /** @type {string} */ key) =>
    rows[gap].bottom + (LANE.first + LANE.next * gaps[gap].indexOf(key)) * k
  const way = (/** @type {Turn} */ { key, a, line }, /** @type {Link} */ link) => {
    const { b } = link
    const to = lines.get(b) ?? 0
    const [leaves, arrives] = [a.cy + ends(link).leaves, b.cy + ends(link).arrives]
    const start = fromBelow(a, rows[line])
      ? [point(a.cx, a.cy + a.down + 3)]
      : [point(a.right, leaves), point(drawn[line].upright(a.column + 1, key), leaves)]
    const name = nameOf(key, b)
    const end = rows[to].routes.lanes[b.column].includes(name)
      ? [point(drawn[to].upright(b.column, name), arrives), point(b.left, arrives)]
      : [b.kind === "operators" ? point(b.operators[0].cx, b.cy - b.r) : point(b.cx, b.cy - b.up)]
    const past = (MARGIN * k * (margin.indexOf(key) + 1)) / (margin.length + 1)
    const [first, last] = [lane(line, key), lane(to - 1, key)]
    const passed = to > line + 1 ? [point(past, first), point(past, last)] : []
    return [...start, point(start[start.length - 1].x, first), ...passed, point(end[0].x, last), ...end]
  }
  const edges = turns.flatMap((turn) => turn.links.map((link) => turned(link, way(turn, link))))
  return [...drawn.flatMap((one) => one.edges), ...edges].sort((one, other) => one.order - other.order)
}

/** What the upright part of a turn is called where it arrives. @param {string} key @param {Block} b */
function nameOf(key, b) {
  return `${key} to ${b.row}`
}
