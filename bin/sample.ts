import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { LOCAL_ID } from '#core/ledger.ts';
import { submitBrief } from '#engine/submit-brief.ts';
import type { Engine } from '#engine/engine.ts';
import { briefInput, toBriefRequest } from '#protocol/brief.ts';
import { readTotals } from '#store/totals.ts';

const SPACE_FILE = join(import.meta.dirname, '..', 'experiments', 'char-lm', 'sample-space.yaml');

/** Submits the sample campaign when there has never been a brief; answers its brief's id, or null. */
export async function submitSample(engine: Engine): Promise<string | null> {
  const totals = await readTotals(engine.store.reader);
  if (totals.briefs > 0) return null;
  const brief = briefInput.parse({
    title: 'Sample: which learning-rate schedule wins in ten seconds?',
    goal: 'Lowest validation bits per byte for a compact transformer after 10 s of training on one core; vary schedule, learning rate and width.',
    experiment: 'char-lm',
    strategy: { name: 'random', seed: 42 },
    space: parse(await readFile(SPACE_FILE, 'utf8')),
    num_tasks: 12,
    time_budget_seconds: 10,
    budget_credits: 10,
  });
  const outcome = await submitBrief(engine, LOCAL_ID, toBriefRequest(brief), null);
  if (!outcome.ok) throw new Error(`the sample campaign was refused: ${outcome.refusal.detail}`);
  return outcome.value.briefId;
}
