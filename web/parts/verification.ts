import type { Audit } from '#core/audit.ts';
import type { Family } from '#core/brief.ts';
import type { Task, Verification } from '#core/task.ts';
import { listAttempts, type StoredAttempt } from '#store/attempt.ts';
import { listAudits } from '#store/audit.ts';
import { html, nothing, type Content, type Fragment } from '#web/html.ts';
import type { Site } from '#web/page.ts';
import { workerLink } from '#web/parts/machine.ts';
import { ago } from '#web/parts/moment.ts';
import { count, measured } from '#web/parts/number.ts';
import { card, table } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';
import { readWorkers } from '#web/related.ts';

const MOST_AUDITS = 100;
const MOST_ATTEMPTS = 100;

/** What is known of a result, in words. */
const KNOWN: Record<Verification, string> = {
  unverified: 'unverified',
  vested: 'unverified; its pay is final',
  verified: 'verified',
  refuted: 'refuted',
  set_aside: 'set aside',
};

const AUDIT_STATES: Record<Audit['state'], string> = { waiting: 'waits for a machine', running: 'running', agreed: 'agreed', disagreed: 'disagreed', void: 'said nothing' };

/** What is known of the result of an attempt; nothing where nobody looks. */
export function verificationText(attempt: Pick<StoredAttempt, 'verification' | 'purpose'>): Content {
  if (attempt.verification === null) return attempt.purpose === 'audit' ? html`<small>audit</small>` : nothing;
  return html`<span class="verification ${attempt.verification}">${KNOWN[attempt.verification]}</span>${attempt.purpose === 'audit' ? html` <small>audit</small>` : null}`;
}

/** How the result of a task was checked: who ran it again, what that gave, and what follows; nothing in briefs without verification. */
export async function verification(site: Site, task: Task, family: Family): Promise<Fragment> {
  if (family.verification === null) return nothing;
  const { reader } = site;
  const [audits, tries] = await Promise.all([listAudits(reader, task.id, MOST_AUDITS), listAttempts(reader, task.id, MOST_ATTEMPTS)]);
  const byNumber = new Map(tries.map((one) => [one.attempt, one]));
  const workers = await readWorkers(reader, tries.map((one) => one.workerId));
  const valueOf = (one: StoredAttempt | undefined): Content => {
    const value = one?.metrics?.[family.metric.name];
    return one === undefined ? nothing : html`<a href="${paths.task(task.id, { attempt: one.attempt })}" title="The learning curve of attempt ${one.attempt}">${measured(typeof value === 'number' ? value : null)}</a>`;
  };
  const rows = audits.map((audit) => {
    const run = audit.attempt === null ? undefined : byNumber.get(audit.attempt);
    const audited = byNumber.get(audit.auditedAttempt);
    return {
      id: `audit-${audit.number}`,
      cells: [
        String(audit.number),
        html`<span class="audit ${audit.state}">${AUDIT_STATES[audit.state]}${run?.verification === 'set_aside' ? ', and was set aside' : ''}</span>`,
        html`${workerLink(audited === undefined ? null : workers.get(audited.workerId))} ${valueOf(audited)}`,
        run === undefined ? html`<span class="none">a machine of another owner: ${audit.machineClass}</span>` : html`${workerLink(workers.get(run.workerId))} ${valueOf(run)}`,
        ago(audit.endedAt ?? audit.createdAt, site.engine.now()),
      ],
    };
  });
  const columns = [{ head: 'Audit' }, { head: 'Outcome' }, { head: 'Result audited', kind: 'wide' }, { head: 'Run again by', kind: 'wide' }, { head: 'When', kind: 'num' }] as const;
  return html`<section>${card('Verification', html`<p>${standsFor(task, byNumber.get(task.attempt))}</p>${rows.length === 0 ? null : table('Audits of this task', columns, rows)}${setAside(tries)}`)}</section>`;
}

function standsFor(task: Task, attempt: StoredAttempt | undefined): Content {
  if (task.state !== 'completed' || attempt === undefined || attempt.verification === null) return 'It has no result that could be verified.';
  const said: Record<Verification, string> = {
    unverified: 'Nobody has verified this result yet. It counts; it is not called best before an audit confirms it.',
    vested: 'Nobody vouches for this result itself. Its pay is final, because later results of its worker were confirmed.',
    verified: 'Verified: machines of other owners ran the same task and agree.',
    refuted: 'Refuted: machines of other owners ran the same task and agree on another value. It does not count.',
    set_aside: 'Set aside: it is visible and does not count.',
  };
  return said[attempt.verification];
}

/** Results of this task that do not count any more, each with its reason. */
function setAside(tries: readonly StoredAttempt[]): Content {
  const gone = tries.filter((one) => one.verification === 'refuted' || one.verification === 'set_aside');
  if (gone.length === 0) return null;
  return html`<ul>${gone.map((one) => html`<li>Attempt ${count(one.attempt)} was ${KNOWN[one.verification ?? 'set_aside']}${one.error === null ? null : html`: ${one.error.message}`}</li>`)}</ul>`;
}
