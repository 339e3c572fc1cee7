import { flagIn, type Section, secretIn, sectionIn, textIn, wrongValue } from './section.ts';
import type { RestSettings } from './settings.ts';

const NOTHING: Section = { name: '', values: {} };

/**
 * How to talk to the members' REST API (Patroni's request.py): user, password and authority of
 * `ctl`, otherwise of `restapi`; certificate and key of `ctl` only. `insecure` (or `ctl.insecure`)
 * accepts any server certificate, also with a client certificate, where Patroni would still check
 * it. Throws a `Refusal` that names the key that is wrong.
 */
export function readRestSettings(config: Section, insecure: boolean): RestSettings {
  const ctl = sectionIn(config, 'ctl') ?? NOTHING;
  const restapi = sectionIn(config, 'restapi') ?? NOTHING;
  const cacert = textIn(ctl, 'cacert') ?? textIn(restapi, 'cafile');
  const cert = textIn(ctl, 'certfile');
  // A key that is not named is in the certificate's file.
  const key = cert === undefined ? undefined : (textIn(ctl, 'keyfile') ?? cert);
  const keyPassword = secretIn(ctl, 'keyfile_password');
  return {
    ...(readCredentials(ctl) ?? readCredentials(restapi)),
    tls: {
      ...(cacert === undefined ? {} : { cacert }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(keyPassword === undefined ? {} : { keyPassword }),
      insecure: insecure || flagIn(ctl, 'insecure'),
    },
  };
}

/**
 * User and password in `authentication` of a section; both or neither. Throws a `Refusal`.
 */
export function readCredentials(
  section: Section,
): { username: string; password: string } | undefined {
  const authentication = sectionIn(section, 'authentication');
  if (!authentication) return undefined;
  const username = secretIn(authentication, 'username');
  const password = secretIn(authentication, 'password');
  if (username === undefined) throw wrongValue(authentication, 'username', 'is missing');
  if (password === undefined) throw wrongValue(authentication, 'password', 'is missing');
  return { username, password };
}
