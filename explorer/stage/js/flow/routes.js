// Which way each wire takes: straight or curved from one column to the next; past columns it runs below everything, so that
// no wire runs through a block.

import { EDGE } from "./places.js"

/**
 * @import { Bead, Block, Link } from "./blocks.js" @import { Operation, Value } from "./graph.js" @import { Point } from "../types.js"
 *
 * @typedef {object} Edge a wire as it is drawn
 * @property {Value} value @property {Operation|null} operation during which it is drawn @property {number} order its order, or -1
 * @property {Block} a @property {Block} b @property {number} x0 @property {number} y0 @property {number} x1 @property {number} y1
 * @property {boolean} skip whether it runs below everything @property {number} low how far down it runs then
 * @property {Point[]} points its corners, if it does @property {[number, number]} bends where its curve begins and ends, if not
 * @property {Point|null} bead where its value is drawn, if that is drawn nowhere else @property {false} weight
 *
 * @typedef {object} Bus wires that carry one value past columns; they share what runs below everything
 * @property {Block} a @property {Link[]} links @property {number} from @property {number} to the columns below which it runs
 * @property {boolean} beside whether it leaves its block beside it, because others stand below
 *
 * @typedef {object} Routes
 * @property {Bus[]} buses the shortest first @property {number} depth how many run below each other
 * @property {string[][]} lanes the wires that run up and down behind each column; the first are those before all columns
 */

/** Distances, times k. */
const LANE = { first: 18, next: 11, upright: 6 }
const PARALLEL = 9
/** Room for the tip of a wire, and the radius of its corners. */
const TIP = 7
const RADIUS = 12

/** Whether a wire does not lead to the next column. @param {Link} link */
function skips({ a, b }) {
  return b.column !== a.column + 1
}

/** What runs below, before anything has its place. @param {Link[]} links @param {Block[][]} columns @returns {Routes} */
export function routesOf(links, columns) {
  /** @type {Map<string, Bus>} */
  const found = new Map()
  for (const link of links) {
    if (!link.drawn || !skips(link)) continue
    const { a, b, value } = link
    const key = `${a.column} ${a.row} ${value.number}`
    const [from, to] = [Math.min(a.column, b.column), Math.max(a.column, b.column)]
    const bus = found.get(key)
    if (bus) {
      bus.links.push(link)
      bus.from = Math.min(bus.from, from)
      bus.to = Math.max(bus.to, to)
    } else found.set(key, { a, links: [link], from, to, beside: !leavesBelow(a, columns) })
  }
  const buses = [...found.values()].sort((one, other) => one.to - one.from - (other.to - other.from))
  const depths = columns.map(() => 0)
  for (const bus of buses) deepen(depths, bus, 1)
  /** @type {string[][]} */
  const lanes = Array.from({ length: columns.length + 1 }, () => [])
  for (const bus of buses) {
    if (bus.beside) lanes[bus.a.column + 1].push(leaving(bus))
    for (const { b } of bus.links) {
      if (!entersBelow(b, columns) && !lanes[b.column].includes(arriving(bus, b))) lanes[b.column].push(arriving(bus, b))
    }
  }
  return { buses, depth: Math.max(0, ...depths), lanes }
}

/** The names of a wire's upright parts. @param {Bus} bus */
const leaving = ({ a, links }) => `from ${a.column} ${a.row} ${links[0].value.number}`
/** @param {Bus} bus @param {Block} b */
const arriving = (bus, b) => `${leaving(bus)} to ${b.row}`

/** A bus runs below all that lies below its columns. @param {number[]} depths of what lies below each column @param {Bus} bus @param {number} more */
function deepen(depths, { from, to }, more) {
  const depth = Math.max(...depths.slice(from, to + 1)) + more
  depths.fill(depth, from, to + 1)
  return depth
}

/** @param {Block} block @param {Block[][]} columns */
function isLowest({ column, row }, columns) {
  return row === columns[column].length - 1
}

/** @param {Block} block @param {Block[][]} columns */
function leavesBelow(block, columns) {
  return block.kind !== "operators" && isLowest(block, columns)
}

/** @param {Block} block @param {Block[][]} columns */
function entersBelow(block, columns) {
  return block.kind === "operators" && isLowest(block, columns) && !block.weights.some(({ below }) => below)
}

/** The room that wires need below everything. @param {Routes} routes @param {number} k */
export function roomBelow({ depth }, k) {
  return depth ? (LANE.first + LANE.next * (depth - 1) + EDGE) * k : 0
}

