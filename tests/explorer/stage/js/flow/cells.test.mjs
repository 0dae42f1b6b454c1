import assert from "node:assert/strict"
import { test } from "node:test"

import softmax from "../../../../../explorer/stage/js/flow/figures/softmax.js"
import { print, printCell } from "../../../../../explorer/stage/js/flow/paint.js"
import { weightPlace } from "../../../../../explorer/stage/js/flow/spots.js"
import { drawn, graphNamed, valueNamed } from "./drawing.mjs"

/** The texts that are written in the cells of a value, by row. */
function written({ scene, notes }, value) {
  const block = scene.block(value)
  const { x, y } = scene.facetAt(block, 0)
  const { rows, columns } = block.view
  const inside = notes.texts.filter((one) => one.x > x && one.x < x + block.cw && one.y > y && one.y < y + block.ch)
  const found = Array.from({ length: rows }, () => Array(columns).fill(""))
  for (const { text, x: across, y: down } of inside)
    found[Math.floor((down - y) / block.cell)][Math.floor((across - x) / block.cell)] += text
  return found
}

test("a grid whose centre becomes zero shows every number, in large cells with lines between them", () => {
  const graph = graphNamed("center_zero")
  const all = drawn(graph)
  const output = valueNamed(graph, "output")
  const rows = written(all, output)
  const expected = Array.from({ length: 10 }, (_, row) =>
    Array.from({ length: 10 }, (_, column) => (row >= 4 && row < 6 && column >= 4 && column < 6 ? "0" : "6")),
  )
  assert.deepEqual(rows, expected)
  const { cell } = all.scene.block(output)
  assert.ok(cell >= 28, `a cell is ${cell} pixels`)
  assert.equal(cell, Math.floor(cell), "lines are sharp")
  const own = all.notes.rects.filter(({ w, h }) => w === cell - 1 && h === cell - 1)
  assert.equal(own.length, 200, "each cell of grid and output leaves a pixel for the line")
})

test("where tensors of a kind share a scale, a colour is full at its end", () => {
  const graph = graphNamed("center_zero")
  const output = valueNamed(graph, "output")
  const { cell } = drawn(graph).scene.block(output)
  const fills = (/** @type {{end?: () => number}} */ more) =>
    drawn(graph, [], more).notes.rects.flatMap(({ w, fill }) => (w === cell - 1 ? [fill] : []))
  const { paint } = drawn(graph)
  const six = `rgb(${paint.signed(6, 24).map(Math.round).join(",")})`
  const plain = (/** @type {string} */ colour) => colour.replace(/\s/g, "")
  assert.ok(
    fills({ end: () => 24 })
      .map(plain)
      .includes(six),
  )
  assert.ok(!fills({}).map(plain).includes(six))
})

test("a cell that is only moved keeps its colour", () => {
  const graph = graphNamed("keras.layers.Concatenate")
  const { scene, notes } = drawn(graph)
  const [output] = graph.outputs
  const fill = (/** @type {import("../../../../../explorer/stage/js/flow/graph.js").Value} */ value, row, column) => {
    const block = scene.block(value)
    const { x, y } = scene.facetAt(block, 0)
    const [left, top] = [x + column * block.cell, y + row * block.cell]
    return notes.rects.find((one) => Math.abs(one.x - left) < 0.5 && Math.abs(one.y - top) < 0.5)?.fill
  }
  const wide = graph.inputs[0].shape[1]
  graph.inputs.forEach((input, number) => {
    for (let row = 0; row < input.shape[0]; row++)
      for (let column = 0; column < wide; column++) {
        const own = fill(input, row, column)
        assert.ok(own)
        assert.equal(fill(output, row, number * wide + column), own, `${input.title} ${row}, ${column}`)
      }
  })
})

