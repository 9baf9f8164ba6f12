import { idFrom } from '#engine/id.ts';
import { sumEarnings, sumUnvested, type Earning } from '#store/earning.ts';
import { findAccount } from '#store/ledger.ts';
import type { Reader } from '#store/seam.ts';
import { html, type Content, type Fragment } from '#web/html.ts';
import type { Site } from '#web/page.ts';
import { credits, creditsText } from '#web/parts/number.ts';
import { card, facts } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';

const DAY_MS = 24 * 3_600_000;
const DAYS = 7;
/** Pay that may be taken back is little: off probation each verified result settles all before the last one. */
const MOST_UNVESTED = 1000;
const MOST_KEPT = 10_000;

/** Days that are over, by account: entries never change, so that what they come to is computed once. */
const kept = new WeakMap<Reader, Map<string, Earning>>();

/** What a worker has earned, how much of that may still be taken back, and its last days. */
export async function earningsCard(site: Site, workerId: string): Promise<Fragment> {
  const today = Math.floor(site.engine.now() / DAY_MS);
  const days = await Promise.all(Array.from({ length: DAYS }, (_, index) => earningOf(site.reader, workerId, today - (DAYS - 1) + index, today)));
  const [account, unvested] = [await findAccount(site.reader, workerId), await sumUnvested(site.reader, workerId, MOST_UNVESTED)];
  const reversed = days.reduce((sum, day) => sum + day.reversed, 0);
  const figures = facts([
    ['Earned in all', html`<a href="${paths.creditAccount(workerId)}">${credits(account?.balanceMicrocredits ?? 0)}</a>`],
    ['Not vested yet', html`${credits(unvested)} <small>taken back if a result of this worker is refuted</small>`],
    ['Taken back', html`${credits(reversed)} <small>in ${DAYS} days</small>`],
  ]);
  return card('Earnings', html`${figures}${bars(days, today)}`, html`<a href="${paths.credits({ account: workerId })}">Entries</a>`);
}

async function earningOf(reader: Reader, workerId: string, day: number, today: number): Promise<Earning> {
  const days = kept.get(reader) ?? new Map<string, Earning>();
  kept.set(reader, days);
  const key = `${workerId} ${day}`;
  const known = days.get(key);
  if (known !== undefined) return known;
  const earning = await sumEarnings(reader, workerId, { from: idFrom(day * DAY_MS), until: idFrom((day + 1) * DAY_MS) });
  // Yesterday may still get an entry from a transaction that began before midnight.
  if (day < today - 1) {
    if (days.size >= MOST_KEPT) days.clear();
    days.set(key, earning);
  }
  return earning;
}

/** A bar for each day, as high as what it earned; each is a link to its entries' day. */
function bars(days: readonly Earning[], today: number): Fragment {
  const most = Math.max(...days.map((day) => day.earned), 1);
  const width = 100 / DAYS;
  const bar = ({ earned, reversed }: Earning, index: number): Content => {
    const name = new Date((today - (DAYS - 1) + index) * DAY_MS).toISOString().slice(0, 10);
    const height = (100 * earned) / most;
    const back = reversed === 0 ? '' : `, ${creditsText(reversed)} taken back`;
    return html`<g><title>${name}: ${creditsText(earned)} credits${back}</title><rect x="${index * width + width / 8}" y="${100 - height}" width="${(width * 3) / 4}" height="${height}"></rect></g>`;
  };
  const said = `Earned a day over the last ${DAYS} days (UTC), the latest on the right: ${days.map((day) => creditsText(day.earned)).join(', ')}`;
  return html`<figure class="throughput"><svg viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label="${said}">${days.map(bar)}</svg><figcaption class="fine"><span>${new Date((today - (DAYS - 1)) * DAY_MS).toISOString().slice(0, 10)}</span><span>credits a day, at most ${creditsText(most === 1 ? 0 : most)}</span><span>today (UTC)</span></figcaption></figure>`;
}
