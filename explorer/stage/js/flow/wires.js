// The wires, operators and names of a plan, as one drawing above the canvas. Operators are buttons in running order.

import { labelOf } from "./kinds.js"
import { pathOf } from "./routes.js"

/**
 * @import { Cursor } from "./cursor.js" @import { Operation, Value } from "./graph.js" @import { Paint } from "./paint.js"
 * @import { Edge, FoldedBlock, OperatorsBlock, Plan, TensorBlock } from "./layout.js" @import { Words } from "../types.js"
 */

/**
 * @typedef {object} Does what is done on the drawing
 * @property {(operation: Operation) => void} visit @property {(value: Value|null) => void} peek
 * @property {(value: Value) => void} open @property {(operations: Operation[], label: string) => void} enter
 */

const SPACE = "http://www.w3.org/2000/svg"

/**
 * @param {string} name @param {Record<string, string|number>} [attributes] @param {...(Node|string)} children
 * @returns {SVGElement}
 */
export function shape(name, attributes = {}, ...children) {
  const made = document.createElementNS(SPACE, name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value))
  made.append(...children)
  return made
}

export class Wires {
  /** @param {Does} does */
  constructor(does) {
    this.does = does
    this.root = shape("svg", { role: "group" })
    /** @type {{node: Element, operation: Operation|null}[]} */
    this.timed = []
    /** @type {Plan|null} */
    this.plan = null
  }

  /** @param {Plan} plan @param {Paint} paint @param {Words} words */
  build(plan, paint, words) {
    this.timed = []
    this.plan = plan
    this.root.setAttribute("viewBox", `0 0 ${plan.W} ${plan.H}`)
    this.root.setAttribute("aria-label", words("flow"))
    const parts = [
      ...plan.edges.flatMap((edge) => this.edge(edge, plan)),
      ...plan.blocks.flatMap((block) => {
        if (block.kind === "tensor") return [this.title(block, plan, paint)]
        if (block.kind === "operators") return this.operators(block, plan, paint)
        return block.kind === "folded" ? [this.folded(block, words)] : []
      }),
      ...plan.beads.map((bead) => this.bead(bead, plan)),
    ]
    this.root.replaceChildren(...parts)
  }

  /** Where the cursor is: what lies ahead is pale, what runs is dark. @param {Cursor} cursor */
  update(cursor) {
    const now = cursor.active ? cursor.now : null
    for (const { node, operation } of this.timed) {
      node.classList.toggle("ahead", operation !== null && cursor.progress(operation) <= 0)
      node.classList.toggle("now", operation !== null && (now?.operations.includes(operation) ?? false))
    }
  }

  /** @template {Element} T @param {T} node @param {Operation|null} operation @returns {T} */
  keep(node, operation) {
    this.timed.push({ node, operation })
    return node
  }

  /** @param {Edge} edge @param {Plan} plan @returns {Element[]} */
  edge(edge, { k }) {
    const { path, tip } = pathOf(edge, k)
    const nodes = [shape("path", { class: "wire", d: path }), this.tip(tip.x, tip.y, tip.turn, k)]
    return nodes.map((node) => this.keep(node, edge.operation))
  }

  /** @param {number} x @param {number} y @param {number} turn degrees @param {number} k */
  tip(x, y, turn, k) {
    return shape("path", {
      class: "tip",
      transform: `translate(${x} ${y}) rotate(${turn}) scale(${k})`,
      d: "M0 0L-8 -4.5L-8 4.5Z",
    })
  }

  /**
   * What is pressed, by the pointer or by Enter and space.
   * @param {string} name of the class @param {string} label @param {() => void} press @param {...SVGElement} children
   */
  button(name, label, press, ...children) {
    const made = shape("g", { class: name, tabindex: 0, role: "button", "aria-label": label }, ...children)
    made.addEventListener("click", press)
    made.addEventListener("keydown", (event) => {
      const { key } = /** @type {KeyboardEvent} */ (event)
      if (key !== "Enter" && key !== " ") return
      event.preventDefault()
      press()
    })
    return made
  }

  /** A tensor's name; pressed, it opens the tensor large. @param {Value} value @param {string} dims @param {...SVGElement} texts */
  name(value, dims, ...texts) {
    const made = this.button("title", `${labelOf(value)} ${dims}`.trim(), () => this.does.open(value), ...texts)
    made.setAttribute("data-value", value.ids[0])
    return made
  }

  /** @param {TensorBlock} block @param {Plan} plan @param {Paint} paint */
  title({ cx, cy, ch, title, dims, nameSize, value }, { head }, paint) {
    const y = cy - ch / 2 - head + paint.name * 0.85
    const group = this.name(
      value,
      dims,
      shape("text", { class: "name", "text-anchor": "middle", x: cx, y, style: `font-size:${nameSize}px` }, title),
      shape(
        "text",
        { class: "shape", "text-anchor": "middle", x: cx, y: y + paint.note * 1.3, style: `font-size:${paint.note}px` },
        dims,
      ),
    )
    return this.keep(group, value.maker)
  }

