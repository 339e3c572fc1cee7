import type { ClusterView } from '../../model/cluster.ts';
import type { Session } from '../session.ts';
import { renderMembers } from '../show-members.ts';

/** Prints the table of the members, as `list` does. */
export function showTopology(session: Session, view: ClusterView, group: number | undefined): void {
  const citus = session.settings.citus !== undefined;
  session.io.out(renderMembers(view, { format: 'pretty', extended: false, citus, group }));
}
