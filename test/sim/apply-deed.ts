import { applyOperation } from './apply-operation.ts';
import type { Deed, Operation } from './deeds.ts';
import type { SimHost } from './host.ts';
import type { Undo } from './links.ts';
import { STORE } from './store-weather.ts';
import type { World } from './world.ts';

type Fault = Exclude<Deed, Operation>;
type FaultOf<Kind extends Fault['kind']> = Extract<Fault, { readonly kind: Kind }>;
type Hand<Kind extends Fault['kind']> = (world: World, deed: FaultOf<Kind>) => void;

/** Does one deed, now. What lasts for a while is undone by itself. */
export function applyDeed(world: World, deed: Deed): void {
  if (isFault(deed)) applyFault(world, deed);
  else applyOperation(world, deed);
}

function isFault(deed: Deed): deed is Fault {
  return Object.hasOwn(HANDS, deed.kind);
}

function applyFault<Kind extends Fault['kind']>(world: World, deed: FaultOf<Kind>): void {
  // The table has a hand for each kind, which the compiler cannot follow through `Kind`.
  const hand = HANDS[deed.kind] as unknown as Hand<Kind>;
  hand(world, deed);
}

const HANDS: { readonly [Kind in Fault['kind']]: Hand<Kind> } = {
  'kill-agent': (world, { host, ms }) => {
    const one = hostOf(world, host);
    one.killAgent();
    lasting(world, ms, () => one.startAgent());
  },
  'kill-both': (world, { host, ms }) => {
    const one = hostOf(world, host);
    one.killAgent();
    one.postgres.kill();
    lasting(world, ms, () => one.startAgent());
  },
  'freeze-agent': (world, { host, ms }) => lasting(world, ms, hostOf(world, host).freezeAgent()),
  'kill-guard': (world, { host }) => hostOf(world, host).killGuard(),
  'pause-host': (world, { host, ms }) => {
    const one = hostOf(world, host);
    one.pauseHost();
    lasting(world, ms, () => one.resumeHost());
  },
  'crash-host': (world, { host, ms }) => {
    const one = hostOf(world, host);
    one.crash();
    lasting(world, ms, () => one.boot());
  },
  'step-clock': (world, { host, ms }) => hostOf(world, host).clock.step(ms),
  'drift-clock': (world, { host, ppm }) => hostOf(world, host).clock.drift(ppm),
  'kill-postgres': (world, { host }) => hostOf(world, host).postgres.kill(),
  'slow-start': (world, { host, ms }) => {
    faultsOf(world, host).slowStart = ms;
  },
  'fail-next': (world, { host, what, times }) => faultsOf(world, host).failNext(what, times),
  'disk-full': (world, { host, ms }) => {
    faultsOf(world, host).diskFullUntil = world.now + ms;
  },
  'hang-monitoring': (world, { host, ms }) => {
    faultsOf(world, host).hangsUntil = world.now + ms;
  },
  'store-down': (world, { ms }) => lasting(world, ms, world.store.down()),
  'store-restart': ({ store }) => store.restart(),
  'store-wipe': ({ store }) => store.wipe(),
  'store-backup': ({ store }) => store.backup(),
  'store-restore': ({ store }) => store.restore(),
  'store-compact': ({ store }) => store.compact(),
  'lose-requests': (world, { kind, host, oneIn, ms }) => {
    lasting(world, ms, world.store.weather.add(host, { kind, oneIn }));
  },
  'lose-replies': (world, { kind, host, oneIn, ms }) => {
    lasting(world, ms, world.store.weather.add(host, { kind, oneIn }));
  },
  'slow-store': (world, { host, delay, ms }) => {
    lasting(world, ms, world.store.weather.add(host, { kind: 'slow', delay }));
  },
  'stale-reads': (world, { host, ms }) => lasting(world, ms, world.store.staleReads(host)),
  'cut-link': (world, { from, to, ms }) => lasting(world, ms, world.links.cut(from, to)),
  'slow-link': (world, { from, to, delay, ms }) => {
    lasting(world, ms, world.links.slow(from, to, delay));
  },
  'cut-store': (world, { host, ms }) => cutOff(world, host, { from: [STORE], ms }),
  isolate: (world, { host, ms }) => {
    const others = [...world.hosts.keys()].filter((name) => name !== host);
    cutOff(world, host, { from: others, ms });
  },
};

function hostOf(world: World, name: string): SimHost {
  const host = world.hosts.get(name);
  if (host === undefined) throw new Error(`there is no host ${name}`);
  return host;
}

function faultsOf(world: World, host: string) {
  return hostOf(world, host).postgres.instance.faults;
}

function lasting(world: World, ms: number, undo: Undo): void {
  world.scheduler.after(ms, undo);
}

/** Both directions to all of these places. */
function cutOff(
  world: World,
  host: string,
  { from, ms }: { readonly from: readonly string[]; readonly ms: number },
): void {
  for (const place of from) {
    lasting(world, ms, world.links.cut(host, place));
    lasting(world, ms, world.links.cut(place, host));
  }
}
