import { curvatureOperator, eigenpairs, layerNames, parameterBlock, restrictedOperator } from 'osculate/curvature';
import { type At, hessianMatrix } from 'osculate/objective';
import { type Generator, generator } from 'osculate/tensor';

/** The Hessian's diagonal block of one layer, in figures. */
export interface LayerCurvature {
  readonly layer: string;
  readonly parameters: number;
  readonly trace: number;
  readonly standardError: number;
  /** Largest eigenvalue of the block, and how far it is known. */
  readonly largest: number;
  readonly residual: number;
}

/** More layers than these are not all looked at for their largest eigenvalue: those of largest trace are. */
export const mostLayers = 12;

const topOptions = { count: 1, tolerance: 1e-2, maxApplications: 30 } as const;

/** tr of every block from the same products: Σ vᵢ (Hv)ᵢ over the block has the block's trace as its mean. */
async function traces(at: At, layers: readonly string[], random: Generator, probes: number) {
  const operator = curvatureOperator(at, hessianMatrix);
  const samples = new Map(layers.map((layer) => [layer, [] as number[]]));
  for (let k = 0; k < probes; k++) {
    const v = Float64Array.from({ length: operator.size }, () => random.rademacher());
    const product = await operator.apply(v);
    for (const layer of layers) {
      let sum = 0;
      for (const { offset, size } of parameterBlock(at.objective.layout, [layer]))
        for (let i = offset; i < offset + size; i++) sum += v[i]! * product[i]!;
      samples.get(layer)!.push(sum);
    }
  }
  return samples;
}

/**
 * Trace and largest eigenvalue of the Hessian's block of every layer: `probes` products for all traces together, 30 at most for each
 * eigenvalue. For more than `mostLayers` layers those of largest trace.
 */
export async function layerCurvature(
  at: At,
  { probes, seed }: { readonly probes: number; readonly seed: number },
  say: (text: string) => void,
): Promise<LayerCurvature[]> {
  const random = generator(seed);
  const found = [...(await traces(at, layerNames(at.objective.layout), random, probes))].map(([layer, samples]) => {
    const trace = samples.reduce((sum, s) => sum + s, 0) / probes;
    const spread = samples.reduce((sum, s) => sum + (s - trace) ** 2, 0);
    return { layer, trace, standardError: Math.sqrt(spread / (probes - 1) / probes) };
  });
  const order = [...found].sort((a, b) => Math.abs(b.trace) - Math.abs(a.trace)).slice(0, mostLayers);
  const results: LayerCurvature[] = [];
  for (const each of found.filter((f) => order.includes(f))) {
    say(`layer ${each.layer}`);
    const ranges = parameterBlock(at.objective.layout, [each.layer]);
    const block = restrictedOperator(curvatureOperator(at, hessianMatrix), ranges);
    const { largest, residual } = await largestOf(block, random);
    results.push({ ...each, parameters: block.size, largest, residual });
  }
  return results;
}

async function largestOf(block: ReturnType<typeof restrictedOperator>, random: Generator) {
  if (block.size === 1) return { largest: (await block.apply(Float64Array.of(1)))[0]!, residual: 0 };
  const { values, residuals } = await eigenpairs(block, { generator: random, ...topOptions });
  return { largest: values[0]!, residual: residuals[0]! };
}
