import assert from "node:assert/strict"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"

import blend from "../../../../../../explorer/stage/js/flow/figures/blend.js"
import convolution from "../../../../../../explorer/stage/js/flow/figures/convolution.js"
import dropout, {
  DROPPED,
  dropoutsOf,
  KEPT,
  UNKNOWN,
} from "../../../../../../explorer/stage/js/flow/figures/dropout.js"
import embedding, { linesOf, lookupsOf, rowOf } from "../../../../../../explorer/stage/js/flow/figures/embedding.js"
import normalisation, {
  countsOf,
  told as toldMoments,
} from "../../../../../../explorer/stage/js/flow/figures/normalisation.js"
import pooling from "../../../../../../explorer/stage/js/flow/figures/pooling.js"
import reduction, { reduced, reductionsOf } from "../../../../../../explorer/stage/js/flow/figures/reduction.js"
import ribbons from "../../../../../../explorer/stage/js/flow/figures/ribbons.js"
import { graphOf } from "../../../../../../explorer/stage/js/flow/graph.js"
import { axesIn, groupsAlong } from "../../../../../../explorer/stage/js/flow/groups.js"
import { layoutOf } from "../../../../../../explorer/stage/js/flow/layout.js"
import { readFrames } from "../../../../../../explorer/stage/js/flow/message.js"
import { measured, momentsOf, normalisationsOf } from "../../../../../../explorer/stage/js/flow/normalised.js"
import { Paint } from "../../../../../../explorer/stage/js/flow/paint.js"
import { facetAt } from "../../../../../../explorer/stage/js/flow/spots.js"

/** A folder with messages, and with what NumPy says of them. */
const folder = process.env.FIGURE_MESSAGES
assert.ok(folder, "FIGURE_MESSAGES must name the folder with the messages")

const FIGURES = [blend, convolution, dropout, embedding, normalisation, pooling, reduction, ribbons]
const OWN = [dropout, embedding, normalisation, reduction]
const NORMAL = { name: 15, note: 13, op: 17 }
const PRESENT = { name: 24, note: 20, op: 27 }
const SIZES = [
  { width: 1040, height: 450, type: NORMAL },
  { width: 880, height: 430, type: NORMAL },
  { width: 1920, height: 672, type: PRESENT },
]

const expected = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8"))
const graphs = new Map(
  readdirSync(folder)
    .filter((file) => file.endsWith(".bin"))
    .map((file) => {
      const model = readFrames(new Uint8Array(readFileSync(join(folder, file))))
      return [file.replace(/\.bin$/, ""), graphOf(model)]
    }),
)
const having = (key) => Object.keys(expected).filter((name) => key in expected[name])
const stateOf = (graph, more = {}) => ({
  ...{ sample: 0, filter: 0, query: null, touched: null, present: false, ...more },
  fold: graph.inputs.some(({ shape }) => shape.length > 2),
})

/** @param {number} made @param {number|null} wanted null: not a number */
function near(made, wanted, told, tolerance = 1e-4) {
  if (wanted === null) return assert.ok(Number.isNaN(made), `${told}: ${made} is no NaN`)
  assert.ok(Math.abs(made - wanted) <= tolerance * Math.max(1, Math.abs(wanted)), `${told}: ${made}, not ${wanted}`)
}

// -- numbers

test("a normalisation's groups have the moments that NumPy finds", () => {
  assert.ok(having("before").length > 10)
  for (const name of having("before")) {
    const [found, ...more] = normalisationsOf(graphs.get(name))
    assert.ok(found && !more.length, `${name}: ${more.length + 1} claims`)
    const { before, after } = expected[name]
    assert.equal(found.groups.count, before.length, name)
    before.forEach(([centre, measure], group) => {
      const own = momentsOf(found, group)
      near(own.centre, centre, `${name}, mean ${group}`)
      near(own.measure, measure, `${name}, deviation ${group}`)
      const made = measured(found, group)
      near(made.centre, after[group][0], `${name}, mean of the result ${group}`)
      near(made.measure, after[group][1], `${name}, deviation of the result ${group}`)
    })
  }
})

test("a normalisation has all operations of its call, and names gamma and beta where there are any", () => {
  for (const name of having("before")) {
    const graph = graphs.get(name)
    const [found] = normalisationsOf(graph)
    assert.equal(found.operations.length, graph.operations.length, name)
    assert.deepEqual([found.x, found.result], [graph.inputs[0], graph.outputs[0]], name)
    const titles = [found.gamma?.title, found.beta?.title].filter(Boolean)
    const given = graph.weights.map(({ title }) => title).filter((title) => !title.startsWith("moving"))
    assert.deepEqual(new Set(titles), new Set(given), name)
  }
})

test("a mean next to zero is written as zero", () => {
  assert.equal(toldMoments("layer", { centre: -2e-7, measure: 1.25 }), "0.00 ± 1.25")
  assert.equal(toldMoments("layer", { centre: 2e-7, measure: 1e-7 }), "2e−7 ± 1e−7")
  assert.equal(toldMoments("rms", { centre: 0, measure: 1.5 }), "1.50")
})

