import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Family } from '#core/brief.ts';
import { standardDeviation } from '#core/rollup.ts';
import { TOPICS } from '#engine/engine.ts';
import { id } from '#protocol/scalar.ts';
import { listFamilies } from '#store/family.ts';
import { html, type Fragment } from '#web/html.ts';
import { registerPage, type Page, type Site } from '#web/page.ts';
import { badge, syntheticMark } from '#web/parts/badge.ts';
import { idLink } from '#web/parts/identity.ts';
import { ago } from '#web/parts/moment.ts';
import { count, measured, meanAndDeviation } from '#web/parts/number.ts';
import { familySparkline } from '#web/parts/pictures/sparkline.ts';
import { settledOf } from '#web/parts/progress.ts';
import { card, emptyState, pager, table, type Row } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';
import { readQuery } from '#web/query.ts';
import { readSyntheticNames } from '#web/synthetic.ts';

const FAMILIES_PER_PAGE = 25;

const listQuery = z.object({ before: id.optional() });

/** All families of tasks, the newest first. */
export function registerFamilyList(app: FastifyInstance, site: Site): void {
  registerPage(app, site, paths.families(), async (request) => {
    const query = readQuery(listQuery, request);
    return query.ok ? familyListPage(site, query.value.before ?? null) : query.refusal;
  });
}

function familyListPage(site: Site, before: string | null): Page {
  return {
    title: 'Families',
    section: 'families',
    address: paths.families({ before }),
    regions: [{ id: 'families', topics: [TOPICS.families], render: () => families(site, before) }],
    content: (region) => html`<section class="head"><div><h1>Families</h1><p class="lead">A family holds the tasks of one brief: the same script and metric, so that their values can be compared.</p></div></section>
${region('families')}`,
  };
}

async function families(site: Site, before: string | null): Promise<Fragment> {
  const [found, synthetic] = await Promise.all([listFamilies(site.reader, { limit: FAMILIES_PER_PAGE + 1, before }), readSyntheticNames(site.reader)]);
  const shown = found.slice(0, FAMILIES_PER_PAGE);
  const now = site.engine.now();
  const rows = await Promise.all(shown.map(async (family) => familyRow(family, await familySparkline(site.reader, family), synthetic.has(family.experiment), now)));
  const columns = [
    ...([{ head: 'Family', kind: 'id' }, { head: 'Name', kind: 'wide' }, { head: 'State' }, { head: 'Brief', kind: 'id' }, { head: 'Metric' }, { head: 'Baseline', kind: 'num' }] as const),
    ...([{ head: 'n', kind: 'num' }, { head: 'Best', kind: 'num' }, { head: 'Mean ± sd', kind: 'num' }, { head: 'Best so far' }, { head: 'Tasks done', kind: 'num' }, { head: 'Created', kind: 'num' }] as const),
  ];
  const next = found.length > FAMILIES_PER_PAGE ? paths.families({ before: shown.at(-1)?.id }) : null;
  const body =
    shown.length === 0
      ? emptyState('No families yet', 'Each brief becomes a family of tasks.', html`<a role="button" href="${paths.briefNew()}">Write a brief</a>`)
      : html`${table('Families', columns, rows, 'stacked')}${pager(before === null ? null : paths.families(), next)}`;
  return card('All families', body);
}

function familyRow(family: Family, trend: Fragment, synthetic: boolean, now: number): Row {
  const { rollup, metric } = family;
  return {
    id: `family-${family.id}`,
    cells: [
      idLink(paths.family(family.id), family.id),
      html`<a href="${paths.family(family.id)}">${family.name}</a><small>${family.experiment} ${syntheticMark(synthetic)}</small>`,
      badge(family.state),
      idLink(paths.brief(family.briefId), family.briefId),
      html`${metric.name}<small>${metric.direction === 'minimize' ? 'lower' : 'higher'} is better</small>`,
      measured(family.baseline),
      count(rollup.n),
      rollup.bestTaskId === null ? measured(null) : html`<a href="${paths.task(rollup.bestTaskId)}">${measured(rollup.best)}</a>`,
      meanAndDeviation(rollup.n === 0 ? null : rollup.mean, standardDeviation(rollup)),
      trend,
      family.state === 'draft' ? html`<span class="none">–</span>` : settledOf(family.counts),
      ago(family.createdAt, now),
    ],
  };
}
