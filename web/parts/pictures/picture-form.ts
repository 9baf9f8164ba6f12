import type { Space } from '#core/space.ts';
import { html, type Content, type Fragment } from '#web/html.ts';
import type { Query } from '#web/paths.ts';
import { axesOf } from './axis.ts';
import { contourAxes } from './contour-axes.ts';
import { isTonable, NO_TONES, tonesOf } from './tones.ts';

/** What the choices of a view are made for: the space they are of, the page they lead to, and what it shows now. */
type Place = { space: Space; page: { path: string; query: Query }; filter: string };

/** Chooses the two parameters of a contour. A plain GET, as all of these forms: its address is the view. */
export function contourForm(place: Place, asked: { x?: string | undefined; y?: string | undefined }): Fragment {
  const names = axesOf(place.space).map((axis) => ({ value: axis.name, text: axis.name }));
  const [x, y] = contourAxes({ space: place.space, x: asked.x ?? null, y: asked.y ?? null });
  return pictureForm(place, ['x', 'y'], html`${select('x', 'Across', names, x?.name)}${select('y', 'Up', names, y?.name)}`);
}

/** Chooses what the colours of the history tell apart, and which parameters have an axis of parallel coordinates. */
export function toneForm(place: Place, asked: { color?: string | undefined; axes?: string | undefined }): Content {
  const axes = axesOf(place.space);
  const tonable = axes.filter(isTonable).map((axis) => ({ value: axis.name, text: axis.name }));
  const drawn = asked.axes === undefined ? axes.map((axis) => axis.name) : asked.axes.split(',');
  const colour = tonable.length === 0 ? null : select('color', 'Colour by', [...tonable, { value: NO_TONES, text: 'nothing' }], tonesOf(place, asked.color ?? null)?.axis.name ?? NO_TONES);
  const boxes = axes.map((axis) => html`<label><input type="checkbox" name="axes" value="${axis.name}"${drawn.includes(axis.name) ? html` checked` : null}>${axis.name}</label>`);
  const chosen = axes.length < 2 ? null : html`<details class="menu" id="axes"><summary class="button">Axes</summary><fieldset><legend>Parameters with an axis</legend>${boxes}</fieldset></details>`;
  return colour === null && chosen === null ? null : pictureForm(place, ['color', 'axes'], html`${colour}${chosen}`);
}

/** A form with what else the address says of the page, which stays as it is. */
function pictureForm({ page, filter }: Place, own: readonly string[], fields: Fragment): Fragment {
  const hidden = Object.entries({ ...page.query, filter }).flatMap(([key, value]) => (own.includes(key) || value === null || value === undefined || value === '' ? [] : [html`<input type="hidden" name="${key}" value="${value}">`]));
  return html`<form class="picture-form" method="get" action="${page.path}" autocomplete="off">${hidden}${fields}<button type="submit" class="secondary">Draw</button></form>`;
}

function select(name: string, label: string, options: readonly { value: string; text: string }[], chosen: string | undefined): Fragment {
  return html`<label for="picture-${name}">${label}</label><select id="picture-${name}" name="${name}">${options.map((one) => html`<option value="${one.value}"${one.value === chosen ? html` selected` : null}>${one.text}</option>`)}</select>`;
}
