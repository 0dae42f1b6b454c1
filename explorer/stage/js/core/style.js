// The style sheets of an entry, fetched once and shared by all its mounts.

const sheets = new Map()

/** Without its style a stage would flash unstyled, so the first drawing waits for it. @param {string[]} names paths below `js` */
export async function styled(parent, names) {
  const root = parent.getRootNode()
  const styles = await Promise.all(names.map(sheet))
  const missing = styles.filter((style) => !root.adoptedStyleSheets.includes(style))
  if (missing.length) root.adoptedStyleSheets = [...root.adoptedStyleSheets, ...missing]
}

function sheet(name) {
  if (!sheets.has(name)) {
    sheets.set(name, load(name).catch((error) => {
      sheets.delete(name)
      throw error
    }))
  }
  return sheets.get(name)
}

async function load(name) {
  const answer = await fetch(new URL(`../${name}`, import.meta.url))
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`)
  const style = new CSSStyleSheet()
  style.replaceSync(await answer.text())
  return style
}
