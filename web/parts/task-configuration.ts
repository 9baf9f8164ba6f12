import type { Task } from '#core/task.ts';
import { findFamily } from '#store/family.ts';
import type { Reader } from '#store/seam.ts';
import { findTask } from '#store/task.ts';
import { html, type Content, type Fragment } from '#web/html.ts';
import { paths } from '#web/paths.ts';
import { configurationTable } from './identity.ts';
import { countOf } from './number.ts';
import { card } from './table.ts';

/** A task's configuration, and beside each parameter that differs what the best run so far has there. */
export async function taskConfiguration(reader: Reader, task: Pick<Task, 'id' | 'familyId' | 'config' | 'seed' | 'timeBudgetSeconds'>): Promise<Fragment> {
  const family = await findFamily(reader, task.familyId);
  const bestId = family?.rollup.bestTaskId ?? null;
  const best = bestId === null || bestId === task.id ? null : await findTask(reader, bestId);
  const own = { ...task.config, seed: task.seed, time_budget_seconds: task.timeBudgetSeconds };
  if (best === null) return card('Configuration', configurationTable(own));
  const others = { ...best.config, seed: best.seed };
  const differing = [...new Set([...Object.keys(task.config), ...Object.keys(best.config)])].filter((name) => task.config[name] !== best.config[name]);
  // A parameter that only the best run has stands in the table too, so that nothing of the difference is hidden.
  const whole = { ...own, ...Object.fromEntries(differing.filter((name) => !Object.hasOwn(own, name)).map((name) => [name, '–'])) };
  const notes = Object.fromEntries([...differing, ...(task.seed === best.seed ? [] : ['seed'])].map((name): [string, Content] => [name, html`<span class="none">best:</span> ${String(Object.hasOwn(others, name) ? others[name as keyof typeof others] : '–')}`]));
  const beside = differing.length === 0 ? html`the best run has the same` : html`differs from <a href="${paths.task(best.id)}">the best</a> in ${countOf(differing.length, 'parameter')}`;
  return card('Configuration', configurationTable(whole, notes), html`<p class="fine">${beside} · <a href="${paths.compare({ tasks: `${task.id},${best.id}` })}">compare</a></p>`);
}
