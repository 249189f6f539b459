import type { Vector } from '../objective.js';
import { like, type Optimizer } from '../optimizer.js';
import { overwritable } from '../retired.js';
import { type GradientOptions, type GradientRule, type GradientState, gradientMethod } from './gradient-method.js';
import type { Segment } from './parameter-groups.js';

/** One pass of an update rule over elements `from` … `to` − 1 of all vectors. */
export interface Pass<K extends string> extends Segment {
  /** Number of this update, from 1. */
  readonly update: number;
  readonly gradient: Vector;
  readonly old: Vector;
  /** To be written. */
  readonly parameters: Vector;
  readonly before: Readonly<Record<K, Vector>>;
  /** To be written. */
  readonly after: Readonly<Record<K, Vector>>;
}

/** A method that treats every element by itself and whose state is vectors of the parameters' length that start as zeros. */
export interface ElementwiseRule<K extends string>
  extends Pick<GradientRule<Readonly<Record<K, Vector>>>, 'name' | 'defaults' | 'settings'> {
  readonly vectors: readonly K[];
  pass(pass: Pass<K>): void;
}

/** A record of one value a name. */
function byName<K extends string, T>(names: readonly K[], make: (name: K) => T): Record<K, T> {
  return Object.fromEntries(names.map((name) => [name, make(name)])) as Record<K, T>;
}

/** Makes an optimizer of an elementwise rule. Memory: one vector for each of the rule's, beside the parameters. */
export function elementwiseMethod<K extends string>(
  rule: ElementwiseRule<K>,
  options: GradientOptions,
): Optimizer<GradientState<Readonly<Record<K, Vector>>>> {
  const { vectors, pass, ...rest } = rule;
  return gradientMethod(
    {
      ...rest,
      leavesGradient: true,
      init: (parameters) => byName(vectors, () => like(parameters)),
      move: ({ state, gradient, segments, update, retired }) => {
        const found = overwritable<K | 'parameters'>(retired, state);
        const toWrite = (name: K | 'parameters'): Vector => found(name) ?? like(gradient);
        const after = byName(vectors, toWrite);
        const parameters = toWrite('parameters');
        const all = { update, gradient, old: state.parameters, parameters, before: state, after };
        for (const segment of segments) pass({ ...segment, ...all });
        return { parameters, own: after };
      },
    },
    options,
  );
}
