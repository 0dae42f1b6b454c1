// How one number came about, written so that it can be checked with a pocket calculator.

import { element, find, focusedNear } from "../core/dom.js"
import { fill, indexText } from "../core/format.js"
import { followed, SUMS } from "./follow.js"

/** @import { Equation, Told, Words } from "../types.js" @import { Answer } from "./bus.js" */

const WAYS = ["made", "could", "moves"]
/** So many equations are written one below the other; of more, those that lead to the last are folded. */
const UNFOLDED = 5

export class ArithmeticView {
  /** @param {import("./bus.js").Bus} bus */
  constructor(bus) {
    this.bus = bus
    this.title = element("h4")
    this.close = element("button", { type: "button", class: "free", onclick: () => bus.free() }, "×")
    this.ways = element("div", { class: "ways", role: "group" })
    this.body = element("div", { class: "sum" })
    this.root = element(
      "section",
      { class: "arithmetic", "data-testid": "arithmetic", "aria-live": "polite", hidden: true },
      element("div", { class: "line-of-title" }, this.title, this.close),
      this.body,
      this.ways,
    )
    /** @type {Record<string, string>} */
    this.labels = {}
    /** @type {Answer|null} */
    this.drawn = null
    /** @type {import("./bus.js").Cell|null} */
    this.cell = null
    this.following = false
    /** @type {Words} */
    this.words = (key, parameters) => fill(bus.answer?.labels[key] ?? this.labels[key] ?? key, parameters)
  }

  update() {
    const { answer, pinned } = this.bus
    this.root.hidden = !pinned
    if (!pinned || (this.drawn === answer && this.cell === pinned)) return
    this.drawn = answer
    this.cell = pinned
    this.root.classList.toggle("waiting", !answer)
    if (!answer) return
    this.labels = answer.labels
    this.root.dataset.way = answer.way
    this.root.dataset.cell = `${pinned.tensor} ${pinned.index}`
    this.close.title = this.words("arithmetic.free")
    this.close.setAttribute("aria-label", this.words("arithmetic.free"))
    this.describeWays(answer)
    this.write(answer, answer.arithmetic, pinned)
  }

  /**
   * Write the account with the numbers of now, as long as they change.
   * @param {import("./follow.js").Read|null} read null: with those that Python told
   */
  follow(read) {
    const { drawn: answer, cell } = this
    if (!answer?.arithmetic || !cell || (!read && !this.following)) return
    this.following = read !== null
    this.root.classList.toggle("following", this.following)
    this.write(answer, read ? followed(answer.arithmetic, cell, read) : answer.arithmetic, cell)
  }

  /** @param {Answer} answer @param {import("../types.js").Arithmetic|null} arithmetic @param {import("./bus.js").Cell} pinned */
  write(answer, arithmetic, pinned) {
    if (!arithmetic) return this.body.replaceChildren(...this.notes(answer))
    this.title.replaceChildren(
      element("span", { class: "cell" }, arithmetic.name, element("b", {}, indexText(pinned.index))),
      " = ",
      element("strong", { "data-part": "value" }, arithmetic.value),
    )
    const copies = arithmetic.copies.map(({ text, number }) =>
      element("p", { class: "copy" }, text || "=", " ", this.number(text ? number : { ...number, printed: "" })),
    )
    this.body.replaceChildren(
      ...copies,
      element("p", { class: "headline" }, arithmetic.headline),
      ...arithmetic.equations.flatMap((equation) => this.equation(equation, arithmetic.equations.length > UNFOLDED)),
      ...this.notes(answer),
    )
  }

  /** @param {Answer} answer */
  describeWays({ way, ways, cell }) {
    const focused = focusedNear(this.root)
    const active = this.ways.contains(focused) ? focused?.dataset.way : ""
    this.ways.setAttribute("aria-label", this.words("arithmetic.ways"))
    this.ways.replaceChildren(
      ...WAYS.filter((one) => ways.includes(one)).map((one) =>
        element(
          "button",
          {
            type: "button",
            "data-way": one,
            "aria-pressed": String(one === way),
            title: this.words(`way.${one}.help`),
            onclick: () => cell && this.bus.touch(cell, { way: one }),
          },
          this.words(`way.${one}`),
        ),
      ),
      element("span", { class: "legend" }, this.words(`way.${way}.help`)),
    )
    if (active) find(this.ways, `[data-way="${active}"]`)?.focus({ preventScroll: true })
  }

  /** @param {Answer} answer */
  notes({ notes, arithmetic, problem }) {
    const texts = [problem, ...(arithmetic?.notes ?? []), ...notes].filter(Boolean)
    return texts.map((text) => element("p", { class: "told" }, text))
  }

  /** @param {Equation} equation @param {boolean} folded */
  equation(equation, folded) {
    if (!equation.label) return this.written(equation)
    const head = [
      element("b", {}, equation.label),
      " = ",
      element("strong", {}, equation.printed),
      ...(equation.recomputed ? [this.chip("arithmetic.recomputed")] : []),
    ]
    if (folded)
      return [element("details", { class: "part" }, element("summary", {}, ...head), ...this.written(equation))]
    return [element("p", { class: "part" }, ...head), ...this.written(equation)]
  }

