import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

/** A plot as an SVG element in text, with a name for those who do not see it. */
export function plotSvg(label: string, options: Plot.PlotOptions): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const style = { background: 'transparent', fontSize: '12px' };
  const common = { document, width: 640, marginLeft: 60, marginBottom: 40, style, ariaLabel: label };
  return Plot.plot({ ...common, ...options }).outerHTML;
}
