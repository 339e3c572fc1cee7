import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where `scripts/install-servers.sh` unpacked the versions that are not installed. */
export const SERVERS =
  process.env.PGHERD_SERVERS ?? fileURLToPath(new URL('../../.cache/servers', import.meta.url));

/** One Patroni on this machine, and where Python finds it. */
export interface PatroniInstall {
  /** As it says of itself, e.g. `4.1.5`. */
  readonly version: string;
  /** The directory with its modules. */
  readonly modules: string;
  /** True when its modules must be put on PYTHONPATH: it is unpacked, not installed. */
  readonly unpacked: boolean;
}

const MODULES = 'usr/lib/python3/dist-packages';

/** Every Patroni that is here, the newest first. */
function installedPatronis(): PatroniInstall[] {
  const suites = existsSync(SERVERS) ? readdirSync(SERVERS) : [];
  const found = [
    ...suites.map((suite) => readInstall(join(SERVERS, suite, 'unpacked', MODULES), true)),
    readInstall(`/${MODULES}`, false),
  ];
  return found
    .filter((install) => install !== undefined)
    .sort((a, b) => b.version.localeCompare(a.version, 'en', { numeric: true }));
}

function readInstall(modules: string, unpacked: boolean): PatroniInstall | undefined {
  const file = join(modules, 'patroni/version.py');
  if (!existsSync(file)) return undefined;
  const version = /^__version__ = '([^']+)'/m.exec(readFileSync(file, 'utf8'))?.[1];
  return version === undefined ? undefined : { version, modules, unpacked };
}

/**
 * The Patroni of this minor version, e.g. `4.1`; where it is not here, the newest there is, after
 * a banner that cannot be overlooked. Throws when there is none at all.
 */
export function patroni(minor: string): PatroniInstall {
  const all = installedPatronis();
  const wanted = all.find((install) => install.version.startsWith(`${minor}.`));
  if (wanted) return wanted;
  const [newest] = all;
  if (!newest) throw new Error('There is no Patroni here: run `make servers`');
  const line = '*'.repeat(78);
  process.stderr.write(
    `\n${line}\n** Patroni ${minor} is NOT here. Using ${newest.version} in its place: what is tested\n` +
      `** now says little about ${minor}. \`make servers\` says why it is missing.\n${line}\n\n`,
  );
  return newest;
}

/** The newest etcd that is here: the unpacked one, or else the installed one. */
export function newestEtcd(): '3.4' | '3.5' {
  return existsSync(join(SERVERS, 'forky/unpacked/usr/bin/etcd')) ? '3.5' : '3.4';
}

/** The programs of the newest PostgreSQL that is installed. */
export function postgresBinaries(): string {
  const root = '/usr/lib/postgresql';
  const versions = (existsSync(root) ? readdirSync(root) : [])
    .filter((version) => existsSync(join(root, version, 'bin/postgres')))
    .sort((a, b) => Number(b) - Number(a));
  const [newest] = versions;
  if (newest === undefined) throw new Error('There is no PostgreSQL here: run `make servers`');
  return join(root, newest, 'bin');
}
