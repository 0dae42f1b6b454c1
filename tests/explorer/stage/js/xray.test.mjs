import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"

import { readFrames } from "../../../../explorer/stage/js/xray/message.js"
import * as navigate from "../../../../explorer/stage/js/xray/navigate.js"
import { partFor, partsOf } from "../../../../explorer/stage/js/xray/parts.js"
import { expressionText, layOut, statementText } from "../../../../explorer/stage/js/xray/segments.js"
import { statisticsOf } from "../../../../explorer/stage/js/xray/statistics.js"
import { tokens } from "../../../../explorer/stage/js/xray/tokens.js"

/** The message that Python packed, with Python's own statistics beside it. */
assert.ok(process.env.XRAY_MESSAGE, "XRAY_MESSAGE must name the file that test_modules.py packs")
const bytes = new Uint8Array(readFileSync(process.env.XRAY_MESSAGE))
const told = JSON.parse(readFileSync(`${process.env.XRAY_MESSAGE}.json`))

/** A tree by hand: an outer call of four steps, the third opens two like calls; the loop's place runs three times. */
const step = (site) => ({ site, operation: "", values: [], operands: [] })
const frame = (number, name, place, parent, from, position, sites, children) => ({
  number,
  name,
  place,
  parent,
  from,
  position,
  source: "",
  firstLine: 1,
  steps: sites.map(step),
  children,
})
const tree = {
  roots: [0],
  frames: [
    frame(0, "Outer.call", 0, -1, 0, 0, [0, 1, 1, 1], [1, 2, 4]),
    frame(1, "Inner.call", 1, 0, 2, 0, [2, 3], []),
    frame(2, "Inner.call", 1, 0, 2, 1, [2, 3], [3]),
    frame(3, "Deep.call", 2, 2, 9, 0, [4], []),
    frame(4, "Empty.call", 3, 0, 4, 2, [], []),
  ],
  sites: [
    { line: 2, column: 0, endLine: 2, endColumn: 4, target: "a" },
    { line: 4, column: 4, endLine: 6, endColumn: 5, target: "b" },
    { line: 1, column: 0, endLine: 1, endColumn: 1, target: "" },
    { line: 2, column: 0, endLine: 2, endColumn: 1, target: "" },
    { line: 1, column: 0, endLine: 1, endColumn: 1, target: "" },
  ],
}
const at = (frame, step) => ({ frame, step })

test("moves stay in a call, or go through the calls in the order in which values came", () => {
  assert.deepEqual(navigate.go(tree, at(0, 1), "next", null), at(0, 2))
  assert.equal(navigate.go(tree, at(0, 3), "next", null), null)
  assert.equal(navigate.go(tree, at(0, 0), "first", null), null)
  assert.deepEqual(navigate.go(tree, at(0, 0), "last", null), at(0, 3))
  const order = navigate.order(tree)
  assert.deepEqual(
    order.map(({ frame, step }) => `${frame}:${step}`),
    ["0:0", "0:1", "1:0", "1:1", "2:0", "3:0", "2:1", "0:2", "0:3"],
  )
  assert.deepEqual(navigate.go(tree, at(0, 1), "next", order), at(1, 0))
  assert.deepEqual(navigate.go(tree, at(0, 2), "previous", order), at(2, 1))
})

test("into a call and out again", () => {
  assert.deepEqual(navigate.callsAt(tree, at(0, 2)), [1, 2])
  assert.equal(navigate.into(tree, at(0, 2)), 2)
  assert.equal(navigate.into(tree, at(0, 0)), -1)
  assert.deepEqual(navigate.callsAt(tree, at(0, 3)), [4]) // opened after the last step
  assert.deepEqual(navigate.out(tree, at(1, 1)), at(0, 2))
  assert.equal(navigate.out(tree, at(0, 1)), null)
  assert.deepEqual(navigate.likeCalls(tree, 2), [1, 2])
  assert.deepEqual(navigate.pathTo(tree, 3), [0, 2, 3])
})

