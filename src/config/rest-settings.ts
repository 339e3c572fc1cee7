import type { Section } from './section.ts';
import type { RestSettings } from './settings.ts';

/**
 * How to talk to the members' REST API (Patroni's request.py): user, password and authority of
 * `ctl`, otherwise of `restapi`; certificate and key of `ctl` only. `insecure` (or `ctl.insecure`)
 * accepts any server certificate, also with a client certificate, where Patroni would still check it.
 * Throws a `Refusal` that names the key that is wrong.
 */
export function readRestSettings(config: Section, insecure: boolean): RestSettings {
  const ctl = config.section('ctl');
  const restapi = config.section('restapi');
  const cacert = ctl?.text('cacert') ?? restapi?.text('cafile');
  const cert = ctl?.text('certfile');
  // A key that is not named is in the certificate's file.
  const key = cert === undefined ? undefined : (ctl?.text('keyfile') ?? cert);
  const keyPassword = ctl?.secret('keyfile_password');
  return {
    ...(readCredentials(ctl) ?? readCredentials(restapi)),
    tls: {
      ...(cacert === undefined ? {} : { cacert }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(keyPassword === undefined ? {} : { keyPassword }),
      insecure: insecure || (ctl?.flag('insecure') ?? false),
    },
  };
}

function readCredentials(
  section: Section | undefined,
): { username: string; password: string } | undefined {
  const authentication = section?.section('authentication');
  if (!authentication) return undefined;
  const username = authentication.secret('username');
  const password = authentication.secret('password');
  if (username === undefined) throw authentication.wrong('username', 'is missing');
  if (password === undefined) throw authentication.wrong('password', 'is missing');
  return { username, password };
}
