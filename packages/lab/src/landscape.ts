import type { QuadraticModel, TrustRadius } from 'osculate/curvature';

export interface LandscapeDirection {
  /** What it is, for people: "eigenvector 1 (λ = 12.3)". */
  readonly name: string;
  /** Its length in parameter space: what a coordinate of 1 is. */
  readonly norm: number;
}

/** A path in the plane or along the line. */
export interface LandscapePath {
  readonly names: readonly string[];
  /** A row a point, as projected. */
  readonly coordinates: readonly (readonly number[])[];
  /** Share of the squared distances from the centre that is seen in the picture. */
  readonly explained: number;
  /** Share of the path's variance along each direction, where these are its principal ones. */
  readonly variance?: readonly number[];
}

/** What `osculate landscape` measures, as plain data; losses that are not finite are null. */
export interface LandscapeData {
  readonly problem: string;
  readonly point: string;
  readonly size: number;
  readonly rows: number;
  readonly seed: number;
  readonly directions: readonly LandscapeDirection[];
  /** Coordinates along each direction. */
  readonly axes: readonly (readonly number[])[];
  /** At every grid point; those along the first direction follow each other. */
  readonly losses: readonly (number | null)[];
  /** The quadratic model at the same points. */
  readonly modelled: readonly number[];
  readonly quadratic: QuadraticModel;
  /** Of the model's errors relative to changes of the loss. */
  readonly tolerance: number;
  readonly trust: TrustRadius;
  readonly nonFinite: number;
  readonly lowest: { readonly loss: number; readonly coordinates: readonly number[] } | null;
  readonly path: LandscapePath | null;
  readonly seconds: number;
}
