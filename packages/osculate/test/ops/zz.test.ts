import { opSuite } from './suite.js';

opSuite([
  {
    name: 'add, broadcast',
    inputs: [{ shape: [2, 3] }, { shape: [3] }],
    build: (a, b) => a.add(b),
    expected: (a, b) => [[...a.data].map((v, i) => Number(v) + Number(b.data[i % 3]))],
  },
  { name: 'mul', inputs: [{ shape: [2, 1] }, { shape: [3] }], build: (a, b) => a.mul(b).mul(a) },
  { name: 'matmul', inputs: [{ shape: [2, 3] }, { shape: [4, 3, 2] }], build: (a, b) => a.matmul(b) },
  { name: 'tp', inputs: [{ shape: [2, 3] }], build: (a) => [a.transpose().matmul(a), a.mul(a).sum(0).expand([2, 3])] },
  { name: 'tanh', inputs: [{ shape: [2, 3] }], build: (a) => a.tanh() },
  {
    name: 'mlp',
    inputs: [{ shape: [2, 3] }, { shape: [3, 4] }, { shape: [4] }, { shape: [4, 2] }],
    build: (a, b, c, d) => a.matmul(b).add(c).tanh().matmul(d),
  },
  { name: 'empty', inputs: [{ shape: [0, 3] }, { shape: [3, 4] }], build: (a, b) => [a.matmul(b), a.sum(0), a.sum()] },
]);
