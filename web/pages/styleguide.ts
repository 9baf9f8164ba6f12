import type { FastifyInstance } from 'fastify';
import { html, type Fragment } from '#web/html.ts';
import { registerPage, type Site } from '#web/page.ts';
import { paths } from '#web/paths.ts';
import type { Specimens } from '#web/styleguide/specimen.ts';

const STYLES = ['logs.css', 'brief-form.css', 'fleet.css', 'explorer.css', 'credits.css', 'styleguide.css'] as const;

/**
 * For development: every fragment with ordinary, long, empty and hostile data, on one page. The specimens are made when
 * somebody asks for them: their pictures load what draws, which a server leaves to its drawing thread.
 */
export function registerStyleguide(app: FastifyInstance, site: Site): void {
  if (!site.settings.development) return;
  registerPage(app, site, paths.styleguide(), async () => {
    const { SPECIMENS } = await import('#web/styleguide/specimens.ts');
    return { title: 'Style guide', section: null, styles: STYLES, address: paths.styleguide(), regions: [], content: () => contentOf(SPECIMENS) };
  });
}

function contentOf(all: readonly Specimens[]): Fragment {
  return html`<section class="head"><div><h1>Style guide</h1><p class="lead">Every fragment of the dashboard with ordinary, long, empty and hostile data. All values are made up.</p></div></section>
<nav class="tabs specimen-index" aria-label="Fragments">${all.map(({ part }) => html`<a href="#${anchor(part)}">${part}</a>`)}</nav>
${all.map(shown)}`;
}

function shown({ part, specimens }: Specimens): Fragment {
  return html`<section class="specimens" id="${anchor(part)}"><h2>${part}</h2>${specimens.map(({ name, fragment }) => html`<section class="specimen"><h3>${name}</h3>${fragment}</section>`)}</section>`;
}

function anchor(part: string): string {
  return `part-${part.replace(/\.ts$/, '').replaceAll('/', '-')}`;
}
