import type { Action } from '#core/action.ts';
import type { Engine } from './engine.ts';
import { newId } from './id.ts';

/** An action about nothing yet. */
export function newAction(engine: Engine, ownerId: string): Omit<Action, 'verb'> {
  const about = { briefId: null, familyId: null, undoes: null, title: '', filter: null, priority: null, beforeState: null };
  return { id: newId(engine), ownerId, ...about, total: null, done: 0, refused: 0, stopped: 0, position: null, undoneBy: null, createdAt: engine.now(), finishedAt: null };
}
