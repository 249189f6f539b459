export {
  type Instrument,
  type InstrumentOptions,
  type InstrumentRow,
  type InstrumentState,
  instrument,
  type ObservedStep,
} from './instrument.js';
export type { Measure, MeasureContext } from './measure.js';
export {
  alignmentMeasure,
  gradientNormMeasure,
  noiseScaleMeasure,
  sharpnessMeasure,
  stepCurvatureMeasure,
  traceMeasure,
} from './measures.js';
