import { ShapeError } from '../../tensor/errors.js';
import type { CurvatureModel } from './model.js';

/**
 * The same model over the same data at other parameters, given as a flat vector that is read at every product (it is copied only where
 * its type is not the model's). It shares the compiled programs. ShapeError for a vector of another length.
 */
export function modelAt(model: CurvatureModel, parameters: Float32Array | Float64Array): CurvatureModel {
  const { layout } = model;
  if (parameters.length !== layout.size) {
    throw new ShapeError(`modelAt: the vector has ${parameters.length} elements and the model ${layout.size}`);
  }
  const wanted = layout.dtype === 'f32' ? Float32Array : Float64Array;
  const flat = parameters instanceof wanted ? parameters : wanted.from(parameters as Float64Array);
  const views = layout.views(flat as never, 'parameters.');
  return {
    layout,
    rows: model.rows,
    chunk: model.chunk,
    vectors: model.vectors,
    loss: model.loss,
    normalizer: model.normalizer,
    x: model.x,
    y: model.y,
    point: () => Float64Array.from(flat),
    graph: (rows) => model.graph(rows),
    work: () => model.work(),
    stream: (name, build, options, visit) =>
      model.stream(name, build, { ...options, feeds: { ...views, ...options.feeds } }, visit),
    mean: (name, build, options = {}) => model.mean(name, build, { ...options, feeds: { ...views, ...options.feeds } }),
    dispose: () => model.dispose(),
  };
}
