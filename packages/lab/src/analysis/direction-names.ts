/** Kinds of directions of a landscape. */
export const directionNames = ['random', 'eigen', 'gradient', 'pca'] as const;

export type DirectionName = (typeof directionNames)[number];
