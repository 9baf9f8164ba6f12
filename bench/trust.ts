// `npm run bench:trust`: simulated fleets with liars, worked off by the real engine with the default verification; what the liars got away with, and what it cost.
import { DEFAULT_VERIFICATION } from '#core/verify.ts';
import { runBenchmark } from './benchmark.ts';
import { readOptions } from './options.ts';
import { table, wholeText } from './table.ts';
import { simulateFleet, type FleetPlan } from './trust-fleet.ts';
import { LOWEST, SEED_DEVIATION, SPAN } from './trust-machines.ts';
import { COMPUTE_COST, IDLE_COST, outcomeOf, type FleetOutcome } from './trust-outcome.ts';

const NUMBERS = {
  machines: { fallback: 20, least: 5 },
  liars: { fallback: 20, least: 1 },
  turn: { fallback: 1000, least: 1 },
  tasks: { fallback: 300, least: 10 },
  seed: { fallback: 1, least: 0 },
};
/** A pair lies as soon as it is off probation. */
const PAIR_TURN = 20;

type Options = ReturnType<typeof readTrustOptions>;
type Fleet = { title: string; plan: FleetPlan; outcome: FleetOutcome };

await runBenchmark(readTrustOptions, run, report);

function readTrustOptions(words: string[]) {
  return readOptions(words, NUMBERS, []);
}

async function run({ machines, liars, turn, tasks, seed }: Options): Promise<Fleet[]> {
  const plan = { machines, liarShare: liars / 100, turns: { sleeper: turn, pair: PAIR_TURN }, tasksPerMachine: tasks, seed };
  const fleets: [string, FleetPlan][] = [
    ['fabricators, from the first task', { ...plan, behaviour: 'fabricator' }],
    [`colluding pairs, after ${PAIR_TURN} tasks`, { ...plan, behaviour: 'pair' }],
    ['occasional liars, one task in ten', { ...plan, behaviour: 'occasional' }],
    // Their tasks are many, so that half the machines are enough.
    [`sleepers, after ${wholeText(turn)} tasks`, { ...plan, behaviour: 'sleeper', machines: Math.ceil(machines / 2), tasksPerMachine: turn + tasks }],
  ];
  const worked: Fleet[] = [];
  for (const [title, one] of fleets) worked.push({ title, plan: one, outcome: await simulateFleet(one, outcomeOf) });
  // An attacker that gains is a claim that does not hold.
  if (worked.some(({ outcome }) => outcome.gainPerLiar >= 0 || outcome.honestQuarantined > 0)) process.exitCode = 1;
  return worked;
}

function report({ machines, liars, seed }: Options, fleets: readonly Fleet[]): string {
  const { auditShare, quorum } = DEFAULT_VERIFICATION;
  const rows = fleets.map(({ title, outcome: one }) => [
    title, wholeText(one.results), `${one.caught} of ${one.liars}`, wholeText(one.reportedFalse), wholeText(one.acceptedFalse), percent(one.falseShare), creditsText(one.kept), creditsText(one.forfeited), creditsText(one.spent), creditsText(one.gainPerLiar), percent(one.auditShare), String(one.honestQuarantined),
  ]);
  const headings = ['liars', 'results', 'caught', 'made up', 'accepted', 'of all', 'kept', 'forfeited', 'spent', 'gain each', 'audits', 'honest caught'];
  return `SIMULATION of workers, through the real engine on SQLite: ${machines} machines of as many owners (half as many with sleepers), ${liars} % of them liars; default policy (share ${auditShare}, quorum ${quorum}); values from ${LOWEST} to ${LOWEST + SPAN}, which seeds make differ by ${percent(SEED_DEVIATION)} as those of char-lm do; seed ${seed}

${table(headings, rows)}
results: those that count in the end. made up: values that liars reported without computing them, in runs and in audits.
accepted: made-up results that still count in the end, and their share of all that count.
kept: pay for made-up runs that was not taken back. forfeited: pay for honest runs that was taken back from liars.
spent: ${percent(IDLE_COST)} of the price for each made-up run, since its machine holds the task meanwhile. All in prices of one run.
gain each: (kept − forfeited − spent) for each liar. It must be below zero.
audits: audit runs for each ordinary run, which is the cost of verification in compute.

Not counted in the gain is what quarantine ends: at ${percent(COMPUTE_COST)} of the price for computing a run, honest work to the end would have left
each liar ${fleets.map(({ title, outcome }) => `${creditsText(outcome.forgonePerLiar)} (${title.split(',')[0] ?? title})`).join(', ')} more.
`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

function creditsText(prices: number): string {
  return prices.toFixed(2);
}
