import type { LandscapeData } from '../../landscape.js';
import { modelColour } from './charts.js';
import { heightsOf, shade } from './scale.js';

/** JSON that may stand in a script element. */
const inScript = (value: unknown): string => JSON.stringify(value).replace(/</g, '\\u003c');

const short = (v: number | null): number | null => (v === null ? null : Number(v.toPrecision(6)));

/** What the script draws; heights beyond the shown ones are cut off there. */
function surfaceData(data: LandscapeData): unknown {
  const { axes, losses, modelled, path, directions } = data;
  return {
    xs: axes[0],
    ys: axes[1],
    loss: losses.map(short),
    model: modelled.map(short),
    heights: heightsOf(data),
    path: path?.coordinates ?? [],
    labels: directions.map(({ name }) => name),
    colours: Array.from({ length: 33 }, (_, i) => shade(i / 32)),
    modelColour,
  };
}

/** A canvas with the loss as a surface that can be turned, the quadratic model as a net over it, and the path. */
export function surfaceFigure(data: LandscapeData): string {
  return `<canvas class="surface" width="640" height="520" role="img" aria-label="the loss as a surface; drag to turn it" tabindex="0"></canvas>
<p class="keys"><label><input type="checkbox" data-layer="model" checked> quadratic model</label>
<span class="soft">drag, or use the arrow keys, to turn</span></p>
<script type="application/json" class="surface-data">${inScript(surfaceData(data))}</script>`;
}

export const surfaceStyle = `
.surface { width: 100%; height: auto; display: block; touch-action: none; cursor: grab; }
.keys { margin: .3rem 0; font-size: .85rem; }
.keys label { margin-right: 1.2rem; }
.soft { color: var(--soft); }
.charts + .scroll, .scroll + .scroll { margin-top: 1.2rem; }
`;

