/**
 * Shapes that do not fit an operation. The message names the operation, the tensors and their shapes.
 * @example
 * let message = '';
 * try {
 *   input('a', 'f32', [2]).add(input('b', 'f32', [3]));
 * } catch (error) {
 *   if (error instanceof ShapeError) message = error.message;
 * }
 * message.includes('[3]'); // true
 */
export class ShapeError extends Error {
  /** The name of the class, as errors have it. */
  override readonly name = 'ShapeError';
}

/**
 * Element types that do not fit an operation.
 * @example
 * let message = '';
 * try {
 *   input('a', 'f32', [2]).add(input('b', 'i32', [2]));
 * } catch (error) {
 *   if (error instanceof DTypeError) message = error.message;
 * }
 * message.includes('i32'); // true
 */
export class DTypeError extends Error {
  /** The name of the class, as errors have it. */
  override readonly name = 'DTypeError';
}

/**
 * A derivative that does not exist or cannot be reached.
 * @example
 * let message = '';
 * try {
 *   grad(input('x', 'f64', [2]).sum(), input('w', 'f64', [2]));
 * } catch (error) {
 *   if (error instanceof DerivativeError) message = error.message;
 * }
 * message.includes('w'); // true
 */
export class DerivativeError extends Error {
  /** The name of the class, as errors have it. */
  override readonly name = 'DerivativeError';
}

/**
 * A malformed argument, file or value; the message says what, where and what to do.
 * @example
 * let message = '';
 * try {
 *   ndarray('i32', [0.5]);
 * } catch (error) {
 *   if (error instanceof InputError) message = error.message;
 * }
 * message.includes('0.5'); // true
 */
export class InputError extends Error {
  /** The name of the class, as errors have it. */
  override readonly name = 'InputError';
}
