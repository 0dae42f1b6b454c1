// The style sheets of an entry, fetched once and shared by all its mounts.

import { kept } from "./dom.js"

/** @type {Map<string, Promise<CSSStyleSheet>>} */
const sheets = new Map()

/**
 * Without its style a stage would flash unstyled, so the first drawing waits for it.
 * @param {Node} parent @param {string[]} names paths below `js`
 */
export async function styled(parent, names) {
  const root = /** @type {Document|ShadowRoot} */ (parent.getRootNode())
  const styles = await Promise.all(names.map(sheet))
  const missing = styles.filter((style) => !root.adoptedStyleSheets.includes(style))
  if (missing.length) root.adoptedStyleSheets = [...root.adoptedStyleSheets, ...missing]
}

/** A style sheet that need not be fetched. @param {string} name path below `js` @param {string} text */
export function given(name, text) {
  sheets.set(name, Promise.resolve(sheetOf(text)))
}

/** @param {string} name */
function sheet(name) {
  return kept(sheets, name, () =>
    load(name).catch((error) => {
      sheets.delete(name)
      throw error
    }),
  )
}

/** Fetch a style sheet; what could not be had is asked for again. @param {string} name */
async function load(name) {
  for (let pause = 250; ; pause *= 2) {
    try {
      const answer = await fetch(new URL(`../${name}`, import.meta.url))
      if (!answer.ok) throw new Error(`${name}: ${answer.status}`)
      return sheetOf(await answer.text())
    } catch (error) {
      if (pause > 10_000) throw error
      await new Promise((done) => setTimeout(done, pause))
    }
  }
}

/** @param {string} text */
function sheetOf(text) {
  const style = new CSSStyleSheet()
  style.replaceSync(text)
  return style
}
