import type { FieldIssue } from '#core/errors.ts';
import type { Account } from '#core/ledger.ts';
import { formKeyField } from '#web/form-once.ts';
import { html, type Fragment } from '#web/html.ts';
import { field } from '#web/parts/field.ts';
import { card } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';

/** What was typed into the form. */
export type TypedGrant = { amount: string; reason: string; key: string };

/** Gives credits to an account. The reason is asked for by the form itself, so that nobody forgets it. */
export function grantForm(account: Account, typed: TypedGrant, issues: readonly FieldIssue[]): Fragment {
  return card(
    'Grant credits',
    html`<form id="grant" method="post" action="${paths.creditAccountAction(account.id, 'grant')}" novalidate>${formKeyField(typed.key)}
${field({ name: 'amount_credits', label: 'Credits', value: typed.amount, type: 'number', min: 0, step: 'any', required: true, hint: 'The treasury issues them. A grant cannot be taken back.' }, issues)}
${field({ name: 'reason', label: 'Reason', value: typed.reason, required: true, hint: 'Stands on the page of the entry, and is no part of the ledger.' }, issues)}
<button type="submit">Grant</button></form>`,
  );
}
