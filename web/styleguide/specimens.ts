import { CAMPAIGNS } from './campaigns.ts';
import { CREDITS } from './credits.ts';
import { FORMS } from './forms.ts';
import { MACHINES } from './machines.ts';
import { PICTURES } from './pictures.ts';
import type { Specimens } from './specimen.ts';
import { SURFACES } from './surfaces.ts';
import { WORDS } from './words.ts';

/** Every fragment that is shown, by the file of `web/parts` that makes it. */
export const SPECIMENS: readonly Specimens[] = [...WORDS, ...SURFACES, ...FORMS, ...CAMPAIGNS, ...MACHINES, ...CREDITS, ...PICTURES];
