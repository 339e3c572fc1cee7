import { join } from 'node:path';
import type { JobOutcome, JobSpec } from '../ha/job.ts';
import type { SlotChange } from '../ha/plan.ts';
import type { PostgresView, Source, SourceReport, SyncNames } from '../model/postgres.ts';
import type { BootstrapConfig, PostgresConfig } from '../model/postgres-config.ts';
import { formatSyncNames, parseSyncNames } from '../model/sync-names.ts';
import { Checkpoints } from './checkpoint.ts';
import { Configuration } from './conf/configuration.ts';
import { copySlots } from './copy-slots-job.ts';
import { inspect } from './inspect.ts';
import type { JobContext, JobLog } from './jobs/context.ts';
import { type CallbackRole, Callbacks } from './jobs/hooks/callbacks.ts';
import { runJob } from './jobs/run-job.ts';
import { ServerProcess } from './jobs/server-process.ts';
import { tellFollow } from './jobs/start.ts';
import { Markers } from './markers.ts';
import { Observer } from './observe/observer.ts';
import { type Postmaster, readPidFile } from './postmaster.ts';
import { LocalSession, localTarget, type SessionTarget } from './session.ts';
import { Slots } from './slots.ts';
import { SqlError } from './sql.ts';

export interface PostgresServerOptions {
  /** What is in effect now; it may be another one with each call. */
  readonly config: () => PostgresConfig;
  readonly bootstrap: () => BootstrapConfig;
  /**
   * Takes the dynamic configuration over, so that `config` answers accordingly. May throw a
   * `Refusal`: then nothing changes.
   */
  readonly adopt: (dynamic: Readonly<Record<string, unknown>>) => void;
  /** Where the agent keeps what outlives it; not in the data directory. */
  readonly stateDir: string;
  readonly log: JobLog;
  /** The server ended our session, or ended: a look is worth while. */
  readonly onChange: () => void;
  /** Asked just before the server may become a primary: why it must not. */
  readonly forbids: (spec: JobSpec) => string | undefined;
}

/** This node's PostgreSQL, as its agent sees it and deals with it. */
export class PostgresServer {
  readonly #options: PostgresServerOptions;
  readonly #session: LocalSession;
  readonly #markers: Markers;
  readonly #observer: Observer;
  readonly #configuration: Configuration;
  readonly #jobs: JobContext;
  readonly #slots: Slots;
  readonly #checkpoints: Checkpoints;
  #bootstrapping = false;
  /** What was set last: PostgreSQL's text may be understood in another way. */
  #syncNames: SyncNames = { kind: 'off' };

  constructor(options: PostgresServerOptions) {
    const { config, bootstrap, stateDir, log, onChange, forbids } = options;
    const target = (): Promise<SessionTarget> => this.#target();
    const session = new LocalSession({ target, onLost: onChange });
    const callbacks = new Callbacks({ config, log });
    this.#options = options;
    this.#session = session;
    this.#markers = new Markers(stateDir);
    this.#configuration = new Configuration({
      ...{ config, session, log },
      onReload: () => callbacks.call('on_reload', callbacks.role ?? 'replica'),
    });
    this.#observer = new Observer({
      ...{ config, session, log },
      markers: this.#markers,
      configured: {
        pendingRestart: () => this.#configuration.pendingRestart,
        upstream: () => this.#configuration.upstream(),
        syncNames: (text) =>
          text === formatSyncNames(this.#syncNames) ? this.#syncNames : parseSyncNames(text),
      },
      hidden: () => this.#bootstrapping,
    });
    const logFile = join(stateDir, 'postgres.log');
    this.#jobs = {
      ...{ config, bootstrap, session, callbacks, log, forbids },
      markers: this.#markers,
      configuration: this.#configuration,
      server: new ServerProcess({ config, logFile, onExit: onChange }),
    };
    this.#slots = new Slots({ session, target });
    this.#checkpoints = new Checkpoints(target);
  }

  /** The postmaster of the last look: whom the guard has to stop. */
  get postmaster(): Postmaster | undefined {
    return this.#observer.postmaster;
  }

  /** The programs that are told what becomes of the server. */
  get callbacks(): Pick<Callbacks, 'idle'> {
    return this.#jobs.callbacks;
  }

  /** One look; see `PostgresView`. Never rejects, and takes a few seconds at the most. */
  observe(): Promise<PostgresView> {
    return this.#observer.observe();
  }

  /**
   * Takes over the dynamic configuration: writes PostgreSQL's files and reloads it where they
   * changed. The same configuration again does nothing. Rejects when it cannot be used.
   */
  async configure(dynamic: Readonly<Record<string, unknown>>): Promise<void> {
    this.#options.adopt(dynamic);
    await this.#configuration.apply();
  }

  /** Reads the configuration that is in effect now again, and tells PostgreSQL to do so. */
  reload(): Promise<void> {
    return this.#configuration.apply({ always: true });
  }

  /** Does a long operation; aborted, it stops at the next safe point. Never rejects. */
  async run(spec: JobSpec, signal: AbortSignal): Promise<JobOutcome> {
    this.#bootstrapping = spec.kind === 'bootstrap';
    try {
      if (spec.kind !== 'copy-slots') return await runJob(spec, signal, this.#jobs);
      await copySlots(spec, { ...this.#jobs, signal });
      return { ok: true };
    } catch (error) {
      return { ok: false, cancelled: signal.aborted, failure: (error as Error).message };
    } finally {
      this.#bootstrapping = false;
    }
  }

  /** Resolves when they are in effect; rejects when they are not in a few seconds. */
  async setSyncNames(names: SyncNames): Promise<void> {
    await this.#configuration.setSyncNames(formatSyncNames(names) || undefined);
    this.#syncNames = names;
  }

  /** Points a running standby to another source. Rejects before PostgreSQL 13. */
  async follow(source: Source | undefined): Promise<void> {
    const changed = await this.#configuration.follow(source);
    if (changed) tellFollow(this.#jobs.callbacks, source);
  }

  /**
   * The agent says what the server, which runs, is. The callbacks are told of one that was found
   * running, and of a standby that has come to lead a standby cluster; else they know (Patroni:
   * run_cycle, follow).
   */
  introduce(role: CallbackRole): void {
    const { callbacks } = this.#jobs;
    if (callbacks.role === undefined) callbacks.call('on_start', role);
    else if (callbacks.role === 'replica' && role === 'standby_leader') {
      callbacks.call('on_role_change', role);
    }
  }

  /** Changes slots, in order; what takes long goes on beside. Rejects with all that failed. */
  syncSlots(changes: readonly SlotChange[]): Promise<void> {
    return this.#slots.sync(changes);
  }

  /** Begins a checkpoint, and does not wait for it. */
  checkpoint(): Promise<void> {
    return this.#checkpoints.start();
  }

  /** The data that were made belong to a cluster now. */
  finishBootstrap(): Promise<void> {
    return this.#markers.clear('bootstrapping');
  }

  /** Looks at another server. Never rejects; three seconds at the most. */
  inspect(source: Source): Promise<SourceReport> {
    return inspect(this.#options.config(), source);
  }

  /** Ends all sessions; PostgreSQL goes on. Resolves when the callbacks have ended, too. */
  async close(): Promise<void> {
    this.#session.close();
    this.#slots.close();
    this.#checkpoints.close();
    await this.#jobs.callbacks.idle();
  }

  async #target(): Promise<SessionTarget> {
    const config = this.#options.config();
    const pidFile = await readPidFile(config.dataDir);
    if (pidFile === undefined) throw new SqlError('the server does not run', undefined);
    return localTarget(config, pidFile);
  }
}
