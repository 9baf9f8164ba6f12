#!/usr/bin/env node
import { StoreUnavailable } from '#store/seam.ts';
import { COMMANDS, helpText } from './commands.ts';
import { ENVIRONMENT, UsageError } from './config.ts';
import { VERSION } from './version.ts';

/** Ends with 0 when all went well, 1 when the work failed, 2 when it was asked for wrongly. */
async function main(argv: string[]): Promise<number> {
  const [first = 'help', ...rest] = argv;
  if (first === '--version' || first === 'version') {
    process.stdout.write(`${VERSION}\n`);
    return 0;
  }
  if (first === 'help' || first === '--help' || rest.includes('--help')) {
    process.stdout.write(helpText());
    return 0;
  }
  const command = COMMANDS.find(({ name }) => name === first || (name.includes(' ') && name === `${first} ${rest[0]}`));
  if (command === undefined) throw new UsageError(`"${COMMANDS.some(({ name }) => name.startsWith(`${first} `)) && rest[0] !== undefined ? `${first} ${rest[0]}` : first}" is not a command. There are: ${COMMANDS.map(({ name }) => name).join(', ')}. See "xeenet help".`);
  return command.run({ argv: argv.slice(command.name.split(' ').length), env: ENVIRONMENT });
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError || error instanceof StoreUnavailable)) throw error;
  process.stderr.write(`xeenet: ${error.message}\n`);
  process.exitCode = 2;
}
