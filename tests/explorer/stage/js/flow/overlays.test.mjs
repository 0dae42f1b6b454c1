import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"

import masks, { masksOf } from "../../../../../explorer/stage/js/flow/figures/masks.js"
import moves, { movesOf } from "../../../../../explorer/stage/js/flow/figures/moves.js"
import product from "../../../../../explorer/stage/js/flow/figures/product.js"
import spread, { repeatedBy } from "../../../../../explorer/stage/js/flow/figures/spread.js"
import { unflat } from "../../../../../explorer/stage/js/flow/kinds.js"
import { mappingsOf } from "../../../../../explorer/stage/js/flow/mapping.js"
import { print } from "../../../../../explorer/stage/js/flow/paint.js"
import { productOf } from "../../../../../explorer/stage/js/flow/products.js"
import { drawn, graphNamed, valueNamed } from "./drawing.mjs"

const FIGURES = [product, moves, masks, spread]
/** What NumPy made of the same arrays: see `overlays` in test_flow.py. */
const expected = JSON.parse(readFileSync(join(process.env.FLOW_MESSAGES ?? "", "overlays.json"), "utf-8"))

test("every cell of a product knows the row and the column that it was made of", () => {
  for (const name of ["keras.layers.Dense", "keras.layers.EinsumDense", "matmul", "attention", "keras.layers.Dot"]) {
    const graph = graphNamed(name)
    const found = graph.operations.map(productOf).find((one) => one)
    assert.ok(found, name)
    assert.deepEqual(
      Array.from(found.result.cells, (_, cell) =>
        found.terms(cell).map(({ left, right }) => [found.left.cells[left], found.right.cells[right]]),
      ),
      expected.products[name],
      name,
    )
  }
})

test("the touched cell of a product is told with its bias, and its sum is written", () => {
  const graph = graphNamed("keras.layers.Dense")
  const output = valueNamed(graph, "output")
  const cell = 6
  const { scene, notes } = drawn(graph, FIGURES, { state: { touched: { value: output, cell } } })
  const factors = expected.products["keras.layers.Dense"][cell]
  const brackets = (number) => (number < 0 ? `(${print(number)})` : print(number))
  const terms = factors.map((pair) => pair.map(brackets).join(" · ")).join(" + ")
  const result = print(output.cells[cell])
  const place = unflat(output.shape, cell).join(", ")
  assert.ok(scene.told.includes(`place=${place}; terms=${terms}; sum=${result}`), scene.told)
  assert.ok(scene.told.includes(`flow.product.bias name=bias; bias=0; result=${result}`), scene.told)
  assert.ok(notes.texts.some(({ text }) => text === `${terms} = ${result},  + bias 0 = ${result}`))
})

test("a running product shows the cell that has just come", () => {
  const graph = graphNamed("keras.layers.Dense")
  const [operation] = graph.operations
  const { scene } = drawn(graph, FIGURES, { now: operation, progress: (one) => (one === operation ? 0.5 : 0) })
  const { result } = productOf(operation)
  assert.ok(scene.told.includes(`place=${unflat(result.shape, 3).join(", ")};`), scene.told)
  assert.ok(!drawn(graph, FIGURES).notes.texts.some(({ text }) => text.includes("·")), "nothing is written at rest")
})

test("what moves cells knows where each of them was", () => {
  for (const [name, wanted] of Object.entries(expected.moves)) {
    const graph = graphNamed(name)
    const { scene } = drawn(graph, FIGURES)
    const named = { ...scene, block: (value) => (value.title ? scene.block(value) : null) } // what lies between is left out
    const [move, ...more] = movesOf(named)
    assert.ok(move && !more.length, `${name}: one move`)
    const number = new Map(move.sources.map((value, at) => [value, at]))
    assert.deepEqual(
      move.origins.map((origin) => (origin ? [number.get(origin.value), origin.cell] : null)),
      wanted,
      name,
    )
  }
})

