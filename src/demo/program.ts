import { chmodSync, copyFileSync, cpSync, existsSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Refusal } from '../model/errors.ts';
import type { RunAs } from './run-as.ts';

/** pgherd itself, as a program to start: `[node, run.js]`. */
export type Program = readonly [node: string, script: string];

const OTHERS_MAY_ENTER = 0o001;

/** The build that this process was started from. Throws a `Refusal` when there is none. */
export function ownProgram(): Program {
  const script = join(dirname(realpathSync(process.argv[1] ?? '')), 'run.js');
  if (!existsSync(join(dirname(script), '../dist/daemon/main.js'))) {
    throw new Refusal('no-build', 'There is no build of pgherd beside this script', {
      hint: 'npm run build makes one',
    });
  }
  return [process.execPath, script];
}

/**
 * The same program where `user` can read it: a folder of root's is closed to others, so it is
 * copied into `directory`, Node as well where that is needed. Without a user it stays where it is.
 */
export function programFor(
  [node, script]: Program,
  user: RunAs | undefined,
  directory: string,
): Program {
  if (!user) return [node, script];
  const place = join(directory, 'pgherd');
  const root = join(dirname(script), '..');
  for (const part of ['bin/run.js', 'dist', 'package.json']) {
    cpSync(join(root, part), join(place, part), { recursive: true });
  }
  if (isOpen(dirname(realpathSync(node)))) return [node, join(place, 'bin/run.js')];
  const copy = join(place, 'node');
  copyFileSync(node, copy);
  chmodSync(copy, 0o755);
  return [copy, join(place, 'bin/run.js')];
}

/** True when every user can get to this folder. */
export function isOpen(folder: string): boolean {
  const open = (statSync(folder).mode & OTHERS_MAY_ENTER) !== 0;
  return open && (dirname(folder) === folder || isOpen(dirname(folder)));
}
