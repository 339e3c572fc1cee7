import { Flags } from '@oclif/core';
import { store } from '../demo/store.ts';
import { BaseCommand } from './base.ts';

export default class Store extends BaseCommand {
  static override summary = 'Run a small store for trying out, never for production';
  static override description =
    "One process, in memory, that speaks the part of etcd's v3 API that a cluster needs: for a " +
    'laptop and for tests, with pgherd, patroni and etcdctl alike. It has no users, no TLS and ' +
    'no second copy, and everything in it is gone when it ends.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --listen 127.0.0.1:2379',
  ];
  static override flags = {
    listen: Flags.string({
      description: 'Address to listen on; port 0 takes one that is free',
      default: '127.0.0.1:2379',
      helpValue: 'HOST:PORT',
    }),
    'i-know-this-is-not-production': Flags.boolean({
      description: 'Allow an address that other hosts can reach',
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Store);
    const notProduction = flags['i-know-this-is-not-production'];
    await this.perform(flags, (session) => store(session, { listen: flags.listen, notProduction }));
  }
}
