import { float, floats } from '../../../../src/onnx/attributes.js';
import { type Attributes, type Case, type Cases, c, isFloatType, type Types, t, v } from '../case.js';

type Scaling = readonly [what: string, shape: readonly number[], scales: readonly number[]];

const scalings: readonly Scaling[] = [
  ['up', [1, 1, 2, 3], [1, 1, 2, 3]],
  ['down', [1, 1, 4, 6], [1, 1, 0.5, 0.5]],
  ['up by a fraction', [1, 2, 3, 2], [1, 1, 1.5, 2.5]],
  ['one axis', [1, 1, 5], [1, 1, 2]],
];

const smooth = ({ T, T1 = T }: Types): boolean => /^(float|double|float16)$/.test(T1!);

const isSingle = ({ T, T1 = T }: Types): boolean => T1 === 'float';

/** Interpolated integers are cut off: those that come out whole but for rounding say nothing. */
const meant =
  (mode: string, what: string): NonNullable<Case['types']> =>
  (types) =>
    mode === 'nearest' || smooth(types) || (what === 'one axis' && types.T !== 'bool');

const upsample: readonly Case[] = ['nearest', 'linear'].flatMap((mode) =>
  scalings
    .filter(([what]) => what !== 'down')
    .flatMap(([what, shape, scales]): Case[] => [
      {
        what: `${mode}, ${what}, attributes`,
        inputs: [t(shape)],
        attributes: { mode, scales: floats([...scales]) },
        until: 9,
        types: meant(mode, what),
      },
      {
        what: `${mode}, ${what}`,
        inputs: [t(shape), c(scales)],
        attributes: { mode },
        since: 9,
        types: meant(mode, what),
      },
    ]),
);

/** Of version 10: x/scale, rounded down or interpolated. */
const early: readonly Case[] = ['nearest', 'linear'].flatMap((mode) =>
  scalings.map(
    ([what, shape, scales]): Case => ({
      what: `${mode}, ${what}`,
      inputs: [t(shape), c(scales)],
      attributes: { mode },
      until: 11,
      types: meant(mode, what),
    }),
  ),
);

const transforms = ['half_pixel', 'pytorch_half_pixel', 'align_corners', 'asymmetric'];
const roundings = ['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'];
const targets: readonly (readonly [string, readonly number[]])[] = [
  ['up', [1, 1, 4, 7]],
  ['down', [1, 1, 2, 3]],
  ['mixed', [1, 1, 5, 2]],
  ['to one', [1, 1, 1, 1]],
  ['the same', [1, 1, 3, 4]],
];

const nearest: readonly Case[] = transforms.flatMap((transform) =>
  roundings.flatMap((rounding) =>
    targets.map(
      ([what, sizes]): Case => ({
        what: `nearest, ${transform}, ${rounding}, ${what}`,
        inputs: [t([1, 1, 3, 4]), null, null, c(sizes)],
        attributes: { mode: 'nearest', coordinate_transformation_mode: transform, nearest_mode: rounding },
        since: 13,
        types: transform === 'half_pixel' && rounding === 'floor' ? () => true : smooth,
      }),
    ),
  ),
);

const interpolated: readonly Case[] = ['linear', 'cubic'].flatMap((mode) =>
  transforms.flatMap((transform) =>
    targets.map(
      ([what, sizes]): Case => ({
        what: `${mode}, ${transform}, ${what}`,
        inputs: [t([1, 1, 3, 4]), null, null, c(sizes)],
        attributes: { mode, coordinate_transformation_mode: transform },
        since: 13,
        types: what === 'mixed' ? smooth : isSingle,
      }),
    ),
  ),
);

/** By scales, as all versions from 11 on have it; version 11 asks for a region. */
const byScales: readonly Case[] = ['nearest', 'linear', 'cubic']
  .flatMap((mode) =>
    scalings
      .filter(([, shape]) => shape.length === 4 || mode !== 'cubic')
      .flatMap(([what, shape, scales]): Case[] => [
        {
          what: `${mode}, scales, ${what}, a region`,
          inputs: [t(shape), c([]), c(scales)],
          attributes: { mode },
          since: 11,
          until: 13,
        },
        { what: `${mode}, scales, ${what}`, inputs: [t(shape), null, c(scales)], attributes: { mode }, since: 13 },
      ]),
  )
  .map((given): Case => ({ ...given, types: (types) => given.what.startsWith('nearest') || smooth(types) }));

const cubics: readonly Attributes[] = [
  { cubic_coeff_a: float(-0.5) },
  { exclude_outside: 1 },
  { cubic_coeff_a: float(-0.5), exclude_outside: 1 },
];