/** The room that wires need behind each column. @param {Routes} routes @param {number} k */
export function roomBehind({ lanes }, k) {
  return lanes.slice(1).map(({ length }) => (length ? (length + 1) * LANE.upright * k : 0))
}

/** How far below its block's middle each wire ends; several between the same two blocks run beside each other. @param {Link[]} links @returns {(link: Link) => number} */
export function arrivalsOf(links) {
  /** @type {Map<Block, Link[]>} */
  const into = new Map()
  for (const link of links) into.set(link.b, [...(into.get(link.b) ?? []), link])
  /** @type {Map<Link, number>} */
  const found = new Map()
  for (const [b, ends] of into) {
    for (const link of ends) {
      const port = b.kind === "figure" ? b.ports?.[b.claim.takes.indexOf(link.value)] : undefined
      found.set(link, port === undefined ? 0 : port * b.h - b.up)
    }
    const apart = b.kind === "folded" ? ends.toSorted((one, other) => one.a.row - other.a.row) : null
    for (const group of apart ? [apart] : parallel(ends)) {
      const step = Math.min(PARALLEL, 30 / group.length)
      group.forEach((link, at) => {
        found.set(link, (found.get(link) ?? 0) + (at - (group.length - 1) / 2) * step)
      })
    }
  }
  return (link) => found.get(link) ?? 0
}

/** Wires that come from the same block. @param {Link[]} ends */
function parallel(ends) {
  const groups = new Map()
  for (const link of ends) groups.set(link.a, [...(groups.get(link.a) ?? []), link])
  return groups.values()
}

/**
 * All wires, where the blocks have their places.
 * @param {Link[]} links @param {Block[][]} columns @param {Routes} routes @param {(link: Link) => number} arrival
 * @param {{k: number, W: number}} space @returns {Edge[]}
 */
export function edgesOf(links, columns, routes, arrival, { k, W }) {
  const sides = columns.map((column) => ({
    left: Math.min(...column.map(({ cx, w }) => cx - w / 2)),
    right: Math.max(...column.map(({ cx, w }) => cx + w / 2)),
    low: Math.max(...column.map(({ cy, down }) => cy + down)),
  }))
  const upright = uprights(routes, sides, W)
  const lows = sides.map(({ low }) => low + (LANE.first - LANE.next) * k)
  /** @type {Edge[]} */
  const edges = []
  for (const bus of routes.buses) {
    const low = deepen(lows, bus, LANE.next * k)
    for (const link of bus.links) {
      const leaves = bus.beside ? upright(bus.a.column + 1, leaving(bus)) : null
      const arrives = entersBelow(link.b, columns) ? null : upright(link.b.column, arriving(bus, link.b))
      edges.push(below(link, low, leaves, arrives, arrival(link)))
    }
  }
  for (const link of links) {
    if (link.drawn && !skips(link)) edges.push(across(link, sides, arrival(link)))
  }
  return edges.sort((one, other) => one.order - other.order)
}

/** Where wires run up and down, side by side between two columns. @param {Routes} routes @param {{left: number, right: number}[]} sides @param {number} W */
function uprights({ lanes }, sides, W) {
  return (/** @type {number} */ channel, /** @type {string} */ wire) => {
    const from = channel ? sides[channel - 1].right : 0
    const to = channel < sides.length ? sides[channel].left : W
    const names = lanes[channel]
    return from + ((to - from) * (names.indexOf(wire) + 1)) / (names.length + 1)
  }
}

/** @param {Link} link @param {number} arrival @returns {Pick<Edge, "value"|"operation"|"order"|"a"|"b"|"weight"|"y1">} */
function common({ value, operation, a, b }, arrival) {
  return { value, operation, order: operation?.order ?? -1, a, b, weight: false, y1: b.cy + arrival }
}

/** A wire to the next column. @param {Link} link @param {{left: number, right: number}[]} sides @param {number} arrival @returns {Edge} */
function across(link, sides, arrival) {
  const { a, b } = link
  const known = common(link, arrival)
  const own = a.kind === "operators" || a.kind === "folded" ? 1 : 0
  const y0 = a.cy + (Math.abs(arrival) < PARALLEL * 2 && b.kind !== "figure" ? arrival * own : 0)
  const [x0, x1] = [a.right, b.left]
  const bead = link.bead ? { x: (x0 + x1) / 2, y: (y0 + known.y1) / 2 } : null
  /** @type {[number, number]} */
  const bends = [Math.max(x0, sides[a.column].right), Math.min(x1, sides[b.column].left)]
  return { ...known, x0, y0, x1, skip: false, low: 0, points: [], bends, bead }
}

