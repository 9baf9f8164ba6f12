import { MOST_TASKS, type BriefState } from '#core/brief.ts';
import { seededRandom, shuffled, type Random } from '#core/random.ts';

/**
 * How much history to make up. `now` is the moment it leads to, in epoch milliseconds. With `exampleTasks` the last family
 * that has ended has exactly so many tasks, so that it compares between histories of different sizes.
 */
export type HistorySize = { tasks: number; families: number; workers: number; seed: number; now: number; exampleTasks?: number };

/** One brief to come: its size, how it ended, and the stretch of time in which a lane of slots works on it. */
export type PlannedFamily = {
  index: number;
  state: BriefState;
  /** Rows of tasks; a draft has none yet. */
  tasks: number;
  timeBudgetSeconds: number;
  /** The share of attempts that fail. */
  failureShare: number;
  createdAt: number;
  startsAt: number;
  waveMs: number;
  lane: Lane;
  /** Whether some of its tasks have curves and logs: a million of them would take days to make. */
  hasCurves: boolean;
};

/** Slots that work on one family after the other. A slot is the index of its worker. */
export type Lane = { slots: readonly number[] };

/** The last families that have tasks have curves. */
const FAMILIES_WITH_CURVES = 8;
const LANES = 3;
const BUDGETS_SECONDS = [10, 20, 30, 60];
const SLOTS_PER_WORKER = 2;
/** History ends this long ago, so that even a task that was tried four times has ended by now. */
const QUIET_MS = 150_000;

/** How many slots a made-up worker has. */
export const slotsOf = (worker: number): number => 1 + (worker % SLOTS_PER_WORKER);

/** How many families there are for so many tasks, unless told otherwise. */
export function defaultFamilies(tasks: number): number {
  return Math.max(1, Math.ceil(tasks / 1000), Math.min(40, Math.ceil(tasks / 25)));
}

/** Lays out all briefs in time, from the oldest on; the newest are those that are still under way. */
export function planHistory(size: HistorySize): PlannedFamily[] {
  const random = seededRandom(size.seed);
  const states = chooseStates(size.families, random);
  const example = size.exampleTasks === undefined ? -1 : states.lastIndexOf('completed');
  const weights = states.map((state) => (state === 'draft' ? 0 : Math.exp(1.2 * random())));
  const others = shareOut(size.tasks - (size.exampleTasks ?? 0), weights.map((weight, index) => (index === example ? 0 : weight)));
  const counts = others.map((count, index) => (index === example ? (size.exampleTasks ?? 0) : count));
  const lanes = makeLanes(size.workers);
  const lengths = lanes.map(() => 0);
  const placed = states.map((state, index) => {
    const tasks = counts[index] ?? 0;
    const timeBudgetSeconds = BUDGETS_SECONDS[Math.floor(random() * BUDGETS_SECONDS.length)] ?? 10;
    const at = lengths.indexOf(Math.min(...lengths));
    const lane = lanes[at] ?? { slots: [0] };
    const waveMs = Math.round(1000 * (timeBudgetSeconds * 1.05 + 4));
    const from = lengths[at] ?? 0;
    lengths[at] = from + Math.ceil(tasks / lane.slots.length) * waveMs;
    const failureShare = state === 'failed' ? 1 : [0.02, 0.05, 0.01, 0.25][Math.floor(random() * 4)] ?? 0;
    return { index, state, tasks, hasCurves: index === example, timeBudgetSeconds, failureShare, waveMs, lane, at, from, waited: Math.round(random() * 300_000) };
  });
  // Every lane ends at the same moment, however much work it had.
  const families = placed.map(({ at, from, waited, ...family }): PlannedFamily => {
    const startsAt = size.now - QUIET_MS - (lengths[at] ?? 0) + from;
    return { ...family, startsAt, createdAt: startsAt - 1000 - waited };
  });
  families.sort((left, right) => left.createdAt - right.createdAt || left.index - right.index);
  for (const family of families.filter(({ tasks }) => tasks > 0).slice(-FAMILIES_WITH_CURVES)) family.hasCurves = true;
  return families;
}

/** Every state occurs once there are enough families; those under way come last. */
function chooseStates(families: number, random: Random): BriefState[] {
  const share = (part: number): number => (families < 6 ? 0 : Math.max(1, Math.round(families * part)));
  const past: BriefState[] = [...Array<BriefState>(share(0.03)).fill('failed'), ...Array<BriefState>(share(0.05)).fill('cancelled')];
  const present: BriefState[] = [...Array<BriefState>(families < 8 ? 0 : 1).fill('exhausted'), ...Array<BriefState>(families < 6 ? 0 : 1).fill('paused'), ...Array<BriefState>(Math.min(3, families < 6 ? 1 : share(0.1))).fill('running'), ...Array<BriefState>(share(0.02)).fill('draft')];
  const completed = Math.max(0, families - past.length - present.length);
  return [...shuffled([...past, ...Array<BriefState>(completed).fill('completed')], random), ...present].slice(-families);
}

/**
 * Whole numbers in proportion to the weights that add up to the total, each at least 1 and at most a brief's most.
 *
 * @throws RangeError when there are too many or too few families for the total
 */
function shareOut(total: number, weights: number[]): number[] {
  const takers = weights.filter((weight) => weight > 0).length;
  if (total < takers) throw new RangeError(`${total} tasks are too few for ${weights.length} families; ask for at most ${total} with --families.`);
  if (total > takers * MOST_TASKS) throw new RangeError(`A family holds at most ${MOST_TASKS} tasks, so ${total} need at least ${Math.ceil(total / MOST_TASKS) + weights.length - takers} of them with --families.`);
  const sum = weights.reduce((left, right) => left + right, 0);
  const counts = weights.map((weight) => (weight === 0 ? 0 : Math.min(MOST_TASKS, Math.max(1, Math.floor((total * weight) / sum)))));
  let missing = total - counts.reduce((left, right) => left + right, 0);
  for (let at = 0; missing !== 0; at = (at + 1) % counts.length) {
    const count = counts[at] ?? 0;
    if (weights[at] === 0 || (missing > 0 ? count >= MOST_TASKS : count <= 1)) continue;
    const change = missing > 0 ? Math.min(missing, MOST_TASKS - count, Math.ceil(missing / takers)) : -1;
    counts[at] = count + change;
    missing -= change;
  }
  return counts;
}

function makeLanes(workers: number): Lane[] {
  const slots = Array.from({ length: workers }, (_, worker) => Array<number>(slotsOf(worker)).fill(worker)).flat();
  const lanes = Math.min(LANES, workers);
  return Array.from({ length: lanes }, (_, lane) => ({ slots: slots.filter((worker) => worker % lanes === lane) }));
}
