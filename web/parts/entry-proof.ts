import { readCheckpointNote, readKeyLine } from '#core/checkpoint.ts';
import { assert } from '#core/errors.ts';
import { inclusionRanges } from '#core/merkle.ts';
import { leafBytes, type Receipt } from '#core/receipt.ts';
import { LEDGER_CRYPTO } from '#engine/ledger-crypto.ts';
import { readReceipt } from '#engine/ledger-receipt.ts';
import { html, type Fragment } from '#web/html.ts';
import type { Site } from '#web/page.ts';
import { paths } from '#web/paths.ts';
import { copyable } from './identity.ts';
import { ago, exactly } from './moment.ts';
import { count, countOf } from './number.ts';
import { card, facts } from './table.ts';

/** Where an entry stands in the sealed ledger, how that is proven, and how to take the proof along. */
export async function entryProof(site: Site, id: string): Promise<Fragment> {
  const receipt = await readReceipt(site.reader, id);
  const download = html`<a href="${paths.creditReceipt(id)}" download>Download the receipt</a>`;
  if (receipt === null) return card('Proof', html`<p><strong>It waits to be sealed.</strong> Within a minute it gets its place in the ledger under a signed checkpoint; a receipt that is downloaded before seals it at once.</p>`, download);
  const checkpoint = readCheckpointNote(receipt.checkpoint);
  const key = readKeyLine(LEDGER_CRYPTO.sha256, receipt.public_key);
  assert(checkpoint !== null && key !== null, 'a receipt of our own can be read');
  const body = html`${facts([
    ['Position', html`${count(receipt.position)} <small>counted from 0, of ${countOf(checkpoint.size, 'sealed entry', 'sealed entries')}</small>`],
    ['Checkpoint', html`${ago(checkpoint.at, site.engine.now())} <small>${exactly(checkpoint.at)}</small>`],
    ['Root', html`<code class="wrap">${checkpoint.root}</code>`],
    ['Signed by', html`<code class="wrap">${receipt.public_key}</code>`],
  ])}<p>The receipt proves without this server that the entry is in the ledger. It is checked with</p>
${copyable('verify-command', `${site.settings.command} ledger verify ${receiptName(id)}`, 'A command that checks the receipt')}
<details class="proof" id="audit-path"><summary>The way to the root (${countOf(receipt.inclusion.length, 'hash', 'hashes')})</summary>${auditPath(receipt, checkpoint.size)}</details>`;
  return card('Proof', body, download);
}

/** What the file of a receipt is called. */
export function receiptName(id: string): string {
  return `receipt-${id}.json`;
}

function auditPath(receipt: Receipt, size: number): Fragment {
  const ranges = inclusionRanges(receipt.position, size);
  const steps = receipt.inclusion.map((hash, index) => {
    const { start = 0, end = 0 } = ranges[index] ?? {};
    const what = end - start === 1 ? `entry ${count(start)}` : `entries ${count(start)} to ${count(end - 1)}`;
    return html`<li>${start < receipt.position ? 'left' : 'right'}, ${what}: <code class="wrap">${hash}</code></li>`;
  });
  return html`<p>SHA-256 over a byte 0 and these bytes, then step by step over a byte 1, the left and the right hash (RFC 6962):</p>
<p><code class="wrap">${new TextDecoder().decode(leafBytes(receipt.entry))}</code></p>
<ol>${steps}</ol>`;
}
