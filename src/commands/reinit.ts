import { Args, Flags } from '@oclif/core';
import { reinit } from '../ctl/reinit/reinit.ts';
import { BaseCommand } from './base.ts';

export default class Reinit extends BaseCommand {
  static override summary = 'Make the data directory of replicas anew from a copy';
  static override examples = [
    '<%= config.bin %> <%= command.id %> demo pg2',
    '<%= config.bin %> <%= command.id %> demo pg2 --force --wait --timeout 3600',
    '<%= config.bin %> <%= command.id %> demo pg2 pg3 --from-leader --force --wait --json',
  ];
  static override args = {
    cluster: Args.string({
      ignoreStdin: true,
      description: 'Cluster name',
      required: true,
    }),
    members: Args.string({
      ignoreStdin: true,
      description: 'Replicas to make anew',
      multiple: true,
    }),
  };
  static override flags = {
    group: Flags.integer({ description: 'Citus group' }),
    force: Flags.boolean({ description: 'Ask nothing; cancel what the member is doing' }),
    'from-leader': Flags.boolean({ description: 'Copy from the leader' }),
    wait: Flags.boolean({ description: 'Wait until the new server streams, and show the copy' }),
    timeout: Flags.integer({ description: 'Seconds to wait at most (default: a day)', min: 1 }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Reinit);
    await this.perform(flags, (session) =>
      reinit(session, {
        cluster: args.cluster,
        members: args.members ?? [],
        group: flags.group,
        force: flags.force,
        fromLeader: flags['from-leader'] ?? false,
        wait: flags.wait ?? false,
        timeout: flags.timeout,
      }),
    );
  }
}
