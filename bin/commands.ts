import { flagOf, variableOf, type Sources } from './config.ts';
import { CLIENT_SETTINGS, LEDGER_SETTINGS, SANDBOX_SETTINGS, SERVER_SETTINGS, WORKER_SETTINGS, type Setting } from './settings.ts';

/** A command of the CLI. `run` answers the exit status. */
export type Command = { name: string; usage: string; summary: string; settings: Record<string, Setting>; run: (sources: Sources) => Promise<number> };

/** Each command loads what it needs when it runs, so that a sentence about a wrong flag does not wait for a server. */
export const COMMANDS: readonly Command[] = [
  { name: 'up', usage: 'up', summary: 'Server, embedded database and one worker on this machine; an empty data folder gets a sample campaign.', settings: { ...SERVER_SETTINGS, slots: WORKER_SETTINGS.slots, python: WORKER_SETTINGS.python, ...SANDBOX_SETTINGS }, run: async (sources) => (await import('./up.ts')).up(sources) },
  { name: 'serve', usage: 'serve', summary: 'The server alone.', settings: SERVER_SETTINGS, run: async (sources) => (await import('./serve.ts')).serve(sources) },
  { name: 'worker', usage: 'worker --server URL --token TOKEN', summary: 'A worker alone, on this machine.', settings: WORKER_SETTINGS, run: async (sources) => (await import('./work.ts')).work(sources) },
  { name: 'brief run', usage: 'brief run FILE [--watch]', summary: 'Submit a brief (YAML or JSON); with --watch, show its progress until it is done, then its results.', settings: CLIENT_SETTINGS, run: async (sources) => (await import('./brief-run.ts')).runBrief(sources) },
  { name: 'ledger verify', usage: 'ledger verify RECEIPT|DATABASE', summary: 'Check a receipt, or a whole ledger (file of SQLite, data folder or postgres://…), without trusting any server.', settings: LEDGER_SETTINGS, run: async (sources) => (await import('./ledger-verify.ts')).verify(sources) },
];

/** What "xeenet help" prints: every command, flag and variable. */
export function helpText(): string {
  const commands = COMMANDS.map(({ usage, summary, settings }) => {
    const lines = Object.entries(settings).map(([name, setting]) => `    ${`${flagOf(name)} VALUE`.padEnd(28)} ${setting.description} [${variableOf(name)}]`);
    return `  xeenet ${usage}\n    ${summary}\n${lines.join('\n')}\n`;
  });
  return `XeeNet: many small, bounded training runs on the machines you already have.

${commands.join('\n')}
  xeenet version
  xeenet help

Settings come from flags, then the environment, then a file (--config FILE, XEENET_CONFIG or ./xeenet.yaml).
`;
}
