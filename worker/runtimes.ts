import { spawn } from 'node:child_process';
import { z } from 'zod';
import type { Runtimes } from '#core/worker.ts';
import type { Environment } from './environment.ts';

const WITHIN_MS = 60_000;

/** The interpreter that runs Python scripts: its own path, where packages of the user lie, and every folder that it reads. */
export type Python = { path: string; userBase: string | null; roots: string[] };

/** What scripts can be written in here. */
export type Detected = { runtimes: Runtimes; python: Python | null };

// One line each as soon as it is known: importing torch can take long on a busy machine, and what came before still counts.
const QUESTIONS = `
import json, platform, site, sys
def say(**facts):
    print(json.dumps(facts), flush=True)
say(python=platform.python_version(), path=sys.executable, user_base=site.getuserbase() if site.ENABLE_USER_SITE else None,
    roots=[sys.executable, sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix, *[one for one in sys.path if one]])
import importlib.metadata
try:
    found = importlib.metadata.version("torch")
except Exception:
    found = None
if found:
    say(torch=found)
    try:
        import torch
        say(torch=torch.__version__, cuda=bool(torch.cuda.is_available()), cuda_version=torch.version.cuda)
    except Exception as error:
        say(torch=False)
`;

const fact = z.object({
  python: z.string().optional(),
  path: z.string().optional(),
  user_base: z.string().nullable().optional(),
  roots: z.array(z.string()).optional(),
  torch: z.union([z.string(), z.literal(false)]).optional(),
  cuda: z.boolean().optional(),
});

type Facts = z.output<typeof fact>;

/**
 * Detects node, python3, torch and CUDA. `pythonPath` names an interpreter other than the `python3` of the search path.
 * Never fails: what cannot be found, or is not looked for any more after the signal, is not there. Takes up to a minute where importing torch hangs.
 */
export async function detectRuntimes(pythonPath: string | null, environment: Environment, signal?: AbortSignal): Promise<Detected> {
  const node = process.versions.node;
  const facts = await askPython(pythonPath ?? (process.platform === 'win32' ? 'python' : 'python3'), environment, signal);
  if (facts.python === undefined || !facts.path) return { runtimes: { node }, python: null };
  const torch = typeof facts.torch === 'string' ? { torch: facts.torch } : {};
  const cuda = facts.cuda === true && typeof facts.torch === 'string' ? { cuda: true } : {};
  return { runtimes: { node, python: facts.python, ...torch, ...cuda }, python: { path: facts.path, userBase: facts.user_base ?? null, roots: facts.roots ?? [] } };
}

function askPython(command: string, env: Environment, signal: AbortSignal | undefined): Promise<Facts> {
  return new Promise((resolve) => {
    const child = spawn(command, ['-c', QUESTIONS], { env, stdio: ['ignore', 'pipe', 'ignore'], timeout: WITHIN_MS, killSignal: 'SIGKILL', signal });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    child.on('error', () => resolve({}));
    child.on('close', () => resolve(Object.assign({}, ...text.split('\n').map(readFact))));
  });
}

function readFact(line: string): Facts {
  try {
    return fact.safeParse(JSON.parse(line)).data ?? {};
  } catch {
    return {};
  }
}
