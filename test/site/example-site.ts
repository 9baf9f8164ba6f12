import { submitExhausted } from '#test/exhausted-brief.ts';
import { smallBrief, startTestServer, type TestServer } from '#test/running-server.ts';

/** A server that has seen everything: ordinary campaigns, long and foreign names, failures, drafts, silent machines. */
export type ExampleSite = {
  server: TestServer;
  /** Every page that a person can open, by what stands on it. */
  addresses: readonly string[];
  stop(): Promise<void>;
};

type Enrolled = { workerId: string; token: string };
type Claimed = { task_id: string; attempt: number; lease_token: string };

const LONG_NAME = `مختبر الذكاء 🧪 laboratory-with-a-name-that-does-not-fit-anywhere-${'x'.repeat(30)}`;
const LONG_GOAL = `ما هو أفضل معدل تعلّم؟ 🦀 Which one is it? ${'A goal may have four thousand characters and still has to be read by somebody. '.repeat(60)}`.slice(0, 4000);
const LOG_LINES = 10_000;
const MOST_ATTEMPTS = 4;

/** Starts a server and fills it through the wire, as researchers and workers would. Every value is made up. */
export async function openExampleSite(): Promise<ExampleSite> {
  const server = await startTestServer({ development: true, webhook_allow: 'hooks.invalid, 127.0.0.1' });
  const webhook = await call(server, 'POST', '/api/v1/webhooks', { address: 'http://127.0.0.1:9/a-receiver-that-is-away', kinds: ['brief_finished', 'new_best'] });
  const exhausted = await submitExhausted(server, { title: `${LONG_NAME} runs out`.slice(0, 200) });
  const worker = await server.enrol({ cpu_model: 'Example 9 CPU @ 3.6 GHz', gpus: [{ model: 'Example GPU 4000 with a long name', vram_gb: 24 }] });
  const silent = await enrolNamed(server, LONG_NAME);
  const campaign = await submit(server, { title: 'Which learning rate wins?', num_tasks: 12, replicates: 3 });
  const busy = await runSome(server, worker, [1.5, 1.25, null, 2, 1.24, 1.9, 1.1, 1.15]);
  await call(server, 'POST', `/api/v1/briefs/${campaign.id}/pause`, {});
  const tiny = await submit(server, { title: 'Values of 1e-12', num_tasks: 3, strategy: { name: 'grid', seed: 1 } });
  await runSome(server, worker, [1e-12, 2.5e-12, 1.7976931348623157e308]);
  const failing = await submit(server, { title: `${LONG_NAME} ${LONG_NAME}`.slice(0, 200), goal: LONG_GOAL, num_tasks: 2 });
  await runSome(server, silent, Array.from({ length: 2 * MOST_ATTEMPTS }, () => null));
  await call(server, 'POST', `/api/v1/briefs/${campaign.id}/resume`, {});
  const [running] = await claim(server, worker);
  if (running !== undefined) await report(server, worker, running);
  const draft = await submit(server, { title: 'A draft', draft: true });
  const cancelled = await submit(server, { title: 'Called off', num_tasks: 4 });
  await call(server, 'POST', `/api/v1/briefs/${cancelled.id}/cancel`, {});
  const lender = await call(server, 'POST', '/api/v1/accounts', { name: LONG_NAME.slice(0, 100) });
  await enrolNamed(server, 'A machine of somebody else', lender.enrolment_token);
  const grant = await call(server, 'POST', `/api/v1/accounts/${lender.id}/grants`, { amount_credits: 99_999_999.999999, reason: LONG_GOAL.slice(0, 500).trim() });
  const penniless = await call(server, 'POST', '/api/v1/accounts', { name: 'Nobody’s' });
  const [{ id: entry }] = (await call(server, 'GET', '/api/v1/ledger/entries?limit=1', undefined)).items;
  const action = await call(server, 'POST', '/api/v1/tasks/actions', { verb: 'priority', priority: 1, ids: [`${campaign.family_id}-12`, 'nobody'] });
  const briefs = [campaign, tiny, failing, draft, cancelled, exhausted];
  const tasks = [...busy.slice(0, 3), running?.task_id ?? '', `${campaign.family_id}-12`, `${failing.family_id}-1`];
  return {
    server,
    addresses: [
      '/', '/?kiosk', '/briefs', '/briefs?state=paused', '/briefs/new', '/briefs/new?experiment=quadratic', `/briefs/new?from=${campaign.id}`, '/families', '/tasks', '/tasks?filter=state:failed', '/workers', '/credits', `/credits?brief=${campaign.id}`, '/experiments', '/experiments/quadratic', '/settings', '/styleguide', '/nothing', '/tasks?filter=lr%3C', '/workers?state=sleepy', `/briefs/${campaign.id}/edit`, `/briefs/${campaign.id}/report.html`,
      '/settings/webhooks', `/settings/webhooks/${webhook.id}`, '/notifications', '/notifications?kind=worker_gone',
      ...briefs.flatMap((brief) => [`/briefs/${brief.id}`, `/families/${brief.family_id}`]),
      '/briefs?q=nothing&sort=oldest', `/briefs/${campaign.id}/confirm`, `/briefs/${exhausted.id}/top-up`, '/briefs?state=exhausted', `/credits?brief=${exhausted.id}`, `/tasks/${exhausted.family_id}-1`, `/briefs/${draft.id}/edit`, `/briefs/${campaign.id}/cancel`,
      ...['extend', 'delete'].map((verb) => `/briefs/${campaign.id}/${verb}`), `/tasks/${busy[0]}/rerun`, `/actions/${action.id}`, `/families?action=${action.id}`,
      ...tasks.map((id) => `/tasks/${id}`),
      `/families/${campaign.family_id}?group=x&split=kind&spread=ci`, `/families/${campaign.family_id}?group=*&centre=median`, `/families/${campaign.family_id}?group=kind&show=curves`,
      `/briefs/${campaign.id}?view=curves`, `/families/${campaign.family_id}?view=timeline`,
      '/compare', `/compare?tasks=${[...tasks, 'nobody', `${tiny.family_id}-1`, `${tiny.family_id}-2`].join(',')}&seeds=all&equal=show`,
      ...tasks.slice(0, 2).map((id) => `/tasks/${id}/log?q=line`), '/search?q=example', '/search?q=nothing-like-it',
      `/workers/${worker.workerId}`, `/workers/${silent.workerId}`, `/workers/${worker.workerId}/remove`, `/credits/${entry}`, `/credits/${grant.id}`,
      '/credits/accounts', ...['local', 'treasury', worker.workerId, lender.id, penniless.id].map((id) => `/credits/accounts/${id}`),
    ],
    stop: () => server.stop(),
  };
}