test("a loop's turns, and what a click on a line means", () => {
  assert.deepEqual(navigate.turns(tree, at(0, 2)), [1, 2, 3])
  assert.equal(navigate.nearest(tree, at(0, 2), 1), 2)
  assert.equal(navigate.nearest(tree, at(0, 3), 0), 0)
  assert.equal(navigate.onLine(tree, at(0, 0), 4), 1)
  assert.equal(navigate.onLine(tree, at(0, 2), 6), 2) // inside an expression over several lines
  assert.equal(navigate.onLine(tree, at(0, 0), 3), -1)
})

test("a place as text leads back, and survives another run", () => {
  assert.equal(navigate.placeOf(tree, at(3, 0)), "0.1.0:0")
  assert.deepEqual(navigate.positionAt(tree, "0.1.0:0"), at(3, 0))
  for (const bad of ["", "0.9:0", "0:4", "1:0", "x:0", "0.1"]) assert.equal(navigate.positionAt(tree, bad), null)
  assert.deepEqual(navigate.resume(tree, tree, at(2, 1)), at(2, 1))
  const shorter = { ...tree, frames: [{ ...tree.frames[0], children: [], steps: tree.frames[0].steps.slice(0, 2) }] }
  assert.deepEqual(navigate.resume(tree, shorter, at(0, 3)), at(0, 1))
  assert.deepEqual(navigate.resume(tree, shorter, at(3, 0)), at(0, 0))
  const other = { ...tree, frames: tree.frames.map((one) => ({ ...one, name: `Other${one.number}` })) }
  assert.deepEqual(navigate.resume(tree, other, at(2, 1)), navigate.start(other))
})

test("a call that only hands on is passed over", () => {
  const frames = [frame(0, "A.call", 0, -1, 0, 0, [0], [1]), frame(1, "B.call", 1, 0, 0, 0, [1, 2], [])]
  assert.deepEqual(navigate.start({ roots: [0], frames }), at(1, 0))
  assert.deepEqual(navigate.start(tree), at(0, 0))
})

test("tokens", () => {
  const source = 'x = f"a # {b}" + 1.5e-3  # note\nreturn None if λx2 else """two\nlines"""'
  const kinds = tokens(source).map(({ start, end, kind }) => [source.slice(start, end), kind])
  assert.deepEqual(kinds, [
    ["x", "name"],
    ['f"a # {b}"', "string"],
    ["1.5e-3", "number"],
    ["# note", "comment"],
    ["return", "keyword"],
    ["None", "keyword"],
    ["if", "keyword"],
    ["λx2", "name"],
    ["else", "keyword"],
    ['"""two\nlines"""', "string"],
  ])
})

test("segments: every character once, each with its innermost expression", () => {
  const source = 'def call(x):\n    s = "𝛼"; y = f(g(x),\n        2)\n    return y\n'
  const sites = new Map([
    [7, { line: 2, column: 17, endLine: 3, endColumn: 10 }],
    [8, { line: 2, column: 19, endLine: 2, endColumn: 23 }],
  ])
  const { lines, ranges } = layOut(source, sites)
  assert.equal(`${lines.map((line) => line.map(({ text }) => text).join("")).join("\n")}\n`, source)
  const of = (number) => source.slice(ranges.get(number).start, ranges.get(number).end)
  assert.equal(of(8), "g(x)") // Python counts 𝛼 once
  assert.equal(of(7), "f(g(x),\n        2)")
  assert.equal(
    lines
      .flat()
      .filter(({ site }) => site === 8)
      .map(({ text }) => text)
      .join(""),
    "g(x)",
  )
  assert.equal(lines.flat().find(({ text }) => text === "2").site, 7)
  assert.ok(lines.flat().every(({ text, site }) => text.trim() || site === -1))
  assert.equal(expressionText("    a = f(\n        b,\n    )\n", { start: 8, end: 27 }), "f(\n    b,\n)")
})

