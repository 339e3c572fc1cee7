import type { WriteRequest } from '../dcs/agent-dcs.ts';
import type { DocumentWrite } from '../ha/plan.ts';
import { formatConfig } from '../wire/config.ts';
import { formatFailover } from '../wire/failover.ts';
import { formatHistory } from '../wire/history.ts';
import { formatSync } from '../wire/sync.ts';

/** What the store is asked to write, with the document in Patroni's format. */
export function writeRequest(document: DocumentWrite): WriteRequest {
  const { name, guard, asLeader } = document;
  // A bootstrap that dies with its session leaves the cluster to another.
  const withSession = name === 'initialize' && document.value === '';
  return { name, value: textOf(document), guard, asLeader, withSession };
}

function textOf(document: DocumentWrite): string | undefined {
  switch (document.name) {
    case 'initialize':
      return document.value;
    case 'config':
      return formatConfig(document.value);
    case 'sync':
      return document.value && formatSync(document.value);
    case 'failover':
      // Patroni empties the request and leaves the key (`manual_failover` of dcs/__init__.py).
      return formatFailover(document.value ?? {});
    case 'history':
      return formatHistory(document.value);
  }
}
