// What an operation is given and what it makes: all that the tape and its kernels know of each other. Nothing here draws.

/**
 * @import { Numbers } from "../numbers.js"
 *
 * @typedef {object} Operand a tensor with its numbers; the array stays the same one as long as the tape is there
 * @property {string} dtype @property {number[]} shape @property {Numbers} data
 * @property {boolean} constant whether no leaf reaches it
 *
 * @typedef {object} Attributes TensorFlow's, of all operations that are known here
 * @property {number} [axis] @property {number} [batch_dims] @property {number} [alpha] @property {number[]} [boundaries]
 * @property {string} [data_format] @property {string} [padding] @property {number[]} [explicit_paddings]
 * @property {number[]} [strides] @property {number[]} [dilations] @property {number[]} [ksize]
 * @property {string} [equation] @property {boolean} [transpose_a] @property {boolean} [transpose_b]
 * @property {boolean} [adj_x] @property {boolean} [adj_y] @property {boolean} [exclusive] @property {boolean} [reverse]
 * @property {number} [begin_mask] @property {number} [end_mask] @property {number} [ellipsis_mask]
 * @property {number} [new_axis_mask] @property {number} [shrink_axis_mask] @property {string} [mode]
 * @property {boolean} [align_corners] @property {boolean} [half_pixel_centers] @property {string} [fill_mode]
 * @property {string} [interpolation] @property {boolean} [binary_output]
 *
 * @typedef {object} Context
 * @property {string} kind @property {Operand[]} inputs @property {Operand[]} outputs @property {Attributes} attributes
 *
 * @typedef {(position: number) => Float64Array|null} Want where an input's gradient is added up; null if nobody asks for it
 * @typedef {(gradients: Float64Array[], want: Want) => void} Back from the gradients of the outputs to those of the inputs;
 * an output that nothing came back to has an empty one
 *
 * @typedef {object} Made
 * @property {() => void} run computes the outputs' numbers from the inputs'
 * @property {Back} [back] there is none where TensorFlow passes no gradient
 * @property {() => string} [fault] why TensorFlow would refuse the numbers that the inputs hold; "" if it would not
 *
 * @typedef {(context: Context) => Made} Kernel throws where it cannot do what it is asked for
 * @typedef {[kind: string, kernel: Kernel][]} Kernels
 */

/** The numbers of an operand that decides about shapes and places. @param {Operand} operand @param {string} what */
export function fixed({ constant, data }, what) {
  if (!constant) throw new Error(`${what} is computed`)
  return Array.from(data)
}
