import type { WorkerRecord } from './verify.ts';

/**
 * One more run of a completed task on somebody else's machine, to see whether its result is true. It waits until a
 * fitting worker claims it and ends with its attempt; `agreed` and `disagreed` say how that compares with the result.
 */
export type Audit = {
  taskId: string;
  /** 1-based within the task. */
  number: number;
  /** The attempt whose result is audited. */
  auditedAttempt: number;
  familyId: string;
  /** Whose result is audited, and who owns that worker: neither runs the audit. */
  workerId: string;
  ownerId: string;
  /** Machines of one class run the task alike. */
  machineClass: string;
  /** The attempt that is the audit, once it was given out. */
  attempt: number | null;
  state: AuditState;
  createdAt: number;
  endedAt: number | null;
};

/** `void`: the audit said nothing, because its run failed or was lost, or nobody needed it any more. */
export type AuditState = 'waiting' | 'running' | 'agreed' | 'disagreed' | 'void';

/** What is known of a worker on one experiment; `record` counts from when a quarantine was last lifted. */
export type Reputation = { workerId: string; experiment: string; record: WorkerRecord; ever: WorkerRecord };

/** Of one result so many audits may come to nothing before it is set aside: it cannot be repeated. */
export const MOST_VOID_AUDITS = 6;

/** So many results of one task may be set aside for lack of agreement before the task fails. */
export const MOST_WITHOUT_AGREEMENT = 2;

/** What clearing a quarantine asks for. */
export const LONGEST_REASON = 500;
