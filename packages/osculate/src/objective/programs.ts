import { grad } from '../autodiff/index.js';
import { compile, costOf, type Program } from '../compile/index.js';
import type { AheadSource } from '../data/ahead.js';
import { type Field, type RowSource, type Rows, sameRows } from '../data/source.js';
import type { Vector } from '../linalg/vectors.js';
import { disposeAll } from '../runtime/dispose-all.js';
import type { Executable, Executor, Feeds } from '../runtime/index.js';
import { bytesOf } from '../tensor/dtype.js';
import { InputError, ShapeError } from '../tensor/errors.js';
import { topological } from '../tensor/graph.js';
import type { Tensor } from '../tensor/ir.js';
import { inputName } from '../tensor/leaf.js';
import type { NDArray } from '../tensor/ndarray.js';
import type { ParameterLayout } from '../tensor/parameters.js';
import { leaves, type Tree } from '../tensor/tree.js';
import { type Mask, maskPrefix, masksOf } from './application.js';
import { HeldValues } from './held-values.js';
import { LastRead } from './last-read.js';
import { drawnField } from './loss-of-rows.js';
import { NextRows } from './next-rows.js';
import type { At, Batch, Build, Named, Objective, Results } from './objective.js';
import { batchRows, chunks, passes, RowSets } from './rows.js';
import { type Runner, SplitPrograms } from './split-programs.js';
import { WorkCounter } from './work-counter.js';

/** What an objective's programs run on and how much at once. */
export interface RunOptions {
  /** What runs the programs. */
  readonly executor: Executor;
  /** Most rows in one run of a program (default 1000): more are accumulated in chunks. */
  readonly chunk?: number;
  /**
   * Bytes of values that runs at one point have in common and that are kept from the third run on (see `At`); default: as much as 8 vectors
   * of parameters, at least 256 MiB. 0 keeps nothing.
   */
  readonly held?: number;
}

/** A loss over rows as graphs. */
export interface ProgramParts extends Required<Pick<RunOptions, 'executor' | 'chunk'>>, Pick<RunOptions, 'held'> {
  readonly layout: ParameterLayout;
  readonly weightDecay: number;
  readonly source: RowSource & Partial<AheadSource>;
  /** The symbols of a batch of so many rows with these fields; parameters are inputs named "parameters." and their name. */
  readonly batch: (rows: number, fields: Named<Field>) => Batch;
}

interface Compiled {
  readonly program: Program;
  readonly flops: number;
}

/** 256 MiB: the activations of some batches. */
const leastHeld = 2 ** 28;
const vectorsHeld = 8;

const noFields: Named<Field> = {};
const noData: Named<NDArray> = {};

/** Programs of a batch by name, number of rows and fields, compiled and loaded on first use: the only place that loads programs of an objective. */
class BatchPrograms {
  private readonly batches = new Map<string, Batch>();
  private readonly compiled = new Map<string, Compiled>();
  private readonly loaded = new Map<Program, Promise<Executable>>();
  private readonly iterationFlops = new Map<string, number>();

  constructor(private readonly parts: ProgramParts) {}

  batch(rows: number, others: Named<Field> = noFields): Batch {
    const key = batchKey(rows, others);
    let batch = this.batches.get(key);
    if (batch === undefined) {
      batch = this.parts.batch(rows, { ...this.parts.source.fields, ...others });
      this.batches.set(key, batch);
    }
    return batch;
  }

  compile(name: string, build: Build, rows: number, others: Named<Field> = noFields): Compiled {
    const key = `${name}/${batchKey(rows, others)}`;
    let entry = this.compiled.get(key);
    if (entry === undefined) {
      const program = compile(build(this.batch(rows, others)));
      const { flops, flopsPerIteration } = costOf(program.outputs);
      entry = { program, flops };
      this.compiled.set(key, entry);
      this.iterationFlops.set(`${name}/${rows}`, flopsPerIteration);
    }
    return entry;
  }

  load(program: Program): Promise<Executable> {
    let executable = this.loaded.get(program);
    if (executable === undefined) {
      executable = this.parts.executor.load(program);
      this.loaded.set(program, executable);
      // A failure may pass, as that of a busy device does: it is not kept.
      executable.catch(() => this.loaded.delete(program));
    }
    return executable;
  }

  /** Flops of one iteration of the data-dependent loops of a program that was compiled before. */
  flopsPerIteration(name: string, rows: number): number {
    return this.iterationFlops.get(`${name}/${rows}`) ?? 0;
  }

  async dispose(): Promise<void> {
    const executables = [...this.loaded.values()];
    this.loaded.clear();
    await disposeAll(executables);
  }
}

type MasksOfRows = (rows: Rows) => Named<NDArray>;

/** Makes masks of a draw, and keeps those of the rows that were asked for last: gradient, trial losses and products of a step ask for the same ones. */
function drawnMasks(masks: (rows: Rows) => readonly Mask[], draw: number): MasksOfRows {
  let last: { readonly rows: Rows; readonly arrays: Named<NDArray> } | null = null;
  return (rows) => {
    // The rows are the objective's own copy, which nobody writes to.
    if (last === null || !sameRows(last.rows, rows)) last = { rows, arrays: masksOf(masks(rows), draw, rows) };
    return last.arrays;
  };
}

