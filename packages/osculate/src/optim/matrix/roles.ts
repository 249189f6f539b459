import { graphReaders, type Readers, type Use, usesOf } from '../../curvature/kronecker/uses.js';
import type { Batch, Objective } from '../../objective/objective.js';
import type { Node, Tensor } from '../../tensor/ir.js';
import { leaves } from '../../tensor/tree.js';

/** What a parameter does in the graph: a hidden matrix, a table or the matrix of the outputs, or anything else. */
export interface Role {
  readonly role: 'hidden' | 'embedding' | 'output' | 'other';
  /** Why, in words. */
  readonly reason: string;
}

const multiplies = ({ node }: Use): boolean => node.op.name === 'matmul' || node.op.name === 'conv';

/** The products with parameters from which the loss comes without another one between. What a scan does is hidden. */
function lastProducts(loss: Tensor, readers: Readers, products: ReadonlySet<Node>): Set<Node> {
  const [last, seen, open] = [new Set<Node>(), new Set<Node>(), [loss]];
  for (let t = open.pop(); t !== undefined; t = open.pop()) {
    const { node } = t;
    if (seen.has(node) || !readers.varies(t)) continue;
    seen.add(node);
    if (products.has(node)) last.add(node);
    else if (node.op.name !== 'scan') open.push(...node.inputs);
  }
  return last;
}

function roleOf(parameter: Tensor, uses: readonly Use[], last: ReadonlySet<Node>): Role {
  const [first] = uses;
  if (parameter.rank < 2) return { role: 'other', reason: 'not a matrix' };
  if (first === undefined) return { role: 'other', reason: 'it does not meet the data' };
  if (uses.some(({ node, operand }) => node.op.name === 'gather' && operand === 0)) {
    return { role: 'embedding', reason: 'its rows are looked up' };
  }
  const other = uses.find((use) => !multiplies(use));
  if (other) return { role: 'embedding', reason: `it enters through ${other.node.op.name}` };
  if (uses.some(({ node }) => last.has(node))) return { role: 'output', reason: 'its product makes the outputs' };
  return { role: 'hidden', reason: 'a hidden matrix' };
}

function rolesIn({ weights, loss }: Batch): ReadonlyMap<string, Role> {
  const named = leaves(weights);
  const readers = graphReaders(
    [loss],
    named.map(([, t]) => t),
  );
  const found = named.map(([name, t]) => ({ name, t, uses: usesOf(t, readers) }));
  const products = new Set(found.flatMap(({ uses }) => uses.filter(multiplies).map(({ node }) => node)));
  const last = lastProducts(loss, readers, products);
  return new Map(found.map(({ name, t, uses }) => [name, roleOf(t, uses, last)]));
}

/**
 * The role of every parameter of an objective, by name, read off its graph: a table is looked up by rows or added to the data, the matrix of the
 * outputs has no other one behind it. Names say nothing: `sequential` calls an embedding `0.weight`.
 */
export function rolesOf(objective: Objective): ReadonlyMap<string, Role> {
  return rolesIn(objective.batch(Math.min(2, objective.rows)));
}
