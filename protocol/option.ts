import { z } from 'zod';
import type { Option } from '#core/option.ts';

const described = { name: z.string(), title: z.string(), description: z.string() };

/** An option of a strategy or a pruner as the API shows it. */
const optionView = z.union([
  z.object({ ...described, type: z.enum(['int', 'number']), low: z.number(), high: z.number(), default: z.number() }),
  z.object({ ...described, type: z.literal('choice'), values: z.array(z.string()), default: z.string() }),
]);

/** What ends hopeless runs early, as the API shows it. */
export const prunerView = z.object({ ...described, options: z.array(optionView) });

/** A way to search as the API shows it. */
export const strategyView = prunerView.extend({ is_adaptive: z.boolean().describe('Whether results steer it') });

/** From the core's form to the wire's. */
export function fromOption(option: Option): z.infer<typeof optionView> {
  return option.type === 'choice' ? { ...option, values: [...option.values] } : option;
}
