import type { Member } from '../model/member.ts';

/** A reply of a member's REST API: whatever its status, it is an answer. */
export interface RestReply {
  readonly status: number;
  readonly body: string;
  /** The header `Date`: the member's clock, in whole seconds. */
  readonly date?: string;
}

/** Which way a call failed: `refused` means that the member surely did not get the request. */
export type RestFailure = 'refused' | 'timeout' | 'broken' | 'tls' | 'no-url';

/** No answer came. `failure` says whether the request may have been taken all the same. */
export class RestError extends Error {
  override readonly name = 'RestError';
  readonly failure: RestFailure;

  constructor(failure: RestFailure, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.failure = failure;
  }

  /** True when the member cannot have acted on the request. */
  get surelyNotTaken(): boolean {
    return this.failure === 'refused' || this.failure === 'tls' || this.failure === 'no-url';
  }
}

export type RestMethod = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

export interface RestRequest {
  /** Path without a slash before it, e.g. `switchover`. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Milliseconds until the call is given up; the client's default otherwise. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Show neither a password nor a client certificate: what may anybody do there? */
  readonly anonymous?: boolean;
}

/** The REST APIs of a cluster's members. Credentials go with unsafe methods only. */
export interface MemberApi {
  /** Rejects with `RestError` when no answer came. */
  request(
    member: Pick<Member, 'name' | 'apiUrl'>,
    method: RestMethod,
    request: RestRequest,
  ): Promise<RestReply>;
  close(): Promise<void>;
}