test("bars are told in words, with their numbers and their sum", () => {
  const graph = graphNamed("attention")
  const { cells, shape } = valueNamed(graph, "alpha")
  const { told } = drawn(graph, [softmax]).scene
  const shares = Array.from({ length: shape[1] }, (_, at) => print(cells[at])).join(", ")
  assert.match(told, new RegExp(`flow.attention.bars name=alpha; numbers=${shares}; sum=1.00`))
})

test("numbers of one grid have the same decimals, and fit", () => {
  const { paint } = drawn(graphNamed("center_zero"))
  const tile = [0.294, -0.0021, 0.04, 0, -0.21]
  const print = (width) => {
    const { digits, size } = paint.decimals(tile, width)
    return { size, texts: tile.map((value) => (digits < 0 ? "" : printCell(value, digits))) }
  }
  assert.deepEqual(print(42).texts, ["0.29", "≈0", "0.04", "0", "−0.21"])
  assert.deepEqual(print(30).texts, [".29", "≈0", ".04", "0", "−.21"], "0.0 for 0.04 would be wrong")
  assert.deepEqual(print(12).texts, ["", "", "", "", ""], "all of them or none")
  for (let width = 8; width < 60; width++) {
    const { texts, size } = print(width)
    assert.ok(
      texts.every((text) => paint.measure(text, size) <= width - 2),
      `in ${width} pixels`,
    )
    assert.ok(size >= 9)
  }
  assert.deepEqual(paint.decimals([12.25, -30.5], 24), { digits: 0, size: 13 * (18 / 19.5) }, "large ones: no decimals")
  assert.equal(paint.decimals([0.31, -0.24, 0.66], 30).digits, 1, "one is enough")
  const many = [0.001, ...Array(20).fill(0.31)]
  assert.deepEqual(
    [0.001, 0.31].map((value) => printCell(value, paint.decimals(many, 26).digits)),
    ["≈0", "0.3"],
  )
  assert.equal(printCell(0.0004, paint.decimals([0.0004, -0.001], 60).digits), "4e−4", "all of them are tiny")
  assert.equal(paint.decimals([0.3, -0.2], 16).digits, -1, "0 for 0.3 would be wrong")
})

test("a small number is written with the decimals that it needs", () => {
  const wanted = {
    0.25: "0.25",
    "-0.0017": "−0.002",
    0.0004: "0.0004",
    0.00004: "4e−5",
    3: "3",
    "-250000": "−250000",
    1.5e7: "2e7",
  }
  for (const [number, text] of Object.entries(wanted)) assert.equal(print(Number(number)), text)
})

test("a picture in true colours keeps its own pixels", () => {
  const graph = graphNamed("keras.layers.Conv2D")
  const { notes, scene } = drawn(graph)
  const block = scene.block(valueNamed(graph, "image"))
  assert.ok(block.view.rgb && notes.images > 0)
  const { x, y } = scene.facetAt(block, 0)
  const lines = notes.rects.filter((one) => one.x >= x && one.x < x + block.cw && one.y >= y && one.y < y + block.ch)
  assert.deepEqual(lines, [], "no lines over a picture")
})

test("the pictures of a weight stand in its place", () => {
  const { plan } = drawn(graphNamed("keras.layers.MultiHeadAttention"), [], { width: 1900, height: 900 })
  const weights = plan.blocks.flatMap((block) => (block.kind === "operators" ? block.weights : []))
  const many = weights.filter(({ view }) => view.facets.length > view.across)
  assert.ok(many.length, "a weight of three axes")
  for (const weight of many) {
    const { view, cell, cx, cy, w, h } = weight
    for (const facet of view.facets.keys()) {
      const { x, y } = weightPlace(weight).corner(facet)
      assert.ok(x >= cx - w / 2 - 0.5 && x + view.columns * cell <= cx + w / 2 + 0.5, `${weight.title}, ${facet}`)
      assert.ok(y >= cy - h / 2 - 0.5 && y + view.rows * cell <= cy + h / 2 + 0.5, `${weight.title}, ${facet}`)
    }
  }
})
