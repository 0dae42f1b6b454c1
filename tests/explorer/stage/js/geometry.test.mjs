import assert from "node:assert/strict"
import { test } from "node:test"

import { cellAt, cellRectangle, moveCell } from "../../../../explorer/stage/js/core/hit.js"
import {
  arrange,
  arrangePlots,
  cellSize,
  columnsByRole,
  fitFont,
  labelStep,
  splitTracks,
} from "../../../../explorer/stage/js/core/layout.js"
import { condense } from "../../../../explorer/stage/js/core/raster.js"
import {
  cellOf,
  choose,
  clampSelection,
  defaultSelection,
  facetChoices,
  gridIndex,
  offsetOf,
  slicesOf,
  sliderAxes,
} from "../../../../explorer/stage/js/core/slices.js"
import { isZoomed, pan, reveal, wholeView, zoom } from "../../../../explorer/stage/js/core/view.js"

const wish = (rows, columns, more = {}) => ({
  rows,
  columns,
  facets: 1,
  characters: 4,
  square: false,
  labelled: true,
  rowLabel: 1,
  rowName: true,
  columnName: true,
  titled: false,
  ...more,
})

test("columns follow the flow, masks stand with the inputs", () => {
  const roles = ["output", "weight", "mask", "input", "intermediate"].map((role) => ({ role }))
  const columns = columnsByRole(roles)
  assert.deepEqual(
    columns.map(({ role }) => role),
    ["input", "weight", "intermediate", "output"],
  )
  assert.deepEqual(
    columns[0].members.map(({ role }) => role),
    ["mask", "input"],
  )
})

test("columns fit the width at every width, wide or narrow", () => {
  const columns = ["input", "weight", "intermediate", "output"].map((role, at) => ({
    role,
    widths: Array(at + 1).fill(200 + 60 * at),
    heights: Array(at + 1).fill(300),
  }))
  for (let width = 240; width < 2600; width += 37) {
    const rows = arrange(columns, width)
    assert.deepEqual(
      rows.flat().map(({ role }) => role),
      columns.map(({ role }) => role),
    )
    for (const row of rows) {
      const used = row.reduce((sum, { total }) => sum + total, 0) + (row.length - 1) * 32
      assert.ok(used <= width + 1, `${used} in ${width}`)
    }
  }
  const alone = (/** @type {number} */ width) =>
    arrange([{ role: "intermediate", widths: [540, 540], heights: [400, 400] }], width)[0][0]
  assert.deepEqual([alone(1075).tracks, alone(700).tracks], [2, 1], "two cards beside each other before half is empty")
  assert.ok(alone(1075).total <= 1075)
  assert.equal(arrange(columns, 1800).length, 1)
  assert.equal(arrange(columns, 700).length, 2)
})

test("cards are split in order and no track stays empty", () => {
  assert.deepEqual(splitTracks([1, 1, 1, 1], 2), [0, 0, 1, 1])
  assert.deepEqual(splitTracks([9, 1, 1], 3), [0, 1, 2])
  assert.deepEqual(splitTracks([5], 1), [0])
})

test("pictures stay inside their card", () => {
  for (const [rows, columns, facets] of [
    [10, 10, 1],
    [1, 128, 1],
    [1000, 1000, 1],
    [3, 3, 8],
    [1, 1, 1],
    [5000, 2, 1],
  ]) {
    for (const width of [200, 420]) {
      const { plots, height } = arrangePlots(wish(rows, columns, { facets }), width)
      for (const plot of plots) {
        assert.ok(plot.width > 0 && plot.height > 0 && plot.x + plot.width <= width && plot.y + plot.height <= height)
      }
    }
  }
  const { width, height } = cellSize(wish(8, 8, { square: true }), 300)
  assert.equal(width, height)
})

test("labels never touch and texts never leave their cell", () => {
  for (const size of [0.3, 3, 11, 40]) assert.ok(labelStep(size, 20) * size >= 20)
  assert.equal(fitFont({ width: 20, height: 20 }, 9), 0)
  assert.ok(fitFont({ width: 60, height: 30 }, 4) >= 11)
})

