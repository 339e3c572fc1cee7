import { World } from '../sim/world.ts';
import { parseCluster } from './cluster-words.ts';
import { parseCondition } from './conditions.ts';
import { isDeed, milliseconds, parseDeed } from './deed-words.ts';
import { newLog, type TickLog } from './log.ts';
import { REPORTS } from './reports.ts';
import type { Transcript } from './transcript.ts';

/** A transcript being played. */
interface Stage {
  readonly world: World;
  readonly log: TickLog;
}

/** How closely `run until` looks, in ms. */
const STEP = 100;

/** What came of a transcript. */
interface Played {
  /** The same with what is printed this time. */
  readonly transcript: Transcript;
  readonly world: World;
}

/** Plays a transcript, of which the first command makes the cluster. */
export async function play(transcript: Transcript): Promise<Played> {
  const [first, ...others] = transcript.blocks;
  const [command = '', ...more] = first?.commands ?? [];
  if (!first || !command.startsWith('cluster ')) throw new Error('the first command is cluster');
  const stage = open(command);
  const begin = [await settle(stage, command), ...(await performAll(stage, more))];
  const blocks = [{ ...first, output: begin.join('\n') }];
  for (const block of others) {
    blocks.push({ ...block, output: (await performAll(stage, block.commands)).join('\n') });
  }
  return { transcript: { ...transcript, blocks }, world: stage.world };
}

async function performAll(stage: Stage, commands: readonly string[]): Promise<string[]> {
  const lines: string[] = [];
  for (const command of commands) lines.push(...(await perform(stage, command)));
  return lines;
}

function open(command: string): Stage {
  const words = parseCluster(command.split(' ').slice(1));
  const others = Array.from({ length: words.nodes - 1 }, (_, index) => `pg${index + 2}`);
  const log = newLog();
  const world = new World({
    ...words,
    trace: true,
    // Everywhere but in a bootstrap pg1 leads at the beginning.
    asleep: words.cold ? [] : others,
    node: {
      removeDataDirectoryOnRewindFailure: words.removesOnRewindFailure,
      removeDataDirectoryOnDivergedTimelines: words.removesOnDivergence,
    },
  });
  noteWriters(world);
  return { world, log };
}

/** A line whenever a server begins or ceases to accept writes: whoever made it do so. */
function noteWriters(world: World): void {
  const { scheduler, truths } = world;
  const { afterEvent } = scheduler;
  const writing = new Set<string>();
  scheduler.afterEvent = () => {
    afterEvent?.();
    for (const host of truths) {
      const writes = host.acceptsWrites();
      if (writes === writing.has(host.name)) continue;
      if (writes) writing.add(host.name);
      else writing.delete(host.name);
      world.note(host.name, writes ? '* accepts writes' : '* accepts no writes any more');
    }
  };
}

/** Lets the cluster come up, pg1 first, and says nothing of it. */
async function settle({ world, log }: Stage, command: string): Promise<string> {
  if (parseCluster(command.split(' ').slice(1)).cold) return 'ok';
  await advance(world, parseCondition('primary=pg1'), 60_000);
  for (const host of world.hosts.values()) host.startAgent();
  await advance(world, parseCondition('ready'), 120_000);
  await world.run(30_000);
  log.news(world);
  return `ready, led by ${world.view().leader ?? 'nobody'}`;
}

async function perform(stage: Stage, command: string): Promise<string[]> {
  const { world, log } = stage;
  const words = command.split(' ');
  const [verb = '', ...rest] = words;
  if (verb === 'run') {
    const end = rest[0] === 'until' ? await runUntil(world, rest) : await runFor(world, rest);
    return [...log.news(world), ...end];
  }
  if (isDeed(command)) {
    world.apply(parseDeed(command));
    return log.news(world);
  }
  if (verb === 'put' || verb === 'delete') {
    world.store.put(rest[0] as 'leader', verb === 'put' ? rest.slice(1).join(' ') : undefined);
    return [];
  }
  const report = REPORTS[verb];
  if (!report) throw new Error(`no such command: ${command}`);
  return report(world, rest).split('\n');
}

async function runFor(world: World, [duration = '']: readonly string[]): Promise<string[]> {
  await world.run(milliseconds(duration));
  return [];
}

/** `run until CONDITION DURATION` */
async function runUntil(
  world: World,
  [, condition = '', duration = '']: readonly string[],
): Promise<string[]> {
  const from = world.now;
  const reached = await advance(world, parseCondition(condition), milliseconds(duration));
  const seconds = ((world.now - from) / 1000).toFixed(1);
  return [reached ? `${condition} after ${seconds} s` : `NOT ${condition} after ${seconds} s`];
}

async function advance(
  world: World,
  condition: (world: World) => boolean,
  ms: number,
): Promise<boolean> {
  const end = world.now + ms;
  while (!condition(world)) {
    if (world.now >= end) return false;
    await world.run(Math.min(STEP, end - world.now));
  }
  return true;
}