function batchKey(rows: number, others: Named<Field>): string {
  if (others === noFields) return String(rows);
  const shown = Object.entries(others).map(([name, { dtype, shape }]) => `${name} ${dtype} ${shape.join('x')}`);
  return `${rows} ${shown.join(', ')}`;
}

/** Feeds that stand for fields of the rows, or beside one for what is drawn. */
function fieldsIn({ fields }: RowSource, feeds: Feeds): Named<Field> {
  const names = Object.keys(feeds).filter((name) => Object.hasOwn(fields, drawnField(name) ?? name));
  if (names.length === 0) return noFields;
  return Object.fromEntries(
    names.map((name) => {
      const array = feeds[name];
      if (typeof array !== 'object' || array === null || !('shape' in array))
        throw new InputError(`objective: "${name}" stands for a field of the rows: give it a shape`);
      return [name, { dtype: array.dtype, shape: array.shape.slice(1) }];
    }),
  );
}

function lossAndGradient(batch: Batch): { loss: Tensor; gradient: Tree<Tensor> } {
  return { loss: batch.loss, gradient: grad(batch.loss, batch.weights, { unreachable: 'zero' }) };
}

function accumulate(layout: ParameterLayout, into: Vector, results: Results, weight: number): void {
  if (weight === 1) {
    layout.gather(results, 'gradient.', into);
    return;
  }
  for (const { name, offset, size } of layout.slots) {
    const part = results[`gradient.${name}`]!.data as Vector;
    for (let i = 0; i < size; i++) into[offset + i]! += weight * part[i]!;
  }
}

/** A vector in the layout's type: the same one where it is. @throws ShapeError for one of another length. */
function typed({ dtype, size }: ParameterLayout, vector: Vector): Vector {
  if (vector.length !== size) {
    throw new ShapeError(`objective: the vector has ${vector.length} elements and there are ${size} parameters`);
  }
  if (dtype === 'f32') return vector instanceof Float32Array ? vector : Float32Array.from(vector);
  return vector instanceof Float64Array ? vector : Float64Array.from(vector);
}

/** Runs programs on rows at a point: their inputs find their values in feeds, then in fields of the rows, then in parameters. */
function runnerFor(
  { source: { fields }, layout }: ProgramParts,
  reader: LastRead,
  name: string,
  vector: Vector,
  rows: Rows,
  feeds: Feeds,
  masks: MasksOfRows,
): Runner {
  return async (executable, known = {}) => {
    const names = executable.program.inputs.map(inputName);
    const drawn = names.some((input) => input.startsWith(maskPrefix)) ? masks(rows) : {};
    const given = (input: string): Feeds[string] | undefined =>
      own(known, input) ?? own(feeds, input) ?? own(drawn, input);
    const reads = names.some((input) => given(input) === undefined && Object.hasOwn(fields, input));
    const views = layout.views(typed(layout, vector), 'parameters.');
    const run = (data: Named<NDArray> | undefined): Promise<Results> => {
      const all: Record<string, Feeds[string]> = {};
      for (const input of names) {
        const value = given(input) ?? own(data ?? noData, input) ?? own(views, input);
        if (value === undefined) throw Object.hasOwn(fields, input) ? ungiven(input) : unfed(name, input);
        all[input] = value;
      }
      return executable.run(all);
    };
    return reads ? reader.with(rows, run) : run({});
  };
}

