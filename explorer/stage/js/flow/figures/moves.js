// What only moves cells: reshape, transpose, pad, cut, join, repeat. A cell that is pointed at or touched is outlined where
// it was and where it went; of few cells curves show the way while they move, or if nothing else happens: neighbours that stay
// neighbours move as one band; padding is hatched. It claims nothing.

import { kept } from "../../core/dom.js"
import { labelOf, unflat } from "../kinds.js"
import { mappingsOf } from "../mapping.js"
import { overlay } from "../overlay.js"
import { print } from "../paint.js"
import { placeFor, shownCells, spotOf } from "../spots.js"

/**
 * @import { Graph, Operation, Value } from "../graph.js" @import { Mapping, Origin } from "../mapping.js"
 * @import { Paint } from "../paint.js" @import { Scene } from "../scene.js" @import { Place, Spot } from "../spots.js"
 *
 * @typedef {object} Move from drawn values to a drawn one
 * @property {Operation} operation @property {Value} result @property {Value[]} sources @property {Origin[]} origins
 * @property {number} padding
 */

/** The ways of so many cells are drawn. */
const MOST_CURVES = 40
/** How strong curves and bands are. */
const FAINT = 0.75
const PALE = 0.3

/** @type {WeakMap<Graph, Map<Value, Mapping>>} */
const known = new WeakMap()

/** What moved into each value. @param {Graph} graph */
function mappings(graph) {
  return kept(known, graph, () => new Map(graph.operations.flatMap(mappingsOf).map((one) => [one.result, one])))
}

/** The moves whose cells are drawn at both ends; what lies between, and is drawn nowhere, is left out. @param {Scene} scene @returns {Move[]} */
export function movesOf(scene) {
  const all = mappings(scene.graph)
  const taken = new Set(scene.plan.blocks.flatMap((block) => (block.kind === "figure" ? block.claim.operations : [])))
  return [...all.values()].flatMap((mapping) => {
    if (taken.has(mapping.operation) || !placeFor(scene, mapping.result)) return []
    const move = followed(mapping, all, scene)
    return move ? [move] : []
  })
}

/** @param {Mapping} mapping @param {Map<Value, Mapping>} all @param {Scene} scene @returns {Move|null} */
function followed({ operation, result, sources, origins, padding }, all, scene) {
  /** @type {Move} */
  let move = { operation, result, sources, origins, padding }
  for (;;) {
    const hidden = move.sources.find((value) => !drawn(value, scene))
    if (!hidden) return move
    const before = all.get(hidden)
    if (!before) return null
    const moved = move.origins.map((origin) => (origin?.value === hidden ? before.origins[origin.cell] : origin))
    const own = new Set([...move.sources.filter((value) => value !== hidden), ...before.sources])
    move = { ...move, sources: [...own], origins: moved, padding: moved.filter((origin) => !origin).length }
  }
}

/** @param {Value} value @param {Scene} scene */
function drawn(value, scene) {
  return sourcePlace(scene, value) !== null
}

/** Where a value is drawn, at whichever operator a weight stands. @param {Scene} scene @param {Value} value @returns {Place|null} */
function sourcePlace(scene, value) {
  return (
    placeFor(scene, value) ?? value.uses.map((operation) => placeFor(scene, value, operation)).find(Boolean) ?? null
  )
}

/** The pairs that belong to the cell that is pointed at, or else touched: cells of the result. @param {Move} move @param {Scene} scene @returns {number[]} */
function chosen({ result, origins, sources }, { state }) {
  for (const one of [state.pointed, state.touched]) {
    if (!one) continue
    if (one.value === result) return [one.cell]
    if (sources.includes(one.value))
      return origins.flatMap((origin, cell) => (origin?.value === one.value && origin.cell === one.cell ? [cell] : []))
  }
  return []
}

/** @param {Paint} p @param {Scene} scene @param {Move} move */
function drawMove(p, scene, move) {
  const { operation, result, sources, origins } = move
  const progress = scene.progress(operation)
  const to = placeFor(scene, result)
  if (!to || progress <= 0) return
  const from = new Map(sources.map((value) => [value, sourcePlace(scene, value)]))
  const few = to.view.facets.length * to.view.rows * to.view.columns <= MOST_CURVES
  if (few && (scene.now(operation) || scene.graph.operations.length === 1)) {
    const { rows, columns } = to.view
    const moved = [...shownCells(to.view)].filter(
      ([, [, row, column]]) => (row * columns + column) / (rows * columns) < progress,
    )
    for (const run of runsOf(moved, origins, from)) {
      if (run.length > 1) drawBand(p, from, to, origins, run)
      else drawCurve(p, from, to, origins[run[0]], run[0], null)
    }
  }
  const picked = chosen(move, scene)
  for (const cell of picked) {
    const origin = origins[cell]
    const spots = /** @type {const} */ ([
      [to, spotOf(to, cell)],
      [origin && from.get(origin.value), origin && spotOf(from.get(origin.value) ?? null, origin.cell)],
    ])
    for (const [place, spot] of spots) if (place && spot) p.rim(spot.x, spot.y, place.cell - 1, place.cell - 1)
    if (picked.length <= MOST_CURVES) drawCurve(p, from, to, origin, cell, p.c.accent)
  }
}

