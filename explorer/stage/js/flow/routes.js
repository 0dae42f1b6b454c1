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
 * @typedef {{leaves: number, arrives: number}} Ends of a wire, below the middles of its blocks
 *
 * @typedef {object} Routes
 * @property {Bus[]} buses the shortest first @property {number} depth how many run below each other
 * @property {string[][]} lanes the wires that run up and down behind each column; the first are those before all columns
 */

/** Distances, times k. */
const LANE = { first: 18, next: 11, all: 66, upright: 6 }
const PARALLEL = 9
const CLEAR = 6
const MOST_SPREAD = 30
/** Pixels from a wire to the corner of a tensor that it leaves. */
const INSIDE = 6
/** How far from the outer columns wires run up and down, times k, and how far from the edge before them. */
const OUTER = { most: 36, edge: 10 }
/** Room for the tip of a wire, and the radius of its corners. */
const TIP = 7
const RADIUS = 12

/** The most room that wires need below everything, times k. */
export const MOST_BELOW = LANE.first + LANE.all + EDGE

/** Whether a wire does not lead to the next column. @param {Link} link */
function skips({ a, b }) {
  return b.column !== a.column + 1
}

/**
 * What runs below everything.
 * @param {Link[]} links @param {Block[][]} columns @param {(link: Link) => boolean} [passes] whether a wire finds another way
 * @returns {Routes}
 */
