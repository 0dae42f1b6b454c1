// Every layer in rows, grouped; what is searched is one list, the best first. Texts are set as text, never as HTML.

import { make } from "./cells.js"

/**
 * @typedef {{id: string, title: string, summary: string, source: string, names: string, words: string, href: string, closed?: boolean}} Card
 * `names`: what the layer is called, `words`: what is said about it; both as a search looks at them
 * @typedef {{groups: {name: string, title: string, cards: Card[]}[], labels: Record<string, string>}} Data
 * @typedef {{search: string, group: string, list: HTMLElement, data: Data, open: (layer: string) => void}} State
 */

/** @type {WeakMap<Element, State>} */
const states = new WeakMap()

/** The endings that English words take: "convolv" of convolve and convolves. */
const STEM = /(ing|ers?|ed|es|s|e)$/

/** Whether a word of a text begins as a searched one does. Korean writes words together. @param {string} token @param {string} text */
function begins(token, text) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what is no ASCII
  if (/[^\x00-\x7f]/.test(token)) return text.includes(token)
  return ` ${text}`.includes(` ${token}`) || (token.length > 4 && ` ${text}`.includes(` ${token.replace(STEM, "")}`))
}

/** How well a search fits a card, as `rank` of search.py says; -1: a word is missing. @param {Card} card @param {string[]} tokens */
function rank({ names, words }, tokens) {
  let worth = 0
  for (const token of tokens) {
    if (begins(token, names)) worth += 2
    else if (!begins(token, words)) return -1
  }
  return worth
}

/** @param {Card} card @param {State["open"]} open */
function drawRow(card, open) {
  const parts = [make("span", "title", card.title), make("span", "summary", card.summary)]
  if (card.source) parts.push(make("span", "source", card.source))
  if (card.closed) return make("li", "", "", [make("div", "row closed", "", parts)])
  const link = make("a", "row", "", parts)
  link.href = card.href
  link.dataset.layer = card.id
  link.title = card.summary
  link.onclick = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return
    event.preventDefault()
    open(card.id)
  }
  return make("li", "", "", [link])
}

/** @param {string} title @param {Card[]} cards @param {State["open"]} open @param {boolean} few whether each row may be long */
function drawGroup(title, cards, open, few) {
  const rows = cards.map((card) => drawRow(card, open))
  const heading = make("h2", "", title, [make("span", "count", String(cards.length))])
  return make("section", "", "", [heading, make("ul", few ? "rows few" : "rows", "", rows)])
}

/** @param {State} state */
function drawGroups({ data, search, group, list, open }) {
  const tokens = search.toLowerCase().split(/\s+/).filter(Boolean)
  const groups = data.groups.filter(({ name }) => !group || group === name)
  if (!tokens.length) {
    list.replaceChildren(...groups.map(({ title, cards }) => drawGroup(title, cards, open, false)))
    return
  }
  const found = groups
    .flatMap(({ cards }) => cards.map((card) => ({ card, worth: rank(card, tokens) })))
    .filter(({ worth }) => worth >= 0)
    .sort((one, other) => other.worth - one.worth || one.card.title.length - other.card.title.length)
  list.replaceChildren(
    found.length
      ? drawGroup(
          data.labels.found,
          found.map(({ card }) => card),
          open,
          true,
        )
      : make("p", "none", data.labels.none),
  )
}

/** @param {{data: [Data], parentElement: ShadowRoot, setTriggerValue(name: string, value: unknown): void}} component */
export default function ({ data: [data], parentElement, setTriggerValue }) {
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