test("the cell under a point is the cell that is drawn there, zoomed or not", () => {
  const plots = [
    { x: 20, y: 10, width: 100, height: 50 },
    { x: 140, y: 10, width: 100, height: 50 },
  ]
  for (const view of [wholeView(5, 10), zoom(wholeView(5, 10), 2, 7, 3, 5, 10)]) {
    for (const cell of [
      { facet: 0, row: 2, column: 6 },
      { facet: 1, row: 3, column: 7 },
    ]) {
      const box = cellRectangle(cell, plots[cell.facet], view)
      assert.deepEqual(cellAt(box.x + box.width / 2, box.y + box.height / 2, plots, view), cell)
    }
  }
  assert.equal(cellAt(130, 20, plots, wholeView(5, 10)), null)
})

test("the cursor stops at the edges", () => {
  const at = { facet: 0, row: 0, column: 0 }
  assert.deepEqual(moveCell(at, { key: "ArrowLeft" }, 2, 3, 1), at)
  assert.deepEqual(moveCell(at, { key: "End", ctrlKey: true }, 2, 3, 1), { facet: 0, row: 1, column: 2 })
  assert.deepEqual(moveCell(at, { key: "PageDown" }, 2, 3, 2), { facet: 1, row: 0, column: 0 })
  assert.equal(moveCell(at, { key: "x" }, 2, 3, 1), null)
})

test("zoom keeps the point under the pointer and stays inside", () => {
  const view = zoom(wholeView(10, 10), 2, 8, 8, 10, 10)
  assert.deepEqual(view, { x: 4, y: 4, width: 5, height: 5 })
  assert.ok(isZoomed(view, 10, 10))
  assert.deepEqual(zoom(view, 0.1, 8, 8, 10, 10), wholeView(10, 10))
  assert.equal(pan(view, 99, 0, 10, 10).x, 5)
  assert.equal(reveal(view, 0, 0, 10, 10).y, 0)
})

test("slices name the right cells", () => {
  const grid = { shape: [2, 3, 4], axes: ["batch", "time", "features"], strides: [12, 4, 1] }
  const selection = defaultSelection(grid, [])
  assert.deepEqual([selection.rows, selection.columns, selection.facets], [1, 2, 0])
  const slices = slicesOf(grid, selection)
  assert.equal(offsetOf(slices[1], 2, 3), 23)
  assert.deepEqual(gridIndex(selection, slices[1], 2, 3), [1, 2, 3])
  assert.deepEqual(cellOf(selection, [1, 2, 3]), { facet: 1, row: 2, column: 3 })
  const turned = choose(selection, "rows", 2, grid.shape)
  assert.deepEqual([turned.rows, turned.columns], [2, 1])
  assert.equal(offsetOf(slicesOf(grid, turned)[1], 3, 2), 23)
  const single = choose(selection, "facets", -1, grid.shape)
  assert.deepEqual(sliderAxes(grid.shape, single), [0])
  assert.equal(cellOf(single, [1, 2, 3]), null)
  assert.deepEqual(clampSelection({ ...single, fixed: [9, 0, 0] }, [2, 3, 4]).fixed, [1, 0, 0])
})

test("an image shows height and width, a long axis gets a slider", () => {
  const axes = ["batch", "height", "width", "channels"]
  const image = defaultSelection({ shape: [1, 8, 8, 3] }, axes)
  assert.deepEqual([image.rows, image.columns, image.facets], [1, 2, 3])
  const many = defaultSelection({ shape: [64, 8, 8, 40] }, axes)
  assert.equal(many.facets, -1)
  assert.deepEqual(facetChoices([64, 8, 8, 30], many), [3])
})

test("shrinking keeps the extreme of a million cells, and NaN before any number", () => {
  const numbers = new Float32Array(1000 * 1000)
  numbers[123 * 1000 + 456] = -7
  numbers[900 * 1000 + 10] = NaN
  numbers[900 * 1000 + 11] = 5
  const slice = { rows: 1000, columns: 1000, base: 0, rowStride: 1000, columnStride: 1 }
  const small = condense(numbers, slice, { x: 0, y: 0, width: 1000, height: 1000 }, 100, 100)
  assert.equal(small[12 * 100 + 45], -7)
  assert.ok(Number.isNaN(small[90 * 100 + 1]))
  assert.equal(small.filter((value) => value === 0).length, 9998)
})