/** Draws every surface of the page: quadrilaterals from back to front. */
export const surfaceScript = `
for (const canvas of document.querySelectorAll('canvas.surface')) {
  const figure = canvas.closest('figure');
  const d = JSON.parse(figure.querySelector('.surface-data').textContent);
  const toggle = figure.querySelector('[data-layer=model]');
  const [low, high] = d.heights;
  const [nx, ny] = [d.xs.length, d.ys.length];
  const unit = (axis, c) => 2 * (c - axis[0]) / (axis[axis.length - 1] - axis[0]) - 1;
  const share = (z) => (Math.min(high, Math.max(low, z)) - low) / (high - low);
  let yaw = -0.7, pitch = 0.55;
  const project = (x, y, z) => {
    const [c, s, cp, sp] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
    const [a, b] = [c * x - s * y, s * x + c * y];
    const h = 1.3 * z - 0.65;
    const depth = cp * b - sp * h;
    const zoom = 1 / (1 + 0.12 * depth);
    return [320 + 178 * a * zoom, 245 - 178 * (sp * b + cp * h) * zoom, depth];
  };
  const quads = (values, kind) => {
    const list = [];
    for (let j = 0; j + 1 < ny; j++) for (let i = 0; i + 1 < nx; i++) {
      const at = [[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]];
      const z = at.map(([k, l]) => values[l * nx + k]);
      if (z.some((v) => v === null)) continue;
      if (kind === 'model' && (z.every((v) => v > high) || z.every((v) => v < low))) continue;
      if (kind === 'loss' && z.every((v) => v > high)) continue;
      const points = at.map(([k, l], m) => project(unit(d.xs, d.xs[k]), unit(d.ys, d.ys[l]), share(z[m])));
      const depth = points.reduce((sum, p) => sum + p[2], 0) / 4;
      list.push({ kind, points, depth: depth - (kind === 'model' ? 0.004 : 0), level: share((z[0] + z[1] + z[2] + z[3]) / 4) });
    }
    return list;
  };
  const lossAt = (x, y) => {
    const place = (axis, c) => Math.min(axis.length - 2, Math.max(0, (c - axis[0]) / (axis[1] - axis[0])));
    const [u, v] = [place(d.xs, x), place(d.ys, y)];
    const [i, j] = [Math.floor(u), Math.floor(v)];
    const z = (a, b) => d.loss[(j + b) * nx + i + a] ?? high;
    const [s, t] = [u - i, v - j];
    return (1 - t) * ((1 - s) * z(0, 0) + s * z(1, 0)) + t * ((1 - s) * z(0, 1) + s * z(1, 1));
  };
  const within = ([x, y]) => x >= d.xs[0] && x <= d.xs[nx - 1] && y >= d.ys[0] && y <= d.ys[ny - 1];
  const draw = () => {
    const ratio = Math.max(1, window.devicePixelRatio || 1);
    canvas.width = 640 * ratio; canvas.height = 520 * ratio;
    const g = canvas.getContext('2d');
    g.scale(ratio, ratio);
    g.clearRect(0, 0, 640, 520);
    g.lineJoin = 'round';
    const ink = getComputedStyle(document.body).color;
    const all = [...quads(d.loss, 'loss'), ...(toggle.checked ? quads(d.model, 'model') : [])];
    all.sort((a, b) => b.depth - a.depth);
    const floor = [[-1, -1], [1, -1], [1, 1], [-1, 1]].map(([x, y]) => project(x, y, 0));
    g.strokeStyle = ink; g.globalAlpha = 0.35; g.lineWidth = 1;
    g.beginPath(); floor.forEach((p, i) => i ? g.lineTo(p[0], p[1]) : g.moveTo(p[0], p[1])); g.closePath(); g.stroke();
    for (const { kind, points, level } of all) {
      g.beginPath();
      points.forEach((p, i) => i ? g.lineTo(p[0], p[1]) : g.moveTo(p[0], p[1]));
      g.closePath();
      if (kind === 'loss') {
        g.globalAlpha = 1; g.fillStyle = d.colours[Math.round(32 * level)]; g.fill();
        g.globalAlpha = 0.25; g.strokeStyle = '#fff'; g.lineWidth = 0.5; g.stroke();
      } else { g.globalAlpha = 0.85; g.strokeStyle = d.modelColour; g.lineWidth = 0.9; g.stroke(); }
    }
    g.globalAlpha = 1;
    const mark = (c) => project(unit(d.xs, c[0]), unit(d.ys, c[1]), share(lossAt(c[0], c[1])) + 0.01);
    const path = d.path.filter(within).map(mark);
    if (path.length) {
      for (const [colour, width] of [['#fff', 5], ['#000', 2.2]]) {
        g.strokeStyle = colour; g.lineWidth = width; g.beginPath();
        path.forEach((p, i) => i ? g.lineTo(p[0], p[1]) : g.moveTo(p[0], p[1])); g.stroke();
      }
      for (const p of path) { g.beginPath(); g.arc(p[0], p[1], 3.4, 0, 7); g.fillStyle = '#000'; g.fill(); g.strokeStyle = '#fff'; g.lineWidth = 1; g.stroke(); }
    }
    const here = within([0, 0]) ? mark([0, 0]) : null;
    if (here) { g.beginPath(); g.arc(here[0], here[1], 4.5, 0, 7); g.fillStyle = '#fff'; g.fill(); g.strokeStyle = '#000'; g.lineWidth = 1.5; g.stroke(); }
    g.fillStyle = ink; g.font = '12px system-ui, sans-serif'; g.textAlign = 'center';
    const side = (a, b) => project(a, b, 0);
    const front = [[0, -1.18], [0, 1.18]].map(([x, y]) => side(x, y)).sort((a, b) => a[2] - b[2])[0];
    const flank = [[-1.18, 0], [1.18, 0]].map(([x, y]) => side(x, y)).sort((a, b) => a[2] - b[2])[0];
    // A surface may hang over the floor where its labels are: they stand on the colour of the card.
    g.strokeStyle = getComputedStyle(figure).backgroundColor; g.lineWidth = 4;
    const middles = [front, flank].map(([x, y], i) => {
      const half = g.measureText(d.labels[i]).width / 2 + 4;
      return [Math.min(640 - half, Math.max(half, x)), Math.min(512, y + 14), half];
    });
    // Two long ones below each other rather than through each other.
    const [p, q] = middles;
    if (Math.abs(p[0] - q[0]) < p[2] + q[2] && Math.abs(p[1] - q[1]) < 16) (p[1] < q[1] ? p : q)[1] = Math.max(p[1], q[1]) - 16;
    middles.forEach(([x, y], i) => { g.strokeText(d.labels[i], x, y); g.fillText(d.labels[i], x, y); });
  };
  let from = null;
  const turn = (dx, dy) => { yaw -= dx; pitch = Math.min(1.5, Math.max(0.05, pitch + dy)); draw(); };
  canvas.addEventListener('pointerdown', (e) => { from = [e.clientX, e.clientY]; canvas.setPointerCapture(e.pointerId); });
  canvas.addEventListener('pointermove', (e) => {
    if (!from) return;
    turn((e.clientX - from[0]) / 160, (e.clientY - from[1]) / 160);
    from = [e.clientX, e.clientY];
  });
  for (const end of ['pointerup', 'pointercancel']) canvas.addEventListener(end, () => { from = null; });
  const keys = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, -0.1], ArrowDown: [0, 0.1] };
  canvas.addEventListener('keydown', (e) => { if (keys[e.key]) { turn(...keys[e.key]); e.preventDefault(); } });
  toggle.addEventListener('change', draw);
  draw();
}
`;
