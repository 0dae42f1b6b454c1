import assert from "node:assert/strict"
import { test } from "node:test"

import { cellsBetween, cellsOf, cellsOnTheWay, planeOf } from "../../../../../explorer/stage/js/flow/brush.js"

const CHOICE = { sample: 0, fold: false }
const plane = (shape, plain = shape.map((_, axis) => `axis ${axis}`), more = {}) =>
  planeOf({ shape, plain, role: "input", uses: [], ...more }, CHOICE)

test("a row and a column are those of the picture, whatever slice it is of", () => {
  const matrix = plane([3, 4])
  assert.deepEqual([matrix.down, matrix.right], [0, 1])
  assert.deepEqual(cellsOf("row", matrix, 6), [4, 5, 6, 7])
  assert.deepEqual(cellsOf("column", matrix, 6), [2, 6, 10])
  assert.deepEqual(cellsOf("cell", matrix, 6), [6])
  const sequence = plane([2, 3, 4])
  assert.deepEqual(cellsOf("row", sequence, 17), [16, 17, 18, 19])
  assert.deepEqual(cellsOf("column", sequence, 17), [13, 17, 21])
  const image = plane([1, 3, 4, 2], ["batch", "height", "width", "channels"])
  assert.deepEqual([image.down, image.right], [1, 2])
  assert.deepEqual(cellsOf("row", image, 11), [9, 11, 13, 15])
  assert.deepEqual(cellsOf("column", image, 11), [3, 11, 19])
})

test("axes of length 1 are nobody's rows", () => {
  assert.deepEqual(cellsOf("row", plane([5, 1]), 3), [3])
  assert.deepEqual(cellsOf("one_hot", plane([5, 1]), 3), [0, 1, 2, 3, 4])
  assert.deepEqual(cellsOf("column", plane([1, 5]), 3), [3])
  assert.deepEqual(cellsOf("row", plane([]), 0), [0])
  assert.deepEqual(cellsOf("row", plane([4]), 2), [0, 1, 2, 3])
})

test("a region is what lies between two corners, in any direction", () => {
  const matrix = plane([3, 4])
  assert.deepEqual(cellsBetween(matrix, 0, 6), [0, 1, 2, 4, 5, 6])
  assert.deepEqual(cellsBetween(matrix, 10, 5), [5, 6, 9, 10])
  assert.deepEqual(cellsBetween(matrix, 9, 6), [5, 6, 9, 10])
  assert.deepEqual(cellsBetween(matrix, 7, 7), [7])
})

test("a quick pen leaves no gap", () => {
  const matrix = plane([4, 6])
  assert.deepEqual(cellsOnTheWay(matrix, 0, 3), [0, 1, 2, 3])
  assert.deepEqual(cellsOnTheWay(matrix, 0, 21), [0, 7, 14, 21])
  assert.deepEqual(cellsOnTheWay(matrix, 21, 21), [21])
  const way = cellsOnTheWay(matrix, 0, 17)
  assert.deepEqual([way[0], way.at(-1), way.length], [0, 17, 6])
})

test("a point of an image in true colours is all of its channels", () => {
  const image = plane([1, 2, 2, 3], ["batch", "height", "width", "channels"], { scale: "image" })
  assert.equal(image.channels, 1, "a batch is not folded here")
  const shown = planeOf(
    { shape: [1, 2, 2, 3], plain: ["batch", "height", "width", "channels"], role: "input", uses: [], scale: "image" },
    { sample: 0, fold: true },
  )
  assert.equal(shown.channels, 3)
  assert.deepEqual(cellsOf("cell", shown, 3), [3, 4, 5])
  assert.deepEqual(cellsOf("row", shown, 6), [6, 7, 8, 9, 10, 11])
  assert.deepEqual(cellsOnTheWay(shown, 0, 9), [0, 1, 2, 9, 10, 11])
})
