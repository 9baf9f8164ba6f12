import type { Family } from '#core/brief.ts';
import type { Web } from '#web/context.ts';
import { html, type Fragment } from '#web/html.ts';
import { draw } from './draw.ts';
import type { DataOf, DrawingName } from './drawings.ts';
import { keptPicture } from './kept.ts';
import { readDimmedRuns } from './passing.ts';
import type { Run } from './runs.ts';
import { filterOf, type Study } from './study.ts';

/** What a picture's place in the page needs of the server. */
type Studio = Pick<Web, 'reader'> & { engine: Pick<Web['engine'], 'log' | 'now'> };

type PicturedFamily = Pick<Family, 'id' | 'version' | 'metric' | 'name' | 'experiment' | 'briefId'>;

/**
 * A picture of a family's runs, drawn once per version of the family and once for all who look at it.
 *
 * @param asked what the picture is drawn of beside the runs and the metric; pictures of other data are other pictures
 */
export function familyPicture<Name extends DrawingName>(studio: Studio, family: PicturedFamily, name: Name, asked: DataOf<Name> & Study): Promise<Fragment> {
  const id = `${name} ${family.id} ${JSON.stringify(asked)}`;
  const make = async () => draw(name, asked, await readDimmedRuns(studio.reader, family, asked.filter, filterOf(asked), studio.engine.now()));
  return orSay(studio, name, keptPicture(studio.reader, id, family.version, make));
}

/** A picture, or a sentence in its place when it cannot be drawn: the rest of the page is as good without it. */
export function drawOrSay<Name extends DrawingName>(studio: Studio, name: Name, data: DataOf<Name>, runs: readonly Run[] = []): Promise<Fragment> {
  return orSay(studio, name, draw(name, data, runs));
}

async function orSay({ engine }: Studio, name: DrawingName, drawing: Promise<Fragment>): Promise<Fragment> {
  try {
    return await drawing;
  } catch (error) {
    engine.log.error({ err: error, picture: name }, 'picture not drawn');
    return html`<p class="none" id="${name}">This picture could not be drawn. The server's log says why; everything else on the page is as it should be.</p>`;
  }
}
