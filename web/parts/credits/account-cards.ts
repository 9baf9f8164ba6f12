import { LOCAL_ID, TREASURY_ID, type Account } from '#core/ledger.ts';
import { findPerson } from '#store/account.ts';
import { listBriefsOfOwner } from '#store/brief.ts';
import { findAccount, findBalances } from '#store/ledger.ts';
import { listWorkersOfOwner } from '#store/worker.ts';
import { html, type Content, type Fragment } from '#web/html.ts';
import type { Site } from '#web/page.ts';
import { badge } from '#web/parts/badge.ts';
import { named } from '#web/parts/identity.ts';
import { quarantineMark, stateOf, workerLink } from '#web/parts/machine.ts';
import { ago } from '#web/parts/moment.ts';
import { countOf, credits, creditsText } from '#web/parts/number.ts';
import { card, emptyState, facts, table } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';
import { stillThere } from '#web/vanished.ts';

const MOST_SHOWN = 10;

/** What an account has, and what kind of account it is. */
export async function accountFacts(site: Site, accountId: string): Promise<Fragment> {
  const account = stillThere(await findAccount(site.reader, accountId));
  const person = account.kind === 'person' ? await findPerson(site.reader, accountId) : null;
  const added: [Content, Content][] = person === null || person.createdAt === 0 ? [] : [['Added', ago(person.createdAt, site.engine.now())]];
  return card('Balance', html`<p class="balance"><b class="big">${credits(account.balanceMicrocredits)}</b> credits</p>${facts([['Kind', account.kind], ...added])}<p class="fine">${purposeOf(account)}</p>`);
}

/** What an account is for, in a sentence. */
function purposeOf({ id, kind }: Account): Content {
  if (kind === 'worker') return html`What <a href="${paths.worker(id)}">this worker</a> has earned.`;
  if (kind === 'person') return id === LOCAL_ID ? 'This server’s own account. Every brief is written for it.' : 'What was given to it, less what its briefs hold or have spent.';
  if (kind === 'hold') return 'What a brief needs for the runs that it asks for. It was taken from the brief’s owner at once, pays the workers, and what is left goes back when the brief ends.';
  return id === TREASURY_ID ? 'It issues all credits, so it owes what everybody else has: all balances together are 0.' : 'It takes the fees of briefs whose results are verified, and pays the runs that verify them.';
}

/** The machines of a person, the newest of them. */
export async function workersCard(site: Site, ownerId: string): Promise<Fragment> {
  const read = await listWorkersOfOwner(site.reader, ownerId, MOST_SHOWN + 1);
  const shown = read.slice(0, MOST_SHOWN);
  const balances = await findBalances(site.reader, shown.map((worker) => worker.id));
  const rows = shown.map((worker) => ({ id: `worker-${worker.id}`, cells: [workerLink(worker), html`${badge(stateOf(site, worker))} ${quarantineMark(worker)}`, credits(balances.get(worker.id) ?? 0)] }));
  const more = read.length > MOST_SHOWN ? html`<p class="fine">These are the ${MOST_SHOWN} newest.</p>` : null;
  const body = rows.length === 0 ? emptyState('No machine belongs to it', 'Those that join with its enrolment token do.') : html`${table('Workers of this account', [{ head: 'Worker', kind: 'wide' }, { head: 'State' }, { head: 'Earned', kind: 'num' }], rows)}${more}`;
  return card('Workers', body);
}

/** The briefs of a person, the newest of them. */
export async function briefsCard(site: Site, ownerId: string): Promise<Fragment> {
  const read = await listBriefsOfOwner(site.reader, ownerId, MOST_SHOWN + 1);
  const shown = read.slice(0, MOST_SHOWN);
  const rows = shown.map((brief) => ({
    id: `brief-${brief.id}`,
    cells: [named(paths.brief(brief.id), brief.title), badge(brief.state), html`${creditsText(brief.spentMicrocredits)}<small>of ${creditsText(brief.budgetMicrocredits)}</small>`],
  }));
  const body = rows.length === 0 ? emptyState('It has no brief', 'What its briefs hold and spend comes from this account.') : table('Briefs of this account', [{ head: 'Brief', kind: 'wide' }, { head: 'State' }, { head: 'Spent', kind: 'num' }], rows);
  return card('Briefs', body, read.length > MOST_SHOWN ? html`<a href="${paths.briefs({ owner: ownerId })}">All of them</a>` : html`<small>${countOf(rows.length, 'brief')}</small>`);
}
