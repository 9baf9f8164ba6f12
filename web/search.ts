import type { Hit } from '#protocol/search.ts';
import { listExperiments } from '#store/experiment.ts';
import { findFamily } from '#store/family.ts';
import { findAccount } from '#store/ledger.ts';
import { findByIdPrefix, findTasksByIdPrefix, searchBriefs, searchPeople, searchWorkers, type Named, type SearchedTable } from '#store/search.ts';
import type { Reader } from '#store/seam.ts';
import { findTask } from '#store/task.ts';
import { findWorker } from '#store/worker.ts';
import type { Web } from './context.ts';
import { stateOf } from './parts/machine.ts';

const MOST_WORDS = 8;
const MOST_EXPERIMENTS = 1000;
/** Fewer characters would fit too many ids to tell anything. */
const LEAST_ID_CHARACTERS = 3;
const ID = /^[0-9a-z]+(-\d*)?$/;

/**
 * Everything that a text may mean: nouns by their id, whole, from its beginning, or in its short form; briefs by words
 * of title and goal, workers and people by words of their name, experiments by name and title. What is named exactly comes first.
 */
export async function search(web: Web, text: string, mostPerKind: number): Promise<Hit[]> {
  const { reader } = web;
  const words = text.split(/[\s\0]+/).filter((word) => word !== '').slice(0, MOST_WORDS);
  const [first] = words;
  if (first === undefined) return [];
  const byId = words.length === 1 && first.length >= LEAST_ID_CHARACTERS && ID.test(first.toLowerCase()) ? await searchIds(reader, first.toLowerCase(), mostPerKind) : [];
  const [briefs, workers, experiments, people] = await Promise.all([searchBriefs(reader, words, mostPerKind), searchWorkers(reader, words, mostPerKind), searchExperiments(reader, words, mostPerKind), searchPeople(reader, words, mostPerKind)]);
  const all = [...byId, ...briefs.map(toHit('brief')), ...workers.map(toHit('worker')), ...experiments, ...people.map((person): Hit => ({ kind: 'account', id: person.id, name: person.name, state: null }))];
  const distinct = [...new Map(all.map((hit) => [`${hit.kind} ${hit.id}`, hit])).values()];
  return Promise.all(distinct.map(async (hit) => (hit.kind === 'worker' ? { ...hit, state: await workerStateOf(web, hit.id) } : hit)));
}

async function searchIds(reader: Reader, id: string, most: number): Promise<Hit[]> {
  const [stem = '', number] = id.split('-');
  const ofTable = async (table: SearchedTable, kind: Hit['kind']): Promise<Hit[]> => (number === undefined ? (await findByIdPrefix(reader, table, stem, most)).map(toHit(kind)) : []);
  const account = number === undefined ? await findAccount(reader, id) : null;
  const people: Hit[] = account?.kind === 'person' ? [{ kind: 'account', id: account.id, name: account.name, state: null }] : [];
  const [briefs, families, workers, tasks] = await Promise.all([ofTable('briefs', 'brief'), ofTable('families', 'family'), ofTable('workers', 'worker'), searchTasks(reader, stem, number, most)]);
  return [...briefs, ...families, ...tasks, ...workers, ...people];
}

/** Tasks are named by their family's id, or its short form, and their number in it. */
async function searchTasks(reader: Reader, stem: string, number: string | undefined, most: number): Promise<Hit[]> {
  const whole = await findTasksByIdPrefix(reader, number === undefined ? stem : `${stem}-${number}`, most);
  const families = number === undefined || number === '' ? [] : await findByIdPrefix(reader, 'families', stem, most);
  const short = await Promise.all(families.map((family) => findTask(reader, `${family.id}-${number}`)));
  const found = [...short.filter((task) => task !== null), ...whole].slice(0, most);
  return Promise.all(
    found.map(async (task): Promise<Hit> => {
      const family = await findFamily(reader, task.id.split('-')[0] ?? '');
      return { kind: 'task', id: task.id, name: `Task ${task.id.split('-')[1] ?? ''}${family === null ? '' : ` of ${family.name}`}`, state: task.state };
    }),
  );
}

async function searchExperiments(reader: Reader, words: readonly string[], most: number): Promise<Hit[]> {
  const all = await listExperiments(reader, MOST_EXPERIMENTS);
  const holds = (text: string): boolean => words.every((word) => text.toLowerCase().includes(word.toLowerCase()));
  const found = all.filter(({ experiment }) => holds(`${experiment.name} ${experiment.title}`)).slice(0, most);
  return found.map(({ experiment }) => ({ kind: 'experiment', id: experiment.name, name: experiment.title, state: null }));
}

function toHit(kind: Hit['kind']) {
  return ({ id, name, state }: Named): Hit => ({ kind, id, name, state });
}

/** How a worker is doing, which its row alone does not say. */
async function workerStateOf(web: Web, id: string): Promise<string | null> {
  const worker = await findWorker(web.reader, id);
  return worker === null ? null : stateOf(web, worker);
}
