import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { LOCAL_ID, TREASURY_ID } from '#core/ledger.ts';
import { checkReceipt } from '#core/receipt.ts';
import { LEDGER_CRYPTO } from '#engine/ledger-crypto.ts';
import { sealWaiting } from '#engine/seal-ledger.ts';
import { receiptView } from '#protocol/receipt.ts';
import { postEntry } from '#store/ledger.ts';
import { startTestServer, type TestServer } from '#test/running-server.ts';
import { paths } from '#web/paths.ts';

let server: TestServer;
before(async () => {
  server = await startTestServer();
  // What the migrations post is sealed at the start, in the background.
  await sealWaiting(server.engine);
});
after(() => server.stop());

async function get(path: string): Promise<{ status: number; text: string; file: string | null }> {
  const answer = await fetch(`${server.url}${path}`);
  return { status: answer.status, text: await answer.text(), file: answer.headers.get('content-disposition') };
}

test('an entry waits to be sealed until its receipt is asked for, and then shows its proof', async () => {
  await server.engine.store.write((tx) => postEntry(tx, { id: 'zproof', at: server.engine.now(), kind: 'grant', debitAccount: TREASURY_ID, creditAccount: LOCAL_ID, amountMicrocredits: 5, briefId: null, taskId: null }, 'grant:zproof'));
  assert.match((await get(paths.creditEntry('zproof'))).text, /It waits to be sealed/);
  const download = await get(paths.creditReceipt('zproof'));
  assert.deepEqual([download.status, download.file], [200, 'attachment; filename="receipt-zproof.json"']);
  const receipt = receiptView.parse(JSON.parse(download.text));
  assert.deepEqual(checkReceipt(LEDGER_CRYPTO, receipt, { checkpoint: null, keys: [] }).wrong, []);
  const page = (await get(paths.creditEntry('zproof'))).text;
  assert.doesNotMatch(page, /It waits to be sealed/);
  for (const shown of [receipt.public_key, 'ledger verify receipt-zproof.json', ...receipt.inclusion]) assert.ok(page.includes(shown), shown);
});

test('the newest checkpoint is on the page of credits and as a file to keep', async () => {
  const file = await get(paths.creditsCheckpoint());
  assert.equal(file.text, (await server.call('GET', '/api/v1/ledger/checkpoint?format=text')).body);
  assert.ok((await get(paths.credits())).text.includes(file.text.split('\n')[2] ?? 'nothing'));
});

test('there is no receipt of an entry that is not there', async () => {
  const { status, text } = await get(paths.creditReceipt('nothing'));
  assert.equal(status, 404);
  assert.match(text, /There is no entry with this id/);
});