test("what is not certain is not claimed", () => {
  const graph = graphNamed("keras.layers.CenterCrop")
  const [crop] = graph.operations
  assert.equal(mappingsOf(crop).length, 1)
  const flat = { ...crop, operands: [{ ...crop.operands[0], cells: crop.operands[0].cells.slice().fill(1) }] }
  flat.results = [{ ...crop.results[0], cells: crop.results[0].cells.slice().fill(1) }]
  assert.deepEqual(mappingsOf(flat), [], "the crop of a plain picture may lie anywhere")
  const permute = graphNamed("keras.layers.Permute").operations[0]
  const other = { ...permute, attributes: { axes: "(0, 1, 2)" } }
  assert.deepEqual(mappingsOf(other), [], "axes that do not lead to the result")
  const wrong = { ...permute, results: [{ ...permute.results[0], cells: permute.results[0].cells.slice().reverse() }] }
  assert.deepEqual(mappingsOf(wrong), [], "cells that are others")
})

test("padding is hatched and counted, pairs are outlined, few cells have a curve each", () => {
  const padded = drawn(graphNamed("keras.layers.ZeroPadding2D"), FIGURES)
  const output = valueNamed(padded.scene.graph, "output")
  const empty = expected.moves["keras.layers.ZeroPadding2D"].flatMap((one, cell) => (one ? [] : [cell]))
  assert.deepEqual([...padded.scene.hatched.get(output)], empty)
  assert.ok(padded.scene.told.includes(`flow.moves.padding count=${empty.length}; total=300; number=0`))

  const graph = graphNamed("keras.layers.Permute")
  const plain = drawn(graph, FIGURES)
  assert.equal(plain.notes.curves.length, 12, "one for each cell that is drawn")
  const pointed = { value: valueNamed(graph, "x"), cell: 5 }
  const hovered = drawn(graph, FIGURES, { state: { pointed } })
  assert.equal(hovered.notes.curves.length, 13)
  assert.ok(hovered.scene.told.includes("to=0, 1, 1; source=x; from=0, 1, 1; number=5"), hovered.scene.told)
})

test("neighbours that stay neighbours move as one band", () => {
  const { scene, notes } = drawn(graphNamed("keras.layers.Concatenate"), FIGURES)
  const [{ result, sources }] = movesOf(scene)
  const { rows } = scene.block(result).view
  assert.equal(notes.curves.length, 2 * sources.length * rows, "a band for each row of each input, with two edges")
})

test("a mask hatches what it leaves out of the tensor that it acts on", () => {
  for (const [name, { mask, acts, out, born }] of Object.entries(expected.masks)) {
    const graph = graphNamed(name)
    const [found] = masksOf(graph)
    assert.equal(found.mask.title, mask)
    assert.equal(found.acts.title, acts)
    assert.deepEqual(
      [...found.out].sort((a, b) => a - b),
      out,
      name,
    )
    const { scene } = drawn(graph, FIGURES)
    assert.deepEqual(scene.hatched.get(found.acts), found.out)
    assert.ok(scene.told.includes(`mask=${mask}; count=${out.length}; total=${found.acts.cells.length}; name=${acts}`))
    assert.ok(scene.told.includes(born), scene.told)
    const before = drawn(graph, FIGURES, { progress: () => 0 }).scene.hatched
    assert.equal(before.get(found.acts), undefined, "nothing is left out before")
  }
})

test("what is chosen between two tensors leaves nothing out", () => {
  assert.deepEqual(masksOf(graphNamed("keras.layers.AutoContrast")), [])
})

test("an operand that is repeated says how often", () => {
  const graph = graphNamed("keras.layers.Dense")
  const sum = graph.operations[1]
  assert.deepEqual(
    repeatedBy(sum).map(({ value, times }) => [value.title, times]),
    [["bias", 2]],
  )
  const touched = { value: valueNamed(graph, "bias"), cell: 0 }
  const { notes, scene } = drawn(graph, FIGURES, { state: { touched } })
  assert.ok(notes.texts.some(({ text }) => text === "×2"))
  assert.ok(scene.told.includes("flow.spread.says name=bias; times=2; result=output"))
  assert.ok(!drawn(graph, FIGURES).notes.texts.some(({ text }) => text === "×2"))
})
