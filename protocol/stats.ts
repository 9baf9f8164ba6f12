import { z } from 'zod';
import { BRIEF_STATES } from '#core/brief.ts';
import { countsView } from './family.ts';

/** What the overview shows. A family has its brief's state. */
export const statsView = z.object({
  workers: z.object({ online: z.number(), busy: z.number(), total: z.number() }),
  tasks: countsView,
  families: z.number(),
  briefs: z.number(),
  brief_states: z.record(z.enum(BRIEF_STATES), z.number()),
  last_hour: z.object({ completed: z.number(), failed: z.number(), credits_earned: z.number() }),
  credits_in_circulation: z.number(),
});
