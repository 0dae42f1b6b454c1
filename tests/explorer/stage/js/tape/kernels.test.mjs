import assert from "node:assert/strict"
import { test } from "node:test"

import { KERNELS } from "../../../../../explorer/stage/js/tape/kernels/index.js"
import { erf, erfc } from "../../../../../explorer/stage/js/tape/kernels/special.js"
import { f4, f8, given, i4, numbers, tapeOf } from "./tapes.mjs"

const near = (mine, expected, most = 1e-12) =>
  mine.forEach((number, at) => {
    assert.ok(
      Object.is(number, expected[at]) || Math.abs(number - expected[at]) <= most,
      `${at}: ${number}, ${expected[at]}`,
    )
  })
const one = (kind, values, dtype = "float64", attributes = {}) =>
  given(kind, attributes, [[dtype, [values.length], values]], [[dtype, [values.length]]])
const two = (kind, x, y, made = "float64", dtype = "float64") =>
  given(
    kind,
    {},
    [
      [dtype, [x.length], x],
      [dtype, [y.length], y],
    ],
    [[made, [Math.max(x.length, y.length)]]],
  )

test("there are as many operations as were proved", () => {
  assert.equal(KERNELS.size, 145)
})

test("functions of one number", () => {
  assert.deepEqual(one("Round", [0.5, 1.5, 2.5, -0.5, -1.5, 2.4, 2.6]), [0, 2, 2, -0, -2, 2, 3])
  assert.deepEqual(one("Relu", [-1, 0, 2, NaN, Infinity]), [0, 0, 2, NaN, Infinity])
  assert.deepEqual(one("Relu6", [-1, 3, 7]), [0, 3, 6])
  assert.deepEqual(one("Sign", [-3, 0, 4]), [-1, 0, 1])
  near(one("Sigmoid", [0, 2, -800]), [0.5, 1 / (1 + Math.exp(-2)), 0])
  near(one("Softplus", [0, 100, -100]), [Math.log(2), 100, Math.exp(-100)])
  near(one("Rsqrt", [4, 0]), [0.5, Infinity])
  near(one("Tanh", [0.3]), [Math.tanh(0.3)])
  near(one("Tanh", [0.3, 20, -20, NaN], "float32"), [Math.tanh(0.3), 1, -1, NaN], 1e-7)
  near(one("LeakyRelu", [-2, 2], "float64", { alpha: 0.1 }), [-0.2, 2])
  near(one("Selu", [1]), [1.0507009873554805])
  assert.deepEqual(given("IsNan", {}, [f4([3], [NaN, 1, Infinity])], [["bool", [3]]]), [1, 0, 0])
  assert.deepEqual(
    given("Bucketize", { boundaries: [0, 10] }, [f4([4], [-1, 0, 9, 10])], [["int32", [4]]]),
    [0, 1, 1, 2],
  )
})

test("the error function, known to 15 digits", () => {
  near(
    [erf(0.1), erf(0.7), erf(2), erf(-2)],
    [0.1124629160182849, 0.6778011938374185, 0.9953222650189527, -0.9953222650189527],
    1e-14,
  )
  near([erfc(3), erfc(-1)], [2.209049699858544e-5, 1.842700792949715], 1e-14)
})

test("functions of two numbers, each broadcast", () => {
  assert.deepEqual(
    given("Sub", {}, [f8([2, 1], [10, 20]), f8([3], [1, 2, 3])], [["float64", [2, 3]]]),
    [9, 8, 7, 19, 18, 17],
  )
  assert.deepEqual(two("FloorMod", [7, -7, 7, -7], [3, 3, -3, -3]), [1, 2, -2, -1])
  assert.deepEqual(two("FloorDiv", [7, -7], [2]), [3, -4])
  assert.deepEqual(two("DivNoNan", [1, 1], [0, 2]), [0, 0.5])
  assert.deepEqual(two("Xlogy", [0, 1], [0, Math.E]), [0, 1])
  assert.deepEqual(two("Maximum", [1, NaN], [2]), [2, NaN])
  assert.deepEqual(two("Less", [1, 2, NaN], [2, 2, 2], "bool"), [1, 0, 0])
  assert.deepEqual(two("Pow", [2, 9], [3, 0.5]), [8, 3])
  const channels = (format, shape) =>
    given("BiasAdd", { data_format: format }, [f8(shape, Array(8).fill(0)), f8([2], [1, 2])], [["float64", shape]])
  assert.deepEqual(channels("NHWC", [1, 2, 2, 2]), [1, 2, 1, 2, 1, 2, 1, 2])
  assert.deepEqual(channels("NCHW", [1, 2, 4]), [1, 1, 1, 1, 2, 2, 2, 2])
})

