import type { Source } from '../../../model/postgres.ts';
import { dataVersion } from '../../conf/conf-files.ts';
import { formatConninfo } from '../../conf/conninfo.ts';
import { loginsAt, passwordLines } from '../../conf/password-file.ts';
import { replicationParams } from '../../conf/recovery-settings.ts';
import { sourceAddress } from '../../conf/source-address.ts';
import { writePasswordFile } from '../../conf/write-configuration.ts';
import { programPath, programVersion } from '../../programs.ts';
import { type ProgramResult, runProgram } from '../../run-program.ts';
import { slotIsThere } from '../../slot-there.ts';
import { fail, type JobRun } from '../context.ts';
import { lastLines } from '../hooks/run-hook.ts';
import { toolArguments } from '../tool-options.ts';

/** Decided by the agent, or of no use in a copy that is to run (Patroni: basebackup). */
const FORBIDDEN = [
  ...['pgdata', 'format', 'wal-method', 'xlog-method', 'gzip', 'version', 'slot', 'create-slot'],
  ...['write-recovery-conf', 'dbname', 'host', 'port', 'username', 'password'],
];

/** Between two lines of progress in the log. */
const PROGRESS_MS = 10_000;

/** How a source is connected to for a copy; the password is in its file. */
export interface CopySource {
  readonly conninfo: string;
  readonly slot: string | undefined;
  /** Environment for programs that connect with it. */
  readonly env: Readonly<Record<string, string>>;
}

/** Writes the password file for this source. */
export async function prepareSource(source: Source, run: JobRun): Promise<CopySource> {
  const config = run.config();
  const address = sourceAddress(source);
  if (!address) fail(`${source.name} does not say how to reach it`);
  const major = Math.trunc((await programVersion(config)) / 10_000);
  await writePasswordFile(config.pgpass, passwordLines(loginsAt(config, address)));
  const params = { ...replicationParams(config), ...address };
  return {
    conninfo: formatConninfo(params, major),
    slot: (await slotIsThere(config, source)) ? source.slot : undefined,
    env: { PGPASSFILE: config.pgpass },
  };
}

/** Copies the source into a directory that is not there yet, all on disk when it resolves. */
export async function baseBackup(source: CopySource, target: string, run: JobRun): Promise<void> {
  const result = await attempt(source, target, run);
  if (result.failure === undefined) return;
  const { stderr } = result;
  // The leader makes a member's slot when it sees the member. Without one WAL may be missing later.
  const slotless = source.slot !== undefined && /replication slot "[^"]*" /.test(stderr);
  const last = slotless ? await attempt({ ...source, slot: undefined }, target, run) : result;
  if (last.failure !== undefined) fail([last.failure, ...lastLines(last.stderr)].join(': '));
}

async function attempt(source: CopySource, target: string, run: JobRun): Promise<ProgramResult> {
  const config = run.config();
  const { args, refused } = await backupArguments(run);
  for (const line of refused) run.log(line);
  return runProgram({
    path: programPath(config, 'pg_basebackup'),
    args: [
      ...[`--pgdata=${target}`, '--wal-method=stream', `--dbname=${source.conninfo}`],
      ...['--no-password', '--progress', '--verbose'],
      ...(source.slot === undefined ? [] : [`--slot=${source.slot}`]),
      ...args,
    ],
    env: { ...source.env, LC_ALL: 'C', PGOPTIONS: NO_TIMEOUTS },
    signal: run.signal,
    onLine: every(PROGRESS_MS, (line) => run.log(`pg_basebackup: ${line}`)),
    diesWithAgent: true,
  });
}

/** What is set for a role must not end a copy that takes hours (GitLab #7275). */
export const NO_TIMEOUTS =
  '-c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0';

async function backupArguments(run: JobRun): Promise<ReturnType<typeof toolArguments>> {
  const config = run.config();
  const version = await programVersion(config);
  const made = toolArguments('basebackup', config.basebackupOptions, FORBIDDEN);
  // Compressed by the client it would be no directory to start from.
  const isOurs = (arg: string): boolean =>
    /^--compress\b/.test(arg) && (version < 150_000 || !arg.startsWith('--compress=server'));
  const refused = made.args
    .filter(isOurs)
    .map((arg) => `${arg}: only server-side compression is possible`);
  return {
    args: made.args.filter((arg) => !isOurs(arg)),
    refused: [...made.refused, ...refused],
  };
}

/** Lets a line of progress pass now and then, and every other line at once. */
function every(ms: number, log: (line: string) => void): (line: string) => void {
  let next = 0;
  return (line) => {
    const now = performance.now();
    if (/^\s*\d+\/\d+ kB/.test(line)) {
      if (now < next) return;
      next = now + ms;
    }
    log(line.trim());
  };
}

/** Ends the job unless there is a cluster in the directory. */
export async function expectCluster(directory: string, what: string): Promise<void> {
  if ((await dataVersion(directory)) === undefined) fail(`${what} made no cluster`);
}
