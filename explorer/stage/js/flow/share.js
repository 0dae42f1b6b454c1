// The link of what is shown to an audience, as a QR code that a phone reads from afar.

import { element, setText } from "../core/dom.js"
import { shape } from "./wires.js"

/** @import { Words } from "../types.js" */

export class Share {
  /** @param {import("../trail/bus.js").Bus} bus that knows the link */
  constructor(bus) {
    this.bus = bus
    this.code = element("div", { class: "code" })
    this.said = element("p")
    this.root = element("figure", { class: "share", hidden: true, "data-testid": "share" }, this.code, this.said)
    /** @type {[string, string[]]|null} */
    this.drawn = null
  }

  get open() {
    return !this.root.hidden
  }

  /** @param {boolean} [on] the other way round where it is not said */
  show(on = !this.open) {
    this.root.hidden = !on
  }

  /** Draw the code that the page told last. @param {Words} words */
  update(words) {
    const { link } = this.bus
    if (!link || link === this.drawn) return
    this.drawn = link
    const [address, rows] = link
    setText(this.said, rows.length ? address : words("flow.share.long"))
    const dark = rows.flatMap((row, y) => [...row].flatMap((module, x) => (module === "1" ? `M${x} ${y}h1v1h-1z` : [])))
    const drawn = shape(
      "svg",
      { viewBox: `0 0 ${rows.length} ${rows.length}`, role: "img", "aria-label": words("flow.share.help") },
      shape("path", { d: dark.join("") }),
    )
    this.code.replaceChildren(...(rows.length ? [drawn] : []))
  }
}
