import { MICROCREDITS, PRICE_LIST, taskPriceMicrocredits, type HardwareClass } from '#core/ledger.ts';
import { HARDWARE_PROFILES } from '#core/worker.ts';
import { html, type Fragment } from '#web/html.ts';
import { count, credits } from '#web/parts/number.ts';
import { card, table } from '#web/parts/table.ts';

const EXAMPLE = { runs: 12, seconds: 600 };

/** Credits a minute by the size of machine that a brief asks for, with what an example costs. */
export function priceList(): Fragment {
  const rows = (Object.keys(PRICE_LIST) as HardwareClass[]).map((size) => ({
    id: `price-${size}`,
    cells: [html`${size} <small>${asksFor(size)}</small>`, credits(PRICE_LIST[size] * MICROCREDITS), credits(EXAMPLE.runs * taskPriceMicrocredits(EXAMPLE.seconds, size))],
  }));
  const columns = [{ head: 'A brief that asks for' }, { head: 'A minute', kind: 'num' }, { head: `${EXAMPLE.runs} × 10 min`, kind: 'num' }] as const;
  return card('Price list', html`${table('Credits by size of machine', columns, rows)}<p class="fine">A run costs its time budget, whatever it used of it: no worker earns more by being slow. The size is what the brief asks for, never what a worker says it has.</p>`);
}

function asksFor(size: HardwareClass): string {
  const most = (name: string): string => `${count(HARDWARE_PROFILES[name]?.cpuCores ?? 0)} cores and ${count(HARDWARE_PROFILES[name]?.ramGb ?? 0)} GB`;
  const words: Record<HardwareClass, string> = { small: `at most ${most('small')}`, medium: `at most ${most('medium')}`, large: 'more than that', gpu: 'a graphics card' };
  return words[size];
}
