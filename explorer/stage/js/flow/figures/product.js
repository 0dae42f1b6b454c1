// A matrix product: of the touched or running cell of the result, the row on the left and the column on the right that
// meet in it, and their sum. It claims nothing: it is drawn below and above what the stage lays out.

import { labelOf, unflat } from "../kinds.js"
import { overlay } from "../overlay.js"
import { print } from "../paint.js"
import { productOf } from "../products.js"
import { cellAt, placeFor, shownCells, spotOf } from "../spots.js"

/**
 * @import { Operation, Value } from "../graph.js" @import { Paint } from "../paint.js" @import { Product } from "../products.js"
 * @import { Scene } from "../scene.js" @import { Place } from "../spots.js"
 *
 * @typedef {{product: Product, cell: number}} Moment a product, and the cell of its result that is shown
 */

/** So many products are written as a sum; of more, their number. */
const MOST_TERMS = 4
/** So many products of a flow are told in words while none is touched and none runs. */
const MOST_TOLD = 2
const PALE = 0.13

/** The products that are drawn, each with what it leads to. @param {Scene} scene @returns {Product[]} */
function drawnProducts(scene) {
  const taken = new Set(scene.plan.blocks.flatMap((block) => (block.kind === "figure" ? block.claim.operations : [])))
  return scene.graph.operations.flatMap((operation) => {
    const product = taken.has(operation) ? null : productOf(operation)
    return product ? [product] : []
  })
}

/** The cell that is touched, or has just come. @param {Product} product @param {Scene} scene @returns {number|null} */
function cellNow({ operation, result, bias, activation }, scene) {
  const { touched } = scene.state
  const made = [result, bias?.result, activation?.result]
  if (touched && made.includes(touched.value)) return touched.cell
  const running = [operation, bias?.operation, activation?.operation].find((one) => one && scene.now(one))
  const place = running && made.map((value) => value && placeFor(scene, value)).find((one) => one)
  return running && place?.view.facets.length ? cellAt(place.view, scene.progress(running)) : null
}

/** @param {Scene} scene @returns {Moment[]} */
function moments(scene) {
  return drawnProducts(scene).flatMap((product) => {
    const cell = scene.progress(product.operation) > 0 ? cellNow(product, scene) : null
    return cell === null ? [] : [{ product, cell }]
  })
}

/** The numbers of a moment. @param {Moment} moment */
function numbersOf({ product, cell }) {
  const { left, right, result, bias, activation, terms } = product
  const factors = terms(cell).map((term) => [Number(left.cells?.[term.left]), Number(right.cells?.[term.right])])
  return {
    factors,
    sum: Number(result.cells?.[cell]),
    bias: bias ? Number(bias.value.cells?.[bias.reads(cell)]) : 0,
    biased: Number(bias?.result.cells?.[cell]),
    activated: Number(activation?.result.cells?.[cell]),
  }
}

/** A factor, in brackets if it has a minus. @param {number} number */
function factor(number) {
  return number < 0 ? `(${print(number)})` : print(number)
}

/** The sum as one line: its products if they are few, its bias, its activation. @param {Moment} moment @param {Scene} scene */
function sumText(moment, scene) {
  const { product } = moment
  const { bias, activation } = product
  const { factors, sum, bias: added, biased, activated } = numbersOf(moment)
  const done = (/** @type {Operation|undefined} */ operation) => operation && scene.progress(operation) > 0
  const terms =
    factors.length <= MOST_TERMS
      ? factors.map(([one, other]) => `${factor(one)} · ${factor(other)}`).join(" + ")
      : scene.words("flow.product.terms", { count: factors.length })
  let text = `${terms} = ${print(sum)}`
  if (bias && done(bias.operation)) text += `,  + ${labelOf(bias.value)} ${factor(added)} = ${print(biased)}`
  if (activation && done(activation.operation)) text += `,  ${activation.operation.kind} → ${print(activated)}`
  return text
}

/** Two pale bands that meet in the cell. @param {Paint} p @param {Scene} scene @param {Moment} moment */
function drawBands(p, scene, { product, cell }) {
  const { operation, left, right, result, terms } = product
  const [own, row] = [placeFor(scene, result), placeFor(scene, left, operation)]
  const spot = spotOf(own, cell)
  const all = terms(cell)
  const first = row && spotOf(row, all[0].left)
  const last = row && spotOf(row, all[all.length - 1].left)
  if (!own || !spot || !row || !first || !last || first.facet !== last.facet) return
  const edge = row.corner(first.facet).x + row.view.columns * row.cell
  if (first.row === last.row && row.view.facets.length === 1)
    p.ribbon(
      edge,
      first.y + row.cell / 2,
      spot.x,
      spot.y + own.cell / 2,
      row.cell - 2,
      own.cell - 2,
      p.rgb.accent,
      PALE,
    )
  const weight = scene.plan.blocks
    .flatMap((block) => (block.kind === "operators" ? block.weights : []))
    .find((one) => one.value === right && one.operation === operation && one.over)
  if (!weight) return
  p.ctx.globalAlpha = PALE
  const top = weight.y + weight.h
  p.rect(spot.x + 1, top, own.cell - 2, spot.y - top, p.c.accent)
  p.ctx.globalAlpha = 1
}

