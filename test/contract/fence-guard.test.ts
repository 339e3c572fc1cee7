import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { guardPaths, killGuard } from '../../src/fence/guard-process.ts';
import { giveToServerUser, sendSignal, waitFor } from '../harness/processes.ts';
import { isAlive, monotonic, Node } from './fence-node.ts';
import { buildAgent, makeDirectory, StandIn, startAsServerUser } from './fence-rig.ts';

// The guard as a process: how it is found, replaced and ended, and what it does with directories
// that come and go. No test here needs more of PostgreSQL than that it runs.

const directory = makeDirectory();
const one = new Node(directory, 'one');
const two = new Node(directory, 'two $(false) ;');
const agents: StandIn[] = [];
let bundle = '';

beforeAll(async () => {
  bundle = await buildAgent(directory);
  for (const node of [one, two]) {
    node.make();
    await node.choosePort();
  }
});

afterEach(async () => {
  for (const agent of agents.splice(0)) await agent.kill();
  for (const node of [one, two]) {
    for (const state of [one.state, two.state]) killGuard(guardPaths(state, node.data));
    await node.kill();
  }
});

afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

function standIn(node: Node, options: { program?: string; path?: string; state?: string } = {}) {
  const { program = bundle, path, state = node.state } = options;
  const agent = new StandIn([process.execPath, program, state, node.data], path);
  agents.push(agent);
  return agent;
}

async function started(node: Node, options = {}): Promise<StandIn> {
  const agent = standIn(node, options);
  expect(await agent.start()).toBe('alive free');
  return agent;
}

function memoryOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}

function childrenOf(pid: number): number[] {
  const file = `/proc/${pid}/task/${pid}/children`;
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8').split(' ').filter(Boolean).map(Number);
}

describe('a guard', () => {
  it('is small, in a session of its own, and nobody else may speak to it', async () => {
    const agent = await started(one);
    await agent.feed(60_000);
    const pid = one.guardPid() ?? 0;
    expect(memoryOf(pid)).toBeLessThan(5);
    const [, session] = /\) \S \d+ \d+ (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
    expect(Number(session)).toBe(pid);
    const paths = guardPaths(one.state, one.data);
    expect(statSync(paths.directory).mode & 0o777).toBe(0o700);
    expect(statSync(paths.commands).mode & 0o777).toBe(0o600);
    expect(statSync(paths.life).mode & 0o777).toBe(0o600);
  });

  it('stays when it is asked to end while it guards, and ends when it does not', async () => {
    await one.startPostgres();
    const agent = await started(one);
    await agent.feed(60_000);
    const pid = one.guardPid() ?? 0;
    for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGPIPE'] as const) {
      sendSignal(pid, signal);
    }
    agent.tell('close');
    await waitFor('the end of the agent', async () => agent.process.exitCode === 0);
    expect(isAlive(pid)).toBe(true);
    const next = await started(one);
    expect(one.guardPid()).toBe(pid);
    next.tell('disarm');
    next.tell('look');
    await waitFor('the answer', async () => next.said.at(-1)?.startsWith('sight alive free'));
    sendSignal(pid, 'SIGTERM');
    await waitFor('the news', async () => next.sight === 'dead free');
  });

  it('that is frozen holds nobody up, however much it is told', async () => {
    const agent = await started(one);
    const pid = one.guardPid() ?? 0;
    sendSignal(pid, 'SIGSTOP');
    agent.tell('flood 10000');
    await waitFor('the end of the flood', async () => agent.said.at(-1) === 'sight alive free ');
    await waitFor('the news', async () => agent.sight === 'dead free');
    sendSignal(pid, 'SIGCONT');
    // It says once more what was lost of the flood.
    await waitFor('the news', async () => agent.sight === 'alive free');
    agent.tell('disarm');
    agent.tell('close');
    await waitFor('the end of the guard', async () => !isAlive(pid));
  });

  it('is started over whatever lies in its place', async () => {
    const paths = guardPaths(one.state, one.data);
    mkdirSync(paths.directory, { recursive: true });
    rmSync(paths.commands, { force: true });
    rmSync(paths.life, { force: true });
    writeFileSync(paths.commands, 'a file');
    mkdirSync(paths.life);
    // This very process has the number of a guard of long ago.
    writeFileSync(paths.pid, `${process.pid} 1\n`);
    giveToServerUser(one.state);
    await started(one);
  });

  it('says what it lacks', async () => {
    const bin = join(directory, 'bin');
    mkdirSync(bin);
    for (const tool of ['bash', 'mkfifo', 'rm']) symlinkSync(`/usr/bin/${tool}`, join(bin, tool));
    const poor = standIn(two, { path: bin });
    expect(await poor.start()).toBe('dead free');
    expect(poor.said.join('\n')).toContain('the guard needs the program flock');
    const poorer = standIn(two, { path: '/nonexistent' });
    expect(await poorer.start()).toBe('dead free');
    expect(poorer.said.join('\n')).toContain('the guard cannot be started: spawn bash ENOENT');
  });

  it('ends when its directory is gone and nothing is guarded', async () => {
    await started(two);
    const pid = two.guardPid() ?? 0;
    const commands = openSync(guardPaths(two.state, two.data).commands, 'w');
    rmSync(two.state, { recursive: true });
    // It looks once a minute, and whenever it is awake.
    writeSync(commands, 'nobody.1 ping\n');
    closeSync(commands);
    await waitFor('its end', async () => !isAlive(pid));
  });
});

