import { describe, expect, it } from 'vitest';
import { claimSession, type SessionPlace, type Steps } from '../../../src/dcs/kept-session.ts';
import { explore } from './session-model.ts';

// Every order of the steps of agents, supervisors and release programs, with a death anywhere, and
// with requests that arrive late.

const BOUNDS = { agents: 2, releasers: 2, acquisitions: 2 };

describe('a kept session', () => {
  it('is never of an agent and of a release program, nor of two agents', () => {
    const { pictures, wrong } = explore(BOUNDS);
    expect(wrong).toBeUndefined();
    expect(pictures).toBeGreaterThan(1000);
  }, 60_000);

  it('is not either when agents come one after the other', () => {
    expect(explore({ agents: 3, releasers: 1, acquisitions: 2 }).wrong).toBeUndefined();
  });

  it('is not either when an agent is started beside another', () => {
    expect(explore({ ...BOUNDS, releasers: 1, careless: true }).wrong).toBeUndefined();
  });
});

describe('the model finds out a release program', () => {
  it('that only looks whether the owner is dead', () => {
    function* looks(place: SessionPlace): Steps<boolean> {
      yield;
      return place.kept()?.owner === 'dead';
    }
    expect(explore({ ...BOUNDS, claim: looks }).wrong).toMatch(/goes by first, which was claimed/);
  });

  it('that takes the session whoever has it', () => {
    function* takes(place: SessionPlace): Steps<boolean> {
      yield;
      return place.take();
    }
    expect(explore({ ...BOUNDS, claim: takes }).wrong).toMatch(/goes by first, which was claimed/);
  });

  it('that leaves the session where it is', () => {
    function* leaves(place: SessionPlace): Steps<boolean> {
      return (yield* claimSession(place)) !== undefined;
    }
    expect(explore({ ...BOUNDS, claim: leaves }).wrong).toMatch(/goes by first, which was claimed/);
  });

  it('that looks for PostgreSQL before it has the session', () => {
    expect(explore({ ...BOUNDS, looksFirst: true }).wrong).toMatch(/given away under a primary/);
  });
});
