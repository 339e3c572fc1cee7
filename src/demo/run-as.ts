import { readFileSync } from 'node:fs';
import { Refusal } from '../model/errors.ts';

/** A user of this machine. */
export interface RunAs {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Who runs servers that refuse to run as root; the first of them that is there. */
const UNPRIVILEGED = ['postgres', 'nobody'];

/**
 * The user for the children of a root process; undefined: they run as the user of this process.
 * Throws a `Refusal` when root finds nobody.
 */
export function serverUser(): RunAs | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const passwd = readFileSync('/etc/passwd', 'utf8');
  for (const name of UNPRIVILEGED) {
    const found = userIn(passwd, name);
    if (found) return found;
  }
  throw new Refusal('root', 'PostgreSQL does not run as root, and there is no user "nobody"', {
    hint: 'run the demo as another user',
  });
}

/** A user of a passwd(5) text; undefined when it is not there, or is root by another name. */
export function userIn(passwd: string, name: string): RunAs | undefined {
  const line = passwd.split('\n').find((one) => one.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (!/^[1-9]\d*$/.test(uid ?? '') || !/^\d+$/.test(gid ?? '')) return undefined;
  return { name, uid: Number(uid), gid: Number(gid) };
}
