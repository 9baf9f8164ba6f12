import { configurationKey, constraintsOf, contains, countValues, inSpaceOrder, isActive, searchOrder, shareOf, valueAt, type Configuration, type Parameter, type Scalar, type Space } from '#core/space.ts';
import type { Constraint } from '#core/constraint.ts';

/**
 * A parameter as the model sees it. A `number` has its share of the range as coordinate; a `category` has the index of its
 * value, of which only sameness counts.
 */
export type Dimension = {
  name: string;
  parameter: Parameter;
  kind: 'number' | 'category';
  /** How many distinct values there are; Infinity for a real interval. */
  levels: number;
  /** Whether it may be absent. Absence is a level of its own for a category, and a place off the line for a number. */
  isConditional: boolean;
  /** The coordinate of each value of a choice, by index. */
  coordinates: readonly number[];
};

/** A space as the model sees it, with the names on which the presence of others depends: a point has one coordinate for each dimension, {@link INACTIVE} where it is absent. */
export type Geometry = { space: Space; dimensions: readonly Dimension[]; constraints: readonly Constraint[]; order: readonly string[]; conditions: ReadonlySet<string>; isFinite: boolean };

/** One coordinate for each dimension. */
export type Point = Float64Array;

export const INACTIVE = -1;

export function geometryOf(space: Space): Geometry {
  const order = searchOrder(space) ?? [];
  const dimensions = order.flatMap((name): Dimension[] => {
    const parameter = space.parameters[name];
    return parameter === undefined || countValues(parameter) <= 1 ? [] : [dimensionOf(name, parameter)];
  });
  const constraints = constraintsOf(space);
  const conditions = new Set(Object.values(space.parameters).flatMap((parameter) => Object.keys(parameter.when ?? {})));
  return { space, dimensions, constraints, order, conditions, isFinite: dimensions.every((dimension) => dimension.levels < Infinity) };
}

/** The point of a configuration, or null where it is not one of this space. */
export function pointOf(geometry: Geometry, config: Configuration): Point | null {
  for (const [name, parameter] of Object.entries(geometry.space.parameters)) {
    const value = config[name];
    if (isActive(parameter, config) !== (value !== undefined) || (value !== undefined && !contains(parameter, value))) return null;
  }
  return Float64Array.from(geometry.dimensions, (dimension) => {
    const value = config[dimension.name];
    return value === undefined ? INACTIVE : coordinateOf(dimension, value);
  });
}

export function coordinateOf(dimension: Dimension, value: Scalar): number {
  const { parameter } = dimension;
  return parameter.type === 'choice' ? (dimension.coordinates[parameter.values.indexOf(value)] ?? 0) : shareOf(parameter, value);
}

/**
 * The configuration at a point all of whose coordinates are filled in, or null where it breaks a constraint. Writes
 * the point that the configuration really has: rounded to the values that there are, and absent where it is absent.
 */
export function settle(geometry: Geometry, latent: Point, point: Point): Configuration | null {
  const config: Configuration = {};
  let index = 0;
  for (const name of geometry.order) {
    const parameter = geometry.space.parameters[name] as Parameter;
    const dimension = geometry.dimensions[index]?.name === name ? geometry.dimensions[index] : undefined;
    if (isActive(parameter, config)) {
      const value = dimension === undefined ? valueAt(parameter, 0.5) : valueOf(dimension, latent[index] as number);
      config[name] = value;
      if (dimension !== undefined) point[index] = dimension.levels === Infinity ? (latent[index] as number) : coordinateOf(dimension, value);
    } else if (dimension !== undefined) {
      point[index] = INACTIVE;
    }
    if (dimension !== undefined) index += 1;
  }
  return geometry.constraints.every((constraint) => constraint.holds(config)) ? config : null;
}

/** The value nearest to a coordinate. */
export function valueOf(dimension: Dimension, coordinate: number): Scalar {
  const { parameter } = dimension;
  if (parameter.type !== 'choice') return valueAt(parameter, coordinate);
  let nearest = 0;
  dimension.coordinates.forEach((at, index) => {
    if (Math.abs(at - coordinate) < Math.abs((dimension.coordinates[nearest] as number) - coordinate)) nearest = index;
  });
  return parameter.values[nearest] as Scalar;
}

/** One text for equal configurations. */
export function keyOf(geometry: Geometry, config: Configuration): string {
  return configurationKey(inSpaceOrder(geometry.space, config));
}

function dimensionOf(name: string, parameter: Parameter): Dimension {
  const coordinates = parameter.type === 'choice' ? choiceCoordinates(parameter.values, parameter.ordered === true) : null;
  return {
    name,
    parameter,
    kind: parameter.type !== 'choice' || coordinates !== null ? 'number' : 'category',
    levels: countValues(parameter),
    isConditional: parameter.when !== undefined,
    coordinates: coordinates ?? (parameter.type === 'choice' ? parameter.values.map((_, index) => index) : []),
  };
}

/**
 * Choices that have an order lie evenly on a line: in the order listed where they are declared as ordered, by size where
 * they are numbers, since widths and depths rarely act otherwise. Other choices are names: null.
 */
function choiceCoordinates(values: readonly Scalar[], isOrdered: boolean): number[] | null {
  const last = Math.max(1, values.length - 1);
  if (isOrdered) return values.map((_, index) => index / last);
  if (!values.every((value) => typeof value === 'number')) return null;
  const sorted = values.toSorted((left, right) => left - right);
  return values.map((value) => sorted.indexOf(value) / last);
}
