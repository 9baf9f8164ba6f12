/** What is known of a brief's spending, in micro-credits. */
export type Spending = {
  spent: number;
  /** What its budget and its owner still have for it, held or not. */
  available: number;
  /** Tasks that have ended with a value or for good, and those that have not ended. */
  completed: number;
  failed: number;
  open: number;
  /** What a run costs that is accepted at once. */
  runCost: number;
};

/**
 * Where spending leads. `failureRate` is null before any task has ended; `enoughFor` is how many of the open tasks can be
 * paid for, all of them where the credits last.
 */
export type Forecast = { expected: number; missing: number; enoughFor: number; failureRate: number | null };

/**
 * The spending of a brief at its end, if its open tasks cost on average what those cost that have ended: results, failures
 * that were paid for, and attempts that were tried again. Before the first has ended each costs one run.
 */
export function forecastSpending({ spent, available, completed, failed, open, runCost }: Spending): Forecast {
  const ended = completed + failed;
  const each = ended === 0 ? runCost : spent / ended;
  const missing = Math.max(0, open * each - available);
  const enoughFor = each === 0 || missing === 0 ? open : Math.floor(available / each);
  return { expected: Math.round(spent + open * each), missing: Math.round(missing), enoughFor, failureRate: ended === 0 ? null : failed / ended };
}
