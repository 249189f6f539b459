import { InvalidArgumentError } from 'commander';

/** A number above 0. @throws InvalidArgumentError */
export function positive(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value > 0 && Number.isFinite(value)))
    throw new InvalidArgumentError('It must be a positive number.');
  return value;
}

/** A whole number, 0 or more. @throws InvalidArgumentError */
export function natural(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value) || value < 0) {
    throw new InvalidArgumentError('It must be a whole number, 0 or more.');
  }
  return value;
}

/** A number of threads of ONNX Runtime. @throws InvalidArgumentError */
export function threadCount(text: string): number {
  const value = natural(text);
  if (value < 1 || value > 256) throw new InvalidArgumentError('It must be between 1 and 256.');
  return value;
}

/** How many values a search tries. @throws InvalidArgumentError */
export function trialCount(text: string): number {
  const value = natural(text);
  if (value < 2 || value > 15) throw new InvalidArgumentError('It must be between 2 and 15.');
  return value;
}
