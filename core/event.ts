/** What people want to hear of, with what each is called. */
export const EVENT_KINDS = {
  brief_finished: 'Brief finished',
  brief_stuck: 'Brief stuck',
  budget_nearly_spent: 'Budget nearly spent',
  new_best: 'New best',
  worker_gone: 'Worker gone',
} as const;
/** The kind of an event, as the wire names it. */
export type EventKind = keyof typeof EVENT_KINDS;

/** Something that happened. `subject` is the brief's title or the worker's name as it was then, `detail` one sentence. */
export type Event = {
  id: string;
  at: number;
  kind: EventKind;
  briefId: string | null;
  taskId: string | null;
  workerId: string | null;
  subject: string;
  detail: string;
};

/** Where events are sent besides the pages. `secret` signs what is sent. */
export type Webhook = { id: string; ownerId: string; address: string; kinds: EventKind[]; secret: string; enabled: boolean; createdAt: number };

/** One message to one webhook, with how its tries went. */
export type Delivery = {
  id: string;
  webhookId: string;
  kind: EventKind | 'test';
  payload: string;
  state: 'waiting' | 'delivered' | 'failed';
  tries: number;
  nextTryAt: number;
  lastStatus: number | null;
  lastError: string | null;
  createdAt: number;
  endedAt: number | null;
};

/** This share of a budget counts as nearly spent. */
export const NEARLY_SPENT = 0.9;

/** Without replicates a new best is told only after this many values: the first ones beat each other all the time. */
const LEAST_VALUES = 10;
/** The pooled deviation counts as known from this many degrees of freedom on. */
const LEAST_FREEDOM = 3;

/** How sure it is that a new best is more than chance; null when it is not worth telling. */
export type Surprise = { noise: number | null };

/**
 * Whether a new best is beyond the noise: better than the best before it by more than twice the pooled standard deviation
 * of replicates. Where there are no replicates the noise is unknown, and it must be the best of more than a few.
 *
 * @param gain by how much it is better, positive
 * @param values how many values there were before it
 * @param groups values that differ by nothing but the seed
 */
export function judgeBest(gain: number, values: number, groups: readonly (readonly number[])[]): Surprise | null {
  const noise = pooledDeviation(groups);
  if (noise !== null) return gain > 2 * noise ? { noise } : null;
  return values >= LEAST_VALUES ? { noise: null } : null;
}

/** The pooled standard deviation within groups: the root of all squared differences from the groups' means over Σ(nᵢ − 1). */
function pooledDeviation(groups: readonly (readonly number[])[]): number | null {
  let squares = 0;
  let freedom = 0;
  for (const group of groups) {
    const mean = group.reduce((sum, value) => sum + value, 0) / group.length;
    squares += group.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    freedom += Math.max(0, group.length - 1);
  }
  return freedom < LEAST_FREEDOM ? null : Math.sqrt(squares / freedom);
}
