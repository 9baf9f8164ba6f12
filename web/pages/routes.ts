/**
 * The site: every page by its address.
 *
 * A page file exports one `register…(app, site)` that calls {@link registerPage} with a pattern of `paths` and a
 * function from the request to a `Page` (see `page.ts`); `overview.ts` is the example to follow. Its regions re-read
 * the store through `site.reader` and are plain functions of data, so that the document and the live stream show the
 * same. Forms are plain POST routes in the same file: a verb of the engine, then 303; a refusal is shown in place by
 * `sendPage` with its status.
 */
import type { FastifyInstance } from 'fastify';
import { registerAssets } from '#web/assets.ts';
import type { Web } from '#web/context.ts';
import { createLive } from '#web/live.ts';
import type { Site } from '#web/page.ts';
import { stopDrawing } from '#web/parts/pictures/draw.ts';
import { registerAccountList } from './account-list.ts';
import { registerAccountShow } from './account-show.ts';
import { registerActionShow } from './action-show.ts';
import { registerBriefChange } from './brief-change.ts';
import { registerBriefConfirm } from './brief-confirm.ts';
import { registerBriefDelete } from './brief-delete.ts';
import { registerBriefEdit } from './brief-edit.ts';
import { registerBriefExtend } from './brief-extend.ts';
import { registerBriefList } from './brief-list.ts';
import { registerBriefNew } from './brief-new.ts';
import { registerBriefReport } from './brief-report.ts';
import { registerBriefShow } from './brief-show.ts';
import { registerBriefTopUp } from './brief-top-up.ts';
import { registerCompare } from './compare.ts';
import { registerCreditEntry } from './credit-entry.ts';
import { registerCredits } from './credits.ts';
import { registerExperimentList } from './experiment-list.ts';
import { registerFamilyList } from './family-list.ts';
import { registerFamilyShow } from './family-show.ts';
import { registerNotificationList } from './notification-list.ts';
import { registerOverview } from './overview.ts';
import { registerPackageDownload } from './package-download.ts';
import { registerSearchPage } from './search.ts';
import { registerSettings } from './settings.ts';
import { registerStyleguide } from './styleguide.ts';
import { registerTaskChange } from './task-change.ts';
import { registerTaskComplete } from './task-complete.ts';
import { registerTaskActions } from './task-actions.ts';
import { registerTaskList } from './task-list.ts';
import { registerTaskLog } from './task-log.ts';
import { registerTaskSelection } from './task-selection.ts';
import { registerTaskShow } from './task-show.ts';
import { registerWebhookList } from './webhook-list.ts';
import { registerWebhookShow } from './webhook-show.ts';
import { registerWorkerList } from './worker-list.ts';
import { registerWorkerShow } from './worker-show.ts';

const PAGES = [
  registerOverview,
  registerBriefList,
  registerBriefNew,
  registerBriefEdit,
  registerBriefConfirm,
  registerBriefReport,
  registerBriefShow,
  registerBriefChange,
  registerBriefExtend,
  registerBriefTopUp,
  registerBriefDelete,
  registerFamilyList,
  registerFamilyShow,
  registerTaskComplete,
  registerTaskActions,
  registerTaskChange,
  registerTaskSelection,
  registerTaskList,
  registerTaskShow,
  registerTaskLog,
  registerCompare,
  registerWorkerList,
  registerWorkerShow,
  registerActionShow,
  registerCredits,
  registerAccountList,
  registerAccountShow,
  registerCreditEntry,
  registerExperimentList,
  registerPackageDownload,
  registerSearchPage,
  registerSettings,
  registerStyleguide,
  registerNotificationList,
  registerWebhookList,
  registerWebhookShow,
];

/** Adds all pages, their streams and the files they load. */
export async function registerPages(app: FastifyInstance, web: Web): Promise<void> {
  const { store, now, log } = web.engine;
  const live = createLive({ watch: store.watch, now, log });
  app.addHook('preClose', async () => live.close());
  app.addHook('onClose', stopDrawing);
  const site: Site = { ...web, live };
  registerAssets(app);
  for (const register of PAGES) register(app, site);
}