/** Where ways begin and end beside a cell's row: the cells of a row one below the other. @param {Place} place @param {Spot} spot */
function edgesOf({ view, cell, corner }, { y, facet, column }) {
  const across = Math.min(view.across, view.facets.length)
  const beside = facet % across
  const [first, last] = [corner(facet - beside).x, corner(Math.min(view.facets.length, facet - beside + across) - 1).x]
  const part = (beside * view.columns + column + 0.5) / (across * view.columns)
  return { left: first - 3, right: last + view.columns * cell + 3, y: y + cell * part }
}

/** Cells by runs of those that are neighbours in a row where they were and where they are. @param {[number, [number, number, number]][]} moved cells and their places @param {Origin[]} origins @param {Map<Value, Place|null>} from @returns {number[][]} */
function runsOf(moved, origins, from) {
  const placed = (/** @type {number} */ cell) => {
    const origin = origins[cell]
    const place = origin && from.get(origin.value)
    return place ? shownCells(place.view).get(origin.cell) : undefined
  }
  /** @type {number[][]} */
  const runs = []
  moved.forEach(([cell, now], at) => {
    const [before, then] = moved[at - 1] ?? []
    const [was, next] = [before === undefined ? undefined : placed(before), placed(cell)]
    const joins =
      before !== undefined && origins[before]?.value === origins[cell]?.value && isNext(then, now) && isNext(was, next)
    if (joins) runs[runs.length - 1].push(cell)
    else runs.push([cell])
  })
  return runs
}

/** Whether one place follows the other in its row. @param {[number, number, number]|undefined} one @param {[number, number, number]|undefined} other */
function isNext(one, other) {
  return (
    one !== undefined && other !== undefined && one[0] === other[0] && one[1] === other[1] && other[2] === one[2] + 1
  )
}

/** The way of neighbours that stay neighbours. @param {Paint} p @param {Map<Value, Place|null>} from @param {Place} to @param {Origin[]} origins @param {number[]} run */
function drawBand(p, from, to, origins, run) {
  const ends = [run[0], run[run.length - 1]]
  const [first, last] = ends.map((cell) => origins[cell])
  const source = first && from.get(first.value)
  if (!source || !last) return
  const [a, b] = [spanOf(source, first.cell, last.cell), spanOf(to, ends[0], ends[1])]
  if (a && b && b.left > a.right) p.ribbon(a.right, a.y, b.left, b.y, a.h, b.h, p.rgb.wire, PALE)
}

/** Where the band of neighbours leaves their row: its middle and its height. @param {Place} place @param {number} first @param {number} last */
function spanOf(place, first, last) {
  const [one, other] = [spotOf(place, first), spotOf(place, last)]
  if (!one || !other) return null
  const [above, below] = [edgesOf(place, one), edgesOf(place, other)]
  const share = (below.y - above.y) / Math.max(1, other.column - one.column)
  return { left: above.left, right: above.right, y: (above.y + below.y) / 2, h: below.y - above.y + share }
}

/** The way of one cell: from the right edge of where it was to the left edge of where it is. @param {Paint} p @param {Map<Value, Place|null>} from @param {Place} to @param {Origin} origin @param {number} cell @param {string|null} colour null: a quiet one */
function drawCurve(p, from, to, origin, cell, colour) {
  const source = origin && from.get(origin.value)
  const [start, end] = [origin && spotOf(source ?? null, origin.cell), spotOf(to, cell)]
  if (!source || !start || !end) return
  const [a, b] = [edgesOf(source, start), edgesOf(to, end)]
  if (b.left > a.right) p.curve(a.right, a.y, b.left, b.y, colour ?? p.c.wire, colour ? 2 : 1.1, colour ? 1 : FAINT)
}

/** @param {Move} move @param {Scene} scene */
function told(move, { words, state }) {
  const { result, sources, origins, padding } = move
  const first = chosen(move, /** @type {Scene} */ ({ state }))[0] ?? origins.findIndex(Boolean)
  const origin = origins[first]
  const parts = []
  const place = (/** @type {Value} */ value, /** @type {number} */ cell) => unflat(value.shape, cell).join(", ")
  if (origin)
    parts.push(
      words("flow.moves.says", {
        name: labelOf(result),
        sources: sources.map(labelOf).join(", "),
        to: place(result, first),
        source: labelOf(origin.value),
        from: place(origin.value, origin.cell),
        number: print(Number(result.cells?.[first])),
      }),
    )
  if (padding) {
    const filler = Number(result.cells?.[origins.indexOf(null)])
    parts.push(words("flow.moves.padding", { count: padding, total: origins.length, number: print(filler) }))
  }
  return parts.join(" ")
}

export default overlay("moves", {
  hatches: (scene) =>
    movesOf(scene).flatMap(({ operation, result, origins, padding }) => {
      if (!padding || scene.progress(operation) <= 0) return []
      return [{ value: result, cells: new Set(origins.flatMap((origin, cell) => (origin ? [] : [cell]))) }]
    }),
  over: (p, scene) => {
    for (const move of movesOf(scene)) drawMove(p, scene, move)
  },
  tells: (scene) =>
    movesOf(scene)
      .slice(0, 4)
      .map((move) => told(move, scene))
      .join(" "),
})
