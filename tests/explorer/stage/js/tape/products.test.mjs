import assert from "node:assert/strict"
import { test } from "node:test"

import { cells, f4, f8, given, numbers, tapeOf } from "./tapes.mjs"

const ROUNDING = 1e-12

function close(mine, expected, most = ROUNDING) {
  assert.equal(mine.length, expected.length)
  mine.forEach((number, at) => {
    assert.ok(Math.abs(number - expected[at]) <= most, `cell ${at}: ${number}, not ${expected[at]}`)
  })
}

/** Row-major offset. */
const offset = (shape, index) => index.reduce((sum, at, axis) => sum * shape[axis] + at, 0)

/** Every index of a shape. */
function* indices(shape) {
  for (let at = 0; at < cells(shape); at++) {
    let rest = at
    const index = shape.map(() => 0)
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = rest % shape[axis]
      rest = Math.floor(rest / shape[axis])
    }
    yield index
  }
}

test("matrix products, turned and in batches that are broadcast", () => {
  assert.deepEqual(
    given("MatMul", {}, [f4([2, 2], [1, 2, 3, 4]), f4([2, 1], [10, 100])], [["float32", [2, 1]]]),
    [210, 430],
  )
  for (const [turnA, turnB] of [
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ]) {
    const a = f8([3, 1, ...(turnA ? [4, 2] : [2, 4])])
    const b = f8([5, ...(turnB ? [3, 4] : [4, 3])])
    const expected = []
    for (const [g, h, m, n] of indices([3, 5, 2, 3])) {
      let sum = 0
      for (let k = 0; k < 4; k++) {
        const x = a[2][offset(a[1], [g, 0, ...(turnA ? [k, m] : [m, k])])]
        sum += x * b[2][offset(b[1], [h, ...(turnB ? [n, k] : [k, n])])]
      }
      expected.push(sum)
    }
    close(given("BatchMatMulV2", { adj_x: turnA, adj_y: turnB }, [a, b], [["float64", [3, 5, 2, 3]]]), expected)
  }
  assert.deepEqual(
    given(
      "MatMul",
      { transpose_a: true, transpose_b: true },
      [f8([2, 1], [1, 2]), f8([3, 2], [1, 0, 0, 1, 1, 1])],
      [["float64", [1, 3]]],
    ),
    [1, 2, 3],
  )
  assert.deepEqual(
    given("MatMul", {}, [f4([2, 0], []), f4([0, 2], [])], [["float32", [2, 2]]]),
    [0, 0, 0, 0],
    "of nothing",
  )
})

test("float32 products are rounded after each addition, float64 products are not", () => {
  const terms = [1, 2 ** -24, 2 ** -24]
  assert.deepEqual(given("MatMul", {}, [f4([1, 3], terms), f4([3, 1], [1, 1, 1])], [["float32", [1, 1]]]), [1])
  assert.deepEqual(given("MatMul", {}, [f8([1, 3], terms), f8([3, 1], [1, 1, 1])], [["float64", [1, 1]]]), [
    1 + 2 ** -23,
  ])
})

test("einsum by its letters, with dots for the axes without a name", () => {
  const [a, b] = [f8([2, 3, 4]), f8([5, 4, 3])]
  const expected = Array.from(indices([2, 5]), ([i, l]) => {
    let sum = 0
    for (const [j, k] of indices([3, 4])) sum += a[2][offset(a[1], [i, j, k])] * b[2][offset(b[1], [l, k, j])]
    return sum
  })
  close(given("Einsum", { equation: "ijk,lkj->il" }, [a, b], [["float64", [2, 5]]]), expected)
  const [x, w] = [f8([2, 3, 4]), f8([4, 5])]
  const dense = Array.from(indices([2, 3, 5]), ([g, m, n]) => {
    let sum = 0
    for (let k = 0; k < 4; k++) sum += x[2][offset(x[1], [g, m, k])] * w[2][offset(w[1], [k, n])]
    return sum
  })
  close(given("Einsum", { equation: "...k,kn->...n" }, [x, w], [["float64", [2, 3, 5]]]), dense)
  assert.deepEqual(
    given("Einsum", { equation: "i,j->ij" }, [f8([2], [1, 2]), f8([2], [3, 4])], [["float64", [2, 2]]]),
    [3, 4, 6, 8],
  )
  const one = tapeOf("Einsum", { equation: "ii->i" }, [f8([2, 2])], [["float64", [2]]])
  assert.deepEqual([...one.missing], ["Einsum: not of two tensors"])
})

