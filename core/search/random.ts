import { drawDistinct } from './distinct.ts';
import type { Strategy } from './strategy.ts';

/** Independent draws, each parameter uniform on its own scale (Bergstra & Bengio 2012, JMLR 13:281–305). */
export const random: Strategy = {
  name: 'random',
  title: 'Random search',
  description: 'Independent draws from the whole space: a fair first look, and the baseline for everything cleverer.',
  checkOptions: (options) => Object.keys(options).map((name) => ({ path: `strategy.${name}`, message: 'is not an option of random search' })),
  propose: drawDistinct,
};
