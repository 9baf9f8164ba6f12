import type { FastifyInstance } from 'fastify';
import { refuse } from '#core/errors.ts';
import { asksForNetwork, type Experiment } from '#core/experiment.ts';
import { approvePackage } from '#engine/approve-package.ts';
import { TOPICS } from '#engine/engine.ts';
import { listBriefsOfExperiment } from '#store/brief.ts';
import { findExperiment, findPackage, findWithdrawal, listExperiments, type RegisteredExperiment } from '#store/experiment.ts';
import { between, html, nothing, type Fragment } from '#web/html.ts';
import { refusalPage, registerPage, type Page, type Site } from '#web/page.ts';
import { badge, syntheticMark } from '#web/parts/badge.ts';
import { crumbs } from '#web/parts/identity.ts';
import { needsText, requirementsText, workerLink } from '#web/parts/machine.ts';
import { ago } from '#web/parts/moment.ts';
import { count, countOf, duration, measured } from '#web/parts/number.ts';
import { progressBar, settledOf } from '#web/parts/progress.ts';
import { spaceTable } from '#web/parts/space-table.ts';
import { card, emptyState, facts, table } from '#web/parts/table.ts';
import { judge, judgeWorkers, readAllWorkers, type Judgement } from '#web/parts/waiting.ts';
import { paths } from '#web/paths.ts';
import { readFamilies } from '#web/related.ts';

const MOST_EXPERIMENTS = 100;
const MOST_CAMPAIGNS = 10;
const MOST_NAMED = 10;

/** What can be run, and each experiment with its script. */
export function registerExperimentList(app: FastifyInstance, site: Site): void {
  registerPage(app, site, paths.experiments(), async (): Promise<Page> => ({
    title: 'Experiments',
    section: 'experiments',
    styles: ['fleet.css'],
    address: paths.experiments(),
    regions: [{ id: 'experiments', topics: [TOPICS.experiments, TOPICS.workers], render: () => experiments(site) }],
    content: (region) => html`<section class="head"><div><h1>Experiments</h1><p class="lead">What can be run: a script, the space it can be searched in, and the one number it reports.</p></div></section>
${region('experiments')}${howToAdd()}`,
  }));
  registerPage(app, site, paths.experiment(':name'), async (request) => {
    const registered = await findExperiment(site.reader, (request.params as { name: string }).name);
    return registered === null ? refuse('not_found', 'There is no experiment with this name.').refusal : experimentPage(site, registered);
  });
  for (const verb of ['withdraw', 'approve'] as const) {
    app.post(paths.packageAction(':sha256', verb), async (request, reply) => {
      const outcome = await approvePackage(site.engine, (request.params as { sha256: string }).sha256, verb === 'approve');
      return outcome.ok ? reply.redirect(paths.experiment(outcome.value.experiment), 303) : refusalPage(site, request, reply, outcome.refusal);
    });
  }
}

async function experiments(site: Site): Promise<Fragment> {
  const [registered, workers] = await Promise.all([listExperiments(site.reader, MOST_EXPERIMENTS), readAllWorkers(site)]);
  if (registered.length === 0) return html`<article>${emptyState('There is no experiment', 'A server brings its own; this one has none. Add a folder as described below.')}</article>`;
  return html`${registered.map(({ experiment, packageSha256 }) => html`<article id="experiment-${experiment.name}"><header><h2><a href="${paths.experiment(experiment.name)}">${experiment.title}</a> <span class="mono none">${experiment.name}</span> ${syntheticMark(experiment.synthetic)}</h2><a role="button" class="secondary" href="${paths.briefNew({ experiment: experiment.name })}">New brief</a></header>
<p class="lead">${experiment.description}</p>${whoRuns(experiment, judge(site, workers, experiment))}<div class="columns"><div>${contract(experiment, packageSha256)}</div><div>${spaceTable(experiment.space)}</div></div></article>`)}`;
}

/** In one line how many workers can run an experiment now; its page says what the others lack. */
function whoRuns({ name }: Experiment, { ready }: Judgement): Fragment {
  return html`<p class="fine who">${ready.length === 0 ? html`No online worker can run it: <a href="${paths.experiment(name)}">see why</a>.` : `${countOf(ready.length, 'online worker')} can run it.`}</p>`;
}

/** Which workers can run an experiment now, and what the others lack. */
async function fitting(site: Site, experiment: Experiment): Promise<Fragment> {
  const { obstacle, ready, beside } = await judgeWorkers(site, experiment);
  const named = between(ready.slice(0, MOST_NAMED).map(workerLink), ', ');
  const more = ready.length > MOST_NAMED ? ` and ${countOf(ready.length - MOST_NAMED, 'other')}` : '';
  return card('Who can run it', obstacle ?? html`<p>${countOf(ready.length, 'online worker')} can: ${named}${more}.</p>${beside}`);
}

/** Whether workers may run the package, and what changes that. */
async function approval(site: Site, packageSha256: string): Promise<Fragment> {
  const withdrawnAt = await findWithdrawal(site.reader, packageSha256);
  const verb = withdrawnAt === null ? 'withdraw' : 'approve';
  const words = withdrawnAt === null ? html`Workers may run it.` : html`<strong>Withdrawn</strong> ${ago(withdrawnAt, site.engine.now())}: no worker is given a task that runs it, and no brief of it can be launched. Tasks that ran then ran on.`;
  return card('Approval of its package', html`<p>${words}</p><p class="fine">Package <code class="wrap">${packageSha256}</code></p><form method="post" action="${paths.packageAction(packageSha256, verb)}" class="action"><button type="submit" class="${verb === 'withdraw' ? 'danger' : 'secondary'}">${verb === 'withdraw' ? 'Withdraw it' : 'Approve it again'}</button></form>`);
}

