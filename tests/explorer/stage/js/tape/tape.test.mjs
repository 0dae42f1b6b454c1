import assert from "node:assert/strict"
import { test } from "node:test"

import { Tape } from "../../../../../explorer/stage/js/tape/tape.js"
import { cells, f4, f8, i4, message, numbers, replayed, tapeOf, written } from "./tapes.mjs"

const list = (values) => i4([values.length], values)

/** A program of many kinds: a convolution, a normalisation, attention, a running sum, rows by their numbers. */
function composite(float) {
  const leaf = (shape, seed) => [float, shape, numbers(cells(shape), seed)]
  const made = (shape) => [float, shape]
  return {
    leaves: {
      x: leaf([2, 4, 4, 2], 1),
      kernel: leaf([3, 3, 2, 3], 2),
      bias: leaf([3], 3),
      query: leaf([3, 4], 4),
      key: leaf([3, 4], 5),
      scale: leaf([4], 6),
    },
    constants: {
      flat: list([2, 16, 3]),
      last: list([-1]),
      axis: i4([], [1]),
      middle: list([1]),
      turned: list([0, 2, 1]),
      pick: list([3, 0, 0]),
      first: i4([], [0]),
      begin: list([0, 1]),
      end: list([0, 4]),
      steps: list([1, 1]),
      half: [float, [], [0.5]],
    },
    ops: [
      [
        "Conv2D",
        { padding: "SAME", strides: [1, 1, 1, 1], dilations: [1, 1, 1, 1], data_format: "NHWC" },
        ["x", "kernel"],
        { conv: made([2, 4, 4, 3]) },
      ],
      ["BiasAdd", { data_format: "NHWC" }, ["conv", "bias"], { biased: made([2, 4, 4, 3]) }],
      ["Tanh", {}, ["biased"], { tanh: made([2, 4, 4, 3]) }],
      ["Reshape", {}, ["tanh", "flat"], { flattened: made([2, 16, 3]) }],
      ["Einsum", { equation: "btc,cd->btd" }, ["flattened", "query"], { q: made([2, 16, 4]) }],
      ["Einsum", { equation: "btc,cd->btd" }, ["flattened", "key"], { k: made([2, 16, 4]) }],
      ["BatchMatMulV2", { adj_y: true }, ["q", "k"], { scores: made([2, 16, 16]) }],
      ["Softmax", {}, ["scores"], { weights: made([2, 16, 16]) }],
      ["BatchMatMulV2", {}, ["weights", "q"], { mixed: made([2, 16, 4]) }],
      ["Mean", {}, ["mixed", "middle"], { mean: made([2, 4]) }],
      ["Mul", {}, ["mean", "scale"], { scaled: made([2, 4]) }],
      ["Cumsum", {}, ["scaled", "axis"], { running: made([2, 4]) }],
      ["GatherV2", {}, ["running", "pick", "axis"], { picked: made([2, 3]) }],
      ["StridedSlice", { begin_mask: 1, end_mask: 1 }, ["running", "begin", "end", "steps"], { cut: made([2, 3]) }],
      ["ConcatV2", {}, ["picked", "cut", "axis"], { joined: made([2, 6]) }],
      [
        "MaxPool",
        { ksize: [1, 2, 2, 1], strides: [1, 2, 2, 1], padding: "VALID", data_format: "NHWC" },
        ["tanh"],
        { pooled: made([2, 2, 2, 3]) },
      ],
      ["Mul", {}, ["pooled", "half"], { halved: made([2, 2, 2, 3]) }],
      ["Sum", {}, ["joined", "last"], { sum: made([2]) }],
    ],
  }
}

