import type { Account } from '#core/ledger.ts';
import { html, type Fragment } from '#web/html.ts';
import { paths } from '#web/paths.ts';

/** An account by its name, as a link to its page. */
export function accountLink(account: Account | null | undefined, id: string): Fragment {
  const name = account?.name ?? id;
  return html`<a class="clip" href="${paths.creditAccount(id)}" title="${name}">${name}</a>`;
}
