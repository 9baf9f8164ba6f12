import type { Family } from '#core/brief.ts';
import type { Experiment } from '#core/experiment.ts';
import { standardDeviation } from '#core/rollup.ts';
import type { Space } from '#core/space.ts';
import { gapOf, type Contender } from '#core/stats/ranking.ts';
import type { Task } from '#core/task.ts';
import { between, html, nothing, type Content, type Fragment } from '#web/html.ts';
import { leaderName, shortText } from '#web/parts/answer.ts';
import { configurationTable, copyable } from '#web/parts/identity.ts';
import { count, measured } from '#web/parts/number.ts';
import { runCommand } from '#web/parts/run-command.ts';
import { isUnverified, type Standing } from '#web/parts/standing.ts';
import { facts } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';

const MOST_SEEDS = 6;
const MOST_TIES = 8;

/** It has not won anything before an audit has confirmed its value. */
export function winnerTitle(standing: Standing, family: Family): string {
  return isUnverified(standing, family) ? 'Leading configuration, not verified' : 'Winning configuration';
}

/** The leading configuration with its seeds, the command that trains it by hand, and those that it cannot be told from. */
export function winner(standing: Standing, best: Task, family: Family, space: Space, experiment: Experiment, isOpen = false): Fragment {
  const { leader } = standing;
  const pairs: [Content, Content][] = [
    [html`${family.metric.name}${leader.rollup.n > 1 ? ', mean' : null}`, meanOf(leader)],
    [leader.rollup.n === 1 ? 'Task' : html`${count(leader.rollup.n)} seeds`, seedLinks(leader)],
    [leader.rollup.n === 1 ? 'Seed' : 'Seed of the best', String(best.seed)],
  ];
  return html`${facts(pairs)}${leader.rollup.n === 1 ? html`<p class="fine">One seed: not confirmed yet.</p>` : null}${configurationTable(leader.config)}<details id="by-hand"${isOpen ? html` open` : null}><summary>Train it by hand</summary>${copyable('winner-command', runCommand(experiment, best), 'Commands that train the winning configuration')}<p class="fine">In a copy of the folder of ${family.experiment} (package ${family.packageSha256.slice(0, 12)}). <a href="${paths.task(best.id)}#provenance">The page of task #${best.number}</a> has commands that fetch that package first.</p></details>${tiedWith(standing, space)}`;
}

function tiedWith({ leader, tied, tiedCount, noise }: Standing, space: Space): Fragment {
  if (tiedCount === 0) return nothing;
  const shown = tied.slice(0, MOST_TIES);
  const row = (one: Contender) => html`<li><a href="${paths.task(one.rollup.bestTaskId ?? '')}">${leaderName(one.config, space)}</a> <span>${meanOf(one)} <small>n = ${count(one.rollup.n)} · Δ ${shortText(gapOf(one, leader))}</small></span></li>`;
  const rest = tiedCount > shown.length ? html`<li>and ${count(tiedCount - shown.length)} more</li>` : null;
  const compared = [leader, ...shown].flatMap((one) => one.rollup.bestTaskId ?? []).join(',');
  return html`<h3 id="ties">${noise === null ? 'With the same value' : 'Not to be told from it, given the noise'}</h3><ul class="ties">${shown.map(row)}${rest}</ul><p class="fine winner-links"><a href="${paths.compare({ tasks: compared })}">Compare them side by side</a></p>`;
}

function meanOf({ rollup }: Contender): Fragment {
  const deviation = standardDeviation(rollup);
  return html`${measured(rollup.mean)}${deviation === null ? null : html` <small>± ${shortText(deviation)}</small>`}`;
}

function seedLinks({ runs }: Contender): Content {
  const links = runs.slice(0, MOST_SEEDS).map((run) => html`<a href="${paths.task(run.id)}" title="${run.value}">#${run.number}</a>`);
  return html`${between(links, ' ')}${runs.length > MOST_SEEDS ? html` <small>and ${count(runs.length - MOST_SEEDS)} more</small>` : null}`;
}
