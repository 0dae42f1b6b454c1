// The gallery: cards in groups, searched and filtered as the reader types. Texts are set as text, never as HTML.

/**
 * @typedef {{id: string, title: string, summary: string, documents: number[], closed?: boolean, words?: string, text?: string}} Card
 * `words`: what a search looks at besides what is shown; `text`: all that it looks at, made when it first does
 * @typedef {{groups: {name: string, title: string, cards: Card[]}[], labels: Record<string, string>}} Data
 * @typedef {{search: string, group: string, list: HTMLElement, data: Data, open: (layer: string) => void}} State
 */

/** @type {WeakMap<Element, State>} */
const states = new WeakMap()

/**
 * Make an element with a class, text and children.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag @param {string} [className] @param {string} [text] @param {Element[]} [children]
 */
function make(tag, className, text, children = []) {
  const element = document.createElement(tag)
  if (className) element.className = className
  if (text) element.textContent = text
  element.append(...children)
  return element
}

/**
 * Whether every word of the search, or what it has in common with its other forms, begins a word of the card.
 * @param {Card} card @param {string[]} words
 */
function matches(card, words) {
  card.text ??=
    ` ${card.title} ${card.id} ${card.summary} ${card.documents.join(" ")} ${card.words ?? ""}`.toLowerCase()
  const { text } = card
  return words.every((word) => text.includes(word) || text.includes(` ${stem(word)}`))
}

/** "convolv" of convolve and convolves: without the endings that English words take. @param {string} word */
function stem(word) {
  return word.length > 4 ? word.replace(/(ing|ers?|ed|es|s|e)$/, "") : word
}

/** @param {Card} card @param {Data} data @param {State["open"]} open */
function drawCard(card, data, open) {
  const documents = card.documents.map((number) =>
    make("span", "document", data.labels.document.replace("{number}", String(number))),
  )
  const parts = [make("span", "title", card.title), make("span", "summary", card.summary)]
  if (documents.length) parts.push(make("span", "documents", "", documents))
  if (card.closed) return make("li", "", "", [make("div", "card closed", "", parts)])
  const link = make("a", "card", "", parts)
  link.href = `explore?layer=${encodeURIComponent(card.id)}`
  link.dataset.layer = card.id
  link.onclick = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return
    event.preventDefault()
    open(card.id)
  }
  return make("li", "", "", [link])
}

/** @param {State} state */
function drawGroups(state) {
  const { data, search, group, list, open } = state
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  const sections = []
  for (const { name, title, cards } of data.groups) {
    const found = group && group !== name ? [] : cards.filter((card) => matches(card, words))
    if (!found.length) continue
    const heading = make("h2", "", title, [make("span", "count", String(found.length))])
    sections.push(
      make("section", "", "", [
        heading,
        make(
          "ul",
          "grid",
          "",
          found.map((card) => drawCard(card, data, open)),
        ),
      ]),
    )
  }
  list.replaceChildren(...(sections.length ? sections : [make("p", "none", data.labels.none)]))
}

/** @param {{data: Data, parentElement: ShadowRoot, setTriggerValue(name: string, value: unknown): void}} component */
export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".shelf")
  if (!root) return
  const open = (/** @type {string} */ layer) => setTriggerValue("open", layer)
  const state = { search: "", group: "", list: make("div"), ...states.get(root), data, open }
  states.set(root, state)
  const input = make("input")
  input.type = "search"
  input.value = state.search
  input.placeholder = data.labels.search
  input.setAttribute("aria-label", data.labels.search)
  input.oninput = () => {
    state.search = input.value
    drawGroups(state)
  }
  const chips = data.groups.map(({ name, title }) => {
    const chip = make("button", "chip", title)
    chip.type = "button"
    chip.setAttribute("aria-pressed", String(state.group === name))
    chip.onclick = () => {
      state.group = state.group === name ? "" : name
      for (const other of chips) other.setAttribute("aria-pressed", String(other === chip && state.group === name))
      drawGroups(state)
    }
    return chip
  })
  const focused = root.contains(parentElement.activeElement ?? null)
  root.replaceChildren(make("div", "bar", "", [input, make("div", "chips", "", chips)]), state.list)
  if (focused) input.focus()
  drawGroups(state)
}
