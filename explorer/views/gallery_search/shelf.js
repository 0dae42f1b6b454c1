// The gallery: cards in groups, searched and filtered as the reader types. Texts are set as text, never as HTML.

const states = new WeakMap()

/** Make an element with a class, text and children. */
function make(tag, className, text, children = []) {
  const element = document.createElement(tag)
  if (className) element.className = className
  if (text) element.textContent = text
  element.append(...children)
  return element
}

/** Whether every word of the search, or what it has in common with its other forms, begins a word of the card. */
function matches(card, words) {
  card.text ??= ` ${card.title} ${card.id} ${card.summary} ${card.documents.join(" ")} ${card.words ?? ""}`.toLowerCase()
  return words.every((word) => card.text.includes(word) || card.text.includes(` ${stem(word)}`))
}

/** "convolv" of convolve and convolves: without the endings that English words take. */
function stem(word) {
  return word.length > 4 ? word.replace(/(ing|ers?|ed|es|s|e)$/, "") : word
}

function drawCard(card, data, open) {
  const documents = card.documents.map((number) => make("span", "document", data.labels.document.replace("{number}", number)))
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

function drawGroups(state) {
  const { data, search, group, list, open } = state
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  const sections = []
  for (const { name, title, cards } of data.groups) {
    const found = group && group !== name ? [] : cards.filter((card) => matches(card, words))
    if (!found.length) continue
    const heading = make("h2", "", title, [make("span", "count", String(found.length))])
    sections.push(make("section", "", "", [heading, make("ul", "grid", "", found.map((card) => drawCard(card, data, open)))]))
  }
  list.replaceChildren(...(sections.length ? sections : [make("p", "none", data.labels.none)]))
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const root = parentElement.querySelector(".shelf")
  const state = states.get(root) ?? { search: "", group: "" }
  states.set(root, state)
  state.data = data
  state.open = (layer) => setTriggerValue("open", layer)
  state.list ??= make("div")
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