test("small steps are what a fresh tape computes at once, after any edits", () => {
  for (const float of ["float32", "float64", "float16"]) {
    const program = composite(float)
    const tape = replayed(program)
    assert.deepEqual([...tape.missing], [])
    const random = numbers(600, 77).map(Math.abs)
    const ids = [...tape.leaves.keys()]
    let spoilt = null
    for (let edit = 0; edit < 120; edit++) {
      const [which, where, what] = random.slice(3 * edit, 3 * edit + 3)
      const id = spoilt?.id ?? ids[Math.floor(which * ids.length)]
      const offset = spoilt?.offset ?? Math.floor(where * tape.numbers(id).length)
      const number = spoilt || edit % 7 !== 3 ? 4 * what - 2 : [NaN, Infinity, -Infinity][edit % 3]
      spoilt = Number.isFinite(number) ? null : { id, offset } // the next edit heals it
      if (edit % 11 === 5 && !spoilt) tape.fill(id, Array(tape.numbers(id).length).fill(number))
      else tape.set(id, offset, edit % 5 === 1 ? Math.round(number) : number)
      tape.replay(id)
      if (!spoilt && edit % 4) continue
      const fresh = new Tape(written(program))
      for (const leaf of ids) fresh.fill(leaf, tape.numbers(leaf))
      fresh.replay()
      for (const shown of tape.shown.keys()) {
        assert.deepEqual([...tape.numbers(shown)], [...fresh.numbers(shown)], `${shown} after edit ${edit}`)
      }
    }
    assert.ok(tape.numbers("sum").every(Number.isFinite))
  }
})

test("nothing but what hangs on a leaf is computed again", () => {
  const tape = replayed(composite("float32"))
  const reached = tape.reached("scale").operations.map(({ kind }) => kind)
  assert.deepEqual(reached, ["Mul", "Cumsum", "GatherV2", "StridedSlice", "ConcatV2", "Sum"])
  assert.ok(!tape.reached("x").operations.some(({ kind }) => kind === "Reshape"), "a view computes nothing")
})

/** The slope of a cell by central differences. */
function slope(tape, id, offset, target, cell) {
  const own = tape.numbers(id)[offset]
  const [up, down] = [1e-6, -1e-6].map((step) => {
    tape.set(id, offset, own + step)
    tape.replay()
    return tape.numbers(target)[cell]
  })
  tape.set(id, offset, own)
  tape.replay()
  return (up - down) / 2e-6
}

/** Every float leaf's gradient against central differences. */
function assertTrail(tape, target, cell, most = 1e-7) {
  const found = tape.trail(target, cell)
  for (const id of tape.leaves.keys()) {
    if (!tape.value(id).dtype.startsWith("float")) continue
    const gradient = found.get(id) ?? new Float64Array(tape.numbers(id).length)
    gradient.forEach((mine, offset) => {
      const expected = slope(tape, id, offset, target, cell)
      assert.ok(
        Math.abs(mine - expected) <= most * Math.max(1, Math.abs(expected)),
        `${target} by ${id}[${offset}]: ${mine}, not ${expected}`,
      )
    })
  }
  return found
}

test("a trail through the whole program is what central differences give", () => {
  const tape = replayed(composite("float64"))
  for (const [target, cell] of [
    ["sum", 1],
    ["joined", 3],
    ["halved", 5],
    ["weights", 40],
  ])
    assertTrail(tape, target, cell)
  const found = tape.trail("scaled", 6)
  assert.deepEqual(
    [...found.get("mean")],
    Array.from({ length: 8 }, (_, at) => (at === 6 ? tape.numbers("scale")[2] : 0)),
  )
  assert.ok(!found.has("scaled") && !found.has("running"), "neither the cell's own tensor nor what came later")
  assert.ok(!found.has("pooled"), "what did not make it is missing")
})

const SMOOTH = [
  "Abs",
  "Square",
  "Sqrt",
  "Rsqrt",
  "Reciprocal",
  "Exp",
  "Expm1",
  "Log",
  "Log1p",
  "Sin",
  "Cos",
  "Tan",
  "Asin",
  "Acos",
  "Atan",
  "Sinh",
  "Cosh",
  "Asinh",
  "Atanh",
  "Tanh",
  "Sigmoid",
  "Erf",
  "Erfc",
  "Relu",
  "Relu6",
  "Elu",
  "Selu",
  "Softplus",
  "Softsign",
  "Neg",
]
const OF_TWO = [
  "AddV2",
  "Sub",
  "Mul",
  "RealDiv",
  "DivNoNan",
  "MulNoNan",
  "FloorMod",
  "Maximum",
  "Minimum",
  "SquaredDifference",
  "Pow",
  "Atan2",
  "Xlogy",
  "Xdivy",
]