/** A wire below everything. @param {Link} link @param {number} low @param {number|null} leaves @param {number|null} arrives where it runs up and down; null: at the block @param {number} arrival @returns {Edge} */
function below(link, low, leaves, arrives, arrival) {
  const { a, b } = link
  const start =
    leaves === null
      ? [{ x: a.cx, y: a.cy + a.down + 3 }]
      : [
          { x: a.right, y: a.cy },
          { x: leaves, y: a.cy },
        ]
  const end =
    arrives === null
      ? [{ x: entrance(b), y: b.cy + (b.kind === "operators" ? b.r : b.down) }]
      : [
          { x: arrives, y: b.cy + arrival },
          { x: b.left, y: b.cy + arrival },
        ]
  const turns = [
    { x: start[start.length - 1].x, y: low },
    { x: end[0].x, y: low },
  ]
  const points = [...start, ...turns, ...end]
  const [{ x: x0, y: y0 }] = points
  const { x: x1, y: y1 } = points[points.length - 1]
  const bead = link.bead ? { x: (turns[0].x + turns[1].x) / 2, y: low } : null
  return { ...common(link, arrival), x0, y0, x1, y1, skip: true, low, points, bends: [x0, x1], bead }
}

/** Where a wire enters from below: at the first operator. @param {Block} block */
function entrance(block) {
  return block.kind === "operators" ? block.operators[0].cx : block.cx
}

/** The beads of a plan: on its wires and between operators. @param {Block[]} blocks @param {Edge[]} edges @returns {Bead[]} */
export function beadsOf(blocks, edges) {
  return [
    ...blocks.flatMap((block) => (block.kind === "operators" ? block.beads : [])),
    ...edges.flatMap(({ value, bead }) => (bead ? [{ value, ...bead }] : [])),
  ]
}

/**
 * A wire as the path of an SVG, and where its tip lies and points to, in degrees.
 * @param {Edge} edge @param {number} k @returns {{path: string, tip: {x: number, y: number, turn: number}}}
 */
export function pathOf({ x0, y0, x1, y1, skip, points, bends }, k) {
  if (skip) return cornered(points, k)
  const tip = { x: x1 - 2, y: y1, turn: 0 }
  const end = tip.x - TIP * k
  if (Math.abs(y0 - y1) < 1) return { path: `M${x0 + 4} ${y0}H${end}`, tip }
  const [from, to] = [Math.max(x0 + 4, bends[0]), Math.min(end, bends[1])]
  const middle = (from + to) / 2
  return { path: `M${x0 + 4} ${y0}H${from}C${middle} ${y0} ${middle} ${y1} ${to} ${y1}H${end}`, tip }
}

/** A path with round corners. @param {Point[]} points @param {number} k */
function cornered(points, k) {
  const last = points[points.length - 1]
  const before = points[points.length - 2]
  const upward = before.x === last.x
  const tip = { x: last.x - (upward ? 0 : 2), y: last.y + (upward ? 1 : 0), turn: upward ? -90 : 0 }
  const end = upward ? { x: last.x, y: tip.y + TIP * k } : { x: tip.x - TIP * k, y: last.y }
  const corners = [...points.slice(0, -1), end]
  let path = `M${corners[0].x} ${corners[0].y}`
  for (let at = 1; at + 1 < corners.length; at++) {
    const [from, corner, to] = corners.slice(at - 1, at + 2)
    const radius = Math.min(RADIUS * k, distance(from, corner) / 2, distance(corner, to) / 2)
    const enter = towards(corner, from, radius)
    const leave = towards(corner, to, radius)
    path += `L${enter.x} ${enter.y}Q${corner.x} ${corner.y} ${leave.x} ${leave.y}`
  }
  return { path: `${path}L${end.x} ${end.y}`, tip }
}

/** @param {Point} one @param {Point} other of the same row or column */
function distance(one, other) {
  return Math.abs(one.x - other.x) + Math.abs(one.y - other.y)
}

/** @param {Point} from @param {Point} to @param {number} way @returns {Point} */
function towards(from, to, way) {
  return { x: from.x + Math.sign(to.x - from.x) * way, y: from.y + Math.sign(to.y - from.y) * way }
}
