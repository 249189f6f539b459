import type { AttributeProto } from '../onnx/index.js';
import { InputError } from '../tensor/errors.js';
import type { Tensor } from '../tensor/ir.js';

/** Stands for a value that could not be computed; the reason is already on the list of problems. */
export const failed = Symbol('failed');
export type Value = Tensor | typeof failed;

/** The values of a graph by name. Bodies of If, Loop and Scan see those of the graphs around them; functions do not. */
export class Scope {
  private readonly values = new Map<string, Value>();
  /** Element types of the file. */
  private readonly types = new Map<string, number>();

  constructor(
    /** Where the graph stands, for messages: empty for the main graph. */
    readonly path: string,
    readonly opsets: ReadonlyMap<string, number>,
    readonly parent?: Scope,
    /** What attributes of a function's body refer to. */
    readonly attributes: ReadonlyMap<string, AttributeProto> = parent?.attributes ?? new Map(),
    /** How many functions and bodies are around this one. */
    readonly depth: number = parent === undefined ? 0 : parent.depth + 1,
  ) {}

  define(name: string, value: Value, type?: number): void {
    this.values.set(name, value);
    if (type !== undefined) this.types.set(name, type);
  }

  /** The element type of a value in the file, as far as it is known. */
  typeOf(name: string): number | undefined {
    for (let scope: Scope | undefined = this; scope !== undefined; scope = scope.parent) {
      if (scope.values.has(name)) return scope.types.get(name);
    }
    return undefined;
  }

  /** @throws InputError for a name that no earlier node, initialiser or input has defined. */
  lookup(name: string): Value {
    for (let scope: Scope | undefined = this; scope !== undefined; scope = scope.parent) {
      const value = scope.values.get(name);
      if (value !== undefined) return value;
    }
    throw new InputError(
      `the value '${name}' is used before it is defined; nodes of a file must be in topological order`,
    );
  }

  /** A scope inside this one. */
  child(name: string): Scope {
    return new Scope(this.place(name), this.opsets, this);
  }

  place(name: string): string {
    return this.path === '' ? name : `${this.path}/${name}`;
  }
}