describe('a guard of another version', () => {
  const other = () => join(directory, 'other');

  beforeAll(async () => {
    mkdirSync(other());
    await buildAgent(other());
  });

  it('goes on as this one: the same process, with the same deadline', async () => {
    const old = join(other(), 'guard.sh');
    writeFileSync(old, readFileSync(old, 'utf8').replace(/^VERSION=.*$/m, 'VERSION=0'));
    await one.startPostgres();
    const agent = standIn(one, { program: join(other(), 'agent.mjs') });
    // That agent wants the version of now, gets 0, and does not ask again and again.
    await agent.start();
    await agent.feed(3000);
    const pid = one.guardPid() ?? 0;
    const { deadline } = agent;
    await agent.kill();
    const next = await started(one);
    expect(one.guardPid()).toBe(pid);
    expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toContain('--resume');
    await waitFor('the fence', async () => next.sight === 'alive fenced');
    expect(monotonic()).toBeGreaterThanOrEqual(deadline);
  });

  it('is replaced by a new process when it cannot', async () => {
    const bad = join(other(), 'guard.sh');
    const text = readFileSync(bad, 'utf8').replace(/^VERSION=.*$/m, 'VERSION=0');
    writeFileSync(bad, text.replace('replace\\ *)', 'no-such-thing\\ *)'));
    await one.startPostgres();
    const agent = standIn(one, { program: join(other(), 'agent.mjs') });
    await agent.start();
    await agent.feed(4000);
    const pid = one.guardPid() ?? 0;
    const { deadline } = agent;
    await agent.kill();
    const next = await started(one);
    expect(one.guardPid()).not.toBe(pid);
    expect(isAlive(pid)).toBe(false);
    await waitFor('the fence', async () => next.sight === 'alive fenced');
    expect(monotonic()).toBeGreaterThanOrEqual(deadline);
  });
});

describe('data directories', () => {
  it('have a guard each, also with one state directory', async () => {
    await one.startPostgres();
    await two.startPostgres();
    const first = await started(one);
    const second = await started(two, { state: one.state });
    await first.feed(1000);
    await second.feed(1000);
    await first.kill();
    await waitFor('the fence', async () => one.servers().length === 0);
    expect(second.sight).toBe('alive free');
    await two.query('CREATE TABLE still_writable ()');
  });

  it('may be hidden, as that of a program with capabilities: postmaster.pid is believed', async () => {
    // What a user may not read he may not look into either. PostgreSQL itself would refuse that.
    const program = join(directory, 'postgres');
    copyFileSync('/bin/bash', program);
    chmodSync(program, 0o111);
    const server = startAsServerUser([program, '-c', 'trap "" INT QUIT; sleep 1000; true']);
    const pid = server.pid ?? 0;
    onTestFinished(() => {
      for (const left of [...childrenOf(pid), pid]) sendSignal(left, 'SIGKILL');
    });
    await waitFor('its child', async () => childrenOf(pid).length > 0);
    const [child = 0] = childrenOf(pid);
    writeFileSync(join(one.data, 'postmaster.pid'), `${pid}\n`);
    const agent = await started(one);
    await agent.feed(500);
    await agent.kill();
    await waitFor('the fence', async () => server.signalCode === 'SIGKILL' && !isAlive(child));
  });

  it('may be renamed under a primary and made anew: both are stopped', async () => {
    await one.startPostgres();
    const agent = await started(one);
    await agent.feed(1000);
    const old = one.postmaster?.pid ?? 0;
    const aside = `${one.data}.aside`;
    renameSync(one.data, aside);
    one.make();
    await one.choosePort();
    await one.startPostgres();
    await agent.kill();
    await waitFor('the fence', async () => one.servers().length === 0 && !isAlive(old));
    rmSync(aside, { recursive: true });
  });

  it('may be replaced while nothing runs: the new one is guarded', async () => {
    const agent = await started(one);
    await agent.feed(1000);
    rmSync(one.data, { recursive: true });
    one.make();
    await one.startPostgres();
    await agent.kill();
    await waitFor('the fence', async () => one.servers().length === 0);
  });

  it('may be missing when the lease begins', async () => {
    rmSync(one.data, { recursive: true });
    const agent = await started(one);
    await agent.feed(1000);
    one.make();
    await one.startPostgres();
    await agent.kill();
    await waitFor('the fence', async () => one.servers().length === 0);
    expect(existsSync(one.data)).toBe(true);
  });
});
