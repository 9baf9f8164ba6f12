import type { FieldIssue } from './errors.ts';
import { HARDWARE_PROFILES, type Hardware } from './worker.ts';

/** How the results of a brief are verified by running some of them again elsewhere. */
export type VerificationPolicy = {
  /** The share of results that are audited once a worker is trusted; it falls with what was verified. */
  auditShare: number;
  /** How many runs must agree. */
  quorum: number;
  /** How far two values may be apart and still agree; null takes it from the family's noise. */
  tolerance: number | null;
};

export const DEFAULT_VERIFICATION: VerificationPolicy = { auditShare: 0.1, quorum: 2, tolerance: null };

/** A result is run at most so often, its first run among them; without a quorum by then it is set aside. */
export const MOST_RUNS = 5;

/** What is known of a worker on one experiment, from briefs with verification. */
export type WorkerRecord = {
  completed: number;
  verified: number;
  refuted: number;
  lost: number;
  failed: number;
  setAside: number;
};

export const NO_RECORD: WorkerRecord = { completed: 0, verified: 0, refuted: 0, lost: 0, failed: 0, setAside: 0 };

/** What a worker's record makes of it; `quarantined`: a result of its was refuted. */
export const STANDINGS = ['probation', 'trusted', 'quarantined'] as const;
export type Standing = (typeof STANDINGS)[number];

/** So many first results of a worker are audited one and all. */
export const PROBATION_RESULTS = 10;

/** The audit rate never falls below so small a part of the share of the policy, nor below this share of all results. */
const FLOOR_PART = 5;
const LEAST_RATE = 0.02;

/** What is wrong with a policy, named as on the wire; empty when it can be used. */
export function checkPolicy({ auditShare, quorum, tolerance }: VerificationPolicy): FieldIssue[] {
  const issues: FieldIssue[] = [];
  if (!(auditShare > 0 && auditShare <= 1)) issues.push({ path: 'verification.audit_share', message: 'must be above 0 and at most 1: the share of results that are run again' });
  if (!Number.isInteger(quorum) || quorum < 2 || quorum > MOST_RUNS) issues.push({ path: 'verification.quorum', message: `must be a whole number from 2 to ${MOST_RUNS}: how many runs must agree` });
  if (tolerance !== null && !(tolerance >= 0 && Number.isFinite(tolerance))) issues.push({ path: 'verification.tolerance', message: 'must be 0 or more: how far two values may be apart' });
  return issues;
}

/**
 * The probability with which the next result of a worker is audited: all of its first ones, then the policy's share,
 * then less in inverse proportion to how many were verified, down to a floor that is never 0.
 *
 * That checks at random limit what a saboteur gains, and the more so the longer it is watched, is spot-checking
 * (Sarmenta 2002, "Sabotage-tolerance mechanisms for volunteer computing systems", Future Generation Computer Systems
 * 18:561–572); that the rate falls as 1/n of the validated results after the first ten is BOINC's adaptive replication
 * (Anderson 2020, "BOINC: A Platform for Volunteer Computing", Journal of Grid Computing 18:99–122). Unlike there the
 * rate has a floor: it is what keeps a worker that turns after thousands of honest results from lying unseen.
 */
export function auditRate(policy: Pick<VerificationPolicy, 'auditShare'>, record: Pick<WorkerRecord, 'completed' | 'verified' | 'refuted'>): number {
  const { completed, verified, refuted } = record;
  if (refuted > 0 || completed < PROBATION_RESULTS) return 1;
  const floor = Math.max(LEAST_RATE, policy.auditShare / FLOOR_PART);
  return Math.max(floor, policy.auditShare * Math.min(1, PROBATION_RESULTS / Math.max(1, verified)));
}

/** Where a worker stands, and why: one sentence for each fact, the decisive one first. */
export function standingOf(record: WorkerRecord): { standing: Standing; reasons: string[] } {
  const { completed, verified, refuted } = record;
  const standing = refuted > 0 ? 'quarantined' : completed < PROBATION_RESULTS || verified === 0 ? 'probation' : 'trusted';
  return { standing, reasons: [decisive(standing, record), ...circumstances(record)].filter((reason) => reason !== '') };
}

/**
 * Machines of one class run the same task alike, so that their results can be compared: the same graphics card, or
 * else the same architecture and about the same size.
 */
export function machineClass(hardware: Hardware): string {
  const [gpu] = hardware.gpus.toSorted((left, right) => right.vramGb - left.vramGb);
  if (gpu !== undefined && gpu.vramGb > 0) return `gpu ${plain(gpu.model)}`;
  const size = ['large', 'medium'].find((name) => {
    const profile = HARDWARE_PROFILES[name];
    return profile !== undefined && hardware.cpuCores >= profile.cpuCores && hardware.ramGb >= profile.ramGb;
  });
  return `${plain(hardware.arch)} ${size ?? 'small'}`;
}

function decisive(standing: Standing, { completed, verified, refuted }: WorkerRecord): string {
  if (standing === 'quarantined') return `${numbered(refuted, 'result')} of its own ${refuted === 1 ? 'was' : 'were'} refuted: other machines that ran the same task agreed on another value.`;
  if (standing === 'trusted') return `${numbered(verified, 'result')} of ${completed} ${verified === 1 ? 'was' : 'were'} verified by other machines, and none was refuted.`;
  if (completed === 0) return 'It has no result of a brief with verification yet.';
  if (completed < PROBATION_RESULTS) return `It has ${numbered(completed, 'result')} of the ${PROBATION_RESULTS} that probation takes, ${verified} of them verified; until then every one is audited.`;
  return `None of its ${numbered(completed, 'result')} has been verified yet.`;
}

function circumstances({ lost, failed, setAside }: WorkerRecord): string[] {
  return [
    setAside > 0 ? `${numbered(setAside, 'result')} of its own ${setAside === 1 ? 'was' : 'were'} set aside: visible, not counted, run again elsewhere.` : '',
    lost > 0 ? `${numbered(lost, 'task')} ${lost === 1 ? 'was' : 'were'} taken back because the worker fell silent or was overdue.` : '',
    failed > 0 ? `${numbered(failed, 'attempt')} failed.` : '',
  ];
}

function numbered(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

function plain(text: string): string {
  return text.trim().toLowerCase().replaceAll(/\s+/g, ' ');
}
