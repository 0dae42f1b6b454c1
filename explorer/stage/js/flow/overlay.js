// A figure that takes no operation over: it only shows something on what the stage draws.

/** @import { Figure } from "./scene.js" */

/**
 * @param {string} name
 * @param {Pick<Figure, "under"|"over"|"hatches"|"tells">} [shows] what it draws, and what it says of that
 * @returns {Figure}
 */
export function overlay(name, shows = {}) {
  return {
    name,
    rank: 0,
    wires: true,
    claims: () => [],
    size: () => ({ w: 0, h: 0 }),
    draw: () => {},
    text: () => "",
    ...shows,
  }
}
