import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { assert } from '#core/errors.ts';
import { paths } from './paths.ts';

const resolvePackageFile = createRequire(import.meta.url).resolve;
const inPublic = (file: string): string => fileURLToPath(new URL(`public/${file}`, import.meta.url));

/** The parts of `app.css`, which every page has, in the order of the cascade. A rule that two rooms share stands in the part that comes first. */
const STYLES = ['base', 'frame', 'tables', 'fragments', 'palette', 'forms', 'pictures', 'campaign', 'briefs', 'notifications', 'actions', 'task-table', 'narrow'];

/**
 * What browsers load, by the name that pages call it. htmx starts on a timer as soon as its script has run, so its
 * extensions travel in the same file: as separate files they could come too late to be heard.
 */
const SOURCES = {
  'pico.css': () => [resolvePackageFile('@picocss/pico/css/pico.min.css')],
  'app.css': () => STYLES.map((part) => inPublic(`styles/${part}.css`)),
  'logs.css': () => [inPublic('styles/logs.css')],
  'brief-form.css': () => [inPublic('styles/brief-form.css')],
  'fleet.css': () => [inPublic('styles/fleet.css')],
  'credits.css': () => [inPublic('styles/credits.css')],
  'explorer.css': () => [inPublic('styles/explorer.css')],
  'styleguide.css': () => [inPublic('styles/styleguide.css')],
  'kiosk.css': () => [inPublic('styles/kiosk.css')],
  'htmx.js': () => {
    const folder = resolvePackageFile('htmx.org').replace(/[^/\\]*$/, '');
    return [`${folder}htmx.min.js`, `${folder}ext/hx-csp.min.js`, `${folder}ext/hx-sse.min.js`];
  },
  'live.js': () => [inPublic('live.js')],
  'moment.js': () => [inPublic('moment.js')],
  'keys.js': () => [inPublic('keys.js')],
  'palette.js': () => [inPublic('palette.js')],
  'notify.js': () => [inPublic('notify.js')],
  'copy.js': () => [inPublic('copy.js')],
  'log.js': () => [inPublic('log.js')],
  'brief-form.js': () => [inPublic('brief-form.js')],
  'brush.js': () => [inPublic('brush.js')],
  'filter.js': () => [inPublic('filter.js')],
  'select.js': () => [inPublic('select.js')],
  'icon.svg': () => [inPublic('icon.svg')],
};

/** The name of a file that pages can load. */
export type AssetName = keyof typeof SOURCES;

/** A module that a page can load beside those that every page has. */
export type ScriptName = Extract<AssetName, `${string}.js`>;

/** A style that a page can load beside those that every page has. */
export type StyleName = Exclude<Extract<AssetName, `${string}.css`>, 'pico.css' | 'app.css'>;

type Encoding = 'br' | 'gzip';
type Asset = { file: string; type: string; content: Buffer; encoded: Map<Encoding, Promise<Buffer>> };

const TYPES: Record<string, string> = { css: 'text/css; charset=utf-8', js: 'text/javascript; charset=utf-8', svg: 'image/svg+xml' };
const loaded = new Map<AssetName, Asset>();

/** The styles of a file that stands for itself, without what browsers load beside a page. */
export function reportStyles(): string {
  return ['base', 'fragments', 'pictures', 'report'].map((part) => readFileSync(inPublic(`styles/${part}.css`), 'utf8')).join('\n');
}

/** The address of a file; it holds the hash of the content, so that the browser may keep it for ever. */
export function assetPath(name: AssetName): string {
  return paths.asset(load(name).file);
}

/** Serves every file by its hashed name, compressed once and then from memory. */
export function registerAssets(app: FastifyInstance): void {
  const byFile = new Map((Object.keys(SOURCES) as AssetName[]).map((name) => [load(name).file, load(name)]));
  app.get<{ Params: { file: string } }>(paths.asset(':file'), async (request, reply) => {
    const asset = byFile.get(request.params.file);
    if (asset === undefined) return reply.callNotFound();
    const encoding = bestEncoding(request.headers['accept-encoding'] ?? '');
    reply.headers({ 'content-type': asset.type, 'cache-control': 'public, max-age=31536000, immutable', vary: 'accept-encoding' });
    if (encoding === null) return reply.send(asset.content);
    return reply.header('content-encoding', encoding).send(await encode(asset, encoding));
  });
}

function load(name: AssetName): Asset {
  let asset = loaded.get(name);
  if (asset === undefined) {
    const content = Buffer.from(SOURCES[name]().map((file) => readFileSync(file, 'utf8')).join('\n'));
    const [stem, extension] = name.split('.');
    const hash = createHash('sha256').update(content).digest('hex').slice(0, 12);
    const type = TYPES[extension ?? ''];
    assert(type !== undefined, `the file ${name} has a known type`);
    asset = { file: `${stem}.${hash}.${extension}`, type, content, encoded: new Map() };
    loaded.set(name, asset);
  }
  return asset;
}

function bestEncoding(accepted: string): Encoding | null {
  if (/\bbr\b/.test(accepted)) return 'br';
  return /\bgzip\b/.test(accepted) ? 'gzip' : null;
}

const brotli = promisify(brotliCompress);
const zip = promisify(gzip);

function encode(asset: Asset, encoding: Encoding): Promise<Buffer> {
  let encoded = asset.encoded.get(encoding);
  if (encoded === undefined) {
    encoded = encoding === 'br' ? brotli(asset.content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }) : zip(asset.content, { level: 9 });
    asset.encoded.set(encoding, encoded);
  }
  return encoded;
}
