import { z } from 'zod';

/** What the overview shows. */
export const statsView = z.object({
  workers: z.object({ online: z.number(), busy: z.number(), total: z.number() }),
  tasks: z.object({
    pending: z.number(),
    running: z.number(),
    completed: z.number(),
    failed: z.number(),
    cancelled: z.number(),
    total: z.number(),
  }),
  families: z.number(),
  briefs: z.number(),
  credits_in_circulation: z.number(),
});
