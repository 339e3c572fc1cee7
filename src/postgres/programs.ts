import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PostgresConfig } from '../model/postgres-config.ts';
import { runProgram } from './run-program.ts';

/** Where PostgreSQL's programs are: a folder, or PATH, and the names they have there. */
export type ProgramPlaces = Pick<PostgresConfig, 'binDir' | 'binNames'>;

export type ProgramName =
  | 'initdb'
  | 'pg_basebackup'
  | 'pg_controldata'
  | 'pg_ctl'
  | 'pg_rewind'
  | 'pg_waldump'
  | 'postgres';

/** The path of a program, or its bare name when it is to be found in PATH. */
export function programPath(places: ProgramPlaces, name: ProgramName): string {
  return join(places.binDir, places.binNames[name] ?? name);
}

/** Path and time of change of `postgres` → its version. */
const versions = new Map<string, number>();

/**
 * The version of the programs, as in `server_version_num`: 150020 for 15.20, 180000 for 18beta1.
 * `postgres` is asked once, and again after it was replaced. Rejects with an `Error` that says why
 * it does not answer.
 */
export async function programVersion(places: ProgramPlaces): Promise<number> {
  const path = programPath(places, 'postgres');
  const key = `${path} ${await changedAt(path)}`;
  const known = versions.get(key);
  if (known !== undefined) return known;
  const { failure, stdout } = await runProgram({ path, args: ['--version'], timeoutMs: 5000 });
  const version = failure === undefined ? parseVersion(stdout) : undefined;
  if (version === undefined) {
    throw new Error(failure ?? `${path} --version says ${stdout.trim()}`);
  }
  versions.set(key, version);
  return version;
}

/**
 * The number in what `postgres --version` prints, e.g. `postgres (PostgreSQL) 15.20 (Debian …)`;
 * of a version that is not released yet with 0 as its second part. Undefined: there is none.
 */
export function parseVersion(text: string): number | undefined {
  const found = /\bPostgreSQL\)\s+(\d+)(?:\.(\d+))?/.exec(text);
  return found ? Number(found[1]) * 10_000 + Number(found[2] ?? 0) : undefined;
}

/** A bare name is not looked for: it counts as never changed. */
async function changedAt(path: string): Promise<number> {
  try {
    return (await stat(path)).mtimeMs;
  } catch {
    return 0;
  }
}
