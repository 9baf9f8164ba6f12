import type { FastifyInstance } from 'fastify';
import { refuse } from '#core/errors.ts';
import { findArchive } from '#store/experiment.ts';
import { refusalPage, type Site } from '#web/page.ts';
import { paths } from '#web/paths.ts';
import { BASE_HEADERS } from '#web/security.ts';

/**
 * The package that ran, by its hash, for the command that a task's page prints: whoever sees the page sees the script,
 * so no token is asked for. The name says what comes, and its bytes never change.
 */
export function registerPackageDownload(app: FastifyInstance, site: Site): void {
  app.get(paths.experimentPackage(':sha256'), async (request, reply) => {
    const { sha256 } = request.params as { sha256: string };
    const archive = await findArchive(site.reader, sha256);
    if (archive === null) return refusalPage(site, request, reply, refuse('package_not_found').refusal);
    return reply
      .headers({ ...BASE_HEADERS, 'cache-control': 'private, max-age=31536000, immutable', 'content-disposition': `attachment; filename="${sha256.slice(0, 12)}.tar.gz"` })
      .type('application/gzip')
      .send(Buffer.from(archive, 'base64'));
  });
}