/** A value by a name that may be one of an object's own methods. */
const own = <T>(record: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined;

const ungiven = (field: string): InputError =>
  new InputError(
    `objective: the source of the rows gave no "${field}"; its \`read\` must give every one of its fields`,
  );

function unfed(name: string, input: string): InputError {
  return new InputError(
    `objective: the program "${name}" reads the input "${input}", which has no value; a model is a function of its parameters and inputs: apply it without a context whose masks or statistics are inputs (\`checkDeterminism\` tells more)`,
  );
}

/** Sums over chunks of rows, with the weight decay. */
function lossSums(
  { layout, weightDecay, chunk }: ProgramParts,
  run: Objective['run'],
  expect: Objective['expect'],
): Pick<Objective, 'value' | 'valueAndGradient'> {
  const penalty = (vector: Vector): number => {
    if (weightDecay === 0) return 0;
    let sum = 0;
    for (let i = 0; i < vector.length; i++) sum += vector[i]! * vector[i]!;
    return 0.5 * weightDecay * sum;
  };
  type Visit = (results: Results, share: number) => void;
  /** Runs a program on pieces of the rows, of which the next one is prepared meanwhile. */
  const inChunks = async (name: string, build: Build, vector: Vector, rows: Rows, visit: Visit) => {
    const pieces = [...chunks(rows, chunk)];
    for (const [i, piece] of pieces.entries()) {
      const running = run(name, build, vector, piece);
      if (i + 1 < pieces.length) expect?.(pieces[i + 1]!);
      visit(await running, piece.length / rows.length);
    }
  };
  return {
    value: async (vector, rows) => {
      let sum = 0;
      const add: Visit = ({ loss }, share) => {
        sum += Number(loss!.data[0]) * share;
      };
      await inChunks('value', (batch) => ({ loss: batch.loss }), vector, rows, add);
      return sum + penalty(vector);
    },
    valueAndGradient: async (vector, rows, into) => {
      const gradient = into && into !== vector ? typed(layout, into) : layout.zeros();
      // One chunk overwrites all.
      if (rows.length > chunk) gradient.fill(0);
      let sum = 0;
      await inChunks('gradient', lossAndGradient, vector, rows, (results, share) => {
        sum += Number(results.loss!.data[0]) * share;
        accumulate(layout, gradient, results, share);
      });
      if (weightDecay !== 0) for (let i = 0; i < gradient.length; i++) gradient[i]! += weightDecay * vector[i]!;
      return { value: sum + penalty(vector), gradient };
    },
  };
}

/** An objective over graphs of batches: what models on data and plain functions have in common. */
export function programObjective(parts: ProgramParts): Objective {
  const { layout, weightDecay, chunk, source } = parts;
  const total = source.rows;
  const programs = new BatchPrograms(parts);
  const splits = new SplitPrograms(parts.executor);
  // Of rows that do not fit into one run, the first piece is the next read.
  const next = new NextRows((rows) => source.expect?.([...chunks(rows, chunk)][0]!));
  const expect: Objective['expect'] = source.expect && ((rows) => next.expect(rows));
  const reader = new LastRead(source, () => next.begun());
  const limit = parts.held ?? Math.max(leastHeld, vectorsHeld * layout.size * bytesOf(layout.dtype));
  const work = new WorkCounter(() => {
    const size = Math.min(chunk, total);
    const { outputs } = compile(lossAndGradient(programs.batch(size)));
    return (costOf(outputs).flops / size) * total;
  });
  const masksIn = (rows: Rows): readonly Mask[] => programs.batch(rows.length).masks;
  let drawn = drawnMasks(masksIn, 0);
  const run: Objective['run'] = async (name, build, vector, numbers, feeds = {}) => {
    const rows = batchRows(numbers, total);
    const entry = programs.compile(name, build, rows.length, fieldsIn(source, feeds));
    work.add(entry.flops);
    const runner = runnerFor(parts, reader, name, vector, rows, feeds, drawn);
    return runner(await programs.load(entry.program));
  };
  const at: Objective['at'] = (vector) => {
    const held = new HeldValues(splits, limit);
    const sets = new RowSets();
    const parameters = typed(layout, vector);
    // Those of now, also after the next draw.
    const ownMasks = drawn;
    const runHeld: At['run'] = async (name, build, numbers, feeds = {}) => {
      const rows = batchRows(numbers, total);
      const others = fieldsIn(source, feeds);
      const entry = programs.compile(name, build, rows.length, others);
      const runner = runnerFor(parts, reader, name, parameters, rows, feeds, ownMasks);
      const varying = entry.program.inputs.map(inputName).filter((input) => Object.hasOwn(feeds, input));
      const key = `${name}/${sets.idOf(rows)}/${batchKey(rows.length, others)}`;
      const shared = await held.run(entry.program, key, varying, runner);
      work.add(shared?.flops ?? entry.flops);
      return shared?.results ?? runner(await programs.load(entry.program));
    };
    return passes({ objective, parameters, run: runHeld });
  };
  const objective: Objective = {
    layout,
    rows: total,
    weightDecay,
    chunk,
    notes: () => notesOf(programs.batch(Math.min(chunk, total)), chunk),
    ...lossSums(parts, run, expect),
    run,
    at,
    batch: (rows) => programs.batch(rows),
    sample: (outputs, generator) => programs.batch(outputs.shape[0]!).sample(outputs, generator),
    ...(expect && { expect }),
    draw: (number) => {
      if (programs.batch(Math.min(2, total)).masks.length > 0) drawn = drawnMasks(masksIn, number());
    },
    work: () => work.total(),
    countIterations: (name, rows, iterations) => {
      work.add(programs.flopsPerIteration(name, rows), iterations);
    },
    dispose: () => disposeAll([programs, splits]),
  };
  return objective;
}

/** Names the parameters that the loss does not reach, and what is held. */
function notesOf({ loss, weights, masks, statistics }: Batch, chunk: number): string[] {
  const reached = new Set(topological([loss]));
  const unreached = leaves(weights).filter(([, t]) => !reached.has(t.node));
  return [
    ...unreached.map(
      ([name]) =>
        `the loss does not depend on the parameter "${name}": its derivatives are zero, and it stays as it is`,
    ),
    ...(masks.length > 0
      ? [
          'dropout: every row has its mask, which is held from one draw to the next; values and derivatives are exact for it',
        ]
      : []),
    ...(statistics.length > 0 && reached.has(statistics[0]!.mean.node)
      ? [
          `batch normalisation: the statistics are those of the rows that are computed together, at most ${chunk}; derivatives of single rows hold them`,
        ]
      : []),
  ];
}