test("a whole number is not divided by zero", () => {
  const tape = tapeOf("FloorDiv", {}, [i4([2], [7, 8]), i4([2], [2, 0])], [["int32", [2]]])
  assert.deepEqual([...tape.missing], ["FloorDiv: TensorFlow would refuse to divide a whole number by zero"])
  tape.set("x1", 1, 3)
  tape.replay()
  assert.deepEqual([tape.whole, ...tape.numbers("y0")], [true, 3, 2])
})

test("choosing, limiting, adding many", () => {
  const condition = ["bool", [2], [1, 0]]
  assert.deepEqual(
    given("SelectV2", {}, [condition, f8([2, 2], [1, 2, 3, 4]), f8([], [9])], [["float64", [2, 2]]]),
    [1, 9, 3, 9],
  )
  assert.deepEqual(
    given("Select", {}, [condition, f8([2, 2], [1, 2, 3, 4]), f8([2, 2], [5, 6, 7, 8])], [["float64", [2, 2]]]),
    [1, 2, 7, 8],
  )
  assert.deepEqual(
    given("ClipByValue", {}, [f8([3], [-5, 0.5, 5]), f8([], [-1]), f8([], [1])], [["float64", [3]]]),
    [-1, 0.5, 1],
  )
  assert.deepEqual(
    given("AddN", {}, [f8([2], [1, 2]), f8([2], [10, 20]), f8([2], [5, 5])], [["float64", [2]]]),
    [16, 27],
  )
})

test("softmax of infinities and NaN", () => {
  const softmax = (values, dtype = "float32", kind = "Softmax") =>
    given(kind, {}, [[dtype, [values.length], values]], [[dtype, [values.length]]])
  near(softmax([0, Math.log(3)], "float64"), [0.25, 0.75])
  assert.deepEqual(softmax([1000, 1000]), [0.5, 0.5])
  assert.deepEqual(softmax([-Infinity, 0, -Infinity]), [0, 1, 0])
  assert.deepEqual(softmax([-Infinity, -Infinity]), [NaN, NaN])
  assert.deepEqual(softmax([Infinity, 1]), [NaN, 0], "float32 keeps it to its cell")
  assert.deepEqual(softmax([NaN, 1]), [NaN, 0])
  assert.deepEqual(softmax([Infinity, 1], "float64"), [NaN, NaN])
  near(softmax([0, 0], "float64", "LogSoftmax"), [-Math.log(2), -Math.log(2)])
  assert.deepEqual(softmax([-Infinity, 0], "float64", "LogSoftmax"), [-Infinity, 0])
})

test("reductions over one axis, several, all and none of the cells", () => {
  const fold = (kind, shape, values, axes, made, dtype = "float64") =>
    given(kind, {}, [[dtype, shape, values], i4([axes.length], axes)], [[dtype, made]], [1])
  assert.deepEqual(fold("Sum", [2, 3], [1, 2, 3, 4, 5, 6], [1], [2]), [6, 15])
  assert.deepEqual(fold("Sum", [2, 3], [1, 2, 3, 4, 5, 6], [-2], [1, 3]), [5, 7, 9])
  assert.deepEqual(fold("Mean", [2, 3], [1, 2, 3, 4, 5, 6], [0, 1], []), [3.5])
  assert.deepEqual(fold("Mean", [2], [1, 4], [0], [], "int32"), [2])
  assert.deepEqual(fold("Max", [2, 2], [1, NaN, 3, 4], [1], [2]), [NaN, 4])
  assert.deepEqual(fold("Min", [2, 2], [1, 2, 3, -4], [0], [2]), [1, -4])
  assert.deepEqual(fold("Prod", [3], [2, 3, 4], [0], []), [24])
  assert.deepEqual(fold("Sum", [0, 2], [], [0], [2]), [0, 0])
  assert.deepEqual(fold("Max", [0, 1], [], [0], [1]), [-Infinity])
  assert.deepEqual(fold("All", [2, 2], [1, 1, 1, 0], [1], [2], "bool"), [1, 0])
  assert.deepEqual(fold("Any", [2, 2], [0, 0, 1, 0], [1], [2], "bool"), [0, 1])
  const place = (kind, axis, made) =>
    given(kind, {}, [f8([2, 3], [1, 9, 9, 5, 0, 2]), i4([], [axis])], [["int64", made]], [1])
  assert.deepEqual(
    [place("ArgMax", 1, [2]), place("ArgMin", 0, [3])],
    [
      [1, 0],
      [0, 1, 1],
    ],
  )
})