/** A convolution as its definition says it, channels last. `weight` gives the kernel's part for an input and an output channel. */
function convolve(x, [batch, height, width, channels], kernel, { stride, dilation, before, outer }, filters, weight) {
  const made = []
  for (const [b, v, h, f] of indices([batch, ...outer, filters])) {
    let sum = 0
    for (const [i, j, c] of indices([...kernel, channels])) {
      const [row, column] = [v * stride[0] + i * dilation[0] - before[0], h * stride[1] + j * dilation[1] - before[1]]
      if (row < 0 || row >= height || column < 0 || column >= width) continue
      sum += x[offset([batch, height, width, channels], [b, row, column, c])] * weight(i, j, c, f)
    }
    made.push(sum)
  }
  return made
}

/** Channels last -> channels first. */
function turned([batch, height, width, channels], values) {
  return Array.from(
    indices([batch, channels, height, width]),
    ([b, c, v, h]) => values[offset([batch, height, width, channels], [b, v, h, c])],
  )
}

const PADDINGS = [
  { name: "VALID", stride: [1, 2], dilation: [2, 1], before: [0, 0], outer: [3, 2] },
  { name: "SAME", stride: [2, 1], dilation: [1, 1], before: [1, 0], outer: [4, 5] },
  { name: "SAME", stride: [1, 1], dilation: [2, 3], before: [2, 1], outer: [7, 5] },
  {
    name: "EXPLICIT",
    stride: [2, 2],
    dilation: [1, 1],
    before: [2, 1],
    outer: [5, 3],
    explicit: [0, 0, 2, 1, 1, 0, 0, 0],
  },
]

for (const place of PADDINGS) {
  for (const format of ["NHWC", "NCHW"]) {
    for (const groups of [1, 2]) {
      test(`a convolution, ${place.name} ${place.stride} ${place.dilation}, ${format}, ${groups} groups`, () => {
        const [shape, kernel, filters] = [[2, 7, 5, 4], [3, 2], 6]
        const inside = shape[3] / groups
        const [x, w] = [f8(shape), f8([...kernel, inside, filters])]
        const each = filters / groups
        const expected = convolve(x[2], shape, kernel, place, filters, (i, j, c, f) =>
          Math.floor(c / inside) === Math.floor(f / each) ? w[2][offset(w[1], [i, j, c % inside, f])] : 0,
        )
        const made = [2, ...place.outer, filters]
        const first = format === "NCHW"
        const order = (list) => (first ? [list[0], list[3], list[1], list[2]] : list)
        const pairs = (list) => (first ? [...list.slice(0, 2), ...list.slice(6), ...list.slice(2, 6)] : list)
        const attributes = {
          data_format: format,
          padding: place.name,
          strides: order([1, ...place.stride, 1]),
          dilations: order([1, ...place.dilation, 1]),
          explicit_paddings: pairs(place.explicit ?? []),
        }
        const picture = first ? f8(order(shape), turned(shape, x[2])) : x
        close(
          given("Conv2D", attributes, [picture, w], [["float64", order(made)]]),
          first ? turned(made, expected) : expected,
        )
      })
    }
  }
}

test("a depthwise convolution has kernels of its own for each channel", () => {
  const [shape, kernel] = [
    [1, 5, 4, 3],
    [3, 3],
  ]
  const [x, w] = [f8(shape), f8([...kernel, 3, 2])]
  const place = { stride: [1, 1], dilation: [1, 1], before: [1, 1], outer: [5, 4] }
  const expected = convolve(x[2], shape, kernel, place, 6, (i, j, c, f) =>
    Math.floor(f / 2) === c ? w[2][offset(w[1], [i, j, c, f % 2])] : 0,
  )
  const attributes = { data_format: "NHWC", padding: "SAME", strides: [1, 1, 1, 1], dilations: [1, 1, 1, 1] }
  close(given("DepthwiseConv2dNative", attributes, [x, w], [["float64", [1, 5, 4, 6]]]), expected)
})

