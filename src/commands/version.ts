import { Args, Flags } from '@oclif/core';
import { version } from '../ctl/inspect/version.ts';
import { OWN_VERSION } from '../ctl/own-version.ts';
import { BaseCommand } from './base.ts';

export default class Version extends BaseCommand {
  static override summary = 'Show the version of pgherd, and of what the members run';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> demo',
    '<%= config.bin %> <%= command.id %> demo pg1 pg2 --json',
  ];
  static override strict = false;
  static override args = {
    cluster: Args.string({ ignoreStdin: true, description: 'Cluster whose members are asked' }),
    members: Args.string({ ignoreStdin: true, description: 'Only these members' }),
  };
  static override flags = { group: Flags.integer({ description: 'Citus group' }) };

  async run(): Promise<void> {
    const { args, raw, flags } = await this.parse(Version);
    await this.perform(flags, (session) =>
      version(session, {
        cluster: args.cluster,
        members: raw.flatMap(({ type, input }) => (type === 'arg' ? [input] : [])).slice(1),
        group: flags.group,
        own: OWN_VERSION,
      }),
    );
  }
}
