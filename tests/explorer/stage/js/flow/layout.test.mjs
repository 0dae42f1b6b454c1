import assert from "node:assert/strict"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"

import { graphOf } from "../../../../../explorer/stage/js/flow/graph.js"
import { layoutOf } from "../../../../../explorer/stage/js/flow/layout.js"
import { readFrames } from "../../../../../explorer/stage/js/flow/message.js"
import { pathOf } from "../../../../../explorer/stage/js/flow/routes.js"

/** A folder with the message of every layer, as Python packs them. */
const folder = process.env.FLOW_MESSAGES
assert.ok(folder, "FLOW_MESSAGES must name the folder with the messages of all layers")

const NORMAL = { name: 15, note: 13, op: 17 }
const PRESENT = { name: 24, note: 20, op: 27 }
const SIZES = [
  { width: 1140, height: 596, type: NORMAL },
  { width: 1920, height: 672, type: PRESENT },
  { width: 840, height: 560, type: NORMAL },
  { width: 358, height: 760, type: NORMAL },
]

/** Nearly what the fonts measure. */
const measure = (text, size, face) => text.length * size * (face === "mono" ? 0.6 : 0.5)
const stateOf = (graph) => ({
  sample: 0,
  fold: graph.inputs.some(({ shape }) => shape.length > 2),
  filter: 0,
  query: null,
  touched: null,
  present: false,
})
const lay = (graph, figures, { width, height, type }) =>
  layoutOf(graph, figures, stateOf(graph), { width, height }, type, measure)

/** @type {Map<string, import("../../../../../../explorer/stage/js/flow/graph.js").Graph>} */
const graphs = new Map()
/** Messages that are no flow, with what is wrong. @type {string[]} */
const unread = []
for (const file of readdirSync(folder)
  .filter((name) => name.endsWith(".bin"))
  .sort()) {
  try {
    const model = readFrames(new Uint8Array(readFileSync(join(folder, file))))
    graphs.set(file.replace(/\.bin$/, ""), graphOf(model))
  } catch (error) {
    unread.push(`${file}: ${error.message}`)
  }
}

// -- what must hold of every plan

const boxOf = ({ cx, cy, w, up, down }) => ({ left: cx - w / 2, right: cx + w / 2, top: cy - up, bottom: cy + down })
const overlap = (a, b) =>
  Math.min(a.right, b.right) - Math.max(a.left, b.left) > 0.01
  && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 0.01
const within = (inner, outer, slack = 0.01) =>
  inner.left >= outer.left - slack
  && inner.right <= outer.right + slack
  && inner.top >= outer.top - slack
  && inner.bottom <= outer.bottom + slack

/** Every number in what is drawn. */
function numbersOf(part, seen = new Set()) {
  if (typeof part === "number") return [part]
  if (!part || typeof part !== "object" || seen.has(part)) return []
  seen.add(part)
  return Object.entries(part).flatMap(([key, value]) =>
    ["value", "operation", "operations", "values", "ins", "outs", "claim", "figure", "from", "view", "loose"].includes(
      key,
    )
      ? []
      : numbersOf(value, seen),
  )
}

function checkNumbers(plan, told) {
  for (const number of numbersOf({ ...plan })) assert.ok(Number.isFinite(number), `${told}: a place is ${number}`)
}

function checkBoxes(plan, told) {
  const stage = { left: 0, top: 0, right: plan.W, bottom: plan.H }
  const boxes = plan.blocks.map(boxOf)
  boxes.forEach((box, at) => {
    assert.ok(within(box, stage), `${told}: a block leaves the stage ${JSON.stringify(box)}`)
    for (const other of boxes.slice(at + 1)) assert.ok(!overlap(box, other), `${told}: blocks overlap`)
  })
  for (const { x, y } of plan.beads) assert.ok(x > 0 && x < plan.W && y > 0 && y < plan.H, `${told}: a bead is outside`)
}

