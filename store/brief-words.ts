import type { BriefState } from '#core/brief.ts';
import { empty, sql, type Reader } from './seam.ts';

/** What a search reads of a brief. */
export type BriefWords = { id: string; ownerId: string; title: string; goal: string; experiment: string };

export type BriefWordsPage = { limit: number; order: 'newest' | 'oldest'; from: string | null; state: BriefState | null };

/** The words of briefs by age; `from` is the id of the last one of the page before. */
export async function listBriefWords(reader: Reader, page: BriefWordsPage): Promise<BriefWords[]> {
  const isNewest = page.order === 'newest';
  const rows = await reader.rows<{ id: string; owner_id: string; title: string; goal: string; experiment: string }>(sql`
    select id, owner_id, title, goal, experiment from briefs where deleted_at is null
    ${page.state === null ? empty : sql`and state = ${page.state}`}
    ${page.from === null ? empty : isNewest ? sql`and id < ${page.from}` : sql`and id > ${page.from}`}
    order by ${isNewest ? sql`id desc` : sql`id`} limit ${page.limit}`);
  return rows.map((row) => ({ id: row.id, ownerId: row.owner_id, title: row.title, goal: row.goal, experiment: row.experiment }));
}