  /** @param {Equation} equation @returns {HTMLElement[]} */
  written(equation) {
    if (equation.formula) return this.formula(equation)
    if (!equation.terms.length) return []
    const rows = equation.terms.map((term) => this.row(equation, term))
    if (equation.rest) rows.push(this.rest(equation.rest, equation.form))
    const sum = SUMS.has(equation.form)
    if (equation.rounding) rows.push(this.rounding(equation))
    const total =
      (equation.count > 1 && (sum || equation.form === "product")) || equation.rounding
        ? [
            element(
              "tr",
              { class: "total" },
              element("td", { class: "term", "data-part": "total" }, equation.printed),
              element(
                "th",
                { class: "what", scope: "row" },
                equation.count > 1
                  ? this.words(sum ? "arithmetic.sum" : "arithmetic.product", { count: equation.count })
                  : "",
              ),
            ),
          ]
        : []
    return [
      element(
        "div",
        { class: "scroll" },
        element("table", { "data-form": equation.form }, element("tbody", {}, ...rows, ...total)),
      ),
      ...(equation.addsUp ? [] : [element("p", { class: "told" }, this.words("arithmetic.off"))]),
    ]
  }

  /**
   * The number first, so that a narrow column never cuts it; then what it is.
   * @param {Equation} equation @param {import("../types.js").Term} term
   */
  row({ form, terms }, { factors, what, origin, printed, marked }) {
    const [{ printed: own }] = factors
    const itself = what.length === 1 && (own === printed || Number(own) === Number(printed)) // its cell is named, not said twice
    const told = itself ? [this.number({ ...factors[0], printed: "" })] : ["= ", ...this.pieces(what)]
    if (origin.length) told.push(" = ", ...this.product(origin))
    if (!SUMS.has(form) && marked && terms.length > 1) told.push(element("i", {}, this.words("arithmetic.taken")))
    return element(
      "tr",
      { class: marked && terms.length > 1 ? "taken" : null },
      element("td", { class: "term", "data-part": "term" }, printed),
      element("td", { class: "what" }, ...told),
    )
  }

  /** @param {(string|Told)[]} what texts, and numbers between them */
  pieces(what) {
    return what.map((piece) => (typeof piece === "string" ? piece : this.number(piece)))
  }

  /** @param {Told[]} factors */
  product(factors) {
    return this.pieces(factors.flatMap((factor, at) => (at ? [" × ", factor] : [factor])))
  }

  /** @param {Equation} equation */
  rounding({ rounding }) {
    return element(
      "tr",
      { class: "rounding", title: this.words("arithmetic.rounding.help") },
      element("td", { class: "term", "data-part": "term" }, rounding),
      element("td", { class: "what" }, this.words("arithmetic.rounding")),
    )
  }

  /** @param {{count: number, printed: string}} rest @param {string} form */
  rest(rest, form) {
    const all = element(
      "button",
      {
        type: "button",
        class: "whole",
        onclick: () => this.bus.pinned && this.bus.touch(this.bus.pinned, { way: this.bus.answer?.way, whole: true }),
      },
      this.words("arithmetic.whole"),
    )
    return element(
      "tr",
      { class: "rest" },
      element("td", { class: "term", "data-part": "term" }, SUMS.has(form) || form === "product" ? rest.printed : ""),
      element("td", { class: "what" }, this.words("arithmetic.rest", { count: rest.count }), " ", all),
    )
  }

  /** @param {Equation} equation */
  formula({ formula, terms, printed, rounding }) {
    const [{ factors, printed: given }] = terms
    return [
      element(
        "p",
        { class: "formula" },
        `${formula} = `,
        ...(rounding ? [given] : []),
        ...(rounding
          ? [
              element(
                "span",
                { class: "rounding", title: this.words("arithmetic.rounding.help") },
                `; ${this.words("arithmetic.rounding")} ${rounding} → `,
              ),
            ]
          : []),
        element("strong", { "data-part": "total" }, printed),
      ),
      element(
        "dl",
        {},
        ...factors.map((factor) =>
          element("div", {}, element("dt", {}, factor.name), element("dd", {}, this.number(factor))),
        ),
      ),
    ]
  }

  /** A number; one that is a cell of a tensor leads there. @param {Told} told */
  number({ printed, tensor, index, label, recomputed }) {
    if (!tensor)
      return element(
        "span",
        {
          class: recomputed ? "number again" : "number",
          title: recomputed ? this.words("arithmetic.recomputed") : null,
        },
        printed,
      )
    const cell = { tensor, index }
    return element(
      "button",
      {
        type: "button",
        class: "number",
        title: this.words("arithmetic.follow", { cell: label }),
        onclick: () => this.bus.touch(cell),
        onpointerenter: () => this.bus.point(cell),
        onpointerleave: () => this.bus.point(null),
        onfocus: () => this.bus.point(cell),
        onblur: () => this.bus.point(null),
      },
      element("span", {}, printed),
      element("small", {}, label),
    )
  }

  /** @param {string} key */
  chip(key) {
    return element("span", { class: "chip" }, this.words(key))
  }
}