/** What belongs to a block lies in its box. */
function checkParts(plan, told) {
  for (const block of plan.blocks) {
    const box = boxOf(block)
    const lies = (part, what) => assert.ok(within(part, box, 0.5), `${told}: ${what} leaves its block`)
    const span = (cx, width, top, bottom) => ({ left: cx - width / 2, right: cx + width / 2, top, bottom })
    if (block.kind === "tensor") {
      const { cx, cy, cw, ch, samples, title, dims } = block
      lies(span(cx, cw, cy - ch / 2 - plan.head, cy + ch / 2), `${title}'s cells`)
      const name = Math.max(measure(title, block.nameSize, "mono"), measure(dims, plan.lineNote / 1.25, "sans"))
      lies(span(cx, name, cy, cy), `${title}'s name`)
      if (samples) {
        const left = cx - cw / 2
        const right = left + (samples.count - 1) * samples.step + samples.w
        lies({ left, right, top: cy - samples.above, bottom: cy }, "a sample")
      }
    }
    if (block.kind === "operators") {
      const { operators, weights, cy, r } = block
      for (const { cx, w } of operators) lies(span(cx, w, cy - r, cy + r), "an operator")
      operators.slice(1).forEach(({ cx, w }, at) => {
        const before = operators[at]
        assert.ok(cx - w / 2 - before.cx - before.w / 2 > 8, `${told}: operators touch`)
      })
      const spans = []
      for (const weight of weights) {
        const lines = weight.thumbnail ? plan.lineNote : plan.lineName + plan.lineNote
        const part = span(weight.cx, weight.tw, weight.y - lines, weight.y + weight.h)
        const home = weight.over ? boxOf(weight.over) : box
        assert.ok(within(part, home, 0.5), `${told}: the weight ${weight.title} leaves its block`)
        for (const other of spans) assert.ok(!overlap(part, other), `${told}: weights overlap`)
        spans.push(part)
        for (const { cx, w } of operators)
          assert.ok(!overlap(part, span(cx, w, cy - r, cy + r)), `${told}: a weight is over an operator`)
      }
    }
    for (const bead of block.kind === "operators" ? block.beads : [])
      assert.ok(bead.x > box.left && bead.x < box.right, `${told}: a bead leaves its wire`)
  }
}

/** Points of a wire as it is drawn. */
function courseOf({ points, skip, x0, y0, x1, y1, bends: [from, to] }) {
  const along = (a, b) =>
    Array.from({ length: 25 }, (_, at) => ({ x: a.x + ((b.x - a.x) * at) / 24, y: a.y + ((b.y - a.y) * at) / 24 }))
  if (skip) return points.slice(1).flatMap((point, at) => along(points[at], point))
  const bend = Array.from({ length: 25 }, (_, at) => {
    const t = at / 24
    return { x: from + (to - from) * (1.5 * t * (1 - t) + t ** 3), y: y0 + (y1 - y0) * (3 * t * t - 2 * t ** 3) }
  })
  return [...along({ x: x0, y: y0 }, { x: from, y: y0 }), ...bend, ...along({ x: to, y: y1 }, { x: x1, y: y1 })]
}

/** No wire runs through a block. */
function checkEdges(plan, told) {
  for (const edge of plan.edges) {
    assert.ok(plan.blocks.includes(edge.a) && plan.blocks.includes(edge.b), `${told}: a wire leads nowhere`)
    assert.match(pathOf(edge, plan.k).path, /^M[\d.-]+ [\d.-]+/)
    assert.ok(!pathOf(edge, plan.k).path.includes("NaN"))
    const course = courseOf(edge)
    for (const block of plan.blocks) {
      if (block === edge.a || block === edge.b) continue
      const box = boxOf(block)
      const hit = course.find(
        ({ x, y }) => x > box.left + 0.5 && x < box.right - 0.5 && y > box.top + 0.5 && y < box.bottom - 0.5,
      )
      assert.ok(!hit, `${told}: a ${edge.skip ? "low " : ""}wire runs through a ${block.kind} block`)
    }
    for (const { x, y } of course)
      assert.ok(x >= 0 && x <= plan.W && y >= 0 && y <= plan.H, `${told}: a wire leaves the stage`)
  }
}

