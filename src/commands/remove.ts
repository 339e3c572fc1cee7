import { Args, Flags } from '@oclif/core';
import { remove } from '../ctl/actions/remove.ts';
import { FORMATS } from '../ctl/formats.ts';
import { BaseCommand } from './base.ts';

export default class Remove extends BaseCommand {
  static override summary = 'Remove all that the DCS has about a cluster; no data directory';
  static override examples = [
    '<%= config.bin %> <%= command.id %> demo',
    '<%= config.bin %> <%= command.id %> demo --force --confirm demo',
  ];
  static override args = {
    cluster: Args.string({
      ignoreStdin: true,
      description: 'Cluster name',
      required: true,
    }),
  };
  static override flags = {
    group: Flags.integer({ description: 'Citus group' }),
    format: Flags.option({ char: 'f', options: FORMATS, description: 'Format of the table' })({
      default: 'pretty',
    }),
    force: Flags.boolean({ description: 'Ask nothing; needs --confirm' }),
    confirm: Flags.string({ description: 'The name of the cluster once more' }),
    wait: Flags.boolean({ description: 'Watch whether members that still run write keys again' }),
    timeout: Flags.integer({ min: 1, description: 'Seconds to watch (loop_wait + 5)' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Remove);
    const { group, format, force, confirm, wait, timeout } = flags;
    const { cluster } = args;
    await this.perform(flags, (session) =>
      remove(session, { cluster, group, format, force, confirm, wait, timeout }),
    );
  }
}
