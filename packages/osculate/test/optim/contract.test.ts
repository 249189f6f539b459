import {
  adam,
  adaptiveCubic,
  adaptiveCubicLanczos,
  bfgs,
  diagonalGgn,
  dogleg,
  ekfac,
  gaussNewton,
  gaussNewtonCg,
  gaussNewtonLsmr,
  hessianFree,
  kfac,
  lbfgs,
  levenbergMarquardt,
  levenbergMarquardtLsmr,
  modifiedNewton,
  multiBatchLbfgs,
  naturalGradient,
  nesterov,
  newton,
  newtonCg,
  plainNewton,
  saddleFreeKrylov,
  saddleFreeNewton,
  strongWolfe,
  trustRegion,
  trustRegionNewtonCg,
} from '../../src/optim/index.js';
import { optimizerContract } from './contract.js';

optimizerContract(() => adam({ learningRate: 0.1 }));
optimizerContract(() => nesterov({ learningRate: 0.05 }));
optimizerContract(() => hessianFree(), { supervisedOnly: true });
optimizerContract(() => plainNewton(), { definite: true });
optimizerContract(() => newton({ search: strongWolfe() }));
optimizerContract(() => modifiedNewton());
optimizerContract(() => saddleFreeNewton());
optimizerContract(() => trustRegion());
optimizerContract(() => dogleg());
optimizerContract(() => adaptiveCubic());
optimizerContract(() => gaussNewton(), { supervisedOnly: true });
optimizerContract(() => levenbergMarquardt(), { supervisedOnly: true });
optimizerContract(() => bfgs());
optimizerContract(() => lbfgs());
optimizerContract(() => multiBatchLbfgs({ batchSize: 16, overlap: 0.25 }));
optimizerContract(() => newtonCg());
optimizerContract(() => gaussNewtonCg(), { supervisedOnly: true });
optimizerContract(() => trustRegionNewtonCg());
optimizerContract(() => adaptiveCubicLanczos());
optimizerContract(() => saddleFreeKrylov());
optimizerContract(() => diagonalGgn(), { supervisedOnly: true });
optimizerContract(() => kfac({ damping: 1 }), { supervisedOnly: true });
optimizerContract(() => ekfac({ damping: 1 }), { supervisedOnly: true });
optimizerContract(() => kfac(), { supervisedOnly: true });
optimizerContract(() => ekfac({ batchSize: 20 }), { supervisedOnly: true });
optimizerContract(() => naturalGradient(), { supervisedOnly: true });
optimizerContract(() => naturalGradient({ fisher: 'sampled', batchSize: 20 }), { supervisedOnly: true });
optimizerContract(() => gaussNewtonLsmr(), { supervisedOnly: true });
optimizerContract(() => levenbergMarquardtLsmr(), { supervisedOnly: true });
optimizerContract(() => levenbergMarquardt({ batchSize: 20 }), { supervisedOnly: true });
optimizerContract(() => newtonCg({ batchSize: 20 }));