const operationsOf = (block) => {
  if (block.kind === "operators") return block.operators.map(({ operation }) => operation)
  if (block.kind === "figure") return block.claim.operations
  return block.kind === "folded" ? block.operations : []
}

/** Nothing is lost, nothing is there twice. */
function checkWhole(plan, graph, told) {
  const ran = plan.blocks.flatMap(operationsOf)
  assert.equal(ran.length, graph.operations.length, `${told}: operations are lost, or there twice`)
  assert.deepEqual(new Set(ran), new Set(graph.operations))
  const drawn = plan.blocks.flatMap((block) => (block.kind === "tensor" ? [block.value] : []))
  assert.equal(new Set(drawn).size, drawn.length, `${told}: a tensor is drawn twice`)
  const beads = new Set(plan.beads.map(({ value }) => value))
  for (const value of drawn) assert.ok(!beads.has(value), `${told}: ${value.title} is a tensor and a bead`)
  const inside = plan.blocks.flatMap((block) => {
    if (block.kind === "folded") return block.values
    if (block.kind === "operators") return [...block.weights.map(({ value }) => value), ...block.loose]
    if (block.kind !== "figure") return []
    const { operations, hides } = block.claim
    return [...hides, ...operations.flatMap(({ operands, results }) => [...operands, ...results])]
  })
  const shown = new Set([...drawn, ...beads, ...inside])
  for (const value of graph.values) {
    if (value.maker || value.uses.length)
      assert.ok(shown.has(value), `${told}: value ${value.number} "${value.title}" is lost`)
  }
  for (const value of [...graph.inputs, ...graph.outputs])
    assert.ok(shown.has(value), `${told}: ${value.title} is lost`)
}

/** What leads where: every block that is fed has a wire for all that others make. */
function checkFed(plan, told) {
  for (const block of plan.blocks) {
    if (block.kind === "figure" && !block.figure.wires) continue
    const into = plan.edges.filter(({ b }) => b === block)
    if (block.kind === "tensor" && block.value.maker) {
      const maker = plan.blocks.find((one) => operationsOf(one).includes(block.value.maker))
      if (maker.kind !== "figure" || maker.figure.wires)
        assert.equal(into.length, 1, `${told}: nothing leads to ${block.title}`)
    }
    if (block.kind === "operators" || block.kind === "folded") {
      const silent = block.ins.filter((value) => !into.some((edge) => edge.value === value))
      for (const value of silent) {
        const maker = plan.blocks.find((one) => operationsOf(one).includes(value.maker))
        assert.ok(maker?.kind === "figure" || !value.maker, `${told}: nothing leads ${value.title} to its operation`)
      }
    }
  }
}

function check(plan, graph, told) {
  assert.ok(plan.fits, `${told}: does not fit`)
  checkNumbers(plan, told)
  checkBoxes(plan, told)
  checkParts(plan, told)
  checkWhole(plan, graph, told)
  checkFed(plan, told)
  checkEdges(plan, told)
}

// -- figures to try with

/** @param {Partial<import("../../../../../explorer/stage/js/flow/scene.js").Figure>} more */
const figure = (more) => ({
  name: "stub",
  rank: 1,
  wires: true,
  claims: () => [],
  size: (_claim, { k }, unit) => ({ w: 120 * k + unit, h: 90 * k + unit, ports: [0.25, 0.5, 0.75] }),
  draw() {},
  text: () => "",
  ...more,
})

