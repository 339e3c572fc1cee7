import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadCtlSettings } from '../../../src/config/ctl-settings.ts';
import type { CtlSettings } from '../../../src/config/settings.ts';
import { Refusal } from '../../../src/model/errors.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pgherd-config-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface Given {
  /** Name in the temporary folder → content. */
  files?: Record<string, string | Buffer>;
  configFile?: string;
  dcsUrl?: string;
  insecure?: boolean;
  env?: Record<string, string>;
}

async function load(given: Given): Promise<CtlSettings> {
  for (const [name, content] of Object.entries(given.files ?? {})) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return loadCtlSettings({
    ...(given.configFile === undefined ? {} : { configFile: given.configFile }),
    ...(given.dcsUrl === undefined ? {} : { dcsUrl: given.dcsUrl }),
    insecure: given.insecure ?? false,
    env: given.env ?? {},
    home: folder,
    cwd: folder,
  });
}

/** Settings from one file with this text. */
function loadText(text: string, more: Given = {}): Promise<CtlSettings> {
  return load({ files: { 'p.yml': text }, configFile: 'p.yml', ...more });
}

async function refusalOf(settings: Promise<unknown>): Promise<string> {
  const error = await settings.then(
    () => new Error('it was accepted'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof Refusal)) throw error;
  expect(error.message).not.toMatch(/\.$|\n/);
  return error.message.replaceAll(`${folder}/`, '');
}

describe('where the settings come from', () => {
  it('reads a file, and the environment wins over it', async () => {
    const settings = await loadText('scope: a\nnamespace: /x/\netcd3: {host: h, cert: c}', {
      env: { PATRONI_SCOPE: 'b', PATRONI_ETCD3_HOST: 'k:2380' },
    });
    expect(settings).toMatchObject({
      scope: 'b',
      namespace: '/x/',
      store: { kind: 'etcd3', hosts: ['k:2380'], tls: { cert: 'c' } },
      sources: [join(folder, 'p.yml'), 'environment'],
      warnings: [],
    });
  });

  it('merges the files of a directory in the order of their names', async () => {
    const settings = await load({
      files: {
        'conf/b.yaml': 'scope: two\netcd3: {cert: null, key: k}\nctl: null\n',
        'conf/a.yml': 'scope: one\netcd3: {host: h, cert: c}\nctl: {insecure: on}\n',
        'conf/c.txt': 'scope: three',
        'conf/d.yml/inner.yml': 'scope: four',
      },
      configFile: 'conf',
    });
    expect(settings.raw).toEqual({ scope: 'two', etcd3: { host: 'h', key: 'k' } });
    expect(settings.sources).toEqual(['conf/a.yml', 'conf/b.yaml'].map((n) => join(folder, n)));
    expect(settings.rest.tls.insecure).toBe(false);
  });

  it('takes -k for every server, ctl.insecure for the REST API only', async () => {
    const text = 'etcd3: {host: h}\n';
    const flag = await loadText(text, { insecure: true });
    expect(flag.rest.tls.insecure).toBe(true);
    expect(flag.store).toMatchObject({ tls: { insecure: true } });
    const file = await loadText(`${text}ctl: {insecure: on}\n`);
    expect(file.rest.tls.insecure).toBe(true);
    expect(file.store).toMatchObject({ tls: { insecure: false } });
  });

  it('reads the default file, and does without it', async () => {
    const files = { '.config/patroni/patronictl.yaml': 'scope: mine' };
    expect((await load({})).sources).toEqual([]);
    expect((await load({})).store).toEqual({ kind: 'none' });
    expect((await load({ files })).scope).toBe('mine');
    const elsewhere = { 'xdg/patroni/patronictl.yaml': 'scope: theirs' };
    const env = { XDG_CONFIG_HOME: '~/xdg' };
    expect((await load({ files: elsewhere, env })).scope).toBe('theirs');
  });

  it('PATRONI_CONFIGURATION stands alone, and only without a file', async () => {
    const env = { PATRONI_CONFIGURATION: '{scope: whole, etcd: {host: e}}', PATRONI_SCOPE: 'one' };
    expect(await load({ env })).toMatchObject({
      scope: 'whole',
      store: { kind: 'etcd', hosts: ['e:2379'] },
      sources: ['PATRONI_CONFIGURATION'],
    });
    expect((await loadText('name: x', { env })).scope).toBe('one');
  });

  it('--dcs-url puts the stores of the configuration aside, and may name the namespace', async () => {
    const text = 'scope: s\nnamespace: /old\nconsul: {host: c}\netcd: {host: e, cacert: ca}';
    const settings = await loadText(text, { dcsUrl: 'etcd3://h:1234/new' });
    expect(settings).toMatchObject({ scope: 's', namespace: '/new' });
    expect(settings.store).toMatchObject({ kind: 'etcd3', hosts: ['h:1234'], tls: {} });
    expect(settings.raw).not.toHaveProperty('consul');
    expect(settings.sources.at(-1)).toBe('--dcs-url');
    expect((await loadText(text, { dcsUrl: 'etcd3://h' })).namespace).toBe('/old');
  });
});

