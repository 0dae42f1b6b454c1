// The entry: Streamlit calls the default export at every change of data or theme, with the same parent element.

import { Stage } from "./stage.js"

/** @type {WeakMap<object, Stage>} */
const stages = new WeakMap()
let sheet = null

/** @param {{data: Uint8Array, parentElement: ShadowRoot, setTriggerValue: Function}} component */
export default async function mount(component) {
  const { parentElement } = component
  await styled(parentElement)
  if (!stages.has(parentElement)) stages.set(parentElement, new Stage(parentElement))
  stages.get(parentElement).update(component)
  return () => {
    stages.get(parentElement)?.close()
    stages.delete(parentElement)
  }
}

/** Without its style a stage would flash unstyled, so the first drawing waits for it. */
async function styled(parent) {
  const root = parent.getRootNode()
  sheet ??= load()
  const style = await sheet.catch((error) => {
    sheet = null
    throw error
  })
  if (!root.adoptedStyleSheets.includes(style)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, style]
}

async function load() {
  const answer = await fetch(new URL("./stage.css", import.meta.url))
  if (!answer.ok) throw new Error(`stage.css: ${answer.status}`)
  const style = new CSSStyleSheet()
  style.replaceSync(await answer.text())
  return style
}
