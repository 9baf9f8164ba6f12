import type { FastifyInstance } from 'fastify';
import { totalCount, type Brief, type Family } from '#core/brief.ts';
import { refuse } from '#core/errors.ts';
import { standardDeviation } from '#core/rollup.ts';
import { listContenders, type Contender } from '#core/stats/ranking.ts';
import type { Experiment } from '#core/experiment.ts';
import { findBrief } from '#store/brief.ts';
import { findPackage } from '#store/experiment.ts';
import { findFamily } from '#store/family.ts';
import { findTask } from '#store/task.ts';
import { reportStyles } from '#web/assets.ts';
import { html, markup, nothing, type Content, type Fragment } from '#web/html.ts';
import { refusalPage, type Site } from '#web/page.ts';
import { answerCard } from '#web/parts/answer-card.ts';
import { shortText, variedNames } from '#web/parts/answer.ts';
import { badge, syntheticMark } from '#web/parts/badge.ts';
import { isNumeric } from '#web/parts/task-table/columns.ts';
import { requirementsText } from '#web/parts/machine.ts';
import { exactly } from '#web/parts/moment.ts';
import { count, countOf, credits, duration, measured } from '#web/parts/number.ts';
import { familyPicture } from '#web/parts/pictures/family-picture.ts';
import { readLeader, readNoise } from '#web/parts/pictures/gallery.ts';
import { readRuns } from '#web/parts/pictures/runs.ts';
import { spaceTable } from '#web/parts/space-table.ts';
import { readStanding } from '#web/parts/standing.ts';
import { card, facts, table, type Column } from '#web/parts/table.ts';
import { winner, winnerTitle } from '#web/parts/winner.ts';
import { paths } from '#web/paths.ts';

/** Rows of the table of configurations; more would be a file that nobody reads, and the export has them all. */
const MOST_ROWS = 1000;
/** Nothing is loaded and nothing runs: the file holds its own styles and is otherwise inert. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

type Reported = { brief: Brief; family: Family; experiment: Experiment };

/** A campaign's results as one file that stands for itself: to keep, to print, to send. */
export function registerBriefReport(app: FastifyInstance, site: Site): void {
  app.get<{ Params: { id: string } }>(paths.briefReport(':id'), async (request, reply) => {
    const brief = await findBrief(site.reader, request.params.id);
    const family = brief === null ? null : await findFamily(site.reader, brief.familyId);
    const stored = family === null ? null : await findPackage(site.reader, family.packageSha256);
    if (brief === null || family === null || stored === null) return refusalPage(site, request, reply, refuse('brief_not_found').refusal);
    return reply
      .headers({ 'cache-control': 'private, no-cache', 'content-security-policy': `${POLICY}; sandbox allow-popups`, 'content-disposition': `attachment; filename="xeenet-${brief.id}.html"` })
      .type('text/html; charset=utf-8')
      .send(String(await report(site, { brief, family, experiment: stored.experiment })));
  });
}

