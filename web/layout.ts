import { assetPath, type ScriptName, type StyleName } from './assets.ts';
import { html, nothing, type Content, type Fragment } from './html.ts';
import { bell } from './parts/bell.ts';
import { paths } from './paths.ts';
import type { Theme } from './theme.ts';

/** The entries of the navigation; the key opens each after `g`. */
export const SECTIONS = {
  overview: { name: 'Overview', key: 'o', path: paths.overview() },
  briefs: { name: 'Briefs', key: 'b', path: paths.briefs() },
  families: { name: 'Families', key: 'f', path: paths.families() },
  tasks: { name: 'Tasks', key: 't', path: paths.tasks() },
  workers: { name: 'Workers', key: 'w', path: paths.workers() },
  credits: { name: 'Credits', key: 'c', path: paths.credits() },
  experiments: { name: 'Experiments', key: 'e', path: paths.experiments() },
  settings: { name: 'Settings', key: 's', path: paths.settings() },
} as const;
export type Section = keyof typeof SECTIONS;

/** What a document needs around its content. */
export type Frame = {
  title: string;
  section: Section | null;
  theme: Theme;
  /** For a screen on a wall: everything larger, and of the frame only whether the page is live. */
  kiosk: boolean;
  /** Whether shortcuts of a single key work. */
  shortcuts: boolean;
  nonce: string;
  version: string;
  /** The server's clock in epoch milliseconds: times on the page count from it. */
  now: number;
  /** The modules that only this page needs. */
  scripts: readonly ScriptName[];
  /** The styles that only this page needs. */
  styles: readonly StyleName[];
  /** The address of the stream and the versions of the regions on the page; null for a page that does not change. */
  live: { path: string; versions: string } | null;
  /** The bell in the header, as a region; null on a page that does not change, where it is a link alone. */
  bell: Fragment | null;
};

/** Strict enough that an answer of the wrong kind is never shown, and that a lost stream is found again soon. */
const HTMX = JSON.stringify({
  extensions: 'hx-csp,sse,keep',
  includeIndicatorCSS: false,
  history: false,
  defaultSwap: 'innerMorph',
  noSwap: [204, 304, '4xx', '5xx'],
  sse: { reconnectDelay: 500, reconnectMaxDelay: 8000, connectTimeout: 10_000 },
});

/** The whole document. */
export function layout(frame: Frame, content: Content): Fragment {
  const { nonce, live } = frame;
  const script = (name: ScriptName) => html`<script type="module" nonce="${nonce}" src="${assetPath(name)}"></script>
`;
  return html`<!doctype html>
<html lang="en"${frame.theme === 'system' ? null : html` data-theme="${frame.theme}"`}${frame.kiosk ? html` data-kiosk` : null}${frame.shortcuts ? null : html` data-shortcuts="off"`} data-now="${frame.now}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${frame.title} · XeeNet</title>
<link rel="icon" type="image/svg+xml" href="${assetPath('icon.svg')}">
<link rel="stylesheet" href="${assetPath('pico.css')}">
<link rel="stylesheet" href="${assetPath('app.css')}">
${[...frame.styles, ...(frame.kiosk ? (['fleet.css', 'kiosk.css'] as const) : [])].map((name) => html`<link rel="stylesheet" href="${assetPath(name)}">
`)}${live === null ? null : html`<meta name="htmx-config" content="${HTMX}">
<script defer nonce="${nonce}" src="${assetPath('htmx.js')}"></script>
${script('live.js')}${script('notify.js')}`}${script('moment.js')}${script('copy.js')}${script('keys.js')}${frame.scripts.map(script)}</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
${header(frame)}
<main id="main" tabindex="-1"${live === null ? null : html` data-live hx-nonce="${nonce}" hx-sse:connect="${live.path}" hx-trigger="load, reconnect" hx-swap="innerMorph" hx-headers="${JSON.stringify({ 'Last-Event-ID': live.versions })}"`}>
${content}
</main>
${live === null ? null : html`<div id="toasts" class="toasts" role="status" aria-label="New notifications"></div>`}
<footer class="foot"><p>XeeNet ${frame.version} · <a href="${paths.apiDocs()}">API</a> · <a href="${paths.settings()}">Settings</a></p></footer>
</body>
</html>
`;
}

function header(frame: Frame): Fragment {
  const entries = (Object.keys(SECTIONS) as Section[]).filter((section) => section !== 'settings');
  return html`<header class="bar">
<a class="brand" href="${paths.overview()}"><svg viewBox="0 0 10 10" aria-hidden="true"><path d="M5 0 10 5 5 10 0 5Z"/></svg>XeeNet</a>
<nav aria-label="Main"><ul>${entries.map((section) => html`<li>${entry(section, frame.section)}</li>`)}<li class="phone">${entry('settings', frame.section, false)}</li></ul></nav>
<div class="tools">${finder()}${frame.bell ?? bell(0, [], '')}${entry('settings', frame.section)}${frame.live === null ? nothing : html`<p id="live" class="live" role="status" hidden></p>`}</div>
</header>`;
}

/** The way to the search; where scripts run it opens the palette, whose module comes when it is first asked for. */
function finder(): Fragment {
  return html`<a class="find" href="${paths.search()}" aria-keyshortcuts="Control+K Meta+K" data-palette="${assetPath('palette.js')}" data-hits="${paths.searchHits()}" data-new="${paths.briefNew()}" data-look="${paths.settingsTheme()}">Search <kbd>Ctrl K</kbd></a>`;
}

/** @param keyed whether its key opens it: of two links to one section only one has the key */
function entry(section: Section, current: Section | null, keyed = true): Fragment {
  const { name, key, path } = SECTIONS[section];
  return html`<a href="${path}"${keyed ? html` data-key="${key}"` : null}${section === current ? html` aria-current="page"` : null}>${name}</a>`;
}