const refined: readonly Case[] = [
  ...cubics.flatMap((attributes): Case[] =>
    targets.map(([what, sizes]) => ({
      what: `cubic, ${Object.keys(attributes).join(', ')}, ${what}`,
      inputs: [t([1, 1, 3, 4]), null, null, c(sizes)],
      attributes: { mode: 'cubic', ...attributes },
      since: 13,
    })),
  ),
  ...['linear', 'cubic'].flatMap((mode) =>
    [0, 1].flatMap((exclude): Case[] =>
      [
        [1, 1, 3, 3],
        [1, 1, 2, 5],
      ].map((sizes) => ({
        what: `${mode}, antialias, exclude ${exclude}, to ${sizes[2]} × ${sizes[3]}`,
        inputs: [t([1, 1, 7, 8]), null, null, c(sizes)],
        attributes: { mode, antialias: 1, exclude_outside: exclude },
        since: 18,
      })),
    ),
  ),
  ...(['not_larger', 'not_smaller'] as const).map(
    (policy): Case => ({
      what: policy,
      inputs: [t([1, 1, 3, 4]), null, null, c([7, 8])],
      attributes: { mode: 'linear', keep_aspect_ratio_policy: policy, axes: [2, 3] },
      since: 18,
    }),
  ),
  {
    what: 'axes',
    inputs: [t([1, 1, 3, 4]), null, null, c([6, 5])],
    attributes: { mode: 'linear', axes: [3, 2] },
    since: 18,
  },
  {
    what: 'axes and scales',
    inputs: [t([1, 1, 3, 4]), null, c([2, 1.5])],
    attributes: { mode: 'linear', axes: [2, 3] },
    since: 18,
  },
  {
    what: 'symmetric',
    inputs: [t([1, 1, 3, 4]), null, c([1, 1, 1.25, 0.6])],
    attributes: { mode: 'linear', coordinate_transformation_mode: 'half_pixel_symmetric' },
    since: 19,
  },
  {
    what: 'crop',
    inputs: [t([1, 1, 4, 4]), c([0, 0, 0.25, 0.25, 1, 1, 0.75, 0.75]), null, c([1, 1, 3, 3])],
    attributes: { mode: 'linear', coordinate_transformation_mode: 'tf_crop_and_resize' },
    since: 13,
  },
  {
    what: 'crop beyond the image',
    inputs: [t([1, 1, 4, 4]), c([0, 0, -0.5, 0.5, 1, 1, 0.5, 1.5]), null, c([1, 1, 3, 3])],
    attributes: { mode: 'linear', coordinate_transformation_mode: 'tf_crop_and_resize', extrapolation_value: float(7) },
    since: 13,
  },
].map((given): Case => ({ ...given, types: smooth }));

const grids: readonly (readonly [string, readonly number[], readonly number[]])[] = [
  ['an image', [1, 2, 3, 4], [1, 2, 3, 2]],
  ['a batch', [2, 1, 3, 3], [2, 4, 1, 2]],
];

const gridSample: readonly Case[] = [0, 1].flatMap((align) =>
  ['zeros', 'border', 'reflection'].flatMap((padding) =>
    [['linear', 'bilinear'], ['nearest'], ['cubic', 'bicubic']].flatMap(([late, earlier = late]) =>
      grids.flatMap(([what, image, grid]): Case[] => {
        const shared = {
          inputs: [t(image), t(grid, 'unit')],
          types: ({ T1, T2 }: Types) =>
            late === 'linear' && what === 'an image' ? isFloatType(T1) : T1 === 'float' && T2 === 'float',
        };
        const attributes = { padding_mode: padding, align_corners: align };
        return [
          {
            ...shared,
            what: `${late}, ${padding}, align ${align}, ${what}, early`,
            attributes: { ...attributes, mode: earlier! },
            until: 20,
          },
          {
            ...shared,
            what: `${late}, ${padding}, align ${align}, ${what}`,
            attributes: { ...attributes, mode: late! },
            since: 20,
          },
          {
            ...shared,
            what: `${late}, ${padding}, align ${align}, ${what}, beyond`,
            inputs: [t(image), t(grid)],
            attributes: { ...attributes, mode: late! },
            since: 20,
          },
        ];
      }),
    ),
  ),
);

const volumes: readonly Case[] = ['zeros', 'border', 'reflection'].flatMap((padding_mode) =>
  ['linear', 'nearest'].map(
    (mode): Case => ({
      what: `a volume, ${mode}, ${padding_mode}`,
      inputs: [t([1, 1, 2, 3, 4]), t([1, 2, 2, 2, 3])],
      attributes: { mode, padding_mode },
      types: ({ T1 }) => isFloatType(T1),
      since: 20,
    }),
  ),
);

const affine: readonly Case[] = [0, 1].flatMap((align_corners): Case[] => [
  { what: `an image, align ${align_corners}`, inputs: [t([2, 2, 3]), c([2, 1, 3, 4])], attributes: { align_corners } },
  {
    what: `a volume, align ${align_corners}`,
    inputs: [t([1, 3, 4]), c([1, 1, 2, 3, 4])],
    attributes: { align_corners },
  },
  {
    what: `one pixel high, align ${align_corners}`,
    inputs: [t([1, 2, 3]), c([1, 1, 2, 3])],
    attributes: { align_corners },
  },
]);

const rois = v([0.5, 1, 3, 4, 1, 0, 4, 2, -1, -1, 6, 6], [3, 4]);
const roiAlign: readonly Case[] = ['avg', 'max'].flatMap((mode) =>
  (
    [
      {
        what: `${mode}`,
        inputs: [t([2, 2, 5, 5]), rois, v([0, 1, 0])],
        attributes: { mode, output_height: 2, output_width: 3, sampling_ratio: mode === 'max' ? 1 : 2 },
      },
      {
        what: `${mode}, scaled`,
        inputs: [t([1, 1, 4, 4]), v([0, 0, 8, 6], [1, 4]), v([0])],
        attributes: { mode, output_height: 2, output_width: 2, sampling_ratio: 1, spatial_scale: float(0.5) },
      },
    ] satisfies readonly Case[]
  ).flatMap((given): Case[] => [
    given,
    ...['half_pixel', 'output_half_pixel'].map(
      (transform): Case => ({
        ...given,
        what: `${given.what}, ${transform}`,
        attributes: { ...given.attributes, coordinate_transformation_mode: transform },
        since: 16,
      }),
    ),
  ]),
);

export const images: Cases = {
  AffineGrid: affine,
  GridSample: [...gridSample, ...volumes],
  Resize: [...early, ...byScales, ...nearest, ...interpolated, ...refined],
  RoiAlign: roiAlign,
  Upsample: upsample,
};
