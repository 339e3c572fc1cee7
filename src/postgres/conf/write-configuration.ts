import { mkdir, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { PostgresConfig } from '../../model/postgres-config.ts';
import { confFiles, includedFile, keepBase } from './conf-files.ts';
import { parseConninfo } from './conninfo.ts';
import type { Settings } from './forced.ts';
import { acceptable, complaintsAbout } from './judge.ts';
import { loginsAt, passwordLines } from './password-file.ts';
import { postgresqlConf, withoutOwnWords, withoutSettings } from './postgresql-conf.ts';
import { isRecoveryParameter } from './recovery-names.ts';
import { recoverySettings, type Upstream } from './recovery-settings.ts';
import { serverSettings } from './server-settings.ts';
import { fileModeIn, readIfThere, writeIfChanged } from './write-file.ts';

/** All that the files of a server follow from. */
export interface Wanted {
  readonly config: PostgresConfig;
  /** Version of the data. */
  readonly major: number;
  readonly syncNames: string | undefined;
  /** Undefined: a primary, which has no settings of recovery. */
  readonly standby: { readonly upstream: Upstream | undefined } | undefined;
}

export interface Written {
  /** PostgreSQL has to read its files again. */
  readonly changed: boolean;
  readonly hbaChanged: boolean;
  /** What is in effect after a start. */
  readonly settings: ReadonlyMap<string, string>;
  readonly warnings: readonly string[];
}

/**
 * Writes `postgresql.conf`, `pg_hba.conf`, `pg_ident.conf` and the password file where they are not
 * as wanted. Rejects when one cannot be written; those before it are written then.
 */
export async function writeConfiguration(wanted: Wanted): Promise<Written> {
  const { config, standby } = wanted;
  const mode = await fileModeIn(config.dataDir);
  const files = confFiles(config);
  await keepBase(config, mode);
  // Before the server that is to log in with it reads where to connect.
  if (standby?.upstream) await writePasswords(config, standby.upstream);
  const conf = await writeConf(wanted, mode);
  await cleanAutoConf(files.auto, mode);
  const { settings } = conf;
  const hba =
    settings.get('hba_file') === files.hba && (await writeLines(files.hba, config.pgHba, mode));
  const ident =
    settings.get('ident_file') === files.ident &&
    (await writeLines(files.ident, config.pgIdent, mode));
  return {
    changed: conf.changed || hba || ident,
    hbaChanged: hba,
    settings,
    warnings: conf.warnings,
  };
}

/** The password file for whom a server connects to; nothing without a password. */
export async function writePasswordFile(pgpass: string, text: string): Promise<void> {
  if (text === '') return;
  await mkdir(dirname(pgpass), { recursive: true });
  await writeIfChanged(pgpass, text, 0o600);
}

async function writePasswords(config: PostgresConfig, { conninfo }: Upstream): Promise<void> {
  const params = parseConninfo(conninfo);
  const [host, port] = [params?.get('host'), Number(params?.get('port') ?? 5432)];
  if (host === undefined) return;
  await writePasswordFile(config.pgpass, passwordLines(loginsAt(config, { host, port })));
}

/** What PostgreSQL does not take is found out in rounds: unknown names first, then values. */
const ROUNDS = 4;

async function writeConf(wanted: Wanted, mode: number): Promise<Settings & { changed: boolean }> {
  const { config, major, syncNames } = wanted;
  const { conf, hba, ident } = confFiles(config);
  const made = serverSettings(config, { major, syncNames });
  const warnings = [...made.warnings];
  let settings = withFiles(made.settings, { hba_file: hba, ident_file: ident });
  const before = await readIfThere(conf);
  for (let round = 1; round <= ROUNDS; round++) {
    const text = textOf(wanted, settings);
    if (text === before) return { settings, warnings, changed: false };
    // What changed is ours, and PostgreSQL took the rest before.
    if (withoutOwnWords(text) === withoutOwnWords(before ?? '')) break;
    const judged = await judge(wanted, { settings, text, mode });
    if (judged.warnings.length === 0) break;
    settings = judged.settings;
    warnings.push(...judged.warnings);
  }
  const changed = await writeIfChanged(conf, textOf(wanted, settings), mode);
  return { settings, warnings, changed };
}

interface Draft {
  readonly settings: ReadonlyMap<string, string>;
  readonly text: string;
  readonly mode: number;
}

/** The text is judged where it is to stand: what it includes is looked for beside it. */
async function judge({ config }: Wanted, { settings, text, mode }: Draft): Promise<Settings> {
  const draft = `${confFiles(config).conf}.draft`;
  await writeIfChanged(draft, text, mode);
  try {
    const dataDir = resolve(config.dataDir);
    const lines = await complaintsAbout({ places: config, dataDir, confFile: draft });
    // A binary that cannot be asked is found out when it is to start.
    return acceptable(settings, lines ?? []);
  } finally {
    await rm(draft, { force: true });
  }
}

/** Where the files of access are is said by us, unless somebody wants others. */
function withFiles(
  settings: ReadonlyMap<string, string>,
  files: Readonly<Record<string, string>>,
): ReadonlyMap<string, string> {
  return new Map([...Object.entries(files), ...settings]);
}

function textOf({ config, standby, major }: Wanted, settings: ReadonlyMap<string, string>): string {
  const recovery = standby && {
    upstream: standby.upstream,
    settings: recoverySettings(config, standby.upstream, major),
  };
  return postgresqlConf({ include: includedFile(config), settings, recovery });
}

async function cleanAutoConf(path: string, mode: number): Promise<void> {
  const text = await readIfThere(path);
  if (text === undefined) return;
  const cleaned = withoutSettings(text, isRecoveryParameter);
  if (cleaned !== text) await writeIfChanged(path, cleaned, mode);
}

/** Undefined: the file is left alone. */
async function writeLines(
  path: string,
  lines: readonly string[] | undefined,
  mode: number,
): Promise<boolean> {
  if (lines === undefined || lines.length === 0) return false;
  return writeIfChanged(path, `${lines.join('\n')}\n`, mode);
}
