import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { COMMAND_NAMES } from '../../src/main.ts';
import { expectEnvelope, expectFailure, pgherd } from '../harness/run-cli.ts';

describe('help goes to a pipe too', () => {
  test.concurrent.each([...COMMAND_NAMES])('%s --help', async (name) => {
    const output = await pgherd([name, '--help']);
    expect(output.stderr).toBe('');
    expect(output.stdout).toContain(`$ pgherd ${name}`);
    expect(output.stdout).toContain('EXAMPLES');
    expect(output.code).toBe(0);
  });
});

describe('wrong usage: one sentence, exit code 2', () => {
  test.concurrent.each<[string, RegExp]>([
    ['list -x', /^There is no flag -x$/],
    ['list --forma json', /^There is no flag --forma$/],
    ['list -f xml', /^--format wants one of pretty, tsv, json, yaml, yml, not "xml"$/],
    ['list --group x', /^--group wants a whole number, not "x"$/],
    ['demote-cluster --port 0', /^--port wants a whole number from 1 on, not "0"$/],
    ['demote-cluster --port 65536', /^--port wants a whole number up to 65535, not "65536"$/],
    ['list -w', /^Flag --watch expects a value$/],
    ['dsn one two', /^There is nothing that takes the argument two$/],
    ['restart', /^CLUSTER must be given$/],
    ['flush', /^CLUSTER and TARGET must be given$/],
    ['flush demo pg1 all', /^"all" is none of restart, switchover$/],
    ['-k', /^No command was named$/],
    ['-c x.yml', /^No command was named$/],
    ['-x list', /^There is no flag -x that can stand before a command$/],
  ])('%s', async (line, sentence) => {
    const output = await pgherd(line.split(' '));
    expectFailure(output, { code: 2, sentence, hint: /help/ });
    expect(output.stdout).toBe('');
  });

  test('under --json it is an envelope', async () => {
    const printed = expectEnvelope(await pgherd(['list', '--group', 'x', '--json']), 'list');
    expect(printed.error).toMatchObject({ code: 'usage' });
  });
});

describe('options as click takes them', () => {
  test.each([
    ['-c /one.yml list -c /two.yml'],
    ['-c /one.yml -c /two.yml list'],
    ['-kc /two.yml list -f json -f tsv'],
    ['--config-file=/two.yml list --group 1 --group=2'],
    ['list -kc/two.yml -etf json'],
    ['-c /two.yml -- list'],
  ])('%s: the last one counts', async (line) => {
    expectFailure(await pgherd(line.split(' ')), { code: 1, sentence: /\/two\.yml/ });
  });
});

/** What bash offers for the last of these words, after the set-up that pgherd prints. */
function completions(setup: string, words: readonly string[]): string[] {
  const line = words.map((word) => `'${word}'`).join(' ');
  const script = `${setup}
    COMP_WORDS=(${line}); COMP_CWORD=${words.length - 1}; COMP_LINE="\${COMP_WORDS[*]}"
    _pgherd_autocomplete
    printf '%s\n' "\${COMPREPLY[@]}"`;
  const output = execFileSync('bash', ['--norc', '-c', script], { encoding: 'utf8' });
  return output.split('\n').filter(Boolean);
}

test('bash completes commands and flags', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'pgherd-completion-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const env = { HOME: directory, XDG_CACHE_HOME: directory };
  const { code, stdout } = await pgherd(['autocomplete', 'script', 'bash'], env);
  expect(code).toBe(0);
  expect((await pgherd(['autocomplete', 'bash', '--refresh-cache'], env)).code).toBe(0);
  expect(completions(stdout, ['pgherd', 'swi'])).toEqual(['switchover']);
  expect(completions(stdout, ['pgherd', 'edit-config', '--d'])).toEqual(['--dcs-url', '--dry-run']);
});
