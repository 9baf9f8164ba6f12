import type { BriefRequest } from '#core/brief.ts';
import { accept, refuse, type Outcome } from '#core/errors.ts';
import { findBrief } from '#store/brief.ts';
import { saveDraft } from '#store/draft.ts';
import { lockFamily } from '#store/family.ts';
import type { Engine } from './engine.ts';
import { describeBrief, planBrief, touchBrief } from './submit-brief.ts';

/** Makes a draft ask for something else, with the script of its experiment as it is now. It stays a draft under its id. */
export async function editDraft(engine: Engine, briefId: string, request: BriefRequest): Promise<Outcome<{ briefId: string }>> {
  const planned = await planBrief(engine, request);
  if (!planned.ok) return planned;
  const outcome = await engine.store.write(async (tx): Promise<Outcome<{ briefId: string }>> => {
    const found = await findBrief(tx, briefId);
    const family = found === null ? null : await lockFamily(tx, found.familyId);
    // The lock may have been waited for: only what is read under it decides.
    const draft = family === null ? null : await findBrief(tx, briefId);
    if (draft === null || family === null) return refuse('brief_not_found');
    if (draft.state !== 'draft') return refuse('brief_state', `Only a draft can be edited, and this brief is ${draft.state}. Clone it to ask for something else.`);
    const asked = describeBrief(engine, draft.ownerId, { ...request, draft: true }, planned.value);
    await saveDraft(tx, { ...asked.brief, id: draft.id }, { ...asked.family, id: family.id });
    touchBrief(tx, draft);
    return accept({ briefId });
  });
  if (outcome.ok) engine.log.info({ brief_id: briefId }, 'draft edited');
  return outcome;
}