test("the derivative of every function is what central differences give", () => {
  for (const kind of SMOOTH) {
    for (const x of [0.3, 0.8]) assertTrail(tapeOf(kind, {}, [f8([1], [x])], [["float64", [1]]]), "y0", 0)
  }
  for (const kind of ["Elu", "Selu", "Relu", "Abs", "Tanh"])
    assertTrail(tapeOf(kind, {}, [f8([1], [-0.6])], [["float64", [1]]]), "y0", 0)
  assertTrail(tapeOf("Acosh", {}, [f8([1], [1.7])], [["float64", [1]]]), "y0", 0)
  for (const kind of OF_TWO)
    assertTrail(tapeOf(kind, {}, [f8([2, 1], [0.7, 1.9]), f8([3], [0.4, 1.3, 2.2])], [["float64", [2, 3]]]), "y0", 4)
})

/** [kind, attributes, operands, results, fixed operands, cell] */
const ONES = [
  ["MatMul", { transpose_a: true }, [f8([3, 2]), f8([3, 4])], [["float64", [2, 4]]], [], 5],
  [
    "Conv2D",
    { padding: "SAME", strides: [1, 2, 1, 1], dilations: [1, 1, 2, 1] },
    [f8([1, 5, 4, 4]), f8([3, 2, 2, 6])],
    [["float64", [1, 3, 4, 6]]],
    [],
    31,
  ],
  [
    "Conv2D",
    { padding: "VALID", strides: [1, 1, 1, 1], data_format: "NCHW" },
    [f8([1, 2, 4, 4]), f8([2, 2, 2, 3])],
    [["float64", [1, 3, 3, 3]]],
    [],
    13,
  ],
  [
    "DepthwiseConv2dNative",
    { padding: "SAME", strides: [1, 1, 1, 1] },
    [f8([1, 3, 3, 2]), f8([2, 2, 2, 2])],
    [["float64", [1, 3, 3, 4]]],
    [],
    9,
  ],
  [
    "Conv2DBackpropInput",
    { padding: "SAME", strides: [1, 2, 2, 1] },
    [i4([4], [1, 5, 4, 2]), f8([3, 2, 2, 3]), f8([1, 3, 2, 3])],
    [["float64", [1, 5, 4, 2]]],
    [0],
    17,
  ],
  [
    "MaxPool",
    { padding: "SAME", ksize: [1, 3, 3, 1], strides: [1, 2, 2, 1] },
    [f8([1, 4, 4, 2])],
    [["float64", [1, 2, 2, 2]]],
    [],
    3,
  ],
  [
    "AvgPool",
    { padding: "SAME", ksize: [1, 3, 3, 1], strides: [1, 2, 2, 1] },
    [f8([1, 4, 4, 2])],
    [["float64", [1, 2, 2, 2]]],
    [],
    6,
  ],
  ["Softmax", {}, [f8([2, 4])], [["float64", [2, 4]]], [], 6],
  ["LogSoftmax", {}, [f8([2, 4])], [["float64", [2, 4]]], [], 1],
  ["Prod", {}, [f8([3], [0.5, 0, 2]), list([0])], [["float64", []]], [1], 0],
  ["Prod", {}, [f8([3], [0.5, -1.5, 2]), list([0])], [["float64", []]], [1], 0],
  ["Max", {}, [f8([2, 3]), list([1])], [["float64", [2]]], [1], 1],
  ["Mean", {}, [f8([2, 3]), list([0])], [["float64", [3]]], [1], 1],
  ["Cumsum", { reverse: true, exclusive: true }, [f8([2, 4]), i4([], [1])], [["float64", [2, 4]]], [1], 5],
  ["Cumprod", {}, [f8([4], [2, 0, -1.5, 3]), i4([], [0])], [["float64", [4]]], [1], 3],
  [
    "Cumprod",
    { exclusive: true, reverse: true },
    [f8([4], [2, 0.5, -1.5, 3]), i4([], [0])],
    [["float64", [4]]],
    [1],
    1,
  ],
  ["ClipByValue", {}, [f8([3], [-2, 0.2, 2]), f8([], [-1]), f8([], [1])], [["float64", [3]]], [1, 2], 1],
  ["SelectV2", {}, [["bool", [2, 1], [1, 0]], f8([2, 2]), f8([2])], [["float64", [2, 2]]], [], 3],
  ["LeakyRelu", { alpha: 0.3 }, [f8([2], [-1, 1])], [["float64", [2]]], [], 0],
  ["BiasAdd", { data_format: "NCHW" }, [f8([2, 3, 2]), f8([3])], [["float64", [2, 3, 2]]], [], 9],
  ["AddN", {}, [f8([2]), f8([2])], [["float64", [2]]], [], 1],
  ["Tile", {}, [f8([2, 2]), list([2, 1])], [["float64", [4, 2]]], [1], 5],
  ["PadV2", {}, [f8([2]), i4([1, 2], [1, 1]), f8([], [3])], [["float64", [4]]], [1], 0],
  ["MirrorPad", { mode: "REFLECT" }, [f8([3]), i4([1, 2], [2, 0])], [["float64", [5]]], [1], 0],
  ["Roll", {}, [f8([4]), list([3]), list([0])], [["float64", [4]]], [1, 2], 2],
  ["Transpose", {}, [f8([2, 3, 2]), list([2, 0, 1])], [["float64", [2, 2, 3]]], [1], 7],
  ["GatherV2", {}, [f8([4, 2]), list([3, 1, 3]), i4([], [0])], [["float64", [3, 2]]], [1, 2], 5],
  ["GatherNd", {}, [f8([4, 2]), i4([2, 2], [3, 1, 0, 0])], [["float64", [2]]], [1], 0],
  [
    "Unpack",
    { axis: 1 },
    [f8([2, 2])],
    [
      ["float64", [2]],
      ["float64", [2]],
    ],
    [],
    1,
  ],
  [
    "TopKV2",
    {},
    [f8([2, 4]), i4([], [2])],
    [
      ["float64", [2, 2]],
      ["int32", [2, 2]],
    ],
    [1],
    3,
  ],
  ["OneHot", {}, [list([1, 0]), i4([], [2]), f8([], [4]), f8([], [-1])], [["float64", [2, 2]]], [0, 1], 1],
  [
    "ResizeBilinear",
    { half_pixel_centers: true },
    [f8([1, 3, 2, 2]), list([5, 4])],
    [["float64", [1, 5, 4, 2]]],
    [1],
    19,
  ],
  ["ResizeNearestNeighbor", {}, [f8([1, 2, 2, 1]), list([3, 3])], [["float64", [1, 3, 3, 1]]], [1], 4],
  [
    "ImageProjectiveTransformV3",
    { fill_mode: "REFLECT", interpolation: "BILINEAR" },
    [f8([1, 4, 4, 2]), f8([1, 8], [0.8, 0.3, -0.4, -0.2, 1.1, 0.7, 0, 0]), list([4, 4]), f8([], [0])],
    [["float64", [1, 4, 4, 2]]],
    [1, 2, 3],
    13,
  ],
  ["RGBToHSV", {}, [f8([1, 3], [0.2, 0.7, 0.4])], [["float64", [1, 3]]], [], 0],
  ["HSVToRGB", {}, [f8([1, 3], [0.3, 0.6, 0.8])], [["float64", [1, 3]]], [], 1],
  ["Cast", {}, [f8([2])], [["float64", [2]]], [], 1],
]

