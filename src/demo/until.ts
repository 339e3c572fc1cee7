import type { Session } from '../ctl/session.ts';
import type { ClusterView } from '../model/cluster.ts';
import { DcsError, Refusal } from '../model/errors.ts';
import { printable } from '../system/text.ts';
import type { Stage } from './stage.ts';
import { isWhole } from './words.ts';

const LOOK_EACH_MS = 100;
/** Nothing in a demo takes so long on any machine that is worth a demo. */
const PATIENCE_MS = 90_000;

/**
 * Looks at the cluster until it is as wanted, and returns what it is then. Rejects with a `Refusal`
 * that quotes the agents' logs when that takes too long, or when an agent that was started is gone.
 */
export async function until(
  { clock, signal }: Session,
  stage: Stage,
  wanted: { readonly what: string; readonly is: (view: ClusterView) => boolean },
): Promise<ClusterView> {
  const deadline = clock.monotonic() + PATIENCE_MS;
  while (clock.monotonic() < deadline) {
    const view = await lookAt(stage);
    if (view && wanted.is(view)) return view;
    const [ended] = stage.agents.ended();
    if (ended !== undefined) {
      throw new Refusal('agent-ended', `The agent of ${ended} has ended`, {
        hint: lastWords(stage, [ended]),
      });
    }
    await clock.sleep(LOOK_EACH_MS, signal);
  }
  const names = stage.plan.nodes.map(({ name }) => name);
  throw new Refusal('demo-stuck', `There was no ${wanted.what} in ${PATIENCE_MS / 1000} s`, {
    hint: lastWords(stage, names),
  });
}

function lastWords({ agents }: Stage, names: readonly string[]): string {
  const logs = names.flatMap((name) =>
    agents.logTail(name).map((line) => `${name}: ${printable(line)}`),
  );
  return `with --keep the logs stay; their last lines: ${logs.join('; ')}`;
}

/** All nodes are there, as they should be. */
export function untilWhole(session: Session, stage: Stage): Promise<ClusterView> {
  const { nodes, sync } = stage.plan;
  const is = (view: ClusterView): boolean => isWhole(view, nodes.length, sync);
  return until(session, stage, { what: 'whole cluster', is });
}

/** Brings up the first node, and then the others, which copy from it. */
export async function bringUp(session: Session, stage: Stage): Promise<ClusterView> {
  const [first, ...others] = stage.plan.nodes;
  if (first) stage.agents.start(first.name);
  await until(session, stage, {
    what: 'first leader',
    is: (view) => view.leader !== undefined && isRunning(view, view.leader),
  });
  for (const { name } of others) stage.agents.start(name);
  return untilWhole(session, stage);
}

function isRunning({ members }: ClusterView, name: string): boolean {
  return members.some((member) => member.name === name && member.state === 'running');
}

/** What the store says; undefined while it does not answer, busy as this machine is. */
async function lookAt(stage: Stage): Promise<ClusterView | undefined> {
  try {
    return await stage.view();
  } catch (error) {
    if (error instanceof DcsError) return undefined;
    throw error;
  }
}
