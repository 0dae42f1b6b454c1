// An account of a cell whose numbers have changed since it was written. Nothing here draws.

/**
 * @import { Arithmetic, Equation, Term, Told } from "../types.js" @import { Cell } from "./bus.js"
 *
 * @typedef {(cell: Cell) => {number: number, text: string}|null} Read the number of a cell now; null where it is not known
 */

/** Equations whose terms are added. */
export const SUMS = new Set(["sum", "sum of products", "window"])
const CHOICES = new Set(["maximum of", "minimum of"])
const DIGITS = 7

/**
 * The same account with the numbers of now: cells are read, what is added or multiplied is computed again, and what cannot be
 * known is left blank.
 * @param {Arithmetic} account @param {Cell} cell that it is of @param {Read} read @returns {Arithmetic}
 */
export function followed(account, cell, read) {
  const own = read(cell)
  const last = account.equations.length - 1
  return {
    ...account,
    value: own?.text ?? "…",
    copies: account.copies.map((copy) => ({ ...copy, number: told(copy.number, read) })),
    equations: account.equations.map((equation, at) => equationNow(equation, at === last ? own : null, read)),
  }
}

/** @param {Equation} equation @param {{number: number, text: string}|null} own the cell's number, of its own equation @param {Read} read @returns {Equation} */
function equationNow(equation, own, read) {
  const values = equation.terms.map(({ factors }) => productOf(factors, read))
  const { form } = equation
  const [sum, choice] = [SUMS.has(form), CHOICES.has(form)]
  const plain = sum || choice || form === "product"
  const result = sum ? total(values) : choice ? bestOf(form, values) : product(values)
  const printed = own?.text ?? (plain && !equation.rest ? text(result) : "…")
  return {
    ...equation,
    printed,
    rounding: "",
    addsUp: true,
    terms: equation.terms.map((term, at) =>
      termNow(term, plain ? values[at] : NaN, read, choice ? values[at] === result : term.marked),
    ),
    rest: equation.rest && { ...equation.rest, printed: own && sum ? text(own.number - result) : "…" },
  }
}

/** @param {Term} term @param {number} value of it, NaN where it is not known @param {Read} read @param {boolean} marked @returns {Term} */
function termNow(term, value, read, marked) {
  const [first] = term.factors
  const alone = term.factors.length === 1 && first.tensor
  return {
    ...term,
    marked,
    factors: term.factors.map((factor) => told(factor, read)),
    what: term.what.map((piece) => (typeof piece === "string" ? piece : told(piece, read))),
    origin: term.origin.map((factor) => told(factor, read)),
    printed: alone ? told(first, read).printed : Number.isNaN(value) ? "…" : text(value),
  }
}

/** The product of some numbers; NaN where one is not known. @param {Told[]} factors @param {Read} read */
function productOf(factors, read) {
  return product(
    factors.map(({ tensor, index, printed, recomputed }) =>
      tensor ? (read({ tensor, index })?.number ?? NaN) : recomputed ? NaN : Number(printed),
    ),
  )
}

/** @param {Told} number @param {Read} read @returns {Told} */
function told(number, read) {
  if (!number.tensor) return number.recomputed ? { ...number, printed: "…" } : number
  return { ...number, printed: read(number)?.text ?? number.printed }
}

/** The one that is taken. @param {string} form @param {number[]} values */
function bestOf(form, values) {
  return form === "minimum of" ? Math.min(...values) : Math.max(...values)
}

/** @param {number[]} values */
function product(values) {
  return values.reduce((all, value) => all * value, 1)
}

/** @param {number[]} values */
function total(values) {
  return values.reduce((sum, value) => sum + value, 0)
}

/** @param {number} value */
function text(value) {
  return Number.isNaN(value) ? "nan" : String(Number(value.toPrecision(DIGITS))).replace("Infinity", "inf")
}
