import { join } from 'node:path';
import { text } from './checks.ts';
import { first, judge, passes, type Rule } from './rules.ts';
import type { ValidationWorld } from './world.ts';

/** Where PostgreSQL's programs are, and what they are called. */
export interface Programs {
  readonly world: ValidationWorld;
  /** `postgresql.bin_dir`. */
  readonly binDir: string | undefined;
  /** The name of a program here (`postgresql.bin_name`). */
  readonly nameOf: (program: string) => string;
}

/** Without pg_rewind, which is not always used. */
const PROGRAMS = ['pg_ctl', 'initdb', 'pg_controldata', 'pg_basebackup', 'postgres', 'pg_isready'];

/** A directory with PostgreSQL's programs; empty: they are in PATH. */
export function binDirectory({ world, nameOf }: Programs): Rule {
  return async (value) => {
    if (typeof value !== 'string') return [];
    const wrong = (error: string) => [judge(false, error, { value: '' })];
    const kind = value === '' ? 'directory' : world.kindOf(value);
    if (kind === 'missing') return wrong(`Directory '${value}' does not exist.`);
    if (kind === 'other') return wrong(`'${value}' is not a directory.`);
    return PROGRAMS.map(nameOf)
      .filter((program) => !world.hasProgram(program, value || undefined))
      .flatMap((program) => wrong(`does not contain '${program}' in '${value || '$PATH'}'`));
  };
}

/** The name of one of them. */
export function program({ world, binDir }: Programs): Rule {
  return first(
    text,
    passes((value) => {
      const name = String(value);
      if (name === '') return 'is an empty string';
      if (world.hasProgram(name, binDir || undefined)) return undefined;
      return `does not contain '${name}' in '${binDir || '$PATH'}'`;
    }),
  );
}

/** A data directory that is there and of this version, or that can be made. */
export function dataDirectory(programs: Programs): Rule {
  return first(
    text,
    passes((value) => judgeDataDirectory(String(value), programs)),
  );
}

async function judgeDataDirectory(path: string, programs: Programs): Promise<string | undefined> {
  const { world } = programs;
  if (path === '') return 'is an empty string';
  const kind = world.kindOf(path);
  if (kind === 'missing') return undefined;
  if (kind === 'other') return 'is not a directory';
  const isCluster = world.kindOf(join(path, 'global/pg_control')) === 'other';
  const names = world.list(path).filter((name) => !/^\.|^lost\+found$/.test(name));
  if (!isCluster && names.length === 0) return undefined;
  if (world.kindOf(join(path, 'PG_VERSION')) === 'missing') {
    return "doesn't look like a valid data directory";
  }
  const version = world.readText(join(path, 'PG_VERSION')).trim();
  const walDirectory = Number(version) >= 10 ? 'pg_wal' : 'pg_xlog';
  if (world.kindOf(join(path, walDirectory)) !== 'directory') {
    return `data dir for the cluster is not empty, but doesn't contain "${walDirectory}" directory`;
  }
  return otherVersion(version, programs);
}

async function otherVersion(
  version: string,
  { world, binDir, nameOf }: Programs,
): Promise<string | undefined> {
  const name = nameOf('postgres');
  try {
    const installed = await world.majorVersion(binDir ? join(binDir, name) : name);
    if (installed === version) return undefined;
    return (
      `data_dir directory postgresql version (${version}) doesn't match with ` +
      `'postgres --version' output (${installed})`
    );
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return `Failed to get postgres version: ${why}`;
  }
}
