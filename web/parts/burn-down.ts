import { runsCostMicrocredits, type Brief } from '#core/brief.ts';
import { MICROCREDITS } from '#core/ledger.ts';
import { listPayments } from '#store/ledger.ts';
import { html, type Fragment } from '#web/html.ts';
import type { Site } from '#web/page.ts';
import { badge } from '#web/parts/badge.ts';
import { count, credits } from '#web/parts/number.ts';
import { draw } from '#web/parts/pictures/draw.ts';
import { keptPicture } from '#web/parts/pictures/kept.ts';
import type { SpendingData } from '#web/parts/pictures/spending.ts';
import { card, facts } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';

const MOST_PAYMENTS = 10_000;
const MINUTE_MS = 60_000;

/** How the budget of a brief is spent: figures, and a picture of it along the time with where it leads. */
export async function burnDown(site: Site, brief: Brief): Promise<Fragment> {
  const now = brief.finishedAt ?? site.engine.now();
  const version = `${brief.spentMicrocredits} ${brief.state} ${Math.floor(now / MINUTE_MS)}`;
  const picture = await keptPicture(site.reader, `spending:${brief.id}`, version, async () => draw('spending', await readSpending(site, brief, now)));
  const left = brief.budgetMicrocredits - brief.spentMicrocredits;
  const figures = facts([
    ['Budget', credits(brief.budgetMicrocredits)],
    ['Spent', credits(brief.spentMicrocredits)],
    ['Left', credits(left)],
    ['All tasks cost', html`${credits(runsCostMicrocredits(brief.numTasks, brief))} <small>${count(brief.numTasks)} × ${brief.timeBudgetSeconds} s</small>`],
  ]);
  return card(html`Budget of <a href="${paths.brief(brief.id)}">${brief.title}</a> ${badge(brief.state)}`, html`${figures}<div class="burn-down">${picture}</div>`);
}

async function readSpending(site: Site, brief: Brief, now: number): Promise<SpendingData> {
  const payments = await listPayments(site.reader, brief.id, MOST_PAYMENTS);
  const start = brief.launchedAt ?? brief.createdAt;
  const minutesOf = (at: number): number => (at - start) / MINUTE_MS;
  let spent = 0;
  const steps = payments.map(({ at, amountMicrocredits }) => {
    spent += amountMicrocredits;
    return { minutes: minutesOf(at), credits: spent / MICROCREDITS };
  });
  const price = runsCostMicrocredits(brief.numTasks, brief) / MICROCREDITS;
  const last = steps.at(-1);
  const goesOn = brief.state === 'running' && last !== undefined && last.credits < price;
  const forecast = goesOn ? { minutes: (minutesOf(now) * price) / last.credits, credits: price } : null;
  return { steps, now: minutesOf(now), budget: brief.budgetMicrocredits / MICROCREDITS, price, forecast };
}
