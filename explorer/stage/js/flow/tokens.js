// Python source -> tokens, as far as colours need them. Nothing here draws.

const KEYWORDS = new Set(
  (
    "False None True and as assert async await break class continue def del elif else except finally for "
    + "from global if import in is lambda nonlocal not or pass raise return try while with yield match case"
  ).split(" "),
)
const PATTERN = new RegExp(
  [
    "(#[^\\n]*)", // a comment
    "([rRbBuUfF]{0,2}(?:\"\"\"[\\s\\S]*?(?:\"\"\"|$)|'''[\\s\\S]*?(?:'''|$)|\"(?:\\\\.|[^\"\\\\\\n])*\"?|'(?:\\\\.|[^'\\\\\\n])*'?))", // a text
    "((?:0[xXoObB][\\da-fA-F_]+|(?:\\d[\\d_]*\\.?[\\d_]*|\\.\\d[\\d_]*)(?:[eE][+-]?\\d+)?)[jJ]?)", // a number
    "([\\p{L}_][\\p{L}\\p{N}_]*)", // a name
  ].join("|"),
  "gu",
)

/**
 * @param {string} source
 * @returns {{start: number, end: number, kind: "comment"|"string"|"number"|"keyword"|"name"}[]} what lies between is plain
 */
export function tokens(source) {
  return [...source.matchAll(PATTERN)].map((match) => {
    const [text, comment, string, number] = match
    /** @type {"comment"|"string"|"number"|"keyword"|"name"} */
    const kind =
      comment !== undefined
        ? "comment"
        : string !== undefined
          ? "string"
          : number !== undefined
            ? "number"
            : KEYWORDS.has(text)
              ? "keyword"
              : "name"
    return { start: match.index, end: match.index + text.length, kind }
  })
}

/** Where each line starts. @param {string} source @returns {number[]} */
export function lineStarts(source) {
  const starts = [0]
  for (let at = source.indexOf("\n"); at >= 0; at = source.indexOf("\n", at + 1)) starts.push(at + 1)
  return starts
}

/**
 * The offsets of a place. Python counts characters, JavaScript counts half of some of them.
 * @param {import("./message.js").Site} site @param {string} source @param {number[]} starts
 */
export function rangeOf({ line, column, endLine, endColumn }, source, starts) {
  return { start: offsetAt(source, starts, line, column), end: offsetAt(source, starts, endLine, endColumn) }
}

/** @param {string} source @param {number[]} starts @param {number} line @param {number} column */
function offsetAt(source, starts, line, column) {
  const start = starts[line - 1] ?? source.length
  const text = source.slice(start, starts[line] ?? source.length)
  return (
    start + (/[\ud800-\udbff]/.test(text) ? [...text].slice(0, column).join("").length : Math.min(column, text.length))
  )
}
