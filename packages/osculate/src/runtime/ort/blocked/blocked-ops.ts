import type { OnnxDomain } from '../../../tensor/ir.js';
import { fusedOp } from '../fused-ops.js';

/** ONNX Runtime's operators on images whose channels lie in blocks: [n, channels / block, height, width, block]. */
export const blockedDomain = 'com.microsoft.nchwc' satisfies OnnxDomain;

const blockedOp = (name: string) =>
  fusedOp(name, (context, inputs, attrs) => context.emit(name, inputs, attrs, blockedDomain));

/** [x, filters, bias], or without the bias. */
export const blockedConv = blockedOp('Conv');
/** [x]. */
export const blockedMaxPool = blockedOp('MaxPool');
/** [x] with channels one after the other: into blocks. */
export const intoBlocks = blockedOp('ReorderInput');
/** [x]: out of blocks. */
export const outOfBlocks = blockedOp('ReorderOutput');
