import { z } from 'zod';
import { accept, refuse, type Outcome } from '#core/errors.ts';
import type { Space } from '#core/space.ts';
import { CENTRES, SPREADS, type Centre, type Spread } from '#core/stats/summary.ts';
import { variedNames } from '#web/parts/answer.ts';

/** What the explorer of a family is asked for; its address says all of it. */
export type Explored = { group: string | null; split: string | null; centre: Centre; spread: Spread; show: 'values' | 'curves' };

/** The group of each configuration with its seeds. No parameter has this name. */
export const EACH_CONFIGURATION = '*';

const MOST_CHARACTERS = 64;

/** The explorer's part of a page's query. */
export const exploreQuery = {
  group: z.string().max(MOST_CHARACTERS).optional(),
  split: z.string().max(MOST_CHARACTERS).optional(),
  centre: z.enum(CENTRES).default('mean'),
  spread: z.enum(SPREADS).default('sd'),
  show: z.enum(['values', 'curves']).default('values'),
};

/** What is asked for, where the search space has it; without a group, the first choice among texts, or else the first parameter. */
export function exploredOf(query: { group?: string | undefined; split?: string | undefined; centre: Centre; spread: Spread; show: Explored['show'] }, space: Space): Outcome<Explored> {
  const names = variedNames(space);
  for (const [field, name] of [['group', query.group], ['split', query.split]] as const) {
    const known = name === undefined || names.includes(name) || (field === 'group' && name === EACH_CONFIGURATION);
    if (!known) return refuse('invalid', `The address asks for something that is not there: ${field} names "${name}", which is no parameter that varies in this family.`, [{ path: field, message: 'is no parameter that varies in this family' }]);
  }
  const group = query.group ?? usual(space, names);
  const split = query.split === group ? null : (query.split ?? null);
  return accept({ group, split, centre: query.centre, spread: query.spread, show: query.show });
}

/** The explorer's part of an address; what is usual is left out. */
export function exploreAddress(asked: Explored, space: Space): Record<string, string | null> {
  return { group: asked.group === usual(space, variedNames(space)) ? null : asked.group, split: asked.split, centre: asked.centre === 'mean' ? null : asked.centre, spread: asked.spread === 'sd' ? null : asked.spread, show: asked.show === 'values' ? null : asked.show };
}

function usual(space: Space, names: readonly string[]): string | null {
  const isText = (name: string): boolean => {
    const parameter = space.parameters[name];
    return parameter?.type === 'choice' && parameter.values.some((value) => typeof value === 'string');
  };
  return names.find(isText) ?? names[0] ?? null;
}
