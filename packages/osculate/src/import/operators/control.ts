import type { GraphProto } from '../../onnx/index.js';
import { scan, stack, whileLoop } from '../../ops/index.js';
import { moveAxis } from '../../ops/shape.js';
import type { Tensor } from '../../tensor/ir.js';
import { full } from '../../tensor/leaf.js';
import { toNumbers } from '../../tensor/ndarray.js';
import { normalizeAxis, sameShape } from '../../tensor/shape.js';
import type { NodeCall } from '../node-call.js';
import { floatInputs, keepFloats } from '../straight-through.js';
import { iota } from './integers.js';
import type { OperatorTable } from './table.js';

/** The branch that a known condition takes; otherwise both are computed and one selected, which needs equal shapes. */
function ifNode(call: NodeCall): readonly Tensor[] {
  const known = call.tracing.constantOf(call.input(0));
  const branch = (name: string): readonly Tensor[] => call.tracing.body(call.graph(name), [], name);
  if (known !== undefined) return branch(toNumbers(known)[0] === 0 ? 'else_branch' : 'then_branch');
  const [a, b] = [branch('then_branch'), branch('else_branch')];
  return a.map((t, i) => {
    const other = b[i];
    if (other === undefined || !sameShape(t.shape, other.shape) || t.dtype !== other.dtype) {
      call.refuse(
        'its condition depends on inputs and its branches give different shapes; fix the condition by options.values',
      );
    }
    return chosen(call.input(0).reshape([]), t, other);
  });
}

/** One of two results, also of integers that stand for floats. */
function chosen(condition: Tensor, t: Tensor, other: Tensor): Tensor {
  const result = condition.where(t, other);
  const real = floatInputs('Where', [condition, t, other]);
  if (real) keepFloats([result], [condition.where(real.inputs[1]!, real.inputs[2]!)], real.exact);
  return result;
}

/** Longer loops that cannot be a scan are not unrolled. */
const longestUnrolled = 1024;

interface LoopParts {
  readonly body: GraphProto;
  readonly init: readonly Tensor[];
  /** Most iterations. */
  readonly trips: number;
  readonly condition: Tensor;
}

const isTrue = (call: NodeCall, t: Tensor): boolean | undefined => {
  const value = call.tracing.constantOf(t);
  return value && toNumbers(value)[0] !== 0;
};

/** Iteration by iteration: conditions and shapes may change as long as they are known. */
function unroll(call: NodeCall, { body, init, trips, condition }: LoopParts): readonly Tensor[] {
  let states = init;
  let go: Tensor = condition;
  const rows: (readonly Tensor[])[] = [];
  for (let i = 0; i < trips; i++) {
    const proceed = isTrue(call, go);
    if (proceed === undefined)
      call.refuse('its condition depends on the inputs of the model, and it collects outputs of all iterations');
    if (!proceed) break;
    if (i === longestUnrolled) call.refuse(`it has more than ${longestUnrolled} iterations and cannot be a scan`);
    const outputs = call.tracing.body(body, [full(i, 'i64'), go, ...states], `iteration ${i}`);
    go = outputs[0]!.reshape([]);
    states = outputs.slice(1, 1 + init.length);
    rows.push(outputs.slice(1 + init.length));
  }
  const collected = body.output.length - 1 - init.length;
  if (collected > 0 && rows.length === 0)
    call.refuse('it has no iteration, so that the shape of its outputs is unknown');
  return [
    ...states,
    ...iota(collected).map((k) =>
      stack(
        rows.map((row) => row[k]!),
        0,
      ),
    ),
  ];
}

/** A loop whose condition stays true is a scan; null where its states change shape or need known iteration numbers. */
function asScan(call: NodeCall, { body, init, trips }: LoopParts): readonly Tensor[] | null {
  let always = true;
  const { carry, ys } = scan(
    ([i, ...states]) => {
      const outputs = call.tracing.body(body, [i!, full(1, 'bool'), ...states], 'body', trips);
      always &&= isTrue(call, outputs[0]!) === true;
      return { carry: [i!.add(1), ...outputs.slice(1, 1 + init.length)], y: outputs.slice(1 + init.length) };
    },
    [full(0, 'i64'), ...init],
    [],
    { length: trips },
  );
  return always ? [...carry.slice(1), ...ys] : null;
}

