import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openEditor } from '../../../src/system/editor.ts';

const folder = mkdtempSync(join(tmpdir(), 'pgherd-editor-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A program for `$EDITOR`; its last argument is the file. */
function script(name: string, body: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}

function open(env: Record<string, string>, name = 'demo') {
  const full = { PATH: '/usr/bin:/bin', TMPDIR: folder, ...env };
  return openEditor({ env: full, name, stdoutIsTerminal: false });
}

it('gives the file to the editor and returns what was saved, as often as asked', async () => {
  const editor = script('append', 'echo "$1: 1" >> "$2"');
  const file = open({ VISUAL: `"${editor}" "a b"`, EDITOR: 'false' });
  expect(await file.edit('x: 1\n')).toBe('x: 1\na b: 1\n');
  expect(statSync(file.path).mode & 0o777).toBe(0o600);
  expect(await file.edit('y: 1\n')).toBe('y: 1\na b: 1\n');
  await file.discard();
  expect(existsSync(file.path)).toBe(false);
});

it('names the file after the cluster, whatever that is called', async () => {
  const file = open({ EDITOR: 'true' }, '../../etc/pass wd');
  expect(dirname(file.path)).toBe(folder);
  expect(basename(file.path)).toMatch(/^\.\._\.\._etc_pass_wd-config-[0-9a-f]{12}\.yaml$/);
  await file.discard();
});

it('an editor that fails is a refusal, and the text stays', async () => {
  const file = open({ EDITOR: script('fail', 'echo half >> "$1"; exit 3') });
  await expect(file.edit('x: 1\n')).rejects.toThrow('Editor exited with return code 3');
  expect(readFileSync(file.path, 'utf8')).toBe('x: 1\nhalf\n');
  await file.discard();
});

it('an editor that is killed is a refusal', async () => {
  const file = open({ EDITOR: script('killed', 'kill -9 $$') });
  await expect(file.edit('')).rejects.toThrow('Editor was ended by SIGKILL');
  await file.discard();
});

it('says which variable names an editor that is not there', () => {
  expect(() => open({ EDITOR: 'no-such-editor -w' })).toThrow(
    'The editor of $EDITOR cannot be run: no-such-editor',
  );
  const before = readdirSync(folder);
  expect(() => open({ PATH: '/nowhere' })).toThrow('There is no editor');
  expect(readdirSync(folder)).toEqual(before);
});

it('without variables takes editor, then vi', async () => {
  const bin = mkdtempSync(join(folder, 'bin-'));
  for (const name of ['vi', 'editor']) {
    writeFileSync(join(bin, name), `#!/bin/sh\necho ${name} > "$1"\n`);
    chmodSync(join(bin, name), 0o755);
  }
  const file = open({ PATH: bin, EDITOR: '' });
  expect(await file.edit('')).toBe('editor\n');
  rmSync(join(bin, 'editor'));
  const other = open({ PATH: bin });
  expect(await other.edit('')).toBe('vi\n');
  await Promise.all([file.discard(), other.discard()]);
});
