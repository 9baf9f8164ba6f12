import { z } from 'zod';
import { MICROCREDITS } from '#core/ledger.ts';
import { accountView, entryView } from './ledger.ts';
import { between, line } from './scalar.ts';

/** One grant gives at most so much; a slip of the finger is not the world's credits. */
const MOST_GRANTED_CREDITS = 100_000_000;

/** A person's account to add. */
export const accountInput = z.strictObject({ name: line(100).describe('What people call them; no two accounts share one') });

/** An account that was just added: the only answer that holds its enrolment token. */
export const newAccountView = accountView.extend({ enrolment_token: z.string() });

/** A token that was just made: the only answer that holds it. */
export const enrolmentView = z.object({ enrolment_token: z.string() });

/** Credits to give, and why. */
export const grantInput = z.strictObject({
  amount_credits: between(1 / MICROCREDITS, MOST_GRANTED_CREDITS).describe('Rounded to a millionth'),
  reason: line(500).describe('Kept beside the entry, not in it'),
});

/** A grant as the API shows it: its entry, and why it was made. */
export const grantView = entryView.extend({ reason: z.string() });
