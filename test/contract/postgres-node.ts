import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobOutcome, JobSpec } from '../../src/ha/job.ts';
import type { Source } from '../../src/model/postgres.ts';
import type { BootstrapConfig, PostgresConfig } from '../../src/model/postgres-config.ts';
import { Configuration } from '../../src/postgres/conf/configuration.ts';
import { type ControlData, readControlData } from '../../src/postgres/control-data.ts';
import type { JobContext } from '../../src/postgres/jobs/context.ts';
import { Callbacks } from '../../src/postgres/jobs/hooks/callbacks.ts';
import { runJob, type ServerJob } from '../../src/postgres/jobs/run-job.ts';
import { ServerProcess } from '../../src/postgres/jobs/server-process.ts';
import { serverProcesses } from '../../src/postgres/jobs/server-processes.ts';
import { Markers } from '../../src/postgres/markers.ts';
import { findPostmaster, readPidFile } from '../../src/postgres/postmaster.ts';
import { LocalSession, localTarget } from '../../src/postgres/session.ts';
import { freePorts } from '../harness/ports.ts';
import { postgresConfig, temporaryDirectory } from '../harness/postgres.ts';
import { atExit, sendSignal } from '../harness/processes.ts';

const nodes = new Set<TestNode>();

/** For the end of a file of tests: whatever its tests left is ended and removed. */
export async function removeNodes(): Promise<void> {
  for (const node of nodes) {
    node.context.session.close();
    for (const process of serverProcesses(node.config.dataDir)) sendSignal(process.pid, 'SIGKILL');
    await rm(node.directory, { recursive: true, force: true, maxRetries: 10 });
  }
  nodes.clear();
}

/** The parts of an agent that do the jobs, around one data directory. */
export class TestNode {
  /** What the configuration says now; a test may change it. */
  config: PostgresConfig;
  bootstrap: BootstrapConfig;
  forbidden: string | undefined;
  readonly directory: string;
  readonly lines: string[] = [];
  readonly context: JobContext;

  constructor(directory: string, config: PostgresConfig) {
    this.directory = directory;
    this.config = config;
    this.bootstrap = {
      dcs: {},
      initdbOptions: [{ name: 'no-sync' }],
      pgHba: undefined,
      postBootstrap: undefined,
      method: undefined,
    };
    const getConfig = (): PostgresConfig => this.config;
    const log = (line: string): void => {
      this.lines.push(line);
    };
    const session = new LocalSession({
      target: async () => {
        const pidFile = await readPidFile(this.config.dataDir);
        if (!pidFile) throw new Error('the server does not run');
        return localTarget(this.config, pidFile);
      },
      onLost: () => {},
    });
    const callbacks = new Callbacks({ config: getConfig, log });
    const server = new ServerProcess({
      config: getConfig,
      logFile: join(directory, 'postgres.log'),
      onExit: () => {},
    });
    this.context = {
      config: getConfig,
      bootstrap: () => this.bootstrap,
      configuration: new Configuration({
        config: getConfig,
        session,
        log,
        onReload: () => callbacks.call('on_reload', callbacks.role ?? 'replica'),
      }),
      server,
      session,
      markers: new Markers(join(directory, 'state')),
      callbacks,
      log,
      forbids: () => this.forbidden,
    };
    nodes.add(this);
    atExit(() => {
      for (const process of serverProcesses(this.config.dataDir)) {
        sendSignal(process.pid, 'SIGKILL');
      }
    });
  }

  get connUrl(): string {
    return `postgres://127.0.0.1:${this.config.port}/postgres`;
  }

  /** This node, as another sees it. */
  source(slot?: string): Source {
    const base = { name: this.config.memberName, connUrl: this.connUrl };
    return slot === undefined ? base : { ...base, slot };
  }

  run(spec: ServerJob, signal = new AbortController().signal): Promise<JobOutcome> {
    return runJob(spec, signal, this.context);
  }

  /** Runs a job that must do well. */
  async do(spec: ServerJob): Promise<void> {
    const outcome = await this.run(spec);
    if (!outcome.ok) throw new Error(`${spec.kind}: ${outcome.failure}\n${this.lines.join('\n')}`);
  }

  /** Why a job that must fail failed. */
  async failure(spec: ServerJob): Promise<string> {
    const outcome = await this.run(spec);
    if (outcome.ok) throw new Error(`${spec.kind} did well`);
    return outcome.failure;
  }

  async value(sql: string): Promise<unknown> {
    const [rows] = await this.context.session.query(`${sql} AS value`, { timeoutMs: 10_000 });
    return rows?.[0]?.value;
  }

  async sql(text: string): Promise<void> {
    await this.context.session.query(text, { timeoutMs: 10_000 });
  }

  async control(): Promise<ControlData> {
    const result = await readControlData(this.config, this.config.dataDir);
    if (!result.ok) throw new Error(result.failure);
    return result.data;
  }

  async runs(): Promise<boolean> {
    return (await findPostmaster(this.config)) !== undefined;
  }

  path(...names: string[]): string {
    return join(this.config.dataDir, ...names);
  }

  read(...names: string[]): string {
    return readFileSync(this.path(...names), 'utf8');
  }

  async stop(): Promise<void> {
    this.forbidden = undefined;
    await this.do(STOP_NOW);
    this.context.session.close();
  }
}

export const STOP_NOW = {
  kind: 'stop',
  mode: 'immediate',
  checkpoint: false,
  limit: undefined,
} as const satisfies JobSpec;

export const STOP = { ...STOP_NOW, mode: 'fast' } as const satisfies JobSpec;

export const START_PRIMARY = {
  kind: 'start',
  as: 'primary',
  from: undefined,
} as const satisfies JobSpec;

/** A node of a new directory, with nothing in it. */
export async function newNode(
  memberName: string,
  changes: Partial<PostgresConfig> = {},
): Promise<TestNode> {
  const directory = temporaryDirectory();
  const [port = 0] = await freePorts(1);
  const config = postgresConfig(directory, port, { memberName, ...changes });
  return new TestNode(directory, config);
}
