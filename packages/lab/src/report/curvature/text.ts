import { mostLayers } from '../../analysis/layers.js';
import type { Curvature } from '../../curvature.js';
import { count, figure } from '../format.js';
import { landscapeText } from '../landscape/text.js';
import { spectrumText } from '../spectrum/text.js';
import { alignedText } from '../table.js';

type Cells = readonly (readonly string[])[];

/** The blocks of the layers. */
export function layerCells({ layers }: Curvature): Cells {
  const rows = layers.map(({ layer, parameters, trace, standardError, largest, residual }) => [
    layer,
    count(parameters),
    figure(trace),
    figure(standardError),
    figure(largest),
    figure(residual),
  ]);
  return [['layer', 'parameters', 'trace', 'standard error', 'largest eigenvalue', 'residual'], ...rows];
}

/** How many layers are left out, if any. */
export function layersNote({ layers }: Curvature): string {
  return layers.length < mostLayers ? '' : `The ${mostLayers} layers of largest trace.`;
}

/** Loss, gradient, sharpness and gradient noise. */
export function pointCells({ loss, gradientNorm, noise, spectrum }: Curvature): Cells {
  const sharpness = spectrum.ends[0]!.values[0]!;
  const lowest = spectrum.ends[1]?.values[0];
  return [
    ['at this point', ''],
    ['loss', figure(loss)],
    ['norm of the gradient', figure(gradientNorm)],
    ['sharpness λmax', figure(sharpness)],
    ['largest stable step of gradient descent 2/λmax', sharpness > 0 ? figure(2 / sharpness) : 'any'],
    ...(lowest === undefined ? [] : [['smallest eigenvalue', figure(lowest)]]),
    ...(noise
      ? [
          [
            'gradient noise scale tr Σ / |G|² (examples)',
            noise.scale === Infinity ? 'no end: |G|² drowns in noise' : figure(noise.scale),
          ],
          ['variance of an example’s gradient tr Σ', figure(noise.variance)],
        ]
      : []),
  ];
}

/** All of it as text. */
export function curvatureText(data: Curvature): string {
  return [
    spectrumText(data.spectrum),
    alignedText(pointCells(data)),
    alignedText(layerCells(data)),
    landscapeText(data.landscape),
  ].join('\n\n');
}
