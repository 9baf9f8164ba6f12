// A thread of `npm run bench:search`: plays the campaigns that it is sent, one at a time.
import { parentPort } from 'node:worker_threads';
import { findStrategy } from '#core/search/strategies.ts';
import { findObjective } from './search-further.ts';
import type { Job, Played } from './search-jobs.ts';
import { simulate } from './search-simulation.ts';

parentPort?.on('message', (job: Job) => {
  const [strategy, objective] = [findStrategy(job.strategy), findObjective(job.objective)];
  if (strategy === null || objective === undefined) throw new Error(`there is no ${job.strategy} or no ${job.objective}`);
  const before = process.threadCpuUsage();
  const scores = simulate(strategy, objective, job);
  const { user, system } = process.threadCpuUsage(before);
  parentPort?.postMessage({ ...job, scores, seconds: (user + system) / 1e6 } satisfies Played);
});
