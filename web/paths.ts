/** Values of a query; what is null, undefined or empty is left out. */
export type Query = Record<string, string | number | null | undefined>;

/** What a person can do with a worker from its page. */
export type WorkerVerb = 'drain' | 'resume' | 'remove';

/** What a person can do with a webhook from its page. */
export type WebhookVerb = 'test' | 'enable' | 'disable' | 'delete';

/** What an administrator can do with an account from its page. */
export type AccountVerb = 'grant' | 'renew' | 'revoke';

/** What a person can do with a brief from its page. */
export type BriefVerb = 'launch' | 'pause' | 'resume' | 'cancel' | 'extend' | 'top-up' | 'confirm' | 'delete';

/** What a person can do with a task from its page. */
export type TaskPageVerb = 'cancel' | 'requeue' | 'priority' | 'rerun';

/**
 * Every address of the site. Called with `:id` a path gives the pattern of its route, so that links and routes cannot
 * drift apart; `paths.test.ts` prints them all as the table of contents.
 */
export const paths = {
  overview: (): string => '/',
  briefs: (query: Query = {}): string => withQuery('/briefs', query),
  briefNew: (query: Query = {}): string => withQuery('/briefs/new', query),
  brief: (id: string, query: Query = {}): string => withQuery(`/briefs/${segment(id)}`, query),
  briefPreview: (): string => '/briefs/preview',
  briefEdit: (id: string): string => `/briefs/${segment(id)}/edit`,
  briefFile: (id: string): string => `/briefs/${segment(id)}/brief.yaml`,
  briefReport: (id: string): string => `/briefs/${segment(id)}/report.html`,
  briefAction: (id: string, verb: BriefVerb | ':action'): string => `/briefs/${segment(id)}/${verb}`,
  families: (query: Query = {}): string => withQuery('/families', query),
  family: (id: string, query: Query = {}): string => withQuery(`/families/${segment(id)}`, query),
  familyBaseline: (id: string): string => `/families/${segment(id)}/baseline`,
  familyExport: (id: string, query: Query = {}): string => withQuery(`/families/${segment(id)}/export`, query),
  tasks: (query: Query = {}): string => withQuery('/tasks', query),
  taskSelection: (): string => '/tasks/selection',
  taskComplete: (query: Query = {}): string => withQuery('/tasks/complete', query),
  task: (id: string, query: Query = {}): string => withQuery(`/tasks/${segment(id)}`, query),
  taskLog: (id: string, query: Query = {}): string => withQuery(`/tasks/${segment(id)}/log`, query),
  taskLogText: (id: string, query: Query = {}): string => withQuery(`/tasks/${segment(id)}/log/text`, query),
  taskLogLines: (id: string, query: Query = {}): string => withQuery(`/tasks/${segment(id)}/log/lines`, query),
  taskLogSearch: (id: string, query: Query = {}): string => withQuery(`/tasks/${segment(id)}/log/search`, query),
  taskActions: (): string => '/tasks/actions',
  taskAction: (id: string, verb: TaskPageVerb | ':action'): string => `/tasks/${segment(id)}/${verb}`,
  action: (id: string): string => `/actions/${segment(id)}`,
  actionUndo: (id: string): string => `/actions/${segment(id)}/undo`,
  compare: (query: Query = {}): string => withQuery('/compare', query),
  compareExport: (query: Query = {}): string => withQuery('/compare/export', query),
  workers: (query: Query = {}): string => withQuery('/workers', query),
  worker: (id: string, query: Query = {}): string => withQuery(`/workers/${segment(id)}`, query),
  workerAction: (id: string, verb: WorkerVerb | ':action'): string => `/workers/${segment(id)}/${verb}`,
  credits: (query: Query = {}): string => withQuery('/credits', query),
  creditsExport: (query: Query = {}): string => withQuery('/credits/export', query),
  creditAccounts: (query: Query = {}): string => withQuery('/credits/accounts', query),
  creditAccountsExport: (query: Query = {}): string => withQuery('/credits/accounts/export', query),
  creditAccount: (id: string, query: Query = {}): string => withQuery(`/credits/accounts/${segment(id)}`, query),
  creditAccountAction: (id: string, verb: AccountVerb | ':action'): string => `/credits/accounts/${segment(id)}/${verb}`,
  creditsCheckpoint: (): string => '/credits/checkpoint.txt',
  creditEntry: (id: string): string => `/credits/${segment(id)}`,
  creditReceipt: (id: string): string => `/credits/${segment(id)}/receipt.json`,
  experiments: (): string => '/experiments',
  experiment: (name: string): string => `/experiments/${segment(name)}`,
  experimentPackage: (sha256: string): string => `/packages/${segment(sha256)}`,
  packageAction: (sha256: string, verb: 'withdraw' | 'approve' | ':action'): string => `/packages/${segment(sha256)}/${verb}`,
  search: (query: Query = {}): string => withQuery('/search', query),
  searchHits: (query: Query = {}): string => withQuery('/search/hits', query),
  settings: (): string => '/settings',
  settingsTheme: (): string => '/settings/theme',
  styleguide: (): string => '/styleguide',
  notifications: (query: Query = {}): string => withQuery('/notifications', query),
  notificationsRead: (): string => '/notifications/read',
  notificationsRecent: (query: Query = {}): string => withQuery('/notifications/recent', query),
  webhooks: (): string => '/settings/webhooks',
  webhook: (id: string, query: Query = {}): string => withQuery(`/settings/webhooks/${segment(id)}`, query),
  webhookAction: (id: string, verb: WebhookVerb | ':action'): string => `/settings/webhooks/${segment(id)}/${verb}`,
  settingsShortcuts: (): string => '/settings/shortcuts',
  live: (address: string): string => `/live${address}`,
  asset: (file: string): string => `/assets/${segment(file)}`,
  apiDocs: (): string => '/api/docs',
  openapi: (): string => '/api/v1/openapi.json',
  monitoring: (): string => '/metrics',
};

/** An address with a query, in the order given. */
export function withQuery(path: string, query: Query): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    value === null || value === undefined || value === '' ? [] : [`${encodeURIComponent(name)}=${encodeURIComponent(value)}`],
  );
  return pairs.length === 0 ? path : `${path}?${pairs.join('&')}`;
}

/** One part of a path. A colon is legal there and marks the parameters of patterns. */
function segment(text: string): string {
  return encodeURIComponent(text).replaceAll('%3A', ':');
}
