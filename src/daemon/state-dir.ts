import { createHash } from 'node:crypto';
import { accessSync, chmodSync, constants, lstatSync, mkdirSync, realpathSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { Refusal } from '../model/errors.ts';
import { printable } from '../system/text.ts';

/** What decides where an agent keeps its state. */
export interface StateDirInput {
  /** `pgherd.state_dir`, absolute. */
  readonly configured: string | undefined;
  readonly dataDir: string;
  /** Where the fallback is; `os.tmpdir()`. */
  readonly tmpDir: string;
  readonly uid: number;
}

export interface StateDir {
  readonly path: string;
  /** One sentence each. */
  readonly warnings: readonly string[];
}

/**
 * Finds, and where it is not there makes, the directory in which an agent keeps what the one after
 * it must know: for this user alone, and never inside the data directory, whose copies would carry
 * it to other members. Configured, else beside the data directory, else below the directory for
 * temporary files. Throws a `Refusal` when there is none that can be trusted.
 */
export function openStateDir(input: StateDirInput): StateDir {
  const { configured, dataDir } = input;
  if (configured !== undefined) {
    refuseInside(configured, dataDir);
    const failure = make(configured, input.uid);
    if (failure === undefined) return { path: configured, warnings: [] };
    throw unusable(configured, failure);
  }
  const beside = `${dataDir}.pgherd`;
  const failure = make(beside, input.uid);
  return failure === undefined ? { path: beside, warnings: [] } : fallback(input, beside, failure);
}

function fallback(input: StateDirInput, beside: string, why: string): StateDir {
  const { tmpDir, uid, dataDir } = input;
  const hash = createHash('sha256').update(dataDir).digest('hex').slice(0, 12);
  const path = join(tmpDir, `pgherd-${uid}-${hash}`);
  const failure = make(path, uid);
  if (failure !== undefined) throw unusable(path, failure);
  const warning =
    `${printable(beside)} cannot be used (${why}): the agent keeps its state in ` +
    `${printable(path)}, which may not survive a reboot; set pgherd.state_dir`;
  return { path, warnings: [warning] };
}

function unusable(path: string, why: string): Refusal {
  return new Refusal(
    'bad-state-dir',
    `The state directory ${printable(path)} cannot be used: ${why}`,
    {
      hint: 'set pgherd.state_dir to a directory that belongs to the user of the agent',
    },
  );
}

/** Undefined when it is there and ours alone; else why not. */
function make(path: string, uid: number): string | undefined {
  try {
    // PostgreSQL's own tools make what is above the data directory as well.
    mkdirSync(dirname(path), { recursive: true });
    makeIfMissing(path);
    // Not what a link points to: in a public directory it would be somebody else's choice.
    const found = lstatSync(path);
    if (!found.isDirectory()) return 'it is no directory';
    if (found.uid !== uid) return 'it belongs to somebody else';
    if ((found.mode & 0o077) !== 0) chmodSync(path, 0o700);
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return printable(error instanceof Error ? error.message : String(error));
  }
}

function makeIfMissing(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function refuseInside(path: string, dataDir: string): void {
  const way = relative(realPath(dataDir), realPath(path));
  if (way === '..' || way.startsWith('../')) return;
  throw unusable(path, 'it is inside the data directory, which is copied and replaced as a whole');
}

/** With the links resolved in as much of it as is there. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realPath(parent), path.slice(parent.length));
  }
}