for (const [kind, attributes, operands, outputs, fixed, cell] of ONES) {
  test(`the gradient of ${kind} ${JSON.stringify(attributes)} is what central differences give`, () => {
    const tape = tapeOf(kind, attributes, operands, outputs, fixed)
    assert.deepEqual([...tape.missing], [])
    assertTrail(tape, "y0", cell)
  })
}

test("a gradient passes through a spectrum", () => {
  const tape = replayed({
    leaves: { x: f8([6], numbers(6)) },
    constants: { length: list([8]) },
    ops: [
      ["RFFT", {}, ["x", "length"], { spectrum: ["complex64", [5]] }],
      ["Real", {}, ["spectrum"], { real: ["float64", [5]] }],
      ["Imag", {}, ["spectrum"], { imaginary: ["float64", [5]] }],
      ["Mul", {}, ["real", "imaginary"], { product: ["float64", [5]] }],
    ],
  })
  const gradient = tape.trail("product", 2).get("x")
  const [re, im] = [tape.numbers("real")[2], tape.numbers("imaginary")[2]]
  gradient.forEach((mine, at) => {
    const turn = (2 * Math.PI * 2 * at) / 8
    assert.ok(Math.abs(mine - (im * Math.cos(turn) - re * Math.sin(turn))) < 1e-12)
  })
})

