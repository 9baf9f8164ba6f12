import { describeParameter, type Space } from '#core/space.ts';
import { html, type Fragment } from '#web/html.ts';

/** A search space: what each parameter may be, when it exists, and what every configuration must meet. */
export function spaceTable(space: Space): Fragment {
  const rows = Object.entries(space.parameters).map(([name, parameter]) => {
    const when = Object.entries(parameter.when ?? {}).map(([on, values]) => `${on} is ${values.map(String).join(' or ')}`);
    return html`<tr><th scope="row">${name}</th><td>${describeParameter(parameter)}${when.length === 0 ? null : html`<small>only when ${when.join(' and ')}</small>`}</td></tr>`;
  });
  const constraints = space.constraints.length === 0 ? null : html`<p class="fine">Every configuration meets ${space.constraints.map((text, index) => html`${index === 0 ? null : ', '}<code>${text}</code>`)}.</p>`;
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Search space"><table class="config"><tbody>${rows}</tbody></table></div>${constraints}`;
}
