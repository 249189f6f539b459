import type { GraphProto, ModelProto, NodeProto } from 'osculate/onnx';
import type { Tensor } from 'osculate/tensor';
import { UsageError } from '../../usage-error.js';
import type { LossChoice } from './losses.js';

const names = (list: readonly { readonly name?: string }[]): string => list.map(({ name = '' }) => name).join(', ');

/**
 * The model with one output: the given one, which may be any value of the main graph, or its only one.
 * @throws UsageError when it is not clear which, or there is no such value
 */
export function withOutput(model: ModelProto, given: string | undefined): { model: ModelProto; output: string } {
  const graph = model.graph!;
  const { output } = graph;
  if (given === undefined && output.length !== 1)
    throw new UsageError(
      `the model has the outputs ${names(output)}; choose the one that the loss is of with --output`,
    );
  const name = given ?? output[0]!.name ?? '';
  const known = output.some((o) => o.name === name) || graph.node.some((n) => n.output.includes(name));
  if (!known)
    throw new UsageError(
      `the model computes no value "${name}"; its outputs are ${names(output)}, and --output may also name the output of any node`,
    );
  return { model: { ...model, graph: { ...graph, output: [{ name }] } }, output: name };
}

const passing = new Set(['reshape', 'squeeze', 'unsqueeze', 'transpose', 'expand', 'clip', 'slice']);

/** The op that an output ends in, behind those that only move values. */
function lastOp(t: Tensor): string {
  const { op, inputs } = t.node;
  return passing.has(op.name) && inputs[0] ? lastOp(inputs[0]) : op.name;
}

const passingNodes = new Set(['Identity', 'Reshape', 'Squeeze', 'Unsqueeze', 'Flatten', 'Transpose', 'Cast', 'Clip']);

/** The node that computes a value, behind those that only pass it on. */
function producer(graph: GraphProto, name: string): NodeProto | undefined {
  const node = graph.node.find((n) => n.output.includes(name));
  return node && passingNodes.has(node.opType ?? '') ? producer(graph, node.input[0] ?? '') : node;
}

/** @throws UsageError when the model already applies what the loss applies; it says which value to take instead */
export function checkLogits({ applies, loss }: LossChoice, graph: GraphProto, name: string, output: Tensor): void {
  if (applies === undefined || lastOp(output) !== applies.op) return;
  const node = producer(graph, name);
  const before = node?.opType === applies.onnx ? node.input[0] : undefined;
  const advice = before
    ? `train with --output ${JSON.stringify(before)}, the value that goes into it (the trained file keeps its ${applies.onnx})`
    : 'export the model without it, or train with --loss squared';
  throw new UsageError(
    `the output "${name}" of the model is a ${applies.onnx} already, which the loss (${loss.name}) applies itself: ${advice}`,
  );
}
