// Stands in the HTML of a copy, before the one call of `start`: opens what is packed beside it, and draws.

/** What was packed. @param {string} text base64 of gzip @returns {Promise<Uint8Array<ArrayBuffer>>} */
async function opened(text) {
  const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))
  return text ? new Uint8Array(await new Response(stream).arrayBuffer()) : packed
}

/**
 * @param {string} identity @param {number} wait milliseconds before it begins
 * @param {string} code @param {string[]} messages packed
 */
// biome-ignore lint/correctness/noUnusedVariables: the line that calls it is written by Python
async function start(identity, wait, code, ...messages) {
  await new Promise((done) => setTimeout(done, wait))
  const place = document.querySelector(`[data-layer-explorer="${identity}"]:not([data-taken])`)
  if (!(place instanceof HTMLElement)) return
  place.dataset.taken = ""
  const address = URL.createObjectURL(new Blob([await opened(code)], { type: "text/javascript" }))
  try {
    const { page } = await import(address)
    page(place, identity, ...(await Promise.all(messages.map(opened))))
  } catch (error) {
    place.append(String(error))
  } finally {
    URL.revokeObjectURL(address)
  }
}
