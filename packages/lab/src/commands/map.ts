import { exitStatus } from '../command-line/exit-status.js';
import { type MapSettings, runMap } from '../maps/run-map.js';
import { problemNamed } from '../problems/index.js';
import { mapChart } from '../report/maps/charts.js';
import { mapHtml } from '../report/maps/html.js';
import { mapText } from '../report/maps/text.js';
import { ProgressLine, type Terminal } from '../report/progress.js';
import { writeSvgs } from '../report/svg-files.js';
import { writePage } from '../report/write-page.js';

export interface MapOptions {
  readonly problem: string;
  readonly settings: MapSettings;
  readonly html: string;
  /** Folder for the maps as SVG files. */
  readonly svg?: string;
  readonly json: boolean;
  readonly signal: AbortSignal;
  readonly stdout: Terminal;
  readonly stderr: Terminal;
}

/**
 * Runs optimizers from every point of a grid: prints shares or JSON, writes the page. Resolves to the exit status.
 * @throws UsageError for a problem or optimizers that are not there or do not fit, and settings that make no sense.
 */
export async function map(options: MapOptions): Promise<number> {
  const { settings, html, svg, stdout, stderr } = options;
  const problem = problemNamed(options.problem);
  const line = new ProgressLine(stderr);
  const result = await runMap(problem, settings, (text) => line.show(text), options.signal);
  line.clear();
  if (result === undefined) return exitStatus.interrupted;
  stdout.write(options.json ? `${JSON.stringify(result)}\n` : `${mapText(result)}\n`);
  await writePage(html, mapHtml(result, problem.description), stderr);
  if (svg !== undefined) {
    const named = result.maps.map((one) => [
      `map-${problem.name}-${one.spec}`.replace(/[:=]/g, '-'),
      mapChart(result, one),
    ]);
    await writeSvgs(svg, Object.fromEntries(named), stderr);
  }
  return exitStatus.done;
}
