import type { FastifyInstance } from 'fastify';
import { html, type Fragment } from '#web/html.ts';
import { registerPage, type Site } from '#web/page.ts';
import { paths } from '#web/paths.ts';
import { PICTURES } from '#web/styleguide/pictures.ts';
import type { Specimens } from '#web/styleguide/specimen.ts';
import { SURFACES } from '#web/styleguide/surfaces.ts';
import { WORDS } from '#web/styleguide/words.ts';

/** Every fragment that is shown, by the file of `web/parts` that makes it. */
export const SPECIMENS: readonly Specimens[] = [...WORDS, ...SURFACES, ...PICTURES];

/** For development: every fragment with ordinary, long, empty and hostile data, on one page. */
export function registerStyleguide(app: FastifyInstance, site: Site): void {
  if (!site.settings.development) return;
  registerPage(app, site, paths.styleguide(), async () => ({
    title: 'Style guide',
    section: null,
    styles: ['logs.css', 'brief-form.css', 'fleet.css', 'explorer.css', 'styleguide.css'],
    address: paths.styleguide(),
    regions: [],
    content: () => html`<section class="head"><div><h1>Style guide</h1><p class="lead">Every fragment of the dashboard with ordinary, long, empty and hostile data. All values are made up.</p></div></section>
<nav class="tabs specimen-index" aria-label="Fragments">${SPECIMENS.map(({ part }) => html`<a href="#${anchor(part)}">${part}</a>`)}</nav>
${SPECIMENS.map(shown)}`,
  }));
}

function shown({ part, specimens }: Specimens): Fragment {
  return html`<section class="specimens" id="${anchor(part)}"><h2>${part}</h2>${specimens.map(({ name, fragment }) => html`<section class="specimen"><h3>${name}</h3>${fragment}</section>`)}</section>`;
}

function anchor(part: string): string {
  return `part-${part.replace(/\.ts$/, '').replaceAll('/', '-')}`;
}
