// Which text stands in the editor, what changed between two, and where their lines have gone. Nothing here draws.

/** @typedef {{text: string, version: number}} Versioned a text, and the version of the server's that it was typed on */

/**
 * The text that an editor begins with, and the one that undo brings back: what was typed before a reload wins, unless the
 * server's text is newer than the one that it was typed on.
 * @param {Versioned} server @param {Versioned|null} kept @returns {{text: string, other: string|null}}
 */
export function opening(server, kept) {
  if (!kept || kept.text === server.text) return { text: server.text, other: null }
  if (kept.version < server.version) return { text: server.text, other: kept.text }
  return { text: kept.text, other: server.text }
}

/**
 * What makes one text of the other: all that lies between the beginning and the end that they share.
 * @param {string} before @param {string} after @returns {{from: number, to: number, insert: string}}
 */
export function difference(before, after) {
  const most = Math.min(before.length, after.length)
  let from = 0
  while (from < most && before[from] === after[from]) from += 1
  let end = 0
  while (end < most - from && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1
  return { from, to: before.length - end, insert: after.slice(from, after.length - end) }
}

/**
 * Where the lines of one text are in another: those that it begins and ends with; a line that was changed is where it
 * was as long as no line came or went.
 * @param {string} before @param {string} after @returns {(line: number) => number} a line from 1 -> its line; 0: gone
 */
export function lineMap(before, after) {
  const [old, now] = [before.split("\n"), after.split("\n")]
  const most = Math.min(old.length, now.length)
  let first = 0
  while (first < most && old[first] === now[first]) first += 1
  let last = 0
  while (last < most - first && old[old.length - 1 - last] === now[now.length - 1 - last]) last += 1
  const moved = now.length - old.length
  return (line) => {
    if (line < 1 || line > old.length) return 0
    if (line <= first) return line
    return line > old.length - last || moved === 0 ? line + moved : 0
  }
}

/**
 * Whether a text is whole Python as far as a grammar tells: something stands in it, and nothing that does not fit.
 * @param {string} text @param {{parse(text: string): import("../bundles/codemirror.js").Tree}} parser
 */
export function parses(text, parser) {
  if (!text.trim()) return false
  let whole = true
  parser.parse(text).iterate({
    enter: ({ type }) => {
      if (type.isError) whole = false
      return whole
    },
  })
  return whole
}

/**
 * What a mark underlines, in UTF-16 units of its line; Python counts characters.
 * @param {string} line @param {{column: number|null, end_column: number|null}} mark @returns {{from: number, to: number}}
 */
export function underlined(line, { column, end_column }) {
  const indent = line.length - line.trimStart().length
  if (column === null) return { from: Math.min(indent, line.length), to: line.length }
  const units = (/** @type {number} */ count) => [...line].slice(0, Math.max(0, count)).join("").length
  const from = units(column)
  const word = /^[\p{L}\p{N}_]+|^./u.exec(line.slice(from))
  const to = end_column === null ? from + (word?.[0].length ?? 0) : units(end_column)
  return { from, to: Math.max(from, to) }
}