test("a convolution of three axes", () => {
  const [x, w] = [f8([1, 3, 3, 3, 2]), f8([2, 2, 2, 2, 1])]
  const expected = Array.from(indices([2, 2, 2]), ([a, b, c]) => {
    let sum = 0
    for (const [i, j, k, d] of indices([2, 2, 2, 2])) {
      sum += x[2][offset(x[1], [0, a + i, b + j, c + k, d])] * w[2][offset(w[1], [i, j, k, d, 0])]
    }
    return sum
  })
  const attributes = { data_format: "NDHWC", padding: "VALID", strides: [1, 1, 1, 1, 1], dilations: [1, 1, 1, 1, 1] }
  close(given("Conv3D", attributes, [x, w], [["float64", [1, 2, 2, 2, 1]]]), expected)
})

const STRIDED = { data_format: "NHWC", padding: "SAME", strides: [1, 2, 2, 1], dilations: [1, 1, 1, 1] }

function transposedOperands() {
  return [["int32", [4], [1, 5, 4, 2]], f8([3, 2, 2, 3]), f8([1, 3, 2, 3])]
}

test("a transposed convolution spreads each cell over a window", () => {
  const [, w, g] = transposedOperands()
  const expected = new Float64Array(40)
  for (const [v, h, f] of indices([3, 2, 3])) {
    for (const [i, j, c] of indices([3, 2, 2])) {
      const [row, column] = [2 * v + i - 1, 2 * h + j]
      if (row < 0 || row >= 5 || column >= 4) continue
      expected[offset([5, 4, 2], [row, column, c])] +=
        g[2][offset([3, 2, 3], [v, h, f])] * w[2][offset(w[1], [i, j, c, f])]
    }
  }
  close(given("Conv2DBackpropInput", STRIDED, transposedOperands(), [["float64", [1, 5, 4, 2]]], [0]), [...expected])
})

test("the gradient of a transposed convolution is the same each time that it is asked for", () => {
  const tape = tapeOf("Conv2DBackpropInput", STRIDED, transposedOperands(), [["float64", [1, 5, 4, 2]]], [0])
  const asked = () => tape.trail("y0", 9).get("x2")
  const first = asked()
  assert.ok(first.some((slope) => slope !== 0))
  assert.deepEqual(asked(), first)
  assert.notEqual(asked(), first, "each answer has an array of its own")
})

test("rows that keep their sums keep them in the tape's own array", () => {
  const [x, w] = [f4([3, 4], numbers(12)), f4([4, 5], numbers(20, 2))]
  const tape = tapeOf("MatMul", {}, [x, w], [["float32", [3, 5]]])
  const other = tapeOf("MatMul", {}, [x, w], [["float32", [3, 5]]])
  const before = Array.from(tape.numbers("y0"))
  other.set("x0", 5, 9)
  other.replay("x0")
  assert.deepEqual(Array.from(tape.numbers("y0")), before, "tapes share nothing")
  assert.equal(tape.numbers("y0"), tape.numbers("y0"))
  tape.set("x1", 7, 3)
  tape.replay("x1")
  assert.deepEqual(
    Array.from(tape.numbers("y0")),
    given("MatMul", {}, [x, f4([4, 5], Array.from(tape.numbers("x1")))], [["float32", [3, 5]]]),
  )
  tape.trail("y0", 3)
  tape.set("x1", 7, w[2][7])
  tape.replay("x1")
  assert.deepEqual(Array.from(tape.numbers("y0")), before)
})

test("a kernel's NaN does not meet the zeros around a picture", () => {
  const attributes = { data_format: "NHWC", padding: "SAME", strides: [1, 1, 1, 1], dilations: [1, 1, 1, 1] }
  const made = given(
    "Conv2D",
    attributes,
    [f4([1, 1, 3, 1], [1, 2, 3]), f4([1, 3, 1, 1], [NaN, 1, 1])],
    [["float32", [1, 1, 3, 1]]],
  )
  assert.deepEqual(made, [3, NaN, NaN])
})
