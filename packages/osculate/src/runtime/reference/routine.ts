import type { BufferFunction, ScalarFunction, Tensor } from '../../tensor/ir.js';
import type { Copies, Place, Storage } from './storage.js';

/** A number as source text. */
export function literal(value: number): string {
  return value < 0 || Object.is(value, -0) ? `(-${-value})` : String(value);
}

/**
 * Source text of one generated function, in the making. All names in it are made here (`v0`, `b1`): nothing that a user
 * wrote gets into the text. What it refers to (buffers, functions) is handed over in an array.
 */
export class Routine {
  private readonly lines: string[] = [];
  private readonly linked: unknown[] = [];
  private readonly links = new Map<unknown, string>();
  private readonly arguments = new Map<string, string>();
  /** By tensor, not by buffer: tensors take turns in a buffer. */
  private readonly loads = new Map<Tensor, Map<string, string>>();
  private readonly locals = new Map<Tensor, string>();
  private count = 0;

  constructor(
    private readonly storage: Storage,
    private readonly inMemory: ReadonlySet<Tensor>,
  ) {}

  /** A new name. */
  fresh(prefix: string): string {
    return `${prefix}${this.count++}`;
  }

  line(text: string): void {
    this.lines.push(text);
  }

  /** The name of an object that the source refers to. */
  link(value: unknown, prefix: string): string {
    let name = this.links.get(value);
    if (name === undefined) {
      name = this.fresh(prefix);
      this.links.set(value, name);
      this.linked.push(value);
    }
    return name;
  }

  /** The name of an element of a tensor in memory, loaded once and valid from here to the end of the function. */
  load(t: Tensor, element: string): string {
    const known = this.loads.get(t) ?? new Map<string, string>();
    this.loads.set(t, known);
    return this.hoist(known, element);
  }

  /** The name of a tensor's storage. */
  buffer(t: Tensor): string {
    const place = this.storage.of(t);
    return place.kind === 'buffer' ? this.link(place.buffer, 'b') : this.argument(place);
  }

  /** True when later groups read the tensor from memory. */
  mustStore(t: Tensor): boolean {
    return this.inMemory.has(t);
  }

  /** The name that holds a one-element tensor computed earlier in this function. */
  local(t: Tensor): string | undefined {
    return this.locals.get(t);
  }

  setLocal(t: Tensor, name: string): void {
    this.locals.set(t, name);
  }

  /** An application of a scalar function to named or literal arguments. */
  apply({ fn, js }: ScalarFunction, args: readonly string[]): string {
    return js ? js(...args) : `${this.link(fn, 'f')}(${args.join(', ')})`;
  }

  /** Calls an op's routine. */
  call(routine: BufferFunction, inputs: readonly Tensor[], outputs: readonly Tensor[]): void {
    this.line(`${this.link(routine, 'k')}(${this.argumentList(inputs)}, ${this.argumentList(outputs)});`);
  }

  copy(copies: Copies): void {
    for (const [index, from] of copies)
      this.line(`${this.argument({ kind: 'output', index })}.set(${this.buffer(from)});`);
  }

  /** Compiles the text. An EvalError where the environment forbids it. */
  build(): BufferFunction {
    const names = [...this.links.values()].map((name, i) => `const ${name} = linked[${i}];`);
    const source = `'use strict';\n${names.join('\n')}\nreturn (inputs, outputs) => {\n${this.lines.join('\n')}\n};`;
    return new Function('linked', source)(this.linked) as BufferFunction;
  }

  private hoist(known: Map<string, string>, expression: string): string {
    let name = known.get(expression);
    if (name === undefined) {
      name = this.fresh('x');
      this.line(`const ${name} = ${expression};`);
      known.set(expression, name);
    }
    return name;
  }

  private argument({ kind, index }: Exclude<Place, { kind: 'buffer' }>): string {
    return this.hoist(this.arguments, `${kind}s[${index}]`);
  }

  /** An array of buffers; made once, so that calling allocates nothing. Arguments of the running call are put in first. */
  private argumentList(tensors: readonly Tensor[]): string {
    const places = tensors.map((t) => this.storage.of(t));
    const list = this.link(
      places.map((p) => (p.kind === 'buffer' ? p.buffer : null)),
      'a',
    );
    places.forEach((p, i) => {
      if (p.kind !== 'buffer') this.line(`${list}[${i}] = ${this.argument(p)};`);
    });
    return list;
  }
}
