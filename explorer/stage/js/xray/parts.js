// Where the operands of an expression stand in its text. Nothing here draws.

/** @type {Record<string, string>} */
const CLOSING = { "(": ")", "[": "]", "{": "}" }
const SIGNS = new Set([
  "+",
  "-",
  "*",
  "/",
  "//",
  "%",
  "**",
  "@",
  "<",
  ">",
  "<=",
  ">=",
  "==",
  "!=",
  "&",
  "|",
  "^",
  "<<",
  ">>",
])

/**
 * @typedef {{name: string, start: number, end: number}} Part offsets into the text; `name` is a keyword or ""
 * @typedef {{at: number, sign: string, depth: number}} Sign
 *
 * @param {string} text of a call, a subscript or an operator's expression
 * @param {string} operation as the step tells it: a sign for an operator
 * @param {typeof import("./tokens.js")["tokens"]} tokens
 * @returns {Part[]} operands in order; [] where they cannot be told
 */
export function partsOf(text, operation, tokens) {
  const skip = tokens(text).filter(({ kind }) => kind === "string" || kind === "comment")
  const signs = scan(text, skip)
  if (SIGNS.has(operation)) return split(text, operation, signs)
  const open = lastCall(text, signs)
  if (open < 0) return []
  const parts = between(text, open + 1, text.lastIndexOf(CLOSING[text[open]]), signs)
  if (text[open] === "(") return parts
  return [{ name: "", start: 0, end: open }, ...parts.slice(0, 1)]
}

/**
 * Every sign outside texts, with how deep in brackets it stands.
 * @param {string} text @param {{start: number, end: number}[]} skip @returns {Sign[]}
 */
function scan(text, skip) {
  const found = []
  let [depth, hole] = [0, 0]
  for (let at = 0; at < text.length; at++) {
    while (hole < skip.length && skip[hole].end <= at) hole += 1
    if (hole < skip.length && skip[hole].start <= at) continue
    const sign = text[at]
    if (")]}".includes(sign)) depth -= 1
    if (/[^\s\w.]/.test(sign)) found.push({ at, sign, depth })
    if ("([{".includes(sign)) depth += 1
  }
  return found
}

/** The bracket that closes at the very end: what is before it is called. @param {string} text @param {Sign[]} signs */
function lastCall(text, signs) {
  const last = signs.at(-1)
  if (!last || last.at !== text.trimEnd().length - 1 || !")]".includes(last.sign)) return -1
  const open = signs.findLast(
    ({ sign, depth, at }) => CLOSING[sign] === last.sign && depth === last.depth && at < last.at,
  )
  return open && open.at > 0 ? open.at : -1
}

/** @param {string} text @param {number} start @param {number} end @param {Sign[]} signs */
function between(text, start, end, signs) {
  const inside = signs.find(({ at }) => at >= start)
  if (!inside || end < start) return []
  const depth = (signs.findLast(({ at }) => at < start)?.depth ?? -1) + 1
  const commas = signs.filter(({ at, sign, depth: deep }) => sign === "," && deep === depth && at >= start && at < end)
  const edges = [start, ...commas.map(({ at }) => at + 1)]
  return edges.flatMap((from, position) => {
    const to = commas[position]?.at ?? end
    const name = /^\s*(\w+)\s*=(?!=)/.exec(text.slice(from, to))
    return trimmed(text, from + (name?.[0].length ?? 0), to, name?.[1] ?? "")
  })
}

/** @param {string} text @param {string} operation @param {Sign[]} signs */
function split(text, operation, signs) {
  const top = Math.min(...signs.map(({ depth }) => depth))
  const binary = (/** @type {number} */ at) =>
    /[\w)\]}"']\s*$/.test(text.slice(0, at)) && !SIGNS.has(text.slice(at, at + operation.length + 1))
  const here = signs.filter(({ depth, at }) => depth === top && text.startsWith(operation, at) && binary(at))
  const middle = here.at(-1)
  if (!middle || top > 0) return []
  return [...trimmed(text, 0, middle.at, ""), ...trimmed(text, middle.at + operation.length, text.length, "")]
}

/** @param {string} text @param {number} from @param {number} to @param {string} name @returns {Part[]} */
function trimmed(text, from, to, name) {
  const part = text.slice(from, to)
  if (!part.trim()) return []
  const start = from + part.search(/\S/)
  return [{ name, start, end: start + part.trim().length }]
}

/**
 * The part that an operand came from: keywords by name, the others by order.
 * @param {Part[]} parts @param {{name: string}[]} operands @param {number} position @returns {Part|undefined}
 */
export function partFor(parts, operands, position) {
  const { name } = operands[position]
  if (name) return parts.find((part) => part.name === name)
  const order = operands.slice(0, position).filter((operand) => !operand.name).length
  return parts.filter((part) => !part.name)[order]
}
