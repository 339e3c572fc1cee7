import { Args, Flags } from '@oclif/core';
import { setPause } from '../ctl/actions/pause.ts';
import { BaseCommand } from './base.ts';

export default class Resume extends BaseCommand {
  static override summary = 'Switch maintenance mode off: automatic failover again';
  static override examples = [
    '<%= config.bin %> <%= command.id %> demo',
    '<%= config.bin %> <%= command.id %> demo --wait --timeout 60',
  ];
  static override args = {
    cluster: Args.string({ ignoreStdin: true, description: 'Cluster name (default: scope)' }),
  };
  static override flags = {
    group: Flags.integer({ description: 'Citus group' }),
    wait: Flags.boolean({ description: 'Wait until every member knows it' }),
    timeout: Flags.integer({ description: 'Seconds to wait (default: ttl + loop_wait)', min: 1 }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Resume);
    const { group, wait, timeout } = flags;
    await this.perform(flags, (session) =>
      setPause(session, { cluster: args.cluster, group, paused: false, wait, timeout }),
    );
  }
}
