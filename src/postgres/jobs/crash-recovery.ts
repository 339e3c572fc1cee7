import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { confFiles, dataVersion, writeSignals } from '../conf/conf-files.ts';
import { type ControlData, readControlData } from '../control-data.ts';
import { archiveReady, keepArchivedWal } from './archive-ready.ts';
import { fail, type JobRun, stopIfCancelled } from './context.ts';
import { lastLines } from './hooks/run-hook.ts';
import { runTool } from './run-tool.ts';
import { killOrphans } from './server-processes.ts';

/**
 * Lets PostgreSQL replay what a crash of a primary left, and stop in order, with nobody connected.
 * Never with a `backup_label`: the end of a base backup is not known to it so (P#3577).
 */
export async function crashRecovery(run: JobRun): Promise<void> {
  const config = run.config();
  const { dataDir } = config;
  await checkRecoverable(run);
  if (!(await killOrphans(dataDir))) fail('processes of PostgreSQL cannot be killed');
  await archiveReady(run);
  await keepArchivedWal(dataDir);
  stopIfCancelled(run);
  // Without a postmaster it cannot be a standby.
  await writeSignals(config, false);
  const { failure, stderr } = await runTool(run, {
    name: 'postgres',
    args: [
      ...['--single', '-D', dataDir, '-c', `config_file=${confFiles(config).conf}`],
      // WAL that waits for an archive is kept.
      ...['-c', 'archive_mode=on', '-c', 'archive_command=false', 'template1'],
    ],
    env: { LC_ALL: 'C' },
    stdin: '',
  });
  if (failure !== undefined) fail([failure, ...lastLines(stderr)].join(': '));
  const { state } = await controlData(run);
  if (state !== 'shut down') fail(`after the recovery the server is ${state}`);
}

async function checkRecoverable(run: JobRun): Promise<void> {
  const { dataDir } = run.config();
  if (await run.server.find()) fail('the server runs');
  if (run.markers.has('rewinding')) fail('the data directory is half-rewound');
  if (run.markers.has('bootstrapping')) fail('the data directory is unfinished');
  if ((await dataVersion(dataDir)) === undefined) fail('there is no cluster in the data directory');
  if (existsSync(join(dataDir, 'backup_label'))) fail('there is a backup_label');
  const { state } = await controlData(run);
  if (STANDBY_STATES.includes(state)) fail('the directory is that of a standby');
}

const STANDBY_STATES: readonly string[] = ['shut down in recovery', 'in archive recovery'];

async function controlData(run: JobRun): Promise<ControlData> {
  const config = run.config();
  const control = await readControlData(config, config.dataDir);
  return control.ok ? control.data : fail(control.failure);
}
