import { referenceBuffer } from '../../compile/evaluate.js';
import type { Program } from '../../compile/program.js';
import { checkObject } from '../../tensor/check-value.js';
import { type AnyTypedArray, allocate, type DType, holds } from '../../tensor/dtype.js';
import { InputError } from '../../tensor/errors.js';
import type { BufferFunction, ReferenceBuffer, Tensor } from '../../tensor/ir.js';
import { inputName } from '../../tensor/leaf.js';
import type { NDArray } from '../../tensor/ndarray.js';
import type { Executable, ExecutionReport, Feeds, Results } from '../executor.js';
import { bind, checkFeeds, checkNames } from '../feeds.js';

/** A program of the reference executor. Besides `run` it can be called synchronously, and without any allocation. */
export interface ReferenceExecutable<Name extends string = string> extends Executable<Name> {
  /** `run` without the promise. */
  runSync(feeds: Feeds): Results<Name>;
  /**
   * For inner loops: fixes the arrays that are read and written, and returns a function that reads the inputs' present
   * values and overwrites all outputs in place, without allocating. Feeds are checked once, here (plain numbers are copied, so that only
   * typed arrays and arrays with shape may change later); outputs must be typed
   * arrays of their dtype and size that overlap neither an input nor each other (InputError).
   */
  bind(feeds: Feeds, outputs: Readonly<Record<string, AnyTypedArray>>): () => void;
}

/** True for dtypes that the executor stores as they are at the boundary. */
function storedAsIs(dtype: DType): boolean {
  return dtype !== 'f32' && dtype !== 'i64';
}

function copyIn(from: AnyTypedArray, to: ReferenceBuffer): void {
  for (let i = 0; i < to.length; i++) to[i] = Number(from[i]);
}

function copyOut(dtype: DType, from: ReferenceBuffer, to: AnyTypedArray): void {
  if (dtype !== 'i64') (to as Float32Array).set(from);
  else for (let i = 0; i < from.length; i++) (to as BigInt64Array)[i] = BigInt(from[i]!);
}

function checkOutput(name: string, t: Tensor, array: AnyTypedArray | undefined): AnyTypedArray {
  if (array && holds(array, t.dtype) && array.length === t.size) return array;
  const got = array === undefined ? 'nothing' : `a ${array.constructor.name} of length ${array.length}`;
  throw new InputError(`bind: output "${name}" is ${t.dtype} with ${t.size} elements, but was given ${got}`);
}

function overlap(a: AnyTypedArray, b: AnyTypedArray): boolean {
  if (a.buffer !== b.buffer) return false;
  return a.byteOffset < b.byteOffset + b.byteLength && b.byteOffset < a.byteOffset + a.byteLength;
}

/** Loads a prepared program: checks feeds and converts between the boundary's arrays and float64 buffers. */
export class LoadedProgram<Name extends string = string> implements ReferenceExecutable<Name> {
  private readonly names: readonly string[];
  private readonly results: readonly (readonly [string, Tensor])[];
  private readonly inputs: ReferenceBuffer[];
  private compute: BufferFunction | null;

  constructor(
    readonly program: Program<Name>,
    readonly report: ExecutionReport,
    compute: BufferFunction,
    private readonly onDispose: () => void,
  ) {
    this.compute = compute;
    this.names = program.inputs.map(inputName);
    this.results = Object.entries(program.outputs);
    this.inputs = program.inputs.map((t) => referenceBuffer(t.dtype, storedAsIs(t.dtype) ? 0 : t.size));
  }

  async run(feeds: Feeds): Promise<Results<Name>> {
    return this.runSync(feeds);
  }

  runSync(feeds: Feeds): Results<Name> {
    const compute = this.ready();
    const buffers = this.load(this.bound(feeds));
    const wide = this.results.map(([, t]) => referenceBuffer(t.dtype, t.size));
    compute(buffers, wide);
    const results: Results = Object.fromEntries(this.results.map(([name, t], i) => [name, this.narrow(t, wide[i]!)]));
    return results;
  }

  bind(feeds: Feeds, outputs: Readonly<Record<string, AnyTypedArray>>): () => void {
    this.ready();
    const bound = this.bound(feeds);
    checkObject('bind: the outputs', outputs);
    const targets = this.results.map(([name, t]) =>
      checkOutput(name, t, Object.hasOwn(outputs, name) ? outputs[name] : undefined),
    );
    targets.forEach((target, i) => {
      if ([...bound, ...targets.slice(0, i)].some((other) => overlap(target, other)))
        throw new InputError(`bind: the array for output "${this.results[i]![0]}" overlaps another; give it its own`);
    });
    const wide = this.results.map(([, t], i) =>
      storedAsIs(t.dtype) ? (targets[i] as ReferenceBuffer) : referenceBuffer(t.dtype, t.size),
    );
    const { results } = this;
    return () => {
      const compute = this.ready();
      compute(this.load(bound), wide);
      for (let i = 0; i < wide.length; i++) {
        if (wide[i] !== targets[i]) copyOut(results[i]![1].dtype, wide[i]!, targets[i]!);
      }
    };
  }

  async dispose(): Promise<void> {
    this.compute = null;
    this.onDispose();
  }

  private ready(): BufferFunction {
    if (this.compute === null) throw new InputError('run: the program has been disposed of; load it again');
    return this.compute;
  }

  /** A fresh float64 buffer as an array of the tensor's dtype. */
  private narrow({ dtype, shape, size }: Tensor, wide: ReferenceBuffer): NDArray {
    if (storedAsIs(dtype)) return { dtype, shape, data: wide as AnyTypedArray };
    const data = allocate(dtype, size);
    copyOut(dtype, wide, data);
    return { dtype, shape, data };
  }

  private bound(feeds: Feeds): AnyTypedArray[] {
    if (typeof feeds !== 'object' || feeds === null) checkFeeds(feeds);
    const bound = this.program.inputs.map((t, i) => bind(t, feeds, this.names[i]));
    if (Object.keys(feeds).length !== this.names.length) checkNames(this.program, feeds);
    return bound;
  }

  /** The inputs as float64 buffers: the arrays themselves where they are that already. */
  private load(bound: readonly AnyTypedArray[]): readonly ReferenceBuffer[] {
    this.program.inputs.forEach((t, i) => {
      if (storedAsIs(t.dtype)) this.inputs[i] = bound[i] as ReferenceBuffer;
      else copyIn(bound[i]!, this.inputs[i]!);
    });
    return this.inputs;
  }
}
