import type { Family } from '#core/brief.ts';
import type { Experiment } from '#core/experiment.ts';
import type { Task } from '#core/task.ts';
import { findWorker } from '#store/worker.ts';
import { html, type Content, type Fragment } from '#web/html.ts';
import type { Site } from '#web/page.ts';
import { copyable } from '#web/parts/identity.ts';
import { gpuText, needsText, platformText, workerLink } from '#web/parts/machine.ts';
import { countOf, duration, gigabytes } from '#web/parts/number.ts';
import { reproduceCommand } from '#web/parts/run-command.ts';
import { card, facts } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';

/** What exactly ran, on what, and the command that has it again. */
export async function provenance(site: Site, task: Task, family: Family, experiment: Experiment): Promise<Fragment> {
  const worker = task.startedAt === null || task.workerId === null ? null : await findWorker(site.reader, task.workerId);
  const data = (experiment.data ?? []).map(({ path, sha256 }) => html`<div>${path} <code title="${sha256}">${sha256.slice(0, 12)}</code></div>`);
  const pairs: [Content, Content][] = [
    ['Package', html`<a class="mono" href="${paths.experimentPackage(family.packageSha256)}" title="The package that ran, a gzip’d tar">${family.packageSha256}</a>`],
    ['Data', data.length === 0 ? 'in the package, covered by its hash' : data],
    ['Started as', html`<span class="mono">${experiment.run.join(' ')}</span>`],
    ['Configuration', html`the one above, with seed ${task.seed} and ${duration(task.timeBudgetSeconds * 1000)}`],
  ];
  if (worker !== null) {
    const { hardware, runtimes } = worker;
    pairs.push(
      ['Attempt', html`${task.attempt}, on ${workerLink(worker)}`],
      ['Hardware', html`${hardware.cpuModel === '' ? null : html`${hardware.cpuModel}, `}${countOf(hardware.cpuCores, 'core')}, ${gigabytes(hardware.ramGb)}${gpuText(hardware) === '' ? null : html`, ${gpuText(hardware)}`} <small>${platformText(hardware)}</small>`],
      ['Runtimes', html`<span class="mono">${needsText(runtimes) || 'none reported'}</span>`],
    );
  }
  const command = reproduceCommand({ serverUrl: site.settings.publicUrl(), packageSha256: family.packageSha256 }, experiment, task);
  return card(
    'Provenance',
    html`${facts(pairs)}<h3>Run it by hand</h3><p class="fine">In a shell with curl and tar. The package is fetched by its hash, and nothing runs if that is another. A script that counts steps gives the same value again; one that trains by the clock gives one that is about the same.</p>${copyable('by-hand', command, 'Command that reproduces this run')}`,
  );
}
