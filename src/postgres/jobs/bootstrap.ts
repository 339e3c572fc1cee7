import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { confFiles, dataVersion } from '../conf/conf-files.ts';
import { formatConninfo } from '../conf/conninfo.ts';
import { type Connection, connect } from '../connect.ts';
import { fail, type JobRun, stopIfCancelled } from './context.ts';
import { isEmptyDirectory, setAside } from './copy/data-directory.ts';
import { lastLines, runHook } from './hooks/run-hook.ts';
import { createRoles, keepSecrets, setSuperuser } from './roles.ts';
import { runTool } from './run-tool.ts';
import { waitUntilReady } from './start.ts';
import { stopAtOnceQuietly, stopQuietly } from './stop.ts';
import { toolArguments } from './tool-options.ts';

/** Decided by the agent, or written to places that are not for secrets. */
const FORBIDDEN = ['pgdata', 'nosync', 'pwfile', 'pwprompt', 'sync-only', 'version'];

/**
 * Makes a new cluster, runs its scripts and leaves it stopped. Until it is part of a cluster nobody
 * but this job can connect: the mark `bootstrapping` stays.
 */
export async function bootstrap(run: JobRun): Promise<void> {
  const { method } = run.bootstrap();
  if (method) fail(`the bootstrap method ${method.name} is not supported: only initdb is`);
  await stopAtOnceQuietly(run);
  await makeRoom(run);
  // Nobody else can get at what is in it: a directory of ours only, for sockets and secrets.
  const privateDir = await mkdtemp(join(tmpdir(), 'pgherd-'));
  try {
    await initdb(run, privateDir);
    run.configuration.forget();
    await startPrivately(run, privateDir);
    await furnish(run, privateDir);
    await stopQuietly({ mode: 'fast', checkpoint: false, limit: undefined }, run);
  } finally {
    // After a failure it may still run.
    await stopAtOnceQuietly(run);
    await rm(privateDir, { recursive: true, force: true });
  }
}

/** What an earlier bootstrap left is put aside; other data are not touched. */
async function makeRoom(run: JobRun): Promise<void> {
  const { dataDir } = run.config();
  if (!(await isEmptyDirectory(dataDir))) {
    if (!run.markers.has('bootstrapping')) fail('the data directory is not empty');
    run.log(`what was there is now ${await setAside(dataDir)}`);
  }
  stopIfCancelled(run);
  await run.markers.set('bootstrapping');
}

async function initdb(run: JobRun, privateDir: string): Promise<void> {
  const config = run.config();
  const { superuser } = config;
  const { args, refused } = toolArguments('initdb', run.bootstrap().initdbOptions, FORBIDDEN);
  if (refused.length > 0) fail(refused.join('; '));
  const given = [...args];
  if (superuser.username !== undefined) given.push(`--username=${superuser.username}`);
  const file = join(privateDir, 'password');
  if (superuser.password !== undefined) {
    await writeFile(file, superuser.password, { mode: 0o600, flag: 'wx' });
    given.push(`--pwfile=${file}`);
  }
  const { failure, stderr } = await runTool(run, {
    name: 'initdb',
    args: ['-D', config.dataDir, ...given],
  });
  await rm(file, { force: true });
  if (failure !== undefined) fail([failure, ...lastLines(stderr).slice(-1)].join(': '));
  await addAccessRules(run);
}

/** Rules for a new cluster only, after those of initdb; unless all rules are configured. */
async function addAccessRules(run: JobRun): Promise<void> {
  const config = run.config();
  const rules = run.bootstrap().pgHba ?? [];
  if (config.pgHba?.length || rules.length === 0) return;
  await appendFile(confFiles(config).hba, `\n${rules.join('\n')}\n`);
}

/** Starts the new server where only this job finds it, whatever its rules of access are. */
async function startPrivately(run: JobRun, privateDir: string): Promise<void> {
  const rules = join(privateDir, 'pg_hba.conf');
  await writeFile(rules, 'local all all trust\n', { mode: 0o600 });
  const options = await run.configuration.prepareStart({
    role: 'primary',
    from: undefined,
    controlFile: undefined,
  });
  stopIfCancelled(run);
  const postmaster = await run.server.launch([
    ...options,
    '--listen_addresses=',
    `--unix_socket_directories=${privateDir}`,
    `--hba_file=${rules}`,
    '--archive_mode=off',
  ]);
  await waitUntilReady(postmaster, run, run.config().pgCtlTimeout);
}

/** Roles and scripts, in Patroni's order. */
async function furnish(run: JobRun, privateDir: string): Promise<void> {
  const config = run.config();
  const { postBootstrap } = run.bootstrap();
  const { signal, log } = run;
  const connection = await connect({
    host: privateDir,
    port: config.port,
    database: 'postgres',
    credentials: config.superuser,
    timeoutMs: 10_000,
  });
  const close = (): void => connection.close();
  signal.addEventListener('abort', close, { once: true });
  try {
    const major = (await dataVersion(config.dataDir)) ?? 0;
    await keepSecrets(connection, major);
    await setSuperuser(connection, config);
    if (postBootstrap !== undefined) {
      const args = [connectionString(run, { privateDir, major })];
      const env = { PGOPTIONS: '-c synchronous_commit=local -c statement_timeout=0' };
      const hook = { what: 'post_bootstrap', command: postBootstrap, args, env, signal, log };
      const failure = await runHook(hook);
      if (failure !== undefined) fail(failure);
    }
    stopIfCancelled(run);
    await createRoles(connection, config);
    await finish(connection);
  } finally {
    signal.removeEventListener('abort', close);
    close();
  }
}

function connectionString(
  run: JobRun,
  { privateDir, major }: { readonly privateDir: string; readonly major: number },
): string {
  const { superuser, port } = run.config();
  const user = superuser.username === undefined ? {} : { user: superuser.username };
  return formatConninfo({ dbname: 'postgres', ...user, host: privateDir, port }, major);
}

async function finish(connection: Connection): Promise<void> {
  await connection.query('CHECKPOINT', { timeoutMs: 600_000 });
}
