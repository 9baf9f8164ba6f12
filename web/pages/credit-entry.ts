import type { FastifyInstance } from 'fastify';
import type { Brief } from '#core/brief.ts';
import { checkpointNote } from '#core/checkpoint.ts';
import { refuse } from '#core/errors.ts';
import type { Entry, EntryKind } from '#core/ledger.ts';
import type { Task } from '#core/task.ts';
import { TOPICS } from '#engine/engine.ts';
import { receiptOf } from '#engine/ledger-receipt.ts';
import { latestCheckpoint } from '#engine/seal-ledger.ts';
import { findNotes } from '#store/account.ts';
import { findBrief } from '#store/brief.ts';
import { findAccount, findEntry } from '#store/ledger.ts';
import { findTask } from '#store/task.ts';
import { html, nothing, type Content, type Fragment } from '#web/html.ts';
import { refusalPage, registerPage, type Page, type Site } from '#web/page.ts';
import { badge } from '#web/parts/badge.ts';
import { accountLink } from '#web/parts/account.ts';
import { entryProof, receiptName } from '#web/parts/entry-proof.ts';
import { crumbs, shortId, taskLink } from '#web/parts/identity.ts';
import { ago, exactly } from '#web/parts/moment.ts';
import { count, creditsInFull, measured } from '#web/parts/number.ts';
import { card, facts } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';

/** Why an entry that belongs to a task moves what it moves. */
const REASONS: Partial<Record<EntryKind, string>> = {
  result: 'A run whose result is accepted is paid its budgeted time, whatever it used of it.',
  audit: 'A run that verifies another is paid like any run, by the verification fund.',
  fee: 'A task of a brief with verification pays a fee into the fund once, with its first accepted result.',
  failure: 'A failure that was the script’s fault is paid for the time that it used by the server’s clock, at most the price of a run.',
  subsidy: 'What the fund lacked to pay for an audit or a rerun the treasury has added.',
  reversal: 'The result was refuted or set aside before its pay was final, so the pay went back.',
  remedy: 'The result was set aside after its pay was final, so the fund pays for the run that replaces it.',
};

/** One entry of the ledger: what caused it, how its amount comes about, what it moved, and its proof; and what people keep of it. */
export function registerCreditEntry(app: FastifyInstance, site: Site): void {
  registerPage(app, site, paths.creditEntry(':id'), async (request) => {
    const entry = await findEntry(site.reader, (request.params as { id: string }).id);
    return entry === null ? refuse('not_found', 'There is no entry with this id.').refusal : entryPage(site, entry);
  });
  app.get(paths.creditsCheckpoint(), async (request, reply) => {
    const checkpoint = await latestCheckpoint(site.reader);
    if (checkpoint === null) return refusalPage(site, request, reply, refuse('not_found', 'Nothing is sealed yet: there is no checkpoint.').refusal);
    return reply.headers({ 'cache-control': 'private, no-cache', 'content-disposition': `attachment; filename="checkpoint-${checkpoint.size}.txt"` }).type('text/plain; charset=utf-8').send(checkpointNote(checkpoint));
  });
  app.get(paths.creditReceipt(':id'), async (request, reply) => {
    const { id } = request.params as { id: string };
    const receipt = await receiptOf(site.engine, id, { since: null, account: null });
    if (!receipt.ok) return refusalPage(site, request, reply, receipt.refusal);
    return reply.headers({ 'cache-control': 'private, no-cache', 'content-disposition': `attachment; filename="${receiptName(id)}"` }).send(receipt.value);
  });
}

