import type { Noise } from './stats/noise.ts';

/** What people want to hear of, with what each is called. */
export const EVENT_KINDS = {
  brief_finished: 'Brief finished',
  brief_stuck: 'Brief stuck',
  budget_nearly_spent: 'Budget nearly spent',
  new_best: 'New best',
  worker_gone: 'Worker gone',
  result_refuted: 'Result refuted',
  worker_quarantined: 'Worker quarantined',
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
 * @param noise what the family's replicates say; null where there are none
 */
export function judgeBest(gain: number, values: number, noise: Noise | null): Surprise | null {
  if (noise !== null && noise.degrees >= LEAST_FREEDOM) return gain > 2 * noise.deviation ? { noise: noise.deviation } : null;
  return values >= LEAST_VALUES ? { noise: null } : null;
}