/** The claim of operations: what comes in and what goes out is drawn by others. */
function claimOf(operations) {
  const own = new Set(operations)
  const made = operations.flatMap(({ results }) => results)
  const gives = made.filter(({ role, uses }) => role === "output" || !uses.length || uses.some((one) => !own.has(one)))
  const fed = operations.flatMap(({ operands }) => operands)
  const taken = fed.filter(({ role, maker }) => role !== "weight" && !own.has(maker))
  const slices = taken.filter(({ slice, uses }) => slice && uses.every((one) => own.has(one)))
  const takes = new Set(taken.map((value) => (slices.includes(value) ? value.slice.of : value)))
  const hides = [...made.filter((value) => !gives.includes(value)), ...slices]
  return { operations, takes: [...takes], gives, hides, draws: [] }
}
const pairs = figure({
  claims: ({ operations }) =>
    operations
      .filter(({ order, operands }) => order % 5 === 1 && operands.some(({ maker }) => maker?.order === order - 1))
      .map(({ order }) => claimOf([operations[order - 1], operations[order]])),
})

// -- every layer

test("every message is read", () => {
  assert.deepEqual(unread, [])
  assert.ok(graphs.size > 0)
})

test("every layer fits, nothing is lost, and nothing overlaps", () => {
  for (const [name, graph] of graphs) {
    for (const size of SIZES) {
      const plan = lay(graph, [], size)
      check(plan, graph, `${name} ${size.width}, level ${plan.level}`)
    }
  }
})

test("with a figure that claims pairs of operations, all that still holds", () => {
  let claimed = 0
  for (const [name, graph] of graphs) {
    for (const size of SIZES) {
      for (const wires of [true, false]) {
        const plan = lay(graph, [{ ...pairs, wires }], size)
        check(plan, graph, `${name} ${size.width}, level ${plan.level}, with figures`)
        claimed += plan.blocks.filter(({ kind }) => kind === "figure").length
      }
    }
  }
  assert.ok(claimed > 100, `only ${claimed} figures were drawn`)
})

test("with the figures of the stage, all that still holds", async () => {
  const home = new URL("../../../../../explorer/stage/js/flow/figures/", import.meta.url)
  const figures = await Promise.all(readdirSync(home).map(async (name) => (await import(new URL(name, home))).default))
  for (const [name, graph] of graphs)
    for (const size of SIZES) check(lay(graph, figures, size), graph, `${name} ${size.width}`)
})

test("on a narrow stage columns stand in rows, and what a layer is about is drawn all the same", async () => {
  const home = new URL("../../../../../explorer/stage/js/flow/figures/", import.meta.url)
  const figures = await Promise.all(readdirSync(home).map(async (name) => (await import(new URL(name, home))).default))
  const drawn = (name, width) => lay(graphs.get(name), figures, { width, height: 760, type: NORMAL })
  const shown = {
    attention: "ribbons",
    "keras.layers.MultiHeadAttention": "heads",
    "keras.layers.LayerNormalization": "normalisation",
  }
  for (const [name, figure] of Object.entries(shown)) {
    const plan = drawn(name, 358)
    const own = plan.blocks.find((block) => block.kind === "figure" && block.figure.name === figure)
    assert.ok(own, `${name} is drawn without its ${figure}`)
    const [above, beside] = [plan.blocks.filter((one) => one.cy + one.down < own.cy - own.up), plan.blocks]
    assert.ok(above.length && above.length < beside.length, `${name} stands in one row`)
    assert.ok(
      plan.blocks.every(({ kind }) => kind !== "folded"),
      `${name} is folded`,
    )
    const reach = Math.max(...plan.blocks.map(({ cy, down }) => cy + down))
    assert.ok(plan.H - reach < 0.1 * plan.H, `${name}: the stage does not end where its flow ends`)
  }
  assert.equal(drawn("attention", 900).H, 760, "a wide stage keeps its height")
})

