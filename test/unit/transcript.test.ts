import { describe, expect, it } from 'vitest';
import { parseCluster } from '../scenarios/cluster-words.ts';
import { isDeed, milliseconds, parseDeed } from '../scenarios/deed-words.ts';
import { formatTranscript, parseTranscript } from '../scenarios/transcript.ts';

const TEXT = `# What it shows.

cluster 3
----
ok

# Then this.
kill-agent pg1 10s
run 5s
----
t=1.0 pg2 a.b  c
t=2.0 pg2 a.d  e

list
----
`;

describe('transcripts', () => {
  it('are read as commands and output, with the comments before them', () => {
    const { blocks } = parseTranscript(TEXT);
    expect(blocks.map(({ commands }) => commands)).toEqual([
      ['cluster 3'],
      ['kill-agent pg1 10s', 'run 5s'],
      ['list'],
    ]);
    expect(blocks.map(({ output }) => output)).toEqual([
      'ok',
      't=1.0 pg2 a.b  c\nt=2.0 pg2 a.d  e',
      '',
    ]);
    expect(blocks[1]?.before).toEqual(['', '# Then this.']);
  });

  it('are the same text again when they are written', () => {
    expect(formatTranscript(parseTranscript(TEXT))).toBe(TEXT);
  });

  it('need no output before their first run', () => {
    const { blocks } = parseTranscript('cluster 3\n\nrun 5s\nlist\n');
    expect(blocks.map(({ commands }) => commands)).toEqual([['cluster 3'], ['run 5s', 'list']]);
  });
});

describe('deeds in words', () => {
  it.each([
    ['kill-agent pg1 10s', { kind: 'kill-agent', host: 'pg1', ms: 10_000 }],
    ['step-clock pg1 -5m', { kind: 'step-clock', host: 'pg1', ms: -300_000 }],
    ['fail-next pg2 rewind 2', { kind: 'fail-next', host: 'pg2', what: 'rewind', times: 2 }],
    ['cut-link pg1 pg2 1h', { kind: 'cut-link', from: 'pg1', to: 'pg2', ms: 3_600_000 }],
    ['switchover', { kind: 'switchover' }],
    ['switchover pg2', { kind: 'switchover', candidate: 'pg2' }],
    ['switchover in=30s', { kind: 'switchover', inMs: 30_000 }],
    ['switchover pg2 in=30s', { kind: 'switchover', candidate: 'pg2', inMs: 30_000 }],
    ['reinitialize pg3', { kind: 'reinitialize', host: 'pg3', force: false }],
    ['reinitialize pg3 force', { kind: 'reinitialize', host: 'pg3', force: true }],
    ['pause on', { kind: 'pause', on: true }],
    ['edit-config {"ttl": 20, "a": "b c"}', { kind: 'edit-config', patch: { ttl: 20, a: 'b c' } }],
    ['store-wipe', { kind: 'store-wipe' }],
  ])('%s', (line, deed) => {
    expect(isDeed(line)).toBe(true);
    expect(parseDeed(line)).toEqual(deed);
  });

  it('say what is missing or too much', () => {
    expect(() => parseDeed('kill-agent pg1')).toThrow('no ms');
    expect(() => parseDeed('store-wipe now')).toThrow('too much: now');
    expect(() => milliseconds('10')).toThrow('not a duration: 10');
    expect(isDeed('list')).toBe(false);
  });
});

describe('a cluster in words', () => {
  it('has a configuration, tags, and settings of the world', () => {
    const line = '3 cold seed=4 sync=on postgresql.use_slots=off tags.pg2={"nosync":true} ttl=20';
    expect(parseCluster(line.split(' '))).toEqual({
      nodes: 3,
      seed: 4,
      cold: true,
      fence: 'required',
      clients: 1,
      removesOnRewindFailure: false,
      removesOnDivergence: false,
      tags: { pg2: { nosync: true } },
      config: {
        ttl: 20,
        loop_wait: 10,
        retry_timeout: 10,
        synchronous_mode: true,
        postgresql: { use_slots: false },
      },
    });
  });
});