test("cells that are equally large share the gradient", () => {
  const tape = tapeOf("Max", {}, [f8([4], [2, 1, 2, 0]), list([0])], [["float64", []]], [1])
  assert.deepEqual([...tape.trail("y0", 0).get("x0")], [0.5, 0, 0.5, 0])
})

test("no gradient passes through a step, a stop or whole numbers", () => {
  const through = (kind, made) => {
    const tape = replayed({
      leaves: { x: f8([2], [0.4, 1.6]) },
      ops: [
        [kind, {}, ["x"], { step: [made, [2]] }],
        ["Cast", {}, ["step"], { y: ["float64", [2]] }],
      ],
    })
    return [...tape.trail("y", 1).keys()]
  }
  assert.deepEqual(through("Floor", "float64"), ["step"])
  assert.deepEqual(through("StopGradient", "float64"), ["step"])
  assert.deepEqual(through("Cast", "int32"), [])
  assert.equal(tapeOf("Cast", {}, [f8([1])], [["int32", [1]]]).trail("y0", 0).size, 0)
})

test("what moves with a cell, and everything is as it was afterwards", () => {
  const tape = replayed(composite("float64"))
  const before = [...tape.shown.keys()].map((id) => [...tape.numbers(id)])
  const moved = tape.moves("kernel", 11)
  assert.deepEqual(
    [...tape.shown.keys()].map((id) => [...tape.numbers(id)]),
    before,
  )
  for (const [target, cell] of [
    ["sum", 0],
    ["joined", 7],
    ["conv", 31],
    ["halved", 2],
  ]) {
    const expected = tape.trail(target, cell).get("kernel")[11]
    assert.ok(Math.abs(moved.get(target)[cell] - expected) < 1e-7, target)
  }
  assert.deepEqual([...tape.moves("scale", 1).keys()], ["scaled", "running", "picked", "cut", "joined", "sum"])
  assert.ok(!moved.has("scale"))
})

test("what moves in narrow dtypes is moved far enough to be seen", () => {
  for (const [dtype, most] of [
    ["float32", 1e-4],
    ["float16", 0.02],
    ["bfloat16", 0.1],
  ]) {
    const tape = tapeOf("Square", {}, [[dtype, [2], [1.5, 3]]], [[dtype, [2]]])
    const [own, other] = tape.moves("x0", 0).get("y0")
    assert.ok(Math.abs(own - 3) <= 3 * most, `${dtype}: ${own}`)
    assert.equal(other, 0)
    assert.deepEqual([...tape.numbers("y0")], [2.25, 9])
  }
})

test("an integer, a boolean, NaN and an infinity do not move a little", () => {
  for (const [dtype, number] of [
    ["int32", 3],
    ["bool", 1],
    ["int64", 2],
    ["float32", NaN],
    ["float32", Infinity],
  ]) {
    const tape = tapeOf("Cast", {}, [[dtype, [1], [number]]], [["float32", [1]]])
    assert.equal(tape.moves("x0", 0).size, 0)
    assert.deepEqual([...tape.numbers("y0")], [number])
  }
})

test("the program holds as long as the numbers that Python read stay", () => {
  const tape = replayed({
    leaves: { x: f4([2], [1, 2]) },
    constants: { zero: f4([], [0]), all: list([0]) },
    ops: [
      ["Sum", {}, ["x", "all"], { sum: ["float32", []] }],
      ["Greater", {}, ["sum", "zero"], { positive: ["bool", []] }],
      ["Log", {}, ["sum"], { log: ["float32", []] }],
    ],
    guards: { positive: [1] },
  })
  assert.ok(tape.holds)
  tape.set("x", 0, -5)
  tape.replay("x")
  assert.ok(!tape.holds)
  const broken = replayed({
    leaves: { x: f4([2], [NaN, -Infinity]) },
    ops: [["Neg", {}, ["x"], { y: ["float32", [2]] }]],
    guards: { y: [NaN, Infinity] },
  })
  assert.ok(broken.holds, "NaN is the same as NaN")
})

