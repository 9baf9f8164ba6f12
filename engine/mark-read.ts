import { markRead } from '#store/event.ts';
import { TOPICS, type Engine } from './engine.ts';

/** Notes that an account has read all events up to one. */
export async function markEventsRead(engine: Engine, accountId: string, upTo: string): Promise<void> {
  await engine.store.write(async (tx) => {
    await markRead(tx, accountId, upTo);
    tx.touch(TOPICS.events);
  });
}
