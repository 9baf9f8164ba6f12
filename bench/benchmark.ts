import { WrongWords } from './options.ts';

/** Runs a benchmark with the words of its command line: prints its report, or what is wrong with the words (status 2). */
export async function runBenchmark<Options, Result>(read: (words: string[]) => Options, run: (options: Options) => Promise<Result>, report: (options: Options, result: Result) => string): Promise<void> {
  try {
    const options = read(process.argv.slice(2));
    process.stdout.write(report(options, await run(options)));
  } catch (error) {
    if (!(error instanceof WrongWords)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  }
}
