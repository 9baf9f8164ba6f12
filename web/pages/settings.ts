import type { FastifyInstance, FastifyRequest } from 'fastify';
import { refuse } from '#core/errors.ts';
import { html, type Fragment } from '#web/html.ts';
import { refusalPage, registerPage, type Page, type Site } from '#web/page.ts';
import { card, facts } from '#web/parts/table.ts';
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

function settingsPage(site: Site, request: FastifyRequest): Page {
  return {
    title: 'Settings',
    section: 'settings',
    address: paths.settings(),
    regions: [],
    content: () => html`<section class="head"><h1>Settings</h1></section>
<section class="columns"><div>${appearance(chosenTheme(request))}${keyboard(hasShortcuts(request))}${notifications()}</div><div>${about(site)}</div></section>${access()}`,
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

function about(site: Site): Fragment {
  return card(
    'About',
    facts([
      ['Version', site.settings.version],
      ['Runtime', `Node ${process.versions.node}`],
      ['Database', site.reader.dialect === 'sqlite' ? 'SQLite, in the data folder' : 'PostgreSQL'],
      ['API', html`<a href="${paths.apiDocs()}">documentation</a>, <a href="${paths.openapi()}">OpenAPI 3.1</a>`],
      ['Monitoring', html`<a href="${paths.monitoring()}">metrics</a>`],
      ['Licence', 'MIT'],
    ]),
  );
}

function access(): Fragment {
  return html`<section>${card(
    'Access',
    html`<p>These pages are open to whoever uses this machine, and to nobody else: the server listens on its loopback address only. The API asks for a bearer token everywhere: <code>XEENET_ADMIN_TOKEN</code>, or the one that was made at the first start and lies in the data folder, readable by its owner alone. Workers join with the token that <a href="${paths.workers()}#add">Workers</a> shows, and get one of their own.</p>`,
  )}</section>`;
}
