import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, renameSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { PostgresConfig } from '../../model/postgres-config.ts';
import { findPostmaster, readPidFile } from '../postmaster.ts';
import { findProcess, isAlive, type ProcessIdentity } from '../process-table.ts';
import { programPath } from '../programs.ts';
import { childEnvironment } from '../run-program.ts';
import { unlistedPostmaster } from './server-processes.ts';

export interface ServerProcessOptions {
  readonly config: () => PostgresConfig;
  /** What the postmaster prints before, or without, its logging collector. */
  readonly logFile: string;
  /** A postmaster that this agent started has ended. */
  readonly onExit: () => void;
}

/** A log file that is larger than this is put aside before a start. */
const LOG_LIMIT = 10 * 1024 * 1024;
/** Of the log, for the reason of a failure. */
const TAIL = 8192;

/**
 * The postmaster of this node's data directory, whoever started it. It is no part of the agent: it
 * goes on when the agent ends.
 */
export class ServerProcess {
  readonly #options: ServerProcessOptions;
  /** Started by us; until it has written its pid file nobody else knows of it. */
  #launched: ProcessIdentity | undefined;

  constructor(options: ServerProcessOptions) {
    this.#options = options;
  }

  /** The postmaster that runs, or that was just started, whatever files say; undefined: none. */
  async find(): Promise<ProcessIdentity | undefined> {
    if (this.#launched && isAlive(this.#launched)) return this.#launched;
    this.#launched = undefined;
    const config = this.#options.config();
    return (await findPostmaster(config))?.identity ?? unlistedPostmaster(config.dataDir);
  }

  /**
   * Starts the postmaster with these options. Resolves when it is a process; what becomes of it is
   * seen later. Rejects when the program cannot be run.
   */
  async launch(options: readonly string[]): Promise<ProcessIdentity> {
    const config = this.#options.config();
    const env = { ...childEnvironment(), ...(await this.#ignoredOwner(config)) };
    const log = openLog(this.#options.logFile);
    const args = ['-D', config.dataDir, ...options];
    const child = spawn(programPath(config, 'postgres'), args, {
      env,
      // It goes there anyway. So from its first moment the guard sees it, also when this agent is
      // killed in this very moment.
      cwd: config.dataDir,
      stdio: ['ignore', log, log],
      // Neither a signal to our process group nor our end may reach it.
      detached: true,
    });
    closeSync(log);
    child.once('exit', () => this.#options.onExit());
    await started(child);
    child.unref();
    this.#launched = findProcess(child.pid ?? 0);
    // It may have ended at once: then it has no identity, and its log says why.
    return this.#launched ?? { pid: child.pid ?? 0, startTicks: -1 };
  }

  /** What the postmaster printed last. */
  async logTail(): Promise<string> {
    const file = await open(this.#options.logFile, 'r');
    try {
      const { size } = await file.stat();
      const from = Math.max(0, size - TAIL);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, undefined, from);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  }

  /**
   * A process that has got the number in a stale `postmaster.pid` would keep the server from
   * starting. This variable says that it is not the owner of the file (miscinit.c,
   * CreateLockFile; Patroni's PostmasterProcess.start). Removing the file instead is not safe.
   */
  async #ignoredOwner(config: PostgresConfig): Promise<Record<string, string>> {
    const file = await readPidFile(config.dataDir);
    if (file === undefined || file.standalone || findProcess(file.pid) === undefined) return {};
    return { PG_GRANDPARENT_PID: String(file.pid) };
  }
}

function openLog(path: string): number {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LOG_LIMIT) renameSync(path, `${path}.1`);
  return openSync(path, 'a', 0o600);
}

function started(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
}
