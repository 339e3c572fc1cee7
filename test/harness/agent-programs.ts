import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { atExit } from './processes.ts';
import { type PatroniInstall, patroni } from './servers.ts';

/** A program that is an agent: pgherd, or Patroni to compare with. */
export interface AgentProgram {
  readonly name: 'pgherd' | 'patroni';
  /** The configuration file comes behind it. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * The agent that was built last. The user of the servers may not be able to read the checkout, so
 * it runs from a copy.
 */
export function pgherdProgram(): AgentProgram {
  if (!existsSync(join(ROOT, 'dist'))) throw new Error('There is no build: run `npm run build`');
  const copy = readableCopy('pgherd-build-');
  for (const part of ['bin', 'dist', 'package.json']) {
    cpSync(join(ROOT, part), join(copy, part), { recursive: true });
  }
  execFileSync('chmod', ['-R', 'a+rX', copy]);
  return {
    name: 'pgherd',
    argv: [process.execPath, join(copy, 'bin/run.js'), 'agent'],
    // As in contrib/pgherd-agent.service.
    env: { MALLOC_ARENA_MAX: '1', NODE_OPTIONS: '--max-semi-space-size=1' },
  };
}

/**
 * The programs of PostgreSQL 18, where `scripts/postgres18.ts` could get them, at a place that every
 * user can read; undefined where not.
 */
export function postgres18(): string | undefined {
  const place = join(ROOT, '.cache/postgres18/postgresql');
  if (!existsSync(join(place, 'bin/postgres'))) return undefined;
  const copy = join(readableCopy('pgherd-postgres-'), '18');
  cpSync(place, copy, { recursive: true });
  execFileSync('chmod', ['-R', 'a+rX', join(copy, '..')]);
  return join(copy, 'bin');
}

/**
 * Patroni's daemon. One that is unpacked, and not installed, runs from a copy as well, with its
 * Python compiled.
 */
export function patroniProgram(install: PatroniInstall = patroni('4.1')): AgentProgram {
  const argv = ['/usr/bin/python3', '-m', 'patroni'];
  const env = { PYTHONDONTWRITEBYTECODE: '1' };
  if (!install.unpacked) return { name: 'patroni', argv, env };
  const modules = readableCopy('pgherd-python-');
  cpSync(install.modules, modules, { recursive: true });
  execFileSync('chmod', ['-R', 'a+rX', modules]);
  execFileSync('/usr/bin/python3', ['-m', 'compileall', '-q', modules]);
  return { name: 'patroni', argv, env: { ...env, PYTHONPATH: modules } };
}

function readableCopy(prefix: string): string {
  const directory = mkdtempSync(join(tmpdir(), prefix));
  atExit(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