test("where operands stand in an expression", () => {
  const parts = (text, operation) =>
    partsOf(text, operation, tokens).map(({ name, start, end }) => (name ? `${name}: ` : "") + text.slice(start, end))
  assert.deepEqual(parts("ops.softmax(g(a, b)[0], axis=-1)", "softmax"), ["g(a, b)[0]", "axis: -1"])
  assert.deepEqual(parts('ops.einsum("a,b->ab", x, y)', "einsum"), ['"a,b->ab"', "x", "y"])
  assert.deepEqual(parts("a * (b + c)", "*"), ["a", "(b + c)"])
  assert.deepEqual(parts("a - b - c", "-"), ["a - b", "c"])
  assert.deepEqual(parts("a - -b", "-"), ["a", "-b"])
  assert.deepEqual(parts("a ** b", "*"), [])
  assert.deepEqual(parts("a ** b", "**"), ["a", "b"])
  assert.deepEqual(parts("xs[0](y)[:, 1]", "[]"), ["xs[0](y)", ":"])
  assert.deepEqual(parts("f()", "f"), [])
  assert.deepEqual(parts("hidden", ""), [])
  const found = partsOf("f(a, mask=m, axis=1)", "f", tokens)
  const operands = [{ name: "" }, { name: "axis" }, { name: "mask" }]
  assert.equal(partFor(found, operands, 2).name, "mask")
  assert.equal(partFor(found, operands, 0).start, 2)
})

test("what Python packs is what the X-ray reads", () => {
  const shifted = new Uint8Array(bytes.length + 3) // Streamlit hands over a view that need not be aligned
  shifted.set(bytes, 3)
  const model = readFrames(shifted.subarray(3))
  assert.deepEqual(
    model.frames.map(({ name, parent, from, position, firstLine, steps }) => [
      name,
      parent,
      from,
      position,
      firstLine,
      steps.length,
    ]),
    told.frames,
  )
  const [outer] = model.frames
  const [first, second] = outer.steps
  assert.equal(first.operation, "keras.ops.add")
  assert.deepEqual(
    first.operands.map(({ name, text, tensors }) => [name, text, tensors.map((n) => (n < 0 ? n : model.known(n).id))]),
    [
      ["", "", ["input:x"]],
      ["axis", "1", []],
      ["", "", [-1]],
    ],
  )
  assert.equal(model.known(first.values[0]).array, model.known(second.values[0]).array) // the same array, sent once
  assert.deepEqual(model.tensor(first.values[0]).axes, ["Stapel", ""])
  assert.equal(model.tensor(outer.steps.at(-1).values[0]), null) // too large for the message, still known by its shape
  assert.deepEqual(model.known(outer.steps.at(-1).values[0]).shape, [64, 64])
})

test("statistics are Python's, whoever counts", () => {
  const model = readFrames(bytes)
  let compared = 0
  for (const number of model.frames.flatMap(({ steps }) => steps.flatMap(({ values }) => values))) {
    const tensor = model.tensor(number)
    if (!tensor || tensor.reduced) continue
    const wanted = told.statistics[model.known(number).id]
    for (const [name, value] of Object.entries(wanted)) {
      const found = tensor.statistics[name]
      if (typeof value === "number" && (name === "mean" || name === "rms"))
        assert.ok(Math.abs(found - value) <= 1e-6 * Math.abs(value), name)
      else assert.equal(typeof found === "bigint" ? String(found) : found, value, `${model.known(number).id} ${name}`)
    }
    compared += 1
  }
  assert.ok(compared >= 6)
  assert.equal(statisticsOf([], [], 0).minimum, null)
})

test("of a name that is set the statement tells what sets it", () => {
  const source =
    'def call(self):\n    if key is None:\n        key = value  # "why"\n    a, b = split(\n        x, (1,\n        2))\n    return a\n'
  const range = (text) => ({ start: source.indexOf(text), end: source.indexOf(text) + 1 })
  assert.equal(statementText(source, range("key = ")), "key = value")
  assert.equal(statementText(source, range("a, b")), "a, b = split(\n        x, (1,\n        2))")
  assert.equal(statementText(source, range("return")), "return a")
})
