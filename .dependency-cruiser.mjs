/** The direction of imports, checked by `npm run check:imports`. Type-only imports count like all others. */

/** Folders of packages/osculate/src: each imports only from itself and from those before it. */
export const layers = [
  'tensor',
  'ops',
  'autodiff',
  'compile',
  'onnx',
  'runtime',
  'linalg',
  'nn',
  'data',
  'import',
  'export',
  'objective',
  'curvature',
  'optim',
  'training',
  'fit',
];

const library = '^packages/osculate/src/';

/** @type {import('dependency-cruiser').IForbiddenRuleType[]} */
const layerRules = layers.slice(0, -1).map((layer, i) => ({
  name: `layer-${layer}`,
  comment: `${layer}/ may import itself${i > 0 ? `, ${layers.slice(0, i).join(', ')}` : ''} and nothing that comes later.`,
  severity: 'error',
  from: { path: `${library}${layer}/` },
  to: { path: `${library}(${layers.slice(i + 1).join('|')})/` },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-cycle',
      comment: 'Files that import each other cannot be read or tested apart: move what both need into a third file.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    ...layerRules,
    {
      name: 'programs-once',
      comment:
        'Programs of an objective are compiled, loaded, cut into chunks, held and counted in objective/programs.ts alone: ask the objective to run them.',
      severity: 'error',
      from: { path: `${library}(curvature|optim)/` },
      to: { path: `${library}runtime/` },
    },
    {
      name: 'layer-index',
      comment: 'src/index.ts gathers the layers for users of the package; inside the package import the file itself.',
      severity: 'error',
      from: { path: `${library}[^/]+/` },
      to: { path: `${library}[^/]+$` },
    },
    {
      name: 'layer-unknown',
      comment:
        'Each folder of packages/osculate/src has its place in `layers` of .dependency-cruiser.mjs: add it there.',
      severity: 'error',
      from: { path: `${library}[^/]+/`, pathNot: `${library}(${layers.join('|')})/` },
      to: {},
    },
    {
      name: 'library-alone',
      comment: 'packages/osculate/src imports neither other packages of the workspace nor its own build.',
      severity: 'error',
      from: { path: library },
      to: {
        path: [
          '^packages/',
          '^benchmarks/',
          '^test/',
          '^scripts/',
          '(^|/)node_modules/osculate/',
          '^@osculate/',
          '^osculate(/|$)',
        ],
        pathNot: library,
      },
    },
    {
      name: 'library-anywhere',
      comment:
        'The library runs in browsers: Node modules are imported only by files named node.ts or below a node/ folder.',
      severity: 'error',
      from: { path: library, pathNot: '/node(\\.ts$|/)' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'node-entry-only',
      comment:
        'Code for Node is reached through its own subpath, or loaded by data/environment.ts where it runs in Node: nothing else in the library imports it.',
      severity: 'error',
      from: { path: library, pathNot: '/node(\\.ts$|/)|data/environment\\.ts$' },
      to: { path: `${library}.*/node(\\.ts$|/)` },
    },
    {
      name: 'lab-through-exports',
      comment: 'The lab uses the library as anyone would: import osculate or osculate/<folder>, not its files.',
      severity: 'error',
      from: { path: '^packages/lab/src/' },
      to: { path: library },
    },
    {
      name: 'source-not-tests',
      comment: 'Source does not depend on tests or benchmarks.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/' },
      to: { path: ['^packages/[^/]+/test/', '^test/', '^benchmarks/'] },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: ['node_modules', '(^|/)dist/'] },
    exclude: { path: '(^|/)fixtures/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'default', 'node'] },
  },
};
