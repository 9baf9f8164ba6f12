import { randomBytes } from 'node:crypto';

/** A fresh secret of one response, by which the browser knows our scripts from injected ones. */
export function newNonce(): string {
  return randomBytes(16).toString('base64url');
}

/** Headers of every answer that a browser may show. */
export const BASE_HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
};

/**
 * Headers of a page. Scripts run only with the nonce, styles only from our own files (so no inline style either), and
 * markup reaches the document from scripts only through htmx's own Trusted Types policy. Form controls of Pico draw
 * their marks from `data:` images.
 */
export function pageHeaders(nonce: string): Record<string, string> {
  return {
    ...BASE_HEADERS,
    'cache-control': 'private, no-cache',
    'content-security-policy': [
      "default-src 'none'",
      `script-src 'nonce-${nonce}'`,
      "style-src 'self'",
      "img-src 'self' data:",
      "connect-src 'self'",
      "form-action 'self'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
      'trusted-types htmx',
    ].join('; '),
  };
}

/** Headers of plain text from untrusted programs, such as a log: nothing in it can run. */
export function plainTextHeaders(): Record<string, string> {
  return {
    ...BASE_HEADERS,
    'cache-control': 'private, no-cache',
    'content-type': 'text/plain; charset=utf-8',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  };
}
