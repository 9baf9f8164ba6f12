import type { Worker } from '#core/worker.ts';
import { auditRate, DEFAULT_VERIFICATION, standingOf } from '#core/verify.ts';
import { listReputations } from '#store/reputation.ts';
import { html, nothing, type Fragment } from '#web/html.ts';
import type { Site } from '#web/page.ts';
import { count } from '#web/parts/number.ts';
import { card, table } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';

const MOST_EXPERIMENTS = 50;

/** How far a worker is trusted, and why: for each experiment of briefs with verification. Nothing while it had none. */
export async function reputationCard(site: Site, worker: Worker): Promise<Fragment> {
  const reputations = await listReputations(site.reader, worker.id, MOST_EXPERIMENTS);
  if (reputations.length === 0 && worker.standing !== 'quarantined') return nothing;
  const rows = reputations.map(({ experiment, ever, record }) => {
    const { standing, reasons } = standingOf(record);
    return {
      id: `reputation-${experiment}`,
      cells: [
        html`<a href="${paths.experiment(experiment)}">${experiment}</a>`,
        html`<span title="${reasons.join(' ')}">${standing}</span>`,
        ...[ever.completed, ever.verified, ever.refuted, ever.setAside, ever.lost, ever.failed].map((many) => count(many)),
        worker.standing === 'quarantined' ? 'none' : `${Math.round(100 * auditRate(DEFAULT_VERIFICATION, record))} %`,
      ],
    };
  });
  const columns = [{ head: 'Experiment', kind: 'wide' }, { head: 'Standing' }, ...['Completed', 'Verified', 'Refuted', 'Set aside', 'Lost', 'Failed', 'Audited'].map((head) => ({ head, kind: 'num' as const }))] as const;
  const reasons = reputations.map(({ experiment, record }) => html`<li><strong>${experiment}</strong>: ${standingOf(record).reasons.join(' ')}</li>`);
  return html`<section>${card(
    html`Trust: ${worker.standing}`,
    html`${worker.standingReason === null ? null : html`<div class="notice${worker.standing === 'quarantined' ? ' warn' : ''}"><p>${worker.standing === 'quarantined' ? 'Quarantined. ' : 'Let out of quarantine: '}${worker.standingReason}</p></div>`}${rows.length === 0 ? null : html`<ul>${reasons}</ul>${table('What was verified, by experiment', columns, rows)}<p class="fine">Results of briefs with verification. Audited: the share of its next results that are run again on a machine of another owner, with the default policy.</p>`}`,
  )}</section>`;
}
