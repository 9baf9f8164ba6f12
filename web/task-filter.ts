import { z } from 'zod';
import type { Family } from '#core/brief.ts';
import { accept, refuse, type Outcome } from '#core/errors.ts';
import { NO_FILTER, parseFilter, printFilter } from '#core/filter.ts';
import type { Filter, Vocabulary } from '#core/filter/language.ts';
import { id } from '#protocol/scalar.ts';
import { findBrief } from '#store/brief.ts';
import { listExperiments } from '#store/experiment.ts';
import { findFamily, listFamilies } from '#store/family.ts';
import type { Reader } from '#store/seam.ts';
import type { SearchKey } from '#store/task-search.ts';
import { listWorkers } from '#store/worker.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';

const MOST_KNOWN = 200;
/** Kinds of failure that people look for; see docs/errors.md for all. */
const ERROR_KINDS = ['exit_code', 'signal', 'no_result', 'timeout', 'out_of_memory', 'out_of_disk', 'too_many_processes', 'invalid_result', 'lease_lost', 'worker_stopped', 'overdue', 'cancelled'];

const keySchema = z.tuple([id, z.int(), z.number().nullable(), z.int().nullable(), z.int().nullable(), id]);

/** What filters of one family's tasks, or of everybody's, may speak of. */
export async function readVocabulary(reader: Reader, family: Pick<Family, 'briefId' | 'metric'> | null): Promise<Vocabulary> {
  const brief = family === null ? null : await findBrief(reader, family.briefId);
  return { parameters: brief?.space.parameters ?? null, metric: family?.metric.name ?? null };
}

/** The vocabulary with the names that completion proposes. */
export async function readKnownNames(reader: Reader, vocabulary: Vocabulary): Promise<Vocabulary> {
  const [workers, families, experiments] = await Promise.all([
    listWorkers(reader, { limit: MOST_KNOWN, before: null }),
    listFamilies(reader, { limit: MOST_KNOWN, before: null }),
    listExperiments(reader, MOST_KNOWN),
  ]);
  const named = (all: readonly { name: string }[]) => [...new Set(all.map(({ name }) => name))];
  const names = named(families);
  return { ...vocabulary, known: { worker: named(workers), family: names, brief: names, experiment: experiments.map((one) => one.experiment.name), error: ERROR_KINDS } };
}

/** A filter as it was typed; the refusal names the place of what is wrong. */
export function readFilter(text: string | undefined, vocabulary: Vocabulary): Outcome<Filter> {
  const parsed = text === undefined ? { ok: true as const, filter: NO_FILTER } : parseFilter(text, vocabulary);
  if (parsed.ok) return accept(parsed.filter);
  const message = `character ${parsed.issue.at}: ${parsed.issue.message}`;
  return refuse('invalid_filter', `filter, ${message}`, [{ path: 'filter', message }]);
}

/** All tasks that pass a filter, which is written so that it means the same without the words of its family. */
export async function readSelection(reader: Reader, text: string, familyId: string | null): Promise<Outcome<{ filter: string; familyId: string | null }>> {
  const family = familyId === null ? null : await findFamily(reader, familyId);
  const filter = readFilter(text, await readVocabulary(reader, family));
  return filter.ok ? accept({ filter: printFilter(filter.value), familyId }) : filter;
}

/** Where a list of tasks goes on, as an opaque text. */
export function taskCursor(key: SearchKey): string {
  return encodeCursor([key.familyId, key.number, key.value, key.startedAt, key.finishedAt, key.id]);
}

/** Reads {@link taskCursor}. */
export function readTaskCursor(cursor: string): Outcome<SearchKey> {
  const parts = decodeCursor(keySchema, cursor);
  if (parts === null) return refuse('invalid', 'cursor: is not a next_cursor of this list.', [{ path: 'cursor', message: 'is not a next_cursor of this list' }]);
  const [familyId, number, value, startedAt, finishedAt, taskId] = parts;
  return accept({ familyId, number, value, startedAt, finishedAt, id: taskId });
}