/** An outline about cells of a value. @param {Paint} p @param {Place|null} place @param {Set<number>} cells @param {boolean} [strong] */
export function outlineCells(p, place, cells, strong = true) {
  if (!place) return
  const { view, cell, corner } = place
  const shown = shownCells(view)
  const facets = new Set([...cells].flatMap((one) => shown.get(one)?.[0] ?? []))
  for (const facet of facets) {
    const { x, y } = corner(facet)
    const { at } = view.facets[facet]
    p.outline(x, y, cell, view.rows, view.columns, (row, column) => cells.has(at(row, column)), strong)
  }
}

/** @param {Paint} p @param {Scene} scene @param {Moment} moment */
function drawMoment(p, scene, moment) {
  const { product, cell } = moment
  const { operation, left, right, result, bias, activation, terms } = product
  const all = terms(cell)
  outlineCells(p, placeFor(scene, left, operation), new Set(all.map((term) => term.left)))
  outlineCells(p, placeFor(scene, right, operation), new Set(all.map((term) => term.right)))
  outlineCells(p, placeFor(scene, result), new Set([cell]))
  if (bias && scene.progress(bias.operation) > 0) {
    outlineCells(p, placeFor(scene, bias.value, bias.operation), new Set([bias.reads(cell)]))
    outlineCells(p, placeFor(scene, bias.result), new Set([cell]))
  }
  if (activation && scene.progress(activation.operation) > 0)
    outlineCells(p, placeFor(scene, activation.result), new Set([cell]))
  drawSum(p, scene, moment)
}

/** The sum, below the result or at the stage's lower edge, wherever nothing else is. @param {Paint} p @param {Scene} scene @param {Moment} moment */
function drawSum(p, scene, moment) {
  const { result, bias, activation } = moment.product
  const made = [result, bias?.result, activation?.result]
  const block = made.map((value) => value && scene.block(value)).find((one) => one)
  if (!block) return
  const { W, H, k, blocks, edges } = scene.plan
  const text = sumText(moment, scene)
  const half = p.measure(text, p.num) / 2 + 4
  if (2 * half > W - 16) return
  const x = Math.max(half + 8, Math.min(W - half - 8, block.cx))
  const high = p.num * 0.75
  const free = (/** @type {number} */ y) =>
    y + high < H
    && blocks.every(({ cx, cy, w, up, down }) => {
      const beside = Math.abs(cx - x) > w / 2 + half
      return beside || cy - up > y + high || cy + down < y - high
    })
    && edges.every(({ skip, low }) => !skip || Math.abs(low - y) > high + 3)
  const y = [block.cy + block.down + 20 * k, H - high - 8 * k].find(free)
  if (y !== undefined) p.text(text, x, y, { weight: 600 })
}

/** A moment in words and numbers. @param {Moment} moment @param {Scene} scene */
function told(moment, { words }) {
  const { result, bias, activation } = moment.product
  const { factors, sum, bias: added, biased, activated } = numbersOf(moment)
  const place = unflat(result.shapes[0], moment.cell).join(", ")
  const terms = factors.map(([one, other]) => `${factor(one)} · ${factor(other)}`)
  const few = terms.length > 12 ? [...terms.slice(0, 12), "…"] : terms
  const parts = [words("flow.product.says", { name: labelOf(result), place, terms: few.join(" + "), sum: print(sum) })]
  if (bias)
    parts.push(words("flow.product.bias", { name: labelOf(bias.value), bias: print(added), result: print(biased) }))
  if (activation)
    parts.push(words("flow.product.activation", { name: activation.operation.kind, result: print(activated) }))
  return parts.join(" ")
}

export default overlay("product", {
  under: (p, scene) => {
    for (const moment of moments(scene)) drawBands(p, scene, moment)
  },
  over: (p, scene) => {
    for (const moment of moments(scene)) drawMoment(p, scene, moment)
  },
  tells: (scene) => {
    const found = moments(scene)
    const all = found.length ? found : drawnProducts(scene).map((product) => ({ product, cell: 0 }))
    return (found.length || all.length <= MOST_TOLD ? all : []).map((moment) => told(moment, scene)).join(" ")
  },
})
