import { checkpointNote, keyLine } from '#core/checkpoint.ts';
import { keyOf } from '#engine/ledger-receipt.ts';
import { latestCheckpoint } from '#engine/seal-ledger.ts';
import { html, type Fragment } from '#web/html.ts';
import type { Site } from '#web/page.ts';
import { paths } from '#web/paths.ts';
import { copyable } from './identity.ts';
import { ago, exactly } from './moment.ts';
import { countOf } from './number.ts';
import { card, facts } from './table.ts';

/** The newest checkpoint of the ledger, to keep elsewhere, and how the whole ledger is checked with it. */
export async function checkpointCard(site: Site): Promise<Fragment> {
  const checkpoint = await latestCheckpoint(site.reader);
  if (checkpoint === null) return card('Checkpoint', html`<p>Nothing is sealed yet. Within a minute of the first entry the ledger gets a signed checkpoint, by which anybody can tell later whether history was changed.</p>`);
  const key = keyLine(await keyOf(site.reader, checkpoint));
  const body = html`${facts([
    ['Covers', html`the first ${countOf(checkpoint.size, 'entry', 'entries')}`],
    ['Signed', html`${ago(checkpoint.at, site.engine.now())} <small>${exactly(checkpoint.at)}</small>`],
    ['Root', html`<code class="wrap">${checkpoint.root}</code>`],
    ['Public key', html`<code class="wrap">${key}</code>`],
  ])}<p>Whoever keeps this text can tell later whether anything that it covers was changed. Keep it where this server cannot reach it.</p>
<details id="checkpoint-text"><summary>The text, and how to check with it</summary>${copyable('checkpoint-note', checkpointNote(checkpoint), 'The checkpoint')}<p>With the file, whoever can read the database checks all of it:</p>${copyable('checkpoint-command', `${site.settings.command} ledger verify ./data --checkpoint checkpoint-${checkpoint.size}.txt`, 'A command that checks the whole ledger')}</details>`;
  return card('Checkpoint', body, html`<a href="${paths.creditsCheckpoint()}" download>Download</a>`);
}
