// What a tensor's values amount to, counted where they are drawn. Nothing here draws.

/**
 * The figures that Python tells of tensors it does not send whole.
 * @param {ArrayLike<import("../core/format.js").Value>} values @param {ArrayLike<number>|null} numbers null for text
 * @param {number} cells @returns {import("../types.js").Statistics}
 */
export function statisticsOf(values, numbers, cells) {
  const figures = {
    cells,
    minimum: null,
    maximum: null,
    mean: null,
    rms: null,
    zeros: 0,
    nan: 0,
    positive_infinite: 0,
    negative_infinite: 0,
  }
  if (!numbers || !cells) return figures
  let [least, most, sum, squares, finite] = [-1, -1, 0, 0, 0]
  for (let at = 0; at < cells; at++) {
    const number = numbers[at]
    if (number === 0) figures.zeros += 1
    if (Number.isNaN(number)) figures.nan += 1
    else if (number === Infinity) figures.positive_infinite += 1
    else if (number === -Infinity) figures.negative_infinite += 1
    else {
      finite += 1
      sum += number
      squares += number * number
      if (least < 0 || values[at] < values[least]) least = at
      if (most < 0 || values[at] > values[most]) most = at
    }
  }
  if (!finite) return figures
  return {
    ...figures,
    minimum: plain(values[least]),
    maximum: plain(values[most]),
    mean: sum / finite,
    rms: Math.sqrt(squares / finite),
  }
}

/** A small whole number is a number, as in Python's message. @param {import("../core/format.js").Value} value */
function plain(value) {
  return typeof value === "bigint" && (value > 2n ** 53n || value < -(2n ** 53n)) ? value : Number(value)
}
