// Where the cells of values are drawn: in their own blocks, or at the operators that weights enter.

/**
 * @import { Cells } from "./blocks.js" @import { Operation, Value } from "./graph.js"
 * @import { TensorBlock, Weight } from "./layout.js"
 * @import { Scene } from "./scene.js" @import { Lay } from "./view.js"
 *
 * @typedef {object} Place where the cells of a value are drawn
 * @property {Value} value @property {Lay} view @property {number} cell pixels of one cell
 * @property {(facet: number) => {x: number, y: number}} corner of a picture
 *
 * @typedef {{x: number, y: number, facet: number, row: number, column: number}} Spot the corner of a cell, and which it is
 */

/** @type {WeakMap<Lay, Map<number, [number, number, number]>>} */
const shown = new WeakMap()

/** @param {Weight} weight @returns {Place} */
export function weightPlace(weight) {
  const { value, view, cell } = weight
  return { value, view, cell, corner: (facet) => facetAt(weight, facet) }
}

/** Where a picture of a tensor lies: several stand in rows. @param {Cells & {cx: number, cy: number}} block @param {number} facet */
export function facetAt({ view, cell, gap, cx, cy, cw, ch }, facet) {
  const across = Math.max(1, view.across)
  const [row, column] = [Math.floor(facet / across), facet % across]
  const [left, top] = [Math.round(cx - cw / 2), Math.round(cy - ch / 2)]
  return { x: left + column * (view.columns * cell + gap), y: top + row * (view.rows * cell + gap) }
}

/** @param {TensorBlock} block @param {Scene} scene @returns {Place} */
function blockPlace(block, scene) {
  return { ...block, corner: (facet) => scene.facetAt(block, facet) }
}

/**
 * Where a value is drawn as cells, for an operation that takes it or makes it; null if it is not.
 * @param {Scene} scene @param {Value} value @param {Operation|null} [operation] at which a weight stands
 * @returns {Place|null}
 */
export function placeFor(scene, value, operation = null) {
  const block = scene.block(value)
  if (block) return block.style === "cells" ? blockPlace(block, scene) : null
  for (const one of scene.plan.blocks) {
    const weight =
      one.kind === "operators" && one.weights.find((at) => at.value === value && at.operation === operation)
    if (weight) return weightPlace(weight)
  }
  return null
}

/** The picture, row and column of every cell that a view shows. @param {Lay} view */
export function shownCells(view) {
  let found = shown.get(view)
  if (!found) {
    found = new Map()
    for (const [facet, { at }] of view.facets.entries())
      for (let row = 0; row < view.rows; row++)
        for (let column = 0; column < view.columns; column++)
          for (let channel = 0; channel < (view.rgb ? 3 : 1); channel++)
            found.set(at(row, column) + channel, [facet, row, column])
    shown.set(view, found)
  }
  return found
}

/** Where a cell is drawn; null if it is not. @param {Place|null} place @param {number} cell @returns {Spot|null} */
export function spotOf(place, cell) {
  const found = place && shownCells(place.view).get(cell)
  if (!place || !found) return null
  const [facet, row, column] = found
  const { x, y } = place.corner(facet)
  return { x: x + column * place.cell, y: y + row * place.cell, facet, row, column }
}

/** The cell that has just come while an operation runs, in reading order. @param {Lay} view @param {number} progress 0 to 1 */
export function cellAt({ rows, columns, facets }, progress) {
  const place = Math.max(0, Math.min(rows * columns - 1, Math.ceil(progress * rows * columns) - 1))
  return facets[0].at(Math.floor(place / columns), place % columns)
}
