/**
 * Every expected refusal: its stable code, its HTTP status and its sentence.
 *
 * A refusal is a value, never an exception: verbs of the engine return an {@link Outcome}.
 * The codes are part of the wire (RFC 9457 `code`); docs/errors.md lists them all and a test compares the two.
 */
export const ERRORS = {
  malformed: { status: 400, sentence: 'The request could not be read.' },
  unauthenticated: { status: 401, sentence: 'A bearer token is needed: send "Authorization: Bearer TOKEN".' },
  forbidden: { status: 403, sentence: 'This token may not do that.' },
  foreign_origin: { status: 403, sentence: 'The request came from another site and was refused.' },
  not_found: { status: 404, sentence: 'There is nothing at this address.' },
  brief_not_found: { status: 404, sentence: 'There is no brief with this id.' },
  family_not_found: { status: 404, sentence: 'There is no experiment family with this id.' },
  task_not_found: { status: 404, sentence: 'There is no task with this id.' },
  worker_not_found: { status: 404, sentence: 'There is no worker with this id.' },
  package_not_found: { status: 404, sentence: 'There is no experiment package with this hash.' },
  action_not_found: { status: 404, sentence: 'There is no action with this id.' },
  account_not_found: { status: 404, sentence: 'There is no account with this id.' },
  webhook_not_found: { status: 404, sentence: 'There is no webhook with this id.' },
  brief_state: { status: 409, sentence: 'The brief is in a state that does not allow this.' },
  task_state: { status: 409, sentence: 'The task is in a state that does not allow this.' },
  insufficient_credits: { status: 409, sentence: 'The account does not have the credits that this takes.' },
  action_state: { status: 409, sentence: 'This action can no longer be undone.' },
  stale_lease: { status: 409, sentence: 'This attempt no longer holds the task: its lease was lost or has ended.' },
  result_differs: { status: 409, sentence: 'This attempt has already reported a different result.' },
  worker_removed: { status: 409, sentence: 'This worker was removed; register again to take part.' },
  worker_state: { status: 409, sentence: 'The worker is in a state that does not allow this.' },
  webhook_disabled: { status: 409, sentence: 'The webhook is switched off; switch it on first.' },
  webhook_limit: { status: 409, sentence: 'There are as many webhooks as a server keeps; delete one first.' },
  entry_unsealed: { status: 409, sentence: 'The entry waits to be sealed; try again in a minute.' },
  account_kind: { status: 409, sentence: 'This account is of a kind that does not allow this.' },
  package_withdrawn: { status: 409, sentence: 'The package of this experiment was withdrawn: approve it again, or change the experiment.' },
  idempotency_conflict: { status: 409, sentence: 'This Idempotency-Key was used before with a different request.' },
  too_large: { status: 413, sentence: 'The request is larger than this server takes.' },
  unsupported_media_type: { status: 415, sentence: 'Send JSON with "Content-Type: application/json".' },
  invalid: { status: 422, sentence: 'Some values are not valid.' },
  invalid_filter: { status: 422, sentence: 'The filter cannot be read.' },
  invalid_brief: { status: 422, sentence: 'The brief cannot be run as it is.' },
  space_too_small: { status: 422, sentence: 'The search space holds fewer distinct configurations than the brief asks for.' },
  too_many_requests: { status: 429, sentence: 'Too many requests; try again shortly.' },
  internal: { status: 500, sentence: 'The server failed to answer; the failure is in its log.' },
  overloaded: { status: 503, sentence: 'The server is busy or shutting down; try again shortly.' },
} as const;

/** A stable error code of the wire. */
export type ErrorCode = keyof typeof ERRORS;

/** One field that is wrong: `path` is dotted from the root of the input, e.g. `space.lr.low`. */
export type FieldIssue = { path: string; message: string };

/** Why an operation did not happen. `detail` is the sentence for this case; it defaults to the code's own. */
export type Refusal = { code: ErrorCode; detail: string; issues: FieldIssue[] };

/** The returned value of every operation that can be refused. */
export type Outcome<T> = { ok: true; value: T } | { ok: false; refusal: Refusal };

/** The operation happened. */
export function accept<T>(value: T): Outcome<T> {
  return { ok: true, value };
}

/** The operation was refused and changed nothing. */
export function refuse(code: ErrorCode, detail: string = ERRORS[code].sentence, issues: FieldIssue[] = []): { ok: false; refusal: Refusal } {
  return { ok: false, refusal: { code, detail, issues } };
}

/** Stops the program's current operation on a broken invariant: a bug, never an expected refusal. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${message}`);
}