describe('files that cannot be used: one sentence each', () => {
  it.each<[string, Given, string]>([
    ['missing', {}, 'Cannot read the configuration p.yml: it does not exist'],
    ['empty', { files: { 'p.yml': '' } }, 'p.yml is empty: no settings are in it'],
    ['only a comment', { files: { 'p.yml': '# x' } }, 'p.yml is empty: no settings are in it'],
    [
      'a list',
      { files: { 'p.yml': '- a' } },
      'p.yml must be a map of settings (key: value), and not a list',
    ],
    [
      'a text',
      { files: { 'p.yml': 'a' } },
      'p.yml must be a map of settings (key: value), and not one single value',
    ],
    [
      'broken YAML',
      { files: { 'p.yml': 'a: 1\nb: [1, 2\nc: 3' } },
      'p.yml is not valid YAML: line 3, column 1: flow sequence in block collection must be ' +
        'sufficiently indented and end with a ]',
    ],
    [
      'broken UTF-8',
      { files: { 'p.yml': Buffer.from('a: é\nb: \xff\n', 'latin1') } },
      'p.yml is not UTF-8 text: see line 1',
    ],
    [
      '10 MB',
      { files: { 'p.yml': Buffer.alloc(10_000_000, 'a: 1\n') } },
      'p.yml has more than 1 MiB: that is no configuration',
    ],
    [
      'a directory without YAML',
      { files: { 'p.yml/x.txt': '' } },
      'The directory p.yml has no file named *.yml or *.yaml',
    ],
    [
      'one bad file of a directory',
      { files: { 'p.yml/a.yml': 'a: 1', 'p.yml/b.yml': '' } },
      'p.yml/b.yml is empty: no settings are in it',
    ],
  ])('%s', async (_, given, sentence) => {
    expect(await refusalOf(load({ ...given, configFile: 'p.yml' }))).toContain(sentence);
  });

  it('not readable', async () => {
    await writeFile(join(folder, 'p.yml'), 'a: 1');
    await chmod(folder, 0);
    // The superuser may read everything, so be nobody for a moment.
    const root = process.getuid?.() === 0;
    if (root) process.seteuid?.(65534);
    try {
      expect(await refusalOf(load({ configFile: 'p.yml' }))).toContain('no permission to read it');
    } finally {
      if (root) process.seteuid?.(0);
      await chmod(folder, 0o700);
    }
  });

  it('neither a file nor a directory', async () => {
    expect(await refusalOf(load({ configFile: '/dev/null' }))).toContain('neither a file nor');
  });

  it('escapes what could steer a terminal', async () => {
    const message = await refusalOf(load({ configFile: 'x\u001b[2J.yml' }));
    expect(message).toContain('x\\x1b[2J.yml');
  });

  it('PATRONI_CONFIGURATION that is no map', async () => {
    const message = await refusalOf(load({ env: { PATRONI_CONFIGURATION: '- a' } }));
    expect(message).toContain('PATRONI_CONFIGURATION must be a map');
  });

  it('is unharmed by __proto__', async () => {
    const settings = await loadText(
      '__proto__: {scope: x}\netcd3: {__proto__: {host: h}, host: g}',
    );
    expect(settings.scope).toBeUndefined();
    expect(settings.store).toMatchObject({ hosts: ['g:2379'] });
    expect('scope' in {}).toBe(false);
  });
});