async function report(site: Site, reported: Reported): Promise<Fragment> {
  const { brief, family, experiment } = reported;
  const { synthetic } = experiment;
  const [answered, pictures, winning, configurations] = await Promise.all([
    answerCard(site, brief, family, synthetic),
    pictureSections(site, reported),
    winnerSection(site, reported),
    configurationSection(site, reported),
  ]);
  const body = html`<h1>${brief.title} ${badge(brief.state)} ${syntheticMark(synthetic)}</h1>${brief.goal === '' ? null : html`<p class="goal">${brief.goal}</p>`}
${answered}${pictures}${winning}${configurations}${provenance(site, reported)}`;
  // Links lead back to the server; those within the file stay.
  const linked = markup(String(body).replaceAll('href="/', String(html`href="${site.settings.publicUrl().replace(/\/+$/, '')}/`)));
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>${brief.title} · XeeNet report</title>
<style>${markup(reportStyles())}</style>
</head>
<body>
<main>
${linked}
</main>
</body>
</html>
`;
}

async function pictureSections(site: Site, { brief, family, experiment }: Reported): Promise<Content> {
  if (family.rollup.n === 0) return nothing;
  const study = { metric: family.metric, space: brief.space, page: { path: paths.brief(brief.id), query: {} }, filter: '' };
  const noise = await readNoise(site, family);
  const drawn = await Promise.all([
    familyPicture(site, family, 'history', { ...study, total: totalCount(family.counts), color: null, noise }),
    familyPicture(site, family, 'parallel', { ...study, axes: null, leader: await readLeader(site, family) }),
    familyPicture(site, family, 'slices', study),
    familyPicture(site, family, 'distribution', study),
  ]);
  return ['History', 'Parallel coordinates', 'Slices', 'Distribution of values'].map((title, index) => card(title, drawn[index], syntheticMark(experiment.synthetic)));
}

async function winnerSection(site: Site, { brief, family, experiment }: Reported): Promise<Fragment> {
  const standing = await readStanding(site.reader, family);
  const best = standing === null ? null : await findTask(site.reader, standing.leader.rollup.bestTaskId ?? '');
  return standing === null || best === null ? nothing : card(winnerTitle(standing, family), winner(standing, best, family, brief.space, experiment, true), syntheticMark(experiment.synthetic));
}

async function configurationSection(site: Site, { brief, family, experiment }: Reported): Promise<Fragment> {
  const contenders = listContenders(await readRuns(site.reader, family), family.metric);
  if (contenders.length === 0) return nothing;
  const names = variedNames(brief.space);
  const columns: Column[] = [
    ...([{ head: 'Rank', kind: 'num' }, { head: `${family.metric.name}, mean`, kind: 'num' }, { head: 'sd', kind: 'num' }, { head: 'n', kind: 'num' }, { head: 'Tasks' }] as const),
    ...names.map((head): Column => ({ head, kind: isNumeric(brief.space, head) ? 'num' : undefined })),
  ];
  const rows = contenders.slice(0, MOST_ROWS).map((one, index) => ({ id: `configuration-${index + 1}`, cells: cellsOf(one, index, names) }));
  const rest = contenders.length > MOST_ROWS ? html`<p class="fine">The best ${count(MOST_ROWS)} of ${countOf(contenders.length, 'configuration')}; <a href="${paths.familyExport(family.id, { format: 'csv' })}">all of them as CSV</a>.</p>` : null;
  return card(`All ${countOf(contenders.length, 'configuration')} with a value`, html`${table('Configurations', columns, rows)}${rest}`, syntheticMark(experiment.synthetic));
}

function cellsOf({ rollup, runs, config }: Contender, index: number, names: readonly string[]): Content[] {
  const deviation = standardDeviation(rollup);
  const numbers = runs.slice(0, 5).map((run) => `#${run.number}`).join('\u00a0');
  const own = names.map((name) => (Object.hasOwn(config, name) ? String(config[name]) : html`<span class="none">–</span>`));
  return [String(index + 1), measured(rollup.mean), deviation === null ? html`<span class="none">–</span>` : shortText(deviation), count(rollup.n), `${numbers}${runs.length > 5 ? ' …' : ''}`, ...own];
}

function provenance(site: Site, { brief, family, experiment }: Reported): Fragment {
  const at = (moment: number | null) => (moment === null ? html`<span class="none">–</span>` : exactly(moment));
  const pairs: [Content, Content][] = [
    ['Brief', html`<a href="${paths.brief(brief.id)}"><code>${brief.id}</code></a>`],
    ['Family', html`<a href="${paths.family(family.id)}"><code>${family.id}</code></a>`],
    ['Experiment', experiment.title],
    ['Package (sha256)', html`<code class="hash">${family.packageSha256}</code>`],
    ['Metric', `${family.metric.name}, ${family.metric.direction === 'minimize' ? 'lower' : 'higher'} is better`],
    ['Strategy', `${brief.strategy.name}, seed ${brief.strategy.seed}`],
    ['Tasks', `${count(totalCount(family.counts))}, of which ${count(family.counts.completed)} completed and ${count(family.counts.failed)} failed`],
    ['Time budget', `${duration(brief.timeBudgetSeconds * 1000)} each`],
    ['Spent', html`${credits(brief.spentMicrocredits)} of ${credits(brief.budgetMicrocredits)} credits`],
    ['Requires', requirementsText(brief.requires)],
    ['Created', at(brief.createdAt)],
    ['Launched', at(brief.launchedAt)],
    ['Finished', at(brief.finishedAt)],
    ['Report made', `${exactly(site.engine.now())} by XeeNet ${site.settings.version}`],
  ];
  const noise = 'Noise is the standard deviation between seeds, pooled over all configurations that ran more than once; means closer than the least significant difference at 95 % (Student’s t) are called ties.';
  return html`${card('Where this comes from', html`${facts(pairs)}<p class="fine">${noise}</p>`)}${card('Search space', spaceTable(brief.space))}`;
}
