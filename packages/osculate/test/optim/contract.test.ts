import {
  adam,
  adaptiveCubic,
  adaptiveCubicLanczos,
  bfgs,
  dogleg,
  gaussNewton,
  gaussNewtonCg,
  hessianFree,
  lbfgs,
  levenbergMarquardt,
  modifiedNewton,
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
optimizerContract(({ model, loss }) => hessianFree({ model, loss }), { supervisedOnly: true });
optimizerContract(() => plainNewton());
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
optimizerContract(() => newtonCg());
optimizerContract(() => gaussNewtonCg(), { supervisedOnly: true });
optimizerContract(() => trustRegionNewtonCg());
optimizerContract(() => adaptiveCubicLanczos());
optimizerContract(() => saddleFreeKrylov());
