// A small input on a cell. Enter hands the text over as typed, Escape leaves the cell as it is.

import { element } from "./dom.js"
import { exactText, indexText } from "./format.js"
import { cellRectangle } from "./hit.js"

const FLOAT = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$|^[+-]?(inf|infinity)$|^nan$/i
const CHARACTER_WIDTH = 8.6
const WHOLE = /^[+-]?\d+$/
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

/**
 * @param {import("./card.js").Card} card @param {import("./hit.js").Cell} cell
 * @param {(index: number[], text: string) => void} commit @param {string} [typed] what the reader began to type
 */
export function openEditor(card, cell, commit, typed = "") {
  closeEditor(card)
  const { tensor, picture, words } = card
  const { index } = card.read(cell)
  const before = exactText(tensor.values[picture.offset(cell)], tensor.dtype)
  const input = element("input", {
    class: "edit",
    type: "text",
    inputmode: tensor.dtype === "string" ? "text" : "decimal",
    autocomplete: "off",
    spellcheck: "false",
    "aria-label": words("edit.cell", { cell: `${tensor.name} ${indexText(index)}` }),
    title: words("edit.hint"),
  })
  const problem = element("p", { class: "problem", role: "alert", hidden: true })
  const box = element("div", { class: "editor" }, input, problem)
  input.value = typed || before
  const done = (/** @type {string|null} */ text) => {
    closeEditor(card)
    picture.overlay.focus()
    if (text !== null && text.trim() !== before) commit(index, text.trim())
  }
  input.onkeydown = (event) => {
    event.stopPropagation()
    if (event.key === "Escape") return done(null)
    if (event.key !== "Enter") return undefined
    const why = refusal(input.value, tensor.dtype)
    if (!why) return done(input.value)
    input.setAttribute("aria-invalid", "true")
    problem.hidden = false
    problem.textContent = words(why, { text: input.value })
    return undefined
  }
  input.oninput = () => {
    placeEditor(card)
    input.removeAttribute("aria-invalid")
    problem.hidden = true
  }
  input.onblur = () => !input.hasAttribute("aria-invalid") && input.value === before && closeEditor(card)
  card.editor = { box, input, cell }
  picture.root.append(box)
  placeEditor(card)
  input.focus()
  if (!typed) input.select()
}

/** Keep the input on its cell when the picture is laid out anew. @param {import("./card.js").Card} card */
export function placeEditor(card) {
  if (!card.editor) return
  const { box, input, cell } = card.editor
  const { picture, state } = card
  if (!picture.layout?.plots[cell.facet]) return closeEditor(card)
  const target = cellRectangle(cell, picture.layout.plots[cell.facet], state.view)
  const characters = input.value.length
  const width = Math.min(picture.layout.width, Math.max(84, target.width + 4, characters * CHARACTER_WIDTH + 22))
  const left = Math.max(0, Math.min(target.x + target.width / 2 - width / 2, picture.layout.width - width))
  Object.assign(box.style, { left: `${left}px`, top: `${target.y + target.height / 2 - 15}px`, width: `${width}px` })
}

/** @param {import("./card.js").Card} card */
export function closeEditor(card) {
  const { editor } = card
  card.editor = null
  editor?.box.remove()
}
