import type { Engine } from '#engine/engine.ts';
import type { AllowList } from '#engine/webhook-address.ts';
import type { Reader } from '#store/seam.ts';

/** What routes and pages work with: they read through `reader`, and change things only by the engine's verbs. */
export type Web = {
  engine: Engine;
  reader: Reader;
  settings: WebSettings;
};

/** What pages need to know of the configuration. */
export type WebSettings = {
  version: string;
  /** The address that workers are told to use, e.g. `http://127.0.0.1:8000`. */
  publicUrl: () => string;
  /** The enrolment token that the page for adding a worker shows. */
  enrolmentToken: string;
  /** What a new account of a person starts with. */
  starterMicrocredits: number;
  /** Where webhooks may be sent to. */
  webhookAllow: AllowList;
  /** How to start the command line in the lines that people paste, e.g. `npx xeenet`. */
  command: string;
  /** Whether pages for those who build XeeNet are served. */
  development: boolean;
};
