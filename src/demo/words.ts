import type { ClusterView } from '../model/cluster.ts';
import { type Plan, TTL } from './plan.ts';

/** What happened in a demo, in numbers. */
export interface Summary {
  readonly acknowledged: number;
  readonly failed: number;
  readonly lost: number;
  /** Milliseconds without an acknowledged write, by what was done. */
  readonly outages: readonly { readonly deed: string; readonly ms: number }[];
  readonly seconds: number;
}

/** The last lines of a demo. */
export function summaryText(summary: Summary): string {
  const { acknowledged, failed, lost, outages } = summary;
  const lines = outages.map(({ deed, ms }) => `${deed}: ${Math.round(ms)} ms without a write`);
  const unanswered = failed === 0 ? '' : ` (${failed} more ended with an error, as they may)`;
  return [...lines, `acknowledged ${acknowledged}, lost ${lost}${unanswered}`].join('\n');
}

/** A line for each node: who leads, who follows and how far behind. */
export function topologyLines(view: ClusterView): string[] {
  if (view.members.length === 0) return ['no member yet'];
  const lines = view.members.map(({ name, state, replicationState, xlogLocation }) => {
    if (name === view.leader) return `${name} leads (${state})`;
    const lag = Math.max(0, view.status.lastLsn - (xlogLocation ?? view.status.lastLsn));
    const sync = view.sync?.standbys.includes(name) ? ', sync' : '';
    return `${name} ${replicationState ?? state}${sync}, lag ${kilobytes(lag)}`;
  });
  return view.leader === undefined ? ['nobody leads', ...lines] : lines;
}

/** What can be tried on a demo that is left running. `program`: the words that start pgherd. */
export function commandsToTry(plan: Plan, program: readonly string[]): string {
  const [first] = plan.nodes;
  const port = first?.postgresPort ?? 0;
  return [
    'In another terminal:',
    `  alias pgherd='${program.join(' ')}'`,
    `  export PATRONICTL_CONFIG_FILE=${plan.directory}/${first?.name ?? ''}.yml`,
    `  export PGPASSWORD=${plan.password}`,
    '  pgherd top',
    '  pgherd switchover',
    '  pgherd explain',
    '  pgherd drill demo -U postgres --dbname postgres',
    `  pkill -9 -f '(agent|-D) ${plan.directory}/pg1'    # agent and server; the agent comes back`,
    `  pkill -9 -f '${plan.directory}/pg1'    # and the guard: nobody gives its lock away before`,
    `                                         # its lease of ${TTL} s ends`,
    `  etcdctl --endpoints ${plan.store} get --prefix /service/    # as far as it is installed`,
    `  psql -h 127.0.0.1 -p ${port} -U postgres`,
    'Ctrl-C here ends it all.',
  ].join('\n');
}

/**
 * True when everybody is there, the leader runs, its standbys stream on its timeline and, with
 * `sync`, one of them is synchronous.
 */
export function isWhole(view: ClusterView, count: number, sync: boolean): boolean {
  const leader = view.members.find(({ name }) => name === view.leader);
  if (view.members.length !== count || leader?.state !== 'running') return false;
  const standbys = view.members.filter((member) => member !== leader);
  const follow = standbys.every(
    ({ replicationState, timeline }) =>
      replicationState === 'streaming' && timeline === leader.timeline,
  );
  if (!follow || !sync || standbys.length === 0) return follow;
  return view.sync?.leader === leader.name && view.sync.standbys.length > 0;
}

function kilobytes(bytes: number): string {
  return bytes === 0 ? '0' : `${Math.ceil(bytes / 1024)} kB`;
}