export function routesOf(links, columns, passes = () => false) {
  /** @type {Map<string, Bus>} */
  const found = new Map()
  for (const link of links) {
    if (!link.drawn || !skips(link) || passes(link)) continue
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
      if (!entersBelow(b, columns) && !lanes[b.column].includes(arriving(bus, b)))
        lanes[b.column].push(arriving(bus, b))
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

/** Whether a wire leaves a block from below: nothing stands there. @param {Block} block @param {Block[][]} columns */
export function leavesBelow(block, columns) {
  return block.kind !== "operators" && isLowest(block, columns)
}

/** @param {Block} block @param {Block[][]} columns */
function entersBelow(block, columns) {
  if (!isLowest(block, columns)) return false
  return block.kind === "folded" || (block.kind === "operators" && !block.weights.some(({ below }) => below))
}

/**
 * How high a wire can run straight past columns, when blocks have their places: level with one of its ends; null where
 * blocks stand in its way.
 * @param {Link} link @param {Block[][]} columns @param {Ends} ends @param {number} k
 */
export function passage({ a, b }, columns, { leaves, arrives }, k) {
  if (b.column <= a.column) return null
  const passed = columns.slice(a.column + 1, b.column).flat()
  const free = (/** @type {number} */ y) =>
    passed.every(({ cy, up, down }) => y < cy - up - CLEAR * k || y > cy + down + CLEAR * k)
  return [a.cy + leaves, b.cy + arrives].find(free) ?? null
}

/** The room that wires need below everything. @param {Routes} routes @param {number} k */
export function roomBelow({ depth }, k) {
  return depth ? (LANE.first + laneOf(depth) * (depth - 1) + EDGE) * k : 0
}

/** From one wire to the next below it: many run closer together. @param {number} depth how many there are */
function laneOf(depth) {
  return Math.min(LANE.next, LANE.all / depth)
}

/** The room that wires need behind each column. @param {Routes} routes @param {number} k */
export function roomBehind({ lanes }, k) {
  return lanes.slice(1).map(({ length }) => (length ? (length + 1) * LANE.upright * k : 0))
}

/**
 * How far below its block's middle each wire begins and ends: at a figure's ports, spread along a group; several between the
 * same two blocks run beside each other.
 * @param {Link[]} links @returns {(link: Link) => Ends}
 */
export function endsOf(links) {
  /** @type {Map<Block, Link[]>} */
  const into = new Map()
  for (const link of links) {
    if (link.drawn) into.set(link.b, [...(into.get(link.b) ?? []), link])
  }
  /** @type {Map<Link, Ends>} */
  const found = new Map()
  for (const [b, arriving] of into) {
    for (const group of parallel(arriving)) {
      const spread = spreadOf(group)
      group.forEach((link, at) => {
        const port = b.kind === "figure" ? b.ports?.[b.claim.takes.indexOf(link.value)] : undefined
        found.set(link, { leaves: spread(at), arrives: port === undefined ? spread(at) : port * b.h - b.up })
      })
    }
    if (b.kind !== "folded") continue
    const ordered = arriving.toSorted((one, other) => one.a.row - other.a.row)
    for (const group of [ordered.filter(skips), ordered.filter((link) => !skips(link))]) {
      const spread = spreadOf(group)
      group.forEach((link, at) => {
        found.set(link, { leaves: found.get(link)?.leaves ?? 0, arrives: spread(at) })
      })
    }
  }
  return (link) => found.get(link) ?? { leaves: 0, arrives: 0 }
}

/** @param {Link[]} group of wires beside each other */
function spreadOf({ length }) {
  const step = Math.min(PARALLEL, MOST_SPREAD / length)
  return (/** @type {number} */ at) => (at - (length - 1) / 2) * step
}

/** Wires that come from the same block. @param {Link[]} ends */
function parallel(ends) {
  /** @type {Map<Block, Link[]>} */
  const groups = new Map()
  for (const link of ends) groups.set(link.a, [...(groups.get(link.a) ?? []), link])
  return groups.values()
}

/**
 * All wires, where the blocks have their places.
 * @param {Link[]} links @param {Block[][]} columns @param {Routes} routes @param {(link: Link) => Ends} ends
 * @param {{k: number, W: number}} space
 * @returns {{edges: Edge[], upright: (channel: number, wire: string) => number}} in running order; where wires run up and down
 */
export function edgesOf(links, columns, routes, ends, { k, W }) {
  const sides = columns.map((column) => ({
    left: Math.min(...column.map(({ cx, w }) => cx - w / 2)),
    right: Math.max(...column.map(({ cx, w }) => cx + w / 2)),
    low: Math.max(...column.map(({ cy, down }) => cy + down)),
  }))
  const upright = uprights(routes, sides, k, W)
  const lane = laneOf(routes.depth)
  const lows = sides.map(({ low }) => low + (LANE.first - lane) * k)
  /** @type {Edge[]} */
  const edges = []
  for (const bus of routes.buses) {
    const low = deepen(lows, bus, lane * k)
    for (const link of bus.links) {
      const leaves = bus.beside ? upright(bus.a.column + 1, leaving(bus)) : null
      const arrives = entersBelow(link.b, columns) ? null : upright(link.b.column, arriving(bus, link.b))
      edges.push(below(link, low, leaves, arrives, ends(link)))
    }
  }
  const sunk = new Set(routes.buses.flatMap((bus) => bus.links))
  for (const link of links) {
    if (link.drawn && !sunk.has(link)) edges.push(across(link, columns, sides, ends(link), k))
  }
  return { edges, upright }
}

/** Where wires run up and down, side by side between two columns, or near the outer ones. @param {Routes} routes @param {{left: number, right: number}[]} sides @param {number} k @param {number} W */
function uprights({ lanes }, sides, k, W) {
  return (/** @type {number} */ channel, /** @type {string} */ wire) => {
    const from = channel ? sides[channel - 1].right : Math.max(OUTER.edge * k, sides[0].left - OUTER.most * k)
    const to = channel < sides.length ? sides[channel].left : Math.min(W, sides[channel - 1].right + OUTER.most * k)
    const names = lanes[channel]
    return from + ((to - from) * (names.indexOf(wire) + 1)) / (names.length + 1)
  }
}

/** @param {Link} link @returns {Pick<Edge, "value"|"operation"|"order"|"a"|"b"|"weight">} */
function common({ value, operation, a, b }) {
  return { value, operation, order: operation?.order ?? -1, a, b, weight: false }
}

/**
 * A wire to the next column, or straight past columns in which nothing stands in its way: it bends before them or behind.
 * @param {Link} link @param {Block[][]} columns @param {{left: number, right: number}[]} sides @param {Ends} ends
 * @param {number} k @returns {Edge}
 */
function across(link, columns, sides, { leaves, arrives }, k) {
  const { a, b } = link
  const [x0, x1] = [a.right, b.left]
  const [y0, y1] = skips(link) ? [a.cy + leaves, b.cy + arrives] : levelled(a, b, a.cy + leaves, b.cy + arrives)
  const between = (/** @type {Block} */ { cy, up, down }) => cy + down > Math.min(y0, y1) && cy - up < Math.max(y0, y1)
  const passed = (/** @type {Block} */ own) => columns[own.column].filter((block) => block !== own && between(block))
  let from = Math.max(x0, ...passed(a).map(({ cx, w }) => cx + w / 2))
  let to = Math.min(x1, ...passed(b).map(({ cx, w }) => cx - w / 2))
  if (skips(link)) {
    if (passage(link, columns, { leaves, arrives }, k) === y0) from = sides[b.column - 1].right
    else to = sides[a.column + 1].left
  }
  const bead = link.bead ? { x: (from + to) / 2, y: (y0 + y1) / 2 } : null
  return { ...common(link), x0, y0, x1, y1, skip: false, low: 0, points: [], bends: [from, to], bead }
}

/** A wire that may be level is: it leaves a tensor, or enters one, beside any of its cells. @param {Block} a @param {Block} b @param {number} y0 @param {number} y1 */
function levelled(a, b, y0, y1) {
  const beside = (/** @type {Block} */ block, /** @type {number} */ y) =>
    block.kind === "tensor" && Math.abs(y - block.cy) < block.ch / 2 - INSIDE
  if (beside(a, y1)) return [y1, y1]
  return beside(b, y0) ? [y0, y0] : [y0, y1]
}

/**
 * A wire below everything.
 * @param {Link} link @param {number} low @param {number|null} leaves where it runs down, null: at its block
 * @param {number|null} arrives where it runs up @param {Ends} ends @returns {Edge}
 */
function below(link, low, leaves, arrives, ends) {
  const { a, b } = link
  const [from, to] = [a.cy + ends.leaves, b.cy + ends.arrives]
  const start = leaves === null ? [{ x: a.cx, y: a.cy + a.down + 3 }] : [point(a.right, from), point(leaves, from)]
  const end = arrives === null ? [entrance(b, ends.arrives)] : [point(arrives, to), point(b.left, to)]
  const turns = [point(start[start.length - 1].x, low), point(end[0].x, low)]
  const points = [...start, ...turns, ...end]
  const [{ x: x0, y: y0 }] = points
  const { x: x1, y: y1 } = points[points.length - 1]
  const bead = link.bead ? point((turns[0].x + turns[1].x) / 2, low) : null
  return { ...common(link), x0, y0, x1, y1, skip: true, low, points, bends: [x0, x1], bead }
}

/** A wire that leads to another row, along its corners. @param {Link} link @param {Point[]} points @returns {Edge} */
export function turned(link, points) {
  const [{ x: x0, y: y0 }] = points
  const { x: x1, y: y1 } = points[points.length - 1]
  const low = Math.max(...points.map(({ y }) => y))
  const [before, after] = points.slice(-3)
  const bead = link.bead ? point((before.x + after.x) / 2, (before.y + after.y) / 2) : null
  return { ...common(link), x0, y0, x1, y1, skip: true, low, points, bends: [x0, x1], bead }
}

/** @param {number} x @param {number} y @returns {Point} */
export function point(x, y) {
  return { x, y }
}

/** Where a wire enters from below: at the first operator, or along a group. @param {Block} block @param {number} aside @returns {Point} */
function entrance(block, aside) {
  return block.kind === "operators"
    ? point(block.operators[0].cx, block.cy + block.r)
    : point(block.cx + 2 * aside, block.cy + block.down)
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
  const way = before.x === last.x ? Math.sign(last.y - before.y) : 0 // down, up, or to the right
  const tip = { x: last.x - (way ? 0 : 2), y: last.y - way, turn: 90 * way }
  const end = way ? { x: last.x, y: tip.y - way * TIP * k } : { x: tip.x - TIP * k, y: last.y }
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
