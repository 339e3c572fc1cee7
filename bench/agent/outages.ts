import { performance } from 'node:perf_hooks';
import type { Ledger } from '../../test/clients/ledger.ts';
import type { LabHost } from '../../test/lab/host.ts';
import type { Lab } from '../../test/lab/lab.ts';

/** Something that takes the primary away for a while, planned or not. */
export interface Outage {
  readonly name: string;
  /** Our longest gap between two acknowledged writes may be this share of Patroni's. */
  readonly share?: number;
  /** Does it. What it returns puts everything right again, once writes go on. */
  readonly deed: (lab: Lab, leader: LabHost) => Promise<() => Promise<void> | void>;
}

const RESTART_AFTER_MS = 1000;

/** As the clients see them: the longest time between two acknowledged writes. */
export const OUTAGES: readonly Outage[] = [
  {
    name: 'planned switchover',
    share: 0.2,
    async deed(lab, leader) {
      const [candidate] = await lab.standbys();
      const reply = await fetch(`${leader.restUrl}/switchover`, {
        method: 'POST',
        body: JSON.stringify({ leader: leader.name, candidate: candidate?.name }),
      });
      if (reply.status !== 200) throw new Error(`switchover: ${reply.status}`);
      return () => {};
    },
  },
  {
    name: "clean stop of the leader's agent",
    share: 0.2,
    async deed(_, leader) {
      await leader.stop();
      return () => leader.start();
    },
  },
  {
    name: 'postmaster killed',
    share: 0.25,
    async deed(_, leader) {
      leader.killPostmaster();
      return () => {};
    },
  },
  {
    name: 'agent and postmaster killed, agent started again after 1 s',
    share: 0.2,
    async deed(_, leader) {
      leader.supervise(RESTART_AFTER_MS);
      leader.killAgent();
      leader.killPostmaster();
      return () => leader.unsupervise();
    },
  },
];

/** The longest gap of one outage, in ms; the cluster is whole again when this resolves. */
export async function measureOutage(lab: Lab, ledger: Ledger, outage: Outage): Promise<number> {
  const leader = await lab.leader();
  await ledger.progress();
  ledger.startGap();
  const heal = await outage.deed(lab, leader);
  // The gap is counted when it ends.
  await ledger.progressAfterGap();
  const gap = ledger.longestGapMs;
  await heal();
  await lab.settled();
  return gap;
}

/** What the end of a whole host cost. */
export interface HostLoss {
  readonly gapMs: number;
  /** From the moment when the store dropped the lock to the first acknowledged write. */
  readonly afterLeaseMs: number;
}

/** The power of the leader's host goes out; it comes back afterwards. */
export async function measureHostLoss(lab: Lab, ledger: Ledger): Promise<HostLoss> {
  const leader = await lab.leader();
  await ledger.progress();
  ledger.startGap();
  leader.crash();
  const gone = await lab.store.whenGone('/service/lab/leader', leader.name);
  await ledger.progressAfterGap();
  const gapMs = ledger.longestGapMs;
  const afterLeaseMs = (ledger.gapEnd ?? performance.now()) - gone;
  leader.powerOn();
  leader.start();
  await lab.settled();
  return { gapMs, afterLeaseMs };
}

/** The agent of the leader is killed or frozen, and stays so: how long two servers took writes. */
export async function measureTwoPrimaries(
  lab: Lab,
  deed: 'killed' | 'frozen',
): Promise<{ ms: number; gapMs: number }> {
  const ledger = await lab.ledger();
  const leader = await lab.leader();
  ledger.startGap();
  if (deed === 'killed') leader.killAgent();
  else leader.freezeAgent();
  await lab.otherLeader(leader);
  // Patroni's former primary goes on: watched for a while.
  await new Promise((resolve) => setTimeout(resolve, WATCHED_MS));
  const gapMs = ledger.longestGapMs;
  if (deed === 'killed') leader.start();
  else leader.thawAgent();
  await lab.settled();
  const { twoWritable } = await lab.close(ledger);
  return { ms: Math.max(0, ...twoWritable.map(({ ms }) => ms)), gapMs };
}

const WATCHED_MS = 5000;
