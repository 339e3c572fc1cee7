import { Args, Flags } from '@oclif/core';
import { doctor } from '../ctl/doctor/doctor.ts';
import { BaseCommand } from './base.ts';

export default class Doctor extends BaseCommand {
  static override summary = 'Examine a cluster: what is wrong, how it shows, what to do';
  static override description =
    'Looks at the DCS, at every member and at the servers of etcd, and changes nothing. ' +
    'Exit code 4 when there is an error. What could not be checked is said. ' +
    'With -c and the patroni.yml of a node it knows more about that node.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> demo',
    '<%= config.bin %> -c /etc/patroni/patroni.yml <%= command.id %> --strict --json',
  ];
  static override args = {
    cluster: Args.string({ ignoreStdin: true, description: 'Cluster name (default: scope)' }),
  };
  static override flags = {
    group: Flags.integer({ description: 'Citus group' }),
    strict: Flags.boolean({ description: 'Exit code 4 for warnings, too' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Doctor);
    await this.perform(flags, (session) =>
      doctor(session, {
        cluster: args.cluster,
        group: flags.group,
        strict: flags.strict ?? false,
      }),
    );
  }
}
