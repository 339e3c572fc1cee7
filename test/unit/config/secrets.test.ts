import { describe, expect, it } from 'vitest';
import { recognizableSecrets, secretsIn } from '../../../src/config/secrets.ts';

const CONFIG = {
  scope: 'demo',
  etcd3: { username: 'root', password: 'etcd-secret' },
  consul: { token: 'tok-1234' },
  restapi: { authentication: { username: 'admin', password: 'admin' }, keyfile_password: 'kfp-1' },
  zookeeper: { auth_data: { scheme: 'user:zk-secret' } },
  postgresql: {
    authentication: { superuser: { username: 'postgres', password: 'postgres' } },
    parameters: {
      password_encryption: 'scram-sha-256',
      ssl_passphrase_command: 'cat /key',
    },
    passfile: '/x',
  },
  short: { password: 'abc', sslpassword: 123456 },
};

describe('secrets', () => {
  it('are the values of the keys that say so', () => {
    expect(secretsIn(CONFIG)).toEqual([
      ...['etcd-secret', 'tok-1234', 'admin', 'kfp-1', 'user:zk-secret', 'postgres'],
      ...['abc', '123456'],
    ]);
  });

  it('can be blanked out unless they are too short or are the name of something', () => {
    expect(recognizableSecrets(CONFIG)).toEqual([
      ...['etcd-secret', 'tok-1234', 'kfp-1', 'user:zk-secret', '123456'],
    ]);
  });
});
