import type { FastifyInstance } from 'fastify';
import { refuse } from '#core/errors.ts';
import type { Experiment } from '#core/experiment.ts';
import { TOPICS } from '#engine/engine.ts';
import { findExperiment, findPackage, listExperiments, type RegisteredExperiment } from '#store/experiment.ts';
import { html, nothing, type Fragment } from '#web/html.ts';
import { registerPage, type Page, type Site } from '#web/page.ts';
import { syntheticMark } from '#web/parts/badge.ts';
import { crumbs } from '#web/parts/identity.ts';
import { needsText, requirementsText } from '#web/parts/machine.ts';
import { duration } from '#web/parts/number.ts';
import { spaceTable } from '#web/parts/space-table.ts';
import { card, emptyState, facts } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';

const MOST_EXPERIMENTS = 100;

/** What can be run, and each experiment with its script. */
export function registerExperimentList(app: FastifyInstance, site: Site): void {
  registerPage(app, site, paths.experiments(), async (): Promise<Page> => ({
    title: 'Experiments',
    section: 'experiments',
    address: paths.experiments(),
    regions: [{ id: 'experiments', topics: [TOPICS.experiments], render: () => experiments(site) }],
    content: (region) => html`<section class="head"><div><h1>Experiments</h1><p class="lead">What can be run: a script, the space it can be searched in, and the one number it reports.</p></div></section>
${region('experiments')}${howToAdd()}`,
  }));
  registerPage(app, site, paths.experiment(':name'), async (request) => {
    const registered = await findExperiment(site.reader, (request.params as { name: string }).name);
    return registered === null ? refuse('not_found', 'There is no experiment with this name.').refusal : experimentPage(site, registered);
  });
}

async function experiments(site: Site): Promise<Fragment> {
  const registered = await listExperiments(site.reader, MOST_EXPERIMENTS);
  if (registered.length === 0) return html`<article>${emptyState('There is no experiment', 'A server brings its own; this one has none. Add a folder as described below.')}</article>`;
  return html`${registered.map(({ experiment, packageSha256 }) => html`<article id="experiment-${experiment.name}"><header><h2><a href="${paths.experiment(experiment.name)}">${experiment.title}</a> <span class="mono none">${experiment.name}</span> ${syntheticMark(experiment.synthetic)}</h2><a role="button" class="secondary" href="${paths.briefNew({ experiment: experiment.name })}">New brief</a></header>
<p class="lead">${experiment.description}</p><div class="columns"><div>${contract(experiment, packageSha256)}</div><div>${spaceTable(experiment.space)}</div></div></article>`)}`;
}

function contract(experiment: Experiment, packageSha256: string): Fragment {
  const { metric } = experiment;
  return facts([
    ['Metric', html`<code>${metric.name}</code>, ${metric.direction === 'minimize' ? 'lower is better' : 'higher is better'}${metric.above === null ? null : `, always above ${metric.above}`}`],
    ['Time budget', `${duration(experiment.timeBudgetSeconds * 1000)} unless a brief says otherwise`],
    ['Limits', `${duration(experiment.startupSeconds * 1000)} to start, ${duration(experiment.graceSeconds * 1000)} to end`],
    ['Requirements', requirementsText(experiment.requires)],
    ['Runtimes', html`<span class="mono">${needsText(experiment.needs) || 'none'}</span>`],
    ['Command', html`<code>${experiment.run.join(' ')}</code>`],
    ['Package', html`<code title="${packageSha256}">${packageSha256.slice(0, 12)}</code>`],
  ]);
}

async function experimentPage(site: Site, { experiment, packageSha256 }: RegisteredExperiment): Promise<Page> {
  const stored = await findPackage(site.reader, packageSha256);
  return {
    title: experiment.title,
    section: 'experiments',
    address: paths.experiment(experiment.name),
    regions: [],
    content: () => html`<section class="head"><div>${crumbs([paths.experiments(), 'Experiments'])}<h1>${experiment.title} ${syntheticMark(experiment.synthetic)}</h1><p class="fine"><code>${experiment.name}</code></p><p class="lead">${experiment.description}</p></div><div class="actions"><a role="button" href="${paths.briefNew({ experiment: experiment.name })}">New brief</a></div></section>
<section class="columns"><div>${card('Contract', contract(experiment, packageSha256))}</div><div>${card('Search space', spaceTable(experiment.space))}</div></section>
${stored === null ? nothing : html`<section class="script">${card('Script', html`<pre tabindex="0" aria-label="Script of ${experiment.name}">${stored.script}</pre>`)}</section>`}`,
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
