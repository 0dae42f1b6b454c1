// Small helpers to make elements. Text is always set as text, never as HTML.

/** @typedef {string|number|boolean|null|undefined|((event: Event) => unknown)} Attribute */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag @param {Record<string, Attribute>} [attributes] "on…" are listeners, null and false are left out
 * @param {...(Node|string|null)} children
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name.slice(2), value)
    else if (value !== null && value !== false && value !== undefined)
      made.setAttribute(name, value === true ? "" : String(value))
  }
  made.append(...children.filter((child) => child !== null))
  return made
}

const ICONS = {
  in: "M7 3v8M3 7h8",
  out: "M3 7h8",
  all: "M2.5 5V2.5H5M9 2.5h2.5V5M11.5 9v2.5H9M5 11.5H2.5V9",
  table: "M2 3h10v8H2zM2 5.8h10M2 8.4h10M5.6 3v8",
  copy: "M5 5h6.5v6.5H5zM9 5V2.5H2.5V9H5",
  more: "M7 2.5v6M4.5 6 7 8.5 9.5 6M2.5 11.5h9",
}

/** @param {keyof typeof ICONS} name @returns {SVGElement} */
export function icon(name) {
  return drawing(ICONS[name])
}

/** @param {string} path in a square of 14 @returns {SVGElement} */
export function drawing(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg")
  svg.setAttribute("viewBox", "0 0 14 14")
  svg.setAttribute("aria-hidden", "true")
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path")
  line.setAttribute("d", path)
  svg.append(line)
  return svg
}

/**
 * Set a text only where it differs, so that screen readers are not told twice.
 * @param {Node} node @param {string} text
 */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text
}

/**
 * Make `children` the children of `parent`, touching only what differs: a moved node would lose its focus.
 * @param {Element} parent @param {Element[]} children
 */
export function reconcile(parent, children) {
  for (const old of [...parent.children]) if (!children.includes(old)) old.remove()
  children.forEach((child, at) => {
    if (parent.children[at] !== child) parent.insertBefore(child, parent.children[at] ?? null)
  })
}

/** The element that has the focus among those around a node. @param {Node} node */
export function focusedNear(node) {
  const root = /** @type {Document|ShadowRoot} */ (node.getRootNode())
  return /** @type {HTMLElement|null} */ (root.activeElement ?? null)
}

/**
 * The first element that a selector finds.
 * @param {ParentNode} root @param {string} selector @returns {HTMLElement|null}
 */
export function find(root, selector) {
  return root.querySelector(selector)
}

/** What draws on a canvas. @param {HTMLCanvasElement} canvas */
export function penOf(canvas) {
  return /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")) // null only where it was asked for another kind
}

/**
 * What a map holds under a key: made when it is first asked for.
 * @template K, V @param {{get(key: K): V|undefined, set(key: K, value: V): unknown}} map @param {K} key @param {() => V} make
 * @returns {V}
 */
export function kept(map, key, make) {
  const found = map.get(key)
  if (found !== undefined) return found
  const made = make()
  map.set(key, made)
  return made
}

/** Hand a file to the reader. @param {string} name @param {Blob} blob */
export function save(name, blob) {
  const address = URL.createObjectURL(blob)
  const link = element("a", { href: address, download: name })
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 10_000)
}

/** Draw at most once a frame. @param {() => void} draw @returns {() => void} */
export function onceAFrame(draw) {
  let asked = 0
  return () => {
    if (asked) return
    asked = requestAnimationFrame(() => {
      asked = 0
      draw()
    })
  }
}