test("a recurrence that fills the stage is drawn in every window", async () => {
  const { default: recurrence } = await import("../../../../../explorer/stage/js/flow/figures/recurrence.js")
  for (const name of ["keras.layers.GRU", "keras.layers.LSTM"])
    for (let width = 700; width <= 1900; width += 100)
      for (let height = 380; height <= 800; height += 20) {
        const { blocks } = lay(graphs.get(name), [recurrence], { width, height, type: NORMAL })
        assert.ok(
          blocks.some(({ kind }) => kind === "figure"),
          `${name} ${width} x ${height}`,
        )
      }
})

test("with a figure that claims a whole call, what it takes and gives stands beside it", () => {
  const whole = figure({ claims: ({ operations }) => (operations.length ? [claimOf(operations)] : []) })
  for (const [name, graph] of graphs) {
    for (const size of SIZES) {
      const plan = lay(graph, [whole], size)
      check(plan, graph, name)
      const block = plan.blocks.find(({ kind }) => kind === "figure")
      assert.equal(Boolean(block), graph.operations.length > 0, `${name} ${size.width}`)
      if (block)
        assert.deepEqual(
          block.from.map(({ value }) => value),
          block.claim.takes,
        )
    }
  }
})

test("a figure that is too large, or stands before something and behind it, is left to operators", () => {
  const huge = figure({ ...pairs, size: () => ({ w: 5000, h: 40 }) })
  const broken = figure({ ...pairs, size: () => ({ w: Number.NaN, h: 40 }) })
  const ends = figure({
    claims: ({ operations }) => (operations.length > 2 ? [claimOf([operations[0], operations.at(-1)])] : []),
  })
  for (const [name, graph] of graphs) {
    for (const figures of [[huge], [broken], [ends, pairs]]) {
      const plan = lay(graph, figures, SIZES[0])
      check(plan, graph, `${name}, ${figures[0].name}`)
      if (figures.length === 1) assert.ok(plan.blocks.every(({ kind }) => kind !== "figure"))
    }
  }
})

test("no operation is claimed twice: the higher rank has it", () => {
  const low = figure({ ...pairs, rank: 1, name: "low" })
  const high = figure({
    rank: 2,
    name: "high",
    claims: ({ operations }) => operations.slice(0, 1).map((one) => claimOf([one])),
  })
  const plan = lay(graphs.get("attention"), [low, high], SIZES[1])
  check(plan, graphs.get("attention"), "attention")
  const first = plan.blocks.find((block) => operationsOf(block).some(({ order }) => order === 0))
  assert.equal(first.figure.name, "high")
})

test("the same flow gives the same plan", () => {
  const told = (plan) =>
    JSON.stringify([
      plan.blocks.map(({ kind, cx, cy, w, up, down, order }) => [kind, cx, cy, w, up, down, order]),
      plan.edges.map(({ value, x0, y0, x1, y1, low }) => [value.number, x0, y0, x1, y1, low]),
      plan.beads.map(({ value, x, y }) => [value.number, x, y]),
      [plan.level, plan.unit],
    ])
  for (const graph of graphs.values())
    assert.equal(told(lay(graph, [pairs], SIZES[0])), told(lay(graph, [pairs], SIZES[0])))
})

test("little is folded where little has to be", () => {
  const level = (name, at = 0) => lay(graphs.get(name), [], SIZES[at]).level
  assert.equal(level("keras.layers.Dense"), 0)
  assert.equal(level("attention", 1), 0)
  assert.ok(level("attention") <= 2)
  assert.ok(level("keras.layers.MultiHeadAttention") <= 2)
})

test("a product stands under its weight, column over column", () => {
  const { blocks } = lay(graphs.get("keras.layers.Dense"), [], SIZES[0])
  const operators = blocks.find(({ kind, weights }) => kind === "operators" && weights[0]?.title === "kernel")
  const [kernel] = operators.weights
  const { over } = kernel
  assert.equal(over.kind, "tensor")
  assert.equal(over.over, kernel)
  assert.equal(over.cell, kernel.cell)
  assert.equal(over.cx - over.cw / 2, kernel.cx - kernel.w / 2)
  assert.ok(kernel.y + kernel.h < over.cy - over.ch / 2)
})

