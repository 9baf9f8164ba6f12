import type { Noise } from '#core/stats/noise.ts';
import { MOST_RUNS, type VerificationPolicy } from '#core/verify.ts';
import { agreement, type Run } from './agreement.ts';

/** What several runs of one task say. `inside` and `outside` are places in the list of runs, the original's being 0. */
export type QuorumDecision =
  /** As many as the policy asks for agree; those outside contradict all of them. */
  | { state: 'agreed'; inside: number[]; outside: number[]; reason: string }
  /** More runs are needed: so many at least. */
  | { state: 'undecided'; wanted: number; reason: string }
  /** There were as many runs as are allowed, and still no group is large enough: nobody is refuted. */
  | { state: 'none'; reason: string };

/**
 * Decides by the largest group of runs that all agree with each other.
 *
 * Without contradiction the policy's quorum decides; and so it does against the original, whom auditors drawn at random
 * contradict alike. An auditor that contradicts alone is another matter: the original's owner may have been lucky and
 * got an accomplice as the second auditor. So the original's group must be two ahead of those it contradicts, or be
 * most of all runs that are allowed, before an auditor is refuted.
 *
 * @param runs the original first, then its audits in the order in which they were drawn
 */
export function decideQuorum(runs: readonly Run[], policy: Pick<VerificationPolicy, 'quorum' | 'tolerance'>, noise: Noise | null): QuorumDecision {
  const agrees = runs.map((left, at) => runs.map((right, other) => at === other || agreement(left, right, noise, policy.tolerance).agrees));
  const groups = largestGroups(agrees);
  const inside = groups.find((group) => group.includes(0)) ?? groups[0] ?? [];
  const isRivalled = groups.some((group) => group.every((member) => !inside.includes(member)));
  const outside = runs.flatMap((_, at) => (inside.some((member) => agrees[member]?.[at]) ? [] : [at]));
  const enough = neededSize(inside, outside, runs.length, policy.quorum);
  if (!isRivalled && inside.length >= enough) {
    return { state: 'agreed', inside, outside, reason: `${inside.length} of ${runs.length} runs agree${outside.length === 0 ? '' : `; ${outside.length} ${outside.length === 1 ? 'contradicts' : 'contradict'} them`}.` };
  }
  if (runs.length >= MOST_RUNS) return { state: 'none', reason: `No ${policy.quorum} of ${runs.length} runs agree beyond doubt, and a task is run at most ${MOST_RUNS} times.` };
  // The next run decides earliest where it joins auditors that already contradict the original.
  const missing = groups.map((group) => (group.includes(0) ? enough : policy.quorum) - group.length);
  const wanted = Math.min(MOST_RUNS - runs.length, Math.max(1, Math.min(...missing)));
  return { state: 'undecided', wanted, reason: `${inside.length} of ${runs.length} runs agree; at least ${wanted} more ${wanted === 1 ? 'is' : 'are'} needed.` };
}

function neededSize(inside: readonly number[], outside: readonly number[], runs: number, quorum: number): number {
  if (outside.length === 0 || !inside.includes(0)) return quorum;
  if (runs >= MOST_RUNS) return Math.max(quorum, Math.floor(MOST_RUNS / 2) + 1);
  return Math.max(quorum, outside.length + 2);
}

/** All groups of the largest size whose members agree pairwise. There are at most {@link MOST_RUNS} runs, so 32 to look at. */
function largestGroups(agrees: readonly (readonly boolean[])[]): number[][] {
  const everyone = agrees.map((_, at) => at);
  const groups = Array.from({ length: 2 ** agrees.length }, (_, bits) => everyone.filter((at) => (bits >> at) & 1));
  const agreeing = groups.filter((group) => group.every((left) => group.every((right) => agrees[left]?.[right])));
  const most = Math.max(0, ...agreeing.map((group) => group.length));
  return agreeing.filter((group) => group.length === most);
}
