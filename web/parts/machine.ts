import type { Hardware, Needs, Requirements, Worker, WorkerState } from '#core/worker.ts';
import { workerState } from '#core/worker.ts';
import { html, nothing, type Fragment } from '#web/html.ts';
import type { Site } from '#web/page.ts';
import { badge } from '#web/parts/badge.ts';
import { paths } from '#web/paths.ts';
import { countOf, gigabytes } from './number.ts';

/** What a person sees of a worker's state now; one that people removed says so. */
export function stateOf(site: Pick<Site, 'engine'>, worker: Worker): WorkerState | 'removed' {
  return worker.status === 'removed' ? 'removed' : workerState(worker, site.engine.now(), site.engine.settings.heartbeatMs);
}

/** That a worker is in quarantine, beside its state: an online one that gets nothing would be a riddle. Nothing else. */
export function quarantineMark({ standing }: Pick<Worker, 'standing'>): Fragment {
  return standing === 'quarantined' ? badge('quarantined') : nothing;
}

/** A worker by its name, as a link; a dash where there is none. */
export function workerLink(worker: Pick<Worker, 'id' | 'name'> | null | undefined): Fragment {
  return worker === null || worker === undefined ? html`<span class="none">–</span>` : html`<a class="clip" href="${paths.worker(worker.id)}" title="${worker.name}">${worker.name}</a>`;
}

/** The least machine, in words: `1 CPU core · 1 GB of RAM · no GPU needed`. */
export function requirementsText(requires: Requirements): string {
  const { cpuCores, ramGb, gpuVramGb } = requires;
  const parts = [cpuCores > 0 ? countOf(cpuCores, 'CPU core') : 'any CPU', ramGb > 0 ? `${gigabytes(ramGb)} of RAM` : 'any RAM', gpuVramGb > 0 ? `a GPU with ${gigabytes(gpuVramGb)}` : 'no GPU needed'];
  return parts.join(' · ');
}

/** Runtimes, in words: `node >=26, torch`; nothing where none is needed. */
export function needsText(needs: Needs): string {
  return Object.entries(needs).flatMap(([name, wanted]) => (wanted === false ? [] : [wanted === true ? name : `${name} ${wanted}`])).join(', ');
}

/** The system of a machine and the kind of its processor, in words. */
export function platformText({ platform, arch }: Pick<Hardware, 'platform' | 'arch'>): string {
  return [...new Set([platform, arch])].join(' ');
}

/** The graphics cards of a machine, in words; equal ones are counted. */
export function gpuText(hardware: Hardware): string {
  const counts = new Map<string, number>();
  for (const gpu of hardware.gpus) {
    const text = `${gpu.model === '' ? 'GPU' : gpu.model}${gpu.vramGb > 0 ? `, ${gigabytes(gpu.vramGb)}` : ''}`;
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts].map(([text, many]) => (many === 1 ? text : `${many} × ${text}`)).join('; ');
}
