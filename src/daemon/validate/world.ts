import { execFile } from 'node:child_process';
import { lookup } from 'node:dns/promises';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isRunnable } from '../../system/programs.ts';

/** What a configuration is checked against. */
export interface ValidationWorld {
  /** True when something listens there, or answers. Rejects when the name cannot be resolved. */
  answers(host: string, port: number): Promise<boolean>;
  /** True for a program in this directory, or in PATH when there is none. */
  hasProgram(name: string, directory: string | undefined): boolean;
  kindOf(path: string): 'directory' | 'other' | 'missing';
  /** Names in a directory. */
  list(path: string): readonly string[];
  readText(path: string): string;
  /** The major version that this `postgres` has: `15`. Rejects when it cannot be asked. */
  majorVersion(program: string): Promise<string>;
}

/** How long a connection may take before nobody counts as there. */
const CONNECT_MS = 3000;
const VERSION_MS = 5000;

/** This machine. */
export const realWorld: ValidationWorld = {
  async answers(host, port) {
    const { address } = await lookup(host);
    return canConnect(address, port);
  },
  hasProgram: (name, directory) =>
    directory ? isRunnable(join(directory, name), undefined) : isRunnable(name, process.env.PATH),
  kindOf(path) {
    if (!existsSync(path)) return 'missing';
    return statSync(path).isDirectory() ? 'directory' : 'other';
  },
  list: (path) => readdirSync(path),
  readText: (path) => readFileSync(path, 'utf8'),
  async majorVersion(program) {
    const { stdout } = await promisify(execFile)(program, ['--version'], { timeout: VERSION_MS });
    const version = /^\S+ \S+ (\d+)(?:\.(\d+))?/.exec(stdout);
    const [, major = '', minor = ''] = version ?? [];
    // Before 10 the major version had two numbers.
    return Number(major) < 10 ? `${major}.${minor}` : major;
  },
};

function canConnect(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: CONNECT_MS });
    const end = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(false));
  });
}
