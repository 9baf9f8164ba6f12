import type { FastifyInstance } from 'fastify';
import type { Web } from '#web/context.ts';
import { registerAccounts } from './accounts.ts';
import { registerActions } from './actions.ts';
import { registerBriefs } from './briefs.ts';
import { registerClaims } from './claims.ts';
import { registerEvents } from './events.ts';
import { registerExperiments } from './experiments.ts';
import { registerFamilies } from './families.ts';
import { registerLedger } from './ledger.ts';
import { registerLedgerProofs } from './ledger-proofs.ts';
import { registerSearch } from './search.ts';
import { registerStats } from './stats.ts';
import { registerTasks } from './tasks.ts';
import { registerWebhooks } from './webhooks.ts';
import { registerWorkers } from './workers.ts';

/** The JSON API. Every route asks for a bearer token; the document that describes them does not. */
export async function registerApi(api: FastifyInstance, web: Web): Promise<void> {
  // Forms are for pages; a program's fields would all arrive as texts.
  api.removeContentTypeParser('application/x-www-form-urlencoded');
  api.decorateRequest('actor', null);
  api.get('/openapi.json', { schema: { hide: true } }, async () => api.swagger());
  registerBriefs(api, web);
  registerFamilies(api, web);
  registerTasks(api, web);
  registerActions(api, web);
  registerWorkers(api, web);
  registerClaims(api, web);
  registerExperiments(api, web);
  registerLedger(api, web);
  registerAccounts(api, web);
  registerLedgerProofs(api, web);
  registerSearch(api, web);
  registerStats(api, web);
  registerEvents(api, web);
  registerWebhooks(api, web);
}