// -- flows by hand

/** A flow of operations, told as [kind, operands, results, turns]: operands and results are names; a weight's begins with "w". */
function flow(inputs, told, outputs, named = (name) => name) {
  const values = new Map()
  const value = (name) => {
    if (!values.has(name))
      values.set(name, {
        number: values.size,
        ids: [name],
        shapes: [[2, 3]],
        title: /^[wx]/.test(name) ? name : named(name),
        role: name.startsWith("w") ? "weight" : "",
        shape: [2, 3],
        dtype: "float32",
        axes: ["", ""],
        plain: ["", ""],
        scale: "signed",
        cells: new Float32Array(6),
        maker: null,
        uses: [],
        slice: null,
      })
    return values.get(name)
  }
  const roles = (names, role) => names.map((name) => Object.assign(value(name), { role, title: name }))
  const ins = roles(inputs, "input")
  const operations = told.map(([kind, operands, results, turns = []], order) => {
    const operation = { order, kind, text: kind, place: null, target: "", given: {}, attributes: {}, turns }
    Object.assign(operation, { operands: operands.map(value), results: results.map(value) })
    for (const one of operation.results) one.maker = operation
    for (const one of new Set(operation.operands)) one.uses.push(operation)
    return operation
  })
  const outs = roles(outputs, "output")
  const all = [...values.values()]
  return {
    values: all,
    operations,
    trials: 0,
    inputs: ins,
    masks: [],
    weights: all.filter(({ role }) => role === "weight"),
    outputs: outs,
  }
}

/** A recurrent layer: so many turns of 40 operations, over one state. */
function recurrent(turns, named) {
  const told = []
  for (let turn = 0; turn < turns; turn++) {
    const at = [{ loop: 1, turn }]
    const name = (step) => `${turn}.${step}`
    told.push(["matmul", [`x${turn}`, "w0"], [name(0)], at])
    told.push(["matmul", [turn ? `${turn - 1}.39` : "h", "w1"], [name(1)], at])
    told.push(["add", [name(0), name(1)], [name(2)], at])
    told.push(["split", [name(2)], [name(3), `${name(3)}b`], at])
    for (let step = 4; step < 39; step++) {
      const other = step % 7 === 0 ? name(step - 3) : step % 11 === 0 ? `${name(3)}b` : null
      told.push([other ? "*" : "tanh", [name(step - 1), ...(other ? [other] : [])], [name(step)], at])
    }
    told.push(["+", [name(38), `${name(3)}b`], [name(39)], at])
  }
  return flow(
    ["h", ...Array.from({ length: Math.min(turns, 3) }, (_, turn) => `x${turn}`)],
    told,
    [`${turns - 1}.39`],
    named,
  )
}

test("a loop of many turns shows the first three and the last, or is one block", () => {
  const turns = Array.from({ length: 12 }, (_, turn) => [
    "tanh",
    [turn ? `v${turn - 1}` : "x"],
    [`v${turn}`],
    [{ loop: 0, turn }],
  ])
  const graph = flow(["x"], turns, ["v11"], () => "")
  const plan = lay(graph, [], SIZES[0])
  check(plan, graph, "twelve turns")
  const folded = plan.blocks.filter(({ kind }) => kind === "folded")
  assert.deepEqual(
    folded.map(({ form, label }) => [form, label]),
    [["turns", { key: "flow.turns", count: 8 }]],
  )
  assert.deepEqual(
    folded[0].operations.map(({ order }) => order),
    [3, 4, 5, 6, 7, 8, 9, 10],
  )

  const long = lay(
    recurrent(5, () => ""),
    [],
    SIZES[0],
  )
  assert.ok(long.blocks.some(({ kind, form, label }) => kind === "folded" && form === "loop" && label.count === 5))
})

