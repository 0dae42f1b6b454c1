import assert from "node:assert/strict"
import { test } from "node:test"

import { followed } from "../../../../explorer/stage/js/trail/follow.js"

/** Cells by their tensor's id and index. */
const reading = (cells) => (cell) => {
  const number = cells[`${cell.tensor} ${cell.index}`]
  return number === undefined ? null : { number, text: String(number) }
}
const number = (tensor, index, printed = "9") => ({
  printed,
  tensor,
  index,
  label: tensor,
  name: "",
  recomputed: false,
})
const literal = (printed) => ({ ...number("", [], printed) })
const again = { ...number("", [], "9"), recomputed: true }
const term = (...factors) => ({ factors, what: factors, origin: [], printed: "9", marked: false })
const equation = (form, terms, more = {}) => ({
  form, label: "", printed: "9", rounding: "0.1", formula: "", count: terms.length, recomputed: false, addsUp: false, terms, rest: null, ...more,
}) // biome-ignore format: few lines
const account = (...equations) => ({
  name: "y",
  value: "9",
  headline: "",
  copies: [],
  equations,
  window: {},
  notes: [],
})
const cell = { tensor: "y", index: [0] }
const cells = { "y 0": 11, "x 0": 2, "x 1": -3, "w 0": 4, "w 1": 5 }
const printed = ({ terms }) => terms.map((one) => one.printed)

test("a sum of products is its factors' numbers multiplied, and the cell's own number", () => {
  const given = account(
    equation("sum of products", [term(number("x", [0]), number("w", [0])), term(number("x", [1]), number("w", [1]))]),
  )
  const now = followed(given, cell, reading(cells))
  assert.equal(now.value, "11")
  assert.deepEqual(printed(now.equations[0]), ["8", "-15"])
  assert.equal(now.equations[0].printed, "11")
  assert.deepEqual(
    now.equations[0].terms[0].factors.map((one) => one.printed),
    ["2", "4"],
  )
  assert.equal(now.equations[0].rounding, "")
})

test("an equation before the last one is added up here, and what is not listed makes the rest", () => {
  const first = equation("sum", [term(number("x", [0])), term(number("x", [1]))])
  const last = equation("sum", [term(number("x", [0]))], { rest: { count: 3, printed: "9" } })
  const now = followed(account(first, last), cell, reading(cells))
  assert.equal(now.equations[0].printed, "-1")
  assert.equal(now.equations[1].rest.printed, "9") // 11 - 2
  assert.equal(
    followed(account({ ...first, rest: { count: 1, printed: "9" } }, last), cell, reading(cells)).equations[0].printed,
    "…",
  )
})

test("a product is multiplied, and a literal stays what it is", () => {
  const given = account(equation("product", [term(literal("0.5"), number("x", [1]))]), equation("sum", []))
  const [first] = followed(given, cell, reading(cells)).equations
  assert.deepEqual([printed(first), first.printed], [["-1.5"], "-1.5"])
})

test("of a choice the one that is taken now is marked", () => {
  const terms = [term(number("x", [0])), term(number("x", [1]))]
  const marked = (form) => {
    const [first] = followed(account(equation(form, terms), equation("sum", [])), cell, reading(cells)).equations
    return [first.printed, first.terms.map((one) => one.marked)]
  }
  assert.deepEqual(marked("maximum of"), ["2", [true, false]])
  assert.deepEqual(marked("minimum of"), ["-3", [false, true]])
})

test("what cannot be known here is left blank", () => {
  const given = account(
    equation("function of", [term(again)]),
    equation("sum of products", [term(again, number("x", [0]))]),
  )
  const now = followed(given, cell, reading(cells))
  assert.equal(now.equations[0].printed, "…")
  assert.deepEqual(printed(now.equations[1]), ["…"])
  assert.equal(followed(given, { tensor: "z", index: [] }, reading(cells)).value, "…")
})
