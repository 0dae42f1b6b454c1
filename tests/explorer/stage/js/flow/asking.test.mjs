// Which call's tape is asked for, while the calls that are shown change.

import assert from "node:assert/strict"
import { beforeEach, test } from "node:test"
import { Live } from "../../../../../explorer/stage/js/flow/live.js"

const GRAPH = { values: [] }
let asked = []
let live = new Live(() => {}, {})

const show = (call, stale = false) => live.take({ options: { call, stale } }, GRAPH)

beforeEach(() => {
  asked = []
  live = new Live(() => {}, { want: (call) => asked.push(call) })
  show("first")
})

test("nothing is fetched before the reader comes", () => {
  show("second")
  assert.deepEqual(asked, [])
})

test("a call is asked for once", () => {
  live.want()
  live.want()
  assert.deepEqual(asked, ["first"])
})

test("another call that is shown before the tape came is asked for, though the pointer rests", () => {
  live.want()
  show("second")
  assert.deepEqual(asked, ["first", "second"])
})

test("so is the one after a picture that no longer holds", () => {
  live.want()
  show("first", true)
  show("second")
  assert.deepEqual(asked, ["first", "second"])
})

test("a reader who came while the picture did not hold is remembered", () => {
  show("first", true)
  live.want()
  assert.deepEqual(asked, [])
  show("second")
  assert.deepEqual(asked, ["second"])
})

test("with its tape here, the next call's is fetched when the pointer moves", () => {
  live.want()
  live.waits = false // as `came` leaves it
  show("second")
  assert.deepEqual(asked, ["first"])
  live.want()
  assert.deepEqual(asked, ["first", "second"])
})
