import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { listApprovedPackages } from '#store/experiment.ts';
import { findFamily } from '#store/family.ts';
import { onBothDatabases } from '#test/conformance/databases.ts';
import { accepted, refused, worldOn } from '#test/conformance/engine-world.ts';
import { approvePackage } from './approve-package.ts';
import { hasWork } from './claim-task.ts';

onBothDatabases('approving packages', (database) => {
  const world = worldOn(database);
  const { engine } = world;

  beforeEach(() => world.emptyQueue());

  test('tasks of a withdrawn package wait, and go on once it is approved again', async () => {
    const { familyId } = await world.submit({ numTasks: 2 });
    const { packageSha256 = '' } = (await findFamily(database.store.reader, familyId)) ?? {};
    const workerId = await world.register();
    const approved = async () => (await listApprovedPackages(database.store.reader, 100)).some((one) => one.sha256 === packageSha256);
    assert.equal(await approved(), true);
    assert.deepEqual(accepted(await approvePackage(engine, packageSha256, false)), { sha256: packageSha256, experiment: 'sample' });
    assert.deepEqual([await approved(), await hasWork(engine, workerId), await world.claim(workerId, 2)], [false, false, []]);
    accepted(await approvePackage(engine, packageSha256, false));
    accepted(await approvePackage(engine, packageSha256, true));
    assert.deepEqual([await approved(), await hasWork(engine, workerId)], [true, true]);
    assert.equal((await world.claim(workerId, 2)).length, 2);
  });

  test('a brief of a withdrawn package is refused, and a package that nobody knows too', async () => {
    const { familyId } = await world.submit({ numTasks: 1 });
    const { packageSha256 = '' } = (await findFamily(database.store.reader, familyId)) ?? {};
    accepted(await approvePackage(engine, packageSha256, false));
    await assert.rejects(world.submit({ numTasks: 1 }), /package_withdrawn/);
    accepted(await approvePackage(engine, packageSha256, true));
    assert.equal(refused(await approvePackage(engine, 'f'.repeat(64), false)).code, 'package_not_found');
  });
});