async function call(server: TestServer, method: string, path: string, body: unknown, token?: string): Promise<ReturnType<typeof JSON.parse>> {
  const answer = await server.call(method, path, body, token);
  if (answer.status >= 400) throw new Error(`${method} ${path} was answered with ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}

async function enrolNamed(server: TestServer, name: string, token = server.enrolmentToken): Promise<Enrolled> {
  const hardware = { cpu_model: 'Somebody’s old desktop computer '.repeat(4), cpu_cores: 2, ram_gb: 8 };
  const body = await call(server, 'POST', '/api/v1/workers', { name: name.slice(0, 100), hardware, runtimes: { node: '26.10.0' } }, token);
  return { workerId: body.worker_id, token: body.token };
}

function submit(server: TestServer, changes: Record<string, unknown>): Promise<{ id: string; family_id: string }> {
  return call(server, 'POST', '/api/v1/briefs', smallBrief(changes));
}

/** Ends one claimed task with each of the values in turn, null for a failure; returns the tasks' ids. */
async function runSome(server: TestServer, worker: Enrolled, values: readonly (number | null)[]): Promise<string[]> {
  const ids: string[] = [];
  for (const value of values) {
    const [task] = await claim(server, worker);
    if (task === undefined) throw new Error('there was no task to claim');
    ids.push(task.task_id);
    const lease = { attempt: task.attempt, lease_token: task.lease_token };
    const points = [1, 2, 3, 4].map((step) => ({ step, name: 'loss', value: (value ?? 1) * (1 + 1 / step), at_seconds: step / 10 })).filter((point) => Number.isFinite(point.value));
    await call(server, 'POST', `/api/v1/tasks/${task.task_id}/metrics`, { ...lease, points }, worker.token);
    await call(server, 'POST', `/api/v1/tasks/${task.task_id}/log`, { ...lease, text: '\u001b[33mwarning:\u001b[0m one line\n' }, worker.token);
    const result = value === null ? { outcome: 'failed', error: { kind: 'exit_code', message: `The script ended with status 1: ${'RuntimeError: CUDA out of memory. '.repeat(8)}` } } : { outcome: 'completed', metrics: { loss: value } };
    await call(server, 'POST', `/api/v1/tasks/${task.task_id}/result`, { ...lease, ...result }, worker.token);
  }
  return ids;
}

async function claim(server: TestServer, worker: Enrolled): Promise<Claimed[]> {
  return (await call(server, 'POST', '/api/v1/claims', {}, worker.token)).tasks;
}

/** A running task with a curve and a long log. */
async function report(server: TestServer, worker: Enrolled, task: Claimed): Promise<void> {
  const lease = { attempt: task.attempt, lease_token: task.lease_token };
  const points = Array.from({ length: 200 }, (_, step) => ({ step, name: 'loss', value: 3 / Math.sqrt(step + 1), at_seconds: step / 10 }));
  await call(server, 'POST', `/api/v1/tasks/${task.task_id}/metrics`, { ...lease, points }, worker.token);
  const lines = Array.from({ length: LOG_LINES }, (_, number) => `\u001b[36m${number + 1}\u001b[0m ${number % 50 === 0 ? 'a line that is long '.repeat(20) : 'step done'}\n`).join('');
  for (let at = 0; at < lines.length; at += 200_000) await call(server, 'POST', `/api/v1/tasks/${task.task_id}/log`, { ...lease, text: lines.slice(at, at + 200_000), offset: at }, worker.token);
}