async function entryPage(site: Site, entry: Entry & { cause: string }): Promise<Page> {
  const { reader } = site;
  const [task, brief, debit, credit] = await Promise.all([
    entry.taskId === null ? null : findTask(reader, entry.taskId),
    entry.briefId === null ? null : findBrief(reader, entry.briefId),
    findAccount(reader, entry.debitAccount),
    findAccount(reader, entry.creditAccount),
  ]);
  const note = (await findNotes(reader, [entry.id])).get(entry.id);
  const by = note === undefined ? null : await findAccount(reader, note.accountId);
  const moved = facts([
    ['Amount', html`${creditsInFull(entry.amountMicrocredits)} credits <small>${count(entry.amountMicrocredits)} micro-credits</small>`],
    ['Out of', accountLink(debit, entry.debitAccount)],
    ['Into', accountLink(credit, entry.creditAccount)],
    ['When', html`${ago(entry.at, site.engine.now())} <small>${exactly(entry.at)}</small>`],
    ['Kind', html`<a href="${paths.credits({ kind: entry.kind })}">${entry.kind}</a>`],
    ['Cause', html`<code class="wrap">${entry.cause}</code>`],
  ]);
  return {
    title: `Entry ${shortId(entry.id)}`,
    section: 'credits',
    styles: ['credits.css', 'fleet.css'],
    address: paths.creditEntry(entry.id),
    regions: [{ id: 'proof', topics: [TOPICS.ledger], render: () => entryProof(site, entry.id) }],
    content: (region) => html`<section class="head"><div>${crumbs([paths.credits(), 'Credits'])}<h1>Entry of ${creditsInFull(entry.amountMicrocredits)} credits</h1><p class="lead mono">${entry.id}</p></div></section>
<section>${card('What it moved', html`${moved}${note === undefined ? null : html`<p class="proof"><strong>Reason:</strong> ${note.note} <small>given beside the entry by an administrator of ${accountLink(by, note.accountId)}</small></p>`}<p>The same amount leaves one account and reaches the other, so that all balances together stay at 0. An entry is never changed or taken back, and each cause is paid once: a correction is an entry of its own.</p>`)}</section>
${entry.briefId === null ? nothing : html`<section>${card('What it was for', brief === null ? deleted(entry.briefId) : purpose(task, brief))}</section>`}${task === null || brief === null || !(entry.kind in REASONS) ? nothing : html`<section>${card('How the amount comes about', computation(entry, task, brief))}</section>`}
<section>${region('proof')}</section>`,
  };
}

function deleted(briefId: string): Fragment {
  return html`<p>The brief <code>${briefId}</code>, which was deleted with its tasks since. What was paid for it was paid, so its entries stay.</p>`;
}

function purpose(task: Task | null, brief: { id: string; title: string }): Fragment {
  const pairs: [Content, Content][] = [
    ['Brief', html`<a href="${paths.brief(brief.id)}">${brief.title}</a>`],
    ['Its budget', html`<a href="${paths.credits({ brief: brief.id })}">how it is spent</a>`],
  ];
  if (task !== null) pairs.push(['Task', html`${taskLink(task)} ${badge(task.state)}`], ['Accepted value', measured(task.value)], ['Attempt', count(task.attempt)]);
  return facts(pairs);
}

/** Kinds of entries that move a price which their brief has fixed. */
type Fixed = 'result' | 'audit' | 'fee';

/** What an entry pays, from what its brief says, and whether that is what it moved. */
function computation(entry: Entry, task: Task, brief: Brief): Fragment {
  const words = REASONS[entry.kind];
  if (entry.kind !== 'result' && entry.kind !== 'audit' && entry.kind !== 'fee') return html`<p>${words}</p>`;
  const fixed: Record<Fixed, number> = { result: brief.runPriceMicrocredits, audit: brief.runPriceMicrocredits, fee: brief.runFeeMicrocredits };
  const due = fixed[entry.kind];
  return html`<p>${words} Its brief has fixed <code>${count(due)}</code> micro-credits for ${task.timeBudgetSeconds} s of budgeted time, by the <a href="${paths.credits()}">price list</a> of its day.</p>
<p>${due === entry.amountMicrocredits ? html`<strong>That is the amount of this entry.</strong>` : html`<strong>This entry moved ${count(entry.amountMicrocredits)}</strong>, which differs.`}</p>`;
}
