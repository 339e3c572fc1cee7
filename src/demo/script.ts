import { spawn } from 'node:child_process';
import type { Session } from '../ctl/session.ts';
import { renderMembers } from '../ctl/show-members.ts';
import type { ClusterView } from '../model/cluster.ts';
import { Refusal } from '../model/errors.ts';
import { configFile, type Plan } from './plan.ts';
import type { Stage } from './stage.ts';
import { bringUp, until, untilWhole } from './until.ts';
import { isWhole, type Summary } from './words.ts';

/** Writes that go on for so long, in milliseconds, will go on. */
const CALM_MS = 500;

/**
 * The whole story: bootstrap, switchover, the leader is killed, failover, it comes back. Returns
 * what the writing client has seen of it.
 */
export async function script(session: Session, stage: Stage): Promise<Summary> {
  const { clock } = session;
  const started = clock.monotonic();
  const { writer } = stage;
  let view = await bringUp(session, stage);
  show(session, view);
  await writer.start(view.leader ?? '');

  say(session, 'A client writes all the time. A planned switchover:');
  const switchover = await watched(session, stage, () => run(session, stage, 'switchover'));
  view = await untilWhole(session, stage);

  const leader = view.leader ?? '';
  say(session, `kill -9 of the leader: the agent of ${leader} and its PostgreSQL at once.`);
  const failover = await watched(session, stage, async () => {
    stage.agents.kill(leader);
    view = await until(session, stage, {
      what: 'failover',
      is: (now) => now.leader !== leader && isWholeWithout(now, leader, stage.plan),
    });
  });
  show(session, view);

  say(session, `The agent of ${leader} is started again: its PostgreSQL comes back as a standby.`);
  stage.agents.start(leader);
  view = await untilWhole(session, stage);
  show(session, view);

  const lost = await writer.stop(view.leader ?? '');
  const { acknowledged, failed } = writer.tally;
  return {
    acknowledged,
    failed,
    lost,
    outages: [
      { deed: 'switchover', ms: switchover },
      { deed: 'failover', ms: failover },
    ],
    seconds: Math.round((clock.monotonic() - started) / 1000),
  };
}

/** A line of the story. */
export function say({ io }: Session, text: string): void {
  io.out(`\n# ${text}`);
}

/** The table that `pgherd list` prints. */
export function show({ io }: Session, view: ClusterView): void {
  io.out(renderMembers(view, { format: 'pretty', extended: false, citus: false, color: io.color }));
}

/** All others are there; whether one of them can be synchronous depends on how many are left. */
function isWholeWithout(view: ClusterView, dead: string, { nodes, sync }: Plan): boolean {
  const members = view.members.filter(({ name }) => name !== dead);
  return isWhole({ ...view, members }, nodes.length - 1, sync && nodes.length > 2);
}

/** The longest time without an acknowledged write while something is done, and until it is over. */
async function watched(
  { clock, signal }: Session,
  { writer: { tally } }: Stage,
  deed: () => Promise<void>,
): Promise<number> {
  tally.startOutage();
  await deed();
  const calm = { since: clock.monotonic(), acknowledged: tally.acknowledged };
  while (clock.monotonic() - calm.since < CALM_MS) {
    await clock.sleep(CALM_MS / 10, signal);
    const waiting = tally.waitingAt(clock.monotonic());
    if (waiting > CALM_MS / 2) calm.since = clock.monotonic();
  }
  return tally.outageAt(clock.monotonic());
}

/** Runs a command of pgherd as a person would type it, and shows what it says. */
async function run(session: Session, stage: Stage, name: string): Promise<void> {
  const { io, signal } = session;
  const [node, path] = stage.program;
  const [first] = stage.plan.nodes;
  io.out(`\n$ pgherd ${name} --force`);
  const child = spawn(node, [path, name, '--force'], {
    env: {
      ...session.env,
      PATRONICTL_CONFIG_FILE: configFile(stage.plan, first?.name ?? ''),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  });
  child.stdout.setEncoding('utf8').on('data', (text: string) => io.json || io.raw(text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    // That it was ended is told by whoever ends the demo.
    if (!signal.aborted) io.err(text.trimEnd());
  });
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Refusal('demo-command', `pgherd ${name} ended with ${code}`);
}
