/** The body of `POST /switchover` and `POST /failover`, as it came. */
export interface TakeoverBody {
  readonly leader: string | undefined;
  readonly candidate: string | undefined;
  /** Not looked at yet; undefined: at once. */
  readonly scheduledAt: unknown;
}

/** Reads it; what Python takes for nothing (`null`, `""`, `0`) is undefined. */
export function parseTakeoverBody(body: Readonly<Record<string, unknown>>): TakeoverBody {
  return {
    leader: nameOf(body.leader),
    // `member` is what it was called before.
    candidate: nameOf(body.candidate) ?? nameOf(body.member),
    scheduledAt: body.scheduled_at || undefined,
  };
}

function nameOf(value: unknown): string | undefined {
  return value ? String(value) : undefined;
}
