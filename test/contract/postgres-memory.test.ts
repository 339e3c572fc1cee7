import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Internal modules of Node that a process has loaded, after it has run this. */
function loadedAfter(code: string): string[] {
  const report = `${code}; console.log(process.moduleLoadList.join('\\n'));`;
  const args = ['--import', 'tsx', '--input-type=module', '-e', report];
  return execFileSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' }).split('\n');
}

it('the database driver does not bring an HTTP client with it', () => {
  const undici = /internal\/deps\/undici/;
  expect(loadedAfter('new Response()').some((name) => undici.test(name))).toBe(true);
  const ours = loadedAfter(
    "const { loadPg } = await import('./src/postgres/load-pg.ts'); new (await loadPg()).Client()",
  );
  expect(ours.some((name) => undici.test(name))).toBe(false);
});
