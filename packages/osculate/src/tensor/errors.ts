/** Shapes that do not fit an operation. The message names the operation, the tensors and their shapes. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

/** Element types that do not fit an operation. */
export class DTypeError extends Error {
  override readonly name = 'DTypeError';
}

/** A derivative that does not exist or cannot be reached. */
export class DerivativeError extends Error {
  override readonly name = 'DerivativeError';
}

/** A malformed argument, file or value; the message says what, where and what to do. */
export class InputError extends Error {
  override readonly name = 'InputError';
}
