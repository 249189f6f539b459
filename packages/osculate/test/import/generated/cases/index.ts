import type { Cases } from '../case.js';
import { activations } from './activations.js';
import { attentions } from './attention.js';
import { casts } from './casts.js';
import { constants } from './constants.js';
import { controls } from './control.js';
import { convolutions } from './convolutions.js';
import { elementwise } from './elementwise.js';
import { images } from './images.js';
import { indexing } from './indexing.js';
import { normalizations } from './normalizations.js';
import { pooling } from './pools.js';
import { products } from './products.js';
import { quantizations } from './quantization.js';
import { recurrences } from './recurrent.js';
import { reductions } from './reductions.js';
import { shapes } from './shapes.js';
import { signals } from './signals.js';
import { trainings } from './training.js';

/** The cases of all operators that the importer knows. */
export const cases: Cases = {
  ...activations,
  ...casts,
  ...constants,
  ...controls,
  ...normalizations,
  ...recurrences,
  ...images,
  ...quantizations,
  ...signals,
  ...attentions,
  ...trainings,
  ...convolutions,
  ...elementwise,
  ...indexing,
  ...pooling,
  ...products,
  ...reductions,
  ...shapes,
};
