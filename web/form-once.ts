import { LOCAL_ID } from '#core/ledger.ts';
import type { OnceRequest } from '#engine/answer-once.ts';
import { sha256 } from '#engine/id.ts';
import { html, type Fragment } from './html.ts';
import type { Site } from './page.ts';

const KEY = /^[0-9a-f]{32}$/;

/** The key by which the same form sent twice is known: the one that was sent with it, or a new one. */
export function formKey(site: Pick<Site, 'engine'>, said: unknown): string {
  return typeof said === 'string' && KEY.test(said) ? said : Buffer.from(site.engine.randomBytes(16)).toString('hex');
}

/** The field that carries {@link formKey} through a form. */
export function formKeyField(key: string): Fragment {
  return html`<input type="hidden" name="key" value="${key}">`;
}

/** A form's request, done once however often its button is pressed; the same form sent again after an edit is a new wish. */
export function onceOfForm(form: string, key: string, request: unknown): OnceRequest {
  const requestSha256 = sha256(JSON.stringify(request));
  return { ownerId: LOCAL_ID, scope: `form of ${form}`, key: `${key}-${requestSha256.slice(0, 32)}`, requestSha256 };
}
