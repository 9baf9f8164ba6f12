import { z } from 'zod';
import { totalCount, type Family } from '#core/brief.ts';
import { assert } from '#core/errors.ts';
import { parseFilter } from '#core/filter.ts';
import { LONGEST_FILTER } from '#core/filter/language.ts';
import type { Space } from '#core/space.ts';
import { leastDifference } from '#core/stats/noise.ts';
import { findFamily } from '#store/family.ts';
import { html, type Content, type Fragment } from '#web/html.ts';
import type { Region } from '#web/live.ts';
import type { PlaceRegion, Site } from '#web/page.ts';
import { syntheticMark } from '#web/parts/badge.ts';
import { bestCurves } from '#web/parts/explore/best-curves.ts';
import { timelineView } from '#web/parts/explore/timeline-view.ts';
import { readStanding } from '#web/parts/standing.ts';
import { card } from '#web/parts/table.ts';
import { paths, withQuery, type Query } from '#web/paths.ts';
import { familyPicture } from './family-picture.ts';
import type { ParallelData } from './parallel.ts';
import { contourForm, toneForm } from './picture-form.ts';
import { filterOf } from './study.ts';

/** The pictures of a family by the view that shows them. What search will tell of the importance of parameters gets a view of its own here. */
const VIEWS = { overview: 'History and parallel', slices: 'Slices', contour: 'Contour', distribution: 'Distribution', scatter: 'Value and time', curves: 'Learning curves', timeline: 'Timeline' } as const;
type View = keyof typeof VIEWS;

const name = z.string().max(64);

/** What of an address the pictures read. */
export const galleryQuery = {
  view: z.enum(Object.keys(VIEWS) as [View, ...View[]]).default('overview'),
  filter: z.string().max(LONGEST_FILTER).default(''),
  color: name.optional(),
  // The boxes of a form say each axis for itself.
  axes: z.preprocess((value) => (Array.isArray(value) ? value.join(',') : value), z.string().max(1000).optional()),
  x: name.optional(),
  y: name.optional(),
};
export type GalleryQuery = z.infer<z.ZodObject<typeof galleryQuery>>;

/** What the pictures add to a page: regions, their place, and their part of its address. */
export type Gallery = { regions: Region[]; content: (place: PlaceRegion) => Fragment; query: Query };

/** The place of the pictures: those of one view are rendered, and the others when their view is asked for. */
export type GalleryPlace = {
  family: Pick<Family, 'id' | 'metric'>;
  space: Space;
  synthetic: boolean;
  topics: readonly string[];
  /** The page's address without what the pictures add to it. */
  path: string;
  query: Query;
};

