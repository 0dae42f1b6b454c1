import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"

import { EditorState, EditorView, pythonLanguage } from "../../../../explorer/stage/js/bundles/codemirror.js"
import { lineMarks, markLines } from "../../../../explorer/stage/js/editor/marks.js"
import { readEditor } from "../../../../explorer/stage/js/editor/message.js"
import { difference, lineMap, opening, parses, underlined } from "../../../../explorer/stage/js/editor/text.js"

const server = { text: "server", version: 3 }

test("what was typed before a reload wins, unless the server's text is newer; undo has the other", () => {
  assert.deepEqual(opening(server, null), { text: "server", other: null })
  assert.deepEqual(opening(server, { text: "server", version: 1 }), { text: "server", other: null })
  assert.deepEqual(opening(server, { text: "typed", version: 3 }), { text: "typed", other: "server" })
  assert.deepEqual(opening(server, { text: "typed", version: 9 }), { text: "typed", other: "server" })
  assert.deepEqual(opening(server, { text: "typed", version: 2 }), { text: "server", other: "typed" })
})

test("a difference is what lies between the ends that two texts share", () => {
  const texts = ["", "a", "aa", "aaa", "abc", "abXc", "Xabc", "abcX", "bc", "aXa", "한글", "한국"]
  for (const before of texts) {
    for (const after of texts) {
      const { from, to, insert } = difference(before, after)
      assert.equal(before.slice(0, from) + insert + before.slice(to), after)
      if (before === after) assert.deepEqual([to - from, insert], [0, ""])
    }
  }
  assert.deepEqual(difference("abcd", "abXd"), { from: 2, to: 3, insert: "X" })
})

test("lines are found again by what stands before and behind a change", () => {
  const map = (before, after) => [1, 2, 3, 4].map(lineMap(before, after))
  assert.deepEqual(map("a\nb\nc\nd", "a\nb\nc\nd"), [1, 2, 3, 4])
  assert.deepEqual(map("a\nb\nc\nd", "new\na\nb\nc\nd"), [2, 3, 4, 5])
  assert.deepEqual(map("a\nb\nc\nd", "a\nb\nnew\nnew\nc\nd"), [1, 2, 5, 6])
  assert.deepEqual(map("a\nb\nc\nd", "a\nd"), [1, 0, 0, 2])
  assert.deepEqual(map("a\nb\nc\nd", "a\nB\nc\nd"), [1, 2, 3, 4])
  assert.deepEqual(map("a\nb\nc\nd", "a\nB\nB\nc\nd"), [1, 0, 4, 5])
  assert.deepEqual(map("a\na\na", "a\na"), [1, 2, 0, 0])
  assert.equal(lineMap("a", "a")(0), 0)
})

test("a text parses when all of it fits and there is something in it", () => {
  const whole = ["x = 1\n", "def f(x):\n    return x", "class A:\n    pass\n", "# nothing but a comment", "이름 = '값'"]
  const broken = ["", "\n  \n", "def f(x):\n", "x = (1,\n", "x = 1 +", "x.", "for i in range(3)\n    x", "import "]
  for (const text of whole) assert.ok(parses(text, pythonLanguage.parser), text)
  for (const text of broken) assert.ok(!parses(text, pythonLanguage.parser), text)
})

test("a mark underlines a line, a word or what it says, counted in characters", () => {
  const under = (line, column, end_column) => {
    const { from, to } = underlined(line, { column, end_column })
    return line.slice(from, to)
  }
  assert.equal(under("    return x", null, null), "return x")
  assert.equal(under("    return x", 4, null), "return")
  assert.equal(under("y = 😀 + alpha_2 + 1", 8, null), "alpha_2")
  assert.equal(under("y = 😀 + b", 4, 5), "😀")
  assert.equal(under("y", 7, 9), "")
  assert.equal(under("", null, null), "")
})

test("marks light lines that failed, and go where their lines go", () => {
  const mark = (line, severity) => ({ line, severity, message: "m", column: null, end_column: null })
  let state = EditorState.create({ doc: "a\nb\nc", extensions: lineMarks })
  const lit = () => {
    const lines = []
    for (const decorations of state.facet(EditorView.decorations)) {
      if (typeof decorations === "function") continue
      for (const cursor = decorations.iter(); cursor.value; cursor.next())
        if (cursor.value.spec.class === "failed") lines.push(state.doc.lineAt(cursor.from).number)
    }
    return lines
  }
  const marks = [mark(2, "error"), mark(2, "error"), mark(3, "warning"), mark(0, "error"), mark(4, "error")]
  for (const change of markLines(state, marks)) state = state.update(change).state
  assert.deepEqual(lit(), [2])
  state = state.update({ changes: { from: 0, insert: "new\n" } }).state
  assert.deepEqual(lit(), [3])
  for (const change of markLines(state, [])) state = state.update(change).state
  assert.deepEqual(lit(), [])
})

test("the message that Python packs is read", () => {
  const bytes = new Uint8Array(readFileSync(process.env.EDITOR_MESSAGE))
  const { text, of, edition, document, marks, notes, labels, limit } = readEditor(bytes)
  assert.deepEqual([text, of, edition, document], ["x = 1\ny = x\n", "x = 1\ny = x\n", 7, "doc"])
  assert.equal(labels["phrase.Find"], "Find")
  assert.ok(limit > 1000)
  assert.deepEqual(marks, [{ line: 2, message: "<b>", severity: "info", column: 1, end_column: null }])
  const [{ line, tensors }] = notes
  assert.equal(line, 2)
  const [grid, flag, words, later] = tensors
  assert.deepEqual([grid.shape, grid.picture.rows, grid.picture.columns], [[2, 40, 3], 14, 3])
  assert.ok(Number.isNaN(grid.picture.numbers[0]))
  assert.equal(grid.picture.numbers[3 * 1 + 2], -17) // of three rows the number farthest from zero
  assert.equal(grid.picture.statistics.minimum, -17)
  assert.deepEqual([flag.picture.scale, [...flag.picture.numbers]], ["boolean", [1, 0]])
  assert.equal(words.picture, null)
  assert.equal(later.picture, null) // only the first few are drawn
})
