import { isOver, runsCostMicrocredits, type Brief, type Family } from '#core/brief.ts';
import { forecastSpending, type Forecast } from '#core/forecast.ts';
import { MICROCREDITS } from '#core/ledger.ts';
import { findFamily } from '#store/family.ts';
import { listPayments } from '#store/ledger.ts';
import { html, nothing, type Content, type Fragment } from '#web/html.ts';
import type { Site } from '#web/page.ts';
import { roughly } from '#web/parts/answer.ts';
import { badge } from '#web/parts/badge.ts';
import { exhaustedText, readMissing, type Missing } from '#web/parts/credits/missing.ts';
import { moment } from '#web/parts/moment.ts';
import { count, countOf, credits } from '#web/parts/number.ts';
import { readOutlook } from '#web/parts/outlook.ts';
import { draw } from '#web/parts/pictures/draw.ts';
import { keptPicture } from '#web/parts/pictures/kept.ts';
import type { SpendingData } from '#web/parts/pictures/spending.ts';
import { card, facts } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';
import { stillThere } from '#web/vanished.ts';

const MOST_PAYMENTS = 10_000;
const MINUTE_MS = 60_000;

/** How the budget of a brief is spent, beside the entries that it is spent by. */
export async function burnDown(site: Site, brief: Brief): Promise<Fragment> {
  return card(html`Budget of <a href="${paths.brief(brief.id)}">${brief.title}</a> ${badge(brief.state)}`, await spendingOf(site, brief));
}

/** The same on the page of the brief itself. */
export async function budgetCard(site: Site, brief: Brief): Promise<Fragment> {
  return card('Budget', await spendingOf(site, brief), html`<a href="${paths.credits({ brief: brief.id })}">Entries</a>`);
}

/** Figures, a sentence on where they lead, and a picture of both along the time. */
async function spendingOf(site: Site, brief: Brief): Promise<Fragment> {
  const family = stillThere(await findFamily(site.reader, brief.familyId));
  const [missing, { left }] = await Promise.all([readMissing(site.reader, brief, family), readOutlook(site, brief, family)]);
  const now = brief.finishedAt ?? site.engine.now();
  const forecast = forecastOf(brief, family, missing);
  // Where the credits run out earlier, so does the time.
  const share = missing.open === 0 ? 0 : forecast.enoughFor / missing.open;
  const endsInMs = left === null || missing.open === 0 ? null : left.mostMs * share;
  const version = `${brief.spentMicrocredits} ${brief.budgetMicrocredits} ${brief.state} ${Math.floor(now / MINUTE_MS)} ${endsInMs === null}`;
  const picture = brief.launchedAt === null ? nothing : await keptPicture(site.reader, `spending:${brief.id}`, version, async () => draw('spending', await readSpending(site, brief, now, forecast, endsInMs)));
  const free = brief.budgetMicrocredits - brief.spentMicrocredits - family.heldMicrocredits;
  const figures = facts([
    ['Budget', credits(brief.budgetMicrocredits)],
    ['Spent', credits(brief.spentMicrocredits)],
    ['Held', html`${credits(family.heldMicrocredits)} <small>for ${countOf(missing.open, 'open task')}</small>`],
    [isOver(brief.state) ? 'Not spent' : 'Not held yet', credits(free)],
    ['A run costs', runCost(brief)],
  ]);
  return html`${figures}<p class="forecast">${leadsTo(site, brief, missing, forecast, endsInMs)}</p><div class="burn-down">${picture}</div>`;
}

function forecastOf(brief: Brief, family: Family, missing: Missing): Forecast {
  const room = Math.max(0, brief.budgetMicrocredits - brief.spentMicrocredits - family.heldMicrocredits);
  const available = family.heldMicrocredits + Math.min(room, missing.balance);
  return forecastSpending({ spent: brief.spentMicrocredits, available, completed: family.counts.completed, failed: family.counts.failed, open: missing.open, runCost: family.runCostMicrocredits });
}

function runCost(brief: Brief): Content {
  const fee = brief.runFeeMicrocredits === 0 ? null : html`, ${credits(brief.runFeeMicrocredits)} of it for verification`;
  return html`${credits(runsCostMicrocredits(1, brief))} <small>${brief.timeBudgetSeconds} s${fee}</small>`;
}

/** What the figures come to, in a sentence that says what it rests on. */
function leadsTo(site: Site, brief: Brief, missing: Missing, { expected, missing: lacking, enoughFor, failureRate }: Forecast, endsInMs: number | null): Content {
  if (brief.state === 'draft') return html`Its launch holds ${credits(runsCostMicrocredits(brief.numTasks, brief))} for ${countOf(brief.numTasks, 'task')} at once; what they do not cost goes back to its owner.`;
  if (isOver(brief.state)) return html`It has ended: what its runs did not cost went back to its owner.`;
  if (brief.state === 'exhausted') return html`${exhaustedText(brief, missing)} <a href="${paths.briefAction(brief.id, 'top-up')}">Top it up</a>.`;
  const rests = failureRate === null ? 'If no task fails' : failureRate === 0 ? 'As no task has failed so far' : html`At the failure rate so far (${count(Math.round(100 * failureRate))} %)`;
  const when = endsInMs === null ? nothing : html`, in ${roughly(endsInMs)} (${moment(site.engine.now() + endsInMs)})`;
  if (lacking > 0) return html`${rests} it <strong>runs out</strong> after about ${countOf(enoughFor, 'more task')}${when}: ${credits(lacking)} are missing to the end. <a href="${paths.briefAction(brief.id, 'top-up')}">Top it up</a>.`;
  return html`${rests} it ends with about ${credits(expected)} spent${when}.`;
}

async function readSpending(site: Site, brief: Brief, now: number, { expected, missing }: Forecast, endsInMs: number | null): Promise<SpendingData> {
  const payments = await listPayments(site.reader, brief.id, MOST_PAYMENTS);
  const start = brief.launchedAt ?? brief.createdAt;
  const minutesOf = (at: number): number => (at - start) / MINUTE_MS;
  let spent = 0;
  const steps = payments.map(({ at, amountMicrocredits }) => {
    spent += amountMicrocredits;
    return { minutes: minutesOf(at), credits: spent / MICROCREDITS };
  });
  const price = runsCostMicrocredits(brief.numTasks, brief) / MICROCREDITS;
  const forecast = endsInMs === null || brief.state !== 'running' ? null : { minutes: minutesOf(now + endsInMs), credits: (expected - missing) / MICROCREDITS };
  return { steps, now: minutesOf(now), budget: brief.budgetMicrocredits / MICROCREDITS, price, forecast };
}