/** A loop until a condition that depends on the model's inputs: only forward derivatives. */
function asWhile(call: NodeCall, { body, init, trips, condition }: LoopParts): readonly Tensor[] {
  const endless = trips === Number.POSITIVE_INFINITY;
  const result = whileLoop(
    ([, go]) => go!,
    ([i, go, ...states]) => {
      const outputs = call.tracing.body(body, [i!, go!, ...states], 'body', endless ? 1 : trips);
      if (endless && (outputs[0] === go || isTrue(call, outputs[0]!)))
        call.refuse('it has no trip count and its condition is always true');
      return [i!.add(1), outputs[0]!.reshape([]), ...outputs.slice(1)];
    },
    [full(0, 'i64'), condition, ...init],
    Number.isFinite(trips) ? { maxIterations: trips } : {},
  );
  if (endless && result[0]!.node.inputs.every((t) => call.tracing.constantOf(t) !== undefined)) {
    call.refuse(`it depends on constants alone and does not end within ${longestUnrolled} iterations`);
  }
  return result.slice(2);
}

/** Loops of up to so many iterations are unrolled first, which lets shapes and conditions change. */
const shortLoop = 16;

function loop(call: NodeCall): readonly Tensor[] {
  const trips = call.inputs[0] ? call.number(0, 'the trip count', 0) : Number.POSITIVE_INFINITY;
  const condition = call.inputs[1]?.reshape([]) ?? full(1, 'bool');
  const body = call.graph('body');
  const parts: LoopParts = { body, init: call.inputs.slice(2).map((_, i) => call.input(i + 2)), trips, condition };
  if (isTrue(call, condition) === true && Number.isFinite(trips) && trips > shortLoop) {
    const scanned = call.tracing.quietly(() => asScan(call, parts));
    if (scanned) return scanned;
  }
  const unrolled = call.tracing.quietly(() => unroll(call, parts));
  if (unrolled) return unrolled;
  if (body.output.length - 1 === parts.init.length) return asWhile(call, parts);
  return unroll(call, parts);
}

/** Attributes of Scan with one entry a scanned input or output. */
const each = (call: NodeCall, name: string, count: number): number[] =>
  call.ints(name) ?? new Array<number>(count).fill(0);

function scanNode(call: NodeCall): readonly Tensor[] {
  const body = call.graph('body');
  const scanned = call.int('num_scan_inputs');
  const inputs = call.all();
  const states = inputs.length - scanned;
  if (scanned < 1 || states < 0) call.refuse(`it cannot scan ${scanned} of ${inputs.length} inputs`);
  const axes = each(call, 'scan_input_axes', scanned);
  const directions = each(call, 'scan_input_directions', scanned);
  const xs = inputs.slice(states).map((x, i) => {
    const axis = normalizeAxis(axes[i] ?? 0, x.rank, 'Scan');
    const first = moveAxis(x, axis, 0);
    return directions[i] === 1 ? first.flip(0) : first;
  });
  const { carry, ys } = scan(
    (carries, slices) => {
      const outputs = call.tracing.body(body, [...carries, ...slices], 'body', xs[0]!.shape[0]);
      return { carry: outputs.slice(0, states), y: outputs.slice(states) };
    },
    inputs.slice(0, states),
    xs,
  );
  const outAxes = each(call, 'scan_output_axes', ys.length);
  const outDirections = each(call, 'scan_output_directions', ys.length);
  const outputs = ys.map((y, i) => {
    const axis = normalizeAxis(outAxes[i] ?? 0, y.rank, 'Scan');
    return moveAxis(outDirections[i] === 1 ? y.flip(0) : y, 0, axis);
  });
  return [...carry, ...outputs];
}

const oldScan = (call: NodeCall) =>
  call.refuse('Scan of version 8 has a batch axis; convert the model to opset 9 or later');

export const control: OperatorTable = {
  If: ifNode,
  Loop: loop,
  Scan: [
    [8, oldScan],
    [9, scanNode],
  ],
};
