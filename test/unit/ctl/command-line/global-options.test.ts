import { describe, expect, it } from 'vitest';
import { hoistGlobalOptions } from '../../../../src/ctl/command-line/global-options.ts';

const hoist = (line: string): string => hoistGlobalOptions(line.split(' ')).join(' ');

describe('options before the command name', () => {
  it.each([
    ['-c x.yml list demo', 'list --config-file x.yml demo'],
    ['-cx.yml list demo', 'list --config-file x.yml demo'],
    ['--config-file=x.yml list', 'list --config-file x.yml'],
    ['-d etcd3://h:2379 -k list', 'list --dcs-url etcd3://h:2379 --insecure'],
    ['--dcs h:2379 --json list', 'list --dcs-url h:2379 --json'],
    ['-kc x.yml list', 'list --insecure --config-file x.yml'],
    ['-kd h list', 'list --insecure --dcs-url h'],
    ['-k -- list -- demo', 'list --insecure -- demo'],
    ['-c x.yml query -c SELECT -d db', 'query --config-file x.yml -c SELECT -d db'],
  ])('%s', (line, expected) => {
    expect(hoist(line)).toBe(expected);
  });

  it.each(['list -c x.yml demo', 'query -c SELECT', '--help', '-x list', '-', '-c', '-kx list'])(
    'leaves "%s" as it is',
    (line) => {
      expect(hoist(line)).toBe(line);
    },
  );

  it('keeps an empty command line empty', () => {
    expect(hoistGlobalOptions([])).toEqual([]);
  });
});