test("running sums and products, from either end, with and without the cell itself", () => {
  const run = (kind, attributes, axis = 1) =>
    given(kind, attributes, [f8([2, 3], [1, 2, 3, 4, 5, 6]), i4([], [axis])], [["float64", [2, 3]]], [1])
  assert.deepEqual(run("Cumsum", {}), [1, 3, 6, 4, 9, 15])
  assert.deepEqual(run("Cumsum", { exclusive: true }), [0, 1, 3, 0, 4, 9])
  assert.deepEqual(run("Cumsum", { reverse: true }), [6, 5, 3, 15, 11, 6])
  assert.deepEqual(run("Cumsum", { reverse: true, exclusive: true }), [5, 3, 0, 11, 6, 0])
  assert.deepEqual(run("Cumsum", {}, -2), [1, 2, 3, 5, 7, 9])
  assert.deepEqual(run("Cumprod", {}), [1, 2, 6, 4, 20, 120])
})

test("pooling: a border does not count, a NaN is passed over by the largest", () => {
  const pool = (kind, attributes, shape, values, made, dtype = "float32") =>
    given(
      kind,
      { ksize: [1, 2, 2, 1], strides: [1, 2, 2, 1], ...attributes },
      [[dtype, shape, values]],
      [[dtype, made]],
    )
  const nine = [1, 2, 3, 4, 5, 6, 7, 8, 9]
  assert.deepEqual(pool("MaxPool", { padding: "SAME" }, [1, 3, 3, 1], nine, [1, 2, 2, 1]), [5, 6, 8, 9])
  assert.deepEqual(pool("AvgPool", { padding: "SAME" }, [1, 3, 3, 1], nine, [1, 2, 2, 1]), [3, 4.5, 7.5, 9])
  assert.deepEqual(pool("AvgPool", { padding: "VALID" }, [1, 3, 3, 1], nine, [1, 1, 1, 1]), [3])
  const first = { padding: "VALID", data_format: "NCHW", ksize: [1, 1, 1, 2], strides: [1, 1, 1, 2] }
  assert.deepEqual(pool("MaxPool", first, [1, 2, 1, 2], [1, 2, 4, 3], [1, 2, 1, 1]), [2, 4])
  const row = { padding: "VALID", ksize: [1, 1, 2, 1], strides: [1, 1, 2, 1] }
  assert.deepEqual(
    pool("MaxPool", row, [1, 1, 4, 1], [NaN, 1, -Infinity, NaN], [1, 1, 2, 1]),
    [1, -3.4028234663852886e38],
  )
  assert.deepEqual(pool("MaxPool", row, [1, 1, 2, 1], [NaN, NaN], [1, 1, 1, 1], "float16"), [-65504])
  assert.deepEqual(pool("AvgPool", row, [1, 1, 2, 1], [NaN, 1], [1, 1, 1, 1]), [NaN])
  const box = { ksize: [1, 2, 2, 2, 1], strides: [1, 2, 2, 2, 1], padding: "VALID" }
  assert.deepEqual(
    given("MaxPool3D", box, [f4([1, 2, 2, 2, 1], [1, 5, 2, 3, 8, 4, 0, 6])], [["float32", [1, 1, 1, 1, 1]]]),
    [8],
  )
})