  /** The operators on one wire, the beads between them, and the weights that enter. @param {OperatorsBlock} block @param {Plan} plan @param {Paint} paint @returns {Element[]} */
  operators({ operators, weights, cy, r }, plan, paint) {
    const between = operators.slice(1).map((operator, at) => {
      const before = operators[at]
      const path = `M${before.cx + before.w / 2} ${cy}H${operator.cx - operator.w / 2}`
      return this.keep(shape("path", { class: "wire", d: path }), operator.operation)
    })
    return [
      ...between,
      ...weights.flatMap((weight) => this.weight(weight, cy, r, plan, paint)),
      ...operators.map((operator) => this.operator(operator, cy, r)),
    ]
  }

  /** @param {import("./layout.js").Operator} operator @param {number} cy @param {number} r */
  operator({ operation, cx, w, sign, text }, cy, r) {
    const group = this.button(
      "operator",
      `${operation.kind}: ${operation.text.slice(0, 80)}`,
      () => this.does.visit(operation),
      shape("rect", { x: cx - w / 2, y: cy - r, width: w, height: 2 * r, rx: r }),
      shape("text", { class: text ? "" : "sign", x: cx, y: cy + 0.5 }, sign),
    )
    return this.keep(group, operation)
  }

  /** @param {import("./layout.js").Bead} bead @param {Plan} plan */
  bead({ value, x, y }, { k }) {
    const dot = shape("circle", {
      class: "bead",
      tabindex: 0,
      role: "button",
      cx: x,
      cy: y,
      r: 4.5 * k,
      "aria-label": labelOf(value),
      "data-value": value.ids[0],
    })
    for (const name of ["pointerenter", "focus"]) dot.addEventListener(name, () => this.does.peek(value))
    for (const name of ["pointerleave", "blur"]) dot.addEventListener(name, () => this.does.peek(null))
    dot.addEventListener("click", () => this.does.open(value))
    dot.addEventListener("keydown", (event) => {
      if (/** @type {KeyboardEvent} */ (event).key === "Enter") this.does.open(value)
    })
    return this.keep(dot, value.maker)
  }

  /**
   * A weight's name, and the dotted wire on which it enters.
   * @param {import("./layout.js").Weight} weight @param {number} cy of its operator @param {number} r @param {Plan} plan
   * @param {Paint} paint @returns {Element[]}
   */
  weight(weight, cy, r, { k }, paint) {
    const { operation, cx, y, w, h, below, over, title, dims, thumbnail } = weight
    const [nameSize, noteSize] = [thumbnail ? paint.note : paint.name, paint.note]
    const lines = thumbnail ? nameSize * 1.25 : nameSize * 1.25 + noteSize * 1.25
    const top = y - lines - 4 * k
    const text = (
      /** @type {string} */ name,
      /** @type {string} */ said,
      /** @type {number} */ at,
      /** @type {number} */ size,
    ) => shape("text", { class: name, "text-anchor": "middle", x: cx, y: at, style: `font-size:${size}px` }, said)
    const names = [text(thumbnail ? "shape" : "name", title, top + nameSize * 0.85, weight.nameSize)]
    if (!thumbnail) names.push(text("shape", dims, top + nameSize * 0.85 + noteSize * 1.3, noteSize))
    const at = this.plan?.blocks ? operatorOf(this.plan, operation) : null
    const x = at?.cx ?? cx
    const [path, tip] = over
      ? [
          `M${cx - w / 2 - 5} ${y + h / 2}H${x + 10 * k}Q${x} ${y + h / 2} ${x} ${y + h / 2 + 10 * k}V${cy - r - 7 * k}`,
          this.tip(x, cy - r - 1, 90, k),
        ]
      : below
        ? [
            `M${cx} ${top - 2}C${cx} ${(top + cy + r) / 2} ${x} ${(top + cy + r) / 2} ${x} ${cy + r + 8 * k}`,
            this.tip(x, cy + r + 1, -90, k),
          ]
        : [
            `M${cx} ${y + h + 3}C${cx} ${(y + h + cy - r) / 2} ${x} ${(y + h + cy - r) / 2} ${x} ${cy - r - 8 * k}`,
            this.tip(x, cy - r - 1, 90, k),
          ]
    const group = this.name(weight.value, dims, ...names)
    return [
      this.keep(shape("path", { class: "wire weight", d: path }), operation),
      this.keep(tip, operation),
      this.keep(group, operation),
    ]
  }

  /** @param {FoldedBlock} block @param {Words} words */
  folded({ cx, cy, w, h, label, operations }, words) {
    const told = words(label.key, label)
    const group = this.button(
      "operator folded",
      words("flow.enter", { part: told }),
      () => this.does.enter(operations, told),
      shape("rect", { x: cx - w / 2, y: cy - h / 2, width: w, height: h, rx: h / 2 }),
      shape("text", { x: cx, y: cy }, told),
    )
    return this.keep(group, operations[operations.length - 1])
  }
}

/** Where an operation's operator stands. @param {Plan} plan @param {Operation} operation */
function operatorOf({ blocks }, operation) {
  for (const block of blocks) {
    const found = block.kind === "operators" && block.operators.find((one) => one.operation === operation)
    if (found) return found
  }
  return null
}