test("a histogram counts every finite number once", () => {
  const counts = countsOf([0, 0.5, 1, Number.NaN, Infinity], { low: 0, high: 1 })
  assert.equal(
    counts.reduce((sum, one) => sum + one),
    3,
  )
  assert.deepEqual([counts[0], counts[12], counts[23]], [1, 1, 1])
})

test("a reduction gives what NumPy gives", () => {
  assert.ok(having("reduced").length > 8)
  for (const name of having("reduced")) {
    const [found] = reductionsOf(graphs.get(name))
    assert.ok(found, `${name} is not claimed`)
    assert.equal(found.groups.count, expected[name].reduced.length, name)
    expected[name].reduced.forEach((wanted, group) => {
      const { value, winner } = reduced(found, group)
      near(value, wanted, `${name}, ${group}`)
      if (winner >= 0) assert.ok(Object.is(found.x.cells[winner], value) && found.groups.cells(group).includes(winner))
    })
  }
})

test("a lookup knows its rows, and what is left out is counted", () => {
  for (const name of having("rows")) {
    const [found] = lookupsOf(graphs.get(name))
    const { rows, of } = expected[name]
    const picks = rows.map((_, cell) => cell)
    assert.deepEqual(picks.map((cell) => rowOf(found, cell)), rows, name) // biome-ignore format: one line
    assert.equal(found.rows, of)
    for (const most of [1, 3, 8, 40]) {
      const lines = linesOf(found, picks, rows[0], most)
      const drawn = lines.flatMap(({ row }) => (row < 0 ? [] : [row]))
      assert.equal(drawn.length + lines.reduce((sum, { more }) => sum + more, 0), of, `${name}, ${most} rows`)
      assert.deepEqual(
        drawn,
        [...new Set(drawn)].sort((a, b) => a - b),
      )
      assert.ok(drawn.includes(rows[0]))
      if (most >= new Set(rows).size) for (const row of rows) assert.ok(drawn.includes(row))
    }
  }
})

test("dropped cells are those that became 0, and the others are scaled", () => {
  for (const name of having("dropped")) {
    const [found] = dropoutsOf(graphs.get(name))
    const fates = expected[name].dropped.map((dropped) => (dropped ? DROPPED : KEPT))
    assert.deepEqual(Array.from(found.fates), fates, name)
    near(found.scale, expected[name].scale, name)
  }
  const [zeros] = dropoutsOf(graphs.get("dropout of zeros"))
  const unknown = Array.from(zeros.fates, (fate) => fate === UNKNOWN)
  assert.deepEqual(unknown, expected["dropout of zeros"].unknown)
})

test("noise is what lies between the input and the output", () => {
  for (const name of having("noise")) {
    const [found] = dropoutsOf(graphs.get(name))
    assert.equal(found.way, expected[name].sign)
    expected[name].noise.forEach((wanted, cell) => {
      near(found.noise.cells[cell], wanted, `${name}, ${cell}`, 1e-3)
    })
  }
})

test("where numbers do not tell, nothing is claimed", () => {
  const silent = [...graphs].filter(([name]) => !(name in expected))
  assert.ok(silent.length > 5)
  for (const [name, graph] of silent)
    for (const figure of OWN) assert.deepEqual(figure.claims(graph, stateOf(graph)), [], `${name}: ${figure.name}`)
})

test("recorded numbers that are not what the operands give are not claimed", () => {
  for (const [name, read] of [
    ["batch", normalisationsOf],
    ["group", normalisationsOf],
    ["sum", reductionsOf],
    ["lookup", lookupsOf],
    ["dropout", dropoutsOf],
    ["noise", dropoutsOf],
  ]) {
    const model = readFrames(new Uint8Array(readFileSync(join(folder, `${name}.bin`))))
    const graph = graphOf(model)
    const [output] = graph.outputs
    const cells = Array.from(output.cells, (cell) => cell * 1.5 + 0.25)
    Object.defineProperty(output, "cells", { value: cells })
    assert.deepEqual(read(graph), [], name)
  }
})

test("axes are read as Python writes them", () => {
  assert.deepEqual(axesIn("-1", 3), [2])
  assert.deepEqual(axesIn("[2, 0]", 3), [0, 2])
  assert.deepEqual(axesIn("(1,)", 3), [1])
  assert.deepEqual(axesIn("None", 2), [0, 1])
  assert.deepEqual(axesIn(undefined, 2), [0, 1])
  for (const text of ["3", "-4", "axis", "[0, x]", ""]) assert.equal(axesIn(text, 3), null, text)
})