test("slices with every mask", () => {
  const slice = (begin, end, step, masks, shape, made) => {
    const list = (values) => i4([values.length], values)
    const values = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, at) => at)
    return given(
      "StridedSlice",
      masks,
      [f8(shape, values), list(begin), list(end), list(step)],
      [["float64", made]],
      [1, 2, 3],
    )
  }
  assert.deepEqual(slice([1], [3], [1], {}, [5], [2]), [1, 2])
  assert.deepEqual(slice([-2], [0], [1], { end_mask: 1 }, [5], [2]), [3, 4])
  assert.deepEqual(slice([7], [2], [1], { begin_mask: 1 }, [5], [2]), [0, 1])
  assert.deepEqual(slice([0], [0], [-2], { begin_mask: 1, end_mask: 1 }, [5], [3]), [4, 2, 0])
  assert.deepEqual(slice([-100], [100], [2], {}, [5], [3]), [0, 2, 4])
  assert.deepEqual(slice([3], [1], [1], {}, [5], [0]), [])
  assert.deepEqual(slice([-1], [0], [1], { shrink_axis_mask: 1 }, [2, 3], [3]), [3, 4, 5])
  assert.deepEqual(
    slice([0, 1], [0, 2], [1, 1], { ellipsis_mask: 1, shrink_axis_mask: 2 }, [2, 2, 3], [2, 2]),
    [1, 4, 7, 10],
  )
  assert.deepEqual(
    slice([0, 0, 1], [0, 0, 3], [1, 1, 1], { ellipsis_mask: 1, new_axis_mask: 2 }, [2, 3], [2, 1, 2]),
    [1, 2, 4, 5],
  )
  assert.deepEqual(slice([1, 0], [2, 0], [1, 1], { new_axis_mask: 2 }, [2, 3], [1, 1, 3]), [3, 4, 5])
})

test("moving: turned, cut, joined, repeated, padded, rolled", () => {
  const six = f8([2, 3], [1, 2, 3, 4, 5, 6])
  const move = (kind, others, made, attributes = {}) =>
    given(
      kind,
      attributes,
      [six, ...others],
      [["float64", made]],
      others.map((_, at) => at + 1),
    )
  const list = (values) => i4([values.length], values)
  assert.deepEqual(move("Transpose", [list([1, 0])], [3, 2]), [1, 4, 2, 5, 3, 6])
  assert.deepEqual(move("Reshape", [list([6])], [6]), [1, 2, 3, 4, 5, 6])
  assert.deepEqual(move("Slice", [list([0, 1]), list([2, 2])], [2, 2]), [2, 3, 5, 6])
  assert.deepEqual(move("ReverseV2", [list([-1])], [2, 3]), [3, 2, 1, 6, 5, 4])
  assert.deepEqual(move("Tile", [list([1, 2])], [2, 6]), [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6])
  const around = i4([2, 2], [1, 0, 0, 1])
  assert.deepEqual(move("Pad", [around], [3, 4]), [0, 0, 0, 0, 1, 2, 3, 0, 4, 5, 6, 0])
  assert.deepEqual(move("PadV2", [around, f8([], [7])], [3, 4]), [7, 7, 7, 7, 1, 2, 3, 7, 4, 5, 6, 7])
  const sides = i4([2, 2], [0, 0, 2, 1])
  assert.deepEqual(move("MirrorPad", [sides], [2, 6], { mode: "REFLECT" }), [3, 2, 1, 2, 3, 2, 6, 5, 4, 5, 6, 5])
  assert.deepEqual(move("MirrorPad", [sides], [2, 6], { mode: "SYMMETRIC" }), [2, 1, 1, 2, 3, 3, 5, 4, 4, 5, 6, 6])
  assert.deepEqual(move("Roll", [list([1]), list([1])], [2, 3]), [3, 1, 2, 6, 4, 5])
  assert.deepEqual(
    given("BroadcastTo", {}, [f8([2, 1], [1, 2]), list([2, 2])], [["float64", [2, 2]]], [1]),
    [1, 1, 2, 2],
  )
  assert.deepEqual(
    given("ConcatV2", {}, [six, f8([2, 1], [8, 9]), i4([], [-1])], [["float64", [2, 4]]], [2]),
    [1, 2, 3, 8, 4, 5, 6, 9],
  )
  assert.deepEqual(given("Pack", { axis: 1 }, [f8([2], [1, 2]), f8([2], [3, 4])], [["float64", [2, 2]]]), [1, 3, 2, 4])
  const columns = [
    ["float64", [2, 1]],
    ["float64", [2, 2]],
  ]
  assert.deepEqual(given("SplitV", {}, [six, list([1, 2]), i4([], [1])], columns, [1, 2]), [
    [1, 4],
    [2, 3, 5, 6],
  ])
  assert.deepEqual(
    given(
      "Split",
      {},
      [i4([], [0]), six],
      [
        ["float64", [1, 3]],
        ["float64", [1, 3]],
      ],
      [0],
    ),
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
  )
  assert.deepEqual(
    given(
      "Unpack",
      { axis: 1 },
      [six],
      [
        ["float64", [2]],
        ["float64", [2]],
        ["float64", [2]],
      ],
    ),
    [
      [1, 4],
      [2, 5],
      [3, 6],
    ],
  )
})

