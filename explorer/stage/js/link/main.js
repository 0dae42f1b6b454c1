// A button that copies the address of the page, which holds the whole experiment.

import { element, setText } from "../core/dom.js"
import { styled } from "../core/style.js"

/** @typedef {{copy: string, copied: string, failed: string}} Said the button's words, and what it answers */

const ANSWERED_FOR = 2500

/** @param {{data: Said, parentElement: ShadowRoot}} component */
export default async function mount({ data, parentElement }) {
  await styled(parentElement, ["link/link.css"])
  const words = element("span", { class: "words" }, data.copy)
  const answer = element("span", { class: "answer", role: "status" })
  const button = element("button", { type: "button", onclick: copy }, words)
  const root = element("div", { class: "link" }, button, answer)
  let silence = 0

  async function copy() {
    const copied = await written(location.href)
    say(copied ? data.copied : data.failed)
  }

  /** @param {string} text */
  function say(text) {
    setText(answer, text)
    root.classList.add("answered")
    clearTimeout(silence)
    silence = setTimeout(() => {
      setText(answer, "")
      root.classList.remove("answered")
    }, ANSWERED_FOR)
  }

  parentElement.querySelector(".link")?.remove()
  parentElement.append(root)
  return () => {
    clearTimeout(silence)
    root.remove()
  }
}

/** @param {string} text @returns {Promise<boolean>} whether it lies on the clipboard */
async function written(text) {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false // without https a browser has no clipboard for pages, and it may refuse
  }
}
