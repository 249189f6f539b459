export {
  type Instrument,
  type InstrumentOptions,
  type InstrumentRow,
  type InstrumentState,
  instrument,
  type ObservedStep,
} from './instrument.js';
export {
  alignmentMeasure,
  gradientNormMeasure,
  type Measure,
  type MeasureContext,
  noiseScaleMeasure,
  sharpnessMeasure,
  stepCurvatureMeasure,
  traceMeasure,
} from './measures.js';
