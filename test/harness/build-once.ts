import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Builds pgherd where it has not been built: `make test` builds first, `vitest` alone does not. */
export function setup(): void {
  if (existsSync(`${ROOT}dist/main.js`) && existsSync(`${ROOT}oclif.manifest.json`)) return;
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: ROOT, stdio: 'inherit' });
}
