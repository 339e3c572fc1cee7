import type { Ledger } from '../clients/ledger.ts';
import type { LabHost } from '../lab/host.ts';
import type { Lab } from '../lab/lab.ts';

/** Something that befalls a cluster under load; afterwards it has to be whole again by itself. */
export interface Fault {
  readonly name: string;
  /** Does it and takes it back. `leader` leads when it begins. */
  readonly befall: (scene: Scene) => Promise<void>;
  /** Who leads in the end. */
  readonly leader: 'same' | 'another' | 'any';
}

export interface Scene {
  readonly lab: Lab;
  readonly leader: LabHost;
  readonly standbys: readonly LabHost[];
  readonly ledger: Ledger;
}

/** Longer than a ttl of 20 s. */
const OUTLIVES_LEASE_MS = 30_000;

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The cluster goes on without this leader; then what was done to him is taken back. */
async function replaced({ lab, leader, ledger }: Scene, undo: () => void): Promise<void> {
  await lab.otherLeader(leader);
  await ledger.progress();
  undo();
}

export const FAULTS: readonly Fault[] = [
  {
    name: 'postmaster killed',
    leader: 'any',
    async befall({ leader, ledger }) {
      leader.killPostmaster();
      await ledger.progressAfterGap();
    },
  },
  {
    name: 'agent killed, and started again before the lease ends',
    leader: 'same',
    async befall({ leader, ledger }) {
      const before = leader.postmaster;
      leader.killAgent();
      await pause(3000);
      leader.start();
      await ledger.progressAfterGap();
      if (leader.postmaster !== before) throw new Error('PostgreSQL was restarted');
    },
  },
  {
    name: 'agent killed for good',
    leader: 'another',
    async befall(scene) {
      scene.leader.killAgent();
      await replaced(scene, () => scene.leader.start());
    },
  },
  {
    name: 'agent frozen',
    leader: 'another',
    async befall(scene) {
      scene.leader.freezeAgent();
      await replaced(scene, () => scene.leader.thawAgent());
    },
  },
  {
    name: 'agent and postmaster killed',
    leader: 'any',
    async befall({ leader, ledger }) {
      leader.killAgent();
      leader.killPostmaster();
      await pause(1000);
      leader.start();
      await ledger.progressAfterGap();
    },
  },
  {
    name: 'the whole host gone',
    leader: 'another',
    async befall(scene) {
      scene.leader.crash();
      await replaced(scene, () => {
        scene.leader.powerOn();
        scene.leader.start();
      });
    },
  },
  {
    name: 'etcd killed and back at once',
    leader: 'same',
    async befall({ lab, ledger }) {
      await lab.store.kill();
      await pause(3000);
      await lab.store.start();
      await ledger.progressAfterGap();
    },
  },
  {
    name: 'etcd away for longer than a lease',
    leader: 'any',
    async befall({ lab, ledger }) {
      await lab.store.kill();
      await pause(OUTLIVES_LEASE_MS);
      await lab.store.start();
      await ledger.progressAfterGap();
    },
  },
  {
    name: 'etcd frozen for longer than a lease',
    leader: 'any',
    async befall({ lab, ledger }) {
      lab.store.freeze();
      await pause(OUTLIVES_LEASE_MS);
      lab.store.thaw();
      await ledger.progressAfterGap();
    },
  },
  {
    name: 'etcd wiped',
    // Nobody took the lock away: it looks at the new store, and takes the lock again.
    leader: 'same',
    async befall({ lab, ledger }) {
      await lab.store.wipe();
      await lab.store.start();
      await ledger.progressAfterGap();
    },
  },
  {
    name: 'the leader cut off from etcd',
    leader: 'another',
    async befall(scene) {
      const { lab, leader } = scene;
      lab.network.block(leader.address, lab.store.ip);
      await replaced(scene, () => lab.network.unblock(leader.address, lab.store.ip));
    },
  },
  {
    name: 'the answers of etcd lost on their way to the leader',
    leader: 'another',
    async befall(scene) {
      const { lab, leader } = scene;
      lab.network.block(lab.store.address, leader.address.ip);
      await replaced(scene, () => lab.network.unblock(lab.store.address, leader.address.ip));
    },
  },
  {
    name: 'the leader cut off from the other members',
    leader: 'same',
    async befall({ lab, leader, standbys, ledger }) {
      for (const { address } of standbys) lab.network.block(leader.address, address.ip);
      await pause(OUTLIVES_LEASE_MS);
      for (const { address } of standbys) lab.network.unblock(leader.address, address.ip);
      await ledger.progressAfterGap();
    },
  },
  {
    name: 'what the other members send to the leader is lost',
    leader: 'same',
    async befall({ lab, leader, standbys, ledger }) {
      for (const { address } of standbys) lab.network.block(address, leader.address.ip);
      await pause(OUTLIVES_LEASE_MS);
      for (const { address } of standbys) lab.network.unblock(address, leader.address.ip);
      await ledger.progressAfterGap();
    },
  },
  {
    name: 'the leader without network',
    leader: 'another',
    async befall(scene) {
      const { lab, leader } = scene;
      lab.network.unplug(leader.address);
      await replaced(scene, () => lab.network.plug(leader.address));
    },
  },
];
