import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { assert, ERRORS, type Refusal } from '#core/errors.ts';
import type { ScriptName, StyleName } from './assets.ts';
import type { Web } from './context.ts';
import { html, type Content, type Fragment } from './html.ts';
import { layout, type Section } from './layout.ts';
import { partial, versionOf, type Live, type Region } from './live.ts';
import { actionNotice } from './parts/action-notice.ts';
import { errorPage } from './pages/error.ts';
import { bellRegion } from './parts/bell.ts';
import { paths } from './paths.ts';
import { BASE_HEADERS, newNonce, pageHeaders } from './security.ts';
import { hasShortcuts } from './shortcuts.ts';
import { themeOf } from './theme.ts';

/** What pages work with: the {@link Web}, and the streams of those that are open. */
export type Site = Web & { live: Live };

/**
 * A page. Its regions are rendered for the document and, from then on, whenever one of their topics is announced.
 * Everything outside of them is rendered once.
 */
export type Page = {
  title: string;
  /** 422 where the page shows what is wrong with its address. */
  status?: 200 | 422;
  section: Section | null;
  /** The page's own address with what it was asked for, in one form: all who see the same share one rendering. */
  address: string;
  regions: readonly Region[];
  /** Modules of `public/` that this page needs beside those that every page has. */
  scripts?: readonly ScriptName[];
  /** Styles of `public/styles/` that this page needs beside those that every page has. */
  styles?: readonly StyleName[];
  /** The content; `region('id')` places a region, each one exactly once. */
  content: (region: PlaceRegion) => Content;
};

/** Places a region as a block, or, inside a paragraph or a heading, as a `span`. */
export type PlaceRegion = (id: string, tag?: 'div' | 'span') => Fragment;

/** Finds what a request asks for: a page, or why there is none. */
export type FindPage = (request: FastifyRequest) => Promise<Page | Refusal>;

/** Adds a page under a pattern of {@link paths}: the document, and beside it its stream for browsers that run scripts. */
export function registerPage(app: FastifyInstance, site: Site, path: string, find: FindPage): void {
  app.get(path, async (request, reply) => {
    const page = await find(request);
    return 'code' in page ? refusalPage(site, request, reply, page) : sendPage(site, request, reply, page, page.status);
  });
  app.get(paths.live(path), async (request, reply) => {
    const page = await find(request);
    if ('code' in page) return reply.code(ERRORS[page.code].status).type('text/plain').send(page.detail);
    return (request.headers.accept ?? '').includes('text/event-stream') ? sendStream(site, request, reply, page) : sendPartials(site, request, reply, page);
  });
}

/** Sends a page as a document; also the answer to a form that was refused, with the refusal's status. */
export async function sendPage(site: Site, request: FastifyRequest, reply: FastifyReply, page: Page, status = 200): Promise<FastifyReply> {
  const regions = allRegions(site, page);
  const fragments = await Promise.all(regions.map((region) => region.render()));
  const place: PlaceRegion = (id, tag = 'div') => {
    const index = regions.findIndex((region) => region.id === id);
    assert(index >= 0, `the page has a region ${id}`);
    const inner = html`class="region" id="${id}">${fragments[index]}`;
    return tag === 'div' ? html`<div ${inner}</div>` : html`<span ${inner}</span>`;
  };
  const nonce = newNonce();
  const live = { path: paths.live(page.address), versions: fragments.map(versionOf).join('.') };
  const frame = { title: page.title, section: page.section, theme: themeOf(request), kiosk: isKiosk(request), shortcuts: hasShortcuts(request), nonce, version: site.settings.version, now: site.engine.now(), scripts: page.scripts ?? [], styles: page.styles ?? [], live, bell: place('bell') };
  return reply.code(status).headers(pageHeaders(nonce)).type('text/html; charset=utf-8').send(String(layout(frame, html`${await actionNotice(site, request)}${page.content(place)}`)));
}

/** Sends a refusal as a page of its own. */
export async function refusalPage(web: Web, request: FastifyRequest, reply: FastifyReply, refusal: Refusal): Promise<FastifyReply> {
  const { status } = ERRORS[refusal.code];
  return errorPage(web, request, reply, { status, title: status === 404 ? 'Not found' : 'Not possible', detail: refusal.detail });
}

function sendStream(site: Site, request: FastifyRequest, reply: FastifyReply, page: Page): FastifyReply {
  const { raw } = reply;
  reply.hijack();
  raw.setHeader('content-type', 'text/event-stream; charset=utf-8');
  raw.setHeader('cache-control', 'no-store, no-transform');
  raw.setHeader('x-accel-buffering', 'no');
  for (const [name, value] of Object.entries(BASE_HEADERS)) raw.setHeader(name, value);
  if (!site.live.attach(raw, page.address, allRegions(site, page), knownVersions(request))) {
    raw.writeHead(503, { 'content-type': 'text/plain', 'retry-after': '10' }).end(ERRORS.overloaded.sentence);
  }
  return reply;
}

/** The regions that changed, in one answer, for browsers that a stream does not reach. */
async function sendPartials(site: Site, request: FastifyRequest, reply: FastifyReply, page: Page): Promise<FastifyReply> {
  const regions = allRegions(site, page);
  const fragments = await Promise.all(regions.map((region) => region.render()));
  const versions = fragments.map(versionOf);
  const known = knownVersions(request).split('.');
  const changed = regions.flatMap((region, index) => {
    const fragment = fragments[index];
    return fragment === undefined || versions[index] === known[index] ? [] : [partial(region.id, fragment)];
  });
  reply.headers({ 'cache-control': 'no-store', vary: 'accept', 'x-versions': versions.join('.') });
  if (changed.length === 0) return reply.code(204).send();
  return reply.type('text/html; charset=utf-8').send(changed.join('\n'));
}

/** A page's own regions and the bell, which every page has. */
function allRegions(site: Site, page: Page): Region[] {
  return [...page.regions, bellRegion(site)];
}

/** Whether the page is for a screen on a wall: `?kiosk` at the end of any address. */
function isKiosk(request: FastifyRequest): boolean {
  return Object.hasOwn(request.query as Record<string, unknown>, 'kiosk');
}

function knownVersions(request: FastifyRequest): string {
  const known = request.headers['last-event-id'];
  return typeof known === 'string' ? known : '';
}
