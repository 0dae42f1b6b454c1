// The form that all messages have: of `explorer.stage.pack.assemble`. Nothing here draws.

/**
 * A message's header, and where its arrays start: u32 length of the header | JSON | padding to 8 | arrays.
 * @param {import("../types.js").Bytes} bytes @returns {{header: any, start: number}}
 */
export function opened(bytes) {
  const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true)
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)))
  return { header, start: Math.ceil((4 + length) / 8) * 8 }
}
