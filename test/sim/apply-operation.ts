import type { MemberReport } from '../../src/model/node-status.ts';
import type { Operation } from './deeds.ts';
import type { SimHost } from './host.ts';
import { askForTakeover, editConfig } from './operators.ts';
import type { World } from './world.ts';

/** An operator does something, at a place from where the store and all agents can be reached. */
export function applyOperation(world: World, operation: Operation): void {
  const said = carryOut(world, operation);
  if (said !== undefined) world.note('operator', said);
}

/** What the operator is told at once; undefined: nothing yet. */
function carryOut(world: World, operation: Operation): string | undefined {
  switch (operation.kind) {
    case 'switchover':
    case 'failover':
      return takeOver(world, operation);
    case 'restart':
      return order(world, operation.host, (host) => restart(world, host, operation.inMs));
    case 'reinitialize': {
      const { force } = operation;
      return order(world, operation.host, (host) =>
        follow(world, host, { kind: 'reinitialize', force, fromLeader: false }),
      );
    }
    case 'pause':
      return editConfig(world.store, world.view(), { pause: operation.on ? true : null });
    case 'edit-config':
      return editConfig(world.store, world.view(), operation.patch);
    case 'stop-agent': {
      const { ms } = operation;
      return order(world, operation.host, (host) => {
        world.planStart(host.name, ms);
        follow(world, host, { kind: 'shutdown' });
      });
    }
  }
}

type Takeover = Extract<Operation, { readonly kind: 'switchover' | 'failover' }>;

function takeOver(world: World, operation: Takeover): string {
  const view = world.view();
  const inMs = operation.kind === 'switchover' ? operation.inMs : undefined;
  const now = world.wall;
  return askForTakeover(world.store, view, {
    action: operation.kind,
    candidate: operation.candidate,
    at: inMs === undefined ? undefined : now + inMs,
    now,
    reports: reports(world),
  });
}

/** What `GET /patroni` says of every member. */
function reports(world: World): ReadonlyMap<string, MemberReport> {
  return new Map([...world.hosts.values()].map((host) => [host.name, report(host)]));
}

function report(host: SimHost): MemberReport {
  const agent = answering(host);
  return agent ? { ok: true, status: agent.status() } : { ok: false, failure: 'no answer' };
}

/** The agent of a host, if it could answer now. */
function answering(host: SimHost) {
  const works = host.powered && host.agent.alive && !host.agent.frozen;
  return works ? host.program : undefined;
}

function order(world: World, name: string, give: (host: SimHost) => void): string | undefined {
  const host = world.hosts.get(name);
  if (host === undefined) throw new Error(`there is no host ${name}`);
  if (!answering(host)) return `${name} does not answer`;
  give(host);
  return undefined;
}

function restart(world: World, host: SimHost, inMs: number | undefined): void {
  if (inMs === undefined) {
    follow(world, host, { kind: 'restart', onlyIfPending: false });
  } else {
    // The operator's clock says when, and the host's own whether that is now.
    const at = world.wall + inMs;
    follow(world, host, { kind: 'scheduled-restart', onlyIfPending: false, at });
  }
}

type AgentOrder = Parameters<NonNullable<SimHost['program']>['order']>[0];

/** Gives an order, and notes in the trace what came of it. */
function follow(world: World, host: SimHost, wanted: AgentOrder): void {
  void host.program?.order(wanted).then(({ text }) => {
    world.note('operator', `${host.name}: ${wanted.kind}: ${text}`);
  });
}
