// A small input on a cell. Enter hands the text over as typed, Escape leaves the cell as it is.

import { element } from "./dom.js"
import { exactText, indexText } from "./format.js"

/**
 * @typedef {object} Asked which value is to be set, and where its field stands
 * @property {string} name of the tensor @property {number[]} index @property {string} dtype
 * @property {import("./format.js").Value} value what it is now @property {string} [typed] what the reader began to type
 * @property {import("../types.js").Words} words
 * @property {() => {x: number, y: number, width: number, within: number}|null} place the middle of the cell, its width, and
 *   the width of what the field stands in; null where the cell is not drawn any more
 * @property {import("../types.js").Trial|null} [trial] with which what hangs on the cell follows at once
 * @property {(text: string) => void} commit @property {() => void} closed called whenever the field goes away
 */

const FLOAT = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$|^[+-]?(inf|infinity)$|^nan$/i
const CHARACTER_WIDTH = 8.6
const WHOLE = /^[+-]?\d+$/
/** Keys that change the number by a step. @type {Record<string, number>} */
const STEPS = { ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10 }
const BOOLEAN = /^(true|false|0|1)$/i

/**
 * The key of the sentence on why a text is no value of that dtype; "" if it is one.
 * @param {string} text @param {string} dtype
 */
export function refusal(text, dtype) {
  const trimmed = text.trim()
  if (dtype === "bool") return BOOLEAN.test(trimmed) ? "" : "edit.invalid_boolean"
  if (dtype.startsWith("int") || dtype.startsWith("uint")) return WHOLE.test(trimmed) ? "" : "edit.invalid_integer"
  if (dtype === "string") return ""
  return FLOAT.test(trimmed) ? "" : "edit.invalid"
}

/** @param {string} text that is a number */
function numberOf(text) {
  return Number(text.trim().replace(/^([+-]?)inf(inity)?$/i, "$1Infinity"))
}

export class Editor {
  /** @param {HTMLElement} parent @param {Asked} asked */
  constructor(parent, asked) {
    const { name, index, dtype, value, typed = "", words, commit, trial } = asked
    this.asked = asked
    const before = exactText(value, dtype)
    const input = element("input", {
      class: "edit",
      type: "text",
      inputmode: dtype === "string" ? "text" : "decimal",
      autocomplete: "off",
      spellcheck: "false",
      "aria-label": words("edit.cell", { cell: `${name} ${indexText(index)}` }),
      title: words("edit.hint"),
    })
    const problem = element("p", { class: "problem", role: "alert", hidden: true })
    this.input = input
    this.box = element("div", { class: "editor" }, input, problem)
    input.value = typed || before
    const read = () => {
      this.place()
      input.removeAttribute("aria-invalid")
      problem.hidden = true
    }
    input.onkeydown = (event) => {
      event.stopPropagation()
      if (event.key === "Escape") return this.close()
      const steps = STEPS[event.key]
      if (steps && trial) {
        event.preventDefault()
        input.value = String(trial.step(steps, event.shiftKey))
        return read()
      }
      if (event.key !== "Enter") return undefined
      const why = refusal(input.value, dtype)
      if (!why) {
        const changed = input.value.trim() !== before
        if (changed) trial?.keep()
        this.close()
        if (changed) commit(input.value.trim())
        return undefined
      }
      input.setAttribute("aria-invalid", "true")
      problem.hidden = false
      problem.textContent = words(why, { text: input.value })
      return undefined
    }
    input.oninput = () => {
      read()
      if (!refusal(input.value, dtype)) trial?.show(numberOf(input.value))
    }
    input.onblur = () => !input.hasAttribute("aria-invalid") && input.value === before && this.close()
    parent.append(this.box)
    this.place()
    input.focus()
    if (!typed) input.select()
  }

  /** Keep the field on its cell when what it stands on is laid out anew. */
  place() {
    const target = this.asked.place()
    if (!target) return this.close()
    const { x, y, width: cell, within } = target
    const width = Math.min(within, Math.max(84, cell + 4, this.input.value.length * CHARACTER_WIDTH + 22))
    const left = Math.max(0, Math.min(x - width / 2, within - width))
    Object.assign(this.box.style, { left: `${left}px`, top: `${y - 15}px`, width: `${width}px` })
  }

  close() {
    if (!this.box.isConnected) return
    this.input.onblur = null
    this.asked.trial?.drop() // of what was kept nothing is left to drop
    this.box.remove()
    this.asked.closed()
  }
}
