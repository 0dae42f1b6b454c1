// The row of buttons below a picture: zoom, table, copy, save.

import { element, find, focusedNear, icon, save, setText } from "./dom.js"
import { csvText, npyBytes, numpyText } from "./npy.js"
import { resetZoom, zoomBy } from "./pointer.js"
import { pngBlob } from "./poster.js"
import { canLimit, colourAxis } from "./ranges.js"

export class Tools {
  /** @param {import("./card.js").Card} card */
  constructor(card) {
    this.card = card
    this.buttons = {
      out: this.button("out", "zoom.out", () => zoomBy(card, -1)),
      in: this.button("in", "zoom.in", () => zoomBy(card, 1)),
      all: this.button("all", "zoom.reset", () => resetZoom(card)),
      table: this.button("table", "table", () => card.toggleTable()),
      copy: this.button("copy", "copy", () => this.copy()),
      more: this.button("more", "more", () => this.toggleMenu()),
    }
    this.buttons.more.setAttribute("aria-haspopup", "true")
    this.menu = element("div", { class: "menu", hidden: true })
    this.said = element("span", { class: "said", role: "status" })
    const { out, in: closer, all, table, copy, more } = this.buttons
    this.root = element(
      "div",
      { class: "tools", role: "group" },
      element("span", { class: "group" }, out, closer, all),
      this.said,
      element("span", { class: "group" }, table, copy, more),
      this.menu,
    )
    this.root.addEventListener("keydown", (event) => event.key === "Escape" && this.closeMenu(true))
    this.root.addEventListener(
      "focusout",
      (event) => this.root.contains(/** @type {Node|null} */ (event.relatedTarget)) || this.closeMenu(false),
    )
  }

  /** @param {Parameters<typeof icon>[0]} name @param {string} label @param {() => unknown} press */
  button(name, label, press) {
    const made = element("button", { type: "button", "data-tool": name, "data-label": label }, icon(name))
    made.onclick = press
    return made
  }

  update() {
    const { card } = this
    const { tensor, words, state, picture } = card
    this.root.setAttribute("aria-label", words("tools", { name: tensor.name }))
    for (const button of Object.values(this.buttons)) {
      const label = words(button.dataset.label ?? "")
      if (button.title !== label) {
        button.title = label
        button.setAttribute("aria-label", label)
      }
    }
    const { out, in: closer, all, table, copy } = this.buttons
    out.disabled = all.disabled = !picture.zoomed
    closer.disabled = picture.empty || (picture.rows < 2 && picture.columns < 2)
    table.setAttribute("aria-pressed", String(Boolean(state.table)))
    table.disabled = picture.empty
    copy.disabled = !tensor.whole
    if (!this.menu.hidden) this.fillMenu()
  }

  toggleMenu() {
    this.menu.hidden = !this.menu.hidden
    this.buttons.more.setAttribute("aria-expanded", String(!this.menu.hidden))
    if (this.menu.hidden) return
    this.fillMenu()
    find(this.menu, "button:not(:disabled)")?.focus()
  }

  /** @param {boolean} refocus */
  closeMenu(refocus) {
    if (this.menu.hidden) return
    this.menu.hidden = true
    this.buttons.more.setAttribute("aria-expanded", "false")
    if (refocus) this.buttons.more.focus()
  }

  fillMenu() {
    const { tensor, words, state, picture } = this.card
    /** @type {[string, () => unknown, boolean][]} */
    const entries = [
      ["save.npy", () => this.saveNpy(), tensor.whole && Boolean(tensor.numbers)],
      ["save.csv", () => this.saveCsv(), tensor.whole],
      ["save.png", () => this.savePng(), !picture.empty],
    ]
    /** @type {[string, () => unknown, boolean][]} */
    const toggles = []
    if (colourAxis(tensor) >= 0)
      toggles.push(["true_color", () => this.card.toggleTrueColour(), state.trueColour !== false])
    if (canLimit(tensor)) toggles.push(["limit", () => this.card.toggleLimit(), Boolean(state.limited)])
    const focused = focusedNear(this.menu)?.dataset.entry
    this.menu.replaceChildren(
      ...entries.map(([label, press, enabled]) =>
        element(
          "button",
          {
            type: "button",
            "data-entry": label,
            disabled: !enabled,
            onclick: () => {
              press()
              this.closeMenu(true)
            },
          },
          words(label),
        ),
      ),
      ...toggles.map(([label, press, on]) =>
        element(
          "button",
          { type: "button", "data-entry": label, "aria-pressed": String(on), onclick: press },
          words(label),
        ),
      ),
    )
    if (focused) find(this.menu, `[data-entry="${focused}"]`)?.focus()
  }

  /** @param {string} ending */
  file(ending) {
    return `${this.card.tensor.name.replace(/[^\p{L}\p{N}_.-]+/gu, "_") || "tensor"}.${ending}`
  }

  saveNpy() {
    const { values, shape, dtype } = this.card.tensor
    const bytes = npyBytes(values, shape, dtype)
    if (bytes) save(this.file("npy"), new Blob([bytes], { type: "application/octet-stream" }))
  }

  saveCsv() {
    const { values, shape, dtype, axes } = this.card.tensor
    save(this.file("csv"), new Blob([csvText(values, shape, dtype, axes)], { type: "text/csv" }))
  }

  async savePng() {
    const blob = await pngBlob(this.card)
    if (blob) save(this.file("png"), blob)
  }

  async copy() {
    const { tensor, words } = this.card
    try {
      await navigator.clipboard.writeText(numpyText(tensor.values, tensor.shape, tensor.dtype))
      this.say(words("copied"))
    } catch {
      this.say(words("copy.failed"))
    }
  }

  /** @param {string} text */
  say(text) {
    setText(this.said, text)
    clearTimeout(this.silence)
    this.silence = setTimeout(() => setText(this.said, ""), 2500)
  }
}
