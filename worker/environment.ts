import { delimiter, dirname, isAbsolute } from 'node:path';

/** Environment variables by name. */
export type Environment = Record<string, string | undefined>;

/** What a script's environment is made from. */
export type EnvironmentSource = {
  /** The worker's own environment, of which only what is listed below is passed on. */
  environment: Environment;
  /** The interpreter that runs Python scripts, where there is one. */
  python: { path: string; userBase: string | null } | null;
  home: string;
  temporary: string;
  /** CPU cores of this machine and the number of scripts that share them. */
  cores: number;
  slots: number;
  /** Which of the slots the script runs in, from 0, and how many GPUs there are to share. */
  slot: number;
  gpus: number;
};

// What programs need to start at all, to find drivers and to write text; nothing that could carry a secret.
const PASSED_ON = `
  LANG LC_ALL LC_CTYPE TZ LD_LIBRARY_PATH DYLD_LIBRARY_PATH CUDA_HOME CUDA_PATH CUDA_DEVICE_ORDER
  HIP_VISIBLE_DEVICES ROCR_VISIBLE_DEVICES HSA_OVERRIDE_GFX_VERSION
  SystemRoot SystemDrive windir ComSpec PATHEXT NUMBER_OF_PROCESSORS PROCESSOR_ARCHITECTURE
`
  .trim()
  .split(/\s+/);

/** The environment of a script: enough to run, nothing secret, and threads limited to its share of the cores. */
export function scriptEnvironment(source: EnvironmentSource): Record<string, string> {
  const { environment, home, temporary } = source;
  const threads = String(Math.max(1, Math.floor(source.cores / source.slots)));
  const devices = visibleDevices(source);
  return {
    LANG: 'C.UTF-8',
    ...Object.fromEntries(PASSED_ON.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]]))),
    PATH: searchPath(source),
    HOME: home,
    USERPROFILE: home,
    TMPDIR: temporary,
    TEMP: temporary,
    TMP: temporary,
    ...(devices === undefined ? {} : { CUDA_VISIBLE_DEVICES: devices }),
    // HOME is another one, where packages installed for the user would not be found.
    ...(source.python?.userBase ? { PYTHONUSERBASE: source.python.userBase } : {}),
    // Progress is to arrive while it happens.
    PYTHONUNBUFFERED: '1',
    PYTHONIOENCODING: 'utf-8',
    OMP_NUM_THREADS: threads,
    MKL_NUM_THREADS: threads,
    OPENBLAS_NUM_THREADS: threads,
  };
}

function searchPath({ environment, python }: EnvironmentSource): string {
  const own = [dirname(process.execPath), ...(python !== null && isAbsolute(python.path) ? [dirname(python.path)] : [])];
  const inherited = environment['PATH'] ?? environment['Path'] ?? (process.platform === 'win32' ? '' : '/usr/local/bin:/usr/bin:/bin');
  return [...own, inherited].filter((part) => part !== '').join(delimiter);
}

// Several scripts on several GPUs get one each in turn; a single script sees them all.
function visibleDevices({ environment, gpus, slots, slot }: EnvironmentSource): string | undefined {
  const chosen = environment['CUDA_VISIBLE_DEVICES'];
  const devices = chosen === undefined ? Array.from({ length: gpus }, (_, index) => String(index)) : chosen.split(',');
  return slots > 1 && devices.length > 1 ? devices[slot % devices.length] : chosen;
}
