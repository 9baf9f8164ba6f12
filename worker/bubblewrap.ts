import { existsSync, lstatSync, readdirSync, readlinkSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve, sep } from 'node:path';
import type { Limits } from './limits.ts';

/** What the `bwrap` of this machine can do beyond what every one can. */
export type Bubblewrap = { program: string; canLimitFolders: boolean; canForbidNamespaces: boolean };

/** What one task sees of the machine. */
export type View = {
  /** The only folder it may write to; it is at the same place inside. */
  writable: string;
  /** Folders and files to read, at the same place inside. Those that are missing are left out. */
  readable: string[];
  /** A file in the form of passwd(5) to show as the system's. */
  accounts: string;
  hasNetwork: boolean;
  hasGpu: boolean;
  limits: Limits;
};

/** Folders of the system's own programs, which every account may read. */
const SYSTEM = ['/usr', '/opt', '/nix/store', '/gnu/store', '/run/current-system'];
/** On most systems links into /usr. */
const MERGED = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'];
const ETC = 'alternatives ld.so.cache ld.so.conf ld.so.conf.d localtime locale.alias nsswitch.conf ssl pki ca-certificates fonts mime.types python3 python3.11 OpenCL vulkan'.split(' ');
const ETC_OF_NETWORK = ['resolv.conf', 'hosts', 'host.conf', 'gai.conf', 'services', 'protocols'];
/** What programs count processors by. */
const SYS = ['/sys/devices/system/cpu', '/sys/devices/system/node'];
const GPU_DEVICES = /^(nvidia.*|dri|kfd|dxg)$/;
const LARGEST_MEMORY_FOLDER = 2 ** 30;
const USER_INSIDE = '1000';

/**
 * The words that start a command under `bwrap`: own processes, own devices, no network unless asked for, and no file of
 * this machine but the system's programs, what is listed, and one folder to write to. Everything ends with the worker.
 */
export function bubblewrapWords(bwrap: Bubblewrap, view: View): string[] {
  const { limits } = view;
  const size = bwrap.canLimitFolders ? ['--size', String(Math.min(LARGEST_MEMORY_FOLDER, Math.floor(limits.memoryBytes / 4)))] : [];
  const named = (flags: string) => flags.split(' ');
  const words = [bwrap.program, ...named('--unshare-user --unshare-pid --unshare-ipc --unshare-uts --unshare-cgroup-try')];
  if (!view.hasNetwork) words.push('--unshare-net');
  if (bwrap.canForbidNamespaces) words.push('--disable-userns');
  words.push(...named(`--uid ${USER_INSIDE} --gid ${USER_INSIDE} --hostname task --die-with-parent --new-session`), ...system());
  words.push(...[...ETC, ...(view.hasNetwork ? ETC_OF_NETWORK : [])].flatMap((name) => readOnly(join('/etc', name))));
  words.push('--ro-bind', view.accounts, '/etc/passwd', ...named('--proc /proc --dev /dev'));
  words.push(...(view.hasGpu ? gpu() : SYS.flatMap(readOnly)));
  words.push(...size, '--tmpfs', '/dev/shm', ...size, ...named('--tmpfs /tmp --symlink /tmp /var/tmp'));
  words.push(...view.readable.flatMap(readOnly), '--bind', view.writable, view.writable);
  // The empty file system that all of this is mounted on is memory, and would take what a full disk does not. The settings
  // of the kernel below /proc ask for the account alone, not for its powers: a worker that runs as root would lend it.
  words.push(...named('--remount-ro /dev --remount-ro /proc --remount-ro / --'));
  return words;
}

/** What `bwrap --help` says that it can do. */
export function readAbilities(program: string, help: string): Bubblewrap {
  return { program, canLimitFolders: help.includes('--size '), canForbidNamespaces: help.includes('--disable-userns') };
}

/**
 * Folders that can be shown to a task: absolute, there, and neither the whole system nor anything that holds the home of
 * the account, such as a virtual environment made right in it.
 */
export function showable(paths: readonly (string | null | undefined)[], home: string): string[] {
  const wanted = paths.filter((path): path is string => typeof path === 'string' && isAbsolute(path) && existsSync(path)).map((path) => resolve(path));
  const all = [...new Set(wanted.flatMap((path) => [path, realpathSync(path)]))];
  const isBroad = (path: string) => path === sep || isInside(home, path) || isInside(realHome(home), path);
  const fine = all.filter((path) => !isBroad(path) && !SYSTEM.some((shown) => isInside(path, shown)));
  return fine.filter((path) => !fine.some((other) => other !== path && isInside(path, other)));
}

function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function realHome(home: string): string {
  return existsSync(home) ? realpathSync(home) : home;
}

function system(): string[] {
  const links = MERGED.flatMap((path) => (isLink(path) ? ['--symlink', readlinkSync(path), path] : readOnly(path)));
  return [...SYSTEM.flatMap(readOnly), ...links];
}

function gpu(): string[] {
  const devices = readdirSync('/dev').filter((name) => GPU_DEVICES.test(name));
  return [...devices.flatMap((name) => ['--dev-bind-try', join('/dev', name), join('/dev', name)]), ...readOnly('/sys'), ...readOnly(join('/run', 'nvidia-persistenced'))];
}

function readOnly(path: string): string[] {
  return existsSync(path) ? ['--ro-bind', path, path] : [];
}

function isLink(path: string): boolean {
  return existsSync(dirname(path)) && lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}