/** The newest campaigns of an experiment. */
async function campaigns(site: Site, { name, metric, synthetic }: Experiment): Promise<Fragment> {
  const briefs = await listBriefsOfExperiment(site.reader, name, MOST_CAMPAIGNS);
  const families = await readFamilies(site.reader, briefs.map((brief) => brief.familyId));
  const rows = briefs.map((brief) => {
    const family = families.get(brief.familyId);
    return {
      id: `campaign-${brief.id}`,
      cells: [
        html`<a href="${paths.brief(brief.id)}">${brief.title}</a>`,
        badge(brief.state),
        family === undefined ? null : html`${measured(family.rollup.best)}<small>n = ${count(family.rollup.n)}</small>`,
        family === undefined ? null : html`${progressBar(family.counts)}<small>${settledOf(family.counts)}</small>`,
        ago(brief.createdAt, site.engine.now()),
      ],
    };
  });
  const columns = [{ head: 'Brief', kind: 'wide' }, { head: 'State' }, { head: html`Best ${metric.name} ${syntheticMark(synthetic)}`, kind: 'num' }, { head: 'Progress' }, { head: 'Created', kind: 'num' }] as const;
  const body = rows.length === 0 ? emptyState('It has not been run yet', 'A brief asks which configuration of it is best.', html`<a role="button" href="${paths.briefNew({ experiment: name })}">Write a brief</a>`) : table('Recent campaigns', columns, rows);
  return card('Recent campaigns', body);
}

function contract(experiment: Experiment, packageSha256: string): Fragment {
  const { metric } = experiment;
  return facts([
    ['Metric', html`<code>${metric.name}</code>, ${metric.direction === 'minimize' ? 'lower is better' : 'higher is better'}${metric.above === null ? null : `, always above ${metric.above}`}`],
    ['Time budget', `${duration(experiment.timeBudgetSeconds * 1000)} unless a brief says otherwise`],
    ['Limits', `${duration(experiment.startupSeconds * 1000)} to start, ${duration(experiment.graceSeconds * 1000)} to end`],
    ['Requirements', requirementsText(experiment.requires)],
    ['Runtimes', html`<span class="mono">${needsText(experiment.needs) || 'none'}</span>`],
    ['Network', asksForNetwork(experiment) ? 'asks for it: runs only where a worker’s owner allows it' : 'none: a sandboxed worker gives it none'],
    ['Command', html`<code>${experiment.run.join(' ')}</code>`],
    ['Package', html`<code title="${packageSha256}">${packageSha256.slice(0, 12)}</code>`],
  ]);
}

async function experimentPage(site: Site, { experiment, packageSha256 }: RegisteredExperiment): Promise<Page> {
  const stored = await findPackage(site.reader, packageSha256);
  return {
    title: experiment.title,
    section: 'experiments',
    styles: ['fleet.css'],
    address: paths.experiment(experiment.name),
    regions: [
      { id: 'fitting', topics: [TOPICS.workers], render: () => fitting(site, experiment) },
      { id: 'approval', topics: [TOPICS.experiments], render: () => approval(site, packageSha256) },
      { id: 'campaigns', topics: [TOPICS.briefs], render: () => campaigns(site, experiment) },
    ],
    content: (region) => html`<section class="head"><div>${crumbs([paths.experiments(), 'Experiments'])}<h1>${experiment.title} ${syntheticMark(experiment.synthetic)}</h1><p class="fine"><code>${experiment.name}</code></p><p class="lead">${experiment.description}</p></div><div class="actions"><a role="button" href="${paths.briefNew({ experiment: experiment.name })}">New brief</a></div></section>
<section class="columns"><div>${card('Contract', contract(experiment, packageSha256))}</div><div>${card('Search space', spaceTable(experiment.space))}</div></section>
<section>${region('fitting')}</section><section>${region('approval')}</section><section>${region('campaigns')}</section>${stored === null ? nothing : html`<section class="script">${card('Script', html`<pre tabindex="0" aria-label="Script of ${experiment.name}">${stored.script}</pre>`)}</section>`}`,
  };
}

const EXAMPLE = `name: my-experiment
title: What it trains
run: [python3, train.py]
needs: { torch: true }
metric: { name: val_loss, direction: minimize, above: 0 }
time_budget_seconds: 60
space:
  lr: { type: log, low: 1.0e-4, high: 1.0e-2 }
  layers: { type: choice, values: [2, 4, 6], ordered: true }`;

function howToAdd(): Fragment {
  return html`<section>${card(
    'Add an experiment',
    html`<p>Put a folder with your script and an <code>experiment.yaml</code> into <code>experiments/</code>, or into the folder that <code>XEENET_EXPERIMENTS_DIR</code> names. It is found when the next brief is written; a broken one is named in the server's log.</p><pre tabindex="0" aria-label="Example of experiment.yaml">${EXAMPLE}</pre>
<p>The script is started as <code>… --config-file FILE</code> with a flat JSON object: the hyperparameters, <code>seed</code> and <code>time_budget_seconds</code>. It writes progress as JSON lines to its standard output, such as <code>{"step": 120, "val_loss": 3.02}</code>, and a last line with the result. Everything else goes to its error output, which becomes the task's log.</p>`,
  )}</section>`;
}
