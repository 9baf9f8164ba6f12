import type { Space } from '#core/space.ts';
import { axesOf, type Axis } from './axis.ts';

/** The two axes of a contour: those asked for, else the first ones, intervals before choices. */
export function contourAxes({ space, x, y }: { space: Space; x: string | null; y: string | null }): [Axis | undefined, Axis | undefined] {
  const axes = axesOf(space);
  const byKind = [...axes.filter((axis) => axis.scale !== 'points'), ...axes.filter((axis) => axis.scale === 'points')];
  const across = axes.find((axis) => axis.name === x) ?? byKind.find((axis) => axis.name !== y);
  const up = axes.find((axis) => axis.name === y && axis !== across) ?? byKind.find((axis) => axis !== across);
  return [across, up];
}
