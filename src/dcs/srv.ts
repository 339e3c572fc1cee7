import { Resolver } from 'node:dns/promises';
import type { EtcdSettings } from '../config/settings.ts';
import type { Address } from './http.ts';

/** Resolves SRV records, as Node's `dns.promises.Resolver` does. */
export interface SrvResolver {
  resolveSrv(name: string): Promise<readonly { name: string; port: number }[]>;
  /** Ends the questions that are open: they would keep the process alive. */
  cancel(): void;
}

/** The names that Patroni tries, in its order; the first with records wins. */
const SERVICES = [
  { service: '_etcd-client-ssl', protocol: 'https' },
  { service: '_etcd-client', protocol: 'http' },
  { service: '_etcd-ssl', protocol: 'https' },
  { service: '_etcd', protocol: 'http' },
] as const;

/**
 * Finds etcd's servers through the DNS: `_etcd-client-ssl._tcp.DOMAIN` and so on, with
 * `-SUFFIX` behind the service where `srv_suffix` is set. None when no name has records or the
 * DNS does not answer within `timeoutMs`.
 */
export async function addressesFromSrv(
  settings: Pick<EtcdSettings, 'srv' | 'srvSuffix'>,
  timeoutMs: number,
  resolver: SrvResolver = new Resolver(),
): Promise<Address[]> {
  const suffix = settings.srvSuffix ? `-${settings.srvSuffix}` : '';
  const found = SERVICES.map(async ({ service, protocol }): Promise<Address[]> => {
    try {
      const records = await resolver.resolveSrv(`${service}${suffix}._tcp.${settings.srv}`);
      return records.map(({ name, port }) => ({ protocol, host: `${name}:${port}` }));
    } catch {
      // No such record: the next name may have one.
      return [];
    }
  });
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<Address[][]>((done) => {
    timer = setTimeout(() => done([]), timeoutMs);
  });
  const answers = await Promise.race([Promise.all(found), silence]);
  clearTimeout(timer);
  resolver.cancel();
  return answers.find((addresses) => addresses.length > 0) ?? [];
}
