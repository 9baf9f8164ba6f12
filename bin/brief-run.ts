import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parse } from 'yaml';
import type { z } from 'zod';
import { briefView } from '#protocol/brief.ts';
import { familyView } from '#protocol/family.ts';
import { problem } from '#protocol/problem.ts';
import { pageOf } from '#protocol/scalar.ts';
import { taskView } from '#protocol/task.ts';
import { readConfig, UsageError, type Sources } from './config.ts';
import { ALL_SETTINGS, CLIENT_SETTINGS } from './settings.ts';
import { createStatusLine } from './status-line.ts';
import { readKeptToken } from './tokens.ts';

const POLL_MS = 1000;
const BAR_CHARACTERS = 30;
const ROWS_SHOWN = 20;

type Api = { get<T>(path: string, schema: z.ZodType<T>): Promise<T>; post<T>(path: string, body: unknown, schema: z.ZodType<T>): Promise<T> };

/** The server cannot be reached, or is about to stop: whoever watches asks again. */
class Unreachable extends UsageError {}

/** `xeenet brief run FILE [--watch]`: submits a brief over the API; watches it to its end where asked. */
export async function runBrief(sources: Sources): Promise<number> {
  const { config, words, switches } = readConfig(CLIENT_SETTINGS, sources, ALL_SETTINGS, ['watch']);
  const [file, ...more] = words;
  if (file === undefined || more.length > 0) throw new UsageError('Name one file: xeenet brief run FILE [--watch].');
  const token = config.admin_token ?? readKeptToken('admin', resolve(config.data));
  if (token === null) throw new UsageError(`There is no administrator's token: set XEENET_ADMIN_TOKEN, or name the server's data folder with --data (looked in ${resolve(config.data)}).`);
  const api = createApi(config.server.replace(/\/+$/, ''), token);
  const brief = await api.post('/api/v1/briefs', readBriefFile(file), briefView);
  process.stdout.write(`Brief ${brief.id} is ${brief.state}: ${config.server}/briefs/${brief.id}\n`);
  if (!switches.has('watch') || brief.state === 'draft') return 0;
  const family = await watchFamily(api, brief.family_id);
  await printResults(api, family);
  if (family.state === 'completed') return 0;
  process.stdout.write(`The brief is ${family.state}${family.state === 'exhausted' ? ': it has run out of credits, and goes on when it is topped up' : ''}: ${config.server}/briefs/${brief.id}\n`);
  return 1;
}

function readBriefFile(file: string): unknown {
  try {
    return parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`The brief ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function watchFamily(api: Api, familyId: string): Promise<z.infer<typeof familyView>> {
  const status = createStatusLine(process.stdout);
  for (;; await wait(POLL_MS)) {
    const family = await api.get(`/api/v1/families/${familyId}`, familyView).catch((error: unknown) => {
      if (error instanceof Unreachable) return null;
      throw error;
    });
    if (family === null) {
      status.show('The server does not answer; asking again until it does (Ctrl-C ends only the watching)');
      continue;
    }
    const { counts, summary } = family;
    const ended = counts.completed + counts.failed + counts.cancelled;
    const filled = counts.total === 0 ? 0 : Math.floor((BAR_CHARACTERS * ended) / counts.total);
    const best = summary.best === null ? '' : `  best ${family.metric.name} ${summary.best.toPrecision(4)}`;
    status.show(`[${'█'.repeat(filled)}${'·'.repeat(BAR_CHARACTERS - filled)}] ${ended}/${counts.total}  ${counts.running} running${family.state === 'paused' ? '  paused' : ''}${counts.failed > 0 ? `  ${counts.failed} failed` : ''}${best}`);
    if (family.state !== 'running' && family.state !== 'paused') {
      status.end();
      return family;
    }
  }
}

async function printResults(api: Api, family: z.infer<typeof familyView>): Promise<void> {
  const { summary, metric } = family;
  const write = (line: string) => process.stdout.write(`${line}\n`);
  write('');
  if (summary.n === 0) return void write('No run gave a value.');
  const sort = metric.direction === 'minimize' ? 'value' : '-value';
  const { items, next_cursor } = await api.get(`/api/v1/tasks?family_id=${family.id}&sort=${sort}&limit=${ROWS_SHOWN}`, pageOf(taskView));
  const names = new Set(items.flatMap((task) => Object.keys(task.config)));
  const varying = [...names].filter((name) => new Set(items.map((task) => task.config[name])).size > 1);
  const table = [['task', metric.name, 'seed', ...varying], ...items.map((task) => [`#${task.number}`, task.value?.toPrecision(5) ?? '', String(task.seed), ...varying.map((name) => String(task.config[name] ?? ''))])];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  for (const row of table) write(row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  '));
  if (next_cursor !== null) write(`… and ${summary.n - items.length} more`);
  const spread = summary.std === null ? '' : ` ± ${summary.std.toPrecision(3)}`;
  write(`\nbest ${summary.best?.toPrecision(5)}   mean ${summary.mean?.toPrecision(5)}${spread} (sample standard deviation, n = ${summary.n})`);
}

function createApi(server: string, token: string): Api {
  const call = async <T>(path: string, schema: z.ZodType<T>, init: RequestInit): Promise<T> => {
    const headers = { authorization: `Bearer ${token}`, accept: 'application/json', ...init.headers };
    let response: Response;
    try {
      response = await fetch(`${server}${path}`, { ...init, headers });
    } catch (error) {
      throw new Unreachable(`No server answers at ${server}: ${error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)}. Name it with --server.`);
    }
    const body: unknown = await response.json().catch(() => null);
    if (response.ok) return schema.parse(body);
    const said = problem.safeParse(body);
    if (response.status > 500) throw new Unreachable(said.success ? said.data.detail : `The server answered ${response.status} to ${path}.`);
    if (!said.success) throw new UsageError(`The server answered ${response.status} to ${path}.`);
    throw new UsageError([said.data.detail, ...said.data.errors.map((one) => `  ${one.path}: ${one.message}`)].join('\n'));
  };
  return {
    get: (path, schema) => call(path, schema, {}),
    post: (path, body, schema) => call(path, schema, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID() } }),
  };
}