describe('stores', () => {
  it.each<[string, string, object]>([
    ['hosts as a list', 'hosts: [a, "b:1", "[::1]:2"]', { hosts: ['a:2379', 'b:1', '[::1]:2'] }],
    ['hosts as text', 'hosts: "a:1, b"', { hosts: ['a:1', 'b:2379'] }],
    ['hosts with a port of its own', 'hosts: [a, b:1]\n  port: 3', { hosts: ['a:3', 'b:1'] }],
    ['host with a port', 'host: a:1', { hosts: ['a:1'], protocol: 'http', useProxies: false }],
    ['host and port: port wins', 'host: a:1\n  port: "3"', { hosts: ['a:3'] }],
    ['IPv6, as Patroni splits it', "host: '::1:2379'", { hosts: ['[::1]:2379'] }],
    ['hosts win over host', 'hosts: a\n  host: b', { hosts: ['a:2379'] }],
    [
      'url wins over hosts',
      'url: https://u:p%40@c\n  hosts: a',
      { hosts: ['c:2379'], protocol: 'https', username: 'u', password: 'p%40' },
    ],
    ['url with the port of its scheme', 'url: https://c:443', { hosts: ['c:443'] }],
    [
      'proxy wins over url',
      'proxy: http://p:8080/\n  url: http://u',
      { hosts: ['p:8080'], useProxies: true },
    ],
    ['proxies', 'use_proxies: on\n  host: a', { useProxies: true }],
    ['srv', 'srv: example.org\n  srv_suffix: x', { hosts: [], srv: 'example.org', srvSuffix: 'x' }],
    ['the old name of srv', 'discovery_srv: d', { srv: 'd' }],
    [
      'TLS',
      'host: a\n  protocol: https\n  cacert: /ca\n  cert: /c\n  key: /k',
      { protocol: 'https', tls: { cacert: '/ca', cert: '/c', key: '/k', insecure: false } },
    ],
    [
      'a certificate with its key in one file',
      'host: a\n  cert: /c',
      { tls: { cert: '/c', key: '/c' } },
    ],
    ['a key without certificate', 'host: a\n  key: /k', { tls: { insecure: false } }],
    ['a password of digits', 'host: a\n  username: u\n  password: 123', { password: '123' }],
  ])('%s', async (_, text, store) => {
    expect((await loadText(`etcd3:\n  ${text}`)).store).toMatchObject({ kind: 'etcd3', ...store });
  });

  it('takes the first in the order of Patroni', async () => {
    const both = await loadText('etcd3: {host: a}\netcd: {host: b}');
    expect(both.store).toMatchObject({ kind: 'etcd', hosts: ['b:2379'] });
    const consul = await loadText('etcd3: {host: a}\nconsul: {}');
    expect(consul.store).toEqual({ kind: 'unsupported', section: 'consul' });
  });

  it.each(['zookeeper', 'exhibitor', 'kubernetes', 'raft'])('does not know %s', async (section) => {
    const settings = await loadText(`${section}: {hosts: [a]}`);
    expect(settings.store).toEqual({ kind: 'unsupported', section });
  });

  it('finds exhibitor inside zookeeper', async () => {
    const { store, raw } = await loadText('zookeeper: {exhibitor: {port: 8181}}');
    expect(store).toEqual({ kind: 'unsupported', section: 'exhibitor' });
    expect(raw).toEqual({ exhibitor: { port: 8181 } });
  });

  it('a section without a value is none', async () => {
    expect((await loadText('etcd:\nscope: x')).store).toEqual({ kind: 'none' });
  });
});

