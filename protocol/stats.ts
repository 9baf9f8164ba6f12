import { z } from 'zod';
import { countsView } from './family.ts';

/** What the overview shows. */
export const statsView = z.object({
  workers: z.object({ online: z.number(), busy: z.number(), total: z.number() }),
  tasks: countsView,
  families: z.number(),
  briefs: z.number(),
  credits_in_circulation: z.number(),
});
