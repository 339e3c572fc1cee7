import type { Facts } from '../facts.ts';
import { leads } from '../lease.ts';
import type { Memory } from '../memory.ts';
import type { DocumentWrite } from '../plan.ts';
import { isSystemId } from '../situation.ts';

/**
 * What a leader writes again when the store has lost it: the system identifier and the dynamic
 * configuration. Nobody but the leader: a replica may belong to another cluster (P#2970).
 */
export function restoreDocuments(facts: Facts): readonly DocumentWrite[] {
  if (!leads(facts) || !facts.dcs?.ownsLock) return [];
  return [...systemIdentifier(facts), ...configuration(facts)];
}

/** The last dynamic configuration that was seen, to be written when it is lost. */
export function knownConfig({ dcs, memory }: Facts): Memory['knownConfig'] {
  const data = dcs?.view.config?.data;
  return data && Object.keys(data).length > 0 ? data : memory.knownConfig;
}

function systemIdentifier({ dcs, postgres, memory }: Facts): readonly DocumentWrite[] {
  const written = dcs?.view.initialize;
  const { systemId } = postgres;
  // While a cluster is being made, `/initialize` is the claim of the one who makes it.
  if (isSystemId(written) || memory.bootstrapping) return [];
  if (systemId === undefined || !isSystemId(systemId)) return [];
  // These data are not those that this node led: that is for people to sort out.
  if (memory.systemId !== undefined && memory.systemId !== systemId) return [];
  const guard = written === undefined ? 'absent' : 'any';
  return [{ name: 'initialize', value: systemId, guard, asLeader: true }];
}

function configuration(facts: Facts): readonly DocumentWrite[] {
  const config = facts.dcs?.view.config;
  if (config && Object.keys(config.data).length > 0) return [];
  const value = knownConfig(facts) ?? facts.self.bootstrap;
  if (value === undefined || Object.keys(value).length === 0) return [];
  const guard = config ? { version: config.version } : 'absent';
  return [{ name: 'config', value, guard, asLeader: true }];
}
