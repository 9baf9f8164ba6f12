import type { Sandbox } from '#core/sandbox.ts';
import { html, type Fragment } from '#web/html.ts';
import { count, gigabytes } from '#web/parts/number.ts';

const LEVELS: Record<Sandbox['level'], string> = {
  bubblewrap: 'own processes and files, nothing else in sight',
  limits: 'watched limits, but files and network are open',
  none: 'tasks run as the owner’s own programs',
};
const NETWORKS: Record<Sandbox['network'], string> = {
  none: 'no task reaches it',
  asked: 'only tasks whose experiment asks for it',
  all: 'every task reaches it',
};

/** How a worker contains its tasks, as a pair of rows of facts. */
export function sandboxFacts(sandbox: Sandbox | null): [string, Fragment | string][] {
  if (sandbox === null) return [['Sandbox', html`<span class="none">not said</span>`]];
  const lacks = sandbox.lacks.length === 0 ? null : html`<small> ${sandbox.lacks.join(' ')}</small>`;
  return [
    ['Sandbox', html`${sandbox.level}<small> ${LEVELS[sandbox.level]}</small>${lacks}`],
    ['Network of tasks', NETWORKS[sandbox.network]],
    ['Limits of a task', limitsText(sandbox)],
  ];
}

/** The level alone, for a narrow column. */
export function sandboxWord(sandbox: Sandbox | null): string {
  return sandbox === null ? 'sandbox not said' : sandbox.level === 'none' ? 'no sandbox' : `sandbox: ${sandbox.level}`;
}

function limitsText({ memoryGb, diskGb, processes }: Sandbox): string {
  const parts = [memoryGb === null ? '' : `${gigabytes(memoryGb)} of memory`, diskGb === null ? '' : `${gigabytes(diskGb)} of disk`, processes === null ? '' : `${count(processes)} processes and threads`];
  return parts.filter((part) => part !== '').join(' · ') || 'none';
}