test("groups hold every cell once", () => {
  for (const axes of [[0], [1], [2], [0, 2], [0, 1, 2], []]) {
    const groups = groupsAlong([2, 3, 4], axes)
    const all = Array.from({ length: groups.count }, (_, group) => groups.cells(group))
    assert.deepEqual(all.flat().sort((a, b) => a - b), Array.from({ length: 24 }, (_, cell) => cell)) // biome-ignore format: one line
    all.forEach((cells, group) => {
      cells.forEach((cell, at) => {
        assert.deepEqual([groups.of(cell), groups.within(cell)], [group, at])
      })
    })
  }
})

// -- places

const width = (text, size) => text.length * size * 0.5

/** A canvas that keeps what is written and filled on it. */
function canvas() {
  const texts = []
  const boxes = []
  const state = { font: "13px", textAlign: "center" }
  const pen = new Proxy(state, {
    get: (target, key) => {
      if (key in target) return target[key]
      const size = Number(/([\d.]+)px/.exec(target.font)?.[1])
      if (key === "measureText") return (text) => ({ width: width(text, size) })
      if (key === "fillText")
        return (text, x, y) => {
          const wide = width(text, size)
          const left = target.textAlign === "left" ? x : target.textAlign === "right" ? x - wide : x - wide / 2
          texts.push({ text, left, right: left + wide, top: y - size / 2, bottom: y + size / 2 })
        }
      if (key === "fillRect") return (x, y, w, h) => boxes.push({ left: x, right: x + w, top: y, bottom: y + h })
      return () => {}
    },
    set: (target, key, value) => Object.assign(target, { [key]: value }) && true,
  })
  return { element: { getContext: () => pen }, texts, boxes }
}
globalThis.Path2D ??= class {
  moveTo() {}
  lineTo() {}
}

/** Draw one block, when its operations have run so far. */
function drawn(block, plan, graph, state, type, progress) {
  const { element, texts, boxes } = canvas()
  const paint = new Paint(element)
  paint.read({ dark: false, paper: "#ffffff", ink: "#1b2230", words: "sans", numbers: "mono" }, type === PRESENT)
  const scene = {
    ...{ graph, state, plan, facetAt, hits: [] },
    words: (key, parts = {}) => `${key.split(".").pop()} ${Object.values(parts).join(" ")}`,
    progress: () => progress,
    now: () => progress > 0 && progress < 1,
    block: (value) => plan.blocks.find((one) => one.kind === "tensor" && one.value === value) ?? null,
    touched: (value, cell) => (state.touched?.value === value && state.touched.cell === cell ? 2 : 0),
    changed: () => null,
    end: () => undefined,
    edited: () => null,
    origin: () => null,
    marked: (value) => state.touched?.value === value,
    revision: 0,
    touchedCells: (value) => (state.touched?.value === value ? new Set([state.touched.cell]) : null),
    chosen: () => null,
    hit: (value, cell) => assert.ok(cell >= 0 && cell < value.cells.length, "a hit is no cell"),
    ...{ area() {}, click() {}, hitOperation() {}, set() {} },
  }
  block.figure.draw(paint, block, scene)
  return { texts, boxes, said: block.figure.text(block, scene) }
}

const boxOf = ({ cx, cy, w, up, down }) => ({ left: cx - w / 2, right: cx + w / 2, top: cy - up, bottom: cy + down })
const inside = (inner, outer, slack) =>
  inner.left >= outer.left - slack
  && inner.right <= outer.right + slack
  && inner.top >= outer.top - slack
  && inner.bottom <= outer.bottom + slack

test("every figure stands on the stage, and what it writes stands in it", () => {
  let count = 0
  for (const name of Object.keys(expected)) {
    const graph = graphs.get(name)
    for (const { width: w, height: h, type } of SIZES) {
      for (const touched of [null, { value: graph.outputs[0], cell: graph.outputs[0].cells.length - 1 }]) {
        const state = stateOf(graph, { touched })
        const plan = layoutOf(graph, FIGURES, state, { width: w, height: h }, type, width)
        assert.ok(plan.fits && plan.level < 4, `${name} ${w}: level ${plan.level}`)
        const figures = plan.blocks.filter(({ kind }) => kind === "figure")
        assert.ok(figures.length, `${name} ${w}: no figure is drawn`)
        for (const block of figures) {
          for (const progress of [0, 0.5, 1]) {
            const { texts, boxes, said } = drawn(block, plan, graph, state, type, progress)
            for (const part of [...texts, ...boxes]) {
              const told = `${name} ${w}×${h}, ${progress}: ${part.text ?? "a cell"} ${JSON.stringify(part)}`
              assert.ok([part.left, part.right, part.top, part.bottom].every(Number.isFinite), told)
              assert.ok(inside(part, boxOf(block), 3), `${told} leaves ${JSON.stringify(boxOf(block))}`)
            }
            assert.ok(said.length > 10 && !/undefined|NaN,/.test(said), said)
            count++
          }
        }
      }
    }
  }
  assert.ok(count > 400, `only ${count} were drawn`)
})