test("a flow of 2000 operations in 50 turns is laid out in time", () => {
  for (const named of [() => "", (name) => (/\.(3|20|39)$/.test(name) ? `v${name}` : "")]) {
    const graph = recurrent(50, named)
    assert.equal(graph.operations.length, 2000)
    let best = Infinity
    for (let turn = 0; turn < 4; turn++) {
      const start = performance.now()
      const plan = lay(graph, [], SIZES[0])
      best = Math.min(best, performance.now() - start)
      check(plan, graph, "50 turns")
    }
    assert.ok(best < 150, `took ${best} ms`)
  }
})

test("whatever flow comes, it is drawn", () => {
  let seed = 7
  const random = (most) => {
    seed = (seed * 1103515245 + 12345) % 2147483648
    return Math.floor((seed / 2147483648) * most)
  }
  const kinds = ["matmul", "add", "tanh", "*", "softmax", "", "a_very_long_name_of_an_operation", "split", "sum"]
  for (let turn = 0; turn < 150; turn++) {
    const inputs = Array.from({ length: 1 + random(3) }, (_, at) => `x${at}`)
    const known = [...inputs]
    const told = Array.from({ length: random(40) }, (_, order) => {
      const operands = Array.from({ length: random(4) }, () =>
        random(5) ? known[Math.max(0, known.length - 1 - random(9))] : `w${random(4)}`,
      )
      const results = Array.from({ length: random(8) ? 1 : 2 + random(3) }, (_, at) => `v${order}.${at}`)
      known.push(...results)
      const loop = random(3) ? [] : [{ loop: Math.floor(order / 20), turn: order % 20 }]
      return [kinds[random(kinds.length)], operands, results, loop]
    })
    const outputs = [...new Set([known.at(-1), known[random(known.length)]])].filter((name) => !inputs.includes(name))
    const graph = flow(inputs, told, outputs, (name) => (name.length % 3 ? "" : `named_${name}`))
    if (!outputs.length) graph.outputs = [graph.inputs[0]]
    for (const size of SIZES) {
      for (const figures of [[], [pairs]]) {
        const plan = lay(graph, figures, size)
        check(plan, graph, `flow ${turn}, ${size.width}, level ${plan.level}`)
      }
    }
  }
})

test("a flow without operations, or without cells, is drawn", () => {
  const plan = lay(flow(["x"], [], []), [], SIZES[0])
  assert.equal(plan.blocks.length, 1)
  const empty = flow(["x"], [["tanh", ["x"], ["y"]]], ["y"])
  for (const value of empty.values)
    Object.assign(value, { shape: [0, 3], shapes: [[0, 3]], cells: new Float32Array(0) })
  check(lay(empty, [], SIZES[0]), empty, "no cells")
  const nothing = { values: [], operations: [], trials: 0, inputs: [], masks: [], weights: [], outputs: [] }
  assert.deepEqual(lay(nothing, [], SIZES[0]).blocks, [])
})

test("many inputs stand in several columns", () => {
  const names = Array.from({ length: 24 }, (_, at) => `x${at}`)
  const graph = flow(names, [["concatenate", names, ["y"]]], ["y"])
  for (const size of SIZES) check(lay(graph, [], size), graph, "24 inputs")
})

test("every layer is laid out in time", () => {
  const slow = []
  for (const [name, graph] of graphs) {
    let best = Infinity
    for (let turn = 0; turn < 5; turn++) {
      const start = performance.now()
      lay(graph, [], SIZES[0])
      best = Math.min(best, performance.now() - start)
    }
    if (best > 30) slow.push(`${name} ${best.toFixed()} ms`)
  }
  assert.ok(slow.length <= 2, slow.join(", "))
})
