import type { FastifyInstance, FastifyRequest } from 'fastify';
import { refuse } from '#core/errors.ts';
import { LOCAL_ID } from '#core/ledger.ts';
import { databaseBytes } from '#store/database.ts';
import { findAccount } from '#store/ledger.ts';
import { summarizeTokens, type TokenSummary } from '#store/token.ts';
import { html, type Content, type Fragment } from '#web/html.ts';
import { refusalPage, registerPage, type Page, type Site } from '#web/page.ts';
import { ago, elapsed } from '#web/parts/moment.ts';
import { bytesText, count } from '#web/parts/number.ts';
import { card, facts, table } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';
import { hasShortcuts, shortcutsCookie } from '#web/shortcuts.ts';
import { chosenTheme, THEMES, themeCookie, toTheme, type Theme } from '#web/theme.ts';

const THEME_WORDS: Record<Theme, string> = { system: 'as the system does', light: 'light', dark: 'dark' };

/** How pages look for this browser, who may come in, and what runs here. */
export function registerSettings(app: FastifyInstance, site: Site): void {
  registerPage(app, site, paths.settings(), async (request): Promise<Page> => settingsPage(site, request));
  app.post(paths.settingsTheme(), async (request, reply) => {
    const theme = toTheme(((request.body ?? {}) as Record<string, unknown>)['theme']);
    if (theme === null) return refusalPage(site, request, reply, refuse('invalid', 'There is no such theme.').refusal);
    return reply.header('set-cookie', themeCookie(theme)).redirect(paths.settings(), 303);
  });
  app.post(paths.settingsShortcuts(), async (request, reply) => {
    const on = ((request.body ?? {}) as Record<string, unknown>)['shortcuts'] === 'on';
    return reply.header('set-cookie', shortcutsCookie(on)).redirect(paths.settings(), 303);
  });
}

async function settingsPage(site: Site, request: FastifyRequest): Promise<Page> {
  const [information, owners, kinds] = await Promise.all([about(site), accounts(site), tokens(site)]);
  return {
    title: 'Settings',
    section: 'settings',
    address: paths.settings(),
    regions: [],
    content: () => html`<section class="head"><h1>Settings</h1></section>
<section class="columns"><div>${appearance(chosenTheme(request))}${keyboard(hasShortcuts(request))}${notifications()}</div><div>${information}${owners}</div></section>${access()}${kinds}`,
  };
}

function appearance(chosen: Theme): Fragment {
  const options = THEMES.map((theme) => html`<label><input type="radio" name="theme" value="${theme}"${theme === chosen ? html` checked` : null}>${THEME_WORDS[theme]}</label>`);
  return card(
    'Appearance',
    html`<form method="post" action="${paths.settingsTheme()}"><fieldset class="choices"><legend>Pages look</legend>${options}</fieldset><button type="submit">Save</button></form>
<p class="fine">Kept by this browser. <code>?theme=light</code> or <code>?theme=dark</code> at the end of an address forces it for that page.</p>`,
  );
}

function notifications(): Fragment {
  return card('Notifications', html`<p><a href="${paths.notifications()}">Notifications</a> can also come by the browser, asked for on their page, and by <a href="${paths.webhooks()}">webhooks</a>.</p>`);
}

function keyboard(on: boolean): Fragment {
  return card(
    'Keyboard',
    html`<form method="post" action="${paths.settingsShortcuts()}"><fieldset class="choices"><legend>Shortcuts of a single key</legend><label><input type="checkbox" name="shortcuts" value="on"${on ? html` checked` : null}>work while nothing is being typed</label></fieldset><button type="submit">Save</button></form>
<p class="fine">Kept by this browser. <kbd>?</kbd> lists them; <kbd>Ctrl K</kbd> or <kbd>⌘ K</kbd> opens the search and all commands in any case.</p>`,
  );
}

async function about(site: Site): Promise<Fragment> {
  const [bytes, now] = [await databaseBytes(site.reader), site.engine.now()];
  return card(
    'About',
    facts([
      ['Version', site.settings.version],
      ['Running', elapsed(now - Math.round(process.uptime() * 1000), now)],
      ['Runtime', `Node ${process.versions.node}`],
      ['Database', html`${site.reader.dialect === 'sqlite' ? 'SQLite, in the data folder' : 'PostgreSQL'} <small>${bytesText(bytes)}</small>`],
      ['API', html`<a href="${paths.apiDocs()}">documentation</a>, <a href="${paths.openapi()}">OpenAPI 3.1</a>`],
      ['Monitoring', html`<a href="${paths.monitoring()}">metrics</a>`],
      ['Licence', 'MIT'],
      ['Packages', html`<small>each under its own licence, in <code>node_modules</code></small>`],
    ]),
  );
}

async function accounts(site: Site): Promise<Fragment> {
  const local = await findAccount(site.reader, LOCAL_ID);
  return card('Accounts', html`<p><a href="${paths.creditAccount(LOCAL_ID)}">${local?.name ?? LOCAL_ID}</a> owns every brief, and the machines that joined with its enrolment token. Whoever else lends machines has an <a href="${paths.creditAccounts()}">account</a> of their own, which an administrator adds.</p>`);
}

const TOKEN_USES: Record<TokenSummary['kind'], string> = { admin: 'opens the API, all of it but a worker’s work', enrolment: 'lets a machine join, and nothing else', worker: 'each worker’s own, for its work' };
const RENEWAL: Record<TokenSummary['kind'], Content> = {
  admin: html`stop the server, delete <code>admin-token</code> in the data folder or set <code>XEENET_ADMIN_TOKEN</code>, and start it again: the old one opens nothing any more`,
  enrolment: html`the same with <code>enrolment-token</code> or <code>XEENET_ENROLMENT_TOKEN</code>: workers that have joined go on`,
  worker: 'remove the worker; started again it registers anew',
};

async function tokens(site: Site): Promise<Fragment> {
  const now = site.engine.now();
  const kinds = await summarizeTokens(site.reader);
  const rows = kinds.map(({ kind, many, firstAt, lastAt }) => ({
    id: `token-${kind}`,
    cells: [kind, count(many), many > 1 ? html`${ago(lastAt, now)}<small>first ${ago(firstAt, now)}</small>` : ago(firstAt, now), TOKEN_USES[kind], RENEWAL[kind]],
  }));
  const columns = [{ head: 'Kind' }, { head: 'Tokens', kind: 'num' }, { head: 'Last made' }, { head: 'What it does', kind: 'wide' }, { head: 'To renew it', kind: 'wide' }] as const;
  return html`<section>${card('Tokens', html`${table('Tokens by kind', columns, rows)}<p class="fine">The database keeps only their hashes.</p>`)}</section>`;
}

function access(): Fragment {
  return html`<section>${card(
    'Access',
    html`<p>These pages are open to whoever uses this machine, and to nobody else: the server listens on its loopback address only. The API asks for a bearer token everywhere: <code>XEENET_ADMIN_TOKEN</code>, or the one that was made at the first start and lies in the data folder, readable by its owner alone. Workers join with the token that <a href="${paths.workers()}#add">Workers</a> shows, and get one of their own.</p>`,
  )}</section>`;
}
