import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** The cells of each line of a table, without its head. */
function rows(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (What|Node|-+) +\|/.test(line))
    .map((line) => line.split(' | ').map((cell) => cell.replace(/^\||\|$/g, '').trim()));
}

/** What was measured: what it is → ours, and Patroni's. */
function measured(): Map<string, readonly string[]> {
  const [, agents = '', commands = ''] = read('docs/benchmarks.md').split(/^## .*$/m);
  return new Map([
    ...rows(agents).map(([what = '', , ...values]) => [what, values.slice(0, 2)] as const),
    ...rows(commands)
      .filter(([node = '']) => node.startsWith('Node 20'))
      .map(([, what = '', ...values]) => [what, values.slice(0, 2)] as const),
  ]);
}

describe('README.md', () => {
  it('claims what docs/benchmarks.md shows, and nothing else', () => {
    const [, compared = ''] = read('README.md').split('## Beside Patroni and patronictl');
    const claims = rows(compared.split('\n## ')[0] ?? '');
    expect(claims.length).toBeGreaterThan(10);
    const shown = measured();
    for (const [what = '', ...values] of claims) expect(values, what).toEqual(shown.get(what));
  });

  it('links to files that are there', () => {
    const links = [...read('README.md').matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)];
    expect(links.length).toBeGreaterThan(5);
    for (const [, path = ''] of links) expect(existsSync(join(ROOT, path)), path).toBe(true);
  });
});
