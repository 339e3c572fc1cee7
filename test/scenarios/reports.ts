import { memberTable } from '../../src/ctl/list/member-table.ts';
import { renderRows } from '../../src/ctl/render/rows.ts';
import type { SyncNames } from '../../src/model/postgres.ts';
import { SCOPE, type World } from '../sim/world.ts';

type Report = (world: World, words: readonly string[]) => string;

/** What can be looked at in a transcript: command → text. */
export const REPORTS: Readonly<Record<string, Report>> = {
  list,
  sync,
  data,
  slots,
  links,
  store,
  writes,
};

/** The table that `pgherd list` prints. LSNs are left out: they tell nothing in a transcript. */
function list(world: World): string {
  const view = world.view();
  const options = { format: 'pretty', extended: false, citus: false, groupInTitle: false } as const;
  const { columns, rows, alignment } = memberTable(SCOPE, [[0, view]], options);
  const kept = columns.flatMap((title, index) => (/LSN/.test(title) ? [] : [index]));
  const only = (cells: readonly unknown[]) => kept.map((index) => cells[index]);
  return renderRows({
    columns: only(columns).map(String),
    rows: rows.map(only),
    format: 'pretty',
    header: ` Cluster: ${SCOPE} `,
    alignment: alignment ?? {},
  });
}

/** `/sync`, and the names in effect on every server that accepts writes. */
function sync(world: World): string {
  const { sync: seen } = world.view();
  const document = seen
    ? `leader ${seen.leader}, standbys (${seen.standbys.join(', ')}), quorum ${seen.quorum}`
    : 'none';
  const primaries = world.truths.filter((host) => host.acceptsWrites());
  const names = primaries.map((host) => `${host.name} waits for ${namesText(host.syncNames())}`);
  return [`/sync: ${document}`, ...names].join('\n');
}

function namesText(names: SyncNames): string {
  if (names.kind === 'off') return 'nobody';
  if (names.kind === 'text') return names.text;
  const list = names.names.join(', ');
  return names.kind === 'first' ? `${names.count} (${list})` : `any ${names.count} (${list})`;
}

/** What was done to the data directories since the start. */
function data(world: World): string {
  return world.truths
    .map((host) => {
      const { timeline } = host.position();
      const losses = host.dataLosses();
      const done = Object.entries(host.operations())
        .filter(([kind]) => DATA_JOBS.has(kind))
        .map(([kind, times]) => `${times} ${kind}`);
      const text = done.length > 0 ? done.join(', ') : 'left alone';
      const lost = losses.length > 0 ? `; LOST: ${losses.join(', ')}` : '';
      return `${host.name}: timeline ${timeline ?? 'none'}; ${text}${lost}`;
    })
    .join('\n');
}

const DATA_JOBS = new Set(['bootstrap', 'clone', 'rewind', 'crash-recovery']);

/** The replication slots of every server. */
function slots(world: World): string {
  return [...world.hosts.values()]
    .map(({ name, postgres }) => {
      const views = postgres.view().slots;
      const texts = views.map((slot) => `${slot.name}${slot.active ? '' : ' (inactive)'}`);
      return `${name}: ${texts.sort().join(', ') || 'none'}`;
    })
    .join('\n');
}

/** Who streams from whom. */
function links(world: World): string {
  return [...world.hosts.values()]
    .map(({ name, postgres }) => {
      const { role, follows, replicationState } = postgres.view();
      if (role === 'primary') return `${name}: primary`;
      return `${name}: ${replicationState ?? 'not streaming'} from ${follows || 'nobody'}`;
    })
    .join('\n');
}

/** A document of the store as it is written there. */
function store(world: World, [name = '']: readonly string[]): string {
  return world.store.get(name as 'history')?.value ?? 'none';
}

/** Commits that clients were told of, and how many of them the primary does not have. */
function writes(world: World): string {
  const primary = world.truths.find((host) => host.acceptsWrites());
  const told = `${world.acknowledged.length > 0 ? 'some' : 'none'} acknowledged`;
  if (!primary) return `${told}; nobody accepts writes`;
  const lost = world.acknowledged.filter((commit) => !primary.has(commit)).length;
  return `${told}, ${lost} of them lost; ${primary.name} accepts writes`;
}