test("what is not known here, and all that hangs on it, is said once and has no numbers", () => {
  const tape = replayed({
    leaves: { x: f4([2], [1, 2]) },
    ops: [
      ["Whirl", {}, ["x"], { whirled: ["float32", [2]] }],
      ["Neg", {}, ["whirled"], { negative: ["float32", [2]] }],
      ["Exp", {}, ["x"], { exponential: ["float32", [2]] }],
    ],
  })
  assert.deepEqual([...tape.missing], ["Whirl: it is not known here"])
  assert.ok(!tape.whole)
  assert.equal(tape.numbers("negative"), null)
  assert.equal(tape.numbers("nobody"), null)
  assert.equal(tape.numbers("exponential")[0], Math.fround(Math.E))
  assert.equal(tape.trail("negative", 0).size, 0)
  assert.ok(tape.moves("x", 0).has("exponential"))
})

test("what Python refused stays refused; a dtype without numbers is said", () => {
  const tape = replayed({
    leaves: { x: f4([1], [1]) },
    ops: [["Neg", {}, ["x"], { y: ["float32", [1]] }]],
    refusals: ["Svd is a compiled function"],
  })
  assert.deepEqual([[...tape.missing], tape.whole], [["Svd is a compiled function"], false])
  const text = new Tape(
    written({ leaves: { x: ["string", [1], []] }, ops: [["Identity", {}, ["x"], { y: ["string", [1]] }]] }),
  )
  assert.deepEqual([...text.missing], ["Identity: string has no numbers here", "string: it has no numbers here"])
  const axis = tapeOf("Sum", {}, [f4([2], [1, 2]), list([0])], [["float32", []]])
  assert.deepEqual([...axis.missing], ["Sum: the axis is computed"])
  const complex = tapeOf(
    "Mul",
    {},
    [
      ["complex64", [1], [1, 2]],
      ["complex64", [1], [1, 2]],
    ],
    [["complex64", [1]]],
  )
  assert.deepEqual([...complex.missing], ["Mul: it is not known here for complex numbers"])
  assert.throws(() => new Tape(message({ version: 2 })), /version 2/)
})

test("a view is its operand's own array", () => {
  const tape = tapeOf("Reshape", {}, [f4([2, 2], [1, 2, 3, 4]), list([4])], [["float32", [4]]], [1])
  tape.set("x0", 3, 9)
  assert.deepEqual([...tape.numbers("y0")], [1, 2, 3, 9])
})

test("constants are read from the header or from among the arrays, wherever the message begins", () => {
  const long = Float32Array.from({ length: 20 }, (_, at) => at / 2)
  const many = Float64Array.from({ length: 17 }, (_, at) => 2 ** 40 + at)
  const header = {
    types: [
      ["float32", [20]],
      ["int64", [17]],
      ["float32", [3]],
      ["int64", []],
    ],
    values: [0, 0, 0, 1, 1, 1, 2, 2, 3],
    leaves: { x: 1, n: 4, z: 7 },
    constants: [
      [0, "f4", 0],
      [3, "f8", 80],
      [6, "f4", ["nan", "inf", "-inf"]],
      [8, "f8", [3]],
    ],
    kinds: ["AddV2", "Maximum"],
    attributes: [{}],
    ops: [
      [0, 0, [0, 1], [2]],
      [0, 0, [3, 4], [5]],
      [1, 0, [7, 6], [7]],
    ],
    shown: { y: 2, m: 5 },
    axes: [["x", 0, 20]],
    origins: [[2, "i4", 216]],
  }
  const places = Int32Array.from({ length: 20 }, (_, at) => at - 3)
  for (let length = 0; length < 8; length++) {
    const of = "a".repeat(length) // the arrays begin at the next multiple of 8
    const bytes = message({ ...header, of, ops: header.ops.slice(0, 2) }, [
      { offset: 0, array: long },
      { offset: 80, array: many },
      { offset: 216, array: places },
    ])
    const shifted = new Uint8Array(bytes.length + 3)
    shifted.set(bytes, 3)
    const tape = new Tape(shifted.subarray(3))
    tape.replay()
    assert.deepEqual([...tape.numbers("y")], [...long])
    assert.deepEqual([...tape.numbers("m")], [...many])
    assert.deepEqual([...tape.values[6].data], [NaN, Infinity, -Infinity])
    assert.deepEqual([...(tape.origins.get(2) ?? [])], [...places])
    assert.deepEqual(tape.axes, [{ tensor: "x", axis: 0, length: 20 }])
    assert.equal(tape.of, of)
  }
})
