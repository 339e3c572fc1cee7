import { describe, expect, it } from 'vitest';
import type { DatabaseView } from '../../../../src/ctl/drill/database.ts';
import { chooseSchema } from '../../../../src/ctl/drill/probe-schema.ts';

const view = (change: Partial<DatabaseView>): DatabaseView => ({
  ...{ database: 'app', user: 'me', path: ['me', 'public'], allowed: ['ops', 'public'] },
  ...{ publications: [], leftovers: [], sessions: 0, archiverFails: false },
  ...change,
});

describe('the schema of the probe table', () => {
  it('is the first of the search path that lets us', () => {
    expect(chooseSchema(view({}), undefined)).toEqual({ ok: true, schema: 'public' });
  });

  it('is the one that was asked for', () => {
    expect(chooseSchema(view({}), 'ops')).toEqual({ ok: true, schema: 'ops' });
  });

  it.each<[string, Partial<DatabaseView>, string | undefined, string]>([
    ['none of the path', { allowed: ['ops'] }, undefined, 'it may in ops (--schema)'],
    ['none at all', { allowed: [] }, undefined, 'in no schema of its search path in database app'],
    ['not the one asked for', {}, 'app', 'may not make a table in schema app'],
    [
      'published as a whole',
      { publications: [{ name: 'all', schema: '' }] },
      undefined,
      'publication all would send',
    ],
    [
      'its schema is published',
      { publications: [{ name: 'ops_out', schema: 'ops' }] },
      'ops',
      'publication ops_out would send',
    ],
  ])('%s: none, with the reason', (_, change, wanted, why) => {
    const choice = chooseSchema(view(change), wanted);
    expect(choice.ok).toBe(false);
    expect((choice as { why: string }).why).toContain(why);
  });

  it('is not in the way of a publication of another schema', () => {
    const publications = [{ name: 'out', schema: 'other' }];
    expect(chooseSchema(view({ publications }), undefined).ok).toBe(true);
  });
});