test("rows of a table, along an axis, in batches, by places", () => {
  const table = f8([3, 2], [1, 2, 3, 4, 5, 6])
  const rows = (index, axis, made, attributes = {}) =>
    given("GatherV2", attributes, [table, index, i4([], [axis])], [["float64", made]], [2])
  assert.deepEqual(rows(i4([2], [2, 0]), 0, [2, 2]), [5, 6, 1, 2])
  assert.deepEqual(rows(i4([2, 1], [1, 0]), 1, [3, 2, 1]), [2, 1, 4, 3, 6, 5])
  assert.deepEqual(rows(i4([3], [1, 0, 1]), 1, [3], { batch_dims: 1 }), [2, 3, 6])
  assert.deepEqual(given("GatherNd", {}, [table, i4([2, 2], [2, 1, 0, 0])], [["float64", [2]]]), [6, 1])
  assert.deepEqual(given("GatherNd", {}, [table, i4([1, 1], [1])], [["float64", [1, 2]]]), [3, 4])
})

test("a row that is out of range is no number, and TensorFlow would refuse it", () => {
  const refused = (kind, tape) =>
    assert.deepEqual([...tape.missing], [`${kind}: TensorFlow would refuse an index that is out of range`])
  const tape = tapeOf(
    "GatherV2",
    {},
    [f4([2, 2], [1, 2, 3, 4]), i4([2], [1, 0]), i4([], [0])],
    [["float32", [2, 2]]],
    [2],
  )
  assert.ok(tape.whole)
  for (const row of [2, -1]) {
    tape.set("x1", 0, row)
    tape.replay("x1")
    assert.deepEqual([...tape.numbers("y0")], [NaN, NaN, 1, 2])
    assert.ok(!tape.whole)
    refused("GatherV2", tape)
    assert.deepEqual([...tape.trail("y0", 0).get("x0")], [0, 0, 0, 0])
  }
  tape.set("x1", 0, 0)
  tape.replay("x1")
  assert.deepEqual([tape.whole, ...tape.numbers("y0")], [true, 1, 2, 1, 2])
  const columns = tapeOf(
    "GatherV2",
    {},
    [f4([2, 2], [1, 2, 3, 4]), i4([1], [-1]), i4([], [1])],
    [["float32", [2, 1]]],
    [2],
  )
  assert.deepEqual([...columns.numbers("y0")], [NaN, NaN], "it is not the row's neighbour")
  refused("GatherV2", columns)
  refused("GatherNd", tapeOf("GatherNd", {}, [f4([2, 2], [1, 2, 3, 4]), i4([1, 2], [0, 2])], [["float32", [1]]]))
})

test("ones at a place, the largest few, counts", () => {
  const hot = (attributes, made) =>
    given("OneHot", attributes, [i4([3], [1, -1, 2]), i4([], [3]), f8([], [5]), f8([], [-1])], [["float64", made]], [1])
  assert.deepEqual(hot({ axis: -1 }, [3, 3]), [-1, 5, -1, -1, -1, -1, -1, -1, 5])
  assert.deepEqual(hot({ axis: 0 }, [3, 3]), [-1, -1, -1, 5, -1, -1, -1, -1, 5])
  const few = given(
    "TopKV2",
    {},
    [f8([2, 3], [1, 5, 5, Infinity, -2, 0]), i4([], [2])],
    [
      ["float64", [2, 2]],
      ["int32", [2, 2]],
    ],
    [1],
  )
  assert.deepEqual(few, [
    [5, 5, Infinity, 0],
    [1, 2, 0, 2],
  ])
  const count = (attributes, weights) =>
    given(
      "DenseBincount",
      attributes,
      [i4([2, 3], [0, 2, 2, 1, 9, 1]), i4([], [3]), weights],
      [["float64", [2, 3]]],
      [1],
    )
  assert.deepEqual(count({}, f8([0], [])), [1, 0, 2, 0, 2, 0])
  assert.deepEqual(count({ binary_output: true }, f8([0], [])), [1, 0, 1, 0, 1, 0])
  assert.deepEqual(count({}, f8([2, 3], [1, 2, 3, 4, 5, 6])), [1, 0, 5, 0, 10, 0])
})

