import type { ClusterView } from '../model/cluster.ts';
import { printable } from '../system/text.ts';
import type { LagSeconds } from './list/lag-time.ts';
import { memberTable } from './list/member-table.ts';
import { type Format, renderRows } from './render/rows.ts';

export interface ShowOptions {
  readonly format: Format;
  /** Show the columns on restarts and tags also when no member has any. */
  readonly extended: boolean;
  /** Citus group that was asked for. */
  readonly group?: number | undefined;
  /** The configuration has a `citus` section. */
  readonly citus: boolean;
  /** Seconds behind, for `--lag-time`: adds a column. Null where that is not known. */
  readonly lagSeconds?: LagSeconds | undefined;
  readonly color?: boolean;
}

/**
 * The table of a cluster's members, byte for byte as patronictl 4.1 prints it in the same format,
 * with the lines on maintenance mode and scheduled switchovers below it. No newline at its end,
 * but for YAML, where patronictl prints an empty line. Text from outside is escaped.
 */
export function renderMembers(view: ClusterView, options: ShowOptions): string {
  const shown = asShown(view, options);
  const { format, group } = options;
  const columns = { ...options, citus: shown.citus, groupInTitle: group !== undefined };
  const table = renderRows({
    ...memberTable(view.scope, shown.groups, columns),
    format,
    header: titleOf(shown, options),
  });
  if (format !== 'pretty' && format !== 'topology') return table;
  const info = shown.groups.flatMap(([number, one]) => {
    const lines = serviceInfo(one);
    if (lines.length === 0) return [];
    const heading = shown.citus && group === undefined ? [`Citus group: ${number}`] : [];
    return [...heading, ` ${lines.join('\n ')}`];
  });
  return [table, ...info].join('\n');
}

/** A view with the groups that are to be shown. */
interface Shown {
  readonly view: ClusterView;
  readonly citus: boolean;
  readonly groups: readonly (readonly [number, ClusterView])[];
}

function asShown(view: ClusterView, options: ShowOptions): Shown {
  const citus = options.citus || options.group !== undefined || view.group !== undefined;
  const groups: [number, ClusterView][] = [[options.group ?? 0, view]];
  if (citus && options.group === undefined) groups.push(...view.workers);
  return { view, citus, groups: groups.sort(([one], [other]) => one - other) };
}

function titleOf({ view, citus }: Shown, { group }: ShowOptions): string {
  const { initialize } = view;
  const state = initialize === undefined ? 'uninitialized' : initialize || 'initializing';
  if (!citus) return ` Cluster: ${view.scope} (${state}) `;
  const details = group === undefined ? '' : ` (group: ${group}, ${state})`;
  return ` Citus cluster: ${view.scope}${details} `;
}

function serviceInfo(view: ClusterView): string[] {
  const pause = view.config?.settings.pause ? ['Maintenance mode: on'] : [];
  const { failover } = view;
  const at = failover?.scheduledAt;
  // A request that names nobody is none.
  if (at === undefined || (!failover?.leader && !failover?.candidate)) return pause;
  const lines = [`Switchover scheduled at: ${at}`];
  if (failover.leader) lines.push(`${'from'.padStart(24)}: ${printable(failover.leader)}`);
  if (failover.candidate) lines.push(`${'to'.padStart(24)}: ${printable(failover.candidate)}`);
  return [...pause, lines.join('\n')];
}
