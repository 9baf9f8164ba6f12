/** How far a worker contains the tasks it runs, the best first. */
export const SANDBOX_LEVELS = ['bubblewrap', 'limits', 'none'] as const;

export type SandboxLevel = (typeof SANDBOX_LEVELS)[number];

/**
 * Which tasks of a worker reach the network: none, those whose experiment asks for it, or all of them, because the
 * worker cannot keep them from it.
 */
export const SANDBOX_NETWORKS = ['none', 'asked', 'all'] as const;

export type SandboxNetwork = (typeof SANDBOX_NETWORKS)[number];

/** What a worker says of its containment; limits are for one task and null where there is none. */
export type Sandbox = {
  level: SandboxLevel;
  network: SandboxNetwork;
  memoryGb: number | null;
  diskGb: number | null;
  processes: number | null;
  /** What keeps it from the next better level, a sentence each. */
  lacks: string[];
};
