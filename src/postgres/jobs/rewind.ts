import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { JobSpec } from '../../ha/job.ts';
import { confFiles, dataVersion, writeSignals } from '../conf/conf-files.ts';
import { readControlData } from '../control-data.ts';
import { programVersion } from '../programs.ts';
import { archiveReady, configuredSetting } from './archive-ready.ts';
import { fail, type JobRun, stopIfCancelled } from './context.ts';
import { HeldWal } from './held-wal.ts';
import { lastLines } from './hooks/run-hook.ts';
import { runTool } from './run-tool.ts';
import { killOrphans } from './server-processes.ts';
import { toolLogin } from './tool-login.ts';
import { toolArguments } from './tool-options.ts';

const CLEAN: readonly string[] = ['shut down', 'shut down in recovery'];

const FORBIDDEN = [
  ...['target-pgdata', 'source-pgdata', 'source-server', 'config-file', 'restore-target-wal'],
  ...['write-recovery-conf', 'no-ensure-shutdown', 'dry-run', 'version'],
];

/** pg_rewind prints this when it has compared everything, and begins to write. */
const WRITES_NOW = /\bneed to copy\b/;

/**
 * Takes back what the source does not have. The mark `rewinding` is there from before pg_rewind to
 * its good end: half-rewound data must not be started. Only when it surely had not begun to write
 * does the mark go after a failure.
 */
export async function rewind(
  { from }: JobSpec & { readonly kind: 'rewind' },
  run: JobRun,
): Promise<void> {
  const config = run.config();
  await checkTarget(run);
  const login = await toolLogin(from, config.rewind ?? config.superuser, run);
  if (!(await killOrphans(config.dataDir))) fail('processes of PostgreSQL cannot be killed');
  await archiveReady(run);
  // As the standby that it is to be: pg_rewind looks for the restore_command in its files.
  await run.configuration.prepareStart({ role: 'standby', from, controlFile: undefined });
  const args = [...(await ownArguments(run)), `--source-server=${login.conninfo}`];
  stopIfCancelled(run);
  const ownWal = await HeldWal.hold(config.dataDir);
  try {
    await runMarked(run, { args, env: { ...login.env, LC_ALL: 'C' }, ownWal });
  } finally {
    await ownWal.close();
  }
}

interface Prepared {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly ownWal: HeldWal;
}

/** pg_rewind itself, and what has to be done before the data may count as whole again. */
async function runMarked(run: JobRun, { args, env, ownWal }: Prepared): Promise<void> {
  const { dataDir } = run.config();
  await run.markers.set('rewinding');
  let written = false;
  const { failure, end, stderr } = await runTool(run, {
    ...{ name: 'pg_rewind', args, env },
    onLine: (line) => {
      written ||= WRITES_NOW.test(line);
      ownWal.listen(line);
    },
  });
  if (failure !== undefined) {
    if (!written || end === 'not-started') await run.markers.clear('rewinding');
    fail([failure, ...lastLines(stderr)].join(': '));
  }
  const kept = await ownWal.putBack(dataDir);
  if (kept.length > 0) run.log(`kept WAL that the source does not have: ${kept.join(', ')}`);
  // The files of the source have come with it. Whoever starts it now, it is no second primary.
  await writeSignals(run.config(), true);
  run.configuration.forget();
  await run.markers.clear('rewinding');
}

/** Ends the job where pg_rewind has nothing to look for. */
async function checkTarget(run: JobRun): Promise<void> {
  const config = run.config();
  if (await run.server.find()) fail('the server runs');
  if (run.markers.has('rewinding')) fail('the data directory is half-rewound');
  if (run.markers.has('bootstrapping')) fail('the data directory is unfinished');
  if ((await dataVersion(config.dataDir)) === undefined) {
    fail('there is no cluster in the data directory');
  }
  if (existsSync(join(config.dataDir, 'backup_label'))) {
    fail('the target is a copy that was never started');
  }
  const control = await readControlData(config, config.dataDir);
  if (!control.ok) fail(control.failure);
  if (!CLEAN.includes(control.data.state)) fail('target server must be shut down cleanly');
}

/** With a `restore_command` pg_rewind fetches WAL that the target has recycled already. */
async function ownArguments(run: JobRun): Promise<string[]> {
  const config = run.config();
  const major = Math.trunc((await programVersion(config)) / 10_000);
  const { args, refused } = toolArguments('rewind', config.rewindOptions, FORBIDDEN);
  for (const line of refused) run.log(line, 'warning');
  const inside = resolve(config.configDir) === resolve(config.dataDir);
  const canRestore = major >= 15 || (major >= 13 && inside);
  const restores = canRestore && (await configuredSetting(config, 'restore_command'));
  return [
    ...[`--target-pgdata=${config.dataDir}`, '--progress', ...args],
    ...(restores ? ['--restore-target-wal'] : []),
    ...(restores && !inside ? [`--config-file=${confFiles(config).conf}`] : []),
  ];
}
