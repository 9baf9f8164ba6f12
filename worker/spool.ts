import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { resultInput } from '#protocol/worker.ts';
import { untilReached, type Client } from './client.ts';
import { UNFINISHED, writeDurably } from './durable-file.ts';
import { attemptKey, type Emit, type Log } from './events.ts';

const entry = z.object({ server_url: z.string(), worker_id: z.string(), task_id: z.string(), body: resultInput });

/** A result that the server has not answered for yet, and on whose behalf it is sent. */
export type Undelivered = z.output<typeof entry>;

/** Results on disk. */
export type Spool = ReturnType<typeof createSpool>;

/**
 * Keeps results under `folder` from before they are first sent until the server has taken or refused them, so that
 * neither its absence nor the end of this process loses one.
 */
export function createSpool(folder: string, log: Log, emit: Emit) {
  const pathOf = (one: Undelivered) => join(folder, `${attemptKey({ task_id: one.task_id, attempt: one.body.attempt })}.json`);
  const waiting = new Map<string, Undelivered>();

  return {
    /** Reads what an earlier process left. A file that cannot be read is put aside, not lost. */
    async load(): Promise<void> {
      for (const name of (await readdir(folder)).toSorted()) {
        if (name.startsWith(UNFINISHED)) await rm(join(folder, name), { force: true });
        if (name.startsWith(UNFINISHED) || !name.endsWith('.json')) continue;
        const read = parse(await readFile(join(folder, name), 'utf8'));
        if (read !== null) waiting.set(pathOf(read), read);
        else {
          log.error({ file: name }, 'a spooled result cannot be read and is put aside');
          await rename(join(folder, name), join(folder, `${name}.unreadable`));
        }
      }
    },
    /** Results that still wait, in no particular order. */
    list: (): Undelivered[] => [...waiting.values()],
    /** The result of an attempt that waits, if there is one. */
    find: (name: { task_id: string; attempt: number }): Undelivered | null => waiting.get(join(folder, `${attemptKey(name)}.json`)) ?? null,
    /** Once this returns, the result outlives the process and the machine's power. */
    async put(result: Undelivered): Promise<void> {
      waiting.set(pathOf(result), result);
      await writeDurably(pathOf(result), JSON.stringify(result));
    },
    /** Sends a result until the server has taken or refused it. True when it is settled, false when the signal came first. */
    async deliver(result: Undelivered, client: Client, signal: AbortSignal): Promise<boolean> {
      const name = { taskId: result.task_id, attempt: result.body.attempt };
      const answer = await untilReached(() => client.sendResult(result.task_id, result.body, signal), signal);
      if (answer.kind === 'aborted') return false;
      waiting.delete(pathOf(result));
      await rm(pathOf(result), { force: true });
      if (answer.kind === 'taken') {
        log.info({ task_id: name.taskId, attempt: name.attempt, state: answer.value.state }, 'result delivered');
        emit({ type: 'delivered', ...name, state: answer.value.state, accepted: answer.value.accepted });
      } else {
        log.warn({ task_id: name.taskId, attempt: name.attempt, code: answer.code, detail: answer.detail }, 'result refused');
        emit({ type: 'refused', ...name, detail: answer.detail });
      }
      return true;
    },
  };
}

function parse(text: string): Undelivered | null {
  try {
    return entry.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
