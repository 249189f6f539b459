export { type InstrumentRow, type InstrumentState, instrument } from './instrument.js';
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