/** The pictures of a family for a page, with tabs that are links. */
export function gallery(site: Site, place: GalleryPlace, asked: GalleryQuery): Gallery {
  const { view, filter } = asked;
  const own: Query = { view: view === 'overview' ? null : view, color: asked.color, axes: asked.axes, x: asked.x, y: asked.y };
  const page = { path: place.path, query: { ...place.query, ...own } };
  const study = { metric: place.family.metric, space: place.space, page, filter };
  const readable = filterOf(study).terms.length === 0 ? null : filter;
  const region = (id: string, title: string, draw: (family: Family) => Promise<Content>, hint: (family: Family) => Content = () => null): Region => ({
    id,
    topics: place.topics,
    render: async () => {
      const family = await findFamily(site.reader, place.family.id);
      assert(family !== null, 'a family that was found is not deleted');
      return card(title, await draw(family), html`<span class="beside">${hint(family)}${syntheticMark(place.synthetic)}<a href="${paths.familyExport(family.id, { format: 'csv', filter: readable })}" download>Data as CSV</a></span>`);
    },
  });
  const single = (id: 'slices' | 'distribution' | 'scatter', title: string) => [region(`${id}-card`, title, (family) => familyPicture(site, family, id, study))];
  const views: Record<View, () => Region[]> = {
    overview: () => [
      region('history-card', 'History', async (family) => familyPicture(site, family, 'history', { ...study, total: totalCount(family.counts), color: asked.color ?? null, noise: await readNoise(site, family) })),
      region('parallel-card', 'Parallel coordinates', async (family) => familyPicture(site, family, 'parallel', { ...study, axes: asked.axes?.split(',') ?? null, leader: await readLeader(site, family) }), (family) => (family.rollup.n === 0 ? null : html`<small class="hint">drag an axis to filter</small>`)),
    ],
    slices: () => single('slices', 'Slices'),
    contour: () => [region('contour-card', 'Contour', (family) => familyPicture(site, family, 'contour', { ...study, x: asked.x ?? null, y: asked.y ?? null }))],
    distribution: () => single('distribution', 'Distribution of values'),
    scatter: () => single('scatter', 'Value against time'),
    curves: () => [region('curves-card', 'Learning curves of the best', (family) => bestCurves(site, family, place.space))],
    timeline: () => [region('timeline-card', 'Timeline by worker', (family) => timelineView(site, family))],
  };
  const regions = views[view]();
  const placed = (put: PlaceRegion) => html`<div class="${regions.length > 1 ? 'columns pictures' : 'pictures'}">${regions.map((one) => put(one.id))}</div>`;
  return { regions, query: { ...own, filter }, content: (put) => html`<section class="gallery" aria-label="Pictures">${head(place, asked, page)}${placed(put)}</section>` };
}

function head(place: GalleryPlace, asked: GalleryQuery, page: { path: string; query: Query }): Fragment {
  const tabs = (Object.keys(VIEWS) as View[]).map((view) => {
    const href = withQuery(place.path, { ...page.query, view: view === 'overview' ? null : view, filter: asked.filter });
    return html`<a href="${href}"${view === asked.view ? html` aria-current="true"` : null}>${VIEWS[view]}</a>`;
  });
  const form = { space: place.space, page, filter: asked.filter };
  const options = asked.view === 'contour' ? contourForm(form, asked) : asked.view === 'overview' ? toneForm(form, asked) : null;
  return html`<div class="gallery-head"><nav class="tabs" aria-label="Pictures">${tabs}</nav>${options}${filterNote(place, asked.filter, page)}</div>`;
}

/** What the pictures are filtered by, and the way back to all of it. */
function filterNote(place: GalleryPlace, filter: string, page: { path: string; query: Query }): Content {
  if (filter === '') return null;
  const parsed = parseFilter(filter, { parameters: place.space.parameters, metric: place.family.metric.name });
  const clear = html`<a href="${withQuery(page.path, page.query)}">Show all</a>`;
  if (!parsed.ok) return html`<p class="filtered wrong" role="alert">The filter <code>${filter}</code> was not understood, so nothing is filtered: ${parsed.issue.message} ${clear}</p>`;
  return html`<p class="filtered">Only <code>${filter}</code>; other runs are dimmed. ${clear}</p>`;
}

/** The values that a single run could have by chance if it were as good as the leader; null where the noise is not known. */
export async function readNoise(site: Site, family: Family): Promise<{ low: number; high: number } | null> {
  const standing = await readStanding(site.reader, family);
  if (standing === null || standing.noise === null) return null;
  const { mean, n } = standing.leader.rollup;
  const margin = leastDifference(standing.noise, n, 1);
  return Number.isFinite(margin) ? { low: mean - margin, high: mean + margin } : null;
}

/** The configuration that leads by the mean of several seeds; null where single runs are all there is to rank. */
export async function readLeader(site: Site, family: Family): Promise<ParallelData['leader']> {
  const standing = await readStanding(site.reader, family);
  if (standing === null || standing.leader.rollup.n < 2) return null;
  const { rollup, runs } = standing.leader;
  return { ids: runs.map((run) => run.id), mean: rollup.mean, n: rollup.n };
}
