import type { Field } from '#core/filter/language.ts';
import type { Parameter, Scalar, Space } from '#core/space.ts';
import { countValues } from '#core/space.ts';
import { tickText } from './tick-text.ts';

/**
 * A dimension of a picture. A value has a place between 0 and 1 on it: by its size, by its logarithm, or, for choices,
 * at one of evenly spaced points.
 */
export type Axis = {
  name: string;
  field: Field;
  scale: 'linear' | 'log' | 'points';
  low: number;
  high: number;
  /** Whole numbers only. */
  whole: boolean;
  /** The choices in their order, where the scale is of points. */
  choices: readonly Scalar[];
};

/** `place` is a share of the axis, from 0 to 1. */
export type Tick = { place: number; text: string };

/** The parameters that differ between configurations, as axes in the order of the space. */
export function axesOf(space: Space): Axis[] {
  return Object.entries(space.parameters).flatMap(([name, parameter]) => (countValues(parameter) > 1 ? [axisOf(name, parameter)] : []));
}

function axisOf(name: string, parameter: Parameter): Axis {
  const shared = { name, field: { of: 'config' as const, name }, low: 0, high: 1, whole: false, choices: [] };
  if (parameter.type === 'choice') return { ...shared, scale: 'points', choices: parameter.values };
  if (parameter.type === 'fixed') return { ...shared, scale: 'points', choices: [parameter.value] };
  const isLog = parameter.type === 'log' || (parameter.type === 'int' && parameter.log === true);
  return { ...shared, scale: isLog ? 'log' : 'linear', low: parameter.low, high: parameter.high, whole: parameter.type === 'int' };
}

/** Where a value lies; null where it is missing, as an inactive parameter's is, or not on the axis. */
export function placeOf(axis: Axis, value: Scalar | null | undefined): number | null {
  if (value === null || value === undefined) return null;
  if (axis.scale === 'points') {
    const index = axis.choices.indexOf(value);
    return index < 0 ? null : pointPlace(axis, index);
  }
  if (typeof value !== 'number') return null;
  const place = axis.scale === 'log' ? (Math.log(value) - Math.log(axis.low)) / (Math.log(axis.high) - Math.log(axis.low)) : axis.low === axis.high ? 0.5 : (value / 2 - axis.low / 2) / (axis.high / 2 - axis.low / 2);
  return Number.isFinite(place) ? Math.min(1, Math.max(0, place)) : null;
}

/** What lies at a place of an axis that is not of points. */
export function valueAtPlace(axis: Axis, place: number): number {
  const value = axis.scale === 'log' ? Math.exp(Math.log(axis.low) + place * (Math.log(axis.high) - Math.log(axis.low))) : axis.low * (1 - place) + axis.high * place;
  return axis.whole ? Math.round(value) : value;
}

/** Places with a text each: every choice, or round numbers. */
export function ticksOf(axis: Axis, most: number): Tick[] {
  if (axis.scale === 'points') {
    const every = Math.ceil(axis.choices.length / Math.max(1, most));
    return axis.choices.flatMap((choice, index) => (index % every === 0 ? [{ place: pointPlace(axis, index), text: String(choice) }] : []));
  }
  const values = axis.scale === 'log' ? logTicks(axis.low, axis.high, most) : linearTicks(axis.low, axis.high, most);
  const chosen = axis.whole ? values.filter(Number.isInteger) : values;
  return chosen.map((value) => ({ place: placeOf(axis, value) ?? 0, text: tickText(value, 0, chosen) }));
}

/** Round numbers within bounds: steps of 1, 2 or 5 times a power of ten. */
export function linearTicks(low: number, high: number, most: number): number[] {
  const span = high - low;
  if (!(span > 0) || !Number.isFinite(span)) return Number.isFinite(low) ? [low] : [];
  const rough = span / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= rough * (1 - 1e-9)) ?? rough;
  if (!(step > 0)) return [low, high];
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: Math.min(count, 2 * most + 2) }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}

/** The densest of these within every power of ten that still fits; beyond that, every so many powers. */
const FACTORS = [[1, 2, 3, 4, 5, 7], [1, 2, 5], [1, 3], [1]];

function logTicks(low: number, high: number, most: number): number[] {
  if (!(low > 0) || !(high > low)) return [low];
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const inside = (factors: readonly number[], every: number) =>
    Array.from({ length: Math.floor((last - first) / every) + 1 }, (_, index) => factors.map((factor) => Number(`${factor}e${first + index * every}`)))
      .flat()
      .filter((tick) => tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9));
  const fitting = FACTORS.map((factors) => inside(factors, 1)).find((ticks) => ticks.length > 0 && ticks.length <= most);
  if (fitting !== undefined) return fitting;
  const sparse = inside([1], Math.max(1, Math.ceil((last - first) / Math.max(1, most - 1))));
  return sparse.length > 0 ? sparse : [low, high];
}

function pointPlace(axis: Axis, index: number): number {
  return axis.choices.length < 2 ? 0.5 : index / (axis.choices.length - 1);
}
