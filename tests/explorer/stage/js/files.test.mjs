import assert from "node:assert/strict"
import { test } from "node:test"

import { refusal } from "../../../../explorer/stage/js/core/editor.js"
import { csvText, halfBits, npyBytes, numpyText } from "../../../../explorer/stage/js/core/npy.js"

test("a .npy header is padded to 64 bytes and says shape and dtype", () => {
  const bytes = npyBytes(Float32Array.of(1, 2, 3), [3], "float32")
  const length = bytes[8] + 256 * bytes[9]
  assert.equal((10 + length) % 64, 0)
  assert.match(new TextDecoder().decode(bytes.subarray(10, 10 + length)), /'descr': '<f4', .*'shape': \(3,\)/)
  assert.equal(new Float32Array(bytes.slice(10 + length).buffer)[2], 3)
  assert.equal(npyBytes(["a"], [1], "string"), null)
})

test("half precision keeps every bit", () => {
  assert.deepEqual(
    [0, -0, 1, -2, 65504, 2 ** -24, 0.0999755859375, Infinity].map(halfBits),
    [0, 0x8000, 0x3c00, 0xc000, 0x7bff, 1, 0x2e66, 0x7c00],
  )
})

test("CSV is a grid up to rank 2, one line a cell above, and no formula", () => {
  assert.equal(csvText([1, NaN, -3, 4], [2, 2], "float32", []), "1,nan\n-3,4\n")
  assert.equal(csvText([5, 6], [1, 1, 2], "int32", ["a", "b", ""]), "a,b,axis 2,value\n0,0,0,5\n0,0,1,6\n")
  assert.equal(csvText(["=1+1", 'say "x"'], [2], "string", []), '\'=1+1,"say ""x"""\n')
})

test("NumPy text says values that Python reads", () => {
  assert.equal(
    numpyText([1, NaN, -0, -Infinity], [2, 2], "float32"),
    'np.array([[1, np.nan],\n          [-0.0, -np.inf]], dtype="float32")',
  )
  assert.equal(numpyText([2.5], [], "bfloat16"), 'np.array(2.5, dtype="float32")')
})

test("typed text is checked for the dtype", () => {
  for (const good of ["1", "-2.5", ".5", "1e-3", "nan", "-inf"]) assert.equal(refusal(good, "float32"), "")
  for (const bad of ["", "1,5", "abc", "1e", "0x10"]) assert.equal(refusal(bad, "float32"), "edit.invalid")
  assert.equal(refusal("1.5", "int64"), "edit.invalid_integer")
  assert.equal(refusal("maybe", "bool"), "edit.invalid_boolean")
})
