// Source -> lines of segments: each has one colour and belongs to the innermost recorded expression. Nothing here draws.

import { lineStarts, rangeOf, tokens } from "./tokens.js"

/**
 * @typedef {object} Segment @property {number} start @property {number} end @property {string} text
 * @property {string} kind of its token, or "" @property {number} site the innermost recorded expression, or -1
 *
 * @typedef {object} Layout @property {Segment[][]} lines @property {Map<number, {start: number, end: number}>} ranges of sites
 */

/** @param {string} source @param {Map<number, import("./message.js").Site>} sites by number @returns {Layout} */
export function layOut(source, sites) {
  const starts = lineStarts(source)
  const ranges = new Map([...sites].map(([number, site]) => [number, rangeOf(site, source, starts)]))
  const outerFirst = [...ranges].sort(([, a], [, b]) => a.start - b.start || b.end - a.end)
  const coloured = tokens(source)
  const cuts = new Set([0, source.length])
  for (const { start, end } of [...coloured, ...ranges.values()]) cuts.add(start).add(end)
  for (const start of starts) cuts.add(start).add(start + (/^[^\S\n]*/.exec(source.slice(start))?.[0].length ?? 0))
  const ordered = [...cuts].sort((a, b) => a - b)
  /** @type {Segment[][]} */
  const lines = starts.map(() => [])
  let [line, token] = [0, 0]
  for (let at = 0; at + 1 < ordered.length; at++) {
    const [start, end] = [ordered[at], ordered[at + 1]]
    while (line + 1 < starts.length && start >= starts[line + 1]) line += 1
    while (token < coloured.length && coloured[token].end <= start) token += 1
    const text = source.slice(start, end).replace(/\n$/, "")
    if (!text) continue
    const kind = token < coloured.length && coloured[token].start <= start ? coloured[token].kind : ""
    let site = -1
    for (const [number, range] of outerFirst) {
      if (range.start > start) break
      if (range.end >= end) site = number
    }
    lines[line].push({ start, end, text, kind, site: text.trim() ? site : -1 })
  }
  if (lines.length > 1 && !lines.at(-1)?.length) lines.pop() // the source ends with a line break
  return { lines, ranges }
}

/**
 * The whole statement that begins on the line of an expression, on one line: of a name that is set, what sets it.
 * @param {string} source @param {{start: number, end: number}} range
 */
export function statementText(source, { start }) {
  const from = source.lastIndexOf("\n", start - 1) + 1
  const text = source.slice(from)
  const plain = text.split("")
  for (const { start: at, end, kind } of tokens(text))
    if (kind === "string" || kind === "comment") plain.fill(" ", at, end)
  let depth = 0
  let end = plain.findIndex((sign) => {
    depth += "([{".includes(sign) ? 1 : ")]}".includes(sign) ? -1 : 0
    return sign === "\n" && depth <= 0
  })
  if (end < 0) end = text.length
  const comment = tokens(text.slice(0, end)).find(({ kind }) => kind === "comment")
  return text.slice(0, comment && depth <= 0 ? comment.start : end).trim()
}

/**
 * An expression's own text, moved to the left as far as its lines allow.
 * @param {string} source @param {{start: number, end: number}} range
 */
export function expressionText(source, { start, end }) {
  const text = source.slice(start, end)
  const column = start - (source.lastIndexOf("\n", start - 1) + 1)
  const [first, ...rest] = text.split("\n")
  const indents = rest.filter((line) => line.trim()).map((line) => line.search(/\S/))
  const cut = Math.min(column, ...indents)
  return [first, ...rest.map((line) => line.slice(Math.min(cut, Math.max(line.search(/\S/), 0))))].join("\n")
}