test("pictures of another size, by whole pixels and by mixing", () => {
  const picture = f4([1, 2, 2, 1], [0, 10, 20, 30])
  const resized = (kind, attributes, side) =>
    given(kind, attributes, [picture, i4([2], [side, side])], [["float32", [1, side, side, 1]]], [1])
  assert.deepEqual(
    resized("ResizeNearestNeighbor", { half_pixel_centers: true }, 4),
    [0, 0, 10, 10, 0, 0, 10, 10, 20, 20, 30, 30, 20, 20, 30, 30],
  )
  assert.deepEqual(resized("ResizeBilinear", { align_corners: true }, 3), [0, 5, 10, 10, 15, 20, 20, 25, 30])
  assert.deepEqual(resized("ResizeBilinear", { half_pixel_centers: true }, 1), [15])
  const row = resized("ResizeBilinear", { half_pixel_centers: true }, 4).slice(0, 4)
  assert.deepEqual(row, [0, 2.5, 7.5, 10])
})

test("a picture that is moved, and what comes in from its border", () => {
  const moved = (fill_mode, interpolation, by) =>
    given(
      "ImageProjectiveTransformV3",
      { fill_mode, interpolation },
      [f4([1, 1, 3, 1], [1, 2, 3]), f4([1, 8], [1, 0, by, 0, 1, 0, 0, 0]), i4([2], [1, 3]), f4([], [9])],
      [["float32", [1, 1, 3, 1]]],
      [2, 3],
    )
  assert.deepEqual(moved("CONSTANT", "NEAREST", 1), [2, 3, 9])
  assert.deepEqual(moved("CONSTANT", "BILINEAR", 0.5), [1.5, 2.5, 6])
  assert.deepEqual(moved("NEAREST", "NEAREST", 2), [3, 3, 3])
  assert.deepEqual(moved("REFLECT", "NEAREST", -2), [2, 1, 1])
  assert.deepEqual(moved("WRAP", "NEAREST", -1), [3, 1, 2])
})

test("colours there and back", () => {
  const turn = (kind, colour) => given(kind, {}, [f8([1, 3], colour)], [["float64", [1, 3]]])
  near(turn("RGBToHSV", [0, 0.5, 0]), [1 / 3, 1, 0.5])
  near(turn("RGBToHSV", [0.2, 0.2, 0.2]), [0, 0, 0.2])
  near(turn("HSVToRGB", turn("RGBToHSV", [0.2, 0.7, 0.4])), [0.2, 0.7, 0.4])
})

test("Fourier transforms are the sums that define them", () => {
  const line = numbers(6)
  const complex = given("RFFT", {}, [f8([6], line), i4([1], [8])], [["complex64", [5]]], [1])
  for (let bin = 0; bin < 5; bin++) {
    let [re, im] = [0, 0]
    line.forEach((x, at) => {
      re += x * Math.cos((2 * Math.PI * bin * at) / 8)
      im -= x * Math.sin((2 * Math.PI * bin * at) / 8)
    })
    near([complex[2 * bin], complex[2 * bin + 1]], [re, im], 1e-6)
  }
  assert.deepEqual(given("Imag", {}, [["complex64", [2], [1, 2, 3, 4]]], [["float32", [2]]]), [2, 4])
  assert.deepEqual(
    [...tapeOf("RFFT", {}, [f8([6], line), i4([1], [6])], [["complex64", [4]]], [1]).missing],
    ["RFFT: the length is no power of two"],
  )
})
