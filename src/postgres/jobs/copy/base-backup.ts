import { dataVersion } from '../../conf/conf-files.ts';
import { programVersion } from '../../programs.ts';
import type { ProgramResult } from '../../run-program.ts';
import { fail, type JobRun } from '../context.ts';
import { lastLines } from '../hooks/run-hook.ts';
import { runTool } from '../run-tool.ts';
import type { ToolLogin } from '../tool-login.ts';
import { toolArguments } from '../tool-options.ts';

/** Decided by the agent, or of no use in a copy that is to run (Patroni: basebackup). */
const FORBIDDEN = [
  ...['pgdata', 'format', 'wal-method', 'xlog-method', 'gzip', 'version', 'slot', 'create-slot'],
  ...['write-recovery-conf', 'dbname', 'host', 'port', 'username', 'password'],
];

/** How a source is connected to for a copy. */
export interface CopySource extends ToolLogin {
  readonly slot: string | undefined;
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
  const { args, refused } = await backupArguments(run);
  for (const line of refused) run.log(line, 'warning');
  return runTool(run, {
    name: 'pg_basebackup',
    args: [
      ...[`--pgdata=${target}`, '--wal-method=stream', `--dbname=${source.conninfo}`],
      ...['--no-password', '--progress', '--verbose'],
      ...(source.slot === undefined ? [] : [`--slot=${source.slot}`]),
      ...args,
    ],
    env: { ...source.env, LC_ALL: 'C' },
  });
}

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

/** Ends the job unless there is a cluster in the directory. */
export async function expectCluster(directory: string, what: string): Promise<void> {
  if ((await dataVersion(directory)) === undefined) fail(`${what} made no cluster`);
}
