import { accept, refuse, type Outcome } from '#core/errors.ts';
import { allowPackage, findPackage, withdrawPackage } from '#store/experiment.ts';
import { TOPICS, type Engine } from './engine.ts';

/**
 * Withdraws a package, so that no worker is given a task that runs it and none that has one may load it, or approves it
 * again. Tasks wait meanwhile; what runs already runs on until it ends or people cancel it.
 */
export async function approvePackage(engine: Engine, sha256: string, isApproved: boolean): Promise<Outcome<{ sha256: string; experiment: string }>> {
  const outcome = await engine.store.write(async (tx): Promise<Outcome<{ sha256: string; experiment: string }>> => {
    const stored = await findPackage(tx, sha256);
    if (stored === null) return refuse('package_not_found');
    if (isApproved) await allowPackage(tx, sha256);
    else await withdrawPackage(tx, sha256, engine.now());
    for (const topic of [TOPICS.experiments, TOPICS.tasks]) tx.touch(topic);
    if (isApproved) tx.touch(TOPICS.work);
    return accept({ sha256, experiment: stored.experiment.name });
  });
  if (outcome.ok) engine.log.info({ package_sha256: sha256, experiment: outcome.value.experiment, approved: isApproved }, isApproved ? 'package approved' : 'package withdrawn');
  return outcome;
}