describe('values of the wrong type: the refusal names the key', () => {
  it.each([
    ['etcd: 5', 'etcd in the configuration must be a map'],
    ['etcd3: {hosts: 5}', 'etcd3.hosts in the configuration must be a list of host:port'],
    ['etcd3: {hosts: [1]}', 'etcd3.hosts in the configuration must be a list of host:port'],
    ['etcd3: {hosts: [a:x]}', 'etcd3.hosts in the configuration has "a:x", which is not host:port'],
    ['etcd3: {hosts: ["http://a:1"]}', 'etcd3.hosts in the configuration has "http://a:1"'],
    ['etcd3: {hosts: ["a\\u001b:1"]}', 'has "a\\x1b:1", which'],
    ['etcd3: {host: a, port: x}', 'etcd3.port in the configuration must be a port number'],
    ['etcd3: {host: a, port: 65536}', 'etcd3.port in the configuration must be a port number'],
    ['etcd3: {host: [a]}', 'etcd3.host in the configuration must be text'],
    ['etcd3: {url: "a:2379"}', 'etcd3.url in the configuration must be a URL'],
    [
      'etcd3: {host: a, protocol: ftp}',
      'etcd3.protocol in the configuration must be http or https',
    ],
    ['etcd3: {host: a, use_proxies: maybe}', 'etcd3.use_proxies in the configuration must be true'],
    ['etcd: {cert: x}', 'The section etcd of the configuration names no server'],
    ['etcd: {}', 'The section etcd of the configuration names no server'],
    ['scope: [a]', 'scope in the configuration must be text'],
    ['namespace: yes', 'namespace in the configuration must be text'],
    ['ctl: 5', 'ctl in the configuration must be a map'],
    ['ctl: {insecure: perhaps}', 'ctl.insecure in the configuration must be true or false'],
    ['ctl: {authentication: x}', 'ctl.authentication in the configuration must be a map'],
    ['ctl: {authentication: {username: u}}', 'ctl.authentication.password in the configuration is'],
    ['restapi: {authentication: {password: u}}', 'restapi.authentication.username in the config'],
  ])('%s', async (text, sentence) => {
    expect(await refusalOf(loadText(text))).toContain(sentence);
  });
});

describe('the REST API', () => {
  const full =
    'restapi: {authentication: {username: r, password: s}, cafile: /rca, certfile: /rc, ' +
    'keyfile: /rk}\n';

  it('falls back to restapi for user and authority, never for the certificate', async () => {
    expect((await loadText(full)).rest).toEqual({
      username: 'r',
      password: 's',
      tls: { cacert: '/rca', insecure: false },
    });
  });

  it('prefers ctl', async () => {
    const ctl =
      'ctl: {authentication: {username: u, password: yes}, cacert: /ca, certfile: /c, ' +
      'keyfile: /k, keyfile_password: 12}\n';
    expect((await loadText(full + ctl)).rest).toEqual({
      username: 'u',
      password: 'True',
      tls: { cacert: '/ca', cert: '/c', key: '/k', keyPassword: '12', insecure: false },
    });
  });

  it('is insecure by flag, by file and by environment', async () => {
    expect((await loadText('a: 1', { insecure: true })).rest.tls.insecure).toBe(true);
    expect((await loadText('ctl: {insecure: yes}')).rest.tls.insecure).toBe(true);
    expect((await loadText('ctl: {insecure: "off"}')).rest.tls.insecure).toBe(false);
    const env = { PATRONI_CTL_INSECURE: 'on' };
    expect((await loadText('ctl: {insecure: no}', { env })).rest.tls.insecure).toBe(true);
  });
});

describe('citus', () => {
  it('is taken with a group and a database', async () => {
    const { citus } = await loadText('citus: {group: 1, database: d}');
    expect(citus).toEqual({ group: 1, database: 'd' });
    const env = { PATRONI_CITUS_GROUP: '2', PATRONI_CITUS_DATABASE: 'e' };
    expect((await load({ env })).citus).toEqual({ group: 2, database: 'e' });
  });

  it.each(['{group: "1", database: d}', '{group: 1}', '{group: 1, database: 5}', '7'])(
    '%s is ignored, and said to be',
    async (text) => {
      const settings = await loadText(`citus: ${text}`);
      expect(settings.citus).toBeUndefined();
      expect(settings.warnings).toEqual([expect.stringContaining('citus is ignored')]);
    },
  );
});
