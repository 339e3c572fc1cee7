import { readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Refusal } from '../model/errors.ts';
import { isRunnable } from '../system/programs.ts';

/** What an agent runs, and beside one another they are of one version. */
const PROGRAMS = ['postgres', 'initdb', 'pg_ctl', 'pg_basebackup', 'pg_controldata', 'pg_rewind'];

/** Where packages put a version each: Debian, Red Hat, Homebrew. */
const VERSIONED = [
  { parent: '/usr/lib/postgresql', name: /^\d+$/, bin: 'bin' },
  { parent: '/usr', name: /^pgsql-\d+$/, bin: 'bin' },
  { parent: '/opt/homebrew/opt', name: /^postgresql@\d+$/, bin: 'bin' },
  { parent: '/usr/local/opt', name: /^postgresql@\d+$/, bin: 'bin' },
];
const PLAIN = ['/usr/local/pgsql/bin', '/usr/local/bin', '/usr/bin'];

/**
 * The folder with PostgreSQL's programs: `given`, or else the first of PATH that has them all, or
 * the newest version of the usual folders. Throws a `Refusal` when there is none.
 */
export function findPostgres(given: string | undefined, path: string | undefined): string {
  if (given !== undefined) {
    const missing = PROGRAMS.filter((program) => !isRunnable(join(given, program), undefined));
    if (missing.length === 0) return given;
    throw new Refusal('no-postgresql', `There is no ${missing.join(', no ')} in ${given}`, {
      hint: 'name the folder that has postgres, initdb and the others, as pg_config --bindir does',
    });
  }
  const folders = (path ?? '').split(delimiter).filter((folder) => folder.startsWith('/'));
  const found = [...folders, ...VERSIONED.flatMap(versions), ...PLAIN].find(hasAll);
  if (found !== undefined) return found;
  throw new Refusal('no-postgresql', 'There is no PostgreSQL server on this machine', {
    hint:
      'install it (Debian and Ubuntu: apt-get install postgresql), ' +
      'or name its folder with --bin-dir',
  });
}

function hasAll(folder: string): boolean {
  return PROGRAMS.every((program) => isRunnable(join(folder, program), undefined));
}

/** The newest version first. */
function versions({ parent, name, bin }: (typeof VERSIONED)[number]): string[] {
  return namesIn(parent)
    .filter((entry) => name.test(entry))
    .sort((a, b) => Number(b.replace(/\D/g, '')) - Number(a.replace(/\D/g, '')))
    .map((entry) => join(parent, entry, bin));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Not there, or not for us: either way nothing is found in it.
    return [];
  }
}
