import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { PostgresConfig } from '../../model/postgres-config.ts';
import { isWrittenByAgent } from './postgresql-conf.ts';
import { fileModeIn, readIfThere, syncDirectory, writeIfChanged } from './write-file.ts';

/** Where the files are that are written. */
export interface ConfFiles {
  readonly conf: string;
  /** The `postgresql.conf` of before; ours includes it. */
  readonly base: string;
  readonly hba: string;
  readonly ident: string;
  /** What ALTER SYSTEM writes. */
  readonly auto: string;
  /** There: PostgreSQL starts as a standby. */
  readonly standbySignal: string;
  readonly recoverySignal: string;
}

const BASE_NAME = 'postgresql.base.conf';

/** The files of a configuration. */
export function confFiles(config: Pick<PostgresConfig, 'dataDir' | 'configDir'>): ConfFiles {
  const [dataDir, configDir] = [resolve(config.dataDir), resolve(config.configDir)];
  return {
    conf: join(configDir, 'postgresql.conf'),
    base: join(configDir, BASE_NAME),
    hba: join(configDir, 'pg_hba.conf'),
    ident: join(configDir, 'pg_ident.conf'),
    auto: join(dataDir, 'postgresql.auto.conf'),
    standbySignal: join(dataDir, 'standby.signal'),
    recoverySignal: join(dataDir, 'recovery.signal'),
  };
}

/** The file whose settings come before ours: as it is written behind `include`. */
export function includedFile({ customConf }: PostgresConfig): string {
  return customConf ?? BASE_NAME;
}

/**
 * Keeps the `postgresql.conf` that is there before the first of ours takes its place, under the
 * name that Patroni gives it.
 */
export async function keepBase(config: PostgresConfig, mode: number): Promise<void> {
  const { conf, base } = confFiles(config);
  if (existsSync(base)) return;
  const text = await readIfThere(conf);
  if (text !== undefined && !isWrittenByAgent(text)) {
    await rename(conf, base);
    await syncDirectory(dirname(base));
    // Somebody has removed the file that ours includes.
  } else if (config.customConf === undefined) {
    await writeIfChanged(base, '', mode);
  }
}

/** Major version of the data, e.g. 15; undefined: there is no cluster in the directory. */
export async function dataVersion(dataDir: string): Promise<number | undefined> {
  const text = await readIfThere(join(dataDir, 'PG_VERSION'));
  const major = Number.parseInt(text ?? '', 10);
  return Number.isNaN(major) ? undefined : major;
}

/** Makes the directories that the server's settings name and that are not there. */
export async function makeDirectories(
  dataDir: string,
  settings: ReadonlyMap<string, string>,
): Promise<void> {
  const names = ['unix_socket_directories', 'stats_temp_directory'];
  const paths = names.flatMap((name) => (settings.get(name) ?? '').split(','));
  for (const path of paths.map((each) => each.trim())) {
    // `@` stands for the abstract name space, which has no directories.
    if (path === '' || path.startsWith('@')) continue;
    await mkdir(resolve(dataDir, path), { recursive: true });
  }
}

/** Says with which of its two files PostgreSQL starts: as a standby, or with none as a primary. */
export async function writeSignals(config: PostgresConfig, standby: boolean): Promise<void> {
  const { standbySignal, recoverySignal } = confFiles(config);
  await rm(recoverySignal, { force: true });
  if (standby) await writeIfChanged(standbySignal, '', await fileModeIn(config.dataDir));
  else await rm(standbySignal, { force: true });
  await syncDirectory(dirname(standbySignal));
}
